"""Signing in to pages: OpenID Connect, authorisation code flow with PKCE (RFC 7636), by Authlib.

What the issuer's access token says of roles holds for pages as it does for the API: the token is
checked by the same verifier, and kept in a session of ours.
"""

import hmac
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, Response, current_app, g, redirect, render_template, request
from flask import session as cookie
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from joserfc.errors import JoseError
from markupsafe import Markup
from requests import RequestException
from werkzeug.exceptions import BadRequest

from shared import ids
from shared.errors import Unauthenticated, Unavailable
from shared.identity.sessions import PageSession, Sessions
from shared.identity.tokens import Verifier
from shared.settings import Settings
from shared.store.database import MongoDatabase
from shared.web.requests import is_own_path

_TIMEOUT = 5
_KEY = "key"
_SIGNING = "/sign"
HOME = "/"


class SignInNeeded(Exception):
    """Nobody has signed in (any more)."""


class _PageCookies(SecureCookieSessionInterface):
    """The cookie is opened where there is one, and where people sign in: calls of the API, which
    have none, do without the cost of it."""

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession | None:
        """An empty one that cannot be written for everybody else."""
        if request.path.startswith(_SIGNING) or self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.make_null_session(app)


class SignIn:
    """Signing in at one issuer, for one service's pages."""

    def __init__(self, settings: Settings, database: MongoDatabase, verifier: Verifier) -> None:
        self.sessions = Sessions(database)
        self.verifier = verifier
        self._settings = settings
        self._oauth = OAuth()

    def register(self, app: Flask) -> None:
        """Cookies, routes, and the issuer's client. Without an issuer pages say so."""
        keys = [_derived(key) for key in self._settings.link_keys]
        app.secret_key = keys[0]
        secure = self._settings.secure_cookies
        app.config.update(
            SECRET_KEY_FALLBACKS=keys[1:],
            SESSION_COOKIE_NAME=("__Host-" if secure else "") + f"sen_{self._settings.service}",
            SESSION_COOKIE_SECURE=secure,
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
        )
        app.session_interface = _PageCookies()
        self._oauth.init_app(app)
        if self._settings.oidc_metadata_url:
            self._oauth.register(
                "issuer",
                client_id=self._settings.oidc_client_id,
                client_secret=self._settings.oidc_client_secret or None,
                server_metadata_url=self._settings.oidc_metadata_url,
                client_kwargs={
                    "scope": self._settings.oidc_scopes,
                    "code_challenge_method": "S256",
                    "timeout": _TIMEOUT,
                    "token_endpoint_auth_method": "client_secret_post"
                    if self._settings.oidc_client_secret else "none",
                },
            )  # fmt: skip
        app.extensions["sen.sign_in"] = self
        app.register_blueprint(blueprint)

    @property
    def issuer(self) -> Any:
        """The client. Raises Unavailable where none is set."""
        found = self._oauth.create_client("issuer")
        if found is None:
            raise Unavailable("Signing in is not set up here (SEN_OIDC_METADATA_URL).")
        return found

    def current(self) -> PageSession:
        """Who has signed in. Raises SignInNeeded."""
        found = self.sessions.find(cookie.get(_KEY))
        if found is None:
            raise SignInNeeded
        return found

    def done(self) -> str:
        """The issuer has sent somebody back: their session begins. Answers where they wanted to
        go. Raises Unauthenticated, or Unavailable."""
        wanted = cookie.get("next", HOME)
        try:
            answered = self.issuer.authorize_access_token()
        except RequestException as problem:
            raise Unavailable("The issuer cannot be reached.") from problem
        except (OAuthError, JoseError, KeyError, ValueError) as problem:
            raise Unauthenticated(f"Signing in failed: {type(problem).__name__}.") from problem
        token, claims = answered["access_token"], answered.get("userinfo") or {}
        who, expires = self.verifier.read(token)
        if claims.get("sub") != who.id:
            raise Unauthenticated("The tokens speak of different people.")
        begun = self.sessions.begin(
            token, answered.get("id_token", ""), str(claims.get("name") or "")[:100], expires
        )
        # Nothing of before the sign-in lives on (session fixation).
        cookie.clear()
        cookie[_KEY] = begun.key
        return str(wanted)

    def end_url(self, session: PageSession) -> str:
        """Where the issuer's own session is ended (OIDC RP-Initiated Logout 1.0)."""
        own = self._settings.public_urls[self._settings.service] + "/signed-out"
        at = self.issuer.load_server_metadata().get("end_session_endpoint")
        if not at:
            return own
        query = {"post_logout_redirect_uri": own, "client_id": self._settings.oidc_client_id}
        if session.id_token:
            query["id_token_hint"] = session.id_token
        return f"{at}?{urlencode(query)}"

    def origins(self) -> str:
        """Where forms may lead besides here: signing out goes on to the issuer."""
        parts = urlsplit(self._settings.oidc_metadata_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    def callback(self) -> str:
        """Where the issuer sends people back to."""
        return self._settings.public_urls[self._settings.service] + "/sign-in/done"


def check_csrf(session: PageSession) -> None:
    """Refuse a form that was not made by a page of this session. Raises BadRequest."""
    said = request.form.get("csrf_token", "")
    if not hmac.compare_digest(said.encode(), session.csrf.encode()):
        raise BadRequest("This form has grown old. Go back, load the page again, and repeat.")


def _derived(key: str) -> str:
    return hmac.new(key.encode(), b"cookies of pages", "sha256").hexdigest()


def _sign_in() -> SignIn:
    found: SignIn = current_app.extensions["sen.sign_in"]
    return found


blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
def begin() -> Any:
    """Go to the issuer; afterwards come back to `next`, a path of this service."""
    wanted = request.args.get("next", HOME)
    cookie["next"] = wanted if is_own_path(wanted) else HOME
    try:
        return _sign_in().issuer.authorize_redirect(_sign_in().callback())
    except RequestException as problem:
        raise Unavailable("The issuer cannot be reached.") from problem


@blueprint.get("/sign-in/done")
def done() -> Any:
    """Back from the issuer."""
    return redirect(_sign_in().done(), 303)


@blueprint.post("/sign-out")
def sign_out() -> Any:
    """End the session here, then the issuer's."""
    session = _sign_in().current()
    check_csrf(session)
    at = _sign_in().end_url(session)
    _sign_in().sessions.end(session.key)
    cookie.clear()
    return redirect(at, 303)


@blueprint.get("/signed-out")
def signed_out() -> Response | str:
    """You have signed out."""
    return render_template("sen_signed_out.html")


def csrf_field() -> Markup:
    """The hidden field that every form of a signed-in page has."""
    session = shown_session()
    assert session is not None
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(session.csrf)


def form_key() -> Markup:
    """The hidden field that makes a form count once, however often its button is pressed."""
    return Markup('<input type="hidden" name="key" value="{}">').format(ids.new_id())


def shown_session() -> PageSession | None:
    """Whose page it is, for the layout."""
    found: PageSession | None = g.get("page_session")
    return found
