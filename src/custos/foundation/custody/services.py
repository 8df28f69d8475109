"""What may happen to a stay: admission into a cell, and moving. The invariants live here.

Each service locks the cell before it looks who is in it, so that two officers who fill it at the
same moment come one after the other, and the second sees the first's.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.custody import engine
from custos.foundation.custody.kinds import Admitted, CellMoved
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.organizations.models import Cell
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor


def admit(
    *,
    name: str,
    sex: str,
    born: date | None,
    basis: str,
    basis_number: str,
    number: str,
    arrived_at: datetime,
    cell: UUID,
    by: Actor,
    reason: str = "",
) -> Custody:
    """Admit a person to a cell on a legal basis.

    `sex` is a code of GB/T 2261.1, `basis` the kind of legal document and `basis_number` its number,
    `arrived_at` when the person arrived. Nobody is admitted without a document: 看守所条例 第9条;
    Nelson Mandela Rule 7. Refuses (`NotAllowed`) what separation forbids and any writer but a police
    officer on the admission post; asks `reason` where a soft rule warns. Raises `Malformed` for what
    is missing or impossible, `Missing` for a cell out of scope, `Conflict` for a number in use or a
    cell out of use.
    """
    _check_facts(name, basis, basis_number, number, born, arrived_at)
    record.require_writer(Admitted, by)
    with record.deed() as deed:
        place = _lock_cell(cell)
        found = _require_allowed(engine.Person(sex, born), place, deed.at, reason)
        if Custody.objects.filter(organization_id=place.organization_id, number=number).exists():
            raise Conflict(
                "custody.number_taken",
                _("Number %(number)s belongs to another stay here."),
                field="number",
                mend=_("Check whether this person has been admitted already."),
                number=number,
            )
        detainee = Detainee.objects.create(
            organization_id=place.organization_id, name=name.strip(), sex=sex, born=born
        )
        custody = Custody.objects.create(
            detainee=detainee,
            organization_id=place.organization_id,
            number=number,
            basis=basis,
            basis_number=basis_number.strip(),
            admitted_at=deed.at,
            cell=place,
        )
        _begin_stay(custody, place, deed.at)
        deed.append(
            Admitted(
                number=number,
                basis=basis,
                basis_number=basis_number.strip(),
                cell=place.pk,
                cell_name=place.name,
                arrived_at=arrived_at,
                shown=_shown(found),
                reason=reason,
            ),
            about=custody,
            by=by,
            occurred_at=arrived_at,
            ground="看守所条例 第9条",
        )
    return custody


def move_to_cell(custody: UUID, cell: UUID, *, reason: str, by: Actor) -> Custody:
    """Move a person to another cell of the same facility.

    Refuses what separation forbids (`NotAllowed`). Raises `Missing` for a stay or cell out of scope,
    `Conflict` where the stay has ended or the person is there already, `Malformed` without a reason.
    Source: 看守所条例 第14条; Nelson Mandela Rules 11.
    """
    if not reason.strip():
        raise Malformed("custody.reason", _("Say why."), field="reason")
    record.require_writer(CellMoved, by)
    with record.deed() as deed:
        place = _lock_cell(cell)
        stay = _lock_custody(custody)
        if stay.organization_id != place.organization_id:
            raise NotAllowed("custody.other_facility", _("That cell belongs to another facility."))
        if stay.cell_id == place.pk:
            raise Conflict("custody.there_already", _("The person is in that cell already."))
        found = _require_allowed(stay.detainee.facts(), place, deed.at, reason)
        left = stay.cell_id
        _end_stay(stay, deed.at)
        stay.cell = place
        stay.save(update_fields=["cell"])
        _begin_stay(stay, place, deed.at)
        deed.append(
            CellMoved(
                cell=place.pk,
                cell_name=place.name,
                left_cell=left,
                shown=_shown(found),
                reason=reason.strip(),
            ),
            about=stay,
            by=by,
            ground="看守所条例 第14条",
        )
    return stay


def _check_facts(
    name: str, basis: str, basis_number: str, number: str, born: date | None, arrived_at: datetime
) -> None:
    for field, value in (
        ("name", name),
        ("basis", basis),
        ("basis_number", basis_number),
        ("number", number),
    ):
        if not value.strip():
            raise Malformed(
                "custody.required",
                _("This must be filled in."),
                field=field,
                mend=_("Nobody is admitted without a legal document that names them."),
            )
    today = clock.now().astimezone(clock.LOCAL).date()
    if born and not date(today.year - 130, 1, 1) <= born <= today:
        raise Malformed("custody.born", _("This date of birth is impossible."), field="born")
    if arrived_at > clock.now():
        raise Malformed(
            "custody.arrival", _("The time of arrival lies in the future."), field="arrived_at"
        )


def _lock_cell(cell: UUID) -> Cell:
    place = (
        Cell.objects.visible_to(scope.current()).select_for_update(of=("self",)).filter(pk=cell)
    ).first()
    if place is None:
        raise Missing("custody.no_such_cell", _("There is no such cell."), field="cell")
    if place.out_of_use:
        raise Conflict(
            "custody.cell_out_of_use",
            _("Cell %(cell)s is out of use."),
            field="cell",
            mend=_("Choose another cell."),
            cell=place.name,
        )
    return place


def _lock_custody(custody: UUID) -> Custody:
    stay = (
        Custody.objects.visible_to(scope.current())
        .select_related("detainee")
        .select_for_update(of=("self",))
        .filter(pk=custody)
        .first()
    )
    if stay is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    if stay.ended_at:
        raise Conflict("custody.ended", _("This stay has ended."))
    return stay


def _require_allowed(
    person: engine.Person, place: Cell, at: datetime, reason: str
) -> list[engine.Found]:
    occupants = [
        stay.detainee.facts()
        for stay in Custody.objects.filter(
            cell=place, ended_at__isnull=True, organization_id=place.organization_id
        ).select_related("detainee")
    ]
    found = engine.conflicts(
        person,
        engine.CellFacts(place.sex, place.capacity),
        occupants,
        at.astimezone(clock.LOCAL).date(),
    )
    for conflict in found:
        rule = conflict.rule
        titles = {"rule": _title(rule), "source": rule.source}
        if rule.effect == "block":
            raise NotAllowed(
                f"custody.{rule.id}",
                _("%(rule)s (%(source)s)."),
                field="cell",
                mend=_("Choose another cell."),
                **titles,
            )
        if rule.effect == "warn" and not reason.strip():
            raise Conflict(
                f"custody.{rule.id}",
                _("%(rule)s (%(source)s)."),
                field="reason",
                mend=_("Choose another cell, or say why it has to be this one."),
                **titles,
            )
    return found


def _title(rule: engine.Rule) -> str:
    return rule.title.en if (get_language() or "").startswith("en") else rule.title.zh


def _shown(found: Sequence[engine.Found]) -> list[str]:
    return [f"{conflict.rule.id} v{conflict.version}" for conflict in found]


def _begin_stay(custody: Custody, cell: Cell, at: datetime) -> None:
    CellStay.objects.create(
        custody=custody,
        organization_id=custody.organization_id,
        cell=cell,
        during=DateTimeTZRange(at, None),
    )


def _end_stay(custody: Custody, at: datetime) -> None:
    stay = CellStay.objects.get(
        custody=custody, organization_id=custody.organization_id, during__endswith__isnull=True
    )
    stay.during = DateTimeTZRange(stay.during.lower, at)
    stay.save(update_fields=["during"])
