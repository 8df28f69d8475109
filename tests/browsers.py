"""The browser of the tests: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from custos.foundation.ui import translations

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
SHOTS = Path(__file__).resolve().parents[1] / "build" / "screenshots"
NEEDED = "Chromium comes from the system: `make system`"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What desktop browsers do; builds differ in what they do unasked.
    "--autoplay-policy=document-user-activation-required",
]


#: What browsers refused since the test began because the site's policy forbids it, with the page.
forbidden: list[str] = []


def _heard(said: ConsoleMessage) -> None:
    if said.type == "error" and "Content Security Policy" in said.text:
        forbidden.append(f"{said.location.get('url', '')}: {said.text}")


def _listening(browser: Browser) -> Browser:
    """The browser, with an ear on every page that it opens."""
    new_context, new_page = browser.new_context, browser.new_page

    def context(**wanted: object) -> BrowserContext:
        opened = new_context(**wanted)  # type: ignore[arg-type]
        opened.on("console", _heard)
        return opened

    def page(**wanted: object) -> Page:
        opened = new_page(**wanted)  # type: ignore[arg-type]
        opened.on("console", _heard)
        return opened

    browser.new_context, browser.new_page = context, page  # type: ignore[method-assign, assignment]
    return browser


def there() -> bool:
    """Whether this machine has the browser."""
    return Path(CHROMIUM).exists()


@contextmanager
def running() -> Iterator[Browser]:
    """A browser, with the translations that its pages need."""
    translations.compile_all()
    # Playwright's own event loop makes Django think that these tests are asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            yield _listening(playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS))
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
