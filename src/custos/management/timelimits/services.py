"""What may happen to the papers and the clock of a stay. Each deed locks stay, clock, then warnings.

A paper and what it comes to are one transaction: the clock always agrees with the papers. A correction
is a paper in the place of another; the results before and after it stay on the record.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import leaving
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import queries as people
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.database.loading import load
from custos.foundation.documents import services as documents
from custos.foundation.errors import (
    Conflict,
    CustosError,
    Malformed,
    Missing,
    NotAllowed,
    raise_all,
)
from custos.foundation.limits import explaining, law, results
from custos.foundation.limits import facts as cases
from custos.foundation.limits.dates import DAY
from custos.foundation.limits.engine import Result
from custos.foundation.limits.facts import Problem
from custos.foundation.media.services import StoredFile
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import queries as queries_of_record
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor
from custos.foundation.record.services import Deed
from custos.management.timelimits import catalogue, computing, engine, kinds
from custos.management.timelimits.computing import Facts
from custos.management.timelimits.models import Clock, Decision, Paper, Warning
from custos.prevention.duty import services as duty

log = structlog.get_logger(__name__)

_SYSTEM = Actor.system("timelimits")
LONGEST_ANSWER = 2_000


# ---------------------------------------------------------------------- papers


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a paper would make of a clock: the result without it and with it, and where it stands.

    `passed` is the end that had passed already and stands no more with the paper. It is `late` where it is
    of before that end, puts another right or moves the end: then it needs a reason and a leader's answer.
    One by which custody goes on `waits`: it counts only once a leader has accepted it. One dated after the
    end gives a basis from `basis_from` on.
    """

    before: Result
    after: Result
    held: Facts
    facts: Facts
    paper: str
    passed: datetime | None
    late: bool
    waits: bool
    basis_from: datetime | None

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the paper itself."""
        if self.paper not in self.facts.papers:
            return []
        place = self.facts.papers.index(self.paper)
        return [one for one in self.after.problems if one.event == place]

    @property
    def refused(self) -> list[Problem]:
        """Those problems for which the computation leaves the paper out."""
        return [one for one in self.problems if law.problems()[one.code].refused]


def weigh(
    custody_id: UUID, event: dict[str, Any] | None, *, replaces: UUID | None = None
) -> Weighed:
    """What one more paper, or one in the place of another, would make of a clock; writes nothing.

    Raises `Missing` for a stay or paper out of scope, `Malformed` for a fact that cannot be read.
    """
    row = _clock_of(custody_id, locked=False)
    return _weigh(row, str(new_id()), event, replaces)


def _weigh(
    row: Clock,
    paper: str,
    event: dict[str, Any] | None,
    replaces: UUID | None,
    *,
    brought_at: datetime | None = None,
) -> Weighed:
    custody_id = row.pk
    now = clock.now()
    if event is not None:
        require_readable(event, now)
    held = computing.facts_of([custody_id])[custody_id]
    if replaces is not None:
        _require_correctable(replaces, held)
    facts = held.with_paper(paper, event, str(replaces or ""))
    before, after = held.computed(now), facts.computed(now)
    stands = engine.standing(after)
    said = _passed_here(row, brought_at)
    passed = None
    if said or brought_at is None:
        passed = engine.passed_end(before, after, said, row.watched_since)
    # The way out of custody waits for nobody, and no end moves later by it.
    waits = passed is not None and stands.standing != engine.ENDED
    if replaces is not None and _goes(replaces, event):
        # What the paper that goes had ended comes back, unless something else ends it since.
        gone = [
            one.due_at
            for one in _ended_by(row, replaces)
            if one.due_at and not engine.still_stands(one.state, one.due_at, stands)
        ]
        passed = min([*gone, *([passed] if passed else [])], default=None)
    basis_from = None
    after_the_end = (
        passed is not None
        and event is not None
        and replaces is None
        and engine.moment_of(cases.instant(event["at"])[0]) >= passed
    )
    if after_the_end and event is not None and passed is not None:
        basis_from = max(passed, _basis_from(event, now))
        if basis_from == passed and not waits:
            passed = basis_from = None
    late = passed is not None and (waits or not after_the_end)
    return Weighed(before, after, held, facts, paper, passed, late, waits, basis_from)


def _require_correctable(paper: UUID, held: Facts) -> None:
    """Raise `Conflict` for a paper that counts no more, and while a leader decides of its correction."""
    rows = Paper.objects.filter(pk=paper)
    if str(paper) not in held.papers and not computing.undecided(rows).exists():
        raise Conflict(
            "timelimits.replaced_already",
            _("This paper was corrected already."),
            mend=_("Look at the list of papers, and correct the one that counts."),
        )
    if computing.undecided(Paper.objects.filter(replaces=paper)).exists():
        raise Conflict(
            "timelimits.correction_waits",
            _("A correction of this paper waits for a leader's decision."),
            mend=_("A leader decides of it on the page of the warning that the limit has ended."),
        )


def _basis_from(event: dict[str, Any], now: datetime) -> datetime:
    """When a paper gives a basis: without its time at the end of its day, at the latest by now."""
    start, whole_day, _wrong = cases.instant(event["at"])
    return min(engine.moment_of(start + DAY if whole_day else start), now)


def _passed_here(row: Clock, brought_at: datetime | None) -> list[tuple[str, datetime | None]]:
    """The stages and ends that are said here to be past.

    Of what is taken over at `brought_at` those that were said before: while its papers are entered one by
    one, ends pass that never were any. So do ends of before the arrival in the first hours here, while the
    papers that came along are entered; what is still said then is answered for, whenever the end was.
    """
    rows = _open_asking(row).filter(due_at__isnull=False)
    if brought_at is not None:
        rows = rows.filter(raised_at__lt=brought_at)
    if clock.now() < row.watched_since + _grace():
        rows = rows.filter(due_at__gt=row.watched_since)
    return [(one.state, one.due_at) for one in rows]


def _goes(paper: UUID, event: dict[str, Any] | None) -> bool:
    """Whether a paper is taken back, or becomes another one; its date or number may be put right."""
    return event is None or not Paper.objects.filter(pk=paper, type=event["type"]).exists()


def _ended_by(row: Clock, paper: UUID) -> QuerySet[Warning]:
    """Warnings of custody beyond the limit that a paper ended. One query."""
    return Warning.objects.filter(
        custody_id=row.pk,
        closed_by__in=["basis", "answer"],
        closed_paper_id=paper,
        rule__in=_asking(),
    )


def _asking() -> list[str]:
    """The rules whose warnings a leader answers for, where a late paper would end them."""
    return [one.id for one in catalogue.rules().warnings if one.late_paper_asks]


def _unanswered(row: Clock) -> QuerySet[Warning]:
    """Open warnings of custody beyond the limit for which no late paper answers yet. One query."""
    return Warning.objects.filter(
        custody_id=row.pk, closed_at__isnull=True, late_paper_id__isnull=True, rule__in=_asking()
    )


def require_readable(event: dict[str, Any], now: datetime) -> None:
    """Raise `Malformed`, with the words of the engine, for a fact that is none by itself."""
    read = engine.case_of([event], now)
    wrong = [
        one
        for one in read.problems
        if law.problems()[one.code].refused or one.code == "FIELD_UNKNOWN"
    ]
    if not read.facts or wrong:
        first = (wrong or read.problems)[0]
        field = str(first.said.get("field", "at"))
        raise Malformed(
            f"timelimits.{first.code}",
            _("%(words)s"),
            field=field,
            words=Told(first),
        )


class Told:
    """A problem of the engine in the language of whoever reads it."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def __str__(self) -> str:
        language = get_language() or ""
        return explaining.problem(
            self._problem, explaining.EN if language.startswith("en") else explaining.ZH
        )


