"""What a family sees: the pages behind the links, in a real Chromium at a phone's width."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from services.plans.commands.copies import issue_owed_copies
from shared.identity.links import Link, Links
from tests.support.house import LINK_KEY, Service
from tests.support.world import World, build

pytestmark = pytest.mark.timeout(180)
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync"]  # fmt: skip
PHONE = {"width": 375, "height": 720}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def world(plans: Service, reviews: Service, referrals: Service, notifications: Service) -> World:
    made = build(plans, reviews, referrals, notifications)
    issue_owed_copies(plans.store)
    return made


@contextmanager
def served(service: Service) -> Iterator[str]:
    """The service behind a real port."""
    server = make_server("127.0.0.1", 0, service.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def link(purpose: str, subject: str, person: str) -> str:
    return Links((LINK_KEY,), 90).sign(Link(purpose, subject, person))


@contextmanager
def phone(browser: Browser) -> Iterator[Page]:
    """A phone with JavaScript switched off: everything has to work without."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False, locale="en-GB")
    try:
        yield context.new_page()
    finally:
        context.close()


def look(browser: Browser, url: str, kept: Path | None = None) -> None:
    """No barrier that axe knows of, nothing wider than the screen, nothing that the page's own
    Content-Security-Policy had to stop."""
    context = browser.new_context(viewport=PHONE, bypass_csp=False, locale="en-GB")
    page = context.new_page()
    stopped: list[str] = []
    page.on("console", lambda said: stopped.append(said.text) if said.type == "error" else None)
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.get_attribute("html", "lang") == "en-GB"
    assert page.locator("h1").count() == 1
    assert stopped == []
    if kept:
        page.screenshot(path=kept, full_page=True)
    context.close()
    context = browser.new_context(viewport=PHONE, bypass_csp=True, locale="en-GB")
    page = context.new_page()
    page.goto(url)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_a_parent_reads_the_plan_and_its_copy(
    browser: Browser, plans: Service, world: World, tmp_path: Path
) -> None:
    token = link("plan", world.ids["plan_id"], world.ids["person_id"])
    with served(plans) as url, phone(browser) as page:
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
    with served(notifications) as url, phone(browser) as page:
        page.goto(f"{url}/family/preferences/{token}")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.get_by_role("status").inner_text() == "Your choice is saved."
        assert "no reminders" in page.inner_text("main")
        page.get_by_role("button", name="Send me reminders again").click()
        assert "14 days and 2 days" in page.inner_text("main")
        look(browser, f"{url}/family/preferences/{token}", tmp_path / "preferences.png")


def test_a_parent_sees_where_the_referral_stands(
    browser: Browser, referrals: Service, world: World, tmp_path: Path
) -> None:
    token = link("referral", world.ids["referral_id"], world.ids["person_id"])
    with served(referrals) as url, phone(browser) as page:
        page.goto(f"{url}/family/referrals/{token}")
        assert "Speech and Language Therapy" in page.inner_text("main")
        look(browser, f"{url}/family/referrals/{token}", tmp_path / "referral.png")


def test_a_link_that_has_expired_says_whom_to_ask(browser: Browser, plans: Service) -> None:
    with served(plans) as url, phone(browser) as page:
        answer = page.goto(f"{url}/family/plans/nonsense")
        assert answer is not None and answer.status == 404
        assert "Ask those who sent it to you" in page.inner_text("main")
