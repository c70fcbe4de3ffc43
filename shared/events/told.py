"""Who is told for one purpose, read from what the events about a child say."""

from collections.abc import Mapping
from typing import Any


def told_for(known: Mapping[str, Any] | None, purpose: str) -> list[str]:
    """The people who are told about a child for a purpose (a code of a message).

    `known` is an event's data, or what a reader keeps of it. Events of before name recipients
    alone: then it is those. For a purpose that the writer did not know it is whoever is told for
    every purpose: nobody gets by an oversight what somebody did not want shared.
    """
    if known is None:
        return []
    rows = known.get("told")
    if rows is None:
        return list(known.get("recipients", ()))
    by_purpose = {row["purpose"]: row["people"] for row in rows}
    if purpose in by_purpose:
        return list(by_purpose[purpose])
    return [
        person
        for person in known.get("recipients", ())
        if all(person in people for people in by_purpose.values())
    ]
