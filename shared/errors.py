"""The ways a request or a message can be refused; each door translates them once.

SenError
 ├── Unauthenticated   nobody we know                              401
 ├── Forbidden         this role may not do this at all            403
 ├── NotFound          not there, or not the caller's to see       404
 ├── Conflict          the state of things does not allow it       409
 ├── Stale             changed since the caller read it            412
 ├── Invalid           the input breaks a rule; names the field    422
 ├── VersionRequired   a change without If-Match                   428
 ├── Unavailable       the database (or the issuer) is away        503
 └── NotYet            a handler's: what the event speaks of is not known here yet
"""


class SenError(Exception):
    """Base of all refusals. `code` is stable and goes into the problem's type."""

    code = "error"

    def __init__(self, detail: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.field = field


class Unauthenticated(SenError):
    """The caller is not known: no token, or one that does not hold."""

    code = "unauthenticated"


class Forbidden(SenError):
    """The caller's roles do not allow this operation on anything."""

    code = "forbidden"


class NotFound(SenError):
    """There is no such thing, or it is not the caller's to see (the two look alike)."""

    code = "not-found"


class Conflict(SenError):
    """The state of things does not allow the command."""

    code = "conflict"


class Stale(SenError):
    """The aggregate has changed since the version that the caller named."""

    code = "stale-version"


class Invalid(SenError):
    """The input breaks a rule; `field` is a JSON pointer (RFC 6901) to the culprit."""

    code = "invalid"


class VersionRequired(SenError):
    """A change must say which version it changes (RFC 6585 section 3)."""

    code = "version-required"


class Unavailable(SenError):
    """Something this needs is away for the moment; trying again later may work."""

    code = "unavailable"


class NotYet(SenError):
    """A handler meets an event about something that it has not heard of yet."""

    code = "not-yet"
