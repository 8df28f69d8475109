"""A wall board: what is open, gravest first, by cell. It names nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from custos.foundation import clock, gate
from custos.prevention.duty import queries
from custos.prevention.duty.queries import TaskShown

#: Severity 1 and 2.
_GRAVEST = 2
#: What a board has room for: two columns of nine rows, as `workbenches.css` lays them out.
_ROOM = 18
#: What is looked at to fill it: alike rows take one place together.
_READ = 200
#: So many cells are named in one row; of more, their number alone.
_NAMED = 4


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


def _shown(request: HttpRequest) -> dict[str, Any]:
    board = request.board  # type: ignore[attr-defined]
    now = clock.now()
    tasks, unread = queries.open_tasks(_GRAVEST, _READ)
    rows = rows_of(tasks, now)
    return {
        "board": board,
        "theme": "dark",
        "organization": board.organization,
        "live_key": f"board-{board.board}",
        "rows": [(row, row.presses(now)) for row in rows[:_ROOM]],
        "more": unread + sum(row.count for row in rows[_ROOM:]),
        "now": now,
    }


@require_GET
@gate.board
def page(request: HttpRequest) -> HttpResponse:
    """The whole screen."""
    return render(request, "workbenches/board.html", _shown(request))


@require_GET
@gate.board
def part(request: HttpRequest) -> HttpResponse:
    """What is open, as the live part fetches it."""
    return render(request, "workbenches/_board.html", _shown(request))
