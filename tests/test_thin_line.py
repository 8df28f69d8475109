"""One thin line through the whole house, as its people see it.

A person is in a cell; somebody presses the cell's button (an ONVIF event by `mosquitto_pub` to the
demo's own broker, as a device signs in there); the patrol's open page shows the task without a
reload; it is accepted and answered in words; the answer comes back to the finder's post, stands
on the person's timeline, and `custos record verify` agrees.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings, settings
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from custos.config import broker as embedded
from custos.config import postgres
from custos.config.environment import Broker
from custos.foundation import clock
from custos.foundation.accounts import services as accounts
from custos.foundation.custody import queries as custody_queries
from custos.foundation.custody import services as custody
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record import queries as record
from custos.foundation.record.models import Head
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.prevention.devices import intake
from custos.prevention.devices.listener import Listener
from custos.prevention.devices.models import Device
from custos.prevention.devices.tests.worlds import (
    SYSTEM,
    a_button,
    a_cell,
    a_facility,
    a_press,
    payload_of,
    somebody,
    topic_of,
)
from tests import brokers, browsers, databases

PASSWORD = "quiet-river-4417"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not (browsers.there() and shutil.which("mosquitto_pub")),
        reason="Chromium and Mosquitto's clients come from the system: `make system`",
    ),
]


@pytest.fixture
def broker(tmp_path: Path, settings: LazySettings) -> Iterator[Broker]:
    """The embedded broker, as Custos signs in there."""
    with brokers.running(tmp_path) as port:
        secret = embedded.password(embedded.CUSTOS, tmp_path)
        settings.BROKER = Broker("127.0.0.1", port, embedded.CUSTOS, secret)
        yield settings.BROKER


@pytest.fixture
def own_witness(settings: LazySettings, tmp_path: Path) -> None:
    """Signed heads of this test's database alone: the chains of other tests have the same numbers."""
    settings.WITNESS = tmp_path / "heads.jsonl"


@pytest.fixture
def listening(broker: Broker, tmp_path: Path) -> Iterator[None]:
    stop = threading.Event()
    listener = Listener(broker, tmp_path / "spool")
    thread = threading.Thread(target=listener.run, args=(stop,))
    thread.start()
    end = time.monotonic() + 20
    while not (tmp_path / "spool" / "devices.json").exists() or not listener.client.is_connected():
        assert time.monotonic() < end
        time.sleep(0.05)
    yield
    stop.set()
    thread.join(20)


@pytest.fixture
def site(broker: Broker, live_site: str) -> str:
    """The site, which hears the broker of this test."""
    return live_site


@pytest.fixture
def browser() -> Iterator[Browser]:
    with browsers.running() as browser:
        yield browser
        # Connections made under that loop are its own, and must go before their database does.
        connections.close_all()


@pytest.fixture
def cell() -> Cell:
    with scope.entered(SYSTEM):
        return a_cell()


@pytest.fixture
def button(cell: Cell) -> Device:
    with scope.entered(SYSTEM):
        return a_button(cell)


@pytest.fixture
def person(cell: Cell) -> Custody:
    with scope.entered(SYSTEM):
        return custody.admit(
            name="王建国",
            sex="1",
            born=date(1980, 1, 1),
            basis="detention",
            basis_number="2026-0001",
            number=uuid4().hex[:12],
            arrived_at=clock.now() - timedelta(hours=1),
            cell=cell.pk,
            by=somebody(Post.ADMISSION),
            reason="测试",
        )


def an_account(post: Post, name: str) -> str:
    username = f"u{uuid4().hex[:10]}"
    with scope.entered(SYSTEM):
        accounts.post_staff(
            accounts.make_account(username, PASSWORD),
            name=name,
            kind=StaffKind.OFFICER,
            organization=a_facility(),
            post=post,
            by=Actor.system("tests"),
        )
    return username


def signed_in(
    browser: Browser, site: str, username: str, *, width: int = 1440, language: str = "zh-CN"
) -> Page:
    height = 900 if width > 600 else 844
    context: BrowserContext = browser.new_context(
        base_url=site, viewport={"width": width, "height": height}, locale=language
    )
    page = context.new_page()
    page.goto("/account/login/")
    page.fill("#id_login", username)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/duty/")
    return page


