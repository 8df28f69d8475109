"""A wall board: the floor plan, what is open, gravest first, and how the house stands. It names nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from custos.foundation import clock, gate
from custos.foundation.custody import roll
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.ui import plans
from custos.foundation.ui.plans import BoardRoom, BoardTone
from custos.management.timelimits import queries as timelimits
from custos.prevention.duty import queries
from custos.prevention.duty.handover import queries as handover
from custos.prevention.duty.queries import TaskShown
from custos.prevention.duty.rounds import queries as rounds
from custos.prevention.duty.shifts import queries as shifts

#: Severity 1 and 2.
_GRAVEST = 2
#: What a board has room for beside the plan, and in two columns where there is none, as
#: `workbenches.css` lays them out.
_ROOM, _ROOM_ALONE = 7, 14
#: What is looked at to fill it: alike rows take one place together.
_READ = 200
#: So many cells are named in one row; of more, their number alone.
_NAMED = 4
#: Posts and ended tasks that have room; names in letters stand one a line.
_POSTS, _POSTS_IN_LETTERS, _LAST = 6, 4, 3


@dataclass(slots=True)
class Row:
    """One row of the board: a task, or several alike that press nobody, by the first that is due."""

    task: TaskShown
    cells: list[str] = field(default_factory=list)
    count: int = 1

    @property
    def places(self) -> str:
        """The cells, as far as there is room for them."""
        named = list(dict.fromkeys(cell for cell in self.cells if cell))
        return " ".join(named) if len(named) <= _NAMED else ""

    def presses(self, now: datetime) -> bool:
        """Whether it is told in red: nobody has accepted it, and it is of the gravest or late."""
        return self.task.tone == "todo" and (self.task.severity == 1 or self.task.wanted_by < now)


def rows_of(tasks: Sequence[TaskShown], now: datetime) -> list[Row]:
    """The rows, in the order of the tasks; those alike that press nobody stand as one. Pure."""
    rows: list[Row] = []
    alike: dict[tuple[Any, ...], Row] = {}
    for task in tasks:
        row = Row(task, [task.cell_name])
        if row.presses(now) or task.severity == 1:
            rows.append(row)
            continue
        key = (task.severity, task.title, task.tone, task.wanted_by < now)
        if key in alike:
            alike[key].cells.append(task.cell_name)
            alike[key].count += 1
        else:
            alike[key] = row
            rows.append(row)
    return rows


def rooms_of(
    cells: Sequence[Cell], people: Mapping[UUID, int], gravest: Mapping[UUID | None, int]
) -> list[tuple[str, list[BoardRoom]]]:
    """The cells by area, each with how many have a place in it and what stands out about it. Pure."""
    areas: dict[str, list[BoardRoom]] = {}
    for cell in cells:
        held = people.get(cell.pk, 0)
        tone, meaning = _tone(cell, held, gravest.get(cell.pk))
        label = f"{held}/{cell.capacity}" if held > cell.capacity else str(held)
        label = "—" if cell.out_of_use and not held else label
        name = cell.area.name if cell.area else ""
        areas.setdefault(name, []).append(BoardRoom(cell.name, label, tone, meaning))
    return list(areas.items())


def _tone(cell: Cell, held: int, severity: int | None) -> tuple[BoardTone, Any]:
    if severity == 1:
        return "one", _("level 1 open")
    if severity == 2:
        return "two", _("level 2 open")
    if cell.out_of_use:
        return "none", _("out of use")
    if held > cell.capacity:
        return "over", _("more people than places")
    return "calm", _("%(people)s in %(places)s places") % {"people": held, "places": cell.capacity}


def _shown(request: HttpRequest) -> dict[str, Any]:
    board = request.board  # type: ignore[attr-defined]
    place: Organization = board.organization
    now = clock.now()
    tasks, unread = queries.open_tasks(_GRAVEST, _READ)
    rows = rows_of(tasks, now)
    rolled = roll.at(place.pk, now)
    plan = _plan(place, rolled, tasks)
    room = _ROOM if plan else _ROOM_ALONE
    posts = shifts.posts_now(place.pk) if place.tier is Tier.FACILITY else []
    watched, missed = rounds.behind(place.pk)
    handover_since = handover.open_since(place.pk)
    in_signs = (get_language() or "").startswith("zh")
    # What is said below them takes a line of theirs.
    post_room = _POSTS if in_signs else _POSTS_IN_LETTERS - bool(handover_since)
    return {
        "board": board,
        "theme": "dark",
        "organization": place,
        "live_key": f"board-{board.board}",
        "rows": [(row, row.presses(now)) for row in rows[:room]],
        "more": unread + sum(row.count for row in rows[room:]),
        "now": now,
        "plan": plan,
        "across": plans.ACROSS,
        "down": plans.DOWN,
        "roll": rolled,
        "places": organizations.capacities_at(clock.today()).get(place.pk),
        "posts": posts[:post_room],
        "more_posts": len(posts[post_room:]),
        "handover_since": handover_since,
        "watched": watched,
        "missed": missed,
        "limits": timelimits.figures(place.pk),
        "last": queries.last_ended(_GRAVEST, _LAST),
    }


def _plan(
    place: Organization, rolled: roll.Roll, tasks: Sequence[TaskShown]
) -> plans.BoardDrawing | None:
    """The plan of a facility; None of a higher tier, and where no cells are set up."""
    cells = organizations.cells(place) if place.tier is Tier.FACILITY else []
    if not cells:
        return None
    people = {one.cell: one.placed for one in rolled.cells}
    # The gravest come first, and the first of a cell counts.
    gravest: dict[UUID | None, int] = {}
    for task in tasks:
        gravest.setdefault(task.cell_id, task.severity)
    return plans.on_a_board(rooms_of(cells, people, gravest))


@require_GET
@gate.board
def page(request: HttpRequest) -> HttpResponse:
    """The whole screen."""
    return render(request, "workbenches/board.html", _shown(request))


@require_GET
@gate.board
def part(request: HttpRequest) -> HttpResponse:
    """What is open and how the house stands, as the live part fetches it."""
    return render(request, "workbenches/_board.html", _shown(request))
