"""A wall board receives, names nobody, and can be revoked."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from custos.foundation import clock
from custos.foundation.accounts import boards
from custos.foundation.accounts.models import Access, Board
from custos.foundation.custody.tests.worlds import gone
from custos.foundation.database import scope
from custos.foundation.errors import Malformed
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from custos.prevention.duty import queries, services
from custos.prevention.duty.information import services as information
from custos.prevention.duty.models import Task
from custos.prevention.duty.rounds import services as rounds
from custos.prevention.duty.shifts import services as shifts
from custos.web.workbenches.board import rooms_of, rows_of
from tests.factories import BY_SYSTEM, SYSTEM, a_cell, a_detainee, a_facility, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def cell() -> Cell:
    cell = a_cell(facility=a_facility())
    a_detainee(in_cell=cell, name="Wang Jianguo")
    intake.take([a_press(a_button(cell))])
    return cell


def a_code(cell: Cell, post: Post = Post.LEADER) -> str:
    """A code by the page, as whoever may make one."""
    client = Client(headers={"accept-language": "en"})
    acting = somebody(post, at=cell.organization)
    client.force_login(acting.user, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("boards")
    assert client.post(page, {"name": "Control room"}).headers["Location"] == page
    code = shown_code(client.get(page))
    assert 'class="code-shown"' not in client.get(page).content.decode(), "it is shown once"
    return code


def shown_code(page: Any) -> str:
    said: str = page.content.decode()
    return said.split('<p class="code-shown"><code>')[1].split("</code>")[0]


def a_screen(code: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.post(reverse("board_enroll"), {"code": code})
    return client


@pytest.mark.parametrize("post", boards.ENROLLING)
def test_a_screen_shows_what_is_open_by_cell_and_names_nobody(cell: Cell, post: Post) -> None:
    elsewhere = a_cell(facility=a_facility())
    intake.take([a_press(a_button(elsewhere))])
    screen = a_screen(a_code(cell, post))
    for page in (reverse("board"), reverse("board_open")):
        shown = screen.get(page).content.decode()
        assert f"<strong>{cell.name} " in shown
        assert "Level 1" in shown
        assert f"<strong>{elsewhere.name} " not in shown
        assert "Wang" not in shown
    assert not Access.objects.exists()
    assert "_auth_user_id" not in screen.session
    assert Entry.objects.filter(kind="board.enrolled").count() == 1


def pressed(count: int, facility: Organization) -> list[Cell]:
    """Cells in which the button was pressed, a minute after each other, the last one now."""
    cells, now = [], clock.now()
    for index in range(count):
        cells.append(a_cell(facility=facility))
        with clock.set_to(now - timedelta(minutes=count - index)):
            intake.take([a_press(a_button(cells[-1]))])
    return cells


def test_the_longest_ignored_stand_on_top_though_they_climbed(cell: Cell) -> None:
    first, *_others = pressed(5, cell.organization)
    assert services.sweep()  # what climbs is looked at again later than what just came
    shown = a_screen(a_code(cell)).get(reverse("board_open")).content.decode()
    assert shown.index(f"<strong>{first.name} ") < shown.index(f"<strong>{cell.name} ")
    listed = [task.cell_name for task in queries.open_tasks(2, 18)[0]]
    patrol = somebody(Post.PATROL, at=cell.organization).actor
    assert listed == [task.cell_name for task in queries.now_list(patrol)]


def test_what_has_no_room_is_counted_and_what_nobody_accepted_is_shown_before(cell: Cell) -> None:
    oldest, *_others = pressed(20, cell.organization)
    patrol = somebody(Post.PATROL, at=cell.organization)
    services.accept(Task.objects.get(cell=oldest).pk, by=patrol.actor)
    shown = a_screen(a_code(cell)).get(reverse("board_open")).content.decode()
    assert shown.count("<li data-key") == 7
    assert f"<strong>{oldest.name} " not in shown
    assert "14 more items not shown" in shown
    assert " over<" in shown


def test_the_list_of_boards_says_how_each_stands_and_a_lost_code_is_renewed(cell: Cell) -> None:
    with clock.set_to(clock.now() - timedelta(minutes=11)):
        lost = a_code(cell)
    leader = somebody(Post.LEADER, at=cell.organization)
    client = Client(headers={"accept-language": "en"})
    client.force_login(leader.user, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("boards")
    assert "code ran out unused" in client.get(page).content.decode()
    renewed = client.post(page, {"renew": str(Board.objects.get().pk)}, follow=True)
    assert "waits for its code" in renewed.content.decode()
    code = shown_code(renewed)
    old = Client(headers={"accept-language": "en"}).post(reverse("board_enroll"), {"code": lost})
    assert "for a new code" in old.content.decode()
    a_screen(code)
    shown = client.get(page).content.decode()
    assert "in use" in shown
    assert "New code" not in shown
    client.raise_request_exception = False
    assert client.post(page, {"renew": str(Board.objects.get().pk)}).status_code == 404


def test_a_code_is_good_once_and_for_ten_minutes(cell: Cell) -> None:
    code = a_code(cell)
    a_screen(code)
    late = a_code(cell)
    with clock.set_to(clock.now() + timedelta(minutes=11)), pytest.raises(Malformed):
        boards.enroll(late)
    for wrong in (code, "", "0000000000", "x", "1" * 200):
        with pytest.raises(Malformed):
            boards.enroll(wrong)
    assert Board.objects.filter(enrolled_at__isnull=False).count() == 1
    kept = str(list(Board.objects.values()))
    assert code not in kept
    assert late not in kept


def test_a_revoked_board_shows_nothing_more(cell: Cell) -> None:
    screen = a_screen(a_code(cell))
    assert screen.get(reverse("board")).status_code == 200
    leader = somebody(Post.LEADER, at=cell.organization)
    client = Client()
    client.force_login(leader.user, backend="django.contrib.auth.backends.ModelBackend")
    wanted = {"revoke": str(Board.objects.get().pk)}
    answer = client.post(reverse("boards"), wanted)
    assert answer.status_code == 422, "one click revokes nothing"
    assert screen.get(reverse("board")).status_code == 200
    client.post(reverse("boards"), wanted | {"reason": "The screen is broken"})
    assert screen.get(reverse("board")).headers["Location"] == reverse("board_enroll")
    entry = Entry.objects.get(kind="board.revoked", by_ref=str(leader.staff.pk))
    assert "The screen is broken" in record.line(entry.pk).text


def test_another_facilitys_board_is_not_revoked(cell: Cell) -> None:
    a_screen(a_code(cell))
    stranger = somebody(Post.LEADER)
    client = Client(raise_request_exception=False)
    client.force_login(stranger.user, backend="django.contrib.auth.backends.ModelBackend")
    wanted = {"revoke": str(Board.objects.get().pk), "reason": "The screen is broken"}
    answer = client.post(reverse("boards"), wanted)
    assert answer.status_code == 404
    assert Board.objects.get().revoked_at is None


def test_what_is_alike_and_presses_nobody_takes_one_row() -> None:
    now = clock.now()

    def a_task(severity: int, title: str, minutes: int, cell: str, tone: str = "todo") -> Any:
        due = now + timedelta(minutes=minutes)
        return SimpleNamespace(
            severity=severity, title=title, wanted_by=due, cell_name=cell, tone=tone
        )

    rows = rows_of(
        [
            a_task(1, "button", 3, "101"),
            a_task(1, "button", 4, "102"),
            a_task(2, "delivery", -1, "103"),
            a_task(2, "delivery", 50, "104"),
            a_task(2, "delivery", 60, "105"),
            a_task(2, "delivery", 70, "104"),
            a_task(2, "delivery", 80, "106", "doing"),
        ],
        now,
    )
    assert [(row.places, row.count, row.presses(now)) for row in rows] == [
        ("101", 1, True),
        ("102", 1, True),
        ("103", 1, True),
        ("104 105", 3, False),
        ("106", 1, False),
    ]
    assert rows[3].task.wanted_by == now + timedelta(minutes=50)


def test_the_plan_shows_each_cell_with_its_people_and_what_is_open_in_it(cell: Cell) -> None:
    calm = a_cell(facility=cell.organization)
    closed = a_cell(facility=cell.organization)
    organizations.take_cell_out_of_use(
        closed.pk, reason="leak", expected_return=clock.today() + timedelta(days=2), by=BY_SYSTEM
    )
    elsewhere = a_cell(facility=a_facility())
    shown = a_screen(a_code(cell)).get(reverse("board_open")).content.decode()
    assert f'aria-label="{cell.name} 1, level 1 open"' in shown
    assert f'aria-label="{calm.name} 0, 0 in {calm.capacity} places"' in shown
    assert f'aria-label="{closed.name} —, out of use"' in shown
    assert f'aria-label="{elsewhere.name} ' not in shown


def test_more_people_than_places_stand_on_the_plan_with_both_numbers(cell: Cell) -> None:
    Cell.objects.filter(pk=cell.pk).update(capacity=2)
    (_area, (room,)) = rooms_of([Cell.objects.get(pk=cell.pk)], {cell.pk: 3}, {})[0]
    assert (room.label, room.tone) == ("3/2", "over")
    (_area, (room,)) = rooms_of([Cell.objects.get(pk=cell.pk)], {cell.pk: 3}, {cell.pk: 2})[0]
    assert room.tone == "two", "what is open stands before how full it is"


def test_the_board_says_how_the_house_stands(cell: Cell) -> None:
    place = cell.organization
    a_detainee(in_cell=cell)
    gone(a_detainee(in_cell=cell, name="Li Si"))
    for _ in range(2):
        shifts.sign_on(place.pk, by=somebody(Post.PATROL, at=place).actor)
    organizations.record_base(
        place,
        valid_from=clock.today(),
        grade="1",
        capacity=2,
        square_metres=Decimal(100),
        staff={"officer": 9},
        installations=[],
        last_inspected_on=clock.today(),
        last_inspection_result="good",
        by=BY_SYSTEM,
    )
    shown = a_screen(a_code(cell)).get(reverse("board_open")).content.decode()
    assert '<span class="board-whom">Patrol</span>' in shown
    for title, figure in (("held", 3), ("present", 2), ("out", 1), ("overdue", 0)):
        assert f"<dt>{title}</dt><dd>{figure}</dd>" in shown
    assert "<dd>150 %</dd>" in shown
    assert "more people than places" in shown
    assert "<span>Patrol</span><b>2</b>" in shown
    assert "Wang" not in shown
    assert not Access.objects.exists()


def test_what_ended_last_stands_at_the_foot(cell: Cell) -> None:
    patrol = somebody(Post.PATROL, at=cell.organization)
    task = Task.objects.get(cell=cell)
    services.accept(task.pk, by=patrol.actor)
    services.answer(task.pk, "Wang Jianguo is well.", by=patrol.actor)
    shown = a_screen(a_code(cell)).get(reverse("board_open")).content.decode()
    ended = shown.split('class="board-last"')[1]
    assert f"<span>{cell.name} " in ended
    assert "is well" not in ended, "what was said names people"
    assert patrol.staff.name not in ended


def test_a_board_above_facilities_has_no_plan_and_room_for_more(cell: Cell) -> None:
    assert cell.organization.parent is not None
    pressed(14, cell.organization)
    leader = somebody(Post.LEADER, at=cell.organization.parent)
    _board, code = boards.make("Centre of the city", by=leader)
    shown = a_screen(code).get(reverse("board_open")).content.decode()
    assert "board-drawing" not in shown
    assert shown.count("<li data-key") == 14


def test_cells_that_nobody_looked_into_are_counted_where_rounds_are_kept(cell: Cell) -> None:
    screen = a_screen(a_code(cell))
    assert "cells missed" not in screen.get(reverse("board_open")).content.decode()
    with clock.set_to(clock.now() - timedelta(minutes=40)):
        information.adopt(
            "rounds: {}",
            facility=cell.organization_id,
            valid_from=clock.today(),
            reason="x",
            by=somebody(Post.LEADER, at=cell.organization).actor,
        )
    rounds.sweep()
    shown = screen.get(reverse("board_open")).content.decode()
    assert "<dt>cells missed</dt><dd>1</dd>" in shown
    assert "of 1 cell with people" in shown
