"""The app of one service: what all services' apps have in common, wired in one visible place."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    render_template_string,
    request,
    send_from_directory,
)
from flask_smorest import Api, Blueprint
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from pymongo.errors import PyMongoError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException
from werkzeug.local import LocalProxy
from werkzeug.routing import IntegerConverter, UUIDConverter

from shared import context, trace
from shared.identity.tokens import Verifier
from shared.settings import Settings
from shared.store.changes import StoredChange, unsettled
from shared.store.database import MongoDatabase, reach
from shared.web import problems, requests
from shared.web.bidi import PageEnvironment
from shared.web.guard import Guard, Rule
from shared.web.live import Streams
from shared.web.sign_in import HOME, SignIn, SignInNeeded, csrf_field, form_key, shown_session
from shared.words import day_words, moment_words

REQUESTS = Counter("sen_http_requests_total", "Requests", ["method", "route", "status"])
SECONDS = Histogram("sen_http_request_seconds", "Time to answer", ["method", "route"])

_DOCS = """<!doctype html><html lang="en-GB"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{{ info.title }}</title>
<style>body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{background:#f3f2f1;padding:.1em .3em}dt{margin-top:1rem}</style>
<main><h1>{{ info.title }}</h1><p>{{ info.description }}</p>
<p>The whole description, schemas included: <a href="/openapi.json">/openapi.json</a></p><dl>
{% for path, operations in paths.items() %}{% for method, operation in operations.items()
 if method in ("get", "post", "put", "patch", "delete") %}
<dt><code>{{ method | upper }} {{ path }}</code></dt><dd>{{ operation.summary }}
{%- if operation["x-roles"] %} <small>({{ operation["x-roles"] | join(", ") }})</small>
{%- endif %}</dd>
{% endfor %}{% endfor %}</dl></main></html>"""

Store = TypeVar("Store")


def current_store(_kind: type[Store]) -> Store:
    """The store of the app in hand, for views: looked up at each use."""
    return cast(Store, LocalProxy(lambda: current_app.extensions["sen.store"]))


def real(store: Store) -> Store:
    """The store itself, for what goes on after a request."""
    found: Store = store._get_current_object()  # type: ignore[attr-defined]
    return found


class _StrictParser(FlaskParser):
    """Unknown query parameters are errors too."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": "raise",
    }

    def _raw_load_json(self, req: Any) -> Any:
        """What was parsed when the body was checked is not parsed once more."""
        return g.parsed if "parsed" in g else super()._raw_load_json(req)


class _IdConverter(UUIDConverter):
    """`<id:…>` in a route: an id as text, in lower case."""

    def to_python(self, value: str) -> str:  # type: ignore[override]
        return value.lower()

    def to_url(self, value: Any) -> str:
        return str(value)


class _App(Flask):
    """Its pages isolate what they show."""

    jinja_environment = PageEnvironment


class _NumberConverter(IntegerConverter):
    """`<int:…>` in a route: a number that the database can hold."""

    regex = r"[0-9]{1,9}"


class ServiceBlueprint(Blueprint):
    """A blueprint whose arguments are strict."""

    ARGUMENTS_PARSER = _StrictParser()

    def arguments(self, schema: Any, **more: Any) -> Any:
        """Take what a schema describes. It is made once, not anew for each request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **more)


class _ProblemApi(Api):
    """flask-smorest with our errors instead of its own."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        return problems.of_http_error(error)


@dataclass(frozen=True)
class ServiceWeb:
    """What a service brings to its app."""

    name: str
    title: str
    description: str
    blueprints: Sequence[Any]
    rules: Mapping[str, Rule]
    rule_errors: tuple[type[Exception], ...]
    changes: Sequence[StoredChange] = ()
    """Changes of stored documents: it is not ready before those that it needs are sure."""


