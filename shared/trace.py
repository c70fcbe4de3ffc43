"""W3C trace context (https://www.w3.org/TR/trace-context/): the `traceparent` value."""

import re
import secrets

_VALID = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")


def start() -> str:
    """A traceparent that begins a new trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def within(traceparent: str | None) -> str:
    """A traceparent with a new span in that trace, or a new trace when it is not a valid one."""
    if not traceparent or not _VALID.match(traceparent):
        return start()
    version, trace_id, _, flags = traceparent.split("-")
    return f"{version}-{trace_id}-{secrets.token_hex(8)}-{flags}"


def trace_id(traceparent: str) -> str:
    """The 32 hex digits that name the trace, or nothing."""
    return traceparent.split("-")[1] if _VALID.match(traceparent) else ""
