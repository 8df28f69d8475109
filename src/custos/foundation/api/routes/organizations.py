"""Organizations, areas, cells, rooms and base records."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api import paging
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    CellId,
    Day,
    Line,
    Name,
    OrganizationId,
    OrganizationNumber,
    Page,
    Paging,
    Shape,
    like,
    told,
)
from custos.foundation.errors import Missing
from custos.foundation.organizations import kinds, queries, services
from custos.foundation.organizations.models import Cell
from custos.foundation.organizations.numbers import Tier

router = Router(_("Organizations"))

_READ, _WRITE = "organizations:read", "organizations:write"
_LEADERS = kinds.CellAdded.writers.allowed_posts
_KEEPERS = kinds.CellTakenOutOfUse.writers.allowed_posts
_CELL = "0198c5a2-7f00-7000-8000-0000000000c1"
_AREA = "0198c5a2-7f00-7000-8000-0000000000b1"

Kind = Annotated[str, Field(max_length=8, description="Code of the kind of facility.")]
Sex = Annotated[Literal["1", "2"], Field(description="1 male, 2 female (GB/T 2261.1).")]


class OrganizationShown(Shape):
    """A node of the tree ministry, province, city, facility."""

    model_config = like(
        id=110101002, parent_id=110101000, name="Centre 2", short_name="", kind="KSS",
        tier="facility", region="110101", opened_on="2026-01-01", closed_on=None,
    )  # fmt: skip
    id: int = Field(description="Its number; a subtree is one range of numbers.")
    parent_id: int | None = Field(description="The organization above; null for the ministry.")
    name: str = Field(description="Its name.")
    short_name: str = Field(description="Its short name; empty where it has none.")
    kind: str = Field(description="Kind of facility; empty for other tiers.")
    tier: Tier = Field(description="Its tier.")
    region: str = Field(description="Code of its region (GB/T 2260).")
    opened_on: date | None = Field(description="Since when it exists.")
    closed_on: date | None = Field(description="Until when it existed; null while it does.")


class OrganizationFilter(Paging):
    """Which organizations."""

    parent: OrganizationNumber | None = told("Those right below this organization.", 110101000)
    kind: Kind | None = told("Facilities of this kind.", "KSS")


@router.read(
    "/organizations", gives=Page[OrganizationShown], scope=_READ, summary=_("List organizations")
)
def list_organizations(call: Call, wanted: Query[OrganizationFilter]) -> Any:
    """The tree by number. It holds no personal data, and everybody sees all of it."""
    return paging.page(
        "list_organizations",
        wanted,
        lambda after, limit: queries.listed(
            parent=wanted.parent,
            kind=wanted.kind or "",
            after=after[0] if after else None,
            limit=limit,
        ),
        lambda one: (one.pk,),
    )


@router.read(
    "/organizations/{organization}",
    gives=OrganizationShown,
    scope=_READ,
    summary=_("Show an organization"),
)
def show_organization(call: Call, organization: OrganizationId) -> Any:
    """One organization."""
    return queries.organization(organization)


class NewOrganization(Asked):
    """An organization to add."""

    model_config = like(name="Centre 3", tier="facility", parent=110101000, kind="KSS")
    name: Name = Field(description="Its name.")
    tier: Tier = Field(description="Its tier; the ministry stands already.")
    parent: OrganizationNumber = Field(description="The organization right above it.")
    kind: Kind = Field("", description="Kind of facility; only for that tier.")
    short_name: Annotated[Line, Field(max_length=50)] = Field("", description="A short name.")
    region: Annotated[Line, Field(max_length=12, pattern=r"^[0-9]*$")] = Field(
        "", description="Code of its region (GB/T 2260)."
    )


@router.write(
    "/organizations",
    gives=OrganizationShown,
    scope=_WRITE,
    posts=kinds.OrganizationOpened.writers.allowed_posts,
    made=True,
    summary=_("Add an organization"),
)
def open_organization(call: Call, new: NewOrganization) -> Any:
    """Adds an organization below one of the caller's subtree, with its entry."""
    return services.open_organization(
        new.name,
        tier=new.tier,
        parent=queries.in_scope(new.parent),
        kind=new.kind,
        short_name=new.short_name,
        region=new.region,
        by=call.actor,
    )


