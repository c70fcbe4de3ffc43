"""The guard: who may do what, decided before anything else is looked at.

Each service has a table from endpoint to `Rule`; an endpoint without one stops the service from
being built. What a path names is loaded here, once: where it is not the caller's it is 404, as if
it were not there. Reads of somebody's record, and refusals, go into the audit trail from here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, g, request

from shared import context
from shared.errors import Forbidden, NotFound
from shared.identity.tokens import Caller, Verifier
from shared.store import audit
from shared.store.database import MongoDatabase
from shared.web.sign_in import SignIn, check_csrf


@dataclass(frozen=True)
class Opened:
    """To whom else something is open at the moment."""

    services: frozenset[str] = frozenset()
    """Services that it lies with."""
    now: bool = False
    """Whether it is open to roles that see nothing otherwise."""


@dataclass(frozen=True)
class Subject:
    """What a request is about, and whose it is."""

    about: str
    setting_id: str | None = None
    child_id: str | None = None
    readers: frozenset[str] = frozenset()
    """People it is shared with by name."""
    opened: Callable[[], Opened] = Opened
    """To whom else it is open: asked only where the caller's role makes it matter."""
    thing: Any = None
    """What was loaded, for the view to use."""


Condition = Callable[[Caller, Subject], bool]


def anyone(_caller: Caller, _subject: Subject) -> bool:
    """Whoever has the role."""
    return True


def own_setting(caller: Caller, subject: Subject) -> bool:
    """It belongs to one of the caller's settings."""
    return subject.setting_id in caller.settings


def own_setting_and_shared(caller: Caller, subject: Subject) -> bool:
    """It belongs to one of the caller's settings and is shared with the caller by name."""
    return own_setting(caller, subject) and caller.id in subject.readers


def own_service(caller: Caller, subject: Subject) -> bool:
    """It lies with one of the caller's services."""
    return bool(subject.opened().services & caller.services)


def when_opened(_caller: Caller, subject: Subject) -> bool:
    """It is open for the time being."""
    return subject.opened().now


@dataclass(frozen=True)
class Rule:
    """Who may use an endpoint. `subject` loads what the path names (raises NotFound)."""

    roles: Mapping[str, Condition] = field(default_factory=dict)
    subject: Callable[..., Subject] | None = None
    changes: bool = False
    """Whether the request must say in If-Match which version it changes."""
    files: bool = False
    """Whether the request brings a file instead of JSON."""
    form: bool = False
    """Whether the request brings a form instead of JSON, though it is no page."""
    page: bool = False
    """A page for people who sign in; its forms bring back a token against forgery."""
    callback: bool = False
    """Called by a provider, which the view knows by a token of its own. It is `public` too."""
    public: bool = False
    """Open without a token: pages that a signed link opens, health, documentation."""


PUBLIC = Rule(public=True)

_MECHANICAL = {"static", "healthz", "readyz", "metrics", "openapi", "docs", "favicon"}
_SIGNING = {"sign_in.begin", "sign_in.done", "sign_in.sign_out", "sign_in.signed_out"}
_OPEN = _MECHANICAL | _SIGNING
_PAGES = _SIGNING | {"static"}


_NOT_YOURS = "There is no such thing, or it is not yours to see."
"""The same words for both: whoever tries ids learns nothing of what there is."""


class Guard:
    """Enforces a table of rules over an app's endpoints."""

    def __init__(
        self,
        rules: Mapping[str, Rule],
        verifier: Verifier,
        database: MongoDatabase,
        sign_in: SignIn,
    ) -> None:
        self._rules = rules
        self._sign_in = sign_in
        self._verifier = verifier
        self._database = database

    def cover(self, app: Flask) -> None:
        """Fail unless the table and the app's endpoints are the same. Raises LookupError."""
        endpoints = {rule.endpoint for rule in app.url_map.iter_rules()} - _MECHANICAL - _SIGNING
        missing, extra = endpoints - set(self._rules), set(self._rules) - endpoints
        if missing or extra:
            raise LookupError(f"endpoints without a rule: {missing}; rules without one: {extra}")

    def admit(self) -> None:
        """Let the request in hand through, or raise Unauthenticated, Forbidden or NotFound."""
        endpoint = request.endpoint
        if endpoint is None or endpoint in _OPEN:
            return
        rule = self._rules[endpoint]
        context.amend(action=endpoint)
        if rule.public:
            return
        g.authorization = request.headers.get("Authorization")
        if rule.page:
            g.page_session = session = self._sign_in.current()
            g.authorization = f"Bearer {session.token}"
            if request.method not in ("GET", "HEAD"):
                check_csrf(session)
        caller = self._verifier.caller(g.authorization)
        g.caller = caller
        allowed = [role for role in sorted(caller.roles) if role in rule.roles]
        context.amend(actor_id=caller.id, actor_role=",".join(allowed or sorted(caller.roles)))
        if not allowed:
            self._note(Subject(request.path), access="refused", refused="role")
            raise Forbidden("Your role does not allow this.")
        try:
            subject = rule.subject(**(request.view_args or {})) if rule.subject else Subject("none")
        except NotFound:
            self._note(Subject(request.path), access="refused", refused="not there")
            raise NotFound(_NOT_YOURS) from None
        if not any(rule.roles[role](caller, subject) for role in allowed):
            self._note(subject, access="refused", refused="not theirs")
            raise NotFound(_NOT_YOURS)
        g.subject = subject
        if request.method in ("GET", "HEAD") and subject.setting_id:
            self._note(subject)

    def is_page(self) -> bool:
        """Whether the request in hand asks for a page, which is answered with pages."""
        if request.endpoint in _PAGES:
            return True
        rule = self._rules.get(request.endpoint or "")
        return rule is not None and (rule.public or rule.page) and not rule.callback

    def takes_files(self) -> bool:
        """Whether the request in hand may bring a file."""
        rule = self._rules.get(request.endpoint or "")
        return rule is not None and rule.files

    def takes_json(self) -> bool:
        """Whether the request in hand can bring nothing but JSON."""
        rule = self._rules.get(request.endpoint or "")
        return not self.is_page() and not (rule is not None and (rule.files or rule.form))

    def needs_version(self) -> bool:
        """Whether the endpoint in hand changes something that has a version."""
        rule = self._rules.get(request.endpoint or "")
        return rule is not None and rule.changes

    def _note(self, subject: Subject, **how: Any) -> None:
        audit.note(
            self._database, about=subject.about, child_id=subject.child_id,
            setting_id=subject.setting_id, **how,
        )  # fmt: skip

    def rule(self, endpoint: str) -> Rule:
        """The rule of an endpoint."""
        return self._rules[endpoint]


def caller() -> Caller:
    """Who is asking, once the guard has let the request in."""
    who: Caller = g.caller
    return who


def authorization() -> str:
    """The header that speaks for who is asking: what they may read elsewhere is read with it."""
    return str(g.authorization)


def subject() -> Subject:
    """What the request is about, as the guard loaded it."""
    what: Subject = g.subject
    return what
