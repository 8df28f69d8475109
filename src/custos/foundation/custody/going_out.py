"""Going out and coming back: what is planned, and who really went through the gate.

A plan is no movement. Somebody is out from the moment the gate says so until it says that they are back,
and keeps their place in the cell meanwhile. Who should be back and isn't becomes `AbsenceOverdue`.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.codes.spelling import same_number
from custos.foundation.custody import absences, placing, women
from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_kinds import (
    AbsenceCancelled,
    AbsenceOverdue,
    AbsencePlanned,
    CameBack,
    InjuredOnReturn,
    WentOut,
)
from custos.foundation.custody.place_models import Absence
from custos.foundation.custody.words import in_words
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed, raise_all
from custos.foundation.organizations.models import Cell
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject

_SYSTEM = Actor.system("custody.absences")


def plan(
    custody: UUID,
    kind: str,
    *,
    destination: str,
    document: str,
    planned_from: datetime,
    planned_until: datetime,
    by: Actor,
    trip: str = "",
    reason: str = "",
) -> Absence:
    """Plan that somebody leaves the facility and comes back.

    `kind` is a code of `rules/absences.yaml`, `trip` names a transport that several share; co-defendants
    and people kept apart never share one (看守所条例 第14条). Raises `NotAllowed` for what law forbids,
    `Malformed` for what is missing or impossible, `Conflict` for a return on another day than law expects
    without a `reason`.
    """
    rule = absences.kind(kind)
    record.require_writer(AbsencePlanned, by)
    for field, missing in (
        ("destination", not destination.strip()),
        ("document", rule.document is not None and not document.strip()),
    ):
        if missing:
            raise Malformed("custody.required", _("This must be filled in."), field=field)
    if planned_until <= planned_from:
        raise Malformed(
            "absence.order", _("The return lies before the departure."), field="planned_until"
        )
    found = []
    if rule.same_day and clock.day_of(planned_from) != clock.day_of(planned_until):
        found.append(f"{rule.id}.same_day v{absences.rules().version}")
        if not reason.strip():
            raise Conflict(
                "absence.same_day",
                _("%(kind)s: people come back on the same day (%(source)s)."),
                field="reason",
                mend=_("Plan the return for the same day, or say why not."),
                kind=in_words(rule.title),
                source=in_words(rule.source),
            )
    with record.deed() as deed:
        stay = placing.lock_stays([custody])[custody]
        if trip.strip():
            placing.lock_pairs(stay)
            _require_trip(stay, trip.strip(), planned_from, planned_until)
        absence = Absence.objects.create(
            organization_id=stay.organization_id,
            custody=stay,
            kind=kind,
            destination=destination.strip(),
            document=document.strip(),
            trip=trip.strip(),
            planned_from=planned_from,
            planned_until=planned_until,
        )
        deed.append(
            AbsencePlanned(
                absence=absence.pk,
                absence_kind=kind,
                destination=absence.destination,
                document=absence.document,
                trip=absence.trip,
                planned_from=planned_from,
                planned_until=planned_until,
                shown=found,
                reason=reason.strip(),
            ),
            about=stay,
            by=by,
            ground=rule.source.zh,
        )
    return absence


def _require_trip(stay: Custody, trip: str, begins: datetime, ends: datetime) -> None:
    others = {kept.other.pk for kept in placing.kept_apart([stay])[stay.pk] if kept.other}
    trips = Absence.objects.filter(
        organization_id=stay.organization_id,
        custody_id__in=others,
        planned_from__lt=ends,
        planned_until__gt=begins,
        cancelled_at=None,
        back_at=None,
    ).exclude(trip="")
    if any(same_number(trip, other) for other in trips.values_list("trip", flat=True)):
        raise NotAllowed(
            "absence.shared_trip",
            _("Somebody from whom this person is kept apart goes on the same trip."),
            field="trip",
            mend=_("Plan a transport of their own."),
        )


def cancel(absence: UUID, *, reason: str, by: Actor) -> Absence:
    """Say that a planned absence doesn't take place. Raises `Conflict` once the person has left."""
    if not reason.strip():
        raise Malformed("custody.reason", _("Say why."), field="reason")
    record.require_writer(AbsenceCancelled, by)
    with record.deed() as deed:
        row, stay, _cell = _locked(absence)
        if row.left_at or row.cancelled_at:
            raise Conflict("absence.not_waiting", _("This absence is no longer waiting."))
        row.cancelled_at = deed.at
        row.save(update_fields=["cancelled_at"])
        deed.append(AbsenceCancelled(absence=row.pk, reason=reason.strip()), about=stay, by=by)
    return row


