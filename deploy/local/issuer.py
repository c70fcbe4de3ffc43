"""A local OpenID provider for development: the same tokens, keys and flows as a real one's."""

import base64
import hashlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Blueprint, Response, jsonify, redirect, render_template_string, request
from werkzeug.wrappers import Response as Answer

ISSUER = "urn:sen-support:local-issuer"
AUDIENCE = "sen-support"
ROLES = (
    "senco", "teacher", "support_worker", "council_officer", "operator", "parent", "young_person",
)  # fmt: skip
_KEY_ID = "local-1"
_SECONDS = 12 * 3600
_CODE_SECONDS = 60

_CHOOSE = """<!doctype html><html lang="en-GB"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Who are you?</title>
<style>body{font:1.1rem/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
button{font:inherit;padding:.4rem .8rem;margin:.2rem 0;width:100%;text-align:left}</style>
<main><h1>Who are you?</h1><p>This is the sign-in of this machine: nobody needs a password here.</p>
{% for person in people %}<form method="post"><input type="hidden" name="subject" value="{{ person.subject }}">
<button>{{ person.name }}</button></form>
{% else %}<p>No sample is loaded: run <code>make up</code> once.</p>{% endfor %}</main></html>"""


@dataclass(frozen=True)
class Person:
    """Somebody of the sample who can sign in."""

    name: str
    role: str
    subject: str
    settings: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)


class Issuer:
    """Signs tokens with a key that is made once and kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._people = folder / "people.json"
        path = folder / "key.pem"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            path.touch(mode=0o600)
            path.write_bytes(
                made.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        self._key = serialization.load_pem_private_key(path.read_bytes(), password=None)

    def people(self) -> list[Person]:
        """Who can sign in."""
        if not self._people.exists():
            return []
        return [Person(**entry) for entry in json.loads(self._people.read_text())]

    def know(self, people: list[Person]) -> None:
        """Keep who can sign in."""
        self._people.write_text(json.dumps([asdict(person) for person in people], indent=1))

    def token(
        self,
        role: str,
        *,
        subject: str,
        settings: list[str] | None = None,
        services: list[str] | None = None,
        seconds: int = _SECONDS,
    ) -> str:
        """A token for `subject` in one role, for these settings and support services."""
        return self._sign(
            {"sub": subject, "aud": AUDIENCE, "roles": [role], "settings": settings or [],
             "support_services": services or []},
            seconds, kind="at+jwt",
        )  # fmt: skip

    def id_token(self, person: Person, client_id: str, nonce: str | None) -> str:
        """Who has signed in, for the client (OpenID Connect Core section 2)."""
        claims = {"sub": person.subject, "aud": client_id, "name": person.name}
        return self._sign({**claims, **({"nonce": nonce} if nonce else {})}, _SECONDS)

    def _sign(self, claims: dict[str, Any], seconds: int, kind: str = "JWT") -> str:
        now = int(time.time())
        whole = {
            "iss": ISSUER,
            "iat": now,
            "exp": now + seconds,
            "jti": secrets.token_hex(8),
            **claims,
        }
        headers = {"kid": _KEY_ID, "typ": kind}
        return jwt.encode(whole, self._key, algorithm="RS256", headers=headers)  # type: ignore[arg-type]

    def jwks(self) -> dict[str, Any]:
        """The public key as a JWK set (RFC 7517)."""
        public: Any = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))  # type: ignore[arg-type]
        return {"keys": [{**public, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}


@dataclass(frozen=True)
class _Grant:
    """What a code stands for, until it is used."""

    person: Person
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    until: float


def blueprint(issuer: Issuer) -> Blueprint:
    """Discovery, keys, the page to choose a person, the token endpoint, signing out."""
    made = Blueprint("issuer", __name__)
    grants: dict[str, _Grant] = {}

    @made.get("/.well-known/jwks.json")
    def jwks() -> Response:
        return jsonify(issuer.jwks())

    @made.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        at = request.host_url.rstrip("/")
        # From within a cluster it has one address, for browsers another.
        public = os.environ.get("SEN_DESK_PUBLIC_URL", at)
        return jsonify(
            issuer=ISSUER, jwks_uri=f"{at}/.well-known/jwks.json",
            authorization_endpoint=f"{public}/authorize", token_endpoint=f"{at}/token",
            end_session_endpoint=f"{public}/end-session", response_types_supported=["code"],
            subject_types_supported=["public"], code_challenge_methods_supported=["S256"],
            id_token_signing_alg_values_supported=["RS256"],
            token_endpoint_auth_methods_supported=["none", "client_secret_post"],
        )  # fmt: skip

    @made.get("/authorize")
    def authorize() -> str:
        return render_template_string(_CHOOSE, people=issuer.people())

    @made.post("/authorize")
    def chosen() -> Answer | tuple[str, int]:
        asked = request.args
        person = next((p for p in issuer.people() if p.subject == request.form["subject"]), None)
        back = asked.get("redirect_uri", "")
        # Only to this machine, and only with PKCE.
        if (
            person is None
            or urlsplit(back).hostname != "127.0.0.1"
            or (asked.get("code_challenge_method") != "S256")
        ):
            return "This cannot be signed in to.", 400
        code = secrets.token_urlsafe(24)
        grants[code] = _Grant(person, asked["client_id"], back, asked["code_challenge"],
                              asked.get("nonce"), time.time() + _CODE_SECONDS)  # fmt: skip
        return redirect(f"{back}?{urlencode({'code': code, 'state': asked.get('state', '')})}", 303)

    @made.post("/token")
    def token() -> Answer | tuple[Response, int]:
        said = request.form
        grant = grants.pop(said.get("code", ""), None)
        proof = hashlib.sha256(said.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if (
            grant is None or grant.until < time.time() or challenge != grant.challenge
            or said.get("redirect_uri") != grant.redirect_uri
        ):  # fmt: skip
            return jsonify(error="invalid_grant"), 400
        person = grant.person
        return jsonify(
            token_type="Bearer", expires_in=_SECONDS,  # noqa: S106
            access_token=issuer.token(person.role, subject=person.subject,
                                      settings=person.settings, services=person.services),
            id_token=issuer.id_token(person, grant.client_id, grant.nonce),
        )  # fmt: skip

    @made.get("/end-session")
    def end_session() -> Answer:
        # Nobody is signed in here for longer than the choice takes.
        back = request.args.get("post_logout_redirect_uri", "/")
        return redirect(back if urlsplit(back).hostname == "127.0.0.1" else "/", 303)

    return made
