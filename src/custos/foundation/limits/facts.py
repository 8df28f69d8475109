"""Reading a case: JSON-like values in, facts in the order of their dates out, and what is wrong with them.

A fact that cannot be read is refused and leaves no trace but its problem; that never lengthens custody.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple

from custos.foundation.limits import law
from custos.foundation.limits.dates import DAY

#: Beijing time, DA-13 of the reference.
BEIJING = timezone(timedelta(hours=8))

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:$|[T ])")
_COMMON = frozenset({"type", "at", "person", "document", "travel_days", "weeks"})
#: Fields that are true or false, and those that are dates.
FLAGS = frozenset(
    {
        "co_defendant_of_death_case",
        "combined",
        "complex",
        "first_time",
        "minor",
        "pregnant_or_nursing",
        "repeated",
        "serious",
    }
)
DATES = frozenset({"until", "approved_on", "decided_on", "from", "born"})
_LARGEST = {"months": 600, "years": 50, "days": 20_000}


class Problem(NamedTuple):
    """Something wrong: its code, the fact by its place in the input, and what its words name."""

    code: str
    event: int | None
    said: Mapping[str, object]


class Fact:
    """One dated fact. `at` is an instant; `whole_day` says that only its day is known."""

    __slots__ = ("at", "data", "day", "index", "type", "whole_day")

    def __init__(
        self, kind: str, at: int, whole_day: bool, index: int, data: dict[str, Any]
    ) -> None:
        self.type, self.at, self.whole_day, self.index, self.data = kind, at, whole_day, index, data
        self.day = at // DAY


class Case(NamedTuple):
    """A case that was read. `as_of` is None where nothing can be computed.

    `known_until` is the last instant that is known: of an `as_of` that is only a day, its last one.
    """

    id: object
    facility_kind: object
    as_of: int | None
    known_until: int
    facts: list[Fact]
    problems: list[Problem]


@cache
def _fields(kind: str) -> tuple[frozenset[str], tuple[str, ...], dict[str, frozenset[str]]]:
    """What a fact may carry, what it must, and the codes of its coded fields, by their JSON names."""
    codes = law.codes()
    may, must, coded = set(_COMMON), [], {"document": frozenset(codes["document"])}
    for name in law.events()[kind].fields:
        plain = name.rstrip("*")
        shown = "kind" if plain.endswith("_kind") else plain
        may.add(shown)
        if name.endswith("*"):
            must.append(shown)
        if plain in codes:
            coded[shown] = frozenset(codes[plain])
    return frozenset(may), tuple(must), coded


def instant(value: object) -> tuple[int, bool, str | None]:
    """An instant of Beijing time, whether only its day is known, and what is wrong (None: nothing).

    Takes a date or an ISO 8601 instant. `TIME_ZONE_MISSING` still gives the instant; every other
    code gives none.
    """
    # Weeks and dates without hyphens are ISO 8601 too, but on no paper.
    if not isinstance(value, str) or value[4:5] != "-" or value[7:8] != "-":
        return 0, False, "DATE_UNREADABLE"
    whole_day, wrong = len(value) == 10, None
    try:
        if whole_day:
            found = date.fromisoformat(value)
            at = found.toordinal() * DAY
        else:
            if len(value) == 25 and value[16] == ":" and value.endswith("+08:00"):
                # As instants are written here: nothing to convert, which takes longest.
                moment = datetime.fromisoformat(value[:19])
            else:
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is None:
                    wrong = "TIME_ZONE_MISSING"
                else:
                    moment = moment.astimezone(BEIJING)
            found = moment
            at = moment.toordinal() * DAY + moment.hour * 3600 + moment.minute * 60 + moment.second
    except (ValueError, OverflowError):
        return 0, whole_day, _why_not(value)
    if not 1990 <= found.year <= 2199:
        return 0, whole_day, "DATE_IMPLAUSIBLE"
    return at, whole_day, wrong


def _why_not(value: str) -> str:
    match = _DATE.match(value)
    if not match:
        return "DATE_UNREADABLE"
    _, month, day = (int(part) for part in match.groups())
    if (month, day) == (2, 29):
        return "NOT_A_LEAP_YEAR"
    try:
        date(2000, month, day)
    except ValueError:
        return "DATE_DOES_NOT_EXIST"
    return "DATE_UNREADABLE"


def read(case: object) -> Case:
    """Read a case. Never raises: what is wrong is in `problems`."""
    problems: list[Problem] = []

    def wrong(code: str, event: int | None = None, **said: object) -> None:
        problems.append(Problem(code, event, said))

    if not isinstance(case, Mapping):
        wrong("CASE_UNREADABLE")
        return Case(None, None, None, 0, [], problems)
    identity, kind = case.get("id"), case.get("facility_kind")
    as_of, whole_day, why = (
        instant(case["as_of"]) if case.get("as_of") else (0, True, "AS_OF_MISSING")
    )
    if why is not None:
        wrong(why, field="as_of", value=case.get("as_of"), type="as_of")
        if why != "TIME_ZONE_MISSING":
            return Case(identity, kind, None, 0, [], problems)
    # A date-only as_of is its whole day: what happened on that day is known.
    known_until = as_of + DAY - 1 if whole_day else as_of
    given = case.get("events")
    if not isinstance(given, list):
        given = []
    whose = case.get("person")
    if whose is None and _mixed(given, problems):
        return Case(identity, kind, as_of, known_until, [], problems)
    facts = _facts(given, whose, known_until, problems)
    return Case(identity, kind, as_of, known_until, facts, problems)


def of_one(events: Sequence[Mapping[str, Any]], as_of: int) -> Case:
    """The facts of one person at an instant of the engine, read as `read()` does.

    Whose they are the first that names anybody says.
    """
    problems: list[Problem] = []
    whose = next((person for _place, person in _named(events)), None)
    facts = _facts(events, whose, as_of, problems)
    return Case("", "", as_of, as_of, facts, problems)


def _named(given: Sequence[object]) -> Iterator[tuple[int, object]]:
    for index, event in enumerate(given):
        if isinstance(event, dict | Mapping) and event.get("person") is not None:
            yield index, event["person"]


def _mixed(given: Sequence[object], problems: list[Problem]) -> bool:
    """Whether facts of several people stand in a case of which nobody says whose it is.

    Which of them counts would be guessed, so none does.
    """
    named = list(_named(given))
    others = [(index, person) for index, person in named if person != named[0][1]]
    for index, person in others:
        said = {"value": f"{named[0][1]}, {person}"}
        problems.append(Problem("PERSONS_MIXED", index, said))
    return bool(others)


def _facts(
    given: Sequence[object], person: object, known_until: int, problems: list[Problem]
) -> list[Fact]:
    if not given:
        problems.append(Problem("EVENTS_MISSING", None, {}))
    facts: list[Fact] = []
    unread: set[str] = set()
    for index, event in enumerate(given):
        fact = _fact(event, index, problems)
        if fact is None:
            unread |= _ends(event)
        elif _belongs(fact, person, problems, known_until, facts):
            facts.append(fact)
    found = _ordered(facts, problems)
    return _without_open(found, unread, problems) if unread else found


def _ends(event: object) -> set[str]:
    """What a fact that can't be read would have ended."""
    if not isinstance(event, Mapping) or not isinstance(event.get("type"), str):
        return set()
    kind = law.events().get(event["type"])
    return {kind.ends} if kind is not None and kind.ends else set()


