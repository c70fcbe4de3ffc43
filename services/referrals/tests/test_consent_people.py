"""Whose agreement counts, what each of them reads, and what follows when others decide.

The table is over both rules and every pair of answers: no page of one says what the other answered.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from services.referrals.commands.consent import expire_consents
from services.referrals.domain.consent import Asking, Consent, ConsentAnswer
from services.referrals.domain.errors import RuleBroken
from services.referrals.domain.referral import Referral
from services.referrals.domain.values import ConsentNeeds, ConsentStatus, ReferralStatus
from services.referrals.pages.family_words import notice_of
from services.referrals.tests.test_consent import Json, answer, asked, look
from shared import clock, ids
from tests.support.house import Person, Service, event, settle, types
from tests.support.story import School
from tests.support.world import CONSENT, add_service

TODAY = date(2026, 3, 2)
G, R, D, A = (
    ConsentStatus.GIVEN,
    ConsentStatus.REFUSED,
    ConsentStatus.DISPUTED,
    ConsentStatus.ASKED,
)
YES, NO, SILENT = True, False, None
COUNTED = {
    (ConsentNeeds.ONE, YES, YES): G,
    (ConsentNeeds.ONE, YES, SILENT): G,
    (ConsentNeeds.ONE, YES, NO): D,
    (ConsentNeeds.ONE, NO, NO): R,
    (ConsentNeeds.ONE, NO, SILENT): R,
    (ConsentNeeds.ONE, SILENT, SILENT): A,
    (ConsentNeeds.ALL, YES, YES): G,
    (ConsentNeeds.ALL, YES, SILENT): A,
    (ConsentNeeds.ALL, YES, NO): D,
    (ConsentNeeds.ALL, NO, NO): R,
    (ConsentNeeds.ALL, NO, SILENT): R,
    (ConsentNeeds.ALL, SILENT, SILENT): A,
}


def _referral(needs: ConsentNeeds, answers: dict[str, bool | None]) -> Referral:
    made = Referral(id="r", child_id="c", setting_id="s", drafted_at=clock.now())
    made.request.support_service_id = "service"
    asking = Asking(["mother", "father"], needs, {"reason": "x"})
    made.ask_consent(TODAY, asking)
    for person, agrees in answers.items():
        if agrees is not None:
            made.answer_consent(ConsentAnswer(person, agrees, TODAY), asking)
    return made


@pytest.mark.parametrize("needs", list(ConsentNeeds))
@pytest.mark.parametrize("mother", [YES, NO, SILENT])
@pytest.mark.parametrize("father", [YES, NO, SILENT])
@pytest.mark.parametrize("first", ["mother", "father"])
def test_what_the_answers_come_to(
    needs: ConsentNeeds, mother: bool | None, father: bool | None, first: str
) -> None:
    said = {"mother": mother, "father": father}
    said = {first: said[first], **said}
    consent = _referral(needs, said).consent
    wanted = COUNTED.get((needs, mother, father)) or COUNTED[needs, father, mother]
    # Who had agreed for all and is now spoken against has not refused: it is disputed.
    assert consent.status is wanted
    assert consent.needed == (2 if needs is ConsentNeeds.ALL else 1)
    assert consent.answered == sum(one is not None for one in (mother, father))


@pytest.mark.parametrize("needs", list(ConsentNeeds))
@pytest.mark.parametrize("own", [YES, NO, SILENT])
def test_nobody_reads_from_their_page_what_another_answered(
    needs: ConsentNeeds, own: bool | None
) -> None:
    words = {
        notice_of(_referral(needs, {"father": other, "mother": own}), "mother")
        for other in (YES, NO, SILENT)
    }
    assert len(words) == 1


@pytest.mark.parametrize("person", [None, "father", "mother"])
@pytest.mark.parametrize("needs", list(ConsentNeeds))
@pytest.mark.parametrize("father", [YES, SILENT])
def test_against_a_no_nobody_records_given(
    needs: ConsentNeeds, father: bool | None, person: str | None
) -> None:
    """Whoever it is recorded for: only her own later word takes the mother's no away."""
    referral = _referral(needs, {"father": father, "mother": NO})
    given = Consent(G, "Somebody", "phone", TODAY, person_id=person)
    asking = Asking(["mother", "father"], needs, {"reason": "x"})
    if person is None:
        with pytest.raises(RuleBroken) as refused:
            referral.record_consent(given, asking)
        assert refused.value.code == "said-no"
    else:
        referral.record_consent(given, asking)
    mine = referral.consent.said_by("mother")
    assert mine is not None and mine.agrees is (person == "mother")
    if person != "mother":
        assert not referral.consent.status.allows
        override = Consent(ConsentStatus.OVERRIDDEN, "Ms Hale", "decided", TODAY, reason="Danger")
        referral.record_consent(override, asking)
        assert referral.consent.status.allows
        told = referral.raised[-1]
        assert type(told).__name__ == "ReferralConsentOverridden"
        assert sorted(told.recipients) == ["father", "mother"]


