"""Cases of leaving are opened: by a document that was received, for a planned day, or by the end of a term.

Locks are taken in this order: the stay, the case, the head of the chain.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import leaving
from custos.foundation.custody import queries as custody
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people.ending import REVOKED
from custos.foundation.database import scope
from custos.foundation.database.loading import load
from custos.foundation.errors import Conflict, CustosError, Malformed, raise_all
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject
from custos.foundation.record.services import Deed
from custos.management.reception.models import Release
from custos.management.reception.release import engine, gathered, kinds
from custos.management.reception.release.rules import DIED, FREED, Exit, rules
from custos.management.timelimits import queries as limits
from custos.management.timelimits import services as timelimits

#: How many numbers one document of release may name.
MOST_NUMBERS = 20
_SYSTEM = Actor.system("reception.release")


def way_of(name: str) -> Exit:
    """A way out by its id. Raises `Malformed` for one that there isn't."""
    found = rules().exit(name)
    if found is None:
        raise Malformed("release.way", _("There is no such way out."), field="way")
    return found


def receive(
    custody_id: UUID,
    *,
    way: str,
    number: str,
    issuer: str,
    name: str,
    ends: Iterable[str],
    seal: bool,
    matches: bool,
    received_at: datetime | None = None,
    by: Actor,
) -> Release:
    """Record that a document was received on which somebody is to leave; it is counted from then on.

    `name` and `ends` (the numbers of the warrants and decisions that it ends) are as they stand on it,
    `matches` whether sex, birth and other particulars are the person's. Also a document that doesn't
    fit is recorded: what is wrong with it forbids the release and not the receipt. A further document
    takes the former's place and moves no deadline later. Of somebody who died it is the certificate of
    death, and the time of death. Raises `Malformed` for what is missing or in the future, `Conflict`
    where the stay has ended, `Missing` out of scope.
    """
    exit_ = way_of(way)
    dead = exit_.leads == DIED
    record.require_writer(kinds.Died if dead else kinds.ReleaseReceived, by)
    numbers = [one.strip() for one in ends if one.strip()][:MOST_NUMBERS]
    raise_all(unfilled(number=number, issuer=issuer, name=name))
    with record.deed() as deed:
        stay = leaving.held(custody_id)
        at = received_at or deed.at
        if at > deed.at:
            raise Malformed(
                "release.future", _("That time lies in the future."), field="received_at"
            )
        # Who types a time types minutes.
        if at < stay.admitted_at.replace(second=0, microsecond=0):
            raise Malformed(
                "release.before",
                _("That time lies before the admission."),
                field="received_at",
            )
        _require_offered(exit_, stay.organization_id, clock.day_of(deed.at))
        case = open_case(stay.pk) or _new(stay, exit_, deed.at)
        case.way = exit_.id
        case.received_at = min(at, case.received_at) if case.received_at else at
        case.due_at = _earlier(case.due_at, engine.due(exit_, case.received_at, None))
        case.paper = {
            "number": number.strip(),
            "issuer": issuer.strip(),
            "name": name.strip(),
            "ends": numbers,
            "seal": seal,
            "matches": matches,
        }
        case.save()
        said: Any
        if dead:
            said = kinds.Died(
                release=case.pk,
                number=number.strip(),
                issuer=issuer.strip(),
                name_on_paper=name.strip(),
                matches=matches,
                died_at=at,
            )
        else:
            said = kinds.ReleaseReceived(
                release=case.pk,
                way=exit_.id,
                way_name=exit_.title.zh,
                number=number.strip(),
                issuer=issuer.strip(),
                name_on_paper=name.strip(),
                ends=numbers,
                seal=seal,
                matches=matches,
                received_at=at,
                due_at=case.due_at,
            )
        deed.append(said, about=stay, by=by, occurred_at=at, ground=exit_.source)
    return case


