"""What the modules bring to a post's workbench, ready to show: people are named here, all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any
from uuid import UUID

from custos.foundation.accounts import access
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import queries as custody
from custos.foundation.custody.queries import PersonShown
from custos.foundation.record.parties import Post
from custos.foundation.ui import workbench
from custos.foundation.ui.wording import enumerated
from custos.foundation.ui.workbench import Coming, Theirs, Todo
from custos.prevention.duty.queries import TaskShown
from custos.prevention.duty.roster import leading


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list of now: a task, or something else to do with whom it is about."""

    task: TaskShown | None = None
    todo: Todo | None = None
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next, with whom it is about."""

    one: Coming
    whom: str


@dataclass(frozen=True, slots=True)
class Chip:
    """One of the post's people, and why they stand here."""

    person: PersonShown
    rank: int
    whys: tuple[Theirs, ...]


@dataclass(frozen=True, slots=True)
class Led:
    """The cells that a case officer looks after, by id with their names, and who is in them, by stay."""

    cells: dict[UUID, str]
    people: frozenset[UUID]

    def place(self, task: TaskShown) -> int:
        """Where a task stands: what is of severity 1, then what is about theirs, then the rest."""
        theirs = task.custody_id in self.people or task.cell_id in self.cells
        return 0 if task.severity == 1 else 1 if theirs else 2

    def place_of(self, row: "Row") -> int:
        """The same of a row of the list of now."""
        if row.task:
            return self.place(row.task)
        assert row.todo is not None  # a row is the one or the other
        return 0 if row.todo.severity == 1 else 1 if row.todo.custody in self.people else 2


def led(acting: Acting) -> Led | None:
    """What a case officer looks after; None for other posts and where no cell is noted. Two queries."""
    if acting.post is not Post.CASE_OFFICER:
        return None
    cells = leading.cells_of(acting.organization.pk, acting.actor.ref)
    return Led(cells, frozenset(leading.people_in(cells.keys()))) if cells else None


def todos(acting: Acting) -> list[Row]:
    """What there is to do besides tasks, with whom it is about. Nobody where they can't be noted."""
    found = workbench.now(acting)
    held = {one.custody for one in found if one.custody}
    people = custody.named(held) if held else {}
    return [Row(todo=one, whom=_whom(one, people)) for one in found]


def merged(tasks: Sequence[TaskShown], others: Sequence[Row]) -> list[Row]:
    """Tasks and what else there is to do as one list: the gravest first, then what nobody has taken on,
    then what waits longest. Tasks keep the order in which they come. Pure.
    """

    def order(row: Row) -> tuple[int, int, float]:
        if row.todo:
            return row.todo.order
        assert row.task is not None  # a row is the one or the other
        return row.task.severity, row.task.tone != "todo", row.task.wanted_by.timestamp()

    return list(merge((Row(task=task) for task in tasks), sorted(others, key=order), key=order))


def of(acting: Acting, led: Led | None = None) -> dict[str, Any]:
    """What comes next, the posts, and the post's people, those at risk first; those whom somebody leads."""
    about = led.people if led else None
    whole = workbench.coming(acting, about)
    coming = whole[: workbench.MOST_NEXT]
    theirs = workbench.people(acting, about)
    first = theirs[: workbench.MOST_PEOPLE]
    held = {one.custody for one in first} | {one.custody for one in coming if one.custody}
    people = custody.named(held) if held else {}
    return {
        "led": enumerated(led.cells.values()) if led else "",
        "leads_all": acting.post is Post.CASE_OFFICER and led is None,
        "coming": [Next(one, _whom(one, people)) for one in coming],
        "more_coming": len(whole) - len(coming),
        "posts": workbench.posts(acting),
        "theirs": [
            Chip(people[one.custody], one.rank, one.whys)
            for one in first
            # Who has left meanwhile isn't among the post's people.
            if one.custody in people and people[one.custody].ended_at is None
        ],
        "more_people": len(theirs) - len(first),
        "people_withheld": access.withheld(),
    }


def _whom(one: Todo | Coming, people: dict[Any, PersonShown]) -> str:
    if access.withheld():
        return ""
    if one.custody in people:
        person = people[one.custody]
        return f"{person.name} · {person.cell_name}" if person.cell_name else person.name
    return one.whom
