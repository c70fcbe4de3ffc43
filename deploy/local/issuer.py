"""A local token issuer for development: the same tokens, and the same JWKS, as a real one's."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Blueprint, Response, jsonify

ISSUER = "urn:sen-support:local-issuer"
AUDIENCE = "sen-support"
ROLES = (
    "senco", "teacher", "support_worker", "council_officer", "operator", "parent", "young_person",
)  # fmt: skip
_KEY_ID = "local-1"


class Issuer:
    """Signs tokens with a key that is made once and kept in `folder`."""

    def __init__(self, folder: Path) -> None:
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

    def token(
        self,
        role: str,
        *,
        subject: str,
        settings: list[str] | None = None,
        services: list[str] | None = None,
        seconds: int = 12 * 3600,
    ) -> str:
        """A token for `subject` in one role, for these settings and support services."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + seconds,
            "roles": [role], "settings": settings or [], "support_services": services or [],
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": _KEY_ID})  # type: ignore[arg-type]

    def jwks(self) -> dict[str, Any]:
        """The public key as a JWK set (RFC 7517)."""
        public: Any = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))  # type: ignore[arg-type]
        return {"keys": [{**public, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}


def blueprint(issuer: Issuer) -> Blueprint:
    """`/.well-known/jwks.json`."""
    made = Blueprint("issuer", __name__)

    @made.get("/.well-known/jwks.json")
    def jwks() -> Response:
        return jsonify(issuer.jwks())

    return made
