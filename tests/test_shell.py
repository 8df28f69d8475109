"""The frame and the components in a real browser: seen, driven by keys, and live."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from custos.foundation import clock
from custos.foundation.accounts import services as accounts
from custos.foundation.accounts.models import User
from custos.foundation.database import pulse, scope
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.foundation.ui import live, moments
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import (
    FACILITY,
    SYSTEM,
    a_button,
    a_cell,
    a_facility,
    a_press,
)
from tests import browsers, databases, shell_pages

PASSWORD = "quiet-river-4417"
_MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
PAGES = {"workbench": "", "list": "list/", "object": "object/", "form": "form/"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]


@pytest.fixture
def site(browser: Browser, live_site: str, settings: Any) -> str:
    settings.ROOT_URLCONF = "tests.shell_pages"
    shell_pages.rows[:] = shell_pages.default_rows()
    return live_site


def post(username: str, role: Post = Post.PATROL) -> None:
    """Make an account on a post; what is written is a change of the facility's record."""
    with scope.entered(SYSTEM):
        accounts.post_staff(
            accounts.make_account(username, PASSWORD),
            name="陈安平",
            kind=StaffKind.OFFICER,
            organization=a_facility(),
            post=role,
            by=Actor.system("tests"),
        )


def something_recorded() -> None:
    post(f"u{uuid4().hex[:10]}")


