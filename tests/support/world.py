"""One family in all four services, standing where every role has its rights on it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from io import BytesIO
from typing import Any

from services.notifications.commands import send
from services.notifications.commands.outlets import Outlets
from services.notifications.domain.values import Channel
from services.notifications.providers.several import Several
from services.notifications.providers.smtp import SmtpProvider
from services.notifications.rendering.links import LinkMaker
from services.notifications.settings import SmtpSettings
from services.notifications.store.replies import Reply
from services.plans.commands.copies import issue_owed_copies
from services.referrals.commands.attach import scan_waiting
from services.referrals.providers.scanner import NoScanner
from shared import clock, ids
from shared.bank_holidays import is_working_day
from shared.identity.links import Links
from tests.support.house import LINK_KEY, Person, Service, settle
from tests.support.story import School, review_once

Json = dict[str, Any]

DETAILS: Json = {
    "name": "Speech and Language Therapy", "areas": ["communication_and_interaction"],
    "phases": ["school"], "criteria": "Needs beyond what is ordinarily available",
    "response_target_days": 10,
}  # fmt: skip

REQUEST: Json = {
    "reason": "Is not understood", "strategies_tried": "Visual timetable",
    "desired_outcome": "To be understood",
}  # fmt: skip

CONSENT: Json = {"status": "given", "by": "A Parent", "how": "signed form"}


def add_service(referrals: Service, **details: Any) -> str:
    """A support service in the directory. Answers its id."""
    council = referrals.person("council_officer")
    found: str = council.post("/support-services", {**DETAILS, **details})["id"]
    return found


def submitted(referrals: Service, senco: Person, child_id: str, service_id: str) -> Json:
    """A referral in a support service's queue."""
    made = senco.post(
        f"/children/{child_id}/referrals", {**REQUEST, "support_service_id": service_id}
    )
    at = f"/referrals/{made['id']}"
    made = senco.post(f"{at}/consent", CONSENT, version=made["version"])
    found: Json = senco.post(f"{at}/submit", version=made["version"])
    return found


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def coming_day(days: int) -> date:
    """The first working day that is at least so many days ahead: nobody meets at Christmas."""
    day = clock.today() + timedelta(days=days)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def session_details(**changes: Any) -> Json:
    """A support session, two weeks from now."""
    starts = datetime.combine(coming_day(14), time(14), tzinfo=UTC)
    return {
        "title": "Language in the early years", "kind": "training",
        "starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=2)).isoformat(),
        "place": "Hall 2", "capacity": 2, **changes,
    }  # fmt: skip


def attach(who: Person, referral_id: str, content: bytes = PDF, name: str = "report.pdf") -> Json:
    """The referral with one more file."""
    found: Json = who.ask(
        "POST", f"/referrals/{referral_id}/attachments",
        data={"file": (BytesIO(content), name)}, content_type="multipart/form-data",
    )  # fmt: skip
    return found


def text_back(notifications: Service, contact_id: str) -> str:
    """Somebody has texted back, and nobody has read it. Answers the reply's id."""
    found = notifications.store.contacts.get(contact_id)
    reply = Reply(ids.new_id(), found.setting_id, found.person_id, "We are ill today", clock.now())
    notifications.store.replies.keep(reply)
    return reply.id


def contact(person_id: str, child_id: str, email: str | None = "parent@families.example") -> Json:
    """The body that records how a person is reached."""
    return {
        "person_id": person_id,
        "details": {"name": "Wren Vennacombe", "email": email,
                    "children": [{"child_id": child_id, "first_name": "Robin"}]},
    }  # fmt: skip


def sender(notifications: Service, port: int) -> Any:
    """Sends what waits to a mail server at that port. Answers how many it dealt with."""
    settings = SmtpSettings("127.0.0.1", port, "none", "", "", "school@sen.example", "sen.example")
    return partial(
        send.send_waiting, notifications.store, outlets(notifications, email=SmtpProvider(settings))
    )


