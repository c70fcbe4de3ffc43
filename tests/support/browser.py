"""A real Chromium, and what every page has to stand up to in it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from deploy.local.issuer import Person
from shared.identity.links import Link, Links
from tests.support.house import LINK_KEY

_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync"]  # fmt: skip
_PATIENCE_MILLISECONDS = 60_000
PHONE = {"width": 375, "height": 720}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as started:
        expect.set_options(timeout=_PATIENCE_MILLISECONDS)
        found = started.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        yield found
        found.close()


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    """An app behind a real port."""
    server = make_server("127.0.0.1", port, app, threaded=True)
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
def phone(browser: Browser, state: Any = None) -> Iterator[Page]:
    """A phone with JavaScript switched off: everything has to work without. `state` are the
    cookies of somebody who has signed in."""
    context = browser.new_context(
        viewport=PHONE, java_script_enabled=False, locale="en-GB", storage_state=state
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def look(browser: Browser, url: str, kept: Path | None = None, state: Any = None) -> None:
    """No barrier that axe knows of, nothing wider than the screen, nothing that the page's own
    Content-Security-Policy had to stop."""
    context = browser.new_context(
        viewport=PHONE, bypass_csp=False, locale="en-GB", storage_state=state
    )
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
    context = browser.new_context(
        viewport=PHONE, bypass_csp=True, locale="en-GB", storage_state=state
    )
    page = context.new_page()
    page.goto(url)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()


class Site(Protocol):
    """Pages behind a port, and people who can sign in to them."""

    url: str
    people: dict[str, Person]


def sign_in(page: Page, site: Site, who: str, at: str = "/") -> None:
    page.goto(f"{site.url}{at}")
    page.get_by_role("button", name=site.people[who].name).click()


def state_of(browser: Browser, site: Site, who: str) -> Any:
    """The cookies of somebody who has signed in."""
    with phone(browser) as page:
        sign_in(page, site, who)
        return page.context.storage_state()
