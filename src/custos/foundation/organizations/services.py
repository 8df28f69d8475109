"""What may be done to the tree and to a facility; each deed appends its entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing
from custos.foundation.organizations import kinds_of_facility, numbers
from custos.foundation.organizations.kinds import (
    BaseRecorded,
    CellAdded,
    CellReturnedToUse,
    CellTakenOutOfUse,
    OrganizationOpened,
)
from custos.foundation.organizations.models import (
    Area,
    BaseRecord,
    Cell,
    Installation,
    Organization,
    OrganizationCode,
    Room,
    StaffCount,
)
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject


def open_organization(
    name: str,
    *,
    tier: Tier,
    parent: Organization | None,
    by: Actor,
    kind: str = "",
    short_name: str = "",
    region: str = "",
    codes: Mapping[str, str] | None = None,
) -> Organization:
    """Add an organization below `parent` (None only for the ministry).

    A facility has a `kind` (see `kinds_of_facility`), no other tier has one. `codes` are opaque
    texts by scheme. Raises `Malformed` for a kind that is abolished, out of scope or missing, or a
    tier that cannot stand there, `Conflict` for a code in use.
    """
    if (tier is Tier.MINISTRY) != (parent is None):
        raise Malformed(
            "organization.parent", _("Only the ministry stands below nothing."), field="parent"
        )
    if tier is Tier.FACILITY:
        kind = kinds_of_facility.require(kind).code
    elif kind:
        raise Malformed(
            "organization.kind_of_tier", _("Only facilities have a kind."), field="kind"
        )
    today = clock.today()
    with record.deed() as deed:
        made = Organization.objects.create(
            id=_free_number(parent, tier),
            parent=parent,
            name=name,
            short_name=short_name,
            kind=kind,
            region=region,
            opened_on=today,
        )
        for scheme, code in (codes or {}).items():
            _add_code(made, scheme, code, today)
        deed.append(OrganizationOpened(full_name=name, kind=kind), about=made, by=by)
    return made


def _free_number(parent: Organization | None, tier: Tier) -> int:
    _one_at_a_time("number")  # two openings at once must not choose the same number
    if parent is None:
        if Organization.objects.filter(pk=numbers.MINISTRY).exists():
            raise Conflict(
                "organization.ministry_stands",
                _("This node has its ministry already."),
                field="parent",
                mend=_("Open it below the ministry, or below one of its provinces or cities."),
            )
        return numbers.MINISTRY
    lowest, highest = numbers.range_of(parent.pk)
    taken = set(
        Organization.objects.filter(id__range=(lowest, highest)).values_list("id", flat=True)
    )
    try:
        return numbers.next_number(parent.pk, tier, taken)
    except numbers.NoNumberLeft:
        raise Conflict(
            "organization.full",
            _("Every place below %(parent)s is taken."),
            field="parent",
            parent=parent.name,
        ) from None
    except ValueError:
        raise Malformed(
            "organization.place",
            _("A %(tier)s cannot stand right below %(parent)s."),
            field="parent",
            mend=_(
                "The order is ministry, province, city, facility; a facility may stand below any."
            ),
            tier=tier.title,
            parent=parent.name,
        ) from None


def _one_at_a_time(what: str) -> None:
    """Let nobody else do `what` to organizations before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"organizations.{what}",))


def _add_code(organization: Organization, scheme: str, code: str, today: date) -> None:
    taken = OrganizationCode.objects.filter(scheme=scheme, code=code, valid_to__isnull=True)
    if taken.exists():
        raise Conflict(
            "organization.code_taken",
            _("Code %(text)s of %(scheme)s belongs to another organization."),
            field="codes",
            text=code,
            scheme=scheme,
        )
    OrganizationCode.objects.create(
        organization=organization, scheme=scheme, code=code, valid_from=today
    )


def add_area(facility: Organization, name: str) -> Area:
    """Add an area (监区) to a facility, behind the others. Raises `Conflict` for a name it has."""
    names = list(Area.objects.filter(organization=facility).values_list("name", flat=True))
    if name in names:
        raise _taken(name)
    return Area.objects.create(organization=facility, name=name, position=len(names) + 1)


def add_room(facility: Organization, name: str, *, purpose: str) -> Room:
    """Add a room with a purpose. Raises `Conflict` where the facility has one of that name."""
    if Room.objects.filter(organization=facility, name=name).exists():
        raise _taken(name)
    return Room.objects.create(organization=facility, name=name, purpose=purpose)


def _taken(name: str) -> Conflict:
    return Conflict(
        "organization.name_taken",
        _("There is one named %(name)s already."),
        field="name",
        mend=_("Choose another name."),
        name=name,
    )


