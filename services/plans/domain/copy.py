"""The written copy [B]: one version of the plan for one person, kept exactly as issued."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.plans.domain import events
from services.plans.domain.errors import wrong_state

_TRY_AGAIN_LEAST, _TRY_AGAIN_MOST = timedelta(seconds=2), timedelta(hours=1)


class CopyState(StrEnum):
    OWED = "owed"
    """To be rendered and issued."""
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"
    """The person's entitlement ended before it was issued."""


@dataclass
class Copy:
    """What is issued to whom. The document itself is kept under `document_ref`."""

    id: str
    plan_id: str
    child_id: str
    setting_id: str
    person_id: str
    version_number: int
    owed_since: datetime
    state: CopyState = CopyState.OWED
    document_ref: str | None = None
    issued_at: datetime | None = None
    next_try: datetime | None = None
    """When it is looked at again after it could not be issued."""
    tries: int = 0
    version: int = 0
    raised: list[Any] = field(default_factory=list)

    def issue(self, document_ref: str, at: datetime) -> None:
        """Issue it: from now on the document is what it is."""
        if self.state is not CopyState.OWED:
            raise wrong_state("copy", self.state, CopyState.OWED)
        self.state, self.document_ref, self.issued_at = CopyState.ISSUED, document_ref, at
        self.raised.append(
            events.PlanCopyIssued(
                self.child_id, self.setting_id, self.plan_id, self.person_id, self.version_number
            )
        )

    def put_off(self, at: datetime) -> None:
        """It could not be issued now: later ones go before it, and it is tried again."""
        if self.state is CopyState.OWED:
            self.tries += 1
            self.next_try = at + min(_TRY_AGAIN_MOST, _TRY_AGAIN_LEAST * 2 ** min(self.tries, 16))

    def withdraw(self) -> None:
        """It is owed no more."""
        if self.state is CopyState.OWED:
            self.state = CopyState.WITHDRAWN
