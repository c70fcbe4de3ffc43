"""What the pages of people who sign in have in common: their menu, their first page, words."""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request

from services.referrals.domain.values import (
    CloseOutcome,
    DeclineReason,
    ReferralStatus,
    Urgency,
    WithdrawReason,
    WorkKind,
)
from services.referrals.pages import store
from shared.web.bidi import marked
from shared.web.guard import caller

blueprint = Blueprint("home", __name__, template_folder="templates")

STATUS_WORDS = {
    ReferralStatus.DRAFT: "Draft",
    ReferralStatus.SUBMITTED: "New",
    ReferralStatus.ACKNOWLEDGED: "Seen",
    ReferralStatus.TRIAGE: "Being decided",
    ReferralStatus.INFORMATION_REQUESTED: "Information awaited",
    ReferralStatus.ACCEPTED: "Accepted",
    ReferralStatus.WAITING_LIST: "Waiting list",
    ReferralStatus.ALLOCATED: "Allocated",
    ReferralStatus.IN_PROGRESS: "In progress",
    ReferralStatus.CLOSED: "Closed",
    ReferralStatus.DECLINED: "Declined",
    ReferralStatus.REDIRECTED: "Passed on",
    ReferralStatus.WITHDRAWN: "Withdrawn",
}
URGENCY_WORDS = {Urgency.URGENT: "Urgent", Urgency.SOON: "Soon", Urgency.ROUTINE: "Routine"}
DECLINE_WORDS = {
    DeclineReason.NOT_ELIGIBLE: "Does not meet the criteria",
    DeclineReason.NOT_OUR_WORK: "The needs are not what the service helps with",
    DeclineReason.EVIDENCE: "Not enough is known, or has been tried",
    DeclineReason.IN_PLACE: "The support is in place already",
    DeclineReason.OUT_OF_AREA: "Outside the area",
    DeclineReason.AGE: "Outside the ages",
    DeclineReason.DUPLICATE: "The same as another referral",
    DeclineReason.OTHER: "Another reason",
}
CLOSE_WORDS = {
    CloseOutcome.GOALS_MET: "The goals are met",
    CloseOutcome.PARTLY_MET: "The goals are partly met",
    CloseOutcome.NOT_MET: "The goals are not met",
    CloseOutcome.ADVICE_GIVEN: "Advice was given",
    CloseOutcome.MOVED: "The child has moved",
    CloseOutcome.DISENGAGED: "The family did not take it up",
    CloseOutcome.NO_LONGER_NEEDED: "It is no longer needed",
}
WORK_WORDS = {
    WorkKind.WITH_CHILD: "With the child or young person",
    WorkKind.OBSERVATION: "Observation",
    WorkKind.WITH_STAFF: "With staff",
    WorkKind.WITH_FAMILY: "With the family",
    WorkKind.MEETING: "Meeting",
    WorkKind.MISSED: "Arranged, but did not take place",
}
WITHDRAW_WORDS = {
    WithdrawReason.SETTING: "The setting no longer asks",
    WithdrawReason.FAMILY: "The family no longer wants it",
    WithdrawReason.LEFT: "The child has left the setting",
}


def options(words: dict[Any, str]) -> list[tuple[str, str]]:
    """Words as the options of a field."""
    return [(key.value, text) for key, text in words.items()]


def show(template: str, **values: Any) -> str:
    """A page of somebody who has signed in."""
    return render_template(
        template, menu=_menu(), status_words=STATUS_WORDS, urgency_words=URGENCY_WORDS,
        done=request.args.get("done"), me=caller(), **values,
    )  # fmt: skip


def plans_url() -> str:
    """Where plans' API answers."""
    return str(current_app.extensions["sen.settings"].service_urls["plans"])


def service_name(service_id: str | None) -> str:
    """The name of a service of the directory."""
    found = store.support_services.find(service_id) if service_id else None
    return found.details.name if found else ""


@blueprint.get("/")
def home() -> Any:
    """Where somebody's work begins."""
    return redirect(_menu()[0][1], 303)


def _menu() -> list[tuple[str, str, bool]]:
    """Text, address, whether it is where one is."""
    who, found = caller(), []
    if "support_worker" in who.roles:
        several = len(who.services) > 1
        for service_id in sorted(who.services):
            name = f" of {marked(service_name(service_id))}" if several else ""
            found += [(f"Queue{name}", f"/queue/{service_id}"),
                      (f"Figures{name}", f"/dashboard/{service_id}")]  # fmt: skip
    if "senco" in who.roles:
        several = len(who.settings) > 1
        found += [(f"Referrals {number}" if several else "Referrals",
                   f"/setting/{setting_id}/referrals")
                  for number, setting_id in enumerate(sorted(who.settings), 1)]  # fmt: skip
    if "council_officer" in who.roles:
        found.append(("Waiting times", "/dashboard"))
    found += [("Directory", "/directory"), ("Sessions", "/sessions")]
    return [(text, at, request.path == at) for text, at in found]