def record_paper(
    custody_id: UUID,
    event: dict[str, Any],
    *,
    by: Actor,
    number: str = "",
    number_missing: str = "",
    authority: str = "",
    reason: str = "",
    late_reason: str = "",
    scans: Sequence[StoredFile] = (),
    brought: bool = False,
) -> Paper:
    """Enter a legal paper or event of a stay; the clock is computed with it at once.

    `event` is a fact of `docs/reference/limits.md`, with the dates that stand on the paper; `scans` are
    pictures of it, kept by `media` and attached to its entry. One that doesn't fit is kept where `reason`
    says why, and lengthens nothing. One that would move an end that has passed needs `late_reason`,
    whatever its date: its entry bears how late it was, and it counts only once a leader has accepted it
    (`answer`); until then the end stands, and so does the warning of custody beyond the limit. What lets
    the person go counts at once.
    What was `brought` along from another facility, or ended before the person was held here, is history,
    unless the end was said here to be past and that is more than the first day's entering.
    Raises `Malformed` for a fact that cannot be read, `Conflict` where it doesn't fit, came late without a
    reason or the stay has ended, `Missing` out of scope, `NotAllowed` for who may not enter papers.
    Source: 看守所条例 第9条、第15条; 公监管[2014]96号.
    """
    record.require_writer(kinds.PaperRecorded, by)
    said = _Said(number.strip(), number_missing.strip(), authority.strip(), reason, late_reason)
    with record.deed() as deed:
        return _record(deed, custody_id, event, by, said, scans, brought=brought)


@dataclass(frozen=True, slots=True)
class _Said:
    """What is said of a paper besides its fact."""

    number: str = ""
    number_missing: str = ""
    authority: str = ""
    reason: str = ""
    late_reason: str = ""


def require_named(number: str, number_missing: str, authority: str) -> None:
    """Raise `Malformed` for a paper whose number or issuer nobody says: asked of whoever types a paper.

    One without a number is entered with the reason in words. Source: 看守所条例 第9条.
    """
    lacking: list[CustosError] = []
    if not number.strip() and not number_missing.strip():
        lacking.append(
            Malformed(
                "timelimits.number_missing",
                _("The number of the paper is missing."),
                field="number",
                mend=_("Enter it as it stands on the paper; where it bears none, say so and why."),
            )
        )
    if not authority.strip():
        lacking.append(
            Malformed(
                "timelimits.authority_missing",
                _("Nobody says which authority issued the paper."),
                field="authority",
                mend=_("Enter the authority whose seal stands on the paper."),
            )
        )
    raise_all(lacking)


def _record(
    deed: Deed,
    custody_id: UUID,
    event: dict[str, Any],
    by: Actor,
    said: _Said,
    scans: Sequence[StoredFile] = (),
    *,
    brought: bool = False,
) -> Paper:
    row = _clock_of(custody_id)
    _require_held(row)
    paper_id = new_id(deed.at)
    weighed = _weigh(row, str(paper_id), event, None, brought_at=deed.at if brought else None)
    refused = _refused(weighed, said.reason)
    late_reason = _why_late(weighed, said.late_reason, deed.at)
    happened = _happened(event)
    header = deed.append(
        kinds.PaperRecorded(
            paper=paper_id,
            type=event["type"],
            happened_on=happened,
            event=text_of(event),
            number=said.number,
            number_missing=said.number_missing,
            authority=said.authority,
            refused=refused,
            reason=said.reason.strip(),
            limit_ended_at=weighed.passed,
            late_by_minutes=_minutes(weighed.passed, deed.at) if weighed.late else 0,
            late_reason=late_reason,
            basis_from=weighed.basis_from,
            waits=weighed.waits,
        ),
        about=row.custody,
        by=by,
        occurred_at=_occurred(event, deed.at),
        attachments=scans,
    )
    paper = Paper.objects.create(
        id=paper_id,
        organization_id=row.organization_id,
        custody_id=custody_id,
        type=event["type"],
        happened_on=happened,
        event=event,
        number=said.number,
        number_missing=said.number_missing,
        authority=said.authority,
        limit_ended_at=weighed.passed,
        late_reason=late_reason,
        basis_from=weighed.basis_from,
        waits=weighed.waits,
        recorded_at=deed.at,
        recorded_by=by.ref,
        entry_id=header.id,
    )
    if not brought:
        _say_passed(deed, row, weighed)
    if weighed.waits:
        _await_a_leader(deed, row, weighed, paper_id)
    else:
        _settle(deed, row, weighed, because=header.id, basis=paper_id if not refused else None)
    return paper


def _await_a_leader(deed: Deed, row: Clock, weighed: Weighed, paper: UUID) -> None:
    """The clock stays as it is, and says that a paper waits; a warning is there for a leader to answer."""
    row.paper_waits = True
    row.save(update_fields=["paper_waits"])
    _leave_to_a_leader(row, weighed, paper)
    if _open_asking(row).exists():
        return
    # The ends of a few stages raise no alarm of their own, as that of delivery to prison.
    state, due = engine.standing(weighed.before).state, weighed.passed
    said = engine.Said(
        catalogue.rules().named("AL-4"),
        f"AL-4:{state}:{due:%Y-%m-%d %H:%M}",
        1,
        deed.at,
        state,
        due,
    )
    warning = _say(deed, row, said, None)
    warning.late_paper_id = paper
    warning.save(update_fields=["late_paper_id"])


