"""A stub of GOV.UK Notify's HTTP, for the official client: it keeps what it was given, and fails
as it is told to."""

import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from flask import Blueprint, Flask, Response, render_template_string, request

SERVICE_ID = "5c4a1f0e-9c8b-4a51-8d8e-0f0c6e5d2b11"
SECRET = "0b6cf1a4-8f6e-4b38-9a27-6c2d51f1e0aa"  # noqa: S105
API_KEY = f"stub-{SERVICE_ID}-{SECRET}"
TEMPLATE = "9f3a8c52-1c1d-4f3e-b1a5-2f7f0a9c4d77"


_SHOWN = 200
_TEXTS = """<!doctype html><html lang="en-GB"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Texts</title>
<style>body{font:1.1rem/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
dd{margin:0 0 1rem;background:#f3f2f1;padding:.5rem 1rem;overflow-wrap:anywhere}</style>
<main><h1>Texts</h1><dl>{% for text in texts %}<dt>{{ text.phone_number }}</dt>
<dd>{{ text.body | urlize }}</dd>
{% else %}<dd>None has been sent.</dd>{% endfor %}</dl></main></html>"""


@dataclass
class NotifyStub:
    """What was handed over, and what the next calls are answered with.

    Each of `faults` is for one POST: a status with its error class (`(429, "RateLimitError")`),
    `taken, no answer` (it is kept, the answer never comes), `half` (kept, the answer broken off).
    """

    taken: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Any] = field(default_factory=list)
    silent_seconds: float = 30.0

    def app(self) -> Flask:
        """An app of its own."""
        app = Flask("notify-stub")
        app.register_blueprint(self.blueprint())
        return app

    def blueprint(self) -> Blueprint:
        """Its routes, and `/texts`: a page to read what was sent to mobiles."""
        app = Blueprint("notify", __name__)

        @app.post("/v2/notifications/<kind>")
        def take(kind: str) -> Response:
            if (refused := _unauthorised()) is not None:
                return refused
            body = request.get_json()
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, tuple):
                return _problem(*fault)
            if (refused := _invalid(kind, body)) is not None:
                return refused
            kept = self._keep(kind, body)
            if fault == "taken, no answer":
                time.sleep(self.silent_seconds)
            if fault == "half":
                return Response('{"id": "', 201, mimetype="application/json")
            return _json(201, {
                "id": kept["id"], "reference": kept["reference"], "scheduled_for": None,
                "uri": f"{request.host_url}v2/notifications/{kept['id']}",
                "template": {"id": TEMPLATE, "version": 1, "uri": ""},
                "content": {"subject": kept["subject"], "body": kept["body"], "from_email": "",
                            "one_click_unsubscribe_url": None},
            })  # fmt: skip

        @app.get("/v2/notifications")
        def listed() -> Response:
            if (refused := _unauthorised()) is not None:
                return refused
            wanted = request.args.get("reference")
            kind = request.args.get("template_type")
            found = [
                one
                for one in self.taken
                if wanted in (None, one["reference"]) and kind in (None, one["type"])
            ]
            return _json(200, {"notifications": found, "links": {"current": request.url}})

        @app.get("/texts")
        def texts() -> str:
            sent = [one for one in self.taken if one["type"] == "sms"]
            return render_template_string(_TEXTS, texts=sent[::-1][:_SHOWN])

        return app

    def _keep(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        said = body.get("personalisation", {})
        kept = {
            "id": str(uuid.uuid4()), "reference": body.get("reference"), "type": kind,  # noqa: TID251
            "status": "sending", "email_address": body.get("email_address"),
            "phone_number": body.get("phone_number"),
            "subject": said.get("subject"), "body": said.get("body"),
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),  # noqa: TID251
        }  # fmt: skip
        self.taken.append(kept)
        return kept


def _unauthorised() -> Response | None:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        said = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})
    except jwt.PyJWTError:
        return _problem(403, "AuthError", "Invalid token: API key not found")
    if said.get("iss") != SERVICE_ID or abs(time.time() - said.get("iat", 0)) > 30:
        return _problem(403, "AuthError", "Error: Your system clock must be accurate to within "
                        "30 seconds")  # fmt: skip
    return None


def _invalid(kind: str, body: dict[str, Any]) -> Response | None:
    own = {"email": {"email_address", "email_reply_to_id", "one_click_unsubscribe_url"},
           "sms": {"phone_number", "sms_sender_id"}}[kind]  # fmt: skip
    unknown = set(body) - {"template_id", "personalisation", "reference"} - own
    if unknown:
        return _problem(
            400, "ValidationError", f"Additional properties are not allowed ({unknown})"
        )
    if kind == "sms" and not str(body.get("phone_number")).startswith("+447"):
        return _problem(400, "ValidationError", "phone_number Not enough digits")
    if kind == "email" and "@" not in str(body.get("email_address")):
        return _problem(400, "ValidationError", "email_address Not a valid email address")
    if body.get("template_id") != TEMPLATE:
        return _problem(400, "BadRequestError", "Template not found")
    missing = {"email": {"subject", "body"}, "sms": {"body"}}[kind] - set(
        body.get("personalisation", {})
    )
    if missing:
        return _problem(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
    return None


def _problem(
    status: int, kind: str, words: str = "", retry_after: int | None = None
) -> Response:  # fmt: skip
    said = {"status_code": status, "errors": [{"error": kind, "message": words}]}
    answer = _json(status, said)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
