"""The words and codes of notifications."""

from collections.abc import Container
from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Purpose(StrEnum):
    """What a message is for."""

    SUPPORT_STARTED = "support_started"
    PLAN_READY = "plan_ready"
    REVIEW_COMING = "review_coming"
    REVIEW_TO_DISCUSS = "review_to_discuss"
    LET_US_TALK = "let_us_talk"
    REFERRAL_CONSENT = "referral_consent"
    REFERRAL_DECIDED = "referral_decided"
    REFERRAL_PROGRESS = "referral_progress"
    REFERRAL_ENDED = "referral_ended"
    """It was withdrawn, by the setting or by one of the family."""
    REFERRAL_OVERRIDDEN = "referral_overridden"
    """It goes ahead without their agreement."""
    PLAN_ENDED = "plan_ended"
    SESSION_BOOKED = "session_booked"
    SESSION_MOVED = "session_moved"
    SESSION_CANCELLED = "session_cancelled"
    EVENING_SLOTS = "evening_slots"
    ASSESSMENT_REQUESTED = "assessment_requested"
    ASSESSMENT_DECIDED = "assessment_decided"
    EHC_PLAN_DECIDED = "ehc_plan_decided"
    RIGHTS_PASSING = "rights_passing"
    """Rights are about to pass to the young person: to them and to the parents."""
    RIGHTS_PASSED = "rights_passed"
    SHARING_CHANGED = "sharing_changed"
    """What the parents of a young person still get has changed."""
    SENCO_DIGEST = "senco_digest"
    RING_THEM = "ring_them"
    """To the SENCO: every channel to somebody has failed."""

    @property
    def essential(self) -> bool:
        """Statutory, or about a decision: cannot be opted out of."""
        return self not in (Purpose.REVIEW_COMING, Purpose.REFERRAL_PROGRESS)

    @property
    def gathers(self) -> bool:
        """Whether it may wait some minutes for others, and go out with them as one message."""
        return self in (Purpose.REVIEW_COMING, Purpose.REFERRAL_PROGRESS, Purpose.SESSION_BOOKED,
                        Purpose.EVENING_SLOTS, Purpose.RING_THEM)  # fmt: skip

    @property
    def for_staff(self) -> bool:
        """Whether it is about a setting's work, not about one child's."""
        return self in (Purpose.SENCO_DIGEST, Purpose.RING_THEM)

    @property
    def to_staff(self) -> bool:
        """Whether it goes to people at their work, not to a family."""
        sessions = (Purpose.SESSION_BOOKED, Purpose.SESSION_MOVED, Purpose.SESSION_CANCELLED)
        return self.for_staff or self in sessions


class MessageState(StrEnum):
    """What became of a message; the words are those of GOV.UK Notify."""

    CREATED = "created"
    SENDING = "sending"
    SENT = "sent"
    """Handed over to the channel. Whether it was delivered is another fact."""
    POSTPONED = "postponed"
    """Until its person's quiet hours are over."""
    DELIVERED = "delivered"
    """It has arrived: its channel says so."""
    TEMPORARY_FAILURE = "temporary_failure"
    """To be tried again."""
    PERMANENT_FAILURE = "permanent_failure"
    TECHNICAL_FAILURE = "technical_failure"
    SUPPRESSED = "suppressed"
    GATHERED = "gathered"
    """It is part of another message, and shares that one's fate."""


class Language(StrEnum):
    """The languages that there are templates in (ISO 639-1)."""

    ENGLISH = "en"
    POLISH = "pl"
    URDU = "ur"

    @property
    def checked(self) -> bool:
        """Whether a qualified translator has checked its templates."""
        return self is Language.ENGLISH

    @property
    def right_to_left(self) -> bool:
        """Whether it is written from right to left."""
        return self is Language.URDU

    def among(self, used: Container["Language"]) -> "Language":
        """Itself where its templates are in use, English where they are not."""
        return self if self in used else Language.ENGLISH


class Suppressed(StrEnum):
    """Why a message was not sent."""

    OPTED_OUT = "opted_out"
    NO_CONTACT = "no_contact"
    NOT_ENTITLED = "not_entitled"
    STALE = "stale"
    NOT_ALLOWED = "not_allowed"
    """This system sends to a list of people only: it is for trying things out."""


class Entitlement(StrEnum):
    """Whether somebody is told about a child."""

    HELD = "held"
    ENDED = "ended"
    UNKNOWN = "unknown"
    """No event has named them (yet): events come in any order."""


class Failure(StrEnum):
    """How an attempt failed: only the class decides what follows."""

    RETRYABLE = "retryable"
    PERMANENT = "permanent"
    MISCONFIGURED = "misconfigured"
    """A key, a template, a setting of ours: the message waits until it is mended."""
    AMBIGUOUS = "ambiguous"
    """No answer came: whether it was taken is asked before it is sent again."""
    NO_CONTACT = "no_contact"
    """No details are recorded (yet)."""
    NO_LINK = "no_link"
    """It is not known (yet) that they may be told."""