def publish(broker: Broker, button: Device, data: Path) -> None:
    """Press the button, as its device says so to the broker whose folder is `data`."""
    command = ["mosquitto_pub", "-h", broker.host, "-p", str(broker.port), "-q", "1", "-s"]
    command += ["-u", embedded.DEVICES, "-P", embedded.password(embedded.DEVICES, data)]
    command += ["-t", topic_of(button)]
    subprocess.run(command, input=payload_of(button), check=True, timeout=10)


def custos(*words: str) -> subprocess.CompletedProcess[str]:
    """The command line, as a program of its own on this test's database, folder and witness file."""
    ours = ("CUSTOS_", "DJANGO_", "PYTEST_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    place = postgres.place_for(settings.DATA)
    environment = kept | {
        "CUSTOS_DATA": str(settings.DATA),
        "CUSTOS_WITNESS": str(settings.WITNESS),
        "DATABASE_URL": place.url(postgres.APP, databases.current_name()),
    }
    return subprocess.run(
        [sys.executable, "-m", "custos.config.program", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def shot(page: Page, name: str) -> None:
    browsers.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=browsers.SHOTS / f"{name}.png")


def test_a_press_becomes_a_task_on_the_open_page_and_its_answer_comes_back(
    browser: Browser,
    site: str,
    broker: Broker,
    listening: None,
    own_witness: None,
    button: Device,
    cell: Cell,
    person: Custody,
    tmp_path: Path,
) -> None:
    errors: list[str] = []
    page = signed_in(browser, site, an_account(Post.PATROL, "赵敏"))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    expect(page.get_by_text("此刻没有待办")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    page.wait_for_timeout(1000)  # the stream is open

    publish(broker, button, tmp_path)
    row = page.locator("[data-rows] [data-key]", has_text=cell.name)
    row.wait_for(timeout=5000)  # how soon it is there, `custos bench line` measures
    assert page.evaluate("window.sameDocument") is True, "the page was loaded anew"
    shot(page, "thin-line-1-task-appears")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".task-title")).to_contain_text(cell.name)
    expect(page.locator(".people-wide")).to_contain_text("王建国")
    page.keyboard.press("a")
    expect(page.locator(".task-head")).to_contain_text("赵敏 已收下")
    shot(page, "thin-line-2-accepted")
    page.keyboard.press("f")
    page.keyboard.type("胃痛，医生已到场，生命体征平稳。")
    page.get_by_role("button", name="反馈处理结果").click()
    expect(page.locator(".notice")).to_contain_text("已反馈")

    colleague = signed_in(browser, site, an_account(Post.PATROL, "孙毅"))
    colleague.goto("/duty/answers/")
    expect(colleague.locator("table")).to_contain_text("胃痛，医生已到场")
    colleague.locator("table a").first.click()
    expect(colleague.locator(".timeline")).to_contain_text("紧急按钮被按下")
    shot(colleague, "thin-line-3-history")
    assert errors == []

    with scope.entered(SYSTEM):
        kinds = {line.kind for line in custody_queries.timeline_of(person.pk)}
        assert {
            "custody.admitted",
            "alarm.emergency_button",
            "task.opened",
            "task.accepted",
            "task.answered",
        } <= kinds
        assert "alarm.emergency_button" in {line.kind for line in record.timeline(cell=cell.pk)}
        head = Head.objects.get(pk=cell.organization_id)
    verified = custos("record", "verify", "-o", str(cell.organization_id))
    whole = f"whole  organization {cell.organization_id}: {head.seq} entries\n"
    assert (verified.returncode, verified.stdout) == (0, whole), verified.stderr


def a_press_in(name: str) -> Device:
    """A cell whose button has been pressed; its task is open."""
    with scope.entered(SYSTEM):
        button = a_button(a_cell(name))
        intake.take([a_press(button)])
    return button


def rows_of(page: Page) -> Locator:
    return page.locator("[data-rows] [data-key]")


def test_the_first_task_of_an_empty_list_is_at_hand_at_once(
    browser: Browser,
    site: str,
    broker: Broker,
    listening: None,
    button: Device,
    cell: Cell,
    tmp_path: Path,
) -> None:
    page = signed_in(browser, site, an_account(Post.PATROL, "赵敏"))
    expect(page.get_by_text("此刻没有待办")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    page.wait_for_timeout(1000)
    publish(broker, button, tmp_path)
    expect(page.locator(".task-title")).to_contain_text(cell.name)
    assert page.evaluate("window.sameDocument") is True
    page.keyboard.press("a")
    expect(page.locator(".task-head")).to_contain_text("赵敏 已收下")


def test_a_key_that_is_pressed_as_soon_as_an_alarm_is_seen_counts_once_it_is_open(
    browser: Browser, site: str
) -> None:
    page = signed_in(browser, site, an_account(Post.PATROL, "赵敏"))
    expect(page.get_by_text("此刻没有待办")).to_be_visible()

    on_its_way: list[Route] = []
    page.route(re.compile(r"/duty/\?task="), lambda route: on_its_way.append(route))
    page.wait_for_timeout(1000)  # the stream is open
    a_press_in("A1")
    expect(rows_of(page)).to_contain_text("A1")
    page.keyboard.press("a")
    expect(page.locator(".task-title")).to_have_count(0)
    on_its_way.pop().continue_()
    expect(page.locator(".task-head")).to_contain_text("赵敏 已收下")


def test_a_key_acts_on_the_row_at_hand_and_no_other(browser: Browser, site: str) -> None:
    a_press_in("A1"), a_press_in("B2")
    page = signed_in(browser, site, an_account(Post.PATROL, "赵敏"))
    expect(page.locator(".task-title")).to_contain_text("A1")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".task-head")).to_contain_text("赵敏 已收下")
    expect(page.locator(".task-title")).to_contain_text("B2")
    expect(rows_of(page).filter(has_text="A1")).to_contain_text("待收下")


