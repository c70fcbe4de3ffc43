"""A family's link ends nothing at one press, and what has ended says one thing everywhere.

The tables are over all states of a referral and of the agreement, from their enums.
"""

import html

import pytest

from services.referrals.domain.says import Fact, may_say
from services.referrals.domain.values import OPEN_WITH_SERVICE, ConsentStatus, ReferralStatus
from services.referrals.tests.test_consent import Json, answer, asked, hidden, look
from shared import clock
from tests.support.house import Person, Service, event, settle, types
from tests.support.signed_in import signed_in
from tests.support.story import School
from tests.support.world import CONSENT, add_service

PROMISE = "We will see the child within four weeks"
PROMISES = {Fact.DECISION, Fact.PLACE, Fact.ANSWER_BY, Fact.HOW_LONG}


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def senco(school: School, referrals: Service) -> Person:
    return school.at(referrals)


@pytest.fixture(scope="module")
def service_id(referrals: Service) -> str:
    return add_service(referrals)


def _accepted(
    plans: Service, referrals: Service, school: School, service_id: str, parents: int = 2
) -> Json:
    """A referral on the waiting list, agreed to by the first parent."""
    story = asked(plans, referrals, school, service_id, parents)
    senco = school.at(referrals)
    answer(referrals, story, story["people"][0], agree="yes")
    now = senco.post(f"{story['at']}/submit", version=senco.get(story["at"])["version"])
    worker = referrals.person("support_worker", services=[service_id])
    now = worker.post(f"{story['at']}/accept", {"family_words": PROMISE}, version=now["version"])
    worker.post(f"{story['at']}/waiting-list", version=now["version"])
    return story


@pytest.mark.parametrize("status", list(ReferralStatus))
@pytest.mark.parametrize("consent", list(ConsentStatus))
def test_what_may_be_said_is_one_truth(status: ReferralStatus, consent: ConsentStatus) -> None:
    says = may_say(status, consent)
    if status is ReferralStatus.WITHDRAWN or (status in OPEN_WITH_SERVICE and consent.ends):
        assert says == {Fact.STOPPED}
    else:
        assert Fact.STOPPED not in says
    if status not in OPEN_WITH_SERVICE:
        assert not says & {Fact.PLACE, Fact.ANSWER_BY, Fact.HOW_LONG, Fact.PAUSED}
    if status in OPEN_WITH_SERVICE and Fact.STOPPED not in says:
        assert (Fact.PAUSED in says) is not consent.allows


@pytest.mark.parametrize("status", list(ReferralStatus))
@pytest.mark.parametrize("consent", list(ConsentStatus))
def test_every_page_and_the_api_say_what_may_be_said(
    plans: Service,
    referrals: Service,
    school: School,
    senco: Person,
    shown: Json,
    status: ReferralStatus,
    consent: ConsentStatus,
) -> None:
    """Whatever was written into it before: a decision, a waiting list, a target."""
    referrals.store.referrals.collection.update_one(
        {"_id": shown["referral"]["id"]},
        {"$set": {"status": status, "consent.status": consent, "respond_by": "2027-03-05"}},
    )
    says = may_say(status, consent)
    family = look(referrals, shown, shown["people"][0], "referral")
    stands = senco.get(f"{shown['at']}/standing")
    assert (PROMISE in family) is (Fact.DECISION in says)
    assert ("On the waiting list since" in family) is (Fact.PLACE in says)
    assert ("5 March 2027" in family) is (Fact.ANSWER_BY in says)
    assert ("How long it takes" in family) is (Fact.HOW_LONG in says)
    assert ("We will not share anything more" in family) is (Fact.STOPPED in says)
    assert (stands["place"] is not None) is (Fact.PLACE in says)
    assert (stands["respond_by"] is not None) is (Fact.ANSWER_BY in says)
    assert bool(stands["expected"]) is (Fact.HOW_LONG in says or status == "draft")
    agreement = look(referrals, shown, shown["people"][0])
    assert PROMISE not in agreement and "5 March 2027" not in agreement
    assert ("has been stopped" in agreement) is (Fact.STOPPED in says)
    open_to_answer = status in (ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)
    sees = status in OPEN_WITH_SERVICE and consent.allows
    assert ("can see</h2>" in agreement and "can also see" in agreement) is sees
    for words in ("would like to ask", "will see", "can see", "will also see"):
        assert open_to_answer or words not in agreement
    assert ("Save my answer" in agreement) is open_to_answer
    # Those who sign in: the setting, and the service while it can see it at all.
    token = referrals.issuer.token("senco", subject=senco.id, settings=[school.id])
    http, _ = signed_in(referrals, token)
    path = f"/referral/{shown['referral']['id']}"
    staff = http.get(path, base_url="https://localhost").text
    stopped = Fact.STOPPED in says
    assert stands["words"] in html.unescape(staff)
    assert PROMISE not in staff or not stopped
    assert ("on the waiting list." in staff) is (Fact.PLACE in says)
    assert ("Answer owed by" in staff) is (Fact.ANSWER_BY in says)
    assert ("How long it takes" in staff) is bool(stands["expected"])
    # Taking it back, and recording a no: both say beforehand what is lost.
    warned = 2 if status in OPEN_WITH_SERVICE else 0
    assert staff.count("You cannot undo this.") == warned
    assert open_to_answer or "Ask the family" not in staff
    assert open_to_answer or "before you send" not in staff


