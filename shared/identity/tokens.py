"""Bearer tokens: JWT signed by the issuer (RFC 7519, RFC 9068), checked against its JWKS."""

import threading
import time
from dataclasses import dataclass

import jwt
from jwt import PyJWKClient
from jwt.exceptions import PyJWKClientConnectionError, PyJWKClientError, PyJWTError

from shared.errors import Unauthenticated, Unavailable

_ALGORITHMS = ["RS256", "ES256"]
_ACCESS_TOKEN = "at+jwt"  # noqa: S105
_LOOK_AGAIN_SECONDS = 5.0
_KEPT_SECONDS, _KEPT_MOST = 60.0, 2000


@dataclass(frozen=True)
class Caller:
    """The person, or the system, that a token speaks for."""

    id: str
    roles: frozenset[str]
    settings: frozenset[str]
    services: frozenset[str]


class Verifier:
    """Checks tokens of one issuer for one audience. Safe for many threads."""

    def __init__(self, *, jwks_url: str, issuer: str, audience: str, client_id: str) -> None:
        self._keys = PyJWKClient(jwks_url, cache_keys=True, lifespan=300, timeout=3)
        self._issuer = issuer
        self._audience = audience
        self._client_id = client_id
        self._unknown_until: dict[str, float] = {}
        self._known: dict[str, tuple[Caller, float]] = {}
        self._lock = threading.Lock()

    def caller(self, authorization: str | None) -> Caller:
        """Who the `Authorization` header speaks for.

        Raises Unauthenticated, or Unavailable when the issuer's keys cannot be had.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("A bearer token is needed.")
        # Checking a signature costs as much as a read of the database: once a minute is enough.
        known = self._known.get(token)
        if known and known[1] > time.time():
            return known[0]
        caller, expires = self.read(token)
        with self._lock:
            if len(self._known) >= _KEPT_MOST:
                self._known.clear()
            self._known[token] = (caller, min(expires, time.time() + _KEPT_SECONDS))
        return caller

    def read(self, token: str) -> tuple[Caller, float]:
        """Who a token speaks for, and until when (seconds since 1970).

        Raises Unauthenticated, or Unavailable when the issuer's keys cannot be had.
        """
        try:
            claims = jwt.decode(
                token,
                self._key(token),
                algorithms=_ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=10,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
            self._must_be_access_token(jwt.get_unverified_header(token).get("typ"), claims["aud"])
        except PyJWTError as problem:
            raise Unauthenticated(f"The token does not hold: {type(problem).__name__}.") from None
        caller = Caller(
            id=claims["sub"],
            roles=_strings(claims, "roles"),
            settings=_strings(claims, "settings"),
            services=_strings(claims, "support_services"),
        )
        return caller, float(claims["exp"])

    def _must_be_access_token(self, kind: object, audience: object) -> None:
        """An ID token says to the pages who has signed in, and lets nobody in. It is always for the
        client (OpenID Connect Core section 2); an access token says by its type that it is one (RFC
        9068 section 2.1). Of an issuer that does not say so, what is not for the client is taken.

        Raises Unauthenticated.
        """
        if str(kind).lower().removeprefix("application/") == _ACCESS_TOKEN:
            return
        if self._client_id in (audience if isinstance(audience, list) else [audience]):
            raise Unauthenticated(
                f"This may be an ID token: its type is not {_ACCESS_TOKEN}, and the client is its "
                "audience."
            )

    def _key(self, token: str) -> jwt.PyJWK:
        key_id = str(jwt.get_unverified_header(token).get("kid"))[:200]
        with self._lock:
            # An unknown key makes the client ask the issuer: not for every stray token.
            if self._unknown_until.get(key_id, 0) > time.monotonic():
                raise Unauthenticated("The token's key is not the issuer's.")
        try:
            return self._keys.get_signing_key(key_id)
        except PyJWKClientConnectionError as problem:
            raise Unavailable("The token issuer cannot be reached.") from problem
        except PyJWKClientError:
            with self._lock:
                if len(self._unknown_until) > 1000:
                    self._unknown_until.clear()
                self._unknown_until[key_id] = time.monotonic() + _LOOK_AGAIN_SECONDS
            raise Unauthenticated("The token's key is not the issuer's.") from None


def _strings(claims: dict[str, object], name: str) -> frozenset[str]:
    value = claims.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unauthenticated(f"The token's {name!r} is not a list of words.")
    return frozenset(value)
