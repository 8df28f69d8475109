"""What forbids somebody's leaving, what is left to make ready, and by when: pure functions.

`blockers()` answers by the rules of `rules/release.yaml`. What it finds forbids the way out, whoever asks.
`left()` never forbids anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from custos.foundation import clock
from custos.foundation.codes.spelling import plain_name, same_number
from custos.foundation.limits import dates
from custos.management.reception.release.rules import DIED, Exit, File, Item, Rule, rules


@dataclass(frozen=True, slots=True)
class Basis:
    """A document on which somebody is or was held.

    `kind` is a code of `custos.basis`, `issuer` empty where nobody recorded it, `valid_to` its last day,
    `recorded_at` when that was recorded. `main`: the document of the admission. `ended`: it was ended
    or corrected in the file, at `ended_at`; `by_paper`: by one that revoked it or took its place.
    `executed_on`: when the measure was carried out.
    """

    kind: str
    number: str
    issuer: str = ""
    valid_to: date | None = None
    recorded_at: datetime | None = None
    main: bool = False
    ended: bool = False
    executed_on: date | None = None
    ended_at: datetime | None = None
    by_paper: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """The document on which somebody leaves, as it was received. `ends` are the numbers of the warrants and
    decisions that it ends, as they stand on it.
    """

    number: str
    issuer: str
    name: str
    ends: tuple[str, ...]
    seal: bool
    matches: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is asked about a way out.

    `exit` is its id, `facility` the kind of facility, `day` today there. `names` are all by which the
    person is known, `authority` the one that holds the case now. `other_stays`: how many other stays of
    the person haven't ended. `leave_until`: when the person last came back from leave. `compared`: the
    officers who compared person, photo and marks and whose comparison still counts; `device` the
    verdict of a device: "match", "no_match" or none. `officers`: who confirms; None where nobody does
    yet.
    """

    exit: str
    facility: str
    day: date
    names: frozenset[str]
    bases: tuple[Basis, ...]
    authority: str = ""
    paper: Paper | None = None
    receiver: str = ""
    other_stays: int = 0
    leave_until: datetime | None = None
    compared: frozenset[str] = frozenset()
    device: str = ""
    searched: bool = False
    officers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that forbids a way out, the version of its file, and the documents that it is about."""

    rule: Rule
    version: int
    about: tuple[str, ...] = ()


def blockers(facts: Facts, file: File | None = None) -> list[Found]:
    """Every rule in force that forbids this way out, in the order of the file."""
    file = file or rules()
    way = file.exit(facts.exit)
    found = []
    for rule in file.rules:
        if not rule.in_force(facts.day) or (way and way.leads == DIED and not rule.of_death):
            continue
        about = _CHECKS[rule.id](facts, way, file)
        if about is not None:
            found.append(Found(rule, file.version, about))
    return found


def left(exit_id: str, ready: frozenset[str], file: File | None = None) -> list[Item]:
    """What is still to be made ready. It is told; it holds nobody back."""
    return [item for item in items_of(exit_id, file) if item.id not in ready]


def items_of(exit_id: str, file: File | None = None) -> list[Item]:
    """All that is to be ready for a way out; nothing for a death."""
    file = file or rules()
    way = file.exit(exit_id)
    if way is None or way.leads == DIED:
        return []
    return [item for item in file.items if not item.exits or exit_id in item.exits]


def due(way: Exit, received_at: datetime | None, last_day: date | None) -> datetime | None:
    """By when somebody must have left: so long after the receipt of the paper, or the end of the last day,
    whichever is earlier. None where neither is known, and for a death.

    Months are calendar months (最高人民法院关于适用刑事诉讼法的解释 第202条).
    They and days are counted to the end of the last day.
    """
    bounds = []
    if last_day is not None:
        bounds.append(_end_of(last_day))
    if received_at is not None and way.within is not None:
        bounds.append(_after(way, received_at))
    return min(bounds) if bounds else None


def _after(way: Exit, received_at: datetime) -> datetime:
    within = way.within
    assert within is not None
    if within.minutes:
        return received_at + timedelta(minutes=within.minutes)
    day = clock.day_of(received_at)
    if within.months:
        return _end_of(date.fromordinal(dates.months_later(day.toordinal(), within.months)))
    return _end_of(day + timedelta(days=within.days))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), clock.LOCAL)


def last_day(bases: tuple[Basis, ...], way: Exit) -> date | None:
    """The day on which the terms of a way out are served, the latest of them; None where unknown."""
    ends = [one.valid_to for one in bases if not one.ended and one.kind in way.ends_on_day]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


# ---------------------------------------------------------------------- what each rule asks

#: None where the rule is kept; else the documents that it is about, which may be none in particular.
_Verdict = tuple[str, ...] | None


def _when(broken: bool) -> _Verdict:
    return () if broken else None


def _of_case(one: Basis, facts: Facts) -> bool:
    """Whether a document belongs to the case of the admission, as far as can be told."""
    main = next((basis for basis in facts.bases if basis.main), None)
    return one.main or bool(main and main.issuer and main.issuer == one.issuer)


def _same_authority(issuer: str, one: Basis, facts: Facts) -> bool:
    """Whether an authority has the say over a document: its own, or it holds that case now."""
    if one.issuer and plain_name(one.issuer) == plain_name(issuer):
        return True
    holds = facts.authority and plain_name(facts.authority) == plain_name(issuer)
    return bool(holds) and _of_case(one, facts)


def _may_end(issuer: str, one: Basis, facts: Facts) -> bool:
    # Of the document of the admission the short form records no issuer: its number alone has to do.
    unknown = one.main and not one.issuer and not facts.authority
    return unknown or _same_authority(issuer, one, facts)


def _is_later(other: Basis, one: Basis) -> bool:
    """Whether a document was carried out after another, else recorded after it; the admission's is first.

    Where that isn't known, it isn't: what took the other's place must be seen to come after it.
    """
    if other.main:
        return False
    if other.executed_on and one.executed_on and other.executed_on != one.executed_on:
        return other.executed_on > one.executed_on
    if one.main:
        return True
    if other.recorded_at is None or one.recorded_at is None:
        return False
    return other.recorded_at > one.recorded_at


def _followers(one: Basis, facts: Facts, file: File) -> list[Basis]:
    """The later documents of the same case that have taken this one's place, those that have ended too."""
    holding = file.holding(one.kind)
    return [
        later
        for later in facts.bases
        if holding is not None
        and later is not one
        and later.kind in holding.followed_by
        and _is_later(later, one)
        and bool(later.issuer)
        and _same_authority(later.issuer, one, facts)
    ]


