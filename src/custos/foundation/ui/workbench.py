"""What stands on a workbench besides its tasks: more to do now, what comes next, whose people they are.

An app with a `workbench.py` registers what it has for some posts; the module is loaded at start-up:

    workbench.register(workbench.NEXT, "releases", leaving, posts=(Post.ADMISSION,))

A provider is asked with whoever acts, in their scope, each time the part of the page is fetched: it asks
the database a fixed and small number of questions, and gives a few of what comes first. People are
named by their stay alone; the page names them all at once, for the access log.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID


class Place(Enum):
    """Where on a workbench something stands."""

    NOW = auto()
    NEXT = auto()
    PEOPLE = auto()
    POSTS = auto()


NOW, NEXT, PEOPLE, POSTS = Place

#: What has room; what stands further down isn't what comes next.
MOST_NEXT, MOST_PEOPLE = 8, 18


@dataclass(frozen=True, slots=True)
class Todo:
    """Something to do now that is no task, as a row of the list of now. Given for `NOW`.

    `key` is the same as long as it is the same row; `by` says by when it was or is to be done, `since`
    how long it has waited where nothing says by when; `state` is a tone and its word. `custody` or, for
    whoever isn't in custody yet, `whom` says who it is about.
    """

    key: str
    title: Any
    url: str
    severity: int
    state: tuple[str, Any]
    by: datetime | None = None
    since: datetime | None = None
    note: Any = ""
    custody: UUID | None = None
    whom: str = ""

    @property
    def order(self) -> tuple[int, int, float]:
        """Where it stands in the list of now: the gravest first, then what waits longest."""
        at = self.by or self.since
        return self.severity, 0, at.timestamp() if at else 0


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that comes next. Given for `NEXT`. `due`: something must be done by then, it doesn't just
    happen. `custody` and `whom` as in `Todo`.
    """

    title: Any
    at: datetime
    due: bool = False
    note: Any = ""
    url: str = ""
    custody: UUID | None = None
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Theirs:
    """One of the post's people. Given for `PEOPLE`.

    `rank` says how much at risk they are: 0 who may not be left alone, or shouldn't be here any more; 1 who
    needs something soon; 2 all others. `why` may be empty where the signs of their chip say it.
    """

    custody: UUID
    rank: int
    why: Any = ""
    at: datetime | None = None
    due: bool = False


@dataclass(frozen=True, slots=True)
class Manned:
    """A post and who is on it. Given for `POSTS`. Above them stands what is wrong: late or short."""

    title: Any
    wrong: tuple[Any, ...]
    people: tuple["OnIt", ...]


@dataclass(frozen=True, slots=True)
class OnIt:
    """Somebody on a post: since when, and when they last wrote anything; None where they haven't lately."""

    name: str
    since: datetime
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """One of the post's people with all that was said of them, the most pressing first."""

    custody: UUID
    rank: int
    whys: tuple[Theirs, ...]


#: Asked with `request.acting`, never None.
Provider = Callable[[Any], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class _Part:
    give: Provider
    posts: frozenset[Any]


_parts: dict[Place, dict[str, _Part]] = {place: {} for place in Place}


def register(place: Place, name: str, give: Provider, *, posts: Collection[Any]) -> None:
    """Let a module's part stand on the workbenches of some posts; the same name replaces it."""
    _parts[place][name] = _Part(give, frozenset(posts))


def _given(place: Place, acting: Any) -> list[Any]:
    parts = sorted(_parts[place].items())
    return [one for _name, part in parts if acting.post in part.posts for one in part.give(acting)]


def now(acting: Any) -> list[Todo]:
    """What there is to do now besides tasks, gravest first, of these what waits longest."""
    return sorted(_given(NOW, acting), key=lambda one: one.order)


def coming(acting: Any, about: Collection[UUID] | None = None) -> list[Coming]:
    """What comes next, soonest first; of people in custody those alone whom it is `about`."""
    found = sorted(_given(NEXT, acting), key=lambda one: one.at)
    return [one for one in found if about is None or not one.custody or one.custody in about]


def posts(acting: Any) -> list[Manned]:
    """The posts of a facility and who is on them, those first of which something is wrong."""
    return sorted(_given(POSTS, acting), key=lambda one: not one.wrong)


def people(acting: Any, about: Collection[UUID] | None = None) -> list[Person]:
    """The post's people, those at risk first, each once with all that was said of them.

    Where somebody's own people are known (`about`), all of them and nobody else.
    """
    found: dict[UUID, list[Theirs]] = {custody: [Theirs(custody, 2)] for custody in about or ()}
    for one in _given(PEOPLE, acting):
        if about is None or one.custody in about:
            found.setdefault(one.custody, []).append(one)
    whole = [
        Person(custody, min(one.rank for one in said), tuple(sorted(said, key=_pressing)))
        for custody, said in found.items()
    ]
    return sorted(whole, key=lambda one: _pressing(one.whys[0]))


def _pressing(one: Theirs) -> tuple[int, float]:
    return one.rank, one.at.timestamp() if one.at else float("inf")
