"""What a family sees: the pages behind the links, in a real Chromium at a phone's width."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from services.notifications.domain.values import Language
from services.notifications.rendering.messages import render_values
from services.notifications.rendering.samples import sample_values
from services.notifications.rendering.templates import VERSIONS
from services.plans.commands.copies import issue_owed_copies
from tests.support.browser import PHONE, chromium, link, look, phone, served
from tests.support.house import Service
from tests.support.world import World, build

pytestmark = pytest.mark.timeout(900)
# A mail program is the page around an email: its landmarks and its heading are not ours.
_NO_PAGE_OF_OURS = {name: {"enabled": False} for name in
                    ("landmark-one-main", "page-has-heading-one", "region")}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def world(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    made = build(plans, reviews, referrals, notifications)
    issue_owed_copies(plans.store)
    return made


def test_a_parent_reads_the_plan_and_its_copy(
    browser: Browser, plans: Service, world: World, tmp_path: Path
) -> None:
    token = link("plan", world.ids["plan_id"], world.ids["person_id"])
    with served(plans.app) as url, phone(browser) as page:
        page.goto(f"{url}/family/plans/{token}")
        assert "Robin" in page.inner_text("h1")
        said = page.inner_text("main")
        assert "To add within 20" in said and "Some progress" in said
        copy = page.get_by_role("link", name="PDF").first.get_attribute("href")
        fetched = page.request.get(f"{url}{copy}")
        assert fetched.headers["content-type"] == "application/pdf"
        assert fetched.body().startswith(b"%PDF")
        page.goto(f"{url}/family/plans/{token}/copies/1")
        assert "To add within 20" in page.inner_text("body")
        look(browser, f"{url}/family/plans/{token}", tmp_path / "plan.png")
        look(browser, f"{url}/family/plans/{token}/copies/1")


def test_a_parent_stops_reminders_with_the_keyboard(
    browser: Browser, notifications: Service, world: World, tmp_path: Path
) -> None:
    token = link("preferences", world.ids["contact_id"], world.ids["person_id"])
    with served(notifications.app) as url, phone(browser) as page:
        page.goto(f"{url}/family/preferences/{token}?purpose=review_coming")
        page.keyboard.press("Tab")  # the link that skips to the content
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.get_by_role("status").inner_text() == "Your choice is saved."
        reminders = page.get_by_label("Reminders, 14 days and 2 days before a review")
        assert not reminders.is_checked()
        reminders.check()
        page.get_by_role("button", name="Save").click()
        assert page.get_by_role("status").inner_text() == "Your choice is saved."
        assert reminders.is_checked()
        look(browser, f"{url}/family/preferences/{token}", tmp_path / "preferences.png")


def test_a_parent_sees_where_the_referral_stands(
    browser: Browser, referrals: Service, world: World, tmp_path: Path
) -> None:
    token = link("referral", world.ids["referral_id"], world.ids["person_id"])
    with served(referrals.app) as url, phone(browser) as page:
        page.goto(f"{url}/family/referrals/{token}")
        assert "Speech and Language Therapy" in page.inner_text("main")
        look(browser, f"{url}/family/referrals/{token}", tmp_path / "referral.png")


def test_a_parent_agrees_to_a_referral_and_takes_it_back(
    browser: Browser, referrals: Service, world: World, tmp_path: Path
) -> None:
    token = link("consent", world.ids["referral_id"], world.ids["person_id"])
    with served(referrals.app) as url, phone(browser) as page:
        page.goto(f"{url}/family/consent/{token}")
        assert "Visual timetable" in page.inner_text("main")  # what would be shared
        page.get_by_role("button", name="Save my answer").click()
        assert "Choose whether you agree." in page.get_by_role("alert").inner_text()
        look(browser, f"{url}/family/consent/{token}", tmp_path / "consent.png")
        page.get_by_label("Yes, I agree").check()
        page.get_by_role("button", name="Save my answer").click()
        assert "You have agreed." in page.get_by_role("status").inner_text()
        page.get_by_label("No, stop this request").check()
        page.get_by_role("button", name="Save my answer").click()
        assert "Do you want to stop this request?" in page.inner_text("h1")
        page.get_by_role("link", name="No, do not stop it").click()
        assert "You have agreed." in page.get_by_role("status").inner_text()
        page.get_by_label("No, stop this request").check()
        page.get_by_role("button", name="Save my answer").click()
        page.get_by_role("button", name="Yes, stop this request").click()
        assert "has been stopped" in page.get_by_role("status").inner_text()
        assert page.get_by_role("button").count() == 0  # there is nothing more to say
        look(browser, f"{url}/family/consent/{token}")


def test_a_link_that_has_expired_says_whom_to_ask(browser: Browser, plans: Service) -> None:
    with served(plans.app) as url, phone(browser) as page:
        answer = page.goto(f"{url}/family/plans/nonsense")
        assert answer is not None and answer.status == 404
        assert "Ask those who sent it to you" in page.inner_text("main")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", [name for name in VERSIONS if name != "footer"])
def test_every_email_can_be_read_on_a_phone(
    browser: Browser, name: str, language: Language
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=True, locale="en-GB")
    page = context.new_page()
    email = render_values(name, sample_values(name, language), language)
    page.set_content(email.html)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.title() == email.subject
    found = Axe().run(page, options={"rules": _NO_PAGE_OF_OURS})
    assert found.violations_count == 0, found.generate_report()
    context.close()
