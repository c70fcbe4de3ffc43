"""Whom a setting tells things, what is due, how sending goes, and a person's own page: in a real
Chromium, at a phone's width, JavaScript switched off."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from deploy.local.issuer import Issuer, Person
from deploy.local.ports import free_port
from services.notifications.app import create_app
from services.notifications.commands.receive import receive_text
from services.notifications.commands.send import send_waiting
from services.notifications.domain.values import Language
from services.notifications.providers.notify import NotifyProvider, NotifyTexts
from shared import ids
from shared.identity.links import Link, Links
from tests.support.browser import chromium, look, phone, served, sign_in, state_of
from tests.support.family import Family
from tests.support.house import LINK_KEY, Service, event
from tests.support.stubs import served_notify
from tests.support.world import outlets

pytestmark = pytest.mark.timeout(900)


@dataclass
class Site:
    """The notifications service behind a port of its own, and a family that it has told things."""

    url: str
    people: dict[str, Person]
    family: Family


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def site(notifications: Service, issuer_and_keys: tuple[Issuer, str]) -> Iterator[Site]:
    issuer, keys = issuer_and_keys
    notifications.database["messages"].delete_many({})
    notifications.database["volumes"].delete_many({})
    family = Family(notifications)
    family.link()
    family.add_contact(mobile="07700 900161", channels=["email", "sms"], language="ur")
    with served_notify() as (stub, provider):
        through = outlets(notifications, email=provider, pence_per_part=2.4,
                          sms=NotifyTexts(NotifyProvider(provider._settings)._settings))  # fmt: skip
        family.issue_copy()
        send_waiting(notifications.store, through)
        stub.faults = [(400, "ValidationError")]
        family.issue_copy(2)
        for _ in range(2):
            send_waiting(notifications.store, through)
    data = {"child_id": family.child, "setting_id": family.setting, "plan_id": ids.new_id(),
            "due_on": "2026-03-01"}  # fmt: skip
    notifications.handle(event("ReviewScheduled", data, subject=ids.new_id()))
    people = {
        "senco": Person("Sam Senco", "senco", ids.new_id(), settings=[family.setting]),
        "operator": Person("Olu Operator", "operator", ids.new_id()),
        "teacher": Person("Tess Teacher", "teacher", ids.new_id(), settings=[family.setting]),
    }
    issuer.know(list(people.values()))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(replace(
        notifications.settings,
        oidc_metadata_url=keys.replace("jwks.json", "openid-configuration"),
        public_urls={**notifications.settings.public_urls, "notifications": url},
        secure_cookies=False,
    ))  # fmt: skip
    app.extensions["sen.languages"] = frozenset(Language)
    with served(app, port):
        yield Site(url, people, family)


def test_a_senco_finds_whom_a_message_did_not_reach_and_why(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    with phone(browser) as page:
        sign_in(page, site, "senco")
        expect(page.get_by_role("heading", level=1)).to_have_text("What is due")
        assert "1 review is past its day" in page.inner_text("main")
        assert "Robin, since 1 March 2026" in page.inner_text("main")
        assert "1 person cannot be reached as recorded" in page.inner_text("main")
        page.get_by_role("link", name="People", exact=True).click()
        row = page.locator("tr", has_text="Wren Vennacombe")
        assert "Not by email" in row.inner_text()
        row.get_by_role("link").click()
        said = page.inner_text("main")
        assert "They could not be reached by email" in said and "اردو" in said
        assert said.count("Their copy of the plan is ready") == 2
    state = state_of(browser, site, "senco")
    at = site.family
    for number, path in enumerate((f"/due/{at.setting}", f"/people/{at.setting}",
                                   f"/people/{at.setting}/{at.parent}")):  # fmt: skip
        look(browser, f"{site.url}{path}", tmp_path / f"senco-{number}.png", state)


def test_a_senco_says_that_something_is_done_and_goes_where_the_rest_is_done(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    at, referral = site.family, ids.new_id()
    about = {"child_id": at.child, "setting_id": at.setting}
    asked = {**about, "support_service_id": ids.new_id(), "status": "information_requested",
             "open": True, "consent": "given", "urgency": "routine", "submitted_on": "2026-03-02",
             "respond_by": None, "reason": None, "address": "/referrals"}  # fmt: skip
    declined = {**asked, "status": "declined", "open": False}
    named = {**about, "names": ["first_name", "called"], "changed_on": "2026-03-04"}
    at.service.handle(
        event("ReferralInformationRequested", asked, subject=referral),
        event("ReferralDeclined", declined, subject=ids.new_id()),
        event("ChildNameChanged", named, subject=at.child, sequence=50),
    )
    with phone(browser) as page:
        sign_in(page, site, "senco")
        said = page.inner_text("main")
        assert "1 support service has asked you for information" in said
        (link,) = page.locator(f'a[href$="/referral/{referral}"]').all()
        assert link.inner_text() == "Robin"
        assert "1 referral was declined" in said and "1 name of a child was corrected" in said
        look(browser, page.url, tmp_path / "due.png", state_of(browser, site, "senco"))
        section = page.locator("li", has_text="declined on")
        section.get_by_role("button", name="Mark as done").click()
        said = page.inner_text("main")
        assert "Marked as done." in said and "was declined" not in said
        assert "has asked you for information" in said
        page.locator("li", has_text="corrected on").get_by_role("link").click()
        assert "could not be read just now" in page.inner_text("main")
        look(browser, page.url, tmp_path / "person.png", state_of(browser, site, "senco"))


def test_a_senco_reads_what_a_parent_texted_back(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    family, store = site.family, site.family.service.store
    receive_text(store, ids.new_id(), "+447700900161", "Robin is ill today <b>\nکل بات کریں گے")
    receive_text(store, ids.new_id(), "+447700900161", "")
    family.service.handle(*(one for one in family.service.take_events() if ".Reply" in one["type"]))
    state = state_of(browser, site, "senco")
    at = f"/people/{family.setting}/{family.parent}"
    with phone(browser, state) as page:
        page.goto(f"{site.url}/due/{family.setting}")
        assert "2 text messages from people have not been read" in page.inner_text("main")
        page.get_by_role("link", name="Wren Vennacombe").first.click()
        assert "Robin is ill today <b>" in page.inner_text("main")
        assert "This message has no words." in page.inner_text("main")
        look(browser, f"{site.url}{at}", tmp_path / "texted-back.png", state)
        for _ in range(2):
            page.get_by_role("button", name="Mark as read").first.click()
            expect(page.get_by_text("Marked as read.")).to_be_visible()
        assert page.get_by_role("button", name="Mark as read").count() == 0
    family.service.handle(*(one for one in family.service.take_events() if ".Reply" in one["type"]))
    with phone(browser, state) as page:
        page.goto(f"{site.url}/due/{family.setting}")
        assert "not been read" not in page.inner_text("main")


def test_an_operator_sees_how_sending_goes_and_nobodys_record(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    with phone(browser) as page:
        sign_in(page, site, "operator")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sending")
        said = page.inner_text("main")
        assert "100.00% of what was sent" in said and "notify-sms" in said
        assert "Wren" not in said and "Robin" not in said
        answer = page.goto(f"{site.url}/people/{site.family.setting}")
        assert answer is not None and answer.status == 403
    state = state_of(browser, site, "operator")
    look(browser, f"{site.url}/sending", tmp_path / "sending.png", state)


def test_who_has_no_business_here_is_told_so(browser: Browser, site: Site) -> None:
    with phone(browser) as page:
        sign_in(page, site, "teacher")
        assert "This is not for your role" in page.inner_text("main")


def test_a_parent_chooses_how_they_are_told(browser: Browser, site: Site, tmp_path: Path) -> None:
    family = Family(site.family.service)
    family.link()
    contact = family.add_contact(mobile="07700 900162", channels=["email", "sms"], language="ur")
    token = Links((LINK_KEY,), 90).sign(Link("preferences", contact["id"], family.parent))
    at = f"{site.url}/family/preferences/{token}"
    with phone(browser) as page:
        page.goto(at)
        page.get_by_role("radio", name="By text; by email if that fails").check()
        page.get_by_role("radio", name="English").check()
        page.get_by_label("When do you want no messages? From").fill("20:00")
        page.get_by_role("button", name="Save").click()
        assert "Say both: from when, and until when." in page.inner_text("main")
        page.get_by_label("Until").fill("07:30")
        page.get_by_role("button", name="Save").click()
        assert page.get_by_role("status").inner_text() == "Your choice is saved."
    found = family.senco.get(f"/contacts/{contact['id']}")["details"]
    assert (found["channels"], found["language"]) == (["sms", "email"], "en")
    assert found["quiet_hours"] == {"begins": "20:00", "ends": "07:30"}
    look(browser, at, tmp_path / "preferences.png")
