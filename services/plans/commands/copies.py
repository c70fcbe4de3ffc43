"""The written copy: owed to each who is entitled, rendered once for a version, then issued."""

import logging
from datetime import timedelta

from services.plans.domain.copy import Copy
from services.plans.domain.errors import RuleBroken
from services.plans.domain.plan import Plan
from services.plans.domain.rights import told_of
from services.plans.domain.sharing import LINKS
from services.plans.rendering.document import render_html, render_pdf
from services.plans.store import PlansStore
from shared import clock, context, ids
from shared.errors import NotYet, SenError, Stale
from shared.store.each import each, must_be_its_own, note_failed

log = logging.getLogger(__name__)

_UNREADABLE_FOR = timedelta(hours=1)


def owe_copies(store: PlansStore, plan_id: str, version_number: int) -> None:
    """Note that a version's copy is owed to everybody who is entitled to it."""
    plan = store.plans.get(plan_id)
    child = store.children.get(plan.child_id)
    for person_id in told_of(child, LINKS["plan"], clock.today()):
        copy_id = ids.derived_id("copy", plan_id, version_number, person_id)
        if store.copies.find(copy_id) is None:
            store.copies.add(
                Copy(
                    id=copy_id,
                    plan_id=plan_id,
                    child_id=plan.child_id,
                    setting_id=plan.setting_id,
                    person_id=person_id,
                    version_number=version_number,
                    owed_since=clock.now(),
                )
            )


def issue_owed_copies(store: PlansStore, limit: int = 20) -> int:
    """Render and issue the copies that are owed. Answers how many were dealt with.

    Two who issue the same copy at once meet its version: one of them does nothing.
    """
    unreadable: list[str] = []
    owed = store.copies.find_readable(
        {"state": "owed", "next_try": {"$not": {"$gt": clock.now()}}},
        sort=[("owed_since", 1)],
        limit=limit,
        unreadable=unreadable.append,
    )
    if unreadable:
        store.copies.put_off(unreadable, clock.now() + _UNREADABLE_FOR)
    causes = store.copies.causes(copy.id for copy in owed)

    def issue(copy: Copy) -> None:
        try:
            with context.following("issue copy", causes[copy.id], {"sen.copy.id": copy.id}):
                issue_copy(store, copy)
        except Stale:  # somebody else has issued it
            return
        except (SenError, RuleBroken) as problem:
            log.info("copy not issued", extra={"copy_id": copy.id, "why": problem.code})
            _put_off(store, copy)
        except Exception as problem:  # one that cannot be rendered does not hold up the others
            must_be_its_own(problem)
            note_failed("issue copy", copy.id, problem)
            _put_off(store, copy)

    each("put off copy", owed, issue)
    return len(owed)


def _put_off(store: PlansStore, copy: Copy) -> None:
    try:
        store.copies.change(copy.id, lambda c: c.put_off(clock.now()))
    except Exception:
        store.copies.put_off([copy.id], clock.now() + _UNREADABLE_FOR)
        raise


def issue_copy(store: PlansStore, copy: Copy) -> Copy:
    """Issue one copy, unless its person is entitled no more."""
    plan = store.plans.get(copy.plan_id)
    child = store.children.get(copy.child_id)
    if copy.person_id not in told_of(child, LINKS["plan"], clock.today()):
        return store.copies.change(copy.id, lambda c: c.withdraw(), expected=copy.version)
    reference = document_of(store, plan, copy.version_number)
    return store.copies.change(
        copy.id, lambda c: c.issue(reference, clock.now()), expected=copy.version
    )


def document_of(store: PlansStore, plan: Plan, version_number: int) -> str:
    """The reference of one version's document, rendered and kept when there is none yet."""
    before = store.copies.find_many(
        {"plan_id": plan.id, "version_number": version_number, "state": "issued"}, limit=1
    )
    if before and before[0].document_ref:
        return before[0].document_ref
    version = next((v for v in plan.versions if v.number == version_number), None)
    if version is None:
        raise NotYet(f"The plan has no version {version_number}.")
    html = render_html(
        plan,
        version,
        store.version_content(version.ref),
        store.children.get(plan.child_id),
        store.settings.get(plan.setting_id),
    )
    return store.keep_document(plan.id, version_number, html, render_pdf(html))