def _say_passed(deed: Deed, row: Clock, weighed: Weighed) -> None:
    """What the sweep hasn't said yet of an end that has passed is said before anything moves it."""
    due = engine.standing(weighed.before).due_at
    if due is not None and row.watched_since < due <= deed.at:
        _raise(deed, row, weighed.before, weighed.held.papers, _open_keys([row.pk]))


def _minutes(passed: datetime | None, at: datetime) -> int:
    return int((at - passed).total_seconds() // 60) if passed else 0


def _why_late(weighed: Weighed, reason: str, at: datetime) -> str:
    """Why a paper of before an end that has passed came only now. Raises `Conflict` where nobody says."""
    if weighed.passed is None or not weighed.late:
        return ""
    if not reason.strip():
        raise Conflict(
            "timelimits.recorded_late",
            _("The limit ended at %(end)s, and what moves that end is %(late)s."),
            field="late_reason",
            mend=_(
                "Check the dates. If they stand so, say why it comes late. What would let custody go on"
                " counts only once a leader has accepted it; the warning stays open until then."
            ),
            end=moment_words(weighed.passed),
            late=kinds.late_by(_minutes(weighed.passed, at)),
        )
    return reason.strip()


def moment_words(at: datetime) -> str:
    """An end as people say it: midnight is 24:00 of the day before."""
    language = explaining.EN if catalogue.english() else explaining.ZH
    return explaining.instant(engine.instant_of(at), language)


def correct_paper(
    paper_id: UUID,
    event: dict[str, Any] | None,
    *,
    reason: str,
    by: Actor,
    number: str = "",
    number_missing: str = "",
    authority: str = "",
    late_reason: str = "",
    scans: Sequence[StoredFile] = (),
) -> Paper:
    """Put another paper in the place of one that was entered wrongly, or none (`event` None).

    What was entered stays, and so do the results that it gave. No warning ends because of a correction.
    One by which an end that has passed stands no more needs `late_reason`, as a paper that comes late does,
    and counts only once a leader has accepted it; the paper that was entered counts until then.
    Raises as `record_paper` does, `Malformed` without a reason, `Conflict` for one corrected already.
    """
    if not reason.strip():
        raise Malformed("timelimits.reason", _("Say why."), field="reason")
    record.require_writer(kinds.PaperCorrected, by)
    with record.deed() as deed:
        old = (
            Paper.objects.visible_to(scope.current())
            .filter(pk=paper_id, event__isnull=False)
            .first()
        )
        if old is None:
            raise Missing("timelimits.no_such_paper", _("There is no such paper in your scope."))
        row = _clock_of(old.custody_id)
        _require_held(row)
        new = new_id(deed.at)
        weighed = _weigh(row, str(new), event, paper_id)
        refused = _refused(weighed, reason)
        late_reason = _why_late(weighed, late_reason, deed.at)
        happened = _happened(event) if event else old.happened_on
        kind = event["type"] if event else old.type
        header = deed.append(
            kinds.PaperCorrected(
                paper=new,
                replaces=old.pk,
                type=kind,
                happened_on=happened,
                event=text_of(event) if event else "",
                number=number.strip(),
                number_missing=number_missing.strip(),
                authority=authority.strip(),
                refused=refused,
                reason=reason.strip(),
                limit_ended_at=weighed.passed,
                late_by_minutes=_minutes(weighed.passed, deed.at),
                late_reason=late_reason,
                waits=weighed.waits,
            ),
            about=row.custody,
            by=by,
            corrects=old.entry_id,
            because=old.entry_id,
            attachments=scans,
        )
        paper = Paper.objects.create(
            id=new,
            organization_id=row.organization_id,
            custody_id=old.custody_id,
            type=kind,
            happened_on=happened,
            event=event,
            number=number.strip(),
            number_missing=number_missing.strip(),
            authority=authority.strip(),
            limit_ended_at=weighed.passed,
            late_reason=late_reason,
            waits=weighed.waits,
            recorded_at=deed.at,
            recorded_by=by.ref,
            entry_id=header.id,
            replaces=old,
        )
        _say_passed(deed, row, weighed)
        if weighed.waits:
            _await_a_leader(deed, row, weighed, new)
        else:
            _settle(deed, row, weighed, because=header.id, basis=None)
            _leave_to_a_leader(row, weighed, new)
            _say_for_a_leader(deed, row, weighed, old.pk, new)
        if old.waits:
            _ask_of_the_next(deed, row, old.pk, by)
    return paper


def _refused(weighed: Weighed, reason: str) -> list[str]:
    """Codes of what speaks against a paper. Raises `Conflict` where nobody says why it is kept."""
    found = weighed.refused
    if found and not reason.strip():
        raise Conflict(
            f"timelimits.{found[0].code}",
            _("%(words)s"),
            field="reason",
            mend=_("Check the paper. If it stands so, say why it is kept; it lengthens no limit."),
            words=Told(found[0]),
        )
    return [one.code for one in found]


def _happened(event: dict[str, Any]) -> date:
    return date.fromordinal(cases.instant(event["at"])[0] // 86_400)


def _occurred(event: dict[str, Any], at: datetime) -> datetime:
    return min(engine.moment_of(cases.instant(event["at"])[0]), at)


def text_of(event: dict[str, Any]) -> str:
    """A fact as an entry keeps it: JSON, its fields in order."""
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS).decode()


def _clock_of(custody_id: UUID, *, locked: bool = True) -> Clock:
    """The clock of a stay, locked after the stay. One from before this module that has none yet gets it."""
    rows = Clock.objects.visible_to(scope.current()).select_related("custody")
    if locked:
        _hold_stay(custody_id)
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=custody_id).first()
    if found is not None:
        return found
    stay = Custody.objects.visible_to(scope.current()).filter(pk=custody_id).first()
    if stay is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    row = _new_clock(stay)
    if locked:
        row.save(force_insert=True)
    return row


def _hold_stay(custody_id: UUID) -> None:
    """Hold a stay before its clock, as whoever changes its file does: what follows a paper or the sweep
    holds both, and in another order two of them would wait for each other.
    """
    rows = Custody.objects.visible_to(scope.current()).select_for_update(of=("self",))
    list(rows.filter(pk=custody_id).only("pk"))


def _new_clock(stay: Custody) -> Clock:
    held = stay.ended_at is None
    return Clock(
        custody=stay,
        organization_id=stay.organization_id,
        held=held,
        next_at=stay.admitted_at + _grace() if held else None,
        watched_since=stay.admitted_at,
        computed_at=clock.now(),
    )


def _grace() -> timedelta:
    after = catalogue.rules().named("NO-BASIS").after
    return timedelta(hours=after.hours if after else 0)