def create_service_app(
    web: ServiceWeb, settings: Settings, database: MongoDatabase, store: Any
) -> Flask:
    """The app, with `store` for its views: routes guarded, errors translated, health answered.

    Raises LookupError when an endpoint has no rule.
    """
    trace.configure(settings.service, settings.traces_url, settings.traces_ratio)
    app = _App(__name__, static_folder=None)
    app.config.update(
        API_TITLE=web.title,
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=settings.max_body,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.url_map.converters.update(id=_IdConverter, int=_NumberConverter)
    app.extensions["sen.store"] = store
    app.extensions["sen.settings"] = settings
    app.extensions["sen.rule_errors"] = web.rule_errors
    app.extensions["sen.streams"] = Streams(settings.live_streams)
    api = _ProblemApi(app, spec_kwargs={"info": {"description": web.description}})
    for blueprint in web.blueprints:
        if isinstance(blueprint, ServiceBlueprint):
            api.register_blueprint(blueprint)
        else:
            app.register_blueprint(blueprint)
    verifier = Verifier(
        jwks_url=settings.jwks_url, issuer=settings.token_issuer,
        audience=settings.token_audience, client_id=settings.oidc_client_id,
    )  # fmt: skip
    sign_in = SignIn(settings, database, verifier)
    sign_in.register(app)
    guard = Guard(web.rules, verifier, database, sign_in)
    problems.register(app, web.rule_errors)
    _pages(app)
    _each_request(app, guard, settings, sign_in.origins())
    _operations(app, database, web.changes)
    guard.cover(app)
    _describe(app, api, guard)
    return app


def _each_request(app: Flask, guard: Guard, settings: Settings, issuer: str) -> None:
    @app.before_request
    def enter() -> None:
        g.began = time.perf_counter()
        g.span = requests.span()
        g.working = context.working(requests.begin(g.span.traceparent))
        g.working.__enter__()
        g.is_page = guard.is_page()
        if guard.takes_files():
            request.max_content_length = settings.max_upload
        guard.admit()
        if guard.takes_json():
            requests.check_body()
        requests.bind_key()
        if guard.needs_version():
            requests.read_version(getattr(g.subject.thing, "version", None))

    @app.after_request
    def leave(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        requests_seen, seconds_seen = _seen(request.method, route, response.status_code)
        requests_seen.inc()
        if "span" in g:
            g.span.note({"http.response.status_code": response.status_code})
            if response.status_code >= 500:
                g.span.fail(str(response.status_code))
        if "began" in g:
            seconds_seen.observe(time.perf_counter() - g.began)
        return requests.finish(response, issuer)

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        if "working" in g:
            g.pop("working").__exit__(None, None, None)
        if "span" in g:
            g.pop("span").end()


@lru_cache(maxsize=2000)
def _seen(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    # To find a metric's labels costs more than to count.
    return REQUESTS.labels(method, route, status), SECONDS.labels(method, route)


def _pages(app: Flask) -> None:
    """What every page stands on: the layout, the components, the files beside them."""
    here = Path(app.root_path)
    components = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    app.jinja_loader = ChoiceLoader([FileSystemLoader(here / "templates"), components])
    app.jinja_env.globals.update(page_session=shown_session, csrf=csrf_field, form_key=form_key)
    app.jinja_env.filters.update(day=day_words, moment=moment_words)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.get("/assets/<path:name>", endpoint="static")
    def static(name: str) -> Response:
        return send_from_directory(here / "static", name, max_age=3600)

    @app.errorhandler(SignInNeeded)
    def sign_in_first(_error: SignInNeeded) -> Any:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else HOME
        return redirect(f"/sign-in?{urlencode({'next': wanted})}", 303)


def _operations(app: Flask, database: MongoDatabase, changes: Sequence[StoredChange]) -> None:
    """What operators and their probes ask for."""

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive")

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            reach(database)
            waits_for = unsettled(database, changes)
        except PyMongoError:
            return jsonify(status="waiting", mongodb="away"), 503
        if waits_for:
            return jsonify(status="waiting", stored_changes=waits_for), 503
        return jsonify(status="ready"), 200

    @app.get("/metrics")
    def metrics() -> Response:
        if "X-Forwarded-For" in request.headers:  # figures are not for whoever comes from outside
            abort(404)
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _describe_problems(components: dict[str, Any]) -> None:
    """Every error is a problem (RFC 9457), whatever flask-smorest thinks of errors."""
    text = {"type": "string"}
    fault = {"type": "object", "properties": {"pointer": text, "detail": text}}
    components.setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {"type": text, "title": text, "status": {"type": "integer"}, "detail": text,
                       "errors": {"type": "array", "items": fault}},
    }  # fmt: skip
    for response in components.get("responses", {}).values():
        response["content"] = {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
    for unused in ("Error", "PaginationMetadata"):
        components["schemas"].pop(unused, None)


def _describe(app: Flask, api: Any, guard: Guard) -> None:
    """OpenAPI: what the table of rules knows is written into the document."""
    by_path: dict[tuple[str, str], str] = {}
    for url in app.url_map.iter_rules():
        path = url.rule
        for part in url.arguments:
            for kind in ("id:", "int:", ""):
                path = path.replace(f"<{kind}{part}>", f"{{{part}}}")
        for method in url.methods or ():
            by_path[(path, method.lower())] = url.endpoint
    document: dict[str, Any] = api.spec.to_dict()
    document.setdefault("components", {})["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    _describe_problems(document["components"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            endpoint = by_path.get((path, method))
            if endpoint is None:
                continue
            rule = guard.rule(endpoint)
            operation["operationId"] = endpoint
            operation["security"] = [] if rule.public else [{"token": []}]
            operation["x-roles"] = sorted(rule.roles)
            headers = ["If-Match"] if rule.changes else []
            headers += ["Idempotency-Key"] if method == "post" else []
            for name in headers:
                operation.setdefault("parameters", []).append(
                    {"in": "header", "name": name, "required": name == "If-Match",
                     "schema": {"type": "string"}}
                )  # fmt: skip

    @app.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(document)

    @app.get("/docs")
    def docs() -> str:
        g.inline_styles = True
        return render_template_string(_DOCS, **document)
