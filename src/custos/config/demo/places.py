"""Where the demo plays: organizations, areas, cells with what they are for, and devices."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import User
from custos.foundation.codes import services as codes
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.organizations.services import Installed
from custos.foundation.record.parties import Actor, Post
from custos.prevention.devices import services as devices
from custos.prevention.devices.models import Device, DeviceKind

#: How far back the world goes, and what of it the services that users call tell.
HISTORY = timedelta(days=3 * 365)
LAST_WEEK = timedelta(days=7)
STAFF = 180

SYSTEM = Actor.system("demo")
_PROVINCES = (
    ("990000", "甲省", (("990100", "甲东市"), ("990200", "甲西市"))),
    ("980000", "乙省", (("980100", "乙南市"), ("980200", "乙北市"))),
)
#: Facilities of each city in turn; the first of all is the main one.
_FACILITIES = (
    (("第一看守所", "KSS"), ("拘留所", "JLS")),
    (("看守所", "KSS"), ("强制隔离戒毒所", "QJS")),
    (("看守所", "KSS"), ("拘留所", "JLS")),
    (("看守所", "KSS"), ("强制隔离戒毒所", "QJS")),
)
#: Areas of the main facility: name, sex, kind, cells of twelve places.
_AREAS = (
    ("一监区", "1", "ordinary", 13),
    ("二监区", "1", "ordinary", 13),
    ("三监区", "1", "ordinary", 12),
    ("过渡监区", "1", "transition", 5),
    ("女监区", "2", "ordinary", 7),
    ("六监区", "1", "ordinary", 4),
)
_AREAS_ELSEWHERE = (("男区", "1", "ordinary", 6), ("女区", "2", "ordinary", 2))
_KINDS_OF_CELLS = {"501": "transition", "603": "medical"}
#: For whom cells of the main facility are, and of the others by kind; all else is for men or women.
_POOLS = {
    "113": "closed", "309": "1-convicted", "310": "1-convicted", "311": "1-convicted", "312": "1-convicted",
    "501": "2-new", "506": "2-minor", "507": "2-convicted", "601": "1-minor", "603": "1-ill",
}  # fmt: skip
_POOLS_ELSEWHERE = {"KSS": {}, "JLS": {"106": "1-abroad"}, "QJS": {}}
CLOSED = "113"


@dataclass(slots=True)
class World:
    """What has been built so far.

    `pools` are the cells of a facility by whom they are for: "1" men and "2" women by GB/T 2261.1, with
    "-new", "-minor", "-convicted", "-ill" or "-abroad" behind it for those held apart from others. `share`
    is how much of the people and of what happens is made.
    """

    chance: Random
    now: datetime
    share: float = 1.0
    facilities: list[Organization] = field(default_factory=list)
    cities: dict[int, str] = field(default_factory=dict)
    cells: dict[int, list[Cell]] = field(default_factory=dict)
    pools: dict[int, dict[str, list[Cell]]] = field(default_factory=dict)
    pool_of: dict[UUID, str] = field(default_factory=dict)
    buttons: dict[UUID, Device] = field(default_factory=dict)
    staff: dict[tuple[int, Post], list[tuple[Actor, User]]] = field(default_factory=dict)
    occupancy: dict[UUID, int] = field(default_factory=dict)
    serials: dict[int, int] = field(default_factory=dict)
    staff_numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    turns: Iterator[int] = field(default_factory=itertools.count)
    #: Who was drawn for what is recorded of somebody once only.
    drawn: set[UUID] = field(default_factory=set)
    agenda: list[tuple[datetime, int, Callable[["World"], None]]] = field(default_factory=list)

    def at(self, moment: datetime, happen: Callable[["World"], None]) -> None:
        """Let something happen at a moment; what lies ahead of now never does."""
        heapq.heappush(self.agenda, (moment, next(self.turns), happen))

    def so_many(self, count: int) -> int:
        """The share of a count, at least one."""
        return max(1, round(count * self.share))

    @property
    def began(self) -> datetime:
        """When the history begins."""
        return self.now - HISTORY

    @property
    def week(self) -> datetime:
        """When the last week begins."""
        return self.now - LAST_WEEK

    @property
    def main(self) -> Organization:
        """The main facility, a detention centre."""
        return self.facilities[0]

    @property
    def administrative(self) -> Organization:
        """The administrative detention house of the same city."""
        return self.facilities[1]

    @property
    def treatment(self) -> Organization:
        """The compulsory drug-treatment centre of the next city."""
        return self.facilities[3]

    def city_of(self, facility: Organization) -> str:
        """The name of the city in which a facility is."""
        return self.cities[facility.pk]

    def someone(self, post: Post, facility: Organization | None = None) -> Actor:
        """Somebody on a post, of the main facility where none is named."""
        return self.chance.choice(self.staff[(facility or self.main).pk, post])[0]

    def two(self, one: Post, other: Post, facility: Organization) -> tuple[Actor, Actor]:
        """Somebody on each of two posts of a facility."""
        return self.someone(one, facility), self.someone(other, facility)

    def acting(self, post: Post, facility: Organization | None = None) -> Acting:
        """Somebody of a facility as they act on a post."""
        _actor, user = self.chance.choice(self.staff[(facility or self.main).pk, post])
        acting = accounts.acting_of(user)
        if acting is None:
            raise RuntimeError(f"{user} holds no post")
        return acting

    def emptiest(self, facility: Organization, pool: str) -> list[Cell]:
        """The cells of a pool that have a place, the emptiest first; at most five."""
        cells = self.pools[facility.pk].get(pool, [])
        usable = [cell for cell in cells if self.occupancy.get(cell.pk, 0) < cell.capacity]
        return sorted(usable, key=lambda cell: (self.occupancy.get(cell.pk, 0), cell.name))[:5]

    def number(self, organization: int, day: date) -> str:
        """The next custody number: nine digits of the facility, the day, and four that run on, so
        that people of one cell can be told apart by them.
        """
        serial = self.serials[organization] = self.serials.get(organization, 0) + 1
        return f"{organization}{day:%Y%m%d}{serial % 10_000:04}"


def build(world: World) -> None:
    """Open the organizations, and furnish the facilities."""
    codes.import_regions(codes.RULES / "demo_regions.csv")
    ministry = organizations.open_organization(
        "部监管局(演示)", tier=Tier.MINISTRY, parent=None, by=SYSTEM
    )
    plans = iter(_FACILITIES)
    for region, province_name, cities in _PROVINCES:
        province = organizations.open_organization(
            f"{province_name}公安厅监管总队",
            short_name=province_name,
            tier=Tier.PROVINCE,
            parent=ministry,
            region=region,
            by=SYSTEM,
        )
        for city_region, city_name in cities:
            city = organizations.open_organization(
                f"{city_name}公安局监管支队",
                short_name=city_name,
                tier=Tier.CITY,
                parent=province,
                region=city_region,
                by=SYSTEM,
            )
            for serial, (name, kind) in enumerate(next(plans), 1):
                facility = organizations.open_organization(
                    f"{city_name}{name}",
                    tier=Tier.FACILITY,
                    parent=city,
                    kind=kind,
                    region=city_region,
                    codes={"demo": f"{city_region}{serial:03}"},
                    by=SYSTEM,
                )
                world.facilities.append(facility)
                world.cities[facility.pk] = city_name
    for facility in world.facilities:
        _furnish(world, facility)


def _furnish(world: World, facility: Organization) -> None:
    main = facility == world.main
    plan = _AREAS if main else _AREAS_ELSEWHERE
    wanted = _POOLS if main else _POOLS_ELSEWHERE[facility.kind]
    kinds = _KINDS_OF_CELLS if main else {}
    cells: list[Cell] = []
    pools = world.pools[facility.pk] = {}
    for index, (area_name, sex, kind, count) in enumerate(plan, 1):
        area = organizations.add_area(facility, area_name)
        for serial in range(1, count + 1):
            name = f"{index}{serial:02}"
            cell = organizations.add_cell(
                area,
                name,
                sex=sex,
                kind=kinds.get(name, kind),
                capacity=12,
                square_metres=Decimal("42.00"),
                by=SYSTEM,
            )
            cells.append(cell)
            pool = wanted.get(name, f"{sex}-new" if kind == "transition" else sex)
            pools.setdefault(pool, []).append(cell)
            world.pool_of[cell.pk] = pool
            if main:
                world.buttons[cell.pk] = devices.register(
                    facility,
                    kind=DeviceKind.EMERGENCY_BUTTON,
                    name=f"{cell.name} 室紧急按钮",
                    topic_prefix=f"{facility.pk}/{cell.name}",
                    token="button",  # noqa: S106  (an input of the device, no secret)
                    cell=cell,
                    by=SYSTEM,
                )
    world.cells[facility.pk] = cells
    for name, purpose in (
        ("讯问室一", "interrogation"),
        ("律师会见室", "lawyer"),
        ("医务室", "clinic"),
    ):
        organizations.add_room(facility, name, purpose=purpose)
    record_base(world, facility)


def record_base(world: World, facility: Organization) -> None:
    """Record a facility's base figures as of today, after an inspection a month ago."""
    cells, main = world.cells[facility.pk], facility == world.main
    organizations.record_base(
        facility,
        valid_from=clock.today(),
        grade="二级",
        capacity=sum(cell.capacity for cell in cells),
        square_metres=Decimal(42 * len(cells)),
        staff={"officer": STAFF * 3 // 4 if main else 22, "auxiliary": 8 if main else 6},
        installations=[Installed("监室视频", len(cells), len(cells)), Installed("周界报警", 8, 8)],
        last_inspected_on=clock.now().date() - timedelta(days=30),
        last_inspection_result="合格",
        by=SYSTEM,
    )


def close_a_cell(world: World) -> None:
    """Take the cell that is being repaired out of use."""
    organizations.take_cell_out_of_use(
        closed(world).pk,
        reason="卫生间漏水维修",
        expected_return=clock.day_of(world.now) + timedelta(days=5),
        by=SYSTEM,
    )


def closed(world: World) -> Cell:
    """The cell of the main facility that is out of use; nobody was put there before."""
    return world.pools[world.main.pk]["closed"][0]
