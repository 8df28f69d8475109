"""Building the demo's world, step by step; each step says what it does."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from custos.config import broker, environment
from custos.config.demo.names import a_name
from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts import services as staffing
from custos.foundation.accounts.models import Posting, User
from custos.foundation.codes import services as codes
from custos.foundation.custody import services as custody
from custos.foundation.custody.kinds import Admitted
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.database import scope
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.organizations.services import Installed
from custos.foundation.record import checkpoints, witness
from custos.foundation.record import services as record
from custos.foundation.record.jobs import ensure_partitions
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.prevention.devices import intake
from custos.prevention.devices import services as devices
from custos.prevention.devices.models import Device, DeviceKind
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task

SEED = 20260101
HISTORY = timedelta(days=120)
LAST_WEEK = timedelta(days=7)
PRESENT, OF_THEM_THIS_WEEK = 540, 48
STAFF = 180
CREWS = 4

_SYSTEM = Actor.system("demo")
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
)
_BASES = {
    "KSS": ("拘留证", "逮捕证"),
    "JLS": ("行政拘留决定书", "司法拘留决定书"),
    "QJS": ("强制隔离戒毒决定书",),
}
#: How many staff of the main facility hold which post; the rest are on patrol.
_POSTS = (
    (Post.ADMISSION, StaffKind.OFFICER, 12),
    (Post.INTERROGATION, StaffKind.OFFICER, 14),
    (Post.CASE_OFFICER, StaffKind.OFFICER, 50),
    (Post.RECEPTION, StaffKind.AUXILIARY, 8),
    (Post.MEDICAL, StaffKind.CLINICIAN, 14),
    (Post.PSYCHOLOGIST, StaffKind.OTHER, 4),
    (Post.FINANCE, StaffKind.OTHER, 6),
    (Post.LOGISTICS, StaffKind.OTHER, 8),
    (Post.DUTY_LEADER, StaffKind.OFFICER, 6),
    (Post.LEADER, StaffKind.OFFICER, 4),
)
_ANSWERS = (
    "到场查看，两人争抢铺位，已分开谈话，情绪平稳。",
    "被监管人员腹痛，已联系医生到监室诊看，给药后缓解。",
    "误碰按钮，已与全室人员核实，无异常。",
    "一人低血糖头晕，医生到场处置，已进食，持续观察。",
    "要求更换被褥，已登记并转后勤。",
    "到场时一人情绪激动，已带出谈话，通知管教跟进。",
)
_MOVES = ("过渡期满，转普通监室", "监室人数调整", "与同室人员相处紧张，调整监室", "便于就医照顾")


@dataclass(slots=True)
class World:
    """What has been built so far."""

    chance: Random
    now: datetime
    main: Organization | None = None
    facilities: list[Organization] = field(default_factory=list)
    cells: dict[int, list[Cell]] = field(default_factory=dict)
    buttons: dict[UUID, Device] = field(default_factory=dict)
    staff: dict[Post, list[Actor]] = field(default_factory=dict)
    occupancy: dict[UUID, int] = field(default_factory=dict)
    serials: dict[tuple[int, date], int] = field(default_factory=dict)

    def someone(self, post: Post) -> Actor:
        """Somebody of the main facility on a post."""
        return self.chance.choice(self.staff[post])

    def number(self, organization: int, day: date) -> str:
        """The next custody number of a day: nine digits of the facility, the day, four digits."""
        serial = self.serials[organization, day] = self.serials.get((organization, day), 0) + 1
        return f"{organization}{day:%Y%m%d}{serial:04}"


def build(report: Callable[[str], None], seed: int = SEED) -> None:
    """Fill an empty database with the demo's world, telling each step to `report`."""
    world = World(random.Random(seed), clock.now())  # noqa: S311  (a world, not a secret)
    began = world.now - HISTORY
    ensure_partitions(began.date())
    with scope.entered(scope.Scope.of_system("demo")):
        report("organizations, cells and devices …")
        with clock.set_to(began):
            _organizations(world)
        report(f"{STAFF} staff on their posts …")
        with clock.set_to(began + timedelta(hours=1)):
            _staff(world)
    report("people who came before this week …")
    _history(world)
    report("the last week, day by day …")
    _last_week(world)
    with scope.entered(scope.Scope.of_system("demo")):
        checkpoints.make((world.now - timedelta(days=1)).astimezone(clock.LOCAL).date())
        witness.sign_heads()
    report("done")