def _without_open(facts: list[Fact], unread: set[str], problems: list[Problem]) -> list[Fact]:
    """Leave out what began, has no end that can be read, and one that can't: it isn't open for ever."""
    kinds = law.events()
    kept: list[Fact] = []
    ended: set[str | None] = set()
    for fact in reversed(facts):
        kind = kinds[fact.type]
        if kind.begins in unread and kind.begins not in ended:
            said = {"type": fact.type, "at": fact.at, "day": fact.whole_day}
            problems.append(Problem("END_UNREADABLE", fact.index, said))
            continue
        ended.add(kind.ends)
        kept.append(fact)
    return kept[::-1]


def _fact(event: object, index: int, problems: list[Problem]) -> Fact | None:
    if not isinstance(event, dict | Mapping):  # the first is asked of in no time
        problems.append(Problem("EVENT_UNREADABLE", index, {}))
        return None
    kind = event.get("type")
    if not isinstance(kind, str) or not kind:
        problems.append(Problem("TYPE_MISSING", index, {}))
        return None
    if kind not in law.events():
        problems.append(Problem("TYPE_UNKNOWN", index, {"value": kind}))
        return None
    if event.get("at") is None:
        problems.append(Problem("AT_MISSING", index, {"type": kind}))
        return None
    at, whole_day, why = instant(event["at"])
    if why is not None:
        said = {"type": kind, "field": "at", "value": event["at"]}
        problems.append(Problem(why, index, said))
        if why != "TIME_ZONE_MISSING":
            return None
    data = _data(event, kind, index, problems)
    return None if data is None else Fact(kind, at, whole_day, index, data)


