"""How pages speak of messages: purposes, states, reasons, languages."""

from markupsafe import Markup

from services.notifications.domain.reply import Meant
from services.notifications.domain.values import (
    Channel,
    Language,
    MessageState,
    Purpose,
    Suppressed,
)

PURPOSES = {
    Purpose.SUPPORT_STARTED: "Support has started",
    Purpose.PLAN_READY: "Their copy of the plan is ready",
    Purpose.REVIEW_COMING: "A review is coming",
    Purpose.REVIEW_TO_DISCUSS: "A review to talk about",
    Purpose.LET_US_TALK: "An invitation to talk about more support",
    Purpose.REFERRAL_CONSENT: "Their agreement to a referral is asked",
    Purpose.REFERRAL_DECIDED: "A service has decided",
    Purpose.REFERRAL_PROGRESS: "How a referral goes on",
    Purpose.REFERRAL_ENDED: "A referral was withdrawn",
    Purpose.REFERRAL_OVERRIDDEN: "A referral is sent without their agreement",
    Purpose.PLAN_ENDED: "The plan has ended",
    Purpose.SESSION_BOOKED: "A seat in a session",
    Purpose.SESSION_MOVED: "A session has changed",
    Purpose.SESSION_CANCELLED: "A session does not take place",
    Purpose.EVENING_SLOTS: "Times of a parents' evening",
    Purpose.ASSESSMENT_REQUESTED: "An EHC needs assessment is asked for",
    Purpose.ASSESSMENT_DECIDED: "The council has decided whether to assess",
    Purpose.EHC_PLAN_DECIDED: "The council has decided about an EHC plan",
    Purpose.RIGHTS_PASSING: "Rights are about to pass to the young person",
    Purpose.RIGHTS_PASSED: "Rights have passed to the young person",
    Purpose.SHARING_CHANGED: "What parents or carers get has changed",
    Purpose.SENCO_DIGEST: "What is due",
    Purpose.RING_THEM: "A family could not be reached",
}
STATES = {
    MessageState.CREATED: "Waiting to go out",
    MessageState.SENDING: "Going out now",
    MessageState.SENT: "Sent",
    MessageState.POSTPONED: "Waiting for its time",
    MessageState.DELIVERED: "Arrived",
    MessageState.TEMPORARY_FAILURE: "Will be tried again",
    MessageState.PERMANENT_FAILURE: "Could not be delivered",
    MessageState.TECHNICAL_FAILURE: "Could not be sent",
    MessageState.SUPPRESSED: "Not sent",
    MessageState.GATHERED: "Sent with others",
}
REASONS = {
    Suppressed.OPTED_OUT: "they want no messages of this kind",
    Suppressed.NO_CONTACT: "no contact was recorded within a week",
    Suppressed.NOT_ENTITLED: "they are not told about this child (any more)",
    Suppressed.STALE: "it was no longer true",
    Suppressed.NOT_ALLOWED: "this system is for trying out, and they are not on its list",
}
CAME_BACK = {
    Meant.STOP.value: "STOP",
    Meant.START.value: "START",
    Meant.OTHER.value: "Other messages, shown to the setting",
    "no_contact": "From a number that is not in our contacts",
}
CHANNELS = {Channel.EMAIL: "email", Channel.SMS: "text"}
LANGUAGES = {
    one: Markup('<span lang="{}" dir="{}">{}</span>').format(
        one.value, "rtl" if one.right_to_left else "ltr", words
    )
    for one, words in (
        (Language.ENGLISH, "English"),
        (Language.POLISH, "Polski"),
        (Language.URDU, "اردو"),
    )
}
"""Each in its own words."""