def plan(custody_id: UUID, *, way: str, planned_on: date, by: Actor) -> Release:
    """Plan that somebody leaves on a day; what has to be ready is asked for some days before.

    Raises `Malformed` for a day in the past or a death, `Conflict` where a case is open or the stay has
    ended.
    """
    exit_ = way_of(way)
    if exit_.leads == DIED:
        raise Malformed("release.way", _("There is no such way out."), field="way")
    record.require_writer(kinds.ReleasePlanned, by)
    with record.deed() as deed:
        stay = leaving.held(custody_id)
        if planned_on < clock.day_of(deed.at):
            raise Malformed("release.past", _("That day lies in the past."), field="planned_on")
        _require_offered(exit_, stay.organization_id, clock.day_of(deed.at))
        if open_case(stay.pk):
            raise Conflict(
                "release.open",
                _("There is a case for this person's leaving already."),
                mend=_("Go on with it."),
            )
        return _plan(stay, exit_, planned_on, deed, by)


def _plan(stay: Custody, exit_: Exit, planned_on: date, deed: Deed, by: Actor) -> Release:
    case = _new(stay, exit_, deed.at)
    _set_day(case, exit_, planned_on)
    case.save()
    deed.append(_planned(case, exit_, planned_on), about=stay, by=by, ground=exit_.source)
    return case


def _planned(case: Release, exit_: Exit, planned_on: date) -> kinds.ReleasePlanned:
    return kinds.ReleasePlanned(
        release=case.pk, way=exit_.id, way_name=exit_.title.zh, planned_on=planned_on
    )


def _set_day(case: Release, exit_: Exit, planned_on: date) -> None:
    """The day, its bound and when to prepare for it. Only the law's own last day is a bound."""
    case.planned_on = planned_on
    case.due_at = engine.due(exit_, case.received_at, planned_on)
    begin = planned_on - timedelta(days=exit_.prepare_days)
    case.prepare_at = datetime.combine(begin, datetime.min.time(), clock.LOCAL)


#: So many stays are held at once.
_AT_ONCE = 1_000


def follow_terms(custody_id: UUID | None = None) -> int:
    """Open a case for everybody whose term ends soon or has ended; of one stay where it is named.

    A day that was recorded anew moves the case with it. Returns how many cases were opened or moved. Runs
    in the scope of whoever asks.
    """
    today, changed, places = clock.today(), 0, dict[int, str]()
    for exit_ in rules().exits:
        if not exit_.ends_on_day or not exit_.in_force(today):
            continue
        by_day = today + timedelta(days=exit_.prepare_days)
        found: dict[UUID, date] = {}
        for term in people.terms_ending(exit_.ends_on_day, by_day, custody_id):
            place = term.organization_id
            if place not in places:
                places[place] = organizations.organization(place).kind
            if places[place] in exit_.kinds:
                found[term.custody_id] = max(term.ends_on, found.get(term.custody_id, date.min))
        stays = sorted(found)
        for at in range(0, len(stays), _AT_ONCE):
            changed += _follow({stay: found[stay] for stay in stays[at : at + _AT_ONCE]}, exit_)
    return changed


def _follow(days: Mapping[UUID, date], exit_: Exit) -> int:
    """Let the cases of some stays be for these days; returns how many were opened or moved."""

    def stands(case: Release) -> bool:
        return case.way != exit_.id or case.planned_on == days[case.custody_id]

    # Nearly all stand as they should, every night: those aren't held.
    cases = Release.objects.visible_to(scope.current()).filter(closed_at=None)
    wanted = days.keys() - {
        case.custody_id for case in cases.filter(custody_id__in=days) if stands(case)
    }
    if not wanted:
        return 0
    with record.deed() as deed:
        stays = leaving.still_held(wanted)
        held = cases.select_for_update(of=("self",)).filter(custody_id__in=wanted)
        known = {case.custody_id: case for case in held}
        opened, told = [], []
        for stay in stays:
            case, day = known.get(stay.pk), days[stay.pk]
            if case is None:
                case = _new(stay, exit_, deed.at)
                _set_day(case, exit_, day)
                opened.append(case)
            elif stands(case):
                continue
            else:
                _set_day(case, exit_, day)
                case.save()
            told.append((stay, _planned(case, exit_, day)))
        load(opened)
        for stay, planned in told:
            deed.append(planned, about=stay, by=_SYSTEM, ground=exit_.source)
    return len(told)


