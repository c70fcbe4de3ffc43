"""The only place that makes ids."""

from uuid import UUID, uuid5

import uuid_utils

_NAMESPACE = UUID("6f1d5b0e-6f0c-4b0e-9a53-3a6f0e8d5c11")


def new_id() -> str:
    """A new UUIDv7 (RFC 9562 section 5.7): sorts by the time it was made."""
    return str(uuid_utils.uuid7())


def derived_id(*parts: object) -> str:
    """The same UUIDv5 for the same parts: what is made twice from one cause meets itself."""
    return str(uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts)))


def is_id(value: str) -> bool:
    """Whether `value` is written as ids are: a UUID in lower case."""
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
