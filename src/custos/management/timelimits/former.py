"""The papers of a stay follow the person to another facility. The program offers, an officer takes over.

A transfer ends a stay at one facility and begins another elsewhere. The worker, which sees both, offers
the papers that count there to the new stay, as an entry with the facts in it; who takes them over enters
each on the record of the new stay, with the dates that stand on it, so that the clock runs on. The former
facility keeps its papers, its clock stands still, and nothing of it is written.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import queries as people
from custos.foundation.database import scope
from custos.foundation.errors import Conflict
from custos.foundation.limits.facts import instant
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import queries as record_queries
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor
from custos.foundation.record.services import Deed
from custos.management.timelimits import computing, kinds, services
from custos.management.timelimits.engine import standing
from custos.management.timelimits.models import FormerPapers, Paper
from custos.prevention.duty import services as duty

_SYSTEM = Actor.system("timelimits")
#: The way out by which somebody is handed to another facility.
TRANSFER = "TRANSFER"
NOTHING_WAITS = _("No papers of a former facility wait here.")
#: How long a transfer may take; who comes later has another story.
WITHIN = timedelta(days=30)


def offer_to(custody_id: UUID, deed: Deed) -> None:
    """Offer a new stay the papers of the one from which its person was handed over. In a worker's scope.

    Whoever has the same number of an identity document, or the same name, sex and birth, and left another
    facility by transfer within the last days. Where there are two, nothing is offered.
    """
    stay = Custody.objects.filter(pk=custody_id, ended_at=None).first()
    if stay is None:
        return
    found = [
        former
        for former in _same_person(stay)
        if former.ended_at is not None
        and abs(stay.admitted_at - former.ended_at) <= WITHIN
        and former.admitted_at < stay.admitted_at
        and _handed_over(former)
    ]
    if len(found) == 1:
        _offer(found[0], stay, deed)


def offer_from(custody_id: UUID, deed: Deed) -> None:
    """The same from the other side: somebody arrived before the former facility closed their stay."""
    former = Custody.objects.filter(pk=custody_id, ended_at__isnull=False).first()
    if former is not None and _handed_over(former):
        for stay in _same_person(former):
            offer_to(stay.pk, deed)


def _same_person(stay: Custody) -> list[Custody]:
    """The stays elsewhere of whoever is, by number or by name, sex and birth, the same person."""
    root = stay.detainee.known_as.pk
    same = {one.custody_id for one in people.duplicates_of(root)}
    rows = Custody.objects.filter(
        Q(pk__in=same) | Q(detainee=root) | Q(detainee__merged_into=root)
    ).exclude(organization=stay.organization_id)
    return list(rows.order_by("admitted_at"))


def _handed_over(stay: Custody) -> bool:
    lines = record_queries.timeline(
        detainee=stay.detainee_id, kinds=["custody.ended"], since=stay.admitted_at, limit=5
    )
    return any(
        line.custody_id == stay.pk and getattr(line.payload, "way", "") == TRANSFER
        for line in lines
    )


def _offer(former: Custody, stay: Custody, deed: Deed) -> None:
    if FormerPapers.objects.filter(custody=stay).exists():
        return
    rows = computing.counting(Paper.objects.filter(custody=former))
    papers: list[dict[str, Any]] = [
        {"event": row.event, "number": row.number, "authority": row.authority}
        for row in rows.order_by("recorded_at", "id")
    ]
    if not papers:
        return
    facility = organizations.organization(former.organization_id).name
    header = deed.append(
        kinds.PapersOffered(
            former=former.pk,
            facility=facility,
            number=former.number,
            papers=[
                kinds.PaperBrought(
                    type=one["event"]["type"],
                    happened_on=date.fromisoformat(one["event"]["at"][:10]),
                    event=services.text_of(one["event"]),
                    number=one["number"],
                    authority=one["authority"],
                )
                for one in papers
            ],
        ),
        about=stay,
        by=_SYSTEM,
    )
    FormerPapers.objects.create(
        custody=stay,
        organization_id=stay.organization_id,
        former_id=former.pk,
        facility=facility,
        number=former.number,
        papers=papers,
        offered_at=deed.at,
        entry_id=header.id,
    )


@dataclass(frozen=True, slots=True)
class PaperThere:
    """One paper that counts at the former facility."""

    type: str
    title: str
    happened_on: date
    number: str
    authority: str


@dataclass(frozen=True, slots=True)
class Brought:
    """Papers that wait to be taken over; `number` is the custody number that the person had there."""

    facility: str
    number: str
    offered_at: datetime
    papers: list[PaperThere]


def waiting(custody_id: UUID) -> Brought | None:
    """What waits for a stay; None where nothing does. One query."""
    row = _rows().filter(pk=custody_id, taken_at=None).first()
    if row is None:
        return None
    return Brought(
        row.facility,
        row.number,
        row.offered_at,
        [
            PaperThere(
                one["event"]["type"],
                kinds.type_title(one["event"]["type"]),
                date.fromisoformat(one["event"]["at"][:10]),
                one["number"],
                one["authority"],
            )
            for one in row.papers
        ],
    )


def _rows() -> Any:
    return FormerPapers.objects.visible_to(scope.current())


def take_over(custody_id: UUID, *, by: Actor, late_reason: str = "") -> int:
    """Enter the papers of the former facility for a stay, oldest first; returns how many.

    What stands on the record of this stay already (the document of its admission) isn't entered twice:
    where the former facility has an earlier last day or hour of it, or fewer days, the paper here is put
    right by that, and its end never moves later.
    A paper that doesn't fit is kept and moves no limit, as it did there. Where custody beyond the limit was
    said here before, and stands no more with these papers, `late_reason` says why they come only now, and
    they count once a leader has accepted them. Raises `Conflict` without it, where nothing waits, they were
    taken over already or the stay has ended, `NotAllowed` for who may not enter papers.
    """
    record.require_writer(kinds.PaperRecorded, by)
    with record.deed() as deed:
        row = _rows().select_for_update(of=("self",)).filter(pk=custody_id).first()
        if row is None:
            raise Conflict("timelimits.nothing_brought", NOTHING_WAITS)
        if row.taken_at is not None:
            raise Conflict(
                "timelimits.taken_already",
                _("These papers were taken over already."),
                mend=_("Look at the list of papers."),
            )
        rows = Paper.objects.filter(custody=custody_id)
        here = [*computing.undecided(rows), *computing.counting(rows)]
        known = {(one.type, one.happened_on): one for one in here}
        reason = gettext("Taken over from %(facility)s, custody number %(number)s") % {
            "facility": row.facility,
            "number": row.number,
        }
        count = 0
        for one in row.papers:
            day = date.fromisoformat(one["event"]["at"][:10])
            if same := known.get((one["event"]["type"], day)):
                count += _put_right(same, one["event"], reason, late_reason, by)
                continue
            services.record_paper(
                custody_id,
                one["event"],
                by=by,
                number=one["number"],
                authority=one["authority"],
                reason=reason,
                late_reason=late_reason,
                brought=True,
            )
            count += 1
        row.taken_at = deed.at
        row.save(update_fields=["taken_at"])
        duty.settle(custody_id, {kinds.PapersOffered.name}, reason, by=by)
    return count


def _put_right(
    here: Paper, there: dict[str, Any], reason: str, late_reason: str, by: Actor
) -> bool:
    """Give a paper of this stay what the former facility's record of it has that ends sooner."""
    event = _sooner(here.pk, here.custody_id, here.event or {}, there)
    if event == here.event:
        return False
    services.correct_paper(
        here.pk,
        event,
        reason=reason,
        by=by,
        number=here.number,
        number_missing=here.number_missing,
        authority=here.authority,
        late_reason=late_reason,
    )
    return True


def _sooner(
    paper: UUID, custody_id: UUID, here: dict[str, Any], there: dict[str, Any]
) -> dict[str, Any]:
    """One paper of two records: the earlier last day, the fewer days, and the hour where one has it.

    The hour of one and the day of the other may start a time later than the day does: then the day stays.
    """
    event = dict(here)
    for field in ("until", "days"):
        said = [one[field] for one in (here, there) if one.get(field) is not None]
        if said:
            event[field] = min(said)
    exact = [one["at"] for one in (here, there) if not instant(one["at"])[1]]
    if exact:
        timed = event | {"at": min(exact, key=lambda at: instant(at)[0])}
        weighed = services.weigh(custody_id, timed, replaces=paper)
        before, after = (standing(one).due_at for one in (weighed.before, weighed.after))
        if before is None or (after is not None and after <= before):
            return timed
    return event
