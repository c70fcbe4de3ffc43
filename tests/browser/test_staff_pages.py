"""The pages of people who sign in, in a real Chromium: SENCO, support worker, council officer.

A phone's width, JavaScript switched off unless a test says so; sign-in at the local issuer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from deploy.local.issuer import Issuer, Person
from deploy.local.ports import free_port
from services.referrals.app import create_app
from services.referrals.commands.attach import scan_waiting
from services.referrals.commands.waiting import publish_waiting_times
from services.referrals.providers.scanner import NoScanner
from shared import clock, ids
from tests.support.browser import (
    chromium,
    look,
    phone,
    served,
    sign_in,
    state_of,
)
from tests.support.house import Service, event, settle
from tests.support.story import School
from tests.support.world import PDF, add_service, submitted

pytestmark = pytest.mark.timeout(900)


@dataclass
class House:
    """The referrals service behind a port of its own, with people who can sign in."""

    url: str
    school: School
    service_id: str
    referrals: Service
    plans: Service
    people: dict[str, Person]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def house(
    plans: Service, referrals: Service, issuer_and_keys: tuple[Issuer, str]
) -> Iterator[House]:
    issuer, keys = issuer_and_keys
    school = School(plans)
    service_id = add_service(
        referrals, areas=["cognition_and_learning"], name="Learning Support",
        contact="01632 960555",
    )  # fmt: skip
    people = {
        "senco": Person("Sam Senco", "senco", school.senco.id, settings=[school.id]),
        "worker": Person("Wilma Worker", "support_worker", "01900000-0000-7000-8000-00000000000a",
                         services=[service_id]),
        "council": Person("Carl Council", "council_officer",
                          "01900000-0000-7000-8000-00000000000b"),
        "parent": Person("Pat Parent", "parent", "01900000-0000-7000-8000-00000000000c"),
    }  # fmt: skip
    issuer.know(list(people.values()))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with served(plans.app) as plans_url:
        app = create_app(replace(
            referrals.settings,
            oidc_metadata_url=keys.replace("jwks.json", "openid-configuration"),
            public_urls={**referrals.settings.public_urls, "referrals": url},
            service_urls={**referrals.settings.service_urls, "plans": plans_url},
        ))  # fmt: skip
        with served(app, port):
            yield House(url, school, service_id, referrals, plans, people)


def a_child(house: House) -> dict[str, Any]:
    child = house.school.child()
    house.school.active(child, house.referrals)
    return child


def a_referral(house: House, **asked: Any) -> dict[str, Any]:
    child = house.school.child()
    settle(house.plans, house.referrals)
    return submitted(house.referrals, house.school.at(house.referrals), child["id"],
                     house.service_id)  # fmt: skip


def test_a_senco_asks_for_help_with_what_is_recorded_already(
    browser: Browser, house: House, tmp_path: Path
) -> None:
    child = a_child(house)
    with phone(browser) as page:
        sign_in(page, house, "senco")
        expect(page.get_by_role("heading", level=1)).to_have_text("Referrals")
        page.get_by_role("link", name="Ask a service for help").click()
        page.locator(f'a[href="/children/{child["id"]}/refer"]').click()
        assert "cognition and learning (moderate learning difficulty)" in page.inner_text("main")
        card = page.locator("section", has_text="Learning Support").first
        assert "Helps with cognition and learning." in card.inner_text()
        card.get_by_role("button", name="Ask for help from Learning Support", exact=True).click()
        # Filled from the plan and the assessment, by their owner's API.
        assert page.get_by_label("The child's or young person's name").input_value() == (
            "Robin Vennacombe"
        )
        assert page.get_by_label("What it should lead to").input_value() == "To add within 20"
        assert "Pre-teaching" in page.get_by_label("What you have tried").input_value()
        page.get_by_role("radio", name="Urgent").check()
        page.get_by_role("button", name="Save").click()
        # Told by name, above the form and at the field; what was typed is still there.
        expect(page.get_by_role("alert")).to_contain_text("Say why it is urgent.")
        page.get_by_label("Why it is urgent").fill("Out of school since May")
        page.get_by_role("button", name="Save").click()
        at = page.url.partition("?")[0]
        page.get_by_role("button", name="Send it to the service").click()
        expect(page.get_by_role("alert")).to_contain_text("has to agree first")
        # What is sent is complete before the family agrees to it.
        page.set_input_files("#file", {"name": "report.pdf", "mimeType": "text/plain",
                                       "buffer": PDF})  # fmt: skip
        page.get_by_role("button", name="Add", exact=True).click()
        assert "report.pdf, waits to be scanned" in page.inner_text("main")
        scan_waiting(house.referrals.store, NoScanner())
        page.locator("summary", has_text="Record what the family said").click()
        form = page.locator("details[open]")
        form.get_by_label("They agree").check()
        form.get_by_label("Who said so").fill("Mother")
        form.get_by_label("How, such as").fill("signed form")
        form.get_by_role("button").click()
        page.get_by_role("button", name="Send it to the service").click()
        assert "It has reached the service" in page.inner_text("main")
        file = page.get_by_role("link", name="report.pdf").get_attribute("href")
        assert page.request.get(f"{house.url}{file}").body() == PDF
        state = page.context.storage_state()
    for where in (at, f"{house.url}/setting/{house.school.id}/referrals",
                  f"{house.url}/children/{child['id']}/refer"):  # fmt: skip
        look(browser, where, tmp_path / "senco.png", state)


def test_a_senco_completes_the_draft_that_an_escalation_suggested(
    browser: Browser, house: House
) -> None:
    child = a_child(house)
    data = {"child_id": child["id"], "setting_id": house.school.id, "plan_id": ids.new_id(),
            "escalation_id": ids.new_id(), "cycles": 2}  # fmt: skip
    house.referrals.handle(event("EscalationSuggested", data, subject=child["id"]))
    (draft,) = house.school.at(house.referrals).get(
        f"/settings/{house.school.id}/referrals?child_id={child['id']}"
    )["items"]
    with phone(browser) as page:
        sign_in(page, house, "senco")
        line = page.locator("tr", has=page.locator(f'a[href="/referral/{draft["id"]}"]'))
        assert "Not chosen yet" in line.inner_text() and "Suggested" in line.inner_text()
        line.get_by_role("link").click()
        assert "Suggested after two cycles" in page.inner_text("main")
        page.get_by_role("link", name="Complete the draft").click()
        # Filled with the SENCO's own rights when it is opened, and said of what is filled alone.
        assert "We have filled in" in page.inner_text("main")
        assert page.get_by_label("What it should lead to").input_value() == "To add within 20"
        assert "Why it is urgent" not in page.inner_text("main ul")
        # A short list is chosen from by radio buttons, a long one in a list to open.
        choose = page.locator("select#support_service_id")
        if choose.count():
            choose.select_option(house.service_id)
        else:
            page.locator(f'input[value="{house.service_id}"]').check()
        page.get_by_label("Why you ask for help").fill("Two cycles without enough progress")
        page.get_by_role("button", name="Save").click()
        assert "to Learning Support" in page.inner_text("h1")
        page.get_by_role("button", name="Ask the family by email").click()
        assert "Asked, not answered yet" in page.inner_text("main")


def test_a_worker_takes_a_referral_through_the_queue(
    browser: Browser, house: House, tmp_path: Path
) -> None:
    made = a_referral(house)
    short = made["id"][-8:]
    with phone(browser) as page:
        sign_in(page, house, "worker")
        page.get_by_role("link", name=short).click()
        page.get_by_role("button", name="Hold it").click()
        assert "deciding how it can help" in page.inner_text("main")
        page.locator("summary", has_text="Decline").click()
        page.locator("details[open]").get_by_role("button", name="Decline").click()
        assert page.locator(".govuk-error-message").count() >= 3  # each field says what is missing
        look_at = page.url
        page.goto(f"{house.url}/referral/{made['id']}")
        page.locator("summary", has_text="Accept").click()
        page.get_by_label("What the family is told").first.fill("We will see you in May.")
        page.locator("details[open]").get_by_role("button", name="Accept").click()
        page.get_by_role("button", name="Put on the waiting list").click()
        assert "Place 1 on the waiting list" in page.inner_text("main")
        page.locator("summary", has_text="Allocate").click()
        page.locator("details[open]").get_by_label("You", exact=True).check()
        page.locator("details[open]").get_by_role("button").click()
        page.locator("summary", has_text="Record work").click()
        form = page.locator("details[open]")
        today = clock.today()
        for part, value in (("Day", today.day), ("Month", 13), ("Year", today.year)):
            form.get_by_label(part, exact=True).fill(str(value))
        form.get_by_label("Observation").check()
        form.get_by_label("How many minutes").fill("45")
        form.get_by_role("button").click()
        expect(page.get_by_role("alert")).to_contain_text("Not a valid date")
        form = page.locator("details[open]")
        form.get_by_label("Month", exact=True).fill(str(today.month))
        form.get_by_role("button").click()
        assert "Observation, 45 minutes" in page.inner_text("main")
        page.locator("summary", has_text="Add a note").click()
        page.locator("details[open] textarea").fill("Ring on Monday")
        page.locator("details[open]").get_by_role("button").click()
        assert "Ring on Monday" in page.inner_text("main")
        state = page.context.storage_state()
    assert "decline" in look_at
    look(browser, f"{house.url}/referral/{made['id']}", tmp_path / "referral.png", state)
    look(browser, f"{house.url}/dashboard/{house.service_id}", tmp_path / "figures.png", state)


def test_many_are_dealt_with_at_once_and_what_is_refused_is_said(
    browser: Browser, house: House, tmp_path: Path
) -> None:
    one, two = a_referral(house), a_referral(house)
    other = house.referrals.person("support_worker", services=[house.service_id])
    other.post(f"/referrals/{two['id']}/claim")
    with phone(browser) as page:
        sign_in(page, house, "worker")
        page.get_by_role("button", name="Do it").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose at least one")
        for made in (one, two):
            page.locator(f"#c-{made['id']}").check(force=True)
        page.get_by_label("What to do").select_option("claim")
        page.get_by_role("button", name="Do it").click()
        expect(page.get_by_role("alert")).to_contain_text(
            f"{two['id'][-8:]}: Somebody else holds this referral."
        )
        page.get_by_label("Show", exact=True).select_option("mine")
        page.get_by_role("button", name="Show").click()
        shown = page.inner_text("table")
        assert one["id"][-8:] in shown and two["id"][-8:] not in shown
        page.get_by_role("button", name="I have looked").click()
        other.post(f"/referrals/{one['id']}/notes", {"text": "See this"})
        page.goto(f"{house.url}/queue/{house.service_id}?show=changed")
        assert one["id"][-8:] in page.inner_text("table")
        assert "New" in page.inner_text("table")
        state = page.context.storage_state()
    look(browser, f"{house.url}/queue/{house.service_id}", tmp_path / "queue.png", state)


def test_a_new_referral_appears_without_reloading(browser: Browser, house: House) -> None:
    context = browser.new_context(locale="en-GB", storage_state=state_of(browser, house, "worker"))
    page = context.new_page()
    page.goto(f"{house.url}/queue/{house.service_id}")
    page.evaluate("window.stays = true")
    made = a_referral(house)
    expect(page.get_by_role("link", name=made["id"][-8:])).to_be_visible(timeout=120_000)
    assert page.evaluate("window.stays")  # it was not loaded anew
    expect(page.locator("#live-note")).to_have_text("This page has been brought up to date.")
    context.close()


def test_sessions_are_announced_booked_and_given_back(
    browser: Browser, house: House, tmp_path: Path
) -> None:
    with phone(browser) as page:
        sign_in(page, house, "worker", f"/queue/{house.service_id}/sessions/announce")
        page.get_by_role("button", name="Announce").click()
        assert page.get_by_role("alert").locator("a").count() >= 4
        page.get_by_label("Title").fill("Number sense")
        page.get_by_label("Training").check()
        page.get_by_label("Starts").fill("2031-07-03T14:30")
        page.get_by_label("Ends").fill("2031-07-03T16:00")
        page.get_by_label("Place").fill("Hall 2")
        page.get_by_label("Seats").fill("1")
        page.get_by_role("button", name="Announce").click()
        assert "3 July 2031, 2:30pm" in page.inner_text("main")  # London's time, in summer
        at = page.url.partition("?")[0]
        worker = page.context.storage_state()
    with phone(browser) as page:
        sign_in(page, house, "senco", at.removeprefix(house.url))
        page.get_by_label("What you would like to ask").fill("How do I begin?")
        page.get_by_role("button", name="Book a seat").click()
        assert "You have a seat." in page.inner_text("main")
        calendar = page.request.get(f"{at}/calendar.ics")
        assert "DTSTART:20310703T133000Z" in calendar.text()
        page.get_by_role("button", name="Give it back").click()
        assert "You cancelled your booking." in page.inner_text("main")
        senco = page.context.storage_state()
    look(browser, at, tmp_path / "session.png", worker)
    look(browser, f"{house.url}/sessions", tmp_path / "sessions.png", senco)


def test_a_council_officer_keeps_the_directory_and_sees_who_waits(
    browser: Browser, house: House, tmp_path: Path
) -> None:
    publish_waiting_times(house.referrals.store)
    with phone(browser) as page:
        sign_in(page, house, "council")
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting times")
        assert "Learning Support" in page.inner_text("table")
        page.get_by_role("link", name="Directory").click()
        page.get_by_role("link", name="Add a service").click()
        page.get_by_role("button", name="Save").click()
        assert page.get_by_role("alert").locator("a").count() >= 3
        page.get_by_label("Name").fill("Hearing Support")
        page.get_by_label("Sensory and/or physical needs").check()
        page.get_by_label("Schools", exact=True).check()
        page.get_by_label("Criteria").fill("A hearing loss")
        page.get_by_label("Answers within").fill("10")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Hearing Support")
        page.get_by_role("link", name="Change this entry").click()
        page.get_by_label("Takes none at the moment").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("why it is paused")
        page.get_by_label("To what it is restricted").fill("Until September")
        page.get_by_role("button", name="Save").click()
        assert "Takes none at the moment: Until September" in page.inner_text("main")
        entry, state = page.url.partition("?")[0], page.context.storage_state()
    for where in ("/dashboard", "/directory", "/directory/add"):
        look(browser, f"{house.url}{where}", tmp_path / "council.png", state)
    look(browser, entry, tmp_path / "entry.png", state)
    look(browser, f"{entry}/edit", tmp_path / "entry-edit.png", state)


def test_signing_in_and_out(browser: Browser, house: House) -> None:
    with phone(browser) as page:
        sign_in(page, house, "senco", "/directory?area=sensory_and_physical")
        assert page.url.endswith("/directory?area=sensory_and_physical")  # where one wanted to go
        (cookie,) = page.context.cookies()
        assert cookie["name"] == "__Host-sen_referrals"
        assert cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "Lax"
        page.get_by_role("button", name="Sign out Sam Senco").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You have signed out")
        # The cookie of before opens nothing any more.
        page.context.add_cookies([cookie])
        page.goto(f"{house.url}/directory")
        expect(page.get_by_role("heading", level=1)).to_have_text("Who are you?")


def test_a_forged_form_and_a_foreign_way_back_do_nothing(browser: Browser, house: House) -> None:
    made = a_referral(house)
    with phone(browser) as page:
        sign_in(page, house, "worker", f"/referral/{made['id']}")
        answer = page.request.post(
            f"{house.url}/referral/{made['id']}/claim", form={"version": "9"}
        )
        assert answer.status == 400 and "grown old" in answer.text()
        assert (
            house.school.at(house.referrals).get(f"/referrals/{made['id']}")["claimed_by"] is None
        )
        for foreign in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
            page.context.clear_cookies()
            page.goto(f"{house.url}/sign-in?next={foreign}")
            page.get_by_role("button", name="Wilma Worker").click()
            assert page.url == f"{house.url}/queue/{house.service_id}"


def test_who_may_not_is_told_and_who_is_nobody_signs_in_first(
    browser: Browser, house: House
) -> None:
    made = a_referral(house)
    with phone(browser) as page:
        sign_in(page, house, "parent")
        assert "This is not for your role" in page.inner_text("main")
    with phone(browser) as page:
        sign_in(page, house, "council", f"/referral/{made['id']}")
        assert "This is not for your role" in page.inner_text("main")
    bare = requests.post(f"{house.url}/referral/{made['id']}/claim", timeout=120,
                         allow_redirects=False)  # fmt: skip
    assert (bare.status_code, bare.headers["Location"]) == (303, "/sign-in?next=%2F")
    done = requests.get(f"{house.url}/sign-in/done?code=x&state=y", timeout=120)
    assert done.status_code == 401 and "could not be signed in" in done.text
    headers = done.headers
    assert re.search(r"default-src 'none'.*script-src 'self'", headers["Content-Security-Policy"])
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
