"""Events of the plans service."""

from marshmallow import Schema, fields

from shared.events.fields import (
    About,
    DecidesOn,
    OutcomeRef,
    ProvisionRef,
    ToldFor,
    code,
    codes,
    day,
    ident,
    idents,
    many,
    maybe_code,
    maybe_day,
    maybe_ident,
    maybe_many,
    number,
    truth,
)
from shared.events.registry import EventType, Kind

SERVICE = "plans"


class SettingDescribed(Schema):
    """What a setting is."""

    setting_id = ident()
    kind = code()
    maintained_nursery = truth()


class WhoIsTold(About):
    """Who is told about a child, and who decides. Events of before have recipients alone."""

    recipients = idents()
    told = maybe_many(ToldFor)
    deciders = maybe_many(DecidesOn)


class ChildRegistered(WhoIsTold):
    pass


class ParentLinked(WhoIsTold):
    person_id = ident()


class ParentUnlinked(WhoIsTold):
    person_id = ident()


class RecipientsChanged(WhoIsTold):
    pass


class RightsPassing(About):
    passes_on = day()
    notice = code()
    young_person = code()
    """Whether they are told themselves (`told`), or others act for them (`represented`)."""
    people = idents()


class RightsPassingWithdrawn(About):
    passes_on = day()


class RightsPassed(About):
    passes_on = day()
    basis = code()
    young_person = code()
    people = idents()


class SharingChanged(About):
    basis = code()
    people = idents()


class ChildNameChanged(About):
    """Which names, as codes and never the names: `first_name`, `last_name`, and `called`, that by
    which they are spoken of."""

    names = codes()
    changed_on = day()


class SenSupportStarted(About):
    assessment_id = maybe_ident()
    started_on = day()
    recipients = idents()


class SenStatusChanged(About):
    status = code()
    previous = code()
    changed_on = day()


class AssessmentStarted(About):
    started_on = day()


class AssessmentCompleted(About):
    sen_support = code()
    areas = codes()
    primary_need = code(allow_none=True)
    completed_on = day()


class PlanAgreed(About):
    agreed_on = day()


class PlanState(About):
    """The whole of what others need to know of a plan."""

    status = code()
    cycle = number(1)
    version_number = number(1)
    active_from = day()
    ended_on = maybe_day()
    outcomes = many(OutcomeRef)
    provisions = many(ProvisionRef)


class PlanCeased(PlanState):
    reason = maybe_code()
    """Why it ended; none in events of before."""


class PlanShared(About):
    person_id = ident()


class PlanCopyIssued(About):
    plan_id = ident()
    person_id = ident()
    version_number = number(1)


class CheckRecorded(About):
    plan_id = ident()
    occurred_on = day()
    statuses = codes()


class CheckOverdue(About):
    last_check_on = maybe_day()
    silent_since = fields.Date(load_default=None, allow_none=True)
    """The day since which there was no check: of the last one, or when the plan began."""


def _row(name: str, about: str, schema: type[Schema], **readers: Kind) -> EventType:
    return EventType(SERVICE, name, about, schema, readers)


_P, _R = Kind.PROJECTION, Kind.REACTION

ROWS = [
    _row(
        "SettingDescribed", "What a setting is: said when it joins, and when it is corrected.",
        SettingDescribed, reviews=_P,
    ),
    _row(
        "ChildRegistered", "A child is on a setting's roll in this system.", ChildRegistered,
        reviews=_P, referrals=_P, notifications=_P,
    ),
    _row(
        "ParentLinked", "A parent is linked to a child.", ParentLinked,
        reviews=_P, referrals=_P, notifications=_P,
    ),
    _row(
        "ParentUnlinked", "A parent's entitlement has ended: nothing more is sent.",
        ParentUnlinked, reviews=_P, referrals=_P, notifications=_P,
    ),
    _row(
        "RecipientsChanged", "Who is told about a child has changed (a young person's own right).",
        RecipientsChanged, reviews=_P, referrals=_P, notifications=_P,
    ),
    _row(
        "RightsPassing", "The rights of a family are about to pass to the young person.",
        RightsPassing, notifications=_R,
    ),
    _row(
        "RightsPassingWithdrawn",
        "The day on which rights were said to pass no longer holds: a date of birth was corrected.",
        RightsPassingWithdrawn, notifications=_P,
    ),
    _row(
        "RightsPassed", "Rights have passed to the young person: they are told from now on.",
        RightsPassed, plans=_R, notifications=_R,
    ),
    _row(
        "SharingChanged", "What the parents of a young person still get has changed.",
        SharingChanged, plans=_R, notifications=_R,
    ),
    _row(
        "ChildNameChanged", "A child's name was corrected: who keeps a copy looks at it.",
        ChildNameChanged, notifications=_P,
    ),
    _row("AssessmentStarted", "The first stage has begun.", AssessmentStarted),
    _row(
        "AssessmentCompleted", "The needs are found, or that none call for SEN support.",
        AssessmentCompleted, plans=_R, referrals=_P,
    ),
    _row(
        "SenSupportStarted", "SEN support has started: the parents are formally told.",
        SenSupportStarted, notifications=_R,
    ),
    _row("SenStatusChanged", "The child's SEN provision code has changed.", SenStatusChanged,
         notifications=_P),
    _row("PlanAgreed", "A plan is agreed with the family.", PlanAgreed),
    _row(
        "PlanActivated", "A plan is in force.", PlanState,
        plans=_R, reviews=_P, referrals=_P,
    ),
    _row(
        "PlanAmended", "A plan in force has a new version.", PlanState,
        plans=_R, reviews=_P, referrals=_P,
    ),
    _row("PlanShared", "A plan is shared with a member of staff.", PlanShared),
    _row(
        "PlanSuperseded", "A newer plan has taken this one's place.", PlanState,
        reviews=_P, referrals=_P, notifications=_P,
    ),
    _row(
        "PlanCeased", "A plan has ended.", PlanCeased,
        plans=_R, reviews=_P, referrals=_P, notifications=_R,
    ),
    _row(
        "PlanCopyIssued", "The written copy for one person is ready.", PlanCopyIssued,
        notifications=_R,
    ),
    _row(
        "CheckRecorded", "A check of the plan was recorded.", CheckRecorded,
        plans=_R, notifications=_P,
    ),
    _row(
        "CheckOverdue", "No check was recorded for too long.", CheckOverdue, notifications=_P,
    ),
]  # fmt: skip