def _require_held(row: Clock) -> None:
    if not row.held:
        raise Conflict(
            "timelimits.stay_ended",
            _("This stay has ended; its clock stands still."),
            mend=_("Papers of a new stay are entered in its own file."),
        )


# ---------------------------------------------------------------------- the clock


def begin(custody_id: UUID, organization_id: int, admitted_at: datetime) -> None:
    """Begin the clock of a stay that begins; one that has begun is left alone. One query."""
    row = Clock(
        custody_id=custody_id,
        organization_id=organization_id,
        next_at=admitted_at + _grace(),
        watched_since=admitted_at,
        computed_at=admitted_at,
    )
    Clock.objects.bulk_create([row], ignore_conflicts=True)


_BEGIN = """
INSERT INTO timelimits_clock (custody_id, organization_id, held, standing, state, authority, differs,
                              paused, problems, next_at, watched_since, computed_at, paper_waits)
SELECT s.id, s.organization_id, s.ended_at IS NULL, 'no_basis', '', '', false, false, 0,
       CASE WHEN s.ended_at IS NULL THEN s.admitted_at + make_interval(secs => %s) END, s.admitted_at, %s,
       false
  FROM custody_custody s
 WHERE {whose}
    ON CONFLICT DO NOTHING
"""
_BEGIN_ALL = _BEGIN.format(
    whose="s.ended_at IS NULL"
    " AND NOT EXISTS (SELECT FROM timelimits_clock c WHERE c.custody_id = s.id)"
)
#: Of many stays of which most have none: to ask for each whether it has one is to look through all that
#: have just begun, as long as the planner doesn't know of them.
_BEGIN_SOME = _BEGIN.format(whose="s.id = ANY(%s::uuid[])")


def adopt() -> int:
    """Begin the clock of everybody held who has none; returns how many.

    One statement, within the caller's scope.
    """
    return _begun(_BEGIN_ALL)


def begin_all(custodies: Iterable[UUID]) -> int:
    """Begin the clocks of some stays that a sheet brought in; those that have one are left alone.

    Returns how many. One statement, within the caller's scope.
    """
    return _begun(_BEGIN_SOME, list(custodies))


def _begun(statement: str, *whose: list[UUID]) -> int:
    scope.current()
    with connection.cursor() as cursor:
        cursor.execute(statement, [_grace().total_seconds(), clock.now(), *whose])
        return int(cursor.rowcount)


def end(custody_id: UUID, deed: Deed) -> None:
    """Stop the clock of a stay that ended; what was raised ends by the release."""
    row = _clock_of(custody_id)
    row.held, row.next_at = False, None
    row.save(update_fields=["held", "next_at"])
    for warning in _open(custody_id):
        _close(deed, warning, row, "release", None)


def to_leave(custody_id: UUID, received_at: datetime, by: datetime | None) -> None:
    """A document was received on which somebody is to leave: their clock says so, and until when that may
    take. A further one moves neither later. Within the deed of the receipt, which holds the stay.
    """
    row = _clock_of(custody_id)
    row.leaves_since = min(received_at, row.leaves_since or received_at)
    if by is not None:
        row.leaves_by = min(by, row.leaves_by or by)
    row.save(update_fields=["leaves_since", "leaves_by"])


def stays_after_all(custody_id: UUID) -> None:
    """The document on which somebody was to leave was withdrawn. Within the deed that did."""
    row = _clock_of(custody_id)
    row.leaves_since = row.leaves_by = None
    row.save(update_fields=["leaves_since", "leaves_by"])


def follow_documents(custody_id: UUID, fact: UUID, deed: Deed, *, because: UUID, by: Actor) -> None:
    """Ask the gate anew on which documents of the file somebody is held, after one ended or came in.

    Where none is left it is said at once, and the clock bears since when, whatever its papers come to; the
    next document that holds the person ends that. Within the deed that changed the file, which holds the
    stay, so that of two deeds the later one sees both. Source: 看守所条例 第9条、第39条.
    """
    row = _clock_of(custody_id)
    if not row.held:
        return
    held = bool(leaving.grounds(row.custody))
    if held == (row.unheld_since is None):
        return
    if not held:
        _say_unheld(deed, row, deed.at, because)
        return
    row.unheld_since = None
    row.save(update_fields=["unheld_since"])
    for warning in _open(row.pk):
        if warning.rule == "UNHELD":
            _close(deed, warning, row, "document", fact)
    if by.post is not None:
        words = gettext("A document of the file holds the person.")
        duty.settle(row.pk, {kinds.Unheld.name}, words, by=by)


def ask_after_term(custody_id: UUID, since: datetime) -> bool:
    """Ask the gate on which documents somebody is held, once their term was served at `since`.

    Where none is left it is said; returns whether it was, now. Nothing of a stay that has ended, or of
    whom it was said already.
    """
    with record.deed() as deed:
        try:
            stay = leaving.held(custody_id)
        except Conflict:
            return False
        row = _clock_of(custody_id)
        if not row.held or row.unheld_since is not None or leaving.grounds(stay):
            return False
        _say_unheld(deed, row, since)
    return True


def _say_unheld(deed: Deed, row: Clock, since: datetime, because: UUID | None = None) -> None:
    row.unheld_since = since
    row.save(update_fields=["unheld_since"])
    rule = catalogue.rules().named("UNHELD")
    said = engine.Said(rule, rule.id, 1, deed.at, row.state, None)
    warning = _say(deed, row, said, None, because=because)
    warning.unheld_since = since
    warning.save(update_fields=["unheld_since"])


def _ask_who_is_held(deed: Deed, rows: Sequence[Clock]) -> None:
    """Say of whom no document holds what nobody said when the last one ended.

    So it was before that was said at all. The gate is asked about those alone of whose file a document
    ended: one query says who they are, for all others.
    """
    ended = people.documents_ended([row.pk for row in rows if row.unheld_since is None])
    for row in rows:
        if row.pk in ended and not leaving.grounds(row.custody):
            _say_unheld(deed, row, ended[row.pk])


def _settle(deed: Deed, row: Clock, weighed: Weighed, *, because: UUID, basis: UUID | None) -> None:
    """Write the clock anew after a paper, say what changed, and end and raise warnings."""
    before = row.due_at
    computing.write(row, weighed.after, weighed.facts.papers, deed.at)
    _watch_without_basis(row)
    _tell(deed, row, weighed, before, because)
    if basis is not None:
        _end_by_basis(deed, row, weighed, basis)
    _raise(deed, row, weighed.after, weighed.facts.papers, _open_keys([row.pk]))
    row.save()