def follow_served() -> int:
    """Ask of everybody here whose term is served since before today whether another document holds them.

    Whom none does is said to be held on nothing since the end of that last day; returns how many were. Runs
    in the scope of whoever asks. Source: 看守所条例 第9条; 拘留所条例 第30条.
    """
    ends: dict[UUID, date] = {}
    for term in people.terms_ending(_term_kinds(), clock.today() - timedelta(days=1)):
        ends[term.custody_id] = max(term.ends_on, ends.get(term.custody_id, date.min))
    return sum(
        timelimits.ask_after_term(stay, _midnight_after(day)) for stay, day in sorted(ends.items())
    )


def _term_kinds() -> frozenset[str]:
    return frozenset(one.kind for one in rules().holds if one.term)


def _end_of_term(document: Any) -> datetime | None:
    if document.kind not in _term_kinds() or document.valid_to is None:
        return None
    return _midnight_after(document.valid_to)


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), clock.LOCAL)


def follow_clock(custody_id: UUID, state: str, due_at: datetime) -> None:
    """By the clock of custody somebody should have left: their case is due by then, at the latest.

    Whoever has no case gets one: of a term that ended by the way out on its last day, else by release.
    A stay that has ended is nothing. What is late then is told by the sweep, once.
    """
    with record.deed() as deed:
        try:
            stay = leaving.held(custody_id)
        except Conflict:
            return
        case = open_case(custody_id)
        if case is None:
            exit_ = _way_after(state, stay.organization_id, clock.day_of(deed.at))
            if exit_ is None:
                return
            # The last day: an end at midnight is that of the day before.
            day = clock.day_of(due_at - timedelta(microseconds=1))
            case = _plan(stay, exit_, day, deed, _SYSTEM)
        case.due_at = _earlier(case.due_at, due_at)
        case.save(update_fields=["due_at"])


def follow_document(
    custody_id: UUID, received_at: datetime, *, revoked: bool, because: UUID
) -> None:
    """A document of the file ended: whom it held alone is to leave, where a paper `revoked` it or one of
    the clock has ended their custody.
    """
    if revoked or limits.ended_by(custody_id):
        follow_paper(custody_id, received_at, because=because)


def follow_last_document(custody_id: UUID, *, because: UUID) -> None:
    """The same where nothing has held somebody since a document of the file ended: of that document.

    So too where a term that was served held them after it, from the end of that term. Nothing where none
    ended then: the case has moved, and no paper revoked anything.
    """
    since = limits.clock_of(custody_id).unheld_since
    if since is None:
        return
    documents = people.ever(custody_id, "basis")
    for one in documents:
        if one.until == since:
            revoked = one.ended_how == REVOKED
            follow_document(custody_id, since, revoked=revoked, because=because)
    # What held them last was a term, after a paper had ended the rest: its end is the day to leave by.
    if any(one.until is None and _end_of_term(one.fact) == since for one in documents):
        revoked = any(one.ended_how == REVOKED for one in documents)
        follow_document(custody_id, since, revoked=revoked, because=because)


def follow_paper(custody_id: UUID, received_at: datetime, *, because: UUID) -> None:
    """By a paper that came in somebody is to leave: their case is counted from its receipt.

    Whoever has no case gets one, by the way of the paper; the desk then records the document itself. Who is
    handed over has a planned one, due as the law of that way has it. Who is to be let go is ordered to be,
    unless something else holds them still. A bound that stands earlier stays, and is told no second time.
    A stay that has ended is nothing, and whoever escaped isn't here to leave.
    """
    with record.deed() as deed:
        try:
            stay = leaving.held(custody_id)
        except Conflict:
            return
        paper = limits.ended_by(custody_id)
        day = clock.day_of(deed.at)
        kind = organizations.organization(stay.organization_id).kind
        exit_ = rules().by_paper(paper.type if paper else "", kind, day)
        if exit_ is None:
            return
        case = open_case(custody_id)
        if exit_.leads != FREED:
            if case is None:
                case = _plan(stay, exit_, day, deed, _SYSTEM)
                case.due_at = engine.due(exit_, received_at, None)
                case.save(update_fields=["due_at"])
            return
        if gathered.grounds_beside(stay, paper.authority) if paper else leaving.grounds(stay):
            return
        due_at = engine.due(exit_, received_at, clock.day_of(received_at))
        if case is None:
            case = _plan(stay, exit_, clock.day_of(received_at), deed, _SYSTEM)
            case.due_at = None
        if due_at is None or (case.due_at is not None and case.due_at <= due_at):
            return
        case.received_at = _earlier(case.received_at, received_at)
        case.due_at = due_at
        case.save(update_fields=["received_at", "due_at"])
        ordered = kinds.ReleaseOrdered(
            release=case.pk,
            way=case.way,
            way_name=way_of(case.way).title.zh,
            received_at=received_at,
            due_at=due_at,
        )
        deed.append(ordered, about=stay, by=_SYSTEM, ground=exit_.source, because=because)


