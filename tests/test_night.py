"""A night, as its people see it: each at a screen of their own, on one server, one database and one worker.

What is noticed at a cell door is on the doctor's screen and its answer back with the patrol; what nobody
accepts climbs in time; a leader deploys and hears what came of it; a round is missed and shows; and the
shift is handed over by two. Hours pass by a clock that site and worker keep and the test puts forward.
"""

import contextvars
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Locator, Page, expect

from custos.config import sweeps
from custos.foundation import clock
from custos.foundation.accounts import boards
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from custos.prevention.duty.handover.models import Handover
from custos.prevention.duty.information import services as information
from custos.prevention.duty.models import Task
from custos.prevention.duty.rounds.models import Look
from custos.prevention.duty.shifts import services as shifts
from tests import browsers, factories, house
from tests.factories import SYSTEM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

SOON = 20_000
PASSWORDS = {"day": "seven-quiet-corridors", "night": "nine-open-windows"}
FILE = """\
strength: {patrol: 1, medical: 1, duty_leader: 1}
rounds: {longest_gap: 30, close_gap: 15}
"""
WORDS = "Pushed the tray back; says his stomach hurts."
SEEN = "Seen in the cell: pulse and pressure normal, soft diet from tomorrow."


class Hands:
    """A clock that goes as fast as ours, and is put forward."""

    def __init__(self, at: datetime) -> None:
        self._ahead = at - datetime.now(UTC)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def forward_to(self, at: datetime) -> None:
        assert at > self()
        self._ahead = at - datetime.now(UTC)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """That time of the day of the test, where the facility is."""
    today = datetime.now(UTC).astimezone(clock.LOCAL)
    return today.replace(hour=hour, minute=minute, second=second, microsecond=0)


@pytest.fixture
def hands() -> Iterator[Hands]:
    hands = Hands(at(19))
    with clock.set_to(hands):
        yield hands


@pytest.fixture
def site(hands: Hands, request: pytest.FixtureRequest, settings: LazySettings) -> str:
    """The site under that clock; nobody's screen locks while hours pass in seconds."""
    settings.IDLE_MINUTES = 0
    address: str = request.getfixturevalue("live_site")
    return address


@pytest.fixture
def worker(site: str) -> Iterator[None]:
    """What the worker does each second, under the same clock."""
    stop, here = threading.Event(), contextvars.copy_context()
    thread = threading.Thread(target=here.run, args=(sweeps.run, stop))
    thread.start()
    yield
    stop.set()
    thread.join(20)


class Crew:
    """A facility with one cell and somebody in it, who is on duty there, and a screen for each of them."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.browser, self.site = browser, site
        with scope.entered(SYSTEM), clock.set_to(at(11)):
            self.facility = factories.a_facility()
            self.cell = factories.a_cell(facility=self.facility)
            factories.a_detainee(in_cell=self.cell, name="Wang Wei")
            self.day, self.night = (self._on(Post.DUTY_LEADER, PASSWORDS[who]) for who in PASSWORDS)
            self.patrol, self.leader = self._on(Post.PATROL), self._on(Post.LEADER)
            self.doctor = self._on(Post.MEDICAL, kind=StaffKind.CLINICIAN)
            self.logistics = self._on(Post.LOGISTICS, kind=StaffKind.OTHER)
            for one in (self.day, self.patrol, self.doctor, self.logistics):
                shifts.sign_on(self.facility.pk, by=one.actor)
        # Rounds begin then, so that no cell is behind when the night does.
        with scope.entered(SYSTEM), clock.set_to(at(18, 55)):
            information.adopt(
                FILE,
                facility=self.facility.pk,
                valid_from=clock.today(),
                reason="x",
                by=self.leader.actor,
            )

    def _on(
        self, post: Post, password: str | None = None, *, kind: Any = StaffKind.OFFICER
    ) -> Acting:
        return factories.somebody(post, kind, at=self.facility, password=password)

    def screen(self, who: Acting, way: str, *, width: int = 1440) -> Page:
        """A browser of somebody's own, at a page."""
        with scope.entered(SYSTEM):
            cookie = house.cookie_of(who)
        return self._opened({"sessionid": cookie}, way, width)

    def board(self) -> Page:
        """A wall board, as a leader has made it."""
        with scope.entered(SYSTEM):
            _board, code = boards.make("Control room", by=self.leader)
            cookie = boards.enroll(code)
        return self._opened({"board": cookie}, "/board/", 1920)

    def _opened(self, cookies: dict[str, str], way: str, width: int) -> Page:
        context = self.browser.new_context(
            base_url=self.site,
            locale="en-US",
            viewport={"width": width, "height": 844 if width < 600 else 900},
            has_touch=width < 600,
        )
        for name, value in cookies.items():
            context.add_cookies([{"name": name, "value": value, "url": self.site}])
        page = context.new_page()
        page.goto(way)
        page.evaluate("window.sameDocument = true")
        return page

    def looked_into(self) -> None:
        """The patrol looks into the cell."""
        page = self.screen(self.patrol, "/rounds/", width=390)
        page.get_by_role("link", name=self.cell.name).click()
        page.get_by_role("button", name="I looked in at the door").click()
        page.wait_for_url("**/rounds/")
        page.context.close()
        with scope.entered(SYSTEM):
            assert Look.objects.get().late_minutes == 0

    def press(self) -> Task:
        """Somebody presses the button in the cell."""
        with scope.entered(SYSTEM):
            intake.take([a_press(a_button(self.cell))])
            return Task.objects.get(rule_id="DUTY-EMERGENCY-BUTTON")


