"""What a family reads and presses when its agreement is asked, at a phone's width and a desk's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.browser import PHONE, chromium, link, served
from tests.support.house import Service, settle
from tests.support.story import School
from tests.support.world import REQUEST, add_service, attach

pytestmark = pytest.mark.timeout(900)
WIDTHS = {"phone": PHONE, "desk": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def _see(page: Page, kept: Path) -> None:
    """Nothing wider than the screen, one heading; axe on the same page where scripts may run."""
    page.screenshot(path=kept, full_page=True)
    assert page.locator("h1").count() == 1
    wide = page.locator("html").evaluate("root => root.scrollWidth")
    assert page.viewport_size and wide <= page.viewport_size["width"]
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_the_family_reads_it_all_answers_and_stops_it(
    browser: Browser, plans: Service, referrals: Service, tmp_path: Path, width: str
) -> None:
    school = School(plans)
    child = school.child(parents=2)
    settle(plans, referrals)
    senco = school.at(referrals)
    service_id = add_service(referrals)
    asked: dict[str, Any] = {
        **REQUEST,
        "support_service_id": service_id,
        "child_name": "Robin Vennacombe",
        "child_born": "2018-03-04",
        "setting_name": "Thornbeck School",
        "urgency": "soon",
        "setting_contact": "Ms Hale, 01234 567890",
    }
    made = senco.post(f"/children/{child['id']}/referrals", asked)
    at = f"/referrals/{made['id']}"
    attach(senco, made["id"], name="Letter from home.pdf")
    senco.post(f"{at}/consent/ask", version=senco.get(at)["version"])
    people = [parent["person_id"] for parent in child["parents"]]
    token = link("consent", made["id"], people[0])
    context = browser.new_context(viewport=WIDTHS[width], locale="en-GB")
    with served(referrals.app) as url:
        page = context.new_page()
        page.goto(f"{url}/family/consent/{token}")
        said = page.inner_text("main")
        for words in (
            "Robin Vennacombe",
            "4 March 2018",
            "Letter from home.pdf (PDF, 1 KB)",
            "Soon",
        ):
            assert words in said
        _see(page, tmp_path / f"{width}-asked.png")
        senco.put(f"{at}/request", {**asked, "reason": "Another"}, version=senco.get(at)["version"])
        page.get_by_label("Yes, I agree").check()
        page.get_by_role("button", name="Save my answer").click()
        assert "has not been saved" in page.get_by_role("alert").inner_text()
        assert page.get_by_text("Changed", exact=True).count() == 1
        _see(page, tmp_path / f"{width}-changed.png")
        page.get_by_label("Yes, I agree").check()
        page.get_by_role("button", name="Save my answer").click()
        assert "You have agreed." in page.get_by_role("status").inner_text()
        _see(page, tmp_path / f"{width}-agreed.png")
        now = senco.post(f"{at}/submit", version=senco.get(at)["version"])
        worker = referrals.person("support_worker", services=[service_id])
        now = worker.post(
            f"{at}/accept", {"family_words": "We will see Robin soon."}, version=now["version"]
        )
        worker.post(f"{at}/waiting-list", version=now["version"])
        attach(senco, made["id"], b"%PDF-1.4\n2 0 obj\n%%EOF\n", "later.pdf")
        page.goto(f"{url}/family/consent/{token}")
        assert page.get_by_text("Added since", exact=True).count() == 1
        page.goto(f"{url}/family/referrals/{link('referral', made['id'], people[0])}")
        assert "We will see Robin soon." in page.inner_text("main")
        _see(page, tmp_path / f"{width}-waiting.png")
        page.goto(f"{url}/family/consent/{token}")
        page.get_by_label("No, stop this request").check()
        page.get_by_role("button", name="Save my answer").click()
        assert "lose the place on the waiting list" in page.inner_text("main")
        _see(page, tmp_path / f"{width}-stop.png")
        page.get_by_role("button", name="Yes, stop this request").click()
        assert "has been stopped" in page.get_by_role("status").inner_text()
        _see(page, tmp_path / f"{width}-stopped.png")
        page.goto(f"{url}/family/referrals/{link('referral', made['id'], people[1])}")
        assert "We will see Robin soon." not in page.inner_text("main")
        _see(page, tmp_path / f"{width}-ended.png")
    context.close()
