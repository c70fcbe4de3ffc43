"""What is refused leaves nothing in the store, and a wrong file can be removed."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from services.referrals.commands import attach as attaching
from services.referrals.commands.attach import scan_waiting, sweep_files
from services.referrals.domain.parts import Scan
from services.referrals.domain.values import OPEN_WITH_SERVICE, ReferralStatus
from services.referrals.providers.scanner import NoScanner
from shared import clock, ids
from tests.support.house import Person, Service, settle
from tests.support.story import School
from tests.support.world import PDF, REQUEST, add_service, attach, submitted

Json = dict[str, Any]
_TAKES_FILES = (ReferralStatus.DRAFT, *OPEN_WITH_SERVICE)


@pytest.fixture(scope="module")
def school(plans: Service) -> School:
    return School(plans)


@pytest.fixture
def senco(plans: Service, referrals: Service, school: School) -> Person:
    return school.at(referrals)


@pytest.fixture
def draft(plans: Service, referrals: Service, school: School, senco: Person) -> Json:
    child_id = school.child()["id"]
    settle(plans, referrals)
    found: Json = senco.post(
        f"/children/{child_id}/referrals",
        {**REQUEST, "support_service_id": add_service(referrals)},
    )
    return found


def _fresh() -> bytes:
    return PDF + ids.new_id().encode()


def _kept(referrals: Service, referral_id: str) -> tuple[int, int]:
    """How many files and pieces of files are kept for a referral."""
    its = {"$regex": f"^referral/{referral_id}/"}
    return (
        referrals.database["files.files"].count_documents({"_id": its}),
        referrals.database["files.chunks"].count_documents({"files_id": its}),
    )


def _send(senco: Person, referral_id: str, content: bytes, **more: Any) -> Any:
    return senco.call(
        "POST",
        f"/referrals/{referral_id}/attachments",
        data={"file": (BytesIO(content), "a.pdf")},
        content_type="multipart/form-data",
        **more,
    )


def _set(referrals: Service, referral_id: str, **values: Any) -> None:
    referrals.store.referrals.collection.update_one(
        {"_id": referral_id}, {"$set": values, "$inc": {"version": 1}}
    )


@pytest.mark.parametrize("status", ReferralStatus)
def test_a_file_is_taken_while_the_referral_lives_and_leaves_nothing_else(
    referrals: Service, senco: Person, draft: Json, status: ReferralStatus
) -> None:
    _set(referrals, draft["id"], status=status)
    answer = _send(senco, draft["id"], _fresh())
    if status in _TAKES_FILES:
        assert (answer.status_code, _kept(referrals, draft["id"])) == (201, (1, 1))
    else:
        assert (answer.status_code, _kept(referrals, draft["id"])) == (409, (0, 0))


def _too_many(referrals: Service, senco: Person, draft: Json) -> Any:
    one = attach(senco, draft["id"], _fresh())["attachments"][0]
    document = referrals.store.referrals.collection.find_one({"_id": draft["id"]})
    more = [{**document["attachments"][0], "id": f"{number}"} for number in range(19)]
    _set(referrals, draft["id"], attachments=[*document["attachments"], *more])
    assert len(senco.get(f"/referrals/{draft['id']}")["attachments"]) == 20 and one
    return _send(senco, draft["id"], _fresh())


def _found_harmful_before(referrals: Service, senco: Person, draft: Json) -> Any:
    content = _fresh()
    attach(senco, draft["id"], content)
    attaching._note_scan(
        referrals.store,
        referrals.store.files.name_of(f"referral/{draft['id']}", BytesIO(content)),
        Scan.INFECTED,
    )
    return _send(senco, draft["id"], content)


def _key_of_another_request(referrals: Service, senco: Person, draft: Json) -> Any:
    first = {"data": {"file": (BytesIO(_fresh()), "a.pdf")}}
    senco.ask(
        "POST",
        f"/referrals/{draft['id']}/attachments",
        key="one",
        content_type="multipart/form-data",
        **first,
    )
    return _send(senco, draft["id"], _fresh(), key="one")


REFUSALS: dict[str, tuple[int, Callable[[Service, Person, Json], Any]]] = {
    "empty": (422, lambda _r, senco, draft: _send(senco, draft["id"], b"")),
    "another kind": (422, lambda _r, senco, draft: _send(senco, draft["id"], b"just words")),
    "too big": (413, lambda _r, senco, draft: _send(senco, draft["id"], PDF + b"0" * 10_000_000)),
    "too many": (409, _too_many),
    "harmful": (409, _found_harmful_before),
    "key of another request": (422, _key_of_another_request),
    "another setting's": (
        404,
        lambda referrals, _s, draft: _send(
            referrals.person("senco", settings=[ids.new_id()]), draft["id"], _fresh()
        ),
    ),
    "no such referral": (404, lambda _r, senco, _d: _send(senco, ids.new_id(), _fresh())),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_refused_leaves_nothing_in_the_store(
    referrals: Service, senco: Person, draft: Json, case: str
) -> None:
    status, refuse = REFUSALS[case]
    files = referrals.database["files.files"]
    before = files.count_documents({})
    answer = refuse(referrals, senco, draft)
    assert answer.status_code == status, answer.text
    named = senco.get(f"/referrals/{draft['id']}")["attachments"]
    assert files.count_documents({}) - before == min(len(named), 1)
    assert answer.content_type == "application/problem+json"


def test_what_the_referral_refuses_once_it_is_written_is_taken_back(
    referrals: Service, senco: Person, draft: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was withdrawn between the look and the write."""
    content = _fresh()
    real = type(referrals.store.files).put

    def slowly(files: Any, owner: str, sent: Any, mark: str | None = None) -> str:
        found: str = real(files, owner, sent, mark)
        _set(referrals, draft["id"], status=ReferralStatus.WITHDRAWN)
        return found

    monkeypatch.setattr(type(referrals.store.files), "put", slowly)
    answer = _send(senco, draft["id"], content)
    assert (answer.status_code, _kept(referrals, draft["id"])) == (409, (0, 0))