def is_fault(said: ConsoleMessage) -> bool:
    """Whether the console says that something is broken; a 409 and no network are what tests ask for."""
    return said.type == "error" and not any(one in said.text for one in ("409", "DISCONNECTED"))


Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, site: str) -> Iterator[Opened]:
    """Opens a page of a signed-in officer; fails the test on any error of the browser's console."""
    contexts, errors = [], []
    post("officer")
    client = Client()
    client.force_login(User.objects.get(username="officer"), _MODEL_BACKEND)
    session = client.cookies["sessionid"].value

    def opened(path: str = "", width: int = 1440, language: str = "zh-CN", **more: Any) -> Page:
        height = 900 if width > 600 else 844
        context = browser.new_context(
            base_url=site, viewport={"width": width, "height": height}, locale=language, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: errors.append(said.text) if is_fault(said) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
        page.goto(f"/shell/{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def shot(page: Page, name: str) -> None:
    browsers.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(
        path=browsers.SHOTS / f"{name}.png", full_page=page.viewport_size["width"] < 600
    )  # type: ignore[index]


def test_dark_is_designed_too(opened: Opened) -> None:
    for width in (1440, 390):
        page = opened(width=width, color_scheme="dark")
        page.wait_for_timeout(300)
        shot(page, f"shell-workbench-{width}-dark")


def test_sign_in_says_what_is_wrong(browser: Browser, site: str, settings: Any) -> None:
    settings.DEMO = True
    for width, language in ((1440, "zh-CN"), (390, "en-US")):
        context = browser.new_context(
            base_url=site, viewport={"width": width, "height": 844}, locale=language
        )
        page = context.new_page()
        page.goto("/account/login/")
        expect(page.locator(".role").first).to_be_visible()
        shot(page, f"sign-in-{width}-{language[:2]}")
        page.fill("#id_login", "nobody")
        page.fill("#id_password", "wrong-password")
        page.press("#id_password", "Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        context.close()


#: Everything that can be pressed or filled in, without a name that a screen reader could say.
NAMELESS = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
  .filter((part) => part.type !== 'hidden' && part.offsetParent)
  .filter((part) => {
    const labels = [...(part.labels ?? [])].map((label) => label.innerText).join('');
    const images = [...part.querySelectorAll('img')].map((image) => image.alt).join('');
    return !(part.getAttribute('aria-label') || part.textContent.trim() || labels || images);
  })
  .map((part) => part.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("path", PAGES.values())
def test_every_page_can_be_heard(opened: Opened, path: str) -> None:
    page = opened(path, width=390)
    for landmark in ("banner", "main"):
        assert page.get_by_role(landmark).count() == 1  # type: ignore[arg-type]
    assert page.locator("h1").count() >= 1
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.evaluate(NAMELESS) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((part) => part.id)")
    assert len(ids) == len(set(ids))


def test_the_bar_of_a_handheld_names_its_mark_and_says_that_all_is_invented(
    opened: Opened, settings: Any
) -> None:
    settings.DEMO = True
    for language, name, mark in (("zh-CN", "Custos 智监", "演示"), ("en-US", "Custos", "Demo")):
        page = opened(width=390, language=language)
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        expect(page.get_by_text(mark, exact=True)).to_be_visible()
        shot(page, f"shell-bar-390-{language[:2]}")


def test_the_first_key_leads_past_the_bar(opened: Opened) -> None:
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_list_is_driven_by_keys(opened: Opened) -> None:
    page = opened()
    page.keyboard.press("f")
    expect(page.locator("#finish")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#finish")).to_be_hidden()
    for key, row in (("j", "r0"), ("j", "r1"), ("k", "r0")):
        page.keyboard.press(key)
        expect(page.locator(".is-at")).to_have_attribute("data-key", row)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/shell/object/")


def test_a_key_opens_the_row_at_hand_and_finishes_no_other(opened: Opened) -> None:
    page = opened()
    page.keyboard.press("j")
    page.keyboard.press("f")
    page.wait_for_url("**/shell/object/")


def test_what_is_wrong_with_a_form_stands_at_its_fields(opened: Opened) -> None:
    page = opened("form/", width=390)
    page.get_by_role("button", name="收押", exact=True).click()
    expect(page.locator(".notice-wrong").first).to_contain_text("尚未保存")
    expect(page.locator("#id_name")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[data-faults]")).to_be_focused()
    shot(page, "shell-form-wrong-390-zh")


def test_one_comes_back_to_a_form_that_was_refused_without_sending_it_again(opened: Opened) -> None:
    page = opened("form/")
    page.get_by_role("button", name="收押", exact=True).click()
    expect(page.locator("[data-faults]")).to_be_visible()
    page.locator(".brand").click()
    page.wait_for_url("**/duty/")
    page.go_back()
    page.wait_for_url("**/shell/form/")
    expect(page.get_by_role("heading", name="收押一人")).to_be_visible()
    expect(page.locator("[data-faults]")).to_have_count(0)


def test_a_refused_decision_stands_open_again_at_what_is_wrong(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name="办结", exact=True).click()
    page.locator("#finish").get_by_role("button", name="办结").click()
    # The browser's own bubble, in the browser's language, would have kept the form here.
    page.wait_for_url("**/shell/?refused")
    expect(page.locator("#finish")).to_be_visible()
    expect(page.locator("#finish textarea")).to_be_focused()


def test_theme_and_language_are_kept(opened: Opened) -> None:
    page = opened(color_scheme="light")
    page.locator("#account > summary").click()
    page.locator("[data-theme-toggle]").click()
    page.locator("button[name=language]").click()
    page.wait_for_load_state()
    page.goto("/shell/list/")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert page.evaluate("document.documentElement.lang") == "en"


def test_browser_and_server_say_time_alike(opened: Opened) -> None:
    page = opened()
    for tag, locale in (("zh-hans", "zh-CN"), ("en", "en-US")):
        page = opened(language=locale)
        lengths = [0, 1, 59, 60, 61, 3599, 3600, 7260, 86_399, 86_400, 90_061, 183_600]
        lengths += [-length for length in lengths]
        said = page.evaluate(
            """async (lengths) => {
              const { ago, left } = await import('/static/ui/moments.js');
              return lengths.map((length) => [ago(length), left(length)]);
            }""",
            lengths,
        )
        with translation.override(tag):
            wanted = [[moments.ago(length), moments.left(length)] for length in lengths]
        assert said == wanted


@pytest.mark.parametrize("path", ["", "list/", "object/", "form/", "../people/", "../facility/"])
def test_the_first_load_is_small(opened: Opened, path: str) -> None:
    """`custos bench pages` measures the same with a full house."""
    page = opened()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    page.goto(f"/shell/{path}")
    page.wait_for_timeout(500)
    assert 50_000 < sum(sizes) <= 120_000


def test_pages_styles_and_scripts_come_compressed_and_the_stream_does_not(opened: Opened) -> None:
    page = opened()
    for path in (
        "/shell/",
        "/static/ui/custos.css",
        "/static/ui/live.js",
        "/static/vendor/htmx.js",
    ):
        answer = page.context.request.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip", path
    with page.expect_response("**/live/**") as stream:
        page.evaluate("new EventSource('/live/')")
    assert "content-encoding" not in stream.value.headers


# Live.


def a_row(key: str, title: str) -> dict[str, Any]:
    now = clock.now()
    return {
        "key": key,
        "severity": 1,
        "title": title,
        "cell": "B2-01",
        "due": now + timedelta(minutes=1),
        "opened": now,
    }


def keys_of(page: Page) -> list[str]:
    return page.eval_on_selector_all(
        "[data-rows] [data-key]", "rows => rows.map(r => r.dataset.key)"
    )


def streaming(page: Page) -> None:
    """Wait until the page's stream has been heard: it tells a new page to fetch its parts."""
    page.wait_for_timeout(1000)


def test_a_change_of_the_record_is_shown_without_a_reload(opened: Opened) -> None:
    page = opened()
    streaming(page)
    page.evaluate("window.sameDocument = true")
    shell_pages.rows.insert(0, a_row("new", "监室呼叫"))
    something_recorded()
    row = page.locator("[data-key=new]")
    row.wait_for(timeout=1000)
    assert "is-new" in str(row.get_attribute("class"))
    assert keys_of(page)[0] == "new"
    assert page.evaluate("window.sameDocument") is True
    expect(row).not_to_have_class("is-new", timeout=4000)


def test_rows_never_move_under_the_pointer(opened: Opened) -> None:
    page = opened()
    streaming(page)
    page.hover("[data-key=r1]")
    before = page.locator("[data-key=r1]").bounding_box()
    shell_pages.rows[:] = [a_row("new", "监室呼叫"), *shell_pages.rows[1:]]
    something_recorded()
    page.locator("[data-key=new]").wait_for(timeout=2000)
    assert page.locator("[data-key=r1]").bounding_box() == before
    assert keys_of(page) == ["r0", "r1", "r2", "r3", "new"]
    expect(page.locator("[data-key=r0]")).to_have_class("row-item is-gone")
    shot(page, "shell-rows-held-1440-zh")
    page.mouse.move(800, 850)
    page.wait_for_timeout(500)
    assert keys_of(page) == ["new", "r1", "r2", "r3"]


def test_held_rows_are_put_in_order_on_demand(opened: Opened) -> None:
    page = opened()
    streaming(page)
    page.hover("[data-key=r1]")
    shell_pages.rows.insert(0, a_row("new", "监室呼叫"))
    something_recorded()
    page.get_by_role("button", name="下方有新内容").click()
    assert keys_of(page) == ["new", "r0", "r1", "r2", "r3"]


def test_the_first_row_of_an_empty_list_is_shown_under_the_pointer_too(opened: Opened) -> None:
    shell_pages.rows.clear()
    page = opened()
    streaming(page)
    page.hover("#now-title")
    page.mouse.move(200, 230)
    shell_pages.rows.append(a_row("new", "监室呼叫"))
    something_recorded()
    page.locator("[data-key=new]").wait_for(timeout=1500)


def test_without_a_heartbeat_the_screen_covers_itself(opened: Opened) -> None:
    page = opened()
    streaming(page)
    expect(page.locator("#stale")).to_be_hidden()
    page.context.set_offline(True)
    page.evaluate(
        """() => { const real = performance.now.bind(performance);
                   performance.now = () => real() + 16000; }"""
    )
    expect(page.locator("#stale")).to_be_visible(timeout=3000)
    expect(page.locator("#stale-title")).to_contain_text("画面已停止更新，自")
    assert page.evaluate("document.querySelector('main').inert")
    shot(page, "shell-stale-1440-zh")
    page.context.set_offline(False)
    expect(page.locator("#stale")).to_be_hidden(timeout=8000)
    assert not page.evaluate("document.querySelector('main').inert")


#: As if the last beat were eight seconds old: late, and long before the screen covers itself.
A_LATE_BEAT = """() => { const real = performance.now.bind(performance);
                  performance.now = () => real() + 8000; }"""


def test_no_key_and_no_press_leaves_the_page_while_the_server_may_be_gone(opened: Opened) -> None:
    page = opened("list/")
    streaming(page)
    here = page.url
    page.context.set_offline(True)
    page.evaluate(A_LATE_BEAT)
    expect(page.locator("#stale")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#stale")).to_be_visible(timeout=5000)
    assert page.url == here
    page.context.set_offline(False)
    expect(page.locator("#stale")).to_be_hidden(timeout=8000)
    page.keyboard.press("Enter")
    page.wait_for_url("**/shell/object/")


def test_a_late_beat_alone_keeps_nobody_on_a_page(opened: Opened) -> None:
    page = opened("form/")
    streaming(page)
    page.evaluate(A_LATE_BEAT)
    page.get_by_role("button", name="收押").click()
    expect(page.locator("[data-faults], .form [aria-invalid=true]").first).to_be_visible()
    page.evaluate(A_LATE_BEAT)
    page.locator(".brand").click()
    page.wait_for_url("**/duty/")


def announced(**changes: Any) -> None:
    """What the broker would bring to the site's hub."""
    notice = {
        "id": "n1",
        "organization_id": FACILITY,
        "kind": "alarm.emergency_button",
        "severity": 1,
        "occurred_at": clock.now().isoformat(),
        "device": "B1-03",
    }
    body = json.dumps(notice | changes).encode()
    for loop, hub in list(live._hubs.items()):
        if loop.is_running():
            loop.call_soon_threadsafe(hub.heard, body)


@pytest.mark.parametrize("width", [1440, 390])
def test_an_alarm_that_could_not_be_recorded_is_loud(opened: Opened, width: int) -> None:
    page = opened(width=width)
    streaming(page)
    page.keyboard.press("f")
    announced()
    banner = page.locator(".banner-loud")
    banner.wait_for(timeout=2000)
    expect(banner).to_contain_text("尚未入库")
    expect(banner).to_contain_text("B1-03")
    expect(banner).to_contain_text("紧急按钮被按下")
    # Above the open dialog, which nothing outside the browser's top layer is.
    assert page.evaluate("document.getElementById('unrecorded').matches(':popover-open')")
    page.keyboard.press("Escape")
    shot(page, f"shell-unrecorded-{width}-zh")
    announced(organization_id=FACILITY + 1, id="elsewhere")
    announced(recorded=True)
    banner.wait_for(state="detached", timeout=2000)
    assert page.locator(".banner-loud").count() == 0


def test_without_sound_the_page_says_so(opened: Opened) -> None:
    # A page that nobody has touched yet; the sign-in page before it was.
    page = opened().context.new_page()
    page.goto("/shell/")
    streaming(page)
    announced()
    expect(page.locator("#sound")).to_be_visible(timeout=2000)
    page.mouse.click(700, 600)
    expect(page.locator("#sound")).to_be_hidden()
    announced(recorded=True)


def test_silent_sweeps_are_said_on_every_screen(opened: Opened) -> None:
    with clock.set_to(clock.now() - timedelta(seconds=130)):
        pulse.beat(pulse.SWEEPS)
    page = opened("list/")
    expect(page.locator("#sweep")).to_be_visible(timeout=8000)
    expect(page.locator("#sweep")).to_contain_text("期限巡检已停 2 分钟")
    shot(page, "shell-sweeps-silent-1440-zh")
    pulse.beat(pulse.SWEEPS)
    with clock.set_to(clock.now() - timedelta(seconds=130)):
        pulse.say_failing(["duty.rounds"])
    expect(page.locator("#sweep")).to_be_hidden(timeout=8000)
    expect(page.locator("#sweep-part")).to_be_visible(timeout=8000)
    pulse.say_failing([])
    expect(page.locator("#sweep-part")).to_be_hidden(timeout=8000)


@contextmanager
def without_database(name: str) -> Iterator[None]:
    """Nobody may connect meanwhile, and whoever was connected isn't any more."""
    with databases.superuser() as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_with_the_database_gone_pages_say_so_and_open_screens_go_on(
    opened: Opened, live_database: str
) -> None:
    page = opened()
    streaming(page)
    with without_database(live_database):
        expect(page.locator("#database")).to_be_visible(timeout=8000)
        announced()
        expect(page.locator(".banner-loud")).to_be_visible(timeout=2000)
        expect(page.locator("#stale")).to_be_hidden()
        shell_pages.rows.insert(0, a_row("new", "监室呼叫"))
        shot(page, "shell-database-gone-1440-zh")
        answer = page.context.request.get("/shell/list/")
        assert answer.status == 503
        assert "系统暂时无法读写数据" in answer.text()
        assert "can't read or write data just now" in unescape(answer.text())
        problem = page.context.request.get("/shell/list/", headers={"HX-Request": "true"})
        assert problem.status == 503
        assert problem.json()["number"]
    expect(page.locator("#database")).to_be_hidden(timeout=8000)
    expect(page.locator("[data-key=new]")).to_be_visible(timeout=5000)
    announced(recorded=True)
    expect(page.locator(".banner-loud")).to_have_count(0)
    assert page.context.request.get("/shell/list/").status == 200


def test_the_search_box_is_driven_by_keys(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        a_cell("C3-17")
    page = opened()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("c3-1")
    found = page.locator("#found [data-hit]")
    expect(found).to_have_count(1)
    page.keyboard.press("ArrowDown")
    assert "C3-17" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=c3-1")


def test_the_bell_counts_and_says_aloud_what_comes(opened: Opened) -> None:
    page = opened()
    streaming(page)
    expect(page.locator(".bell-count")).to_be_hidden()
    with scope.entered(SYSTEM):
        intake.take([a_press(a_button(a_cell()))])
    expect(page.locator(".bell-count")).to_have_text("1", timeout=3000)
    expect(page.locator("#bell-said")).to_have_text("1 条未读提醒")
    page.locator("#bell > summary").press("Enter")
    page.locator("#bell").get_by_role("button", name="全部标为已读").press("Enter")
    expect(page.locator(".bell-count")).to_be_hidden()
    expect(page.locator("#bell")).to_have_attribute("open", "")


def test_a_refused_request_is_said_in_place(opened: Opened) -> None:
    page = opened()

    def refuse(route: Route) -> None:
        problem = {"title": "已被同事收下", "detail": "请看看是谁收下的。"}
        route.fulfill(status=409, content_type="application/problem+json", body=json.dumps(problem))

    page.route("**/shell/refused/", refuse)
    page.evaluate("htmx.ajax('POST', '/shell/refused/', {target: 'main', swap: 'none'})")
    expect(page.locator("#notices")).to_contain_text("已被同事收下")
    expect(page.locator("#notices")).to_contain_text("请看看是谁收下的。")


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_a_day_is_typed_or_taken_from_the_calendar_and_reads_the_same(
    opened: Opened, language: str
) -> None:
    page = opened(language=language)
    page.goto("/registers/")
    since = page.locator(".typed [name=since]")
    since.fill("2026/3/5")
    page.locator(".sentence .btn-primary").click()
    expect(since).to_have_value("2026-03-05")
    page.locator(".typed:has([name=since]) [data-calendar]").click()
    calendar = page.locator(".typed:has([name=since]) .calendar")
    expect(calendar).to_have_value("2026-03-05")
    page.keyboard.press("Escape")  # keys would go to the open calendar
    calendar.fill("2026-03-09")
    expect(since).to_have_value("2026-03-09")
    expect(since).to_be_focused()
    page.keyboard.press("Enter")
    expect(since).to_have_value("2026-03-09")
    assert "since=2026-03-09" in page.url
