"""Who is no more told for a purpose: worked out from what was known and what is said."""

from collections.abc import Mapping
from typing import Any

from services.notifications.domain.values import Purpose
from shared.events.told import told_for

Known = Mapping[str, Any]


def no_longer(before: Known | None, after: Known) -> list[str]:
    """The pairs of purpose and person that stood before and do not stand after."""
    return sorted(
        pair(purpose, person)
        for purpose in Purpose
        for person in set(told_for(before, purpose)) - set(told_for(after, purpose))
    )


def pair(purpose: Purpose, person_id: str) -> str:
    """How one is kept."""
    return f"{purpose}:{person_id}"