@pytest.fixture
def crew(browser: Browser, site: str, worker: None) -> Crew:
    return Crew(browser, site)


def row(page: Page, words: str) -> Locator:
    return page.locator("[data-rows] [data-key]", has_text=words)


def is_live(page: Page) -> bool:
    """Whether the page was never loaded anew since it was opened."""
    return page.evaluate("window.sameDocument") is True


def take_on(page: Page, words: str) -> None:
    """Choose the row of a task and accept it, by keys."""
    row(page, words).first.locator("a").first.click()
    expect(page.locator(".task-title")).to_contain_text(words)
    page.keyboard.press("a")
    expect(page.locator(".task-answer textarea")).to_be_visible(timeout=SOON)


def answer(page: Page, words: str) -> None:
    page.locator(".task-answer textarea").fill(words)
    page.get_by_role("button", name="Answer with the result").click()
    expect(page.locator(".notice").first).to_be_visible()


# ---------------------------------------------------------------------- the night


def test_a_night(crew: Crew, hands: Hands) -> None:
    crew.looked_into()
    a_refused_meal_is_noticed_and_seen_to(crew)
    a_button_that_nobody_answers_climbs_in_time(crew, hands)
    a_leader_deploys_and_hears_what_came_of_it(crew)
    a_round_is_missed_and_shows(crew, hands)
    the_shift_is_handed_over_by_two(crew, hands)


def a_refused_meal_is_noticed_and_seen_to(crew: Crew) -> None:
    doctor, patrol = (
        crew.screen(crew.doctor, "/duty/"),
        crew.screen(crew.patrol, "/duty/", width=390),
    )
    doctor.wait_for_timeout(1000)  # the stream is open
    handheld = crew.screen(crew.patrol, "/handheld/", width=390)
    handheld.locator(".hand-cell", has_text=crew.cell.name).click(timeout=SOON)
    handheld.locator("[data-type=I14]").click()
    handheld.get_by_role("button", name="Wang Wei").click()
    handheld.get_by_label("What did you see, in a sentence?").fill(WORDS)
    handheld.get_by_role("button", name="Save and send").click()
    expect(handheld.locator("#hand-state")).to_contain_text("everything is sent", timeout=SOON)

    expect(doctor.locator(".task-title")).to_contain_text("Meals refused", timeout=SOON)
    expect(doctor.locator("#main")).to_contain_text(WORDS)
    assert is_live(doctor), "it came without the page being loaded anew"
    doctor.keyboard.press("a")
    answer(doctor, SEEN)
    expect(patrol.locator(".echoes")).to_contain_text(SEEN, timeout=SOON)
    assert is_live(patrol), "and so did the answer"
    handheld.goto("/duty/reported/")
    expect(handheld.locator("table")).to_contain_text(SEEN)
    for page in (doctor, patrol, handheld):
        page.context.close()


def a_button_that_nobody_answers_climbs_in_time(crew: Crew, hands: Hands) -> None:
    patrol, deputy, leader = (
        crew.screen(one, "/duty/") for one in (crew.patrol, crew.day, crew.leader)
    )
    leader.wait_for_timeout(1000)
    task = crew.press()
    expect(row(patrol, crew.cell.name)).to_be_visible(timeout=SOON)
    expect(row(deputy, crew.cell.name)).to_have_count(0)
    hands.forward_to(task.opened_at + timedelta(minutes=4, seconds=50))
    expect(row(deputy, crew.cell.name)).to_be_visible(timeout=SOON)
    expect(row(leader, crew.cell.name)).to_have_count(0)
    hands.forward_to(task.opened_at + timedelta(minutes=14, seconds=50))
    expect(row(leader, crew.cell.name)).to_be_visible(timeout=SOON)
    assert all(is_live(page) for page in (patrol, deputy, leader))
    with scope.entered(SYSTEM):
        climbed = Entry.objects.filter(because_id=task.source_entry_id, kind="task.escalated")
        waited = [one.occurred_at - task.opened_at for one in climbed.order_by("id")]
    assert [round(one.total_seconds() / 60) for one in waited] == [5, 15]
    assert all(one.total_seconds() % 60 < 10 for one in waited), "on time, to some seconds"
    take_on(leader, crew.cell.name)
    answer(leader, "Went there with the doctor: dizzy, lies down, is watched.")
    expect(row(patrol, crew.cell.name)).to_have_count(0, timeout=SOON)
    for page in (patrol, deputy, leader):
        page.context.close()


def a_leader_deploys_and_hears_what_came_of_it(crew: Crew) -> None:
    text, done = "Check every window bar in the wing.", "All 26 windows checked, two bolts renewed."
    officer, leader = (
        crew.screen(crew.logistics, "/duty/"),
        crew.screen(crew.leader, "/duty/orders/new/"),
    )
    officer.wait_for_timeout(1000)
    leader.get_by_label("What is to be done").fill(text)
    leader.get_by_label("Post").select_option("logistics")
    leader.get_by_role("button", name="Give the order").click()
    expect(leader.locator("table")).to_contain_text("To be accepted")
    expect(officer.locator("#main")).to_contain_text(text, timeout=SOON)
    officer.keyboard.press("a")
    officer.get_by_role("button", name="Say how far it is").click()
    officer.locator("dialog[open] textarea").fill("Thirteen windows done.")
    officer.locator("dialog[open] button.btn-primary").click()
    leader.goto("/duty/orders/")
    expect(leader.locator("table")).to_contain_text("Thirteen windows done.")
    answer(officer, done)
    leader.goto("/duty/orders/")
    expect(leader.locator("table")).to_contain_text(done)
    for page in (officer, leader):
        page.context.close()


def a_round_is_missed_and_shows(crew: Crew, hands: Hands) -> None:
    deputy, board = crew.screen(crew.day, "/duty/"), crew.board()
    deputy.wait_for_timeout(1000)
    expect(deputy.locator("#main")).not_to_contain_text("Rounds are behind")
    hands.forward_to(at(19, 45))
    expect(deputy.locator("#main")).to_contain_text("Rounds are behind", timeout=SOON)
    missed = board.locator("section", has=board.locator("#board-rounds"))
    expect(missed.locator("dd").first).to_have_text("1", timeout=SOON)
    assert is_live(deputy)
    assert is_live(board)
    patrol = crew.screen(crew.patrol, "/rounds/", width=390)
    expect(row(patrol, crew.cell.name)).to_contain_text("missed")
    for page in (deputy, board, patrol):
        page.context.close()


def the_shift_is_handed_over_by_two(crew: Crew, hands: Hands) -> None:
    hands.forward_to(at(19, 55))
    with scope.entered(SYSTEM):
        shifts.sign_on(crew.facility.pk, by=crew.night.actor)
    hands.forward_to(at(20, 0, 5))
    out = crew.screen(crew.day, "/duty/")
    for _second in range(SOON // 1000):
        if out.get_by_role("link", name="Handover open since").count():
            break
        out.wait_for_timeout(1000)
        out.reload()
    out.get_by_role("link", name="Handover open since").click()
    out.get_by_label("Keys that should be there").fill("42")
    out.get_by_label("Keys counted and handed over").fill("42")
    out.get_by_label("Your password").fill(PASSWORDS["day"])
    out.get_by_role("button", name="Sign and hand over").click()
    expect(out.get_by_text("you stay answerable").first).to_be_visible()

    into = crew.screen(crew.night, "/handover/", width=390)
    expect(into.get_by_role("button", name="Sign and take over")).to_have_count(0)
    for tick in into.get_by_role("checkbox", name="I have read:").all():
        tick.check()
    into.get_by_role("button", name="Note what I have read").click()
    into.get_by_label("Your password").fill(PASSWORDS["night"])
    into.get_by_role("button", name="Sign and take over").click()
    expect(into.get_by_text("The shift is yours.")).to_be_visible()
    with scope.entered(SYSTEM):
        handed = Handover.objects.get()
    assert handed.at == at(20)
    assert (handed.signed_by, handed.taken_by) == (crew.day.actor.ref, crew.night.actor.ref)