def test_what_was_there_before_is_not_taken_back_with_what_is_refused(referrals: Service) -> None:
    files, content, owner = referrals.store.files, _fresh(), f"referral/{ids.new_id()}"
    first, second = ids.new_id(), ids.new_id()
    file_id = files.put(owner, BytesIO(content), first)
    assert files.put(owner, BytesIO(content), second) == file_id
    files.take_back(file_id, second)  # it was there already
    files.take_back(file_id, first)  # somebody has put it since
    assert b"".join(files.read(file_id)) == content


def test_a_file_that_is_being_taken_away_is_not_kept_half(referrals: Service) -> None:
    """One who died while taking it away: the next waits, the sweep ends it, then it is kept."""
    files, content, owner = referrals.store.files, _fresh(), f"referral/{ids.new_id()}"
    file_id = files.put(owner, BytesIO(content))
    listed = referrals.database["files.files"]
    listed.update_one({"_id": file_id}, {"$set": {"metadata.going": clock.now()}})
    with pytest.raises(Exception, match="by somebody else just now"):
        files.put(owner, BytesIO(content))
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        files.sweep(lambda _: True)
    assert files.put(owner, BytesIO(content)) == file_id
    assert b"".join(files.read(file_id)) == content


def test_what_is_harmful_is_named_and_its_content_goes(
    referrals: Service, senco: Person, draft: Json
) -> None:
    content = _fresh()
    attach(senco, draft["id"], content)

    class Finds(NoScanner):
        def scan(self, content: Any) -> Scan:
            return Scan.INFECTED if b"".join(content).endswith(b"-harm") else Scan.CLEAN

    attach(senco, draft["id"], _fresh() + b"-harm")
    scan_waiting(referrals.store, Finds())
    scans = [one["scan"] for one in senco.get(f"/referrals/{draft['id']}")["attachments"]]
    assert scans == ["clean", "infected"]
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        sweep_files(referrals.store)
    assert _kept(referrals, draft["id"]) == (1, 1)


def test_each_side_removes_its_own_file_and_its_content_goes_in_minutes(
    plans: Service, referrals: Service, school: School, senco: Person
) -> None:
    child_id, service_id = school.child()["id"], add_service(referrals)
    settle(plans, referrals)
    worker = referrals.person("support_worker", services=[service_id])
    sent = submitted(referrals, senco, child_id, service_id)
    at = f"/referrals/{sent['id']}"
    theirs = attach(senco, sent["id"], _fresh())["attachments"][0]["id"]
    both = attach(worker, sent["id"], _fresh())
    own = both["attachments"][1]["id"]
    for who, other in ((senco, own), (worker, theirs)):
        problem = who.refused(409, "DELETE", f"{at}/attachments/{other}", version=both["version"])
        assert problem["type"].endswith("not-yours")
    both = senco.ask("DELETE", f"{at}/attachments/{theirs}", version=both["version"])
    both = worker.ask("DELETE", f"{at}/attachments/{own}", version=both["version"])
    assert both["attachments"] == []
    assert [line["what"] for line in both["history"]][-2:] == ["detach", "detach"]
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        sweep_files(referrals.store)
    assert _kept(referrals, sent["id"]) == (0, 0)


def test_a_file_that_was_kept_before_its_side_was_noted_is_the_settings(
    referrals: Service, plans: Service, school: School, senco: Person
) -> None:
    child_id, service_id = school.child()["id"], add_service(referrals)
    settle(plans, referrals)
    sent = submitted(referrals, senco, child_id, service_id)
    kept = attach(senco, sent["id"], _fresh())
    early = clock.now() - timedelta(days=1)
    referrals.store.referrals.collection.update_one(
        {"_id": sent["id"]},
        {"$set": {"attachments.0.added_at": early}, "$unset": {"attachments.0.by_service": ""}},
    )
    path = f"/referrals/{sent['id']}/attachments/{kept['attachments'][0]['id']}"
    worker = referrals.person("support_worker", services=[service_id])
    worker.refused(409, "DELETE", path, version=kept["version"])
    assert senco.ask("DELETE", path, version=kept["version"])["attachments"] == []