def test_asking_again_takes_no_answer_away() -> None:
    referral = _referral(ConsentNeeds.ALL, {"father": YES, "mother": NO})
    referral.ask_consent(TODAY, Asking(["mother", "father"], ConsentNeeds.ALL, {"reason": "x"}))
    assert referral.consent.status is D
    assert referral.raised[-1].recipients == ["mother"]


def test_an_override_is_told_unless_that_would_put_the_child_at_risk() -> None:
    referral = _referral(ConsentNeeds.ONE, {"mother": NO})
    override = Consent(
        ConsentStatus.OVERRIDDEN,
        "Ms Hale",
        "decided",
        TODAY,
        reason="Danger",
        not_told_because="The child would be moved",
    )
    referral.record_consent(override, Asking(["mother", "father"]))
    assert "ReferralConsentOverridden" not in {type(e).__name__ for e in referral.raised}


@pytest.mark.parametrize(
    "before", [{}, {"mother": YES}, {"mother": NO}, {"mother": YES, "father": NO}]
)
def test_whose_rights_have_passed_is_asked_instead(before: dict[str, bool | None]) -> None:
    referral = _referral(ConsentNeeds.ONE, before)
    now = Asking(["young person"], ConsentNeeds.ONE, {"reason": "x"})
    assert referral.follow_deciders(now, TODAY)
    assert not referral.follow_deciders(now, TODAY)
    assert (referral.consent.status, referral.consent.asked) == (A, ["young person"])
    asked = [e for e in referral.raised if type(e).__name__ == "ReferralConsentAsked"]
    assert asked[-1].recipients == ["young person"]


@pytest.mark.parametrize("status", list(ReferralStatus))
@pytest.mark.parametrize("consent", list(ConsentStatus))
@pytest.mark.parametrize("asked", [[], ["father"], ["father", "mother"]])
def test_what_is_open_to_somebody_follows_who_decides(
    status: ReferralStatus, consent: ConsentStatus, asked: list[str]
) -> None:
    """At every stage, however the agreement stands: nobody is left to answer who cannot."""
    made = Referral(id="r", child_id="c", setting_id="s", drafted_at=clock.now(), status=status)
    made.request.support_service_id, made.submitted_on = "service", TODAY
    made.consent = Consent(consent, asked=asked, shown={"reason": "x"}, on=TODAY)
    now = Asking(["young person"], ConsentNeeds.ONE, {"reason": "x"})
    open_to_them = status is ReferralStatus.DRAFT or (made.is_open and not consent.allows)
    follows = open_to_them and bool(asked) and consent is not ConsentStatus.OVERRIDDEN
    assert made.follow_deciders(now, TODAY) is follows
    told = [e for e in made.raised if type(e).__name__ == "ReferralConsentAsked"]
    assert [e.recipients for e in told] == ([["young person"]] if follows else [])
    if follows:
        assert (made.consent.status, made.consent.asked) == (A, ["young person"])
    else:
        assert (made.consent.status, made.consent.asked) == (consent, asked)


@pytest.mark.parametrize("needs", list(ConsentNeeds))
def test_who_joins_is_asked_where_everybody_has_to_agree(needs: ConsentNeeds) -> None:
    referral = _referral(needs, {"father": YES, "mother": YES})
    three = Asking(["mother", "father", "guardian"], needs, {"reason": "x"})
    everybody = needs is ConsentNeeds.ALL
    assert referral.follow_deciders(three, TODAY) is everybody
    assert referral.consent.status is (A if everybody else G)
    assert referral.raised[-1].recipients == ["guardian"] if everybody else True
    assert len(referral.consent.answers) == 2


