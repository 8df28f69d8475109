"""A wall board: what is open, gravest first, by cell. It names nobody."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from custos.foundation import clock, gate
from custos.prevention.duty import queries

#: Severity 1 and 2.
_GRAVEST = 2
#: What a board has room for: two columns of nine rows, as `workbenches.css` lays them out.
_ROOM = 18


def _shown(request: HttpRequest) -> dict[str, Any]:
    board = request.board  # type: ignore[attr-defined]
    tasks, more = queries.open_tasks(_GRAVEST, _ROOM)
    return {
        "board": board,
        "theme": "dark",
        "organization": board.organization,
        "live_key": f"board-{board.board}",
        "tasks": tasks,
        "more": more,
        "now": clock.now(),
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