def _named(one: Basis, facts: Facts) -> bool:
    return facts.paper is not None and any(
        same_number(number, one.number) for number in facts.paper.ends
    )


#: How a document stands: it holds, or its term runs; a later one took its place and was ended by a paper
#: since, so that it is no ground any more, and still has to be ended; or the paper ends it, it was ended in
#: the file, a later one took its place, its term is served, or it is a paper of the case that holds nobody.
HOLDS, RUNS, SPENT = "holds", "runs", "spent"
NAMED, ENDED, FOLLOWED, SERVED, OF_CASE = "named", "ended", "followed", "served", "of_case"


def standing(one: Basis, facts: Facts, file: File | None = None) -> str:
    """How one document of custody stands for whoever is to leave today."""
    file = file or rules()
    holding = file.holding(one.kind)
    if holding is None:
        return OF_CASE
    if one.ended:
        return ENDED
    if _named(one, facts):
        return NAMED
    followers = _followers(one, facts, file)
    if any(not later.ended for later in followers):
        return FOLLOWED
    if any(later.by_paper for later in followers):
        return SPENT
    if holding.term:
        return SERVED if one.valid_to is not None and one.valid_to <= facts.day else RUNS
    return HOLDS


#: What stands so is a ground to hold somebody.
_GROUNDS = frozenset({HOLDS, RUNS})


def grounds(
    bases: tuple[Basis, ...], day: date, authority: str = "", file: File | None = None
) -> list[Basis]:
    """The documents on which somebody is held on a day; none where nothing holds them.

    The one answer to that: the gate, the clock and every page that says on what somebody is held ask it.
    A detention whose arrest was revoked is no ground again (刑事诉讼法 第93条); the gate wants it ended.
    """
    nobody = Facts("", "", day, frozenset(), bases, authority)
    return [one for one in bases if _is_ground(one, standing(one, nobody, file), day)]