# ---------------------------------------------------------------------- places


def _organizations(world: World) -> None:
    codes.import_regions(codes.RULES / "demo_regions.csv")
    ministry = organizations.open_organization(
        "部监管局(演示)", tier=Tier.MINISTRY, parent=None, by=_SYSTEM
    )
    plans = iter(_FACILITIES)
    for region, province_name, cities in _PROVINCES:
        province = organizations.open_organization(
            f"{province_name}公安厅监管总队",
            short_name=province_name,
            tier=Tier.PROVINCE,
            parent=ministry,
            region=region,
            by=_SYSTEM,
        )
        for city_region, city_name in cities:
            city = organizations.open_organization(
                f"{city_name}公安局监管支队",
                short_name=city_name,
                tier=Tier.CITY,
                parent=province,
                region=city_region,
                by=_SYSTEM,
            )
            for serial, (name, kind) in enumerate(next(plans), 1):
                facility = organizations.open_organization(
                    f"{city_name}{name}",
                    tier=Tier.FACILITY,
                    parent=city,
                    kind=kind,
                    region=city_region,
                    codes={"demo": f"{city_region}{serial:03}"},
                    by=_SYSTEM,
                )
                world.facilities.append(facility)
    world.main = world.facilities[0]
    for facility in world.facilities:
        _furnish(world, facility)