#: Stages whose last day is the ground of leaving.
_TERMS = frozenset(
    {"S81", "administrative_detention", "judicial_detention", "compulsory_treatment"}
)


def _way_after(state: str, organization_id: int, day: date) -> Exit | None:
    kind = organizations.organization(organization_id).kind
    offered = [
        one
        for one in rules().exits
        if kind in one.kinds and one.in_force(day) and one.leads == FREED
    ]
    fits = [one for one in offered if bool(one.ends_on_day) == (state in _TERMS)]
    return next(iter(fits or offered), None)


def _new(stay: Custody, exit_: Exit, at: datetime) -> Release:
    return Release(
        organization_id=stay.organization_id, custody_id=stay.pk, way=exit_.id, opened_at=at
    )


def open_case(custody_id: UUID) -> Release | None:
    """The open case of a stay that is locked already; locked too."""
    return (
        Release.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .filter(custody_id=custody_id, closed_at=None)
        .first()
    )


def _require_offered(exit_: Exit, organization_id: int, day: date) -> None:
    kind = organizations.organization(organization_id).kind
    if kind not in exit_.kinds or not exit_.in_force(day):
        raise Malformed(
            "release.way",
            _("This kind of facility has no such way out."),
            field="way",
            mend=_("Choose another one."),
        )


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [at for at in (one, other) if at is not None]
    return min(known) if known else None


def unfilled(**words: str) -> list[CustosError]:
    return [
        Malformed("custody.required", _("This must be filled in."), field=field)
        for field, value in words.items()
        if not value.strip()
    ]


# ---------------------------------------------------------------------- what time brings


def sweep(limit: int = 200) -> int:
    """Ask for what is to be made ready, and write down who should have left and hasn't; returns how many.

    Runs every second, on two short indexes; several workers take other rows. Each case is told once.
    """
    with scope.entered(scope.Scope.of_system("reception.release")), record.deed() as deed:
        now = clock.now()
        late = list(_due_rows(limit, due_at__lt=now, late_told_at=None))
        subjects = _subjects(late)
        for case in late:
            case.late_told_at = now
            assert case.due_at is not None
            told = kinds.ReleaseLate(release=case.pk, way=case.way, due_at=case.due_at)
            deed.append(told, about=subjects[case.custody_id], by=_SYSTEM)
        Release.objects.bulk_update(late, ["late_told_at"])
        near = list(_due_rows(limit, prepare_at__lte=now, prepared_at=None))
        subjects = _subjects(near)
        for case in near:
            case.prepared_at = now
            _ask_for(case, subjects[case.custody_id], deed)
        Release.objects.bulk_update(near, ["prepared_at"])
    return len(late) + len(near)


def _due_rows(limit: int, **narrowed: Any) -> Iterable[Release]:
    rows = Release.objects.select_for_update(of=("self",), skip_locked=True)
    return rows.filter(closed_at=None, **narrowed).order_by("due_at")[:limit]


def _subjects(cases: list[Release]) -> dict[UUID, Subject]:
    return custody.subjects_of(case.custody_id for case in cases)


def _ask_for(case: Release, about: Subject, deed: Deed) -> None:
    """One entry for each task whose items aren't all ready."""
    assert case.planned_on is not None
    open_items = engine.left(case.way, frozenset(case.ready))
    for name, kind in kinds.DUE.items():
        if any(item.task == name for item in open_items):
            due = kind(release=case.pk, planned_on=case.planned_on)
            deed.append(due, about=about, by=_SYSTEM)