class AreaShown(Shape):
    """A wing of a facility (监区)."""

    model_config = like(id=_AREA, organization_id=110101002, name="A")
    id: UUID = Field(description="Its identifier.")
    organization_id: int = Field(description="The facility.")
    name: str = Field(description="Its name.")


@router.read(
    "/organizations/{organization}/areas",
    gives=list[AreaShown],
    scope=_READ,
    summary=_("List areas"),
)
def list_areas(call: Call, organization: OrganizationId) -> Any:
    """The areas of a facility, by name; few enough for one answer."""
    return queries.areas(queries.in_scope(organization))


class NewArea(Asked):
    """An area to add."""

    model_config = like(name="B")
    name: Annotated[Name, Field(max_length=50)] = Field(description="Its name.")


@router.write(
    "/organizations/{organization}/areas",
    gives=AreaShown,
    scope=_WRITE,
    posts=_LEADERS,
    made=True,
    summary=_("Add an area"),
)
def add_area(call: Call, organization: OrganizationId, new: NewArea) -> Any:
    """Adds an area to a facility."""
    return services.add_area(queries.in_scope(organization), new.name)


class CellShown(Shape):
    """A room in which people are held (监室)."""

    model_config = like(
        id=_CELL, organization_id=110101002, area_id=_AREA, name="A101", sex="1", kind="ordinary",
        capacity=12, square_metres="32.50", out_of_use=False, out_of_use_reason="",
        expected_return=None,
    )  # fmt: skip
    id: UUID = Field(description="Its identifier.")
    organization_id: int = Field(description="The facility.")
    area_id: UUID | None = Field(description="Its area.")
    name: str = Field(description="Its name.")
    sex: str = Field(description="1 male, 2 female (GB/T 2261.1).")
    kind: str = Field(description="transition, ordinary, segregation or medical.")
    capacity: int = Field(description="For how many people it is certified.")
    square_metres: Decimal | None = Field(description="Its floor, where known.")
    out_of_use: bool = Field(description="Whether it may hold nobody.")
    out_of_use_reason: str = Field(description="Why it may not.")
    expected_return: date | None = Field(description="When it is expected back in use.")


class CellFilter(Paging):
    """Which cells."""

    area: UUID | None = told("Those of this area.", _AREA)
    out_of_use: bool | None = told("Those that are out of use, or those that are not.", False)


@router.read(
    "/organizations/{organization}/cells",
    gives=Page[CellShown],
    scope=_READ,
    summary=_("List cells"),
)
def list_cells(call: Call, organization: OrganizationId, wanted: Query[CellFilter]) -> Any:
    """The cells of an organization's subtree, by facility and name."""
    queries.in_scope(organization)
    return paging.page(
        "list_cells",
        wanted,
        lambda after, limit: queries.cells_listed(
            organization,
            area=wanted.area,
            out_of_use=wanted.out_of_use,
            after=(after[0], after[1]) if after else None,
            limit=limit,
        ),
        lambda one: (one.organization_id, one.name),
    )


@router.read("/cells/{cell}", gives=CellShown, scope=_READ, summary=_("Show a cell"))
def show_cell(call: Call, cell: CellId) -> Any:
    """One cell."""
    return queries.cell(cell)


class NewCell(Asked):
    """A cell to add."""

    model_config = like(
        area=_AREA, name="A102", sex="1", capacity=12, kind="ordinary", square_metres="32.5"
    )
    area: UUID = Field(description="The area it stands in.")
    name: Annotated[Name, Field(max_length=50)] = Field(description="Its name.")
    sex: Sex
    capacity: int = Field(ge=1, le=200, description="For how many people it is certified.")
    kind: Literal[Cell.KINDS] = Field("ordinary", description="What it is for.")  # type: ignore[valid-type]
    square_metres: Decimal | None = Field(
        None, ge=0, le=9999, max_digits=6, decimal_places=2, description="Its floor."
    )


