"""A young person's own page, in a real Chromium: what they choose, and what their parents read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium, link, look, phone, served
from tests.support.house import Service
from tests.support.story import School

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_a_young_person_chooses_what_parents_get_and_parents_read_it(
    browser: Browser, plans: Service, tmp_path: Path
) -> None:
    child = School(plans).child("2010-03-04")
    own = link("rights", child["id"], child["id"])
    theirs = link("rights", child["id"], child["parents"][0]["person_id"])
    with served(plans.app) as url, phone(browser) as page:
        at = f"{url}/family/rights/{own}"
        page.goto(at)
        assert page.inner_text("h1") == "Who decides about your support"
        look(browser, at, tmp_path / "own.png")
        page.get_by_role("button", name="Save").click()
        assert "Select what parents and carers get" in page.get_by_role("alert").inner_text()
        page.get_by_label("Parents' evenings").check()
        page.get_by_role("button", name="Save").click()
        assert "Your choice is saved" in page.get_by_role("status").inner_text()
        assert page.get_by_label("Parents' evenings").is_checked()
        assert not page.get_by_label("Nothing").is_checked()
        look(browser, at, tmp_path / "chosen.png")
        read = f"{url}/family/rights/{theirs}"
        page.goto(read)
        assert "Robin chose this. This has applied since" in page.inner_text("main")
        assert page.get_by_role("button").count() == 0
        look(browser, read, tmp_path / "parents.png")
        for width in (375, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for name, address in (("own", at), ("parents", read)):
                page.goto(address)
                page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
