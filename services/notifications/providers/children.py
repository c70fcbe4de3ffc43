"""The name of a child as its owner, plans, has it: read with the reader's own token."""

from dataclasses import dataclass

import requests

from shared.web.owners import read_from


@dataclass(frozen=True)
class RecordedName:
    """How a child is called in its record."""

    first_name: str
    last_name: str

    @property
    def called(self) -> str:
        """By which they are spoken of: some people have one name."""
        return self.first_name or self.last_name

    @property
    def full(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def read_name(plans_url: str, authorization: str, child_id: str) -> RecordedName | None:
    """A child's name; None where it cannot be read just now, or not by this reader."""
    try:
        found = read_from(plans_url, authorization, f"/children/{child_id}")
        return RecordedName(str(found["first_name"] or ""), str(found["last_name"] or ""))
    except (requests.RequestException, ValueError, KeyError):
        return None