def _furnish(world: World, facility: Organization) -> None:
    main = facility == world.main
    plan = _AREAS if main else (("男区", "1", "ordinary", 5), ("女区", "2", "ordinary", 2))
    cells: list[Cell] = []
    for index, (area_name, sex, kind, count) in enumerate(plan, 1):
        area = organizations.add_area(facility, area_name)
        for serial in range(1, count + 1):
            cell = organizations.add_cell(
                area,
                f"{index}{serial:02}",
                sex=sex,
                kind=kind,
                capacity=12,
                square_metres=Decimal("42.00"),
                by=_SYSTEM,
            )
            cells.append(cell)
            if main:
                world.buttons[cell.pk] = devices.register(
                    facility,
                    kind=DeviceKind.EMERGENCY_BUTTON,
                    name=f"{cell.name} 室紧急按钮",
                    topic_prefix=f"{facility.pk}/{cell.name}",
                    token="button",  # noqa: S106  (an input of the device, no secret)
                    cell=cell,
                    by=_SYSTEM,
                )
    world.cells[facility.pk] = cells
    for name, purpose in (
        ("讯问室一", "interrogation"),
        ("律师会见室", "lawyer"),
        ("医务室", "clinic"),
    ):
        organizations.add_room(facility, name, purpose=purpose)
    capacity = sum(cell.capacity for cell in cells)
    organizations.record_base(
        facility,
        valid_from=clock.now().astimezone(clock.LOCAL).date(),
        grade="二级",
        capacity=capacity,
        square_metres=Decimal(42 * len(cells)),
        staff={"officer": STAFF * 3 // 4 if main else 22, "auxiliary": 8 if main else 6},
        installations=[Installed("监室视频", len(cells), len(cells)), Installed("周界报警", 8, 8)],
        last_inspected_on=clock.now().date() - timedelta(days=30),
        last_inspection_result="合格",
        by=_SYSTEM,
    )
    if main:
        organizations.take_cell_out_of_use(
            cells[12].pk,
            reason="卫生间漏水维修",
            expected_return=world.now.astimezone(clock.LOCAL).date() + timedelta(days=5),
            by=_SYSTEM,
        )


# ---------------------------------------------------------------------- staff


def demo_password() -> str:
    """The password of the demo's sign-ins, made on first use."""
    return environment.secret("CUSTOS_DEMO_PASSWORD", settings.KEYS / "demo-password")


def _staff(world: World) -> None:
    if world.main is None:
        raise RuntimeError("staff come after their facility")
    main, city = world.main, world.main.parent
    hashed = make_password(demo_password())  # one digest for all: hashing is slow on purpose
    wanted = [(post, kind) for post, kind, count in _POSTS for _ in range(count)]
    wanted += [(Post.PATROL, StaffKind.OFFICER)] * (STAFF - len(wanted) - 20)
    wanted += [(Post.PATROL, StaffKind.AUXILIARY)] * 20
    signs = {role.username: role for role in accounts.demo_roles()}
    first: dict[Post, str] = {}
    for role in signs.values():
        first.setdefault(Post(role.post), role.username)
    with record.deed():
        for serial, (post, kind) in enumerate(wanted, 1):
            username = (
                first.pop(post, "")
                if kind is not StaffKind.AUXILIARY or post is (Post.RECEPTION)
                else ""
            )
            posting = _post(world, main, username or f"s{serial:03}", post, kind, serial, hashed)
            if username == "duty-leader":
                _post_again(posting, Post.PATROL)
            world.staff.setdefault(post, []).append(posting.staff.actor(post))
        for username, organization in (("city", city), ("province", city and city.parent)):
            if organization:
                _post(world, organization, username, Post.OVERSIGHT, StaffKind.OFFICER, 0, hashed)
        for facility in world.facilities[1:]:
            for serial, post in enumerate((Post.PATROL, Post.ADMISSION, Post.LEADER), 1):
                name = f"f{facility.pk % 100_000_000:08}-{serial}"
                _post(world, facility, name, post, StaffKind.OFFICER, serial, hashed)


def _post(
    world: World,
    organization: Organization,
    username: str,
    post: Post,
    kind: StaffKind,
    serial: int,
    hashed: str,
) -> Posting:
    user = User.objects.create(username=username, password=hashed)
    posting = staffing.post_staff(
        user,
        name=a_name(world.chance, world.chance.choice("1112")),
        kind=kind,
        organization=organization,
        post=post,
        number=f"99{serial:04}",
        since=(world.now - HISTORY).date(),
        by=_SYSTEM,
    )
    if serial and post in (Post.PATROL, Post.DUTY_LEADER, Post.MEDICAL):
        posting.crew = serial % CREWS + 1
        posting.save(update_fields=["crew"])
    return posting


def _post_again(posting: Posting, post: Post) -> None:
    staffing.post_staff(
        posting.user,
        name=posting.staff.name,
        kind=StaffKind(posting.staff.kind),
        organization=posting.organization,
        post=post,
        since=posting.since,
        by=_SYSTEM,
    )


# ---------------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    sex: str
    born: date
    basis: str
    basis_number: str


def _person(world: World, facility: Organization) -> _Person:
    sex = "2" if world.chance.random() < 0.13 else "1"
    born = date(world.now.year - world.chance.randint(19, 66), 1, 1) + timedelta(
        days=world.chance.randrange(365)
    )
    basis = world.chance.choice(_BASES[facility.kind])
    return _Person(
        a_name(world.chance, sex),
        sex,
        born,
        basis,
        f"演拘字〔{world.now.year}〕{world.chance.randrange(10_000):04}号",
    )


def _cell_for(world: World, facility: Organization, sex: str, kinds: tuple[str, ...]) -> Cell:
    """The emptiest cell of that sex: among those of the kinds wanted, while one has room."""
    usable = [c for c in world.cells[facility.pk] if c.sex == sex]
    open_ = [
        c for c in usable if world.occupancy.get(c.pk, 0) < c.capacity and c.pk != _closed(world)
    ]
    wanted = [c for c in open_ if c.kind in kinds] or open_
    return min(wanted, key=lambda c: (world.occupancy.get(c.pk, 0), c.name))


def _closed(world: World) -> UUID:
    if world.main is None:
        raise RuntimeError("cells come after their facility")
    return world.cells[world.main.pk][12].pk


def _history(world: World) -> None:
    """People who came before this week, by the bulk form: rows, and their entries in one load."""
    plan: list[tuple[datetime, Organization]] = []
    span = (HISTORY - LAST_WEEK - timedelta(days=2)).total_seconds()
    for facility in world.facilities:
        people = PRESENT - OF_THEM_THIS_WEEK if facility == world.main else 42
        for _ in range(people):
            # Most people in custody came lately: the square leans toward the present.
            back = world.chance.random() ** 2 * span
            plan.append((world.now - LAST_WEEK - timedelta(seconds=back), facility))
    plan.sort(key=lambda row: row[0])
    with transaction.atomic(), scope.entered(scope.Scope.of_system("demo")):
        people_, stays, places, entries = [], [], [], []
        for at, facility in plan:
            person = _person(world, facility)
            cell = _cell_for(world, facility, person.sex, ("ordinary",))
            world.occupancy[cell.pk] = world.occupancy.get(cell.pk, 0) + 1
            detainee = Detainee(
                organization=facility, name=person.name, sex=person.sex, born=person.born
            )
            stay = Custody(
                detainee=detainee,
                organization=facility,
                number=world.number(facility.pk, at.astimezone(clock.LOCAL).date()),
                basis=person.basis,
                basis_number=person.basis_number,
                admitted_at=at,
                cell=cell,
            )
            people_.append(detainee)
            stays.append(stay)
            places.append(
                CellStay(
                    custody=stay, organization=facility, cell=cell, during=DateTimeTZRange(at, None)
                )
            )
            entries.append((at, stay, person, cell))
        Detainee.objects.bulk_create(people_)
        Custody.objects.bulk_create(stays)
        CellStay.objects.bulk_create(places)
        record.append_many(_admissions(world, entries))


def _admissions(
    world: World, entries: list[tuple[datetime, Custody, _Person, Cell]]
) -> Iterator[record.Draft]:
    for at, stay, person, cell in entries:
        yield record.draft(
            Admitted(
                number=stay.number,
                basis=person.basis,
                basis_number=person.basis_number,
                cell=cell.pk,
                cell_name=cell.name,
                arrived_at=at - timedelta(minutes=40),
                shown=[],
            ),
            about=stay,
            by=world.someone(Post.ADMISSION),
            at=at,
            occurred_at=at - timedelta(minutes=40),
            ground="看守所条例 第9条" if stay.organization_id == _main(world).pk else "",
        )


def _main(world: World) -> Organization:
    if world.main is None:
        raise RuntimeError("the main facility comes first")
    return world.main


# ---------------------------------------------------------------------- the last week


def _last_week(world: World) -> None:
    """Events in the order in which they happened, each by the service that a user would call."""
    began = world.now - LAST_WEEK
    events: list[tuple[datetime, Callable[[World], None]]] = []

    def sprinkle(count: int, what: Callable[[World], None], *, until: timedelta) -> None:
        span = (LAST_WEEK - until).total_seconds()
        events.extend(
            (began + timedelta(seconds=world.chance.random() * span), what) for _ in range(count)
        )

    sprinkle(OF_THEM_THIS_WEEK, _admit, until=timedelta(hours=3))
    sprinkle(24, _move, until=timedelta(hours=2))
    sprinkle(16, _emergency, until=timedelta(hours=1))
    events.sort(key=lambda event: event[0])
    for at, happen in events:
        with clock.set_to(at), scope.entered(scope.Scope.of_system("demo")):
            happen(world)
    with clock.set_to(world.now), scope.entered(scope.Scope.of_system("demo")):
        # Buttons say that they are there and not pressed; one that nobody can hear stays silent.
        silent = world.cells[_main(world).pk][12].pk
        intake.take(
            [press(b, world.now, state="false") for c, b in world.buttons.items() if c != silent]
        )


def _admit(world: World) -> None:
    facility = _main(world)
    person = _person(world, facility)
    cell = _cell_for(world, facility, person.sex, ("transition",))
    custody.admit(
        name=person.name,
        sex=person.sex,
        born=person.born,
        basis=person.basis,
        basis_number=person.basis_number,
        number=world.number(facility.pk, clock.now().astimezone(clock.LOCAL).date()),
        arrived_at=clock.now() - timedelta(minutes=world.chance.randint(15, 90)),
        cell=cell.pk,
        by=world.someone(Post.ADMISSION),
    )
    world.occupancy[cell.pk] = world.occupancy.get(cell.pk, 0) + 1


def _move(world: World) -> None:
    stays = Custody.objects.visible_to(scope.current()).filter(
        organization=_main(world), ended_at__isnull=True
    )
    stay = stays.select_related("detainee", "cell").order_by("number")[
        world.chance.randrange(stays.count())
    ]
    cell = _cell_for(world, _main(world), stay.detainee.sex, ("ordinary",))
    if cell.pk == stay.cell_id or stay.cell_id is None:
        return
    left = stay.cell_id
    custody.move_to_cell(
        stay.pk, cell.pk, reason=world.chance.choice(_MOVES), by=world.someone(Post.CASE_OFFICER)
    )
    world.occupancy[left] -= 1
    world.occupancy[cell.pk] = world.occupancy.get(cell.pk, 0) + 1


def _emergency(world: World) -> None:
    """A button is pressed; somebody of the patrol takes it and says what was done."""
    cell = world.chance.choice([c for c in world.cells[_main(world).pk] if c.pk != _closed(world)])
    pressed = clock.now()
    intake.take([press(world.buttons[cell.pk], pressed)])
    task = Task.objects.filter(organization=_main(world), cell=cell, state="open").first()
    if task is None:
        return
    officer = next(
        actor
        for actor in world.chance.sample(world.staff[Post.PATROL], 30)
        if actor.staff_kind is StaffKind.OFFICER
    )
    accepted = pressed + timedelta(seconds=world.chance.randint(20, 200))
    with clock.set_to(accepted):
        duty.accept(task.pk, by=officer)
    with clock.set_to(accepted + timedelta(minutes=world.chance.randint(3, 14))):
        duty.answer(task.pk, world.chance.choice(_ANSWERS), by=officer)


def press(device: Device, at: datetime, *, state: str = "true") -> intake.Received:
    """The message of an emergency button pressed (or at rest) at an instant, as it arrives."""
    body = {
        "UtcTime": at.isoformat(),
        "Source": {"InputToken": device.token},
        "Data": {"LogicalState": state},
    }
    return intake.Received.of(topic_of(device), json.dumps(body).encode(), at)


def topic_of(device: Device) -> str:
    """Where a button publishes (ONVIF event broker, JSON form)."""
    return f"{device.topic_prefix}/onvif-ej/Device/Trigger/DigitalInput/&{device.token}"


def announcement() -> list[str]:
    """What to tell whoever started the demo: its sign-ins, and how to press a button."""
    lines = ["Sign in (one click on the page, or by name):"]
    for role in accounts.demo_roles():
        lines.append(f"  {role.username:12} {role.name['zh']}  {role.name['en']}")
    lines.append(f"  password of each: {demo_password()}")
    with scope.entered(scope.Scope.of_system("demo")):
        button = Device.objects.filter(kind=DeviceKind.EMERGENCY_BUTTON).order_by("name").first()
    if button:
        at = settings.BROKER
        lines += [
            "",
            f"Press the emergency button of cell {button.topic_prefix.rsplit('/')[-1]}:",
            f"  mosquitto_pub -h {at.host} -p {at.port} -V mqttv311 -q 1"
            f" -u {broker.DEVICES} -P '{broker.password(broker.DEVICES)}' \\",
            f"    -t '{topic_of(button)}' \\",
            '    -m \'{"UtcTime":"\'$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)\'",'
            f'"Source":{{"InputToken":"{button.token}"}},"Data":{{"LogicalState":"true"}}}}\'',
        ]
    return lines
