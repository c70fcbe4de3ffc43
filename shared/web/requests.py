"""What is the same of every request: its body is JSON, its key is bound, its version named."""

import hashlib
import json
import re
from functools import cache
from typing import Any, NoReturn

from flask import Response, g, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from shared import context, ids, trace
from shared.context import Work
from shared.errors import Invalid, Stale, VersionRequired
from shared.trace import Kind

# An entity tag (RFC 9110 section 8.8.3), and what is ours in one: the number of a version, to which
# a proxy that compresses has put its mark.
_ETAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_VERSION = re.compile(r"([0-9]{1,15})(?:(?:--?|[;:])(?:gzip|br|deflate|zstd))?")
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
_PATH = re.compile(r"^/[\x21-\x7e]{0,500}$")
_UUID = re.compile(r"^[0-9a-fA-F-]{36}$")
_UNTRACED = frozenset({"healthz", "readyz", "metrics", "static"})


def span() -> trace.Span:
    """The span of the request in hand: its trace is continued, or begun."""
    given = request.headers.get("traceparent")
    if request.endpoint in _UNTRACED:
        return trace.Span(trace.within(given))
    route = request.url_rule.rule if request.url_rule else ""
    about = {"http.request.method": request.method, "http.route": route}
    return trace.begin(
        f"{request.method} {route}".rstrip(), Kind.SERVER, inside=given, attributes=about
    )


def begin(traceparent: str) -> Work:
    """The work of the request in hand."""
    correlation = request.headers.get("X-Correlation-ID", "")
    return Work(
        actor_id="anonymous",
        actor_role="none",
        correlation_id=correlation if _UUID.fullmatch(correlation) else ids.new_id(),
        traceparent=traceparent,
    )


def check_body() -> None:
    """Refuse a body that is no JSON, or JSON that cannot be stored. Raises 400, 413 or 415."""
    body = request.get_data(cache=True)
    if not body:
        return
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send application/json.")
    try:
        # UTF-8 and nothing else (RFC 8259 section 8.1): left to itself, json takes UTF-16 too, and
        # halves of surrogate pairs, which cannot be stored.
        parsed = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
        if b"\\u" in body:
            json.dumps(parsed, ensure_ascii=False).encode()
        g.parsed = parsed
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON that can be read.") from None
    if b"\\u0000" in body:
        raise BadRequest("The body holds a NUL character.")


def is_own_path(path: str) -> bool:
    """Whether `path` leads to this service and nowhere else."""
    return bool(_PATH.fullmatch(path)) and not path.startswith("//") and "\\" not in path


def bind_key() -> None:
    """Bind the Idempotency-Key (a form's `key`) to this route and caller.

    Raises Invalid on a malformed one.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None and g.is_page and request.method == "POST":
        key = request.form.get("key") or None
    if key is None or request.method in ("GET", "HEAD"):
        return
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key: 1 to 200 visible characters.", code="bad-header",
                      field="Idempotency-Key")  # fmt: skip
    work = context.current()
    bound = ids.derived_id(request.method, request.path, work.actor_id, key)
    fingerprint = hashlib.sha256(_content()).hexdigest()
    context.amend(request_key=bound, fingerprint=fingerprint)


def _content() -> bytes:
    """What a request says: of a form what was filled in, whoever's session it comes from."""
    if not g.is_page:
        return request.get_data(cache=True)
    said = [item for item in request.form.items(multi=True) if item[0] != "csrf_token"]
    return repr(sorted(said)).encode()


def read_version(current: int | None) -> None:
    """Read If-Match (RFC 9110 section 13.1.1): a version, or a list of which one is `current`.

    A weak tag counts as a strong one, though the section asks for strong comparison: proxies that
    compress weaken our tags, and would let nobody change anything. Each version of a thing has a
    number of its own, which the write compares once more.
    `*` names no version: whoever changes something says what they have seen.
    Raises VersionRequired (428), Stale (412) where no version is among the tags, or Invalid.
    """
    value = request.headers.get("If-Match")
    if value is None or value.strip() == "*":
        raise VersionRequired("Say in If-Match which version you change: its ETag.")
    tags, between = _ETAG.findall(value), _ETAG.sub("", value)
    if not tags or between.strip(" \t,") or between.count(",") < len(tags) - 1:
        raise Invalid('If-Match: an ETag such as "3".', code="bad-header", field="If-Match")
    said = (_VERSION.fullmatch(tag) for tag in tags)
    versions = {int(one[1]) for one in said if one}
    if not versions:
        raise Stale("If-Match names no version: read it again for its ETag.")
    g.expected = current if current in versions else max(versions)


def expected_version() -> int:
    """The version that the request in hand names."""
    version: int = g.expected
    return version


def versioned(thing: Any) -> Any:
    """Answer with `thing`; its version becomes the ETag."""
    g.version = thing.version
    return thing


def finish(response: Response, issuer: str) -> Response:
    """Headers of every answer; forms may lead to `issuer` too."""
    headers = response.headers
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", "no-store")
    styled = "inline_styles" in g
    headers.extend(_of_page(issuer, styled) if styled or g.get("is_page") else _OF_DATA)
    headers.add("X-Correlation-ID", context.current().correlation_id)
    if request.is_secure:
        headers.add("Strict-Transport-Security", "max-age=31536000")
    if "version" in g and response.status_code < 300:
        response.headers["ETag"] = f'"{g.version}"'
    return response


_OF_DATA = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)
"""What a browser is told of JSON and files: to run and to frame nothing of it."""


@cache
def _of_page(issuer: str, inline_styles: bool) -> tuple[tuple[str, str], ...]:
    """What a browser is told of a page."""
    inline = " 'unsafe-inline'" if inline_styles else ""
    policy = (
        f"default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'{inline}; "
        f"img-src 'self' data:; form-action 'self' {issuer}; frame-ancestors 'none'; "
        "base-uri 'none'"
    )
    return (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Frame-Options", "DENY"),
        ("Content-Security-Policy", policy),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