def leave(
    absence: UUID, *, escort: str, condition: str, by: Actor, attended_by: str = ""
) -> Absence:
    """The person goes out through the gate: with whom, and in what condition.

    `attended_by` names the woman officer who goes with a woman; it is refused (`NotAllowed`) without:
    看守所条例 第6条; Nelson Mandela Rules 81. So is a trip with somebody from whom they are kept apart.
    Raises `Conflict` where they are out already or the plan was cancelled, `Malformed` without escort or
    condition (看守所条例 第20条: condition before and after).
    """
    _require_words(escort=escort, condition=condition)
    record.require_writer(WentOut, by)
    with record.deed() as deed:
        row, stay, cell = _locked(absence)
        if row.left_at or row.cancelled_at:
            raise Conflict("absence.not_waiting", _("This absence is no longer waiting."))
        if _out(stay).exists():
            raise Conflict("absence.out_already", _("The person is out already."))
        if row.trip:
            # Whoever was found since both were planned is found here.
            placing.lock_pairs(stay)
            _require_trip(stay, row.trip, row.planned_from, row.planned_until)
        raise_all(women.refusals(stay, attended_by))
        row.left_at = deed.at
        row.save(update_fields=["left_at"])
        left = deed.append(
            WentOut(
                absence=row.pk,
                absence_kind=row.kind,
                destination=row.destination,
                escort=escort.strip(),
                condition=condition.strip(),
            ),
            about=stay,
            by=by,
            ground="看守所条例 第20条",
        )
        women.tell(deed, stay, attended_by, by=by, because=left.id)
        if cell:
            placing.tell_of_alone(deed, cell)
    return row


def come_back(absence: UUID, *, condition: str, injured: bool = False, by: Actor) -> Absence:
    """The person comes back through the gate, and in what condition; `injured` where an injury is new.

    Whoever has to look at a new injury and to report it is told by an entry of its own. Raises `Conflict`
    where they aren't out, `Malformed` without a condition.
    """
    _require_words(condition=condition)
    record.require_writer(CameBack, by)
    with record.deed() as deed:
        row, stay, cell = _locked(absence)
        if row.left_at is None or row.back_at:
            raise Conflict("absence.not_out", _("The person isn't out."))
        row.back_at = deed.at
        row.save(update_fields=["back_at"])
        back = deed.append(
            CameBack(absence=row.pk, absence_kind=row.kind, condition=condition.strip()),
            about=stay,
            by=by,
            ground="看守所条例 第20条",
        )
        if injured:
            tell_of_injury(deed, stay.record_subject(), condition, by=by, because=back.id)
        if cell:
            placing.tell_of_alone(deed, cell)
    return row


def tell_of_injury(
    deed: record.Deed, about: Subject, words: str, *, by: Actor, because: UUID
) -> None:
    """Tell of an injury that somebody didn't have when they left; see `InjuredOnReturn`."""
    deed.append(
        InjuredOnReturn(words=words.strip()),
        about=about,
        by=by,
        because=because,
        ground="人民检察院刑事诉讼规则 第656条",
    )


def end_with_stay(stay: Custody, at: datetime) -> UUID | None:
    """End what is open of a stay that ends, within its deed; returns the absence that had begun."""
    rows = Absence.objects.filter(custody=stay, organization_id=stay.organization_id)
    rows.filter(left_at=None, cancelled_at=None).update(cancelled_at=at)
    out = rows.filter(left_at__isnull=False, back_at=None).first()
    if out is None:
        return None
    out.back_at = at
    out.save(update_fields=["back_at"])
    return out.pk


def _locked(absence: UUID) -> tuple[Absence, Custody, Cell | None]:
    """The absence, its stay and the cell of that, locked stay first."""
    found = Absence.objects.visible_to(scope.current()).filter(pk=absence)
    custody = found.values_list("custody_id", flat=True).first()
    if custody is None:
        raise Missing("absence.no_such", _("There is no such absence."))
    stay = placing.lock_stays([custody])[custody]
    cell = placing.lock_cells([stay.cell_id])[stay.cell_id] if stay.cell_id else None
    return found.select_for_update(of=("self",)).get(), stay, cell


def _out(stay: Custody) -> QuerySet[Absence]:
    return Absence.objects.filter(
        custody=stay,
        organization_id=stay.organization_id,
        left_at__isnull=False,
        back_at__isnull=True,
    )


def _require_words(**words: str) -> None:
    for field, value in words.items():
        if not value.strip():
            raise Malformed("custody.required", _("This must be filled in."), field=field)


def sweep(limit: int = 200) -> int:
    """Write down who should be back and isn't; returns how many. Each absence is told once.

    Runs every second, on one short index; several workers take other rows.
    """
    with scope.entered(scope.Scope.of_system("custody.absences")), record.deed() as deed:
        now = clock.now()
        grace = Case(
            *(
                When(kind=kind.id, then=Value(timedelta(minutes=kind.overdue_after_minutes)))
                for kind in absences.offered()
            ),
            default=Value(timedelta(0)),
        )
        rows = list(
            Absence.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(
                left_at__isnull=False,
                back_at__isnull=True,
                overdue_told_at__isnull=True,
                planned_until__lt=now,
            )
            .filter(planned_until__lt=Value(now) - grace)
            .select_related("custody")
            .order_by("planned_until")[:limit]
        )
        for row in rows:
            row.overdue_told_at = now
            deed.append(
                AbsenceOverdue(
                    absence=row.pk,
                    absence_kind=row.kind,
                    destination=row.destination,
                    planned_until=row.planned_until,
                ),
                about=row.custody,
                by=_SYSTEM,
            )
        Absence.objects.bulk_update(rows, ["overdue_told_at"])
    return len(rows)