def _watch_without_basis(row: Clock) -> None:
    """Custody without a computable basis is itself a matter for the sweep."""
    if row.held and row.standing == Clock.Standing.NO_BASIS and row.next_at is None:
        row.next_at = max(row.custody.admitted_at + _grace(), row.computed_at)


def _tell(deed: Deed, row: Clock, weighed: Weighed, before: datetime | None, because: UUID) -> None:
    old = [_kept(stage) for stage in results.as_json(weighed.before)["stages"]]
    new = [_kept(stage) for stage in results.as_json(weighed.after)["stages"]]
    codes = sorted({one.code for one in weighed.after.problems})
    over = row.standing in (engine.ENDED, engine.ESCAPED)
    over_anew = over and row.standing != engine.standing(weighed.before).standing
    same_codes = codes == sorted({one.code for one in weighed.before.problems})
    if old == new and same_codes and not over_anew:
        return
    same = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    first = same if same is not None else min(len(old), len(new))
    first = min(first, max(len(new) - 1, 0))
    deed.append(
        kinds.LimitComputed(
            standing=row.standing,
            state=row.state,
            due_at=row.due_at,
            due_before=before,
            last_day=row.last_day,
            from_stage=first,
            stages=new[first:],
            problems=codes,
        ),
        about=row.custody,
        by=_SYSTEM,
        because=because,
    )


def _kept(stage: dict[str, Any]) -> kinds.StageKept:
    return kinds.StageKept(
        state=stage["state"],
        started_at=stage["started_at"],
        due_at=stage["due_at"],
        last_day=stage["last_day"],
        ends=[f"{one['rule']} {one['at']}" for one in stage["ends"]],
        basis=[f"{one['rule']} v{one['version']} {one['source']}" for one in stage["basis"]],
        zh=stage["explanation"]["zh"],
        en=stage["explanation"]["en"],
    )


# ---------------------------------------------------------------------- warnings


def _open(custody_id: UUID) -> list[Warning]:
    return list(
        Warning.objects.visible_to(scope.current())
        .select_for_update()
        .filter(custody_id=custody_id, closed_at__isnull=True)
        .order_by("raised_at", "id")
    )


def _open_keys(custodies: Sequence[UUID]) -> dict[tuple[UUID, str], Warning]:
    """What was raised last about some stays, by its key. One query."""
    rows = Warning.objects.filter(custody_id__in=custodies).order_by("raised_at", "id")
    return {(row.custody_id, row.key): row for row in rows}


def _end_by_basis(deed: Deed, row: Clock, weighed: Weighed, paper: UUID) -> None:
    now = engine.standing(weighed.after)
    still = {one.key for one in engine.to_say(weighed.after, weighed.facts.papers, deed.at)}
    for warning in _open(row.pk):
        rule = catalogue.rules().named(warning.rule)
        if "basis" not in rule.ends_by or warning.key in still:
            continue
        by_stage = warning.due_at is not None and warning.rule in _BY_END
        if by_stage and engine.still_stands(warning.state, warning.due_at, now):
            continue
        if warning.rule == "NO-BASIS" and now.standing == engine.NO_BASIS:
            continue
        if rule.late_paper_asks and warning.due_at and _stays_open(weighed, warning, now):
            if weighed.late:
                warning.late_paper_id = warning.late_paper_id or paper
                warning.save(update_fields=["late_paper_id"])
            continue
        _close(deed, warning, row, "basis", paper)


def _stays_open(weighed: Weighed, warning: Warning, now: engine.Standing) -> bool:
    """Whether a warning that a limit has ended outlasts a paper: until the person has left, or a leader has
    answered for what moved that end. What was brought along as history ends it.
    """
    return bool(weighed.passed or warning.late_paper_id or now.standing == engine.ENDED)


def _leave_to_a_leader(row: Clock, weighed: Weighed, paper: UUID) -> None:
    """What makes an end that has passed stand no more leaves its warning to a leader."""
    if not weighed.late:
        return
    now = engine.standing(weighed.after)
    for warning in _unanswered(row).select_for_update():
        if not engine.still_stands(warning.state, warning.due_at, now):
            warning.late_paper_id = paper
            warning.save(update_fields=["late_paper_id"])


def _say_for_a_leader(deed: Deed, row: Clock, weighed: Weighed, gone: UUID, paper: UUID) -> None:
    """An end that the replaced paper had answered for, and that another paper moved meanwhile without
    being asked, is said again and left to a leader: else it would have passed and nobody had said why.
    """
    now = engine.standing(weighed.after)
    for ended in _ended_by(row, gone) if weighed.late else ():
        if engine.still_stands(ended.state, ended.due_at, now):
            continue
        rule = catalogue.rules().named(ended.rule)
        said = engine.Said(rule, ended.key, 1, deed.at, ended.state, ended.due_at)
        warning = _say(deed, row, said, None)
        warning.late_paper_id = paper
        warning.save(update_fields=["late_paper_id"])


#: Warnings that are about the end of a limit.
_BY_END = frozenset({"AL-1", "AL-2", "AL-4", "AL-7", "AL-12", "EXTRADITION-NEAR", "OUT"})


def _close(
    deed: Deed,
    warning: Warning,
    row: Clock,
    by_what: str,
    paper: UUID | None,
    stronger: UUID | None = None,
) -> None:
    warning.closed_at, warning.closed_by, warning.closed_paper_id = deed.at, by_what, paper
    warning.replaced_by_id = stronger
    warning.save(update_fields=["closed_at", "closed_by", "closed_paper_id", "replaced_by_id"])
    deed.append(
        kinds.WarningEnded(
            warning=warning.pk,
            rule=warning.rule,
            by_what=by_what,
            paper=paper,
            replaced_by=stronger,
        ),
        about=row.custody,
        by=_SYSTEM,
        because=warning.entry_id,
    )
    if by_what in _ASKS_NO_MORE:
        words = gettext("The warning has ended: %(how)s.") % {"how": kinds.ENDINGS[by_what]}
        duty.withdraw_asked(_entries(warning), words, by=_SYSTEM)


#: What ends a warning without an officer's words: nothing is left to be done about it.
_ASKS_NO_MORE = frozenset({"basis", "release", "replaced"})


def _entries(warning: Warning) -> list[UUID]:
    """Every entry by which a warning was said."""
    if warning.step == 1:
        return [warning.entry_id]
    later = [line.id for line in queries_of_record.following(warning.entry_id)]
    return [warning.entry_id, *later]


