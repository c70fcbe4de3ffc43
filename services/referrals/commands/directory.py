"""The directory of SEND support services."""

from collections.abc import Mapping
from typing import Any

from services.referrals.commands.waiting import medians
from services.referrals.domain.form import FormQuestion
from services.referrals.domain.matching import Match, Needs, rank
from services.referrals.domain.support_service import Details, SupportService
from services.referrals.domain.values import Area, Phase, PrimaryNeed
from services.referrals.store import ReferralsStore
from shared.store.repository import creation_id


def add_support_service(store: ReferralsStore, details: Details) -> SupportService:
    """A service joins the directory."""
    details.must_make_sense()
    return store.support_services.add(SupportService(id=creation_id(), details=details.after(None)))


def change_support_service(
    store: ReferralsStore, support_service_id: str, details: Details, expected: int
) -> SupportService:
    """Keep an entry right."""
    return store.support_services.change(
        support_service_id, lambda service: service.change(details), expected=expected
    )


def publish_form(
    store: ReferralsStore, support_service_id: str, questions: list[FormQuestion], expected: int
) -> SupportService:
    """Ask something else from now on."""
    return store.support_services.change(
        support_service_id, lambda service: service.publish_form(questions), expected=expected
    )


def needs_of_child(
    store: ReferralsStore, child_id: str, phase: Phase | None, age: int | None = None
) -> tuple[Needs, bool]:
    """What is known of a child's needs, and whether anything is: what the latest assessment found,
    and what the asker says besides."""
    known = store.needs_of_child(child_id)
    if known is None:
        return Needs(phase=phase, age=age), False
    need = PrimaryNeed(known["primary_need"]) if known["primary_need"] else None
    return Needs([Area(area) for area in known["areas"]], need, phase, age), True


def who_can_help(
    store: ReferralsStore, needs: Needs, asked: Mapping[str, str] | None = None
) -> list[Match]:
    """The services that fit, best first: a directory has hundreds of entries, not thousands.
    `asked` are those that have been asked for this child, with what came of it."""
    any_of: list[dict[str, Any]] = []
    if needs.areas:
        any_of.append({"details.areas": {"$in": list(needs.areas)}})
    if needs.primary_need:
        any_of.append({"details.primary_needs": needs.primary_need})
    chosen = {"$or": any_of} if any_of else {}
    return rank(store.support_services.find_many(chosen), needs, medians(store), asked)
