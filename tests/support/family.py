"""A family as notifications knows it, and a mail server that does as it is told."""

from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.mailbox import Mailbox
from shared import ids
from tests.support.house import Person, Service, event
from tests.support.world import contact

Json = dict[str, Any]


@dataclass
class Family:
    """A child, a parent, and what was said about them to notifications."""

    service: Service
    setting: str = field(default_factory=ids.new_id)
    child: str = field(default_factory=ids.new_id)
    parent: str = field(default_factory=ids.new_id)
    sequence: int = 0

    @property
    def senco(self) -> Person:
        return self.service.person("senco", settings=[self.setting])

    def say(self, name: str, **data: Any) -> None:
        """An event of the child's, the next in order."""
        self.sequence += 1
        said = event(name, {"child_id": self.child, "setting_id": self.setting, **data},
                     subject=self.child, sequence=self.sequence)  # fmt: skip
        self.service.handle(said)

    def link(self) -> None:
        self.say("ParentLinked", person_id=self.parent, recipients=[self.parent])

    def unlink(self) -> None:
        self.say("ParentUnlinked", person_id=self.parent, recipients=[])

    def issue_copy(self, version: int = 1) -> None:
        """A written copy of the plan is ready for the parent."""
        plan = ids.new_id()
        data = {"child_id": self.child, "setting_id": self.setting, "plan_id": plan,
                "person_id": self.parent, "version_number": version}  # fmt: skip
        self.service.handle(event("PlanCopyIssued", data, subject=ids.new_id()))

    def add_contact(
        self, email: str | None = "parent@families.example", **details: Any
    ) -> Json:  # fmt: skip
        body = contact(self.parent, self.child, email)
        body["details"].update(details)
        made: Json = self.senco.post(f"/settings/{self.setting}/contacts", body)
        return made

    def progress(self) -> None:
        """A referral of the child's goes on."""
        self.sequence += 1
        data = {"child_id": self.child, "setting_id": self.setting,
                "support_service_id": ids.new_id(), "status": "waiting_list", "open": True,
                "consent": "given", "urgency": "routine", "submitted_on": "2026-03-02",
                "respond_by": None, "reason": None, "address": "/referrals"}  # fmt: skip
        self.service.handle(event("ReferralStillWaiting", data, subject=ids.new_id()))

    def messages(self) -> list[Json]:
        found: list[Json] = self.senco.get(f"/settings/{self.setting}/messages")["items"]
        return found


class MailServer(Mailbox):
    """Keeps what it takes; refuses whom it is told to refuse."""

    refuse: str = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"