@pytest.mark.parametrize("needs", list(ConsentNeeds))
@pytest.mark.parametrize("gone", ["father", "mother", None])
@pytest.mark.parametrize("then", list(ConsentNeeds))
def test_every_agreement_has_an_end(
    needs: ConsentNeeds, then: ConsentNeeds, gone: str | None
) -> None:
    """However it came about: by the last answer, by who left, by asking again under another rule."""
    yes: list[dict[str, bool | None]] = [
        {"father": YES},
        {"father": YES, "mother": YES},
        {"mother": YES},
    ]
    for said in yes:
        referral = _referral(needs, said)
        people = [one for one in ("mother", "father") if one != gone]
        now = Asking(people, then, {"reason": "x"})
        referral.follow_deciders(now, TODAY)
        if not referral.consent.status.allows:
            referral.ask_consent(TODAY, now)
        if referral.consent.status is G:
            assert referral.consent.expires_on == date(2027, 3, 2)


def test_a_no_outlasts_an_override_that_has_run_out() -> None:
    referral = _referral(ConsentNeeds.ONE, {"mother": NO})
    asking = Asking(["mother", "father"], ConsentNeeds.ONE, {"reason": "x"})
    override = Consent(ConsentStatus.OVERRIDDEN, "Ms Hale", "decided", TODAY, reason="Danger")
    referral.record_consent(override, asking)
    later = date(2027, 3, 3)
    assert referral.expire_consent(later)
    referral.ask_consent(later, asking)
    words = str(notice_of(referral, "mother"))
    assert "You said no on 2 March 2026" in words and "changed" not in words
    with pytest.raises(RuleBroken) as refused:
        referral.record_consent(Consent(G, "Somebody", "phone", later), asking)
    assert refused.value.code == "said-no"


@pytest.mark.parametrize("needs", list(ConsentNeeds))
def test_an_override_stands_until_all_who_are_needed_have_agreed(needs: ConsentNeeds) -> None:
    referral = _referral(needs, {})
    asking = Asking(["mother", "father"], needs, {"reason": "x"})
    override = Consent(ConsentStatus.OVERRIDDEN, "Ms Hale", "decided", TODAY, reason="Danger")
    referral.record_consent(override, asking)
    for person in ("mother", "father"):
        referral.record_consent(Consent(G, "Them", "phone", TODAY, person_id=person), asking)
        everybody = needs is ConsentNeeds.ONE or person == "father"
        assert referral.consent.status is (G if everybody else ConsentStatus.OVERRIDDEN)


# --- through the services


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def senco(school: School, referrals: Service) -> Person:
    return school.at(referrals)


def test_with_all_it_goes_out_once_each_has_agreed(
    plans: Service, referrals: Service, school: School, senco: Person
) -> None:
    story = asked(plans, referrals, school, add_service(referrals, consent_from="all"), 2)
    first, second = story["people"]
    at = story["at"]
    page = look(referrals, story, first)
    assert "We are asking 2 people. All of them must agree" in page
    consent = senco.get(f"{at}/standing")["consent"]
    assert consent | {"asked": set(consent["asked"])} == {
        "status": "asked",
        "needs": "all",
        "asked": {first, second},
        "needed": 2,
        "answered": 0,
    }
    answer(referrals, story, first, agree="yes", pass_on="yes")
    assert "checked" not in look(referrals, story, second)  # nothing of the other's is filled in
    now = senco.get(at)
    assert (now["consent"]["status"], now["consent"]["answered"]) == ("asked", 1)
    senco.refused(409, "POST", f"{at}/submit", version=now["version"])
    nameless = senco.refused(422, "POST", f"{at}/consent", CONSENT, version=now["version"])
    assert nameless["errors"][0]["pointer"] == "/person_id"
    stranger = {**CONSENT, "person_id": ids.new_id()}
    senco.refused(422, "POST", f"{at}/consent", stranger, version=now["version"])
    said = {**CONSENT, "person_id": second, "how": "phone"}
    now = senco.post(f"{at}/consent", said, version=now["version"])
    assert now["consent"]["status"] == "given"
    senco.post(f"{at}/submit", version=now["version"])