def add_cell(
    area: Area,
    name: str,
    *,
    sex: str,
    capacity: int,
    by: Actor,
    kind: str = "ordinary",
    square_metres: Decimal | None = None,
) -> Cell:
    """Add a cell to an area.

    `sex` is 1 or 2 (GB/T 2261.1), `kind` one of `Cell.KINDS`, `capacity` what it is certified for.
    Raises `Malformed` for other values or a facility of voluntary residents, which has no cells;
    `Conflict` where the facility has a cell of that name.
    """
    if area.organization.kind and not kinds_of_facility.require(area.organization.kind).custody:
        raise Malformed(
            "cell.voluntary",
            _("People live here of their own will; there are no cells."),
            field="area",
        )
    for field, wrong in (
        ("sex", sex not in ("1", "2")),
        ("kind", kind not in Cell.KINDS),
        ("capacity", not 1 <= capacity <= 200),
    ):
        if wrong:
            raise Malformed("cell.value", _("This value is not one of those allowed."), field=field)
    if Cell.objects.filter(organization_id=area.organization_id, name=name).exists():
        raise _taken(name)
    with record.deed() as deed:
        cell = Cell.objects.create(
            organization_id=area.organization_id,
            area=area,
            name=name,
            sex=sex,
            kind=kind,
            capacity=capacity,
            square_metres=square_metres,
        )
        deed.append(
            CellAdded(
                cell=cell.pk,
                cell_name=name,
                sex=sex,
                cell_kind=kind,
                capacity=capacity,
                square_metres=square_metres,
            ),
            about=cell,
            by=by,
        )
    return cell


def take_cell_out_of_use(
    cell: UUID, *, reason: str, expected_return: date | None, by: Actor
) -> Cell:
    """Say that a cell may hold nobody. People who are in it stay until they are moved.

    Raises `Malformed` without a reason or with a return in the past, `Conflict` where it is out of
    use already, `Missing` for a cell out of scope.
    """
    today = clock.today()
    if not reason.strip():
        raise Malformed("cell.reason", _("Say why."), field="reason")
    if expected_return and expected_return < today:
        raise Malformed("cell.return_past", _("This day has passed."), field="expected_return")
    with record.deed() as deed:
        place = _lock(cell)
        if place.out_of_use:
            raise Conflict("cell.out_already", _("This cell is out of use already."))
        place.out_of_use, place.out_of_use_reason = True, reason.strip()
        place.expected_return = expected_return
        place.save(update_fields=["out_of_use", "out_of_use_reason", "expected_return"])
        deed.append(
            CellTakenOutOfUse(reason=reason.strip(), expected_return=expected_return),
            about=place,
            by=by,
        )
    return place


def return_cell_to_use(cell: UUID, *, by: Actor) -> Cell:
    """Say that a cell may hold people again. Raises `Conflict` where it may, `Missing` out of scope."""
    with record.deed() as deed:
        place = _lock(cell)
        if not place.out_of_use:
            raise Conflict("cell.in_use", _("This cell is in use."))
        place.out_of_use, place.out_of_use_reason, place.expected_return = False, "", None
        place.save(update_fields=["out_of_use", "out_of_use_reason", "expected_return"])
        deed.append(CellReturnedToUse(), about=place, by=by)
    return place


def _lock(cell: UUID) -> Cell:
    place = (
        Cell.objects.visible_to(scope.current())
        .select_for_update(of=("self",))
        .filter(pk=cell)
        .first()
    )
    if place is None:
        raise Missing("cell.missing", _("There is no such cell."), field="cell")
    return place


@dataclass(frozen=True, slots=True)
class Installed:
    """A kind of security installation: how many there are, how many work, when that was checked."""

    kind: str
    count: int
    working: int
    checked_on: date | None = None


def record_base(
    facility: Organization,
    *,
    valid_from: date,
    grade: str,
    capacity: int,
    square_metres: Decimal,
    staff: Mapping[str, int],
    installations: list[Installed],
    by: Actor,
    last_inspected_on: date | None = None,
    last_inspection_result: str = "",
) -> BaseRecord:
    """Renew a facility's base record from a day on; the one before ends the day before.

    Raises `Conflict` where a record begins on that day or later: the past is not rewritten;
    `Malformed` for a capacity below one, another number below nothing, or more installations that
    work than there are.
    """
    for field, wrong in (
        ("capacity", capacity < 1),
        ("square_metres", square_metres < 0),
        ("staff", any(count < 0 for count in staff.values())),
        ("installations", any(not 0 <= i.working <= i.count for i in installations)),
    ):
        if wrong:
            raise Malformed("base.value", _("This value is not one of those allowed."), field=field)
    with record.deed() as deed:
        _one_at_a_time(f"base.{facility.pk}")
        last = (
            BaseRecord.objects.select_for_update()
            .filter(organization=facility, during__endswith__isnull=True)
            .first()
        )
        if last:
            if last.during.lower >= valid_from:
                raise Conflict(
                    "base.later",
                    _("A base record from %(day)s on stands already."),
                    field="valid_from",
                    mend=_("Choose a later day."),
                    day=last.during.lower.isoformat(),
                )
            last.during = DateRange(last.during.lower, valid_from)
            last.save(update_fields=["during"])
        base = BaseRecord.objects.create(
            organization=facility,
            during=DateRange(valid_from, None),
            grade=grade,
            capacity=capacity,
            square_metres=square_metres,
            last_inspected_on=last_inspected_on,
            last_inspection_result=last_inspection_result,
        )
        StaffCount.objects.bulk_create(
            StaffCount(base=base, organization_id=facility.pk, kind=kind, count=count)
            for kind, count in staff.items()
        )
        Installation.objects.bulk_create(
            Installation(
                base=base,
                organization_id=facility.pk,
                kind=i.kind,
                count=i.count,
                working=i.working,
                checked_on=i.checked_on,
            )
            for i in installations
        )
        deed.append(
            BaseRecorded(
                valid_from=valid_from,
                grade=grade,
                capacity=capacity,
                square_metres=square_metres,
                staff=dict(staff),
                installations={i.kind: (i.count, i.working) for i in installations},
            ),
            about=Subject(facility.pk),
            by=by,
        )
    return base
