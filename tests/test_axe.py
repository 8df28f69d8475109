"""No page breaks a rule of axe-core: both languages, both themes, on a desk and on a handheld."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from custos.foundation.record.parties import Post
from tests import browsers, house, shell_pages

AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
SHELL = ("/shell/", "/shell/list/", "/shell/object/", "/shell/form/")
LANGUAGES = ("zh-CN", "en-US")
WIDTHS = (1440, 390)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

#: What depends on the theme; everything else is asked once.
COLOURS = ["color-contrast", "link-in-text-block"]

#: axe's verdict, and where: each violation with the elements that break the rule.
RUN = """async (only) => {
  const asked = only ? { runOnly: { type: 'rule', values: only } } : {};
  const found = await axe.run(document, { resultTypes: ['violations'], ...asked });
  const where = (node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`;
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map(where).join(' | ')}`);
}"""


@pytest.fixture
def site(live_site: str, settings: Any) -> str:
    settings.ROOT_URLCONF = "tests.shell_pages"
    settings.DEMO = True
    shell_pages.rows[:] = shell_pages.default_rows()
    return live_site


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = []
    for theme, only in (("light", None), ("dark", COLOURS)):
        page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)
        page.wait_for_timeout(50)
        found += [f"{theme} {one}" for one in page.evaluate(RUN, only)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_breaks_a_rule(browser: Browser, site: str, width: int, language: str) -> None:
    lived_in = house.furnished()
    context = browser.new_context(
        base_url=site,
        viewport={"width": width, "height": 900},
        locale=language,
        reduced_motion="reduce",  # colours on their way from one theme to the other are neither
    )
    page = context.new_page()
    page.goto("/account/login/")
    found = {"/account/login/": violations(page)}
    cookie = house.cookie_of(lived_in.someone(Post.DUTY_LEADER))
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
    for path in [*lived_in.pages, *SHELL]:
        page.goto(path)
        # What the shell fetches by itself is part of the page.
        page.locator("#bell [data-unread]").wait_for(state="attached")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found[path] = violations(page)
    for opener in ("#bell > summary", "#account > summary", ".acting > summary"):
        page.goto("/people/")
        page.locator(opener).click()
        found[opener] = violations(page)
    page.goto(f"/duty/?task={lived_in.task}")
    page.locator("[data-opens=withdraw]").click()
    found["the dialog of a decision"] = violations(page)
    context.close()
    wrong: dict[str, list[str]] = {}
    for path, rules in found.items():
        for rule in rules:
            wrong.setdefault(rule, []).append(path)
    assert not wrong, "\n".join(f"{rule}\n  on {paths}" for rule, paths in wrong.items())


def test_axe_finds_what_it_is_for(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<!doctype html><html><body><img src='x'><input></body></html>")
    wrong = " ".join(violations(page))
    assert "image-alt" in wrong
    assert "label" in wrong
    page.close()