@pytest.fixture(scope="module")
def shown(plans: Service, referrals: Service, school: School) -> Json:
    return _accepted(plans, referrals, school, add_service(referrals), parents=1)


def test_ending_it_is_told_beforehand_and_confirmed(
    plans: Service, referrals: Service, school: School, senco: Person, service_id: str
) -> None:
    story = _accepted(plans, referrals, school, service_id)
    first, second = story["people"]
    settle(referrals)
    for _ in range(2):  # one press ends nothing, however often
        page = answer(referrals, story, second, agree="no")
        assert page.status_code == 200
        for words in (
            "Do you want to stop this request?",
            "Nothing has been stopped yet",
            "lose the place on the waiting list",
            "held since",
            "You cannot undo this",
            f"{clock.today():%-d %B %Y}",
        ):
            assert words in page.text
        assert senco.get(story["at"])["status"] == "waiting_list"
    assert types(settle(referrals)) == []
    forged = answer(referrals, story, second, agree="no", confirmed="0123456789abcdef")
    assert "Nothing has been saved" in forged.text
    confirm = hidden(page.text)
    done = answer(referrals, story, second, **confirm)
    assert done.status_code == 200 and "This request has been stopped." in done.text
    again = answer(referrals, story, second, **confirm)  # the button pressed twice
    assert again.status_code == 200 and "This request has been stopped." in again.text
    assert answer(referrals, story, first, agree="yes").status_code == 409
    assert types(settle(referrals)) == ["ReferralConsentAnswered", "ReferralWithdrawn"]
    now = senco.get(story["at"])
    assert (now["status"], now["withdrawn_because"]) == ("withdrawn", "consent_withdrawn")
    # The other parent, and the family's own page, read the same and no promise.
    for person in (first, second):
        pages = [look(referrals, story, person), look(referrals, story, person, "referral")]
        for text in pages:
            assert PROMISE not in text and "waiting list" not in text
            assert "not share anything more" in text
        assert "said no" not in pages[0]


def test_what_would_be_lost_has_changed_since_the_page_said_it(
    plans: Service, referrals: Service, school: School, senco: Person, service_id: str
) -> None:
    story = _accepted(plans, referrals, school, service_id)
    page = answer(referrals, story, story["people"][0], agree="no")
    worker = referrals.person("support_worker", services=[service_id])
    now = worker.get(story["at"])
    worker.post(f"{story['at']}/notes", {"text": "A note changes nothing of it"})
    now = worker.get(story["at"])
    worker.post(f"{story['at']}/allocate", {"to": worker.id}, version=now["version"])
    late = answer(referrals, story, story["people"][0], **hidden(page.text))
    assert "Nothing has been saved" in late.text
    assert "the help that" in late.text and "will end" in late.text
    assert senco.get(story["at"])["status"] == "allocated"
    answer(referrals, story, story["people"][0], **hidden(late.text))
    assert senco.get(story["at"])["status"] == "withdrawn"


def test_an_override_is_not_ended_by_a_no(
    plans: Service, referrals: Service, school: School, senco: Person, service_id: str
) -> None:
    story = asked(plans, referrals, school, service_id, 1)
    person = story["people"][0]
    answer(referrals, story, person, agree="no")
    override = {**CONSENT, "status": "overridden", "by": "Ms Hale", "reason": "In danger"}
    now = senco.post(f"{story['at']}/consent", override, version=senco.get(story["at"])["version"])
    senco.post(f"{story['at']}/submit", version=now["version"])
    page = answer(referrals, story, person, agree="no", **hidden(look(referrals, story, person)))
    assert "goes ahead without your agreement" in page.text and "In danger" not in page.text
    assert senco.get(story["at"])["status"] == "submitted"


def test_everybody_who_is_told_about_the_child_hears_that_it_has_ended(
    plans: Service, referrals: Service, notifications: Service, school: School, service_id: str
) -> None:
    story = _accepted(plans, referrals, school, service_id)
    child_id = story["child"]["id"]
    who = {"child_id": child_id, "setting_id": school.id, "recipients": story["people"]}
    notifications.handle(event("RecipientsChanged", who, subject=child_id, sequence=50))
    settle(plans, referrals, notifications)
    page = answer(referrals, story, story["people"][1], agree="no")
    answer(referrals, story, story["people"][1], **hidden(page.text))
    settle(referrals, notifications)
    at = f"/settings/{school.id}/messages?limit=200"
    told = school.at(notifications).get(at)["items"]
    ended = [m for m in told if m["purpose"] == "referral_ended"]
    assert sorted(m["person_id"] for m in ended) == sorted(story["people"])


def test_a_draft_is_refused_at_one_press_and_agreed_to_at_another(
    plans: Service, referrals: Service, school: School, senco: Person, service_id: str
) -> None:
    """Nothing is lost by it: the request has not gone out."""
    story = asked(plans, referrals, school, service_id, 1)
    assert "You have said no." in answer(referrals, story, story["people"][0], agree="no").text
    assert senco.get(story["at"])["consent"]["status"] == "refused"
    answer(referrals, story, story["people"][0], agree="yes")
    assert senco.get(story["at"])["consent"]["status"] == "given"