@router.write(
    "/cells", gives=CellShown, scope=_WRITE, posts=_LEADERS, made=True, summary=_("Add a cell")
)
def add_cell(call: Call, new: NewCell) -> Any:
    """Adds a cell to an area, with its entry."""
    return services.add_cell(
        queries.area(new.area),
        new.name,
        sex=new.sex,
        capacity=new.capacity,
        kind=new.kind,
        square_metres=new.square_metres,
        by=call.actor,
    )


class OutOfUse(Asked):
    """Why a cell may hold nobody, and until when."""

    model_config = like(reason="Water damage", expected_return="2026-12-01")
    reason: Annotated[Line, Field(min_length=1, max_length=200)] = Field(description="Why.")
    expected_return: Day | None = Field(
        None, description="When it is expected back; null: unknown."
    )


@router.write(
    "/cells/{cell}/out-of-use",
    gives=CellShown,
    scope=_WRITE,
    posts=_KEEPERS,
    integrations=True,
    summary=_("Take a cell out of use"),
)
def take_cell_out_of_use(call: Call, asked: OutOfUse, cell: CellId) -> Any:
    """Nobody is put into it from now on; whoever is in it stays until they are moved."""
    return services.take_cell_out_of_use(
        cell, reason=asked.reason, expected_return=asked.expected_return, by=call.actor
    )


@router.write(
    "/cells/{cell}/return",
    gives=CellShown,
    scope=_WRITE,
    posts=_KEEPERS,
    integrations=True,
    summary=_("Return a cell to use"),
)
def return_cell_to_use(call: Call, cell: CellId) -> Any:
    """The cell may hold people again."""
    return services.return_cell_to_use(cell, by=call.actor)


class RoomShown(Shape):
    """Any other room, with its purpose (用房)."""

    model_config = like(id=_AREA, organization_id=110101002, name="T1", purpose="talk")
    id: UUID = Field(description="Its identifier.")
    organization_id: int = Field(description="The facility.")
    name: str = Field(description="Its name.")
    purpose: str = Field(description="What it is for.")


@router.read(
    "/organizations/{organization}/rooms",
    gives=list[RoomShown],
    scope=_READ,
    summary=_("List rooms"),
)
def list_rooms(call: Call, organization: OrganizationId) -> Any:
    """The rooms of a facility, by name; few enough for one answer."""
    return queries.rooms(queries.in_scope(organization))


class NewRoom(Asked):
    """A room to add."""

    model_config = like(name="T2", purpose="talk")
    name: Annotated[Name, Field(max_length=50)] = Field(description="Its name.")
    purpose: Annotated[Name, Field(max_length=32)] = Field(description="What it is for.")


@router.write(
    "/organizations/{organization}/rooms",
    gives=RoomShown,
    scope=_WRITE,
    posts=_LEADERS,
    made=True,
    summary=_("Add a room"),
)
def add_room(call: Call, organization: OrganizationId, new: NewRoom) -> Any:
    """Adds a room to a facility."""
    return services.add_room(queries.in_scope(organization), new.name, purpose=new.purpose)


class InstalledShown(Shape):
    """A kind of security installation."""

    model_config = like(kind="camera", count=40, working=39, checked_on="2026-01-15")
    kind: str = Field(description="What it is.")
    count: int = Field(description="How many there are.")
    working: int = Field(description="How many of them work.")
    checked_on: date | None = Field(description="When that was checked.")


class BaseShown(Shape):
    """The dated facts of a facility; the only source of its figures."""

    model_config = like(
        organization_id=110101002, valid_from="2026-01-01", valid_to=None, grade="1",
        capacity=600, square_metres="4200.00", staff={"officer": 60},
        installations=[{"kind": "camera", "count": 40, "working": 39, "checked_on": None}],
        last_inspected_on=None, last_inspection_result="",
    )  # fmt: skip
    organization_id: int = Field(description="The facility.")
    valid_from: date = Field(description="From when they hold.")
    valid_to: date | None = Field(description="From when they no longer hold; null: they do.")
    grade: str = Field(description="Its grade.")
    capacity: int = Field(description="For how many people it is certified.")
    square_metres: Decimal = Field(description="Its floor in all.")
    staff: dict[str, int] = Field(description="How many staff, by kind.")
    installations: list[InstalledShown] = Field(description="Its security installations.")
    last_inspected_on: date | None = Field(description="When it was last inspected.")
    last_inspection_result: str = Field(description="With what result.")


class OnDay(Asked):
    """A day."""

    day: Day | None = told("The day that is asked about; without it today.", "2026-03-02")


def _base(number: int, day: date) -> BaseShown:
    base = queries.base_record_at(queries.in_scope(number), day)
    if base is None:
        raise Missing("base.none", _("No base record holds on that day."))
    return BaseShown(
        organization_id=number,
        valid_from=base.during.lower,
        valid_to=base.during.upper,
        grade=base.grade,
        capacity=base.capacity,
        square_metres=base.square_metres,
        staff={row.kind: row.count for row in base.staff.all()},
        installations=[InstalledShown.model_validate(row) for row in base.installations.all()],
        last_inspected_on=base.last_inspected_on,
        last_inspection_result=base.last_inspection_result,
    )


@router.read(
    "/organizations/{organization}/base-record",
    gives=BaseShown,
    scope=_READ,
    summary=_("Show a base record"),
)
def show_base_record(call: Call, organization: OrganizationId, wanted: Query[OnDay]) -> Any:
    """The base record that held on a day."""
    return _base(organization, wanted.day or clock.today())


Count = Annotated[int, Field(ge=0, le=1_000_000)]
Code = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[a-z_]+$")]


class NewInstalled(Asked):
    """How many installations of a kind there are."""

    model_config = like(kind="camera", count=40, working=39, checked_on="2026-01-15")
    kind: Annotated[Name, Field(max_length=64)] = Field(description="What it is.")
    count: Count = Field(description="How many there are.")
    working: Count = Field(description="How many of them work.")
    checked_on: Day | None = Field(None, description="When that was checked.")


class NewBase(Asked):
    """The facts of a facility from a day on."""

    model_config = like(
        valid_from="2026-07-01", grade="1", capacity=600, square_metres="4200",
        staff={"officer": 60}, installations=[{"kind": "camera", "count": 40, "working": 39}],
    )  # fmt: skip
    valid_from: Day = Field(description="From when they hold; later than the record that holds.")
    grade: Annotated[Line, Field(max_length=32)] = Field("", description="Its grade.")
    capacity: int = Field(ge=1, le=100_000, description="For how many people it is certified.")
    square_metres: Decimal = Field(
        ge=0, max_digits=10, decimal_places=2, description="Its floor in all."
    )
    staff: dict[Code, Count] = Field(max_length=20, description="How many staff, by kind.")
    installations: list[NewInstalled] = Field(
        max_length=100, description="Its security installations, each kind once."
    )
    last_inspected_on: Day | None = Field(None, description="When it was last inspected.")
    last_inspection_result: Annotated[Line, Field(max_length=200)] = Field(
        "", description="With what result."
    )


@router.write(
    "/organizations/{organization}/base-records",
    gives=BaseShown,
    scope=_WRITE,
    posts=kinds.BaseRecorded.writers.allowed_posts,
    made=True,
    summary=_("Renew a base record"),
)
def record_base(call: Call, organization: OrganizationId, new: NewBase) -> Any:
    """Renews the base record; the one before ends the day before. The past is not rewritten."""
    services.record_base(
        queries.in_scope(organization),
        valid_from=new.valid_from,
        grade=new.grade,
        capacity=new.capacity,
        square_metres=new.square_metres,
        staff=new.staff,
        installations=[
            services.Installed(one.kind, one.count, one.working, one.checked_on)
            for one in new.installations
        ],
        last_inspected_on=new.last_inspected_on,
        last_inspection_result=new.last_inspection_result,
        by=call.actor,
    )
    return _base(organization, new.valid_from)