def outlets(
    notifications: Service, *, email: Any = None, sms: Any = None, **more: Any
) -> Outlets:  # fmt: skip
    """Through what messages go out: one provider each, or several."""
    links = LinkMaker(Links((LINK_KEY,), 90), notifications.settings.public_urls)
    given = {Channel.EMAIL: email, Channel.SMS: sms}
    providers = {
        channel: provider if isinstance(provider, Several) else Several([provider])
        for channel, provider in given.items() if provider
    }  # fmt: skip
    return Outlets(providers, links, LINK_KEY, **more)


@dataclass
class World:
    """The family. `ids` gives, for each name in a route's path, an id that is of this family."""

    school: School
    service_id: str
    ids: dict[str, str]

    def person(self, service: Service, role: str) -> Person:
        """Somebody in that role to whom the family's things are their own."""
        subject = {"senco": self.school.senco.id, "teacher": self.school.teacher.id}.get(role)
        return service.person(
            role, subject=subject, settings=[self.school.id], services=[self.service_id]
        )


def build(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    """A plan in force that is shared with the teacher, two reviews without enough progress, an
    open EHC request, a referral in a queue."""
    every = (plans, reviews, referrals, notifications)
    for service in every:  # what other tests left is not this family's
        service.take_events()
    school = School(plans)
    child = school.child()
    parent_id = child["parents"][0]["person_id"]
    plan = school.active(child, reviews, referrals, notifications)
    school.senco.post(f"/plans/{plan['id']}/shares", {"person_id": school.teacher.id})
    issue_owed_copies(plans.store)
    for held in (60, 30):
        review = review_once(reviews, school, plan, referrals, notifications, held=held)
    senco = school.at(reviews)
    escalation = senco.get(f"/children/{child['id']}/escalations")["items"][0]
    at = f"/escalations/{escalation['id']}"
    escalation = senco.post(f"{at}/confirm", version=escalation["version"])
    senco.post(f"{at}/needs-assessment", {"by": "setting"}, version=escalation["version"])
    service_id = add_service(referrals)
    worker = referrals.person("support_worker", services=[service_id])
    webhook = worker.post(
        f"/support-services/{service_id}/webhooks", {"url": "https://93.184.215.14/sen"}
    )
    settle(*every)
    referral = submitted(referrals, school.at(referrals), child["id"], service_id)
    settle(*every)
    attached = attach(school.at(referrals), referral["id"])
    scan_waiting(referrals.store, NoScanner())
    session = worker.post(f"/support-services/{service_id}/sessions", session_details())
    booking = school.at(referrals).post(f"/support-sessions/{session['id']}/bookings", {})
    evening = senco.post(f"/settings/{school.id}/parents-evenings", {
        "details": {"held_on": coming_day(9).isoformat(), "begins": "16:00",
                    "ends": "19:00", "minutes": 10, "place": "Hall"},
        "children": [child["id"]],
    })  # fmt: skip
    settle(*every)
    delivery = worker.get(f"/webhooks/{webhook['id']}/deliveries")["items"][0]
    told = school.at(notifications)
    made = told.post(f"/settings/{school.id}/contacts", contact(parent_id, child["id"]))
    reply_id = text_back(notifications, made["id"])
    message = told.get(f"/settings/{school.id}/messages")["items"][0]
    assessment = school.senco.get(f"/children/{child['id']}/assessments")["items"][0]
    return World(
        school,
        service_id,
        {
            "setting_id": school.id, "child_id": child["id"], "plan_id": plan["id"],
            "assessment_id": assessment["id"], "review_id": review["id"],
            "escalation_id": escalation["id"], "referral_id": referral["id"],
            "support_service_id": service_id, "contact_id": made["id"],
            "message_id": message["id"], "reply_id": reply_id, "person_id": parent_id, "number": "1",
            "evening_id": evening["id"], "attachment_id": attached["attachments"][0]["id"], "session_id": session["id"],
            "booking_id": booking["id"], "webhook_id": webhook["id"],
            "delivery_id": delivery["id"],
        },
    )  # fmt: skip
