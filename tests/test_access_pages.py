"""The pages of access in a real browser, as a leader, a colleague and an administrator use them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from custos.foundation import clock
from custos.foundation.accounts import boards, confirmations, services
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from tests.browsers import SHOTS
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, somebody
from tests.test_shell import pytestmark as _marks

pytestmark = _marks

MINE, THEIRS = "seven-quiet-corridors", "nine-open-windows"
_BACKEND = "django.contrib.auth.backends.ModelBackend"

Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, live_site: str) -> Iterator[Opened]:
    """Opens a page as somebody; fails the test on any error of the browser's console."""
    contexts, errors = [], []

    def opened(acting: Acting | None, path: str, width: int = 1440, **more: Any) -> Page:
        context = browser.new_context(
            base_url=live_site,
            viewport={"width": width, "height": 900 if width > 600 else 844},
            locale="zh-CN",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        if acting is not None:
            client = Client()
            client.force_login(acting.user, _BACKEND)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_site}])
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def shot(page: Page, name: str) -> None:
    """For whoever looks: build/screenshots."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"access-{name}.png"))


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("width", [1440, 390])
def test_a_leader_erases_with_a_colleague_at_the_desk(opened: Opened, width: int) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        leader = somebody(Post.LEADER, at=place, password=MINE)
        deputy = somebody(Post.DUTY_LEADER, at=place, password=THEIRS)
        stay = a_detainee(in_cell=a_cell(facility=place), name="王建国")
        entry = Entry.objects.get(custody_id=stay.pk)
    page = opened(leader, reverse("person", args=[stay.pk]), width)
    shot(page, f"person-{width}")
    page.get_by_role("link", name="依法清除某条记录").click()
    page.get_by_role("link", name="依法清除", exact=True).click()
    page.get_by_role("button", name="依法清除").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_label("法律依据").fill("刑事诉讼法 第286条")
    dialog.get_by_label("理由").fill("未成年人犯罪记录封存")
    dialog.get_by_label("您的密码").fill("wrong-password-1")
    shot(page, f"erase-{width}")
    assert fits(page)
    dialog.get_by_role("button", name="清除此内容").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_text("用户名、密码或验证码不正确")).to_be_visible()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("您的密码").fill(MINE)
    dialog.locator("summary").click()
    dialog.get_by_label("第二人的用户名").fill(deputy.user.username)
    dialog.get_by_label("第二人的密码").fill(THEIRS)
    dialog.get_by_role("button", name="清除此内容").click()
    expect(page.get_by_text("已清除。")).to_be_visible()
    with scope.entered(SYSTEM):
        assert record.lines_of([entry.pk])[entry.pk].erased


def test_a_colleague_finds_what_waits_and_confirms_it(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        leader = somebody(Post.LEADER, at=place, password=MINE)
        deputy = somebody(Post.DUTY_LEADER, at=place, password=THEIRS)
        stay = a_detainee(in_cell=a_cell(facility=place), name="王建国")
        entry = Entry.objects.get(custody_id=stay.pk)
    url = reverse("entry_erase", args=[stay.pk, entry.pk])
    first = opened(leader, url)
    first.get_by_role("button", name="依法清除").click()
    dialog = first.get_by_role("dialog")
    dialog.get_by_label("法律依据").fill("刑事诉讼法 第286条")
    dialog.get_by_label("理由").fill("未成年人犯罪记录封存")
    dialog.get_by_label("您的密码").fill(MINE)
    dialog.get_by_role("button", name="清除此内容").click()
    expect(first.get_by_text("您已提请")).to_be_visible()
    shot(first, "erase-waits")
    second = opened(deputy, reverse("confirmations"), 1024)
    shot(second, "confirmations")
    second.locator("main").get_by_role("link", name="清除记录内容").click()
    expect(second.get_by_text("未成年人犯罪记录封存")).to_be_visible()
    shot(second, "confirmation")
    second.get_by_label("您的密码").fill(THEIRS)
    second.get_by_role("button", name="作为第二人确认").click()
    expect(second.get_by_text("已确认。提请人可在")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_leaders_account_is_made_with_a_second_person_who_confirms_from_their_desk(
    opened: Opened, width: int
) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        security = somebody(Post.SECURITY_ADMIN, at=place, password=MINE)
        leader = somebody(Post.LEADER, at=place, password=THEIRS)
    page = opened(security, reverse("account_new"), width)
    page.get_by_label("用户名", exact=True).fill("li-min")
    page.get_by_label("姓名").fill("李敏")
    page.get_by_label("警号或工号").fill("990001")
    page.get_by_label("人员类别").select_option("officer")
    page.get_by_label("岗位").select_option("duty_leader")
    page.get_by_label("理由").fill("接任夜班值班所领导")
    page.get_by_label("您的密码").fill(MINE)
    page.get_by_role("button", name="开设此账号").click()
    expect(page.get_by_text("等待第二人确认。")).to_be_visible()
    shot(page, f"account-waits-{width}")
    assert fits(page)
    second = opened(leader, reverse("confirmations"), width)
    listed = second.locator("main").get_by_role("link", name="开设可确认重大事项的账号")
    for said in ("李敏（990001） · 值班所领导", "接任夜班值班所领导"):
        expect(listed).to_contain_text(said)
    shot(second, f"account-asked-{width}")
    listed.click()
    expect(second.get_by_text("990001", exact=True)).to_be_visible()
    second.get_by_label("您的密码").fill(THEIRS)
    second.get_by_role("button", name="作为第二人确认").click()
    page.reload()
    expect(page.get_by_text("已确认。您现在可以办理")).to_be_visible()
    page.get_by_label("您的密码").fill(MINE)
    page.get_by_role("button", name="开设此账号").click()
    expect(page.get_by_role("heading", name="待交付的密码")).to_be_visible()


def test_a_passkey_is_added_and_asked_at_the_next_sign_in(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        officer = somebody(Post.PATROL, at=a_facility(), password=MINE)
    page = opened(None, reverse("account_login"))

    def sign_in() -> None:
        page.get_by_label("用户名").fill(officer.user.username)
        page.get_by_label("密码").fill(MINE)
        page.get_by_role("button", name="登录").click()

    sign_in()
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    page.goto(reverse("mfa_add_webauthn"))
    if "reauthenticate" in page.url:
        shot(page, "reauthenticate")
        page.locator("input[type=password]").fill(MINE)
        page.locator("main form button").first.click()
    page.wait_for_url("**/webauthn/add/**")
    shot(page, "passkey-add")
    page.locator("input[name=name]").fill("desk key")
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    page.goto(reverse("mfa_index"))
    shot(page, "factors")
    assert fits(page)
    page.goto(reverse("account_logout"))
    page.locator("main form button").first.click()
    page.goto(reverse("account_login"))
    sign_in()
    page.wait_for_url("**/factors/authenticate/**")
    shot(page, "authenticate")
    page.locator("#mfa_webauthn_authenticate").click()
    expect(page.locator(".acting-post")).to_have_text("巡控岗")


def test_a_locked_desk_hides_the_page_and_keeps_what_was_being_typed(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        stay = a_detainee(in_cell=a_cell(facility=place), name="王建国")
        officer = somebody(Post.CASE_OFFICER, at=place, password=MINE)
        other = a_cell(facility=place)
    page = opened(officer, f"{reverse('person_move', args=[stay.pk])}?cell={other.pk}", 1024)
    page.locator("#id_reason").fill("与同室人员相处紧张")
    page.locator("#account summary").click()
    page.get_by_role("button", name="锁定本机").click()
    cover = page.locator("#lock")
    expect(cover).to_be_visible()
    expect(page.locator("#id_reason")).not_to_be_visible()
    expect(page.get_by_text("王建国").first).not_to_be_visible()
    assert page.evaluate("document.querySelector('main').inert")
    shot(page, "locked")
    assert fits(page)
    page.get_by_label("密码，或本班 PIN").fill("wrong-password-1")
    page.keyboard.press("Enter")
    expect(cover.get_by_text("不正确。")).to_be_visible()
    page.get_by_label("密码，或本班 PIN").fill(MINE)
    page.keyboard.press("Enter")
    expect(cover).to_be_hidden()
    assert page.locator("#id_reason").input_value() == "与同室人员相处紧张"


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_alarms_leave_the_box_of_a_locked_desk_in_sight(opened: Opened, width: int) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        officer = somebody(Post.PATROL, at=place, password=MINE)
        for _ in range(5):
            intake.take([a_press(a_button(a_cell(facility=place)))])
    page = opened(officer, reverse("facility_home"), width)
    expect(page.locator(".call")).to_have_count(4)  # three, and the way to all
    expect(page.get_by_role("link", name="全部 5 项")).to_have_attribute("href", reverse("duty"))
    shot(page, f"calls-{width}")
    tall = page.locator("#lines").bounding_box()["height"]  # type: ignore[index]
    assert tall <= 4 * 58
    assert fits(page)
    page.locator("#account summary").click()
    page.get_by_role("button", name="锁定本机").click()
    expect(page.locator("#lock")).to_be_visible()
    shot(page, f"locked-alarms-{width}")
    expect(page.locator(".calls-locked")).to_contain_text("共 5 项")
    expect(page.locator(".call").first).to_be_hidden()
    lines = page.locator("#lines").bounding_box()
    box = page.locator(".lock-box").bounding_box()
    assert lines
    assert box
    assert box["y"] >= lines["y"] + lines["height"]
    assert box["y"] + box["height"] <= page.viewport_size["height"]  # type: ignore[index]


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_of_a_locked_desk_shows_alarms_and_goes_on_once_another_tab_unlocks(
    opened: Opened, width: int
) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        cell = a_cell(facility=place)
        a_detainee(in_cell=cell, name="王建国")
        officer = somebody(Post.PATROL, at=place, password=MINE)
        for _ in range(2):
            intake.take([a_press(a_button(a_cell(facility=place)))])
    page = opened(officer, reverse("facility_home"), width)
    page.locator("#account summary").click()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="锁定本机").click()
    expect(page.locator("#lock")).to_be_visible()
    other = page.context.new_page()
    other.goto(reverse("people"))
    assert "/lock/" in other.url
    line = other.locator(".calls-locked")
    expect(line).to_contain_text("共 2 项")
    expect(other.locator(".call").first).to_be_hidden()
    with scope.entered(SYSTEM):
        intake.take([a_press(a_button(cell))])
    expect(line).to_contain_text("共 3 项", timeout=6000)
    expect(other.locator("body")).not_to_contain_text("王建国")
    other.locator("#secret").fill("half typed")
    shot(other, f"lock-page-{width}")
    assert fits(other)
    page.bring_to_front()
    page.get_by_label("密码，或本班 PIN").fill(MINE)
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_be_hidden()
    other.wait_for_url(f"**{reverse('people')}", timeout=10_000)
    expect(other.get_by_text("王建国").first).to_be_visible()


def test_who_is_asked_for_a_second_person_and_who_asked_are_told_at_once(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        leader = somebody(Post.LEADER, at=place, password=MINE)
        deputy = somebody(Post.DUTY_LEADER, at=place, password=THEIRS)
        stay = a_detainee(in_cell=a_cell(facility=place), name="王建国")
        entry = Entry.objects.get(custody_id=stay.pk)
    theirs = opened(deputy, reverse("duty"))
    mine = opened(leader, reverse("facility_home"))
    mine.wait_for_timeout(1500)  # until both streams are heard
    content = {
        "custody": str(stay.pk),
        "entry": str(entry.pk),
        "legal_ground": "刑事诉讼法 第286条",
        "reason": "未成年人犯罪记录封存",
    }
    with scope.entered(leader.scope):
        asked = confirmations.ask(
            "record.erase_payload",
            content,
            organization_id=place.pk,
            ground="刑事诉讼法 第286条",
            by=leader,
            proven_at=clock.now(),
        )
    line = theirs.locator(".call-quiet")
    expect(line).to_contain_text("同事等候第二人", timeout=4000)
    expect(theirs.locator(".bell-count")).to_have_text("1")
    tab = theirs.locator(f'.places > a[href="{reverse("confirmations")}"]')
    expect(tab.locator(".place-count")).to_have_text("1")
    shot(theirs, "second-person-asked")
    expect(mine.locator(".call-quiet")).to_have_count(0)
    with scope.entered(deputy.scope):
        confirmations.confirm(asked.pk, by=deputy, proven_at=clock.now())
    expect(mine.locator(".call-quiet")).to_contain_text("已确认", timeout=4000)
    mine.locator("#bell summary").click()
    expect(mine.locator("#bell")).to_contain_text(f"{deputy.staff.name}已确认")
    shot(mine, "second-person-confirmed")
    expect(line).to_have_count(0)
    expect(tab.locator(".place-count")).to_be_hidden()


def test_a_wall_board_shows_a_new_alarm_by_itself(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        cell = a_cell(facility=place)
        button = a_button(cell)
        _board, code = boards.make("巡控室", by=somebody(Post.LEADER, at=place))
    page = opened(None, reverse("board_enroll"), 1920)
    page.get_by_label("代码").fill(code)
    page.get_by_role("button", name="显示看板").click()
    expect(page.get_by_text("没有未结的一级、二级事项")).to_be_visible()
    intake.take([a_press(button)])
    expect(page.locator(".board-tasks strong")).to_contain_text(cell.name)
    shot(page, "board")
    assert fits(page)
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


#: Whether everything stands on the screen: nothing to scroll to, the rows above the time, and that on it.
WHOLE = """() => {
  const root = document.documentElement;
  const rows = [...document.querySelectorAll('.board-tasks li')].map((row) => row.getBoundingClientRect());
  const time = document.querySelector('.board-time').getBoundingClientRect();
  return root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth && time.bottom <= innerHeight
    && rows.every((row) => row.bottom <= time.top + 1 && row.right <= innerWidth && row.height > 40);
}"""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1440, 900), (1280, 720)])
def test_a_wall_board_full_of_alarms_needs_no_scrolling(
    opened: Opened, width: int, height: int
) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        for number in range(54):
            cell = a_cell(facility=place)
            if number < 20:
                intake.take([a_press(a_button(cell))])
        _board, code = boards.make("巡控室", by=somebody(Post.LEADER, at=place))
    page = opened(None, reverse("board_enroll"))
    page.get_by_label("代码").fill(code)
    page.get_by_role("button", name="显示看板").click()
    page.set_viewport_size({"width": width, "height": height})
    expect(page.locator(".board-tasks li")).to_have_count(7)
    expect(page.get_by_text("另有 13 项")).to_be_visible()
    shot(page, f"board-full-{height}")
    assert page.evaluate(WHOLE)
    # A banner takes room from the rows, and from nothing else.
    page.evaluate("document.getElementById('database').hidden = false")
    shot(page, f"board-full-banner-{height}")
    assert page.evaluate(WHOLE)
    small = page.locator(".board-open").evaluate(
        "part => Math.min(...[...part.querySelectorAll('span, strong, time, dt, dd, p, li, h2')]"
        ".filter((one) => one.innerText && one.checkVisibility())"
        ".map((one) => parseFloat(getComputedStyle(one).fontSize)))"
    )
    assert small >= height / 40 - 2
    # A drawing's letters shrink with it.
    shrunk = page.locator(".board-drawing").evaluate("one => one.getScreenCTM().a")
    assert 30 * shrunk >= height / 40 - 2


def test_another_tab_shows_nothing_any_more_after_a_sign_out(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        officer = somebody(Post.CASE_OFFICER)
    left = opened(officer, reverse("people"))
    leaving = left.context.new_page()
    leaving.goto(reverse("duty"))
    expect(left.locator("h1")).to_have_text("在押人员")
    leaving.locator("#account > summary").click()
    leaving.get_by_role("button", name="退出").click()
    expect(leaving.locator("main[data-nobody]")).to_be_visible()
    expect(left.locator("main[data-nobody]")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_who_comes_in_by_a_password_that_was_handed_over_chooses_their_own(
    opened: Opened, width: int
) -> None:
    with scope.entered(SYSTEM):
        officer = somebody(Post.CASE_OFFICER, password=MINE)
        services.set_password(officer.user.username, MINE, handed_over=True)
    page = opened(None, reverse("account_login"), width)
    page.fill("[name=login]", officer.user.username)
    page.fill("[name=password]", MINE)
    page.locator("main .btn-primary").click()
    expect(page.locator(".notice")).to_contain_text("这个密码是别人交给您的")
    assert fits(page)
    shot(page, f"handed-over-{width}")
    page.fill("[name=oldpassword]", MINE)
    for field in ("password1", "password2"):
        page.fill(f"[name={field}]", THEIRS)
    page.locator("main button[type=submit]").click()
    expect(page.locator("nav.places")).to_be_visible()
    page.goto(reverse("sessions"))
    expect(page.locator("main")).to_contain_text("本会话")
    assert fits(page)
    shot(page, f"sessions-{width}")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("post", [Post.SECURITY_ADMIN, Post.AUDIT_ADMIN, Post.SYSTEM_ADMIN])
def test_an_administrator_who_finds_nothing_has_no_search_box(
    opened: Opened, post: Post, width: int
) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        administrator, officer = somebody(post, at=place), somebody(Post.LEADER, at=place)
    page = opened(administrator, reverse("sessions"), width)
    expect(page.locator("form.search, .tool-search")).to_have_count(0)
    expect(page.locator("#bell")).to_be_visible()
    shown = opened(officer, reverse("sessions"), width)
    expect(shown.locator("form.search" if width > 760 else ".tool-search")).to_be_visible()


def test_a_leader_reaches_every_place_by_thumb(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        leader = somebody(Post.LEADER)
    page = opened(leader, reverse("boards"), 390)
    bar = page.locator("nav.places")
    bar.get_by_text("更多").click()
    more = bar.locator(".menu-sheet a")
    expect(more.first).to_be_visible()
    reached = bar.locator("> a:visible, .menu-sheet a:visible").all_inner_texts()
    everything = bar.locator("> a > span:not(.place-count)").all_text_contents()
    assert [text.strip() for text in reached] == [text.strip() for text in everything]
    shot(page, "leader-more-390")
    for one in more.all():
        box = one.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 48
    expect(bar.locator("> details > summary")).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="看板").click()
    expect(page.locator("h1")).to_contain_text("看板")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_logs_speak_in_words_and_their_filters_fit(opened: Opened, width: int) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        stay = a_detainee(in_cell=a_cell(facility=place), name="王建国")
        officer = somebody(Post.CASE_OFFICER, at=place, password=MINE)
        auditor = somebody(Post.AUDIT_ADMIN, at=place)
    client = Client()
    client.force_login(officer.user, _BACKEND)
    client.get(reverse("person", args=[stay.pk]))
    client.get(reverse("people"))
    page = opened(auditor, reverse("access_log"), width)
    for words in ("查看人员档案", "在押人员名单"):
        expect(page.locator("table")).to_contain_text(words)
    expect(page.locator("table")).not_to_contain_text("custody.")
    assert fits(page)
    since, until = (page.locator(f"[name={name}]").bounding_box() for name in ("since", "until"))
    assert since is not None
    assert until is not None
    assert since["y"] == until["y"], "from and to stand side by side"
    shot(page, f"access-log-{width}")
    page.goto(reverse("sign_ins"))
    assert fits(page)
    shot(page, f"sign-ins-{width}")


def test_a_form_is_no_wider_than_is_read_well(opened: Opened) -> None:
    with scope.entered(SYSTEM):
        officer = somebody(Post.ADMISSION)
    page = opened(officer, reverse("admit"))
    box = page.locator("main form").bounding_box()
    assert box is not None
    assert box["width"] <= 700
    shot(page, "admit-1440")


@pytest.mark.parametrize("width", [1440, 390])
def test_an_account_is_touched_by_a_decision_with_a_reason_and_told(
    opened: Opened, live_database: str, width: int
) -> None:
    with scope.entered(SYSTEM):
        security = somebody(Post.SECURITY_ADMIN, password=MINE)
        member = somebody(at=security.organization, password=THEIRS)
    page = opened(security, reverse("account", args=[member.staff.pk]), width)
    page.get_by_role("button", name="关闭账号").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="关闭账号").click()
    expect(dialog.get_by_text("请填写理由。")).to_be_visible()
    shot(page, f"account-decision-{width}")
    dialog.get_by_label("理由").fill("调离本所")
    dialog.get_by_role("button", name="关闭账号").click()
    expect(page.locator("#notices").get_by_text("账号已关闭")).to_be_visible()
    shot(page, f"account-{width}")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_secret_of_an_app_is_read_whole(opened: Opened, live_database: str, width: int) -> None:
    with scope.entered(SYSTEM):
        acting = somebody(password=MINE)
    page = opened(acting, reverse("mfa_activate_totp"), width)
    shot(page, f"again-{width}")
    page.locator("main input[type=password]").fill(MINE)
    page.locator("main form button").first.click()
    secret = page.locator("#secret")
    expect(secret).to_be_visible()
    box = secret.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width
    assert secret.evaluate("node => node.scrollWidth <= node.clientWidth || !node.clientWidth")
    page.get_by_role("button", name="复制").click()
    expect(page.locator('[data-slot="copied"]')).not_to_be_empty()
    shot(page, f"totp-{width}")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_persons_page_begins_at_its_top(opened: Opened, width: int) -> None:
    with scope.entered(SYSTEM):
        place = a_facility()
        stay = a_detainee(in_cell=a_cell(facility=place), name="王建国")
        officer = somebody(Post.CASE_OFFICER, at=place)
    page = opened(officer, reverse("person", args=[stay.pk]), width)
    expect(page.locator(".tabs [aria-current]").first).to_be_attached()
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") == 0
    shot(page, f"person-{width}")


@pytest.mark.parametrize(("width", "most"), [(1440, 7), (1024, 6)])
def test_a_leader_reaches_every_place_by_keys(opened: Opened, width: int, most: int) -> None:
    with scope.entered(SYSTEM):
        leader = somebody(Post.LEADER)
    page = opened(leader, reverse("boards"), width)
    bar = page.locator("nav.places")
    beside = bar.locator("> a:visible").all_inner_texts()
    assert len(beside) == most
    more, behind = bar.locator("> details > summary"), bar.locator(".menu-sheet a:visible")
    more.focus()
    page.keyboard.press("Enter")
    expect(behind.first).to_be_visible()
    everything = bar.locator("> a > span:not(.place-count)").all_text_contents()
    reached = [text.strip() for text in (*beside, *behind.all_inner_texts())]
    assert reached == [text.strip() for text in everything]
    page.keyboard.press("Tab")
    expect(behind.first).to_be_focused()
    assert fits(page)
    shot(page, f"leader-more-{width}")
    page.keyboard.press("Escape")
    expect(behind).to_have_count(0)
    expect(more).to_be_focused()
