"""What a page's Content Security Policy forbids fails a journey, wherever the journey leads."""

import pytest
from playwright.sync_api import Browser

from tests import browsers

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]


@pytest.mark.parametrize("in_a_context", [True, False])
def test_what_the_policy_forbids_is_heard(
    browser: Browser, live_site: str, in_a_context: bool
) -> None:
    context = browser.new_context() if in_a_context else None
    page = context.new_page() if context else browser.new_page()
    page.goto(f"{live_site}/account/login/")
    page.wait_for_timeout(200)
    assert browsers.forbidden == []
    page.locator("body").evaluate("body => body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(200)
    (said,) = browsers.forbidden
    assert "style" in said
    browsers.forbidden.clear()
    (context or page).close()