def test_whose_answers_are_needed_is_said_before_anybody_is_asked(
    plans: Service, referrals: Service, school: School, senco: Person
) -> None:
    child = school.child(parents=2)
    settle(plans, referrals)
    service_id = add_service(referrals, consent_from="all")
    made = senco.post(f"/children/{child['id']}/referrals", {"support_service_id": service_id})
    found = senco.get(f"/referrals/{made['id']}/standing")["consent"]
    assert (found["needs"], found["needed"], found["answered"]) == ("all", 2, 0)
    assert senco.get(f"/support-services/{service_id}")["details"]["consent_from"] == "all"
    assert (
        add_service(referrals)
        and senco.get(f"/support-services/{add_service(referrals)}")["details"]["consent_from"]
        == "one"
    )


@pytest.mark.parametrize("needs", list(ConsentNeeds))
def test_a_system_that_knows_nothing_of_it_leaves_whose_agreement_is_needed(
    referrals: Service, needs: ConsentNeeds
) -> None:
    at = f"/support-services/{add_service(referrals, consent_from=needs.value)}"
    council = referrals.person("council_officer")
    entry = council.get(at)
    details = {k: v for k, v in entry["details"].items() if k != "consent_from"}
    changed = council.put(at, {**details, "name": "Another name"}, version=entry["version"])
    assert changed["details"] | {"name": ""} == entry["details"] | {"name": ""}


def _deciders(story: Json, people: list[str], sequence: int, **changes: Any) -> Json:
    data = {
        "child_id": story["child"]["id"],
        "setting_id": story["referral"]["setting_id"],
        "recipients": [*story["people"], story["child"]["id"]],
        "deciders": [
            {"decision": "plan", "people": []},
            {"decision": "referral_consent", "people": people},
        ],
        **changes,
    }
    return event("RecipientsChanged", data, subject=story["child"]["id"], sequence=sequence)


def test_a_request_still_open_to_a_parent_is_asked_anew_of_the_young_person(
    plans: Service, referrals: Service, school: School, senco: Person
) -> None:
    story = asked(plans, referrals, school, add_service(referrals), 1)
    parent, young = story["people"][0], story["child"]["id"]
    answer(referrals, story, parent, agree="yes")
    settle(referrals)
    passed = _deciders(story, [young], 50)
    for said in (passed, passed, _deciders(story, [parent], 40)):  # again, and one that comes late
        referrals.handle(said)
    assert types(settle(referrals)).count("ReferralConsentAsked") == 1
    now = senco.get(story["at"])
    assert (now["consent"]["status"], now["consent"]["asked"]) == ("asked", [young])
    senco.refused(409, "POST", f"{story['at']}/submit", version=now["version"])
    page = answer(referrals, story, parent, agree="yes").text
    assert "Someone else answers this now" in page and "Visual timetable" not in page
    assert "and we have asked them" in page
    assert senco.get(story["at"])["consent"]["status"] == "asked"
    assert "help for you" in look(referrals, story, young)
    assert "You have agreed." in answer(referrals, story, young, agree="yes").text
    assert senco.get(story["at"])["consent"]["status"] == "given"


def test_an_event_of_before_says_who_is_told_and_they_decide(
    plans: Service, referrals: Service, school: School
) -> None:
    story = asked(plans, referrals, school, add_service(referrals), 1)
    before = _deciders(story, [], 50)
    del before["data"]["deciders"]
    referrals.handle(before)
    assert referrals.store.deciders_of(story["child"]["id"]) == before["data"]["recipients"]


def test_what_has_gone_out_under_an_agreement_asks_nobody_anew_and_says_so(
    plans: Service, referrals: Service, school: School, senco: Person
) -> None:
    story = asked(plans, referrals, school, add_service(referrals), 1)
    parent, young = story["people"][0], story["child"]["id"]
    answer(referrals, story, parent, agree="yes")
    senco.post(f"{story['at']}/submit", version=senco.get(story["at"])["version"])
    settle(referrals)
    referrals.handle(_deciders(story, [young], 50))
    assert types(settle(referrals)) == []
    page = look(referrals, story, parent)
    assert "someone else decides about this now." in page and "asked them" not in page
    # Once that has run out it is theirs to answer, and nobody else's.
    year = timedelta(days=366)
    with clock.frozen(clock.now() + year):
        assert expire_consents(referrals.store)
        settle(referrals)
        referrals.handle(_deciders(story, [young], 51))
        assert types(settle(referrals)) == ["ReferralConsentAsked"]
        assert "help for you" in look(referrals, story, young)