def _raise(
    deed: Deed,
    row: Clock,
    result: Result,
    papers: Sequence[str],
    known: dict[tuple[UUID, str], Warning],
) -> int:
    """Say what is to be said about a clock by now and wasn't; returns how much it was."""
    said = engine.to_say(result, papers, deed.at)
    if row.standing == Clock.Standing.NO_BASIS and deed.at >= row.custody.admitted_at + _grace():
        rule = catalogue.rules().named("NO-BASIS")
        said.append(engine.Said(rule, "NO-BASIS", 1, deed.at, "", None))
    count = 0
    for one in said:
        warning = known.get((row.pk, one.key))
        if warning is not None and _by_a_paper(warning):
            warning = None  # what ended it counts no more
        if warning is None or (not warning.closed_at and warning.step < one.step):
            warning = known[row.pk, one.key] = _say(deed, row, one, warning)
            count += 1
        for key in one.replaced:
            weaker = known.get((row.pk, key))
            if weaker is not None and weaker.closed_at is None:
                _close(deed, weaker, row, "replaced", None, warning.pk)
    return count


def _by_a_paper(warning: Warning) -> bool:
    """Whether it ended because of a paper, also where a leader had to answer for that."""
    return warning.closed_by == "basis" or (
        warning.closed_by == "answer" and warning.closed_paper_id is not None
    )


def _say(
    deed: Deed,
    row: Clock,
    one: engine.Said,
    warning: Warning | None,
    because: UUID | None = None,
) -> Warning:
    warning_id = warning.pk if warning else new_id(deed.at)
    header = deed.append(
        kinds.SAID[one.rule.kind](
            warning=warning_id,
            rule=one.rule.id,
            step=one.step,
            state=one.state,
            due_at=one.due_at,
            to=list(one.rule.to),
            source=one.rule.source,
        ),
        about=row.custody,
        by=_SYSTEM,
        because=warning.entry_id if warning else because,
        ground=one.rule.source,
    )
    if warning is not None:
        warning.step = one.step
        warning.save(update_fields=["step"])
        return warning
    return Warning.objects.create(
        id=warning_id,
        organization_id=row.organization_id,
        custody_id=row.pk,
        rule=one.rule.id,
        key=one.key,
        kind=one.rule.kind,
        state=one.state,
        due_at=one.due_at,
        step=one.step,
        raised_at=deed.at,
        entry_id=header.id,
    )


#: How many clocks one bite of the sweep takes.
BITE = 200


def sweep(now: datetime | None = None, limit: int = BITE) -> int:
    """Look at every clock whose moment has come: compute it, say what is due; returns how many.

    Opens its own scope. Several workers may sweep at once: each takes other rows. The one index of
    deadlines answers it; eight statements for a bite, and those of what is said. Where a bite fails, each
    clock of it is looked at by itself, so that one that can't be computed keeps no other from being said.
    """
    moment = now or clock.now()
    try:
        return _bite(moment, limit)
    except Exception:  # whichever clock it was: found out by taking each alone
        return _one_by_one(moment, limit)


def _bite(moment: datetime, limit: int, only: UUID | None = None) -> int:
    with scope.entered(_sweeping()), record.deed() as deed:
        rows = due_by(moment, limit, only)
        if not rows:
            return 0
        ids = [row.pk for row in rows]
        facts, known = computing.facts_of(ids), _open_keys(ids)
        for row in rows:
            found = facts[row.pk]
            result = found.computed(deed.at)
            computing.write(row, result, found.papers, deed.at)
            if deed.at < row.custody.admitted_at + _grace():
                _watch_without_basis(row)
            _raise(deed, row, result, found.papers, known)
        computing.save_all(rows)
        _ask_who_is_held(deed, rows)
    return len(rows)


def _sweeping() -> scope.Scope:
    return scope.Scope.of_system("timelimits.sweep")


#: When a clock that failed is tried again.
_AGAIN = timedelta(minutes=10)


def _one_by_one(moment: datetime, limit: int) -> int:
    """The clocks that are due, each in a transaction of its own. One that fails is named in the log and on
    the page of operations, and tried again later; where even that can't be written, the sweep fails.
    """
    with scope.entered(_sweeping()):
        due = Clock.objects.filter(next_at__lte=moment).order_by("next_at")
        stays = list(due.values_list("pk", flat=True)[:limit])
    for stay in stays:
        try:
            _bite(moment, 1, stay)
        except Exception as error:
            log.error(
                "timelimits.clock_failed",
                custody=str(stay),
                error=type(error).__name__,
                exc_info=True,
            )
            with scope.entered(_sweeping()):
                Clock.objects.filter(pk=stay).update(
                    failing_since=Coalesce("failing_since", clock.now()), next_at=moment + _AGAIN
                )
    return len(stays)


#: Of the scope's bounds the planner knows nothing, and takes them for the fewer rows: it read every clock
#: of the node and sorted those that were due. The index of deadlines has them in order.
_IN_ORDER = (
    "SELECT set_config(name, %s, true) FROM unnest(ARRAY['enable_sort', 'enable_bitmapscan']) name"
)


def due_by(moment: datetime, limit: int = BITE, only: UUID | None = None) -> list[Clock]:
    """The clocks whose moment has come, the longest waiting first, locked; none that others work on. Of one
    stay where `only` that is asked for.

    Their stays are held before them, as every deed does; a clock that somebody changed until its stay was
    held is looked at again. Within a transaction.
    """
    due = Clock.objects.filter(next_at__lte=moment)
    if only is not None:
        due = due.filter(pk=only)
    # No key of a stay changes: whoever only names one, as a new row of its file does, isn't kept waiting.
    stays = (
        due.select_for_update(of=("custody",), no_key=True, skip_locked=True)
        .select_related("custody")
        .order_by("next_at")[:limit]
    )
    with connection.cursor() as cursor:
        cursor.execute(_IN_ORDER, ["off"])
        held = {row.pk: row.custody for row in stays}
        cursor.execute(_IN_ORDER, ["on"])
    if not held:
        return []
    clocks = due.select_for_update(skip_locked=True).filter(pk__in=list(held)).order_by("next_at")
    found = list(clocks)
    for row in found:
        row.custody = held[row.pk]
    return found