def _is_ground(one: Basis, how: str, day: date) -> bool:
    """Whether a document that stands so is a ground on a day: a term is one through its last day.

    On that day the gate lets the person out already. Source: 拘留所条例 第30条.
    """
    return how in _GROUNDS or (how == SERVED and one.valid_to == day)


def grounds_beside(
    paper_issuer: str, bases: tuple[Basis, ...], day: date, authority: str = ""
) -> list[Basis]:
    """The grounds on which somebody is held still where a paper by an authority has ended one custody.

    It ends the documents of that authority; where none is, those of the case of the admission.
    Source: 看守所条例 第39条.
    """
    nobody = Facts("", "", day, frozenset(), bases, authority)
    found = grounds(bases, day, authority)
    ended = [one for one in found if _may_end(paper_issuer, one, nobody)]
    ended = ended or [one for one in found if _of_case(one, nobody)]
    return [one for one in found if one not in ended]


def _standing_so(facts: Facts, file: File, *how: str) -> list[Basis]:
    return [one for one in facts.bases if standing(one, facts, file) in how]


def _numbers(found: list[Basis]) -> _Verdict:
    return tuple(one.number for one in found) or None


def _way(facts: Facts, way: Exit | None, _file: File) -> _Verdict:
    return _when(way is None or facts.facility not in way.kinds or not way.in_force(facts.day))


def _paper(facts: Facts, way: Exit | None, _file: File) -> _Verdict:
    return _when(facts.paper is None and way is not None and way.paper is not None)


def _name(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    known = {plain_name(name) for name in facts.names}
    return _when(facts.paper is not None and plain_name(facts.paper.name) not in known)


def _person(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    return _when(facts.paper is not None and not facts.paper.matches)


def _seal(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    return _when(facts.paper is not None and not facts.paper.seal)


def _number(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    if facts.paper is None:
        return None
    known = [one.number for one in facts.bases]
    strange = [n for n in facts.paper.ends if not any(same_number(n, one) for one in known)]
    return tuple(strange) or None


def _authority(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    if facts.paper is None:
        return None
    issuer = facts.paper.issuer
    return _numbers(
        [one for one in facts.bases if _named(one, facts) and not _may_end(issuer, one, facts)]
    )


def _hold(facts: Facts, _way: Exit | None, file: File) -> _Verdict:
    return _numbers(_standing_so(facts, file, HOLDS, SPENT))


def _unserved(facts: Facts, way: Exit | None, file: File) -> _Verdict:
    found = _standing_so(facts, file, RUNS)
    served = way is None or way.paper or last_day(facts.bases, way) is not None
    # Where the day is the only ground, there has to be one.
    return _numbers(found) if served or found else ()


def _leave(facts: Facts, way: Exit | None, _file: File) -> _Verdict:
    if facts.leave_until is None or way is None or not way.ends_on_day:
        return None
    stale = [
        one
        for one in facts.bases
        if one.kind in way.ends_on_day
        and not one.ended
        and not _named(one, facts)
        and (one.recorded_at is None or one.recorded_at < facts.leave_until)
    ]
    return _numbers(stale)


def _elsewhere(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    return _when(facts.other_stays > 0)


def _searched(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    return _when(not facts.searched)


def _identity(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    return _when(facts.device != "match" and len(facts.compared) < 2)


def _receiver(facts: Facts, way: Exit | None, _file: File) -> _Verdict:
    return _when(way is not None and way.receiver is not None and not facts.receiver.strip())


def _two(facts: Facts, _way: Exit | None, _file: File) -> _Verdict:
    return _when(facts.officers is not None and len(set(facts.officers)) != 2)


_CHECKS: dict[str, Callable[[Facts, Exit | None, File], _Verdict]] = {
    "REL-WAY": _way,
    "REL-PAPER": _paper,
    "REL-NAME": _name,
    "REL-PERSON": _person,
    "REL-SEAL": _seal,
    "REL-NUMBER": _number,
    "REL-AUTHORITY": _authority,
    "REL-HOLD": _hold,
    "REL-UNSERVED": _unserved,
    "REL-LEAVE": _leave,
    "REL-ELSEWHERE": _elsewhere,
    "REL-SEARCHED": _searched,
    "REL-IDENTITY": _identity,
    "REL-RECEIVER": _receiver,
    "REL-TWO-OFFICERS": _two,
}
