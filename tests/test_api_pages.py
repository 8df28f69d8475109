"""The pages about the API in a real browser: one's tokens, and the reference."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from custos.foundation.accounts.models import User
from custos.foundation.record.parties import Post
from tests import browsers
from tests.test_shell import Client, is_fault, post, shot

MINE = "eine Brücke aus Papier"
AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]


@pytest.fixture
def session(live_site: str) -> str:
    post("officer", Post.DUTY_LEADER)
    officer = User.objects.get(username="officer")
    officer.set_password(MINE)
    officer.save()
    client = Client()
    client.force_login(officer, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


@pytest.fixture(params=[(1440, "zh-CN"), (1024, "zh-CN"), (390, "zh-CN"), (390, "en-US")])
def page(
    request: pytest.FixtureRequest, browser: Browser, live_site: str, session: str
) -> Iterator[Page]:
    """A page of a signed-in leader; an error of the browser's console fails the test."""
    width, language = request.param
    errors: list[str] = []
    context = browser.new_context(
        base_url=live_site,
        viewport={"width": width, "height": 900},
        locale=language,
        bypass_csp=False,
    )
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_site}])
    page = context.new_page()
    page.on("console", lambda said: errors.append(said.text) if is_fault(said) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def _named(page: Page, name: str) -> str:
    width = page.viewport_size["width"]  # type: ignore[index]
    return f"api-{name}-{width}-{page.evaluate('navigator.language')[:2]}"


def _fits(page: Page) -> None:
    width = page.viewport_size["width"]  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def _is_accessible(page: Page) -> None:
    # The frame is the shell's, and its own tests look at it. Run as the developer tools do it: the
    # page's own policy lets no such script in.
    script = f"async () => {{ {AXE.read_text()}; return (await axe.run('main')).violations }}"
    found = page.evaluate(script)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_a_token_is_made_copied_and_revoked_by_keyboard(page: Page) -> None:
    page.goto("/tokens/")
    page.locator("#id_name").fill("值班室排班")
    for scope in ("people:read", "duty:read", "duty:write"):
        page.locator(f"input[value='{scope}']").press("Space")
    shot(page, _named(page, "tokens-form"))
    _is_accessible(page)
    page.locator("#id_own_password").fill(MINE)
    page.locator("main .form-actions button").press("Enter")
    assert page.locator("#secret").input_value().startswith("cst_")
    shot(page, _named(page, "tokens-made"))
    _fits(page)
    _is_accessible(page)
    page.locator("[data-opens^=revoke]").press("Enter")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    shot(page, _named(page, "tokens-revoke"))
    _is_accessible(page)
    dialog.locator("button[type=submit]").press("Enter")
    expect(page.locator(".notice-success")).to_be_visible()
    expect(page.locator("[data-opens^=revoke]")).to_have_count(0)
    shot(page, _named(page, "tokens-revoked"))


def test_the_reference_is_read_without_a_script(page: Page) -> None:
    page.goto("/api/v1/docs")
    shot(page, _named(page, "reference"))
    _fits(page)
    _is_accessible(page)
    first = page.locator("#list_people > summary")
    first.press("Enter")
    expect(page.locator("#list_people")).to_have_attribute("open", "")
    first.scroll_into_view_if_needed()
    _fits(page)
    page.screenshot(path=f"build/screenshots/{_named(page, 'operation')}.png")
    _is_accessible(page)