def send_notice(
    warning_id: UUID, said: dict[str, Any], *, by: Actor, printed_by: str, again: str = ""
) -> Warning:
    """Issue the notice that a warning asks for (D09, D10) and say that it was sent.

    `said` is what the paper says, as `letters.said()` has it. It ends no warning. One is issued; another
    only where `again` says why. Raises `Missing` out of scope, `Conflict` where the warning has ended, asks
    for no paper, has its paper already or announces an end that is past, and as
    `documents.services.issue` does. Source: 人民检察院刑事诉讼规则 第615条; 看守所条例 第43条.
    """
    record.require_writer(kinds.NoticeSent, by)
    with record.deed() as deed:
        warning = _warning(warning_id)
        code = catalogue.rules().named(warning.rule).notice
        if code is None:
            raise Conflict("timelimits.no_notice", _("This warning asks for no paper."))
        if warning.document_id is not None and not again.strip():
            raise Conflict(
                "timelimits.notice_sent",
                _("The paper of this warning was issued already."),
                field="again",
                mend=_("Look at the one that was issued; where another is needed, say why."),
            )
        if code == "D09" and warning.due_at is not None and warning.due_at <= deed.at:
            raise Conflict(
                "timelimits.notice_too_late",
                _("The limit has ended: nothing that is about to end can be announced."),
                mend=_("Report custody beyond the limit to the procuratorate."),
            )
        paper = documents.issue(
            code,
            said,
            about=warning.record_subject(),
            facility=organizations.organization(warning.organization_id),
            by=by,
            printed_by=printed_by,
            reason=again.strip(),
            because=warning.entry_id,
        )
        warning.document_id, warning.sent_at = paper.pk, deed.at
        warning.save(update_fields=["document_id", "sent_at"])
        deed.append(
            kinds.NoticeSent(
                warning=warning.pk,
                document=paper.pk,
                to=str(said.get("to", "")),
                again=again.strip(),
            ),
            about=warning,
            by=by,
            because=warning.entry_id,
        )
    return warning


def answer(warning_id: UUID, intention: str, words: str, *, by: Actor) -> Warning:
    """Keep what came back on a warning. Only one that asks for nothing but that ends by it.

    Where a paper waits on a warning of custody beyond the limit, a leader accepts it or doesn't, with the
    `intention` that says so: the paper counts from then on, or stays on the record and never counts; the
    words are kept with the decision. The warning ends, and its task is answered, once nothing waits and the
    limit isn't past by the papers that count. Of several papers the one that was entered first is decided.
    Raises `Malformed` without words or for an intention that nobody knows, `NotAllowed` for a decision by
    who doesn't lead, `Conflict` where the warning has ended or nothing waits, `Missing` out of scope.
    """
    record.require_writer(kinds.NoticeAnswered, by)
    if intention not in kinds.INTENTIONS:
        raise Malformed("timelimits.intention", _("Choose what is intended."), field="intention")
    if not words.strip() or len(words) > LONGEST_ANSWER:
        raise Malformed(
            "timelimits.answer",
            _("Say in at most %(most)s characters who answered, and what."),
            field="answer",
            most=LONGEST_ANSWER,
        )
    with record.deed() as deed:
        warning = _warning(warning_id)
        paper = _to_decide(warning, by) if intention in kinds.DECISIONS else None
        warning.intention, warning.answer, warning.answered_at = intention, words.strip(), deed.at
        warning.save(update_fields=["intention", "answer", "answered_at"])
        header = deed.append(
            kinds.NoticeAnswered(
                warning=warning.pk,
                intention=intention,
                answer=words.strip(),
                paper=paper.pk if paper else None,
            ),
            about=warning,
            by=by,
            because=warning.entry_id,
        )
        if paper is not None:
            _decide(deed, warning, paper, intention == kinds.ACCEPTED, header.id, by)
        elif "answer" in catalogue.rules().named(warning.rule).ends_by:
            row = _clock_of(warning.custody_id)
            _close(deed, warning, row, "answer", None)
            for entry in _entries(warning):
                duty.settle_entry(entry, words.strip(), by=by)
        elif warning.late_paper_id is not None and by.post in kinds.LEADING:
            _answer_for_late_paper(deed, warning, words.strip(), by)
    return warning


def _to_decide(warning: Warning, by: Actor) -> Paper:
    """The paper of which a leader decides. Raises `NotAllowed`, and `Conflict` where nothing waits."""
    if by.post not in kinds.LEADING:
        raise NotAllowed(
            "timelimits.leaders_decide",
            _("A leader decides whether a paper that came late counts."),
            field="intention",
            mend=_("Keep what was answered, and tell the leader that the paper waits."),
        )
    found = computing.undecided(Paper.objects.filter(custody_id=warning.custody_id)).first()
    if found is None:
        raise Conflict(
            "timelimits.nothing_waits",
            _("No paper waits for a decision here."),
            field="intention",
        )
    return found


def _decide(
    deed: Deed, warning: Warning, paper: Paper, accepted: bool, entry: UUID, by: Actor
) -> None:
    """Keep a leader's decision. What is accepted counts from now on, as if it were entered now."""
    row = _clock_of(warning.custody_id)
    held = computing.facts_of([row.pk])[row.pk]
    Decision.objects.create(
        paper=paper,
        organization_id=row.organization_id,
        accepted=accepted,
        words=warning.answer,
        decided_at=deed.at,
        decided_by=by.ref,
        entry_id=entry,
    )
    if accepted:
        facts = computing.facts_of([row.pk])[row.pk]
        weighed = Weighed(
            held.computed(deed.at),
            facts.computed(deed.at),
            held,
            facts,
            str(paper.pk),
            paper.limit_ended_at,
            late=True,
            waits=False,
            basis_from=None,
        )
        basis = paper.pk if paper.replaces_id is None and not weighed.refused else None
        _settle(deed, row, weighed, because=entry, basis=basis)
    _ask_of_the_next(deed, row, paper.pk, by)
    warning.refresh_from_db()


def _ask_of_the_next(deed: Deed, row: Clock, done: UUID, by: Actor) -> None:
    """After one paper waits no more: the next one stands on the warnings, or none does and they may end."""
    rows = Paper.objects.filter(custody_id=row.pk)
    following = computing.undecided(rows).values_list("pk", flat=True).first()
    row.paper_waits = following is not None
    row.save(update_fields=["paper_waits"])
    if following or not Decision.objects.filter(paper=done, accepted=True).exists():
        _open_asking(row).filter(late_paper_id=done).update(late_paper_id=following)
    if following is None:
        _end_decided(deed, row, by)


def _open_asking(row: Clock) -> QuerySet[Warning]:
    return Warning.objects.filter(custody_id=row.pk, closed_at__isnull=True, rule__in=_asking())


def _end_decided(deed: Deed, row: Clock, by: Actor) -> None:
    """End the warnings whose end stands no more by what a leader accepted since they were raised."""
    now = _stands(deed, row)
    accepted = Decision.objects.filter(paper__custody_id=row.pk, accepted=True)
    for warning in _open_asking(row):
        word = accepted.filter(decided_at__gte=warning.raised_at).order_by("-decided_at").first()
        if word and not engine.still_stands(warning.state, warning.due_at, now):
            _close(deed, warning, row, "answer", warning.late_paper_id or word.paper_id)
            duty.settle(row.pk, {warning.kind}, word.words, by=by)


