"""A stub of Twilio's HTTP, for the official client: it keeps what it was given, and fails as it is
told to."""

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request

ACCOUNT = "AC" + "0" * 32
TOKEN = "stub-token-of-twilio"  # noqa: S105
SENDER = "+447700900999"


@dataclass
class TwilioStub:
    """What was handed over, and what the next calls are answered with.

    Each of `faults` is for one POST: a status with Twilio's code (`(429, 20429)`), `taken, no
    answer` (it is kept, the answer never comes), `half` (kept, the answer broken off).
    """

    taken: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Any] = field(default_factory=list)
    silent_seconds: float = 30.0

    def app(self) -> Flask:
        """An app of its own."""
        app = Flask("twilio-stub")
        app.register_blueprint(self.blueprint())
        return app

    def blueprint(self) -> Blueprint:
        """Its routes."""
        app = Blueprint("twilio", __name__)

        @app.post("/2010-04-01/Accounts/<account>/Messages.json")
        def take(account: str) -> Response:
            if (refused := _unauthorised(account)) is not None:
                return refused
            fault = self.faults.pop(0) if self.faults else None
            if isinstance(fault, tuple):
                return _problem(*fault)
            if not request.form.get("To", "").startswith("+447"):
                return _problem(400, 21211)
            if not request.form.get("From") and not request.form.get("MessagingServiceSid"):
                return _problem(400, 21603)
            kept = self._keep(account)
            if fault == "taken, no answer":
                time.sleep(self.silent_seconds)
            if fault == "half":
                return Response('{"sid": "', 201, mimetype="application/json")
            answer = jsonify({k: v for k, v in kept.items() if k != "status_callback"})
            answer.status_code = 201
            return answer

        @app.get("/2010-04-01/Accounts/<account>/Messages.json")
        def listed(account: str) -> Response:
            if (refused := _unauthorised(account)) is not None:
                return refused
            to = request.args.get("To")
            found = [one for one in self.taken if to in (None, one["to"])]
            return jsonify(messages=found, page=0, page_size=50, next_page_uri=None,
                           uri=request.full_path)  # fmt: skip

        return app

    def _keep(self, account: str) -> dict[str, Any]:
        now = format_datetime(datetime.now(UTC))  # noqa: TID251
        kept: dict[str, Any] = {
            "sid": "SM" + secrets.token_hex(16), "account_sid": account, "status": "queued",
            "to": request.form["To"], "from": request.form.get("From"),
            "body": request.form.get("Body", ""), "num_segments": "1", "num_media": "0",
            "direction": "outbound-api", "date_created": now, "date_updated": now,
            "date_sent": None, "price": None, "price_unit": "USD", "error_code": None,
            "error_message": None, "messaging_service_sid": request.form.get("MessagingServiceSid"),
            "api_version": "2010-04-01", "uri": request.path, "subresource_uris": {},
            "status_callback": request.form.get("StatusCallback"),
        }  # fmt: skip
        self.taken.append(kept)
        return kept


def _unauthorised(account: str) -> Response | None:
    said = request.authorization
    if said is None or (said.username, said.password) != (ACCOUNT, TOKEN) or account != ACCOUNT:
        return _problem(401, 20003)
    return None


def _problem(status: int, code: int, retry_after: int | None = None) -> Response:
    answer = jsonify(code=code, message="told to", status=status,
                     more_info=f"https://www.twilio.com/docs/errors/{code}")  # fmt: skip
    answer.status_code = status
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer
