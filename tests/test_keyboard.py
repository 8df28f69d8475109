"""Each role's day without a mouse: everything is reached and done by keys, and the focus is seen."""

from collections.abc import Callable, Iterator

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.plugin import DjangoDbBlocker

from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import User
from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_models import Absence
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.foundation.ui.models import Draft
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task
from tests import browsers, databases, factories, house

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]


@pytest.fixture(scope="module")
def furnished(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[str, house.House]]:
    """A database with the house, of which each test has a copy."""
    with (
        django_db_blocker.unblock(),
        override_settings(DEMO=True),
        databases.filled(house.furnished) as made,
    ):
        yield made


@pytest.fixture
def live_database(
    furnished: tuple[str, house.House], django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    with django_db_blocker.unblock(), databases.clone(furnished[0]) as name:
        yield name


@pytest.fixture
def lived_in(live_site: str, furnished: tuple[str, house.House]) -> house.House:
    return furnished[1]


Sits = Callable[..., Page]


@pytest.fixture
def sits(browser: Browser, live_site: str, lived_in: house.House) -> Iterator[Sits]:
    """Somebody on a post at a screen, with the mouse out of reach."""
    contexts = []

    def sits(post: Post, kind: StaffKind = StaffKind.OFFICER, acting: Acting | None = None) -> Page:
        context = browser.new_context(base_url=live_site, locale="en-US")
        contexts.append(context)
        cookie = house.cookie_of(acting or lived_in.someone(post, kind))
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_site}])
        page = context.new_page()
        page.goto("/")
        return page

    yield sits
    for context in contexts:
        context.close()


#: The element in focus, and whether a person sees that it is.
FOCUS = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const box = at.querySelector?.('.plan-box');
  const seen = style.outlineStyle !== 'none' || style.boxShadow !== 'none'
    || (box && getComputedStyle(box).strokeWidth === '5px');
  return { text: (at.getAttribute('aria-label') ?? at.innerText ?? '').trim(),
           name: at.getAttribute('name') ?? '', id: at.id, seen };
}"""


def tab_to(page: Page, what: str, most: int = 120) -> None:
    """Press Tab until the element with that text, name or id is in focus; each stop must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        assert at["seen"], f"no visible focus on {at}"
        if what in (at["name"], at["id"]) or at["text"].startswith(what):
            return
    raise AssertionError(f"{what!r} is not reached by {most} Tabs")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_patrol_accepts_and_answers(sits: Sits, lived_in: house.House) -> None:
    page = sits(Post.PATROL)
    press(page, "k", "Enter")
    page.wait_for_url("**/duty/?task=*")
    page.keyboard.press("a")
    expect(page.get_by_text("Accepted by Zhao Min").first).to_be_visible()
    page.keyboard.press("f")
    page.keyboard.type("Stomach pain; doctor called.")
    tab_to(page, "Answer with the result", 3)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Answered")).to_be_visible()
    with scope.entered(factories.SYSTEM):
        assert Task.objects.get(pk=lived_in.task).answer == "Stomach pain; doctor called."


@pytest.fixture
def two_more(lived_in: house.House) -> list[Cell]:
    """Buttons pressed in two more cells, which nobody has accepted."""
    with scope.entered(factories.SYSTEM):
        facility = Task.objects.get(pk=lived_in.task).organization
        cells = [factories.a_cell(facility=facility) for _ in range(2)]
        for cell in cells:
            intake.take([a_press(a_button(cell))])
    return cells


def test_the_middle_follows_the_row_at_hand_and_keys_mean_what_it_shows(
    sits: Sits, two_more: list[Cell]
) -> None:
    page = sits(Post.PATROL)
    page.goto("/duty/")
    page.wait_for_timeout(1500)  # until its stream is heard
    shown = page.locator(".workbench-item .task-title")
    row = page.locator(".row-item.is-at")
    press(page, "j", "j")
    at = row.get_attribute("data-key")
    expect(page.locator(".row-item[aria-current=true]")).to_have_attribute("data-key", str(at))
    expect(shown).to_have_text(row.locator(".row-title").inner_text())
    assert f"task={at}" in page.url
    # What the middle shows is what the list, fetched again, still marks.
    with scope.entered(factories.SYSTEM):
        chosen = Task.objects.get(pk=at)
        intake.take([a_press(a_button(factories.a_cell(facility=chosen.organization)))])
    expect(page.locator(".task-row")).to_have_count(4, timeout=4000)
    expect(page.locator(".row-item[aria-current=true]")).to_have_attribute("data-key", str(at))
    page.keyboard.press("a")
    expect(page.get_by_text("Accepted by Zhao Min").first).to_be_visible()
    with scope.entered(factories.SYSTEM):
        chosen.refresh_from_db()
        assert chosen.state == "accepted"


def test_a_result_begun_is_never_left_by_moving_on(sits: Sits, two_more: list[Cell]) -> None:
    page = sits(Post.PATROL)
    page.goto("/duty/")
    page.wait_for_timeout(1500)
    press(page, "j", "a")
    expect(page.get_by_text("Accepted by Zhao Min").first).to_be_visible()
    kept = page.url
    accepted = kept.split("task=")[1].split("#")[0]
    # What was accepted stands behind what was not, once the list is fetched anew.
    expect(page.locator(".task-row").last).to_have_attribute("data-key", accepted)
    page.keyboard.press("f")
    page.keyboard.type("Half a sen")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("k")
    row = page.locator(".row-item.is-at")
    expect(row.get_by_role("button", name="Accept and go")).to_be_visible()
    expect(row.locator("kbd")).to_be_visible()
    assert page.url == kept
    expect(page.locator(".workbench-item textarea[name=text]")).to_have_value("Half a sen")


def test_what_was_typed_stays_to_be_read_where_another_window_answered(
    sits: Sits, lived_in: house.House
) -> None:
    page, words = sits(Post.PATROL), "Stomach pain; the doctor"
    page.goto(f"/duty/?task={lived_in.task}")
    page.keyboard.press("a")
    page.locator(".workbench-item textarea[name=text]").type(words)
    with scope.entered(factories.SYSTEM):
        task = Task.objects.get(pk=lived_in.task)
        leader = factories.somebody(Post.LEADER, at=task.organization)
        duty.answer(task.pk, "Handled.", by=leader.actor)
    shown = page.locator(".workbench-item [data-unsent]")
    expect(shown).to_be_visible()
    expect(shown).to_contain_text("Your text was not sent")
    expect(shown).to_contain_text(words)
    # The part is fetched again with whatever happens next.
    with scope.entered(factories.SYSTEM):
        cell = factories.a_cell(facility=task.organization)
        intake.take([a_press(a_button(cell))])
    expect(page.locator(".task-row").filter(has_text=cell.name)).to_be_visible()
    page.wait_for_timeout(1000)
    expect(shown).to_contain_text(words)


def test_a_row_that_is_done_elsewhere_is_gone_over_and_opened_there(
    sits: Sits, lived_in: house.House
) -> None:
    page = sits(Post.PATROL)
    page.goto("/duty/")
    page.wait_for_timeout(1000)
    item = page.locator(".workbench-item .task-title")
    title = item.inner_text()
    rows = page.locator(".workbench-now .row-item")
    keys = rows.evaluate_all("rows => rows.map((row) => row.dataset.key)")
    at = next(at for at, key in enumerate(keys) if key.startswith("count:"))
    press(page, *"j" * at)
    expect(page.locator(".row-item.is-at")).to_have_attribute("data-key", keys[at])
    page.wait_for_timeout(500)
    assert item.inner_text() == title
    page.keyboard.press("Enter")
    page.wait_for_url("**/counts/*/")


def test_f_on_a_row_not_open_keeps_what_is_typed_next(sits: Sits, two_more: list[Cell]) -> None:
    page = sits(Post.PATROL)
    page.goto("/duty/")
    page.wait_for_timeout(1500)
    press(page, "j", "a")
    expect(page.get_by_text("Accepted by Zhao Min").first).to_be_visible()
    accepted = page.url.split("task=")[1].split("#")[0]
    page.goto("/duty/")
    page.wait_for_timeout(1000)
    keys = page.locator(".task-row").evaluate_all("rows => rows.map((row) => row.dataset.key)")
    press(page, *"j" * keys.index(accepted))
    expect(page.locator(".row-item.is-at")).to_have_attribute("data-key", accepted)
    page.keyboard.press("f")
    page.keyboard.type("All calm.")
    field = page.locator(".workbench-item textarea[name=text]")
    expect(field).to_be_focused()
    expect(field).to_have_value("All calm.")


def test_f_on_a_task_that_nobody_accepted_says_so(sits: Sits, two_more: list[Cell]) -> None:
    page = sits(Post.PATROL)
    page.goto("/duty/")
    page.keyboard.press("f")
    expect(page.get_by_role("alert").filter(has_text="Accept it first")).to_be_visible()


def test_no_key_leaves_a_frozen_screen(sits: Sits, two_more: list[Cell]) -> None:
    page = sits(Post.PATROL)
    page.goto("/duty/")
    page.wait_for_timeout(1500)
    page.context.set_offline(True)
    page.evaluate(
        """() => { const real = performance.now.bind(performance);
                   performance.now = () => real() + 16000; }"""
    )
    expect(page.locator("#stale")).to_be_visible(timeout=3000)
    here = page.url
    press(page, "j", "a", "f", "Enter")
    page.evaluate("document.querySelector('.task-accept').requestSubmit()")
    page.wait_for_timeout(500)
    assert page.url == here
    expect(page.locator("#stale")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#stale")).to_be_hidden(timeout=8000)
    assert page.locator("[inert]").count() == 0


def test_a_task_is_withdrawn_by_a_dialog_that_keeps_the_focus(
    sits: Sits, lived_in: house.House
) -> None:
    page = sits(Post.PATROL)
    page.goto(f"/duty/?task={lived_in.task}")
    page.wait_for_timeout(1500)  # until its stream is heard
    tab_to(page, "Withdraw the task")
    page.evaluate("window.before = document.activeElement")
    lived_in.someone(Post.PATROL)  # an entry: the live parts are fetched again
    for _ in range(50):
        if not page.evaluate("window.before.isConnected"):
            break
        page.wait_for_timeout(100)
    assert not page.evaluate("window.before.isConnected")
    assert page.evaluate("document.activeElement.dataset.opens") == "withdraw"
    page.keyboard.press("Enter")
    expect(page.locator("#withdraw")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#withdraw")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.opens") == "withdraw"
    page.keyboard.press("Enter")
    page.keyboard.type("Pressed by mistake.")
    tab_to(page, "Withdraw the task", 4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Withdrawn")).to_be_visible()


def test_admission_admits(sits: Sits) -> None:
    page = sits(Post.ADMISSION)
    page.wait_for_url("**/reception/")  # where this post begins
    tab_to(page, "Short form")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reception/admit/")
    tab_to(page, "name")
    page.keyboard.type("Li Si")
    tab_to(page, "sex", 2)
    page.keyboard.type("Male")
    tab_to(page, "number", 8)
    page.keyboard.type("101001001202603020099")
    tab_to(page, "basis", 3)
    page.keyboard.press("ArrowDown")
    tab_to(page, "basis_number", 3)
    page.keyboard.type("2026-17")
    tab_to(page, "cell", 12)
    page.keyboard.type("103")
    tab_to(page, "Check before it is recorded", 4)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What will be recorded")).to_be_visible()
    tab_to(page, "Record this admission")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Li Si")).to_be_visible()


def test_the_case_officer_finds_somebody_and_moves_them(sits: Sits, lived_in: house.House) -> None:
    page = sits(Post.CASE_OFFICER)
    page.keyboard.press("/")
    page.keyboard.type("王小川")
    expect(page.locator("#found [data-hit]")).to_have_count(1)
    press(page, "ArrowDown", "Enter")
    page.wait_for_url("**/people/*-*/")
    tab_to(page, "Move to another cell")
    page.keyboard.press("Enter")
    page.wait_for_url("**/move/")
    tab_to(page, "104")
    page.keyboard.press("Enter")
    page.wait_for_url("**cell=*")
    tab_to(page, "reason")
    page.keyboard.type("Asked for by the doctor")
    tab_to(page, "Move to cell 104", 3)
    page.keyboard.press("Enter")
    expect(page.get_by_text("To cell 104: Asked for by the doctor")).to_be_visible()
    with scope.entered(factories.SYSTEM):
        moved = Custody.objects.select_related("cell").get(detainee__name="王小川")
    assert moved.cell is not None
    assert moved.cell.name == "104"


def test_the_case_officer_records_a_need_and_finds_the_person_by_an_alias(
    sits: Sits, lived_in: house.House
) -> None:
    page = sits(Post.CASE_OFFICER)
    page.goto(f"/people/{lived_in.stay}/")
    expect(page.get_by_text("Care instruction · 每日两次胰岛素").first).to_be_visible()
    tab_to(page, "Record something")
    page.keyboard.press("Enter")
    tab_to(page, "Need", 3)
    page.keyboard.press("Enter")
    page.wait_for_url("**/facts/need/")
    page.get_by_label("Sort").select_option(label="Diet")
    tab_to(page, "text")
    page.keyboard.type("No peanuts")
    tab_to(page, "Record this fact", 4)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Diet · No peanuts").first).to_be_visible()
    page.goto(f"/people/{lived_in.stay}/facts/name/")
    page.get_by_label("Sort").select_option(label="Nickname")
    page.get_by_label("In words").fill("小㐂")
    page.get_by_role("button", name="Record this fact").click()
    expect(page.get_by_text("小㐂 · Nickname").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("xiaoxi")
    expect(page.locator("#found [data-hit]")).to_have_count(1)
    press(page, "ArrowDown", "Enter")
    page.wait_for_url(f"**/people/{lived_in.stay}/")


def test_the_doctor_narrows_and_orders_the_list_and_keeps_the_view(sits: Sits) -> None:
    page = sits(Post.MEDICAL, StaffKind.CLINICIAN)
    page.wait_for_url("**/duty/")  # where a post begins that has tasks
    tab_to(page, "People")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/")
    tab_to(page, "words")
    page.keyboard.type("王")
    page.keyboard.press("Enter")
    page.wait_for_url("**words=*")
    tab_to(page, "Save view")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_attribute("name", "name")  # the sheet begins with it
    page.keyboard.type("Mine")
    page.keyboard.press("Enter")
    expect(page.locator(".views")).to_contain_text("Mine")
    tab_to(page, "Name")
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Name")
    press(page, "j", "Enter")
    page.wait_for_url("**/people/*-*/")


def test_the_leader_walks_the_floor_plan_and_looks_at_operations(sits: Sits) -> None:
    page = sits(Post.LEADER)
    tab_to(page, "Facility")
    page.keyboard.press("Enter")
    page.wait_for_url("**/facility/")
    tab_to(page, "Kind of cell")
    page.keyboard.press("Enter")
    page.wait_for_url("**measure=kind")
    tab_to(page, "102 ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/?cell=*")
    tab_to(page, "More")
    page.keyboard.press("Enter")
    tab_to(page, "Operations")
    page.keyboard.press("Enter")
    page.wait_for_url("**/operations/")


def test_the_bell_is_read(sits: Sits) -> None:
    page = sits(Post.PATROL)
    # Two are unread; the number is of those that ask for something.
    expect(page.locator(".bell-count")).to_have_text("1")
    tab_to(page, "Notices")
    page.keyboard.press("Enter")
    tab_to(page, "Mark all as read")
    page.keyboard.press("Enter")
    expect(page.locator(".bell-count")).to_be_hidden()
    tab_to(page, "101 ", 4)
    page.keyboard.press("Escape")
    expect(page.locator("#bell")).not_to_have_attribute("open", "")


def test_the_duty_leader_goes_on_with_a_draft(sits: Sits, lived_in: house.House) -> None:
    page = sits(Post.DUTY_LEADER)
    page.goto("/wizard/gallery/")
    press(page, "j", "Enter")
    page.wait_for_url("**/things/")
    tab_to(page, "list")
    page.keyboard.type("One telephone")
    expect(page.locator("#saved")).to_contain_text("Saved", timeout=5000)
    tab_to(page, "counted", 2)
    page.keyboard.press("Space")
    tab_to(page, "Save and go on", 3)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ground/")
    tab_to(page, "document")
    page.keyboard.press("ArrowDown")
    tab_to(page, "number", 2)
    page.keyboard.type("2026-17")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    with scope.entered(factories.SYSTEM):
        kept = Draft.objects.get(pk=lived_in.draft).steps["ground"]["values"]
    assert kept["number"] == ["2026-17"]


def test_oversight_goes_from_its_facilities_to_one(
    browser: Browser, live_site: str, lived_in: house.House
) -> None:
    context = browser.new_context(base_url=live_site, locale="en-US")
    with scope.entered(factories.SYSTEM):
        acting = factories.somebody(Post.OVERSIGHT, at=factories.a_city())
    cookie = house.cookie_of(acting)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_site}])
    page = context.new_page()
    page.goto("/")
    tab_to(page, "Facility")
    page.keyboard.press("Enter")
    page.wait_for_url("**/facility/")
    press(page, "j", "Enter")
    page.wait_for_url(f"**/facility/{lived_in.facility.pk}/")
    context.close()


#: Posts whose main page is somebody's file: they find a person and read it.
READING = (
    (Post.RECEPTION, StaffKind.AUXILIARY),
    (Post.PSYCHOLOGIST, StaffKind.OTHER),
    (Post.FINANCE, StaffKind.OTHER),
    (Post.LOGISTICS, StaffKind.OTHER),
    (Post.RESIDENT_PROSECUTOR, StaffKind.OTHER),
)


def test_whoever_reads_files_finds_a_person_and_reads_theirs(
    sits: Sits, lived_in: house.House
) -> None:
    for post, kind in READING:
        page = sits(post, kind)
        page.keyboard.press("/")
        page.keyboard.type("王小川")
        expect(page.locator("#found [data-hit]")).to_have_count(1)
        press(page, "ArrowDown", "Enter")
        page.wait_for_url("**/people/*-*/")
        expect(page.get_by_role("heading", name="王小川").first).to_be_visible()
        tab_to(page, "Print")
        page.keyboard.press("Enter")
        page.wait_for_url("**/print/")


def test_the_prosecutor_goes_from_who_is_held_too_long_to_the_ground(
    sits: Sits, lived_in: house.House
) -> None:
    page = sits(Post.RESIDENT_PROSECUTOR, StaffKind.OTHER)
    tab_to(page, "Limits of custody")
    page.keyboard.press("Enter")
    page.wait_for_url("**/limits/")
    press(page, "j", "Enter")
    page.wait_for_url("**/people/*-*/limits/")


def test_the_escort_lets_somebody_out_through_the_gate(sits: Sits, lived_in: house.House) -> None:
    page = sits(Post.INTERROGATION)
    tab_to(page, "More")
    page.keyboard.press("Enter")
    tab_to(page, "Out and back")
    page.keyboard.press("Enter")
    page.wait_for_url("**/movements/")
    planned = page.locator(f".is-at a[href*='{lived_in.absence}']")
    for _ in range(6):
        page.keyboard.press("j")
        if planned.count():
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/movements/{lived_in.absence}/")
    tab_to(page, "escort")
    page.keyboard.type("Officers Chen and Wu")
    tab_to(page, "condition", 2)
    page.keyboard.type("No injuries")
    tab_to(page, "Record the departure", 3)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Left. The entry is on the record.").first).to_be_visible()
    with scope.entered(factories.SYSTEM):
        assert Absence.objects.get(pk=lived_in.absence).left_at is not None


@pytest.fixture
def proven(lived_in: house.House) -> Callable[[Post, StaffKind], Acting]:
    """Somebody who can say their password."""

    def proven(post: Post, kind: StaffKind = StaffKind.OFFICER) -> Acting:
        with scope.entered(factories.SYSTEM):
            return factories.somebody(post, kind, at=lived_in.facility, password=PASSWORD)

    return proven


PASSWORD = "seven-quiet-corridors"
Proven = Callable[..., Acting]


def test_each_administrator_does_their_part(sits: Sits, proven: Proven) -> None:
    page = sits(Post.SYSTEM_ADMIN, StaffKind.OTHER)
    page.wait_for_url("**/operations/")

    page = sits(Post.AUDIT_ADMIN, StaffKind.OTHER)
    tab_to(page, "who")
    page.keyboard.type("Zhao")
    page.keyboard.press("Enter")
    page.wait_for_url("**who=Zhao*")

    page = sits(Post.SECURITY_ADMIN, acting=proven(Post.SECURITY_ADMIN, StaffKind.OTHER))
    page.wait_for_url("**/administration/accounts/")
    tab_to(page, "Make an account")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new/")
    filled = {"username": "li-min", "name": "Li Min", "number": "990001", "kind": "Officer"}
    for field, words in (filled | {"post": "Patrol", "own_password": PASSWORD}).items():
        tab_to(page, field, 12)
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_text("li-min").first).to_be_visible()
    assert User.objects.filter(username="li-min").exists()


def test_two_officers_decide_together_without_a_mouse(
    sits: Sits, lived_in: house.House, proven: Proven
) -> None:
    leader, deputy = proven(Post.LEADER), proven(Post.DUTY_LEADER)
    with scope.entered(factories.SYSTEM):
        entry = Entry.objects.get(custody_id=lived_in.stay, kind="custody.admitted")
    first = sits(Post.LEADER, acting=leader)
    erasing = f"/people/{lived_in.stay}/entries/{entry.pk}/erase/"
    first.goto(erasing)
    tab_to(first, "Erase by law")
    first.keyboard.press("Enter")
    expect(first.get_by_role("dialog")).to_be_visible()
    first.keyboard.type("CPL 286")
    for field, words in (("reason", "A minor's record is sealed."), ("own_password", PASSWORD)):
        tab_to(first, field, 4)
        first.keyboard.type(words)
    tab_to(first, "Erase this content", 6)
    first.keyboard.press("Enter")
    expect(first.get_by_text("You have asked already")).to_be_visible()

    second = sits(Post.DUTY_LEADER, acting=deputy)
    second.goto("/confirmations/")
    press(second, "j", "Enter")
    second.wait_for_url("**/confirmations/*-*/")
    expect(second.get_by_text("A minor's record is sealed.")).to_be_visible()
    tab_to(second, "own_password")
    second.keyboard.type(PASSWORD)
    tab_to(second, "Confirm as the second person", 4)
    second.keyboard.press("Enter")
    expect(second.get_by_text("Confirmed. Whoever asked")).to_be_visible()

    first.goto(erasing)
    tab_to(first, "Erase by law")
    first.keyboard.press("Enter")
    tab_to(first, "own_password", 4)
    first.keyboard.type(PASSWORD)
    tab_to(first, "Erase this content", 8)
    first.keyboard.press("Enter")
    expect(first.get_by_text("Erased.").first).to_be_visible()