def test_what_is_being_typed_stays_while_the_task_changes_beside_it(
    browser: Browser, site: str
) -> None:
    button = a_press_in("A1")
    page = signed_in(browser, site, an_account(Post.PATROL, "赵敏"))
    page.keyboard.press("a")
    page.locator("textarea[name=text]").fill("到场查看，")
    page.wait_for_timeout(1000)
    with scope.entered(SYSTEM):
        intake.take([a_press(button)])  # pressed again: the item is fetched anew
    expect(page.locator(".task-head")).to_contain_text("又按 1 次")
    expect(page.locator("textarea[name=text]")).to_have_value("到场查看，")
    page.keyboard.type("无异常。")
    expect(page.locator("textarea[name=text]")).to_have_value("到场查看，无异常。")


def test_an_alarm_stands_above_every_page_of_whoever_is_asked(browser: Browser, site: str) -> None:
    page = signed_in(browser, site, an_account(Post.PATROL, "赵敏"))
    page.goto("/people/")
    page.wait_for_timeout(1000)
    a_press_in("A1")
    expect(page.locator(".call")).to_contain_text("A1 · 监室紧急按钮")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    shot(page, "call-above-people")
    page.locator(".call").click()
    expect(page.locator(".task-title")).to_contain_text("A1")
    page.keyboard.press("a")
    expect(page).to_have_title(re.compile(r"^当班待办"))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_fit_their_screens_in_both_languages(
    browser: Browser,
    site: str,
    broker: Broker,
    listening: None,
    button: Device,
    person: Custody,
    width: int,
    language: str,
    tmp_path: Path,
) -> None:
    publish(broker, button, tmp_path)
    patrol = signed_in(
        browser, site, an_account(Post.PATROL, "赵敏"), width=width, language=language
    )
    leader = signed_in(
        browser, site, an_account(Post.LEADER, "周正"), width=width, language=language
    )
    pages = [(patrol, "/duty/", "duty"), (patrol, "/duty/answers/", "answers")]
    for page, path, name in [*pages, (leader, "/operations/", "operations")]:
        page.goto(path)
        page.wait_for_timeout(500)
        shot(page, f"{name}-{width}-{language[:2]}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide on a screen of {width}"