def _data(
    event: Mapping[str, Any], kind: str, index: int, problems: list[Problem]
) -> dict[str, Any] | None:
    may, must, coded = _fields(kind)
    data: dict[str, Any] = {}
    for field, value in event.items():
        if field == "type" or field == "at" or value is None:
            continue
        code = None
        if field == "weeks" or (field == "years" and field not in may):
            data["_unit"] = field
            continue
        if field not in may:
            problems.append(
                Problem("FIELD_UNKNOWN", index, {"type": kind, "field": field, "value": value})
            )
            continue
        if field in coded:
            if field == "instance" and value in (1, 2) and not isinstance(value, bool):
                value = ("first", "second")[value - 1]
            if not isinstance(value, str) or value not in coded[field]:
                code = "CODE_UNKNOWN"
        elif field in DATES:
            moment, _, code = instant(value)
            if field == "born" and code == "DATE_IMPLAUSIBLE":
                moment, code = date.fromisoformat(value[:10]).toordinal() * DAY, None
            if code == "TIME_ZONE_MISSING":
                code = None
            value = moment // DAY
        elif field in FLAGS:
            code = None if isinstance(value, bool) else "FLAG_UNREADABLE"
        elif field != "person":
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                code = "NUMBER_UNREADABLE"
            elif value > _LARGEST.get(field, 20_000):
                code = "NUMBER_TOO_LARGE"
        if code is not None:
            said = {"type": kind, "field": field, "value": event[field]}
            problems.append(Problem(code, index, said))
            return None
        data[field] = value
    for field in must:
        if field not in data:
            problems.append(Problem("FIELD_MISSING", index, {"type": kind, "field": field}))
            return None
    return data


def _belongs(
    fact: Fact, whose: object, problems: list[Problem], until: int, before: list[Fact]
) -> bool:
    person = fact.data.pop("person", None)
    if person is not None and whose is not None and person != whose:
        problems.append(Problem("OTHER_PERSON", fact.index, {"type": fact.type, "value": person}))
        return False
    if fact.at > until:
        problems.append(
            Problem("FUTURE_EVENT", fact.index, {"type": fact.type, "at": fact.at, "day": True})
        )
        return False
    for other in before:
        if (
            other.at == fact.at
            and other.type == fact.type
            and other.whole_day == fact.whole_day
            and other.data == fact.data
        ):
            problems.append(Problem("DUPLICATE", fact.index, {"type": fact.type}))
            return False
    return True


def _ordered(facts: list[Fact], problems: list[Problem]) -> list[Fact]:
    """Facts in the order of their dates; of one day, a fact without its time stays where it stood."""
    latest: Fact | None = None
    stray = False
    for fact in facts:
        if latest is not None and _before(fact, latest):
            problems.append(
                Problem("OUT_OF_ORDER", fact.index, {"type": fact.type, "at": fact.at, "day": True})
            )
            stray = True
        else:
            latest = fact
    if not stray:
        return facts
    seconds: dict[int, int] = {}
    keys = {}
    for fact in facts:
        if not fact.whole_day:
            seconds[fact.day] = fact.at % DAY
        keys[fact.index] = (fact.day, seconds.get(fact.day, 0))
    return sorted(facts, key=lambda fact: keys[fact.index])


def _before(fact: Fact, other: Fact) -> bool:
    if fact.whole_day or other.whole_day:
        return fact.day < other.day
    return fact.at < other.at
