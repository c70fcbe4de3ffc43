"""Errors as RFC 9457 problem+json: one table from kind to status, one shape for all."""

import json
import logging
from typing import Any

from flask import Flask, Response, g, make_response, render_template
from marshmallow import ValidationError
from pymongo.errors import PyMongoError
from werkzeug.exceptions import HTTPException

from shared import errors
from shared.errors import SenError
from shared.store.database import describe, is_away

log = logging.getLogger(__name__)

STATUS: dict[type[SenError], int] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Stale: 412,
    errors.Invalid: 422,
    errors.VersionRequired: 428,
    errors.Unavailable: 503,
    errors.NotYet: 409,
}


_SAYS_WHY = (400, 409, 413, 422)
_PAGE_WORDS = {
    400: {"heading": "That did not work", "words": "Please go back and try again."},
    404: {"heading": "This page is not there", "words": "The link may have expired, or not all of "
          "it was copied. Ask those who sent it to you for a new one."},
    401: {"heading": "You could not be signed in", "words": "Please try again."},
    403: {"heading": "This is not for your role", "words": "Ask your organisation's administrator "
          "if you think that it should be."},
    409: {"heading": "That cannot be done now", "words": "Something else has happened meanwhile."},
    412: {"heading": "Somebody has changed this meanwhile", "words": "Go back, load the page again "
          "and decide anew. Nothing was saved."},
    413: {"heading": "This file is too big", "words": "Please send a smaller one."},
    500: {"heading": "Something went wrong", "words": "Please try again in a few minutes."},
    503: {"heading": "We cannot show this page just now", "words": "Please try again in a few "
          "minutes. Nothing is lost."},
}  # fmt: skip


def problem(
    status: int,
    code: str,
    title: str,
    detail: str | None = None,
    found: list[dict[str, str]] | None = None,
) -> Response:
    """The response for one problem; `found` lists the faults of the input by JSON pointer.

    Somebody who opened a page gets a page.
    """
    if g.get("is_page"):
        said = detail if status in _SAYS_WHY else None
        words = _PAGE_WORDS.get(status, _PAGE_WORDS[400])
        return make_response(render_template("sen_error.html", detail=said, **words), status)
    body: dict[str, Any] = {"type": f"urn:sen-support:problem:{code}", "title": title,
                            "status": status}  # fmt: skip
    if detail:
        body["detail"] = detail
    if found:
        body["errors"] = found
    response = make_response(json.dumps(body), status)
    response.content_type = "application/problem+json"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


def pointers(messages: Any, path: str = "") -> list[dict[str, str]]:
    """marshmallow's nested messages as a flat list of `{pointer, detail}` (RFC 6901)."""
    if isinstance(messages, list):  # words of the whole, and what a check says of its parts
        return [entry for one in messages for entry in pointers(one, path)]
    if isinstance(messages, dict):
        found = []
        for key, inner in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            found += pointers(inner, path + step)
        return found
    return [{"pointer": path, "detail": str(messages)}]


def of_sen_error(error: SenError) -> Response:
    """The response for one of our own refusals."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    found = [{"pointer": error.field, "detail": error.detail}] if error.field else None
    return problem(status, error.code, _title(error.code), error.detail, found)


def _title(code: str) -> str:
    return code.replace("-", " ").capitalize()


def of_http_error(error: HTTPException) -> Response:
    """The response for what Flask, werkzeug and webargs refuse (webargs says where)."""
    status = error.code or 500
    messages = (getattr(error, "data", None) or {}).get("messages")
    if isinstance(messages, dict):
        found = []
        for inner in messages.values():  # the location: json, query, headers
            found += pointers(inner)
        status = 422 if status in (400, 422) else status
        return problem(status, "invalid", "The input is not valid", None, found)
    if status == 404:
        return problem(404, "not-found", "Not found")
    response = problem(status, (error.name or "error").lower().replace(" ", "-"),
                       error.name or "Error", error.description)  # fmt: skip
    if status == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def register(app: Flask, rule_errors: tuple[type[Exception], ...]) -> None:
    """Translate every error once. `rule_errors` are the domain's refusals: they carry `code`,
    `conflict` (whether the state of things, not the input, is what refuses) and `faults`, which
    are all that is wrong: each has `field` and `detail`."""

    def of_rule(error: Any) -> Response:
        status = STATUS[errors.Conflict if error.conflict else errors.Invalid]
        named = any(fault.field for fault in error.faults)
        found = [{"pointer": fault.field or "", "detail": fault.detail} for fault in error.faults]
        return problem(status, error.code, _title(error.code), str(error), found if named else None)

    def of_database(error: PyMongoError) -> Response:
        if not is_away(error):
            log.error("the database refused", exc_info=error)
            return problem(500, "internal", "Something went wrong on our side")
        log.warning("the database is away", extra={"why": describe(error)})
        return of_sen_error(errors.Unavailable("The database cannot be reached. Try again."))

    def of_surprise(error: Exception) -> Response:
        log.error("unexpected", exc_info=error)
        return problem(500, "internal", "Something went wrong on our side")

    def of_validation(error: ValidationError) -> Response:
        found = pointers(error.messages_dict)
        return problem(422, "invalid", "The input is not valid", None, found)

    app.register_error_handler(SenError, of_sen_error)
    app.register_error_handler(ValidationError, of_validation)
    app.register_error_handler(HTTPException, of_http_error)
    app.register_error_handler(PyMongoError, of_database)
    app.register_error_handler(Exception, of_surprise)
    for kind in rule_errors:
        app.register_error_handler(kind, of_rule)
