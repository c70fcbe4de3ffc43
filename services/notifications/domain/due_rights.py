"""What waits when rights are about to pass to a young person."""

from services.notifications.domain.waiting import Begin, Condition, Due, End, Place, Row, any_of

_TOLD_THEMSELVES = (Condition("young_person", frozenset({"told"})),)

ROWS = (
    Row(
        Due.RIGHTS_PASSING,
        "child is about to get the right to decide: talk to them and their parents",
        "children are about to get the right to decide: talk to them and their parents",
        begins=(Begin("plans.RightsPassing", by="passes_on"),),
        ends=any_of("plans.RightsPassed", "plans.SharingChanged", "plans.RightsPassingWithdrawn"),
        where=Place.CHILD,
    ),
    Row(
        Due.YOUNG_PERSON_CONTACT,
        "young person has no contact details: add them",
        "young people have no contact details: add them",
        begins=(
            Begin("plans.RightsPassing", by="passes_on", when=_TOLD_THEMSELVES),
            Begin("plans.RightsPassed", when=_TOLD_THEMSELVES),
        ),
        ends=(
            End("plans.RightsPassingWithdrawn"),
            End("plans.RightsPassed", unless=_TOLD_THEMSELVES),
        ),
        where=Place.CHILD,
        ended_by_own_contact=True,
    ),
)