def _answer_for_late_paper(deed: Deed, warning: Warning, words: str, by: Actor) -> None:
    row = _clock_of(warning.custody_id)
    if engine.still_stands(warning.state, warning.due_at, _stands(deed, row)) or row.paper_waits:
        return
    _close(deed, warning, row, "answer", warning.late_paper_id)
    duty.settle(row.pk, {warning.kind}, words, by=by)


def _stands(deed: Deed, row: Clock) -> engine.Standing:
    return engine.standing(computing.facts_of([row.pk])[row.pk].computed(deed.at))


def _warning(warning_id: UUID) -> Warning:
    """An open warning, locked after its stay, as the sweep and papers hold them."""
    rows = Warning.objects.visible_to(scope.current())
    stay = rows.filter(pk=warning_id).values_list("custody_id", flat=True).first()
    if stay is not None:
        _hold_stay(stay)
    found = (
        rows.select_for_update(of=("self",)).select_related("custody").filter(pk=warning_id).first()
    )
    if found is None:
        raise Missing("timelimits.no_such_warning", _("There is no such warning in your scope."))
    if found.closed_at is not None:
        raise Conflict(
            "timelimits.warning_ended",
            _("This warning has ended."),
            mend=_("Nothing is left to do here."),
        )
    return found


# ---------------------------------------------------------------------- first papers and bulk


def first_paper(custody_id: UUID, answers: dict[str, Any], *, by: Actor) -> Paper | None:
    """Enter the document on which somebody was admitted as the first fact of the stay.

    `answers` are those of the admission: basis, basis_number, authority, seized_at, arrived_at,
    issued_on, expires_on. None where they don't say enough; then somebody enters it from the paper, and
    is reminded. The clock of detention and arrest starts at execution, not at arrival (CPL 91, 156).
    """
    event = first_event(answers)
    if event is None:
        return None
    with record.deed() as deed:
        if Paper.objects.filter(custody_id=custody_id).exists():
            return None
        said = _Said(
            number=str(answers.get("basis_number") or "")[:100],
            authority=str(answers.get("authority") or "")[:200],
        )
        return _record(deed, custody_id, event, by, said, brought=True)


def first_papers(answers: Mapping[UUID, dict[str, Any]], *, by: Actor) -> int:
    """The same for many at once who were brought in; returns of how many it says enough.

    What the engine can't read is left to whoever enters it from the paper, as what doesn't say enough.
    """
    now, given = clock.now(), []
    events = {stay: event for stay, said in answers.items() if (event := first_event(said))}
    for stay in Custody.objects.visible_to(scope.current()).filter(pk__in=list(events)):
        said = answers[stay.pk]
        try:
            require_readable(events[stay.pk], now)
        except Malformed:
            continue
        number, authority = str(said["basis_number"])[:100], str(said["authority"])[:200]
        given.append(GivenPaper(stay, events[stay.pk], by, now, number, authority))
    return _load(given, now)


def first_event(answers: dict[str, Any]) -> dict[str, Any] | None:
    """The fact that the document of an admission is, or None where the answers don't say enough."""
    rule = catalogue.first_paper_of(str(answers.get("basis") or ""))
    if rule is None:
        return None
    given = dict(answers)
    if given.get("arrived_at"):
        given["arrived_on"] = clock.day_of(given["arrived_at"])
    at = given.get(rule.at)
    if at is None:
        return None
    event: dict[str, Any] = {"type": rule.type, "at": _said_at(at)}
    if rule.document:
        event["document"] = rule.document
    if rule.until and given.get(rule.until):
        event["until"] = _said_at(given[rule.until])
    if rule.decided_on:
        if not given.get(rule.decided_on):
            return None
        event["decided_on"] = _said_at(given[rule.decided_on])
    if rule.days_to:
        last = given.get(rule.days_to)
        days = (last - given["arrived_on"]).days if last else 0
        if days <= 0:
            return None
        event["days"] = days
    return event


def _said_at(value: datetime | date) -> str:
    if isinstance(value, datetime):
        return value.astimezone(clock.LOCAL).isoformat(timespec="seconds")
    return value.isoformat()


@dataclass(frozen=True, slots=True)
class GivenPaper:
    """One paper of a stay as an import or a demo brings it."""

    custody: Custody
    event: dict[str, Any]
    by: Actor
    at: datetime
    number: str = ""
    authority: str = ""


def load_papers(given: Iterable[GivenPaper]) -> int:
    """Take papers in bulk, oldest first, and compute the clocks of their stays; returns how many.

    Entries are appended, no reaction runs and nothing is raised: the sweep looks at every one of these
    clocks soon. Papers that the engine can't read are refused (`Malformed`), and nothing is kept. The
    caller's scope covers the facilities.
    """
    now, some = clock.now(), list(given)
    for one in some:
        require_readable(one.event, now)
    return _load(some, now)


_DUE_NOW = "UPDATE timelimits_clock SET next_at = %s WHERE held AND custody_id = ANY(%s::uuid[])"


def _load(given: Sequence[GivenPaper], now: datetime) -> int:
    """Take papers that the engine can read."""
    rows, drafts = [], []
    for one in given:
        paper_id, happened = new_id(one.at), _happened(one.event)
        made = record.draft(
            kinds.PaperRecorded(
                paper=paper_id,
                type=one.event["type"],
                happened_on=happened,
                event=text_of(one.event),
                number=one.number,
                authority=one.authority,
            ),
            about=one.custody,
            by=one.by,
            at=one.at,
            occurred_at=_occurred(one.event, one.at),
        )
        drafts.append(made)
        rows.append(
            Paper(
                id=paper_id,
                organization_id=one.custody.organization_id,
                custody_id=one.custody.pk,
                type=one.event["type"],
                happened_on=happened,
                event=one.event,
                number=one.number,
                authority=one.authority,
                recorded_at=one.at,
                recorded_by=one.by.ref,
                entry_id=made.header.id,
            )
        )
    with transaction.atomic():
        ids = sorted({one.custody.pk for one in given})
        computing.hold_stays(ids)
        begin_all(ids)
        load(rows)
        record.append_many(drafts)
        for begin_at in range(0, len(ids), computing.BATCH):
            computing.recompute(ids[begin_at : begin_at + computing.BATCH])
        with connection.cursor() as cursor:
            cursor.execute(_DUE_NOW, [now, ids])
    return len(rows)
