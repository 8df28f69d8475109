"""The last week, told by the services that users call, each at its time.

Reception has its own part in `arrivals`, leaving in `releases`; here are moves, papers, pairs, orders, ways
out and back, counts and alarms.
"""

import heapq
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from custos.config.demo import arrivals, places, releases
from custos.config.demo.history import SETTLED, Later
from custos.config.demo.places import CLOSED, LAST_WEEK, SYSTEM, World, closed
from custos.foundation import clock
from custos.foundation.custody import counting, going_out, separating
from custos.foundation.custody import services as custody
from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_models import PlacingOrder
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, NotAllowed
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.devices import intake
from custos.prevention.devices import services as devices
from custos.prevention.devices.models import Device, DeviceKind
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import plan

_ANSWERS = (
    "到场查看，两人争抢铺位，已分开谈话，情绪平稳。",
    "被监管人员腹痛，已联系医生到监室诊看，给药后缓解。",
    "误碰按钮，已与全室人员核实，无异常。",
    "一人低血糖头晕，医生到场处置，已进食，持续观察。",
    "要求更换被褥，已登记并转后勤。",
    "到场时一人情绪激动，已带出谈话，通知管教跟进。",
)
_MOVES = ("监室人数调整", "与同室人员相处紧张，调整监室", "便于就医照顾")
_ASSESSED = "已知晓权利义务和作息，情绪平稳，体检无异常，可以编入普通监室。"
#: Who is there when a woman is moved or taken out.
_WOMAN = "女民警 林晓芸"
#: Why two are kept apart, with the role of each.
_PAIRS = (
    ("threat", "威胁者", "被威胁者", "曾在监室内扬言报复"),
    ("other", "当事人", "当事人", "所外有债务纠纷，双方要求分开"),
)
#: For what people go out, where to, and on what document.
_OUTINGS = (
    ("court", "甲东市第一区人民法院", "提解证〔演〕"),
    ("court", "甲东市中级人民法院", "提票〔演〕"),
    ("hospital", "甲东市人民医院", "出所就医审批表〔演〕"),
)


def tell(world: World, later: Later, report: Callable[[str], None]) -> None:
    """Tell the week's events in the order in which they happened, and `report` each day that begins."""
    world.at(world.week + timedelta(hours=1), _inspected)
    for at, one, paper in later.papers:
        came = partial(arrivals.paper_came, stay=one.id, paper=paper, facility=one.facility)
        world.at(at, came)
    for at, stay in later.settling:
        world.at(at, partial(_settled, stay=stay))
    arrivals.plan(world)
    releases.plan(world, later)

    def sprinkle(count: int, what: Callable[[World], None], *, until: timedelta) -> None:
        span = (LAST_WEEK - until).total_seconds()
        for _ in range(world.so_many(count)):
            world.at(world.week + timedelta(seconds=world.chance.random() * span), what)

    sprinkle(24, _move, until=timedelta(hours=2))
    sprinkle(16, _emergency, until=timedelta(hours=1))
    sprinkle(8, _keep_apart, until=timedelta(hours=4))
    sprinkle(30, _outing, until=timedelta(hours=6))
    for facility in (world.main, world.administrative, world.treatment):
        counted = partial(_count, facility=facility)
        for at in _changes_of_shift(world.week, world.now - timedelta(hours=1)):
            world.at(at + timedelta(minutes=10), counted)
    day = None
    while world.agenda and world.agenda[0][0] <= world.now:
        at, _turn, happen = heapq.heappop(world.agenda)
        if clock.day_of(at) != day:
            day = clock.day_of(at)
            report(f"  {day} …")
        with clock.set_to(at), scope.entered(scope.Scope.of_system("demo")):
            happen(world)
    with clock.set_to(world.now - timedelta(hours=2)), scope.entered(scope.Scope.of_system("demo")):
        _orders(world)
        _outside_now(world)
    with clock.set_to(world.now), scope.entered(scope.Scope.of_system("demo")):
        arrivals.standing_now(world)
        releases.standing_now(world, later)
        _heard_now(world)
        going_out.sweep()


def _changes_of_shift(since: datetime, until: datetime) -> Iterator[datetime]:
    """When shifts change between two instants, by the shipped shifts: then a facility counts its people."""
    at = plan.shift_at(plan.shipped().shifts, since).ends
    while at < until:
        yield at
        at = plan.shift_at(plan.shipped().shifts, at).ends


def _heard_now(world: World) -> None:
    """Buttons say that they are there and not pressed; one that nobody can hear stays silent."""
    silent = closed(world).pk
    audible = [button for cell, button in world.buttons.items() if cell != silent]
    intake.take([press(button, world.now, state="false") for button in audible])
    intake.heard({button.pk: world.now for button in audible})
    camera = devices.register(
        world.main,
        kind=DeviceKind.CAMERA,
        name="二监区走廊摄像机",
        topic_prefix=f"{world.main.pk}/corridor-2",
        by=SYSTEM,
    )
    intake.heard({camera.pk: world.now - timedelta(days=2)})


def _inspected(world: World) -> None:
    for facility in world.facilities:
        places.record_base(world, facility)
    places.close_a_cell(world)


def _settled(world: World, *, stay: UUID) -> None:
    """Somebody's time among new arrivals is over, by the assessment of a case officer and a doctor."""
    held = Custody.objects.select_related("cell").get(pk=stay)
    if held.ended_at:
        return
    officer, doctor = world.two(Post.CASE_OFFICER, Post.MEDICAL, world.main)
    separating.end_transition(stay, assessment=_ASSESSED, by=officer, second=doctor)
    _move_to_another(world, held, SETTLED)


def _move(world: World) -> None:
    _move_to_another(world, _somebody(world), world.chance.choice(_MOVES))


def _move_to_another(world: World, stay: Custody, reason: str) -> None:
    """Move somebody to the emptiest cell of the same sort where nobody is from whom they are kept apart."""
    left = stay.cell_id
    if left is None:
        return
    pool = world.pool_of[left].removesuffix("-new")
    for cell in world.emptiest(world.main, pool):
        if cell.pk == left:
            continue
        try:
            custody.move_to_cell(
                stay.pk,
                cell.pk,
                reason=reason,
                by=world.someone(Post.CASE_OFFICER),
                attended_by=_WOMAN,
            )
        except NotAllowed:
            continue  # a co-defendant is there
        world.occupancy[left] -= 1
        world.occupancy[cell.pk] = world.occupancy.get(cell.pk, 0) + 1
        return


def _somebody(world: World, *, fresh: bool = False) -> Custody:
    """Somebody of the main facility, of those who may be put anywhere among men or women.

    `fresh`: nobody who was drawn so before, nor anybody under an order, so that what is recorded of them
    can't stand there already.
    """
    cells = [cell for pool in "12" for cell in world.pools[world.main.pk][pool]]
    stays = Custody.objects.visible_to(scope.current()).filter(
        organization=world.main, ended_at__isnull=True, cell__in=cells
    )
    if fresh:
        under_order = PlacingOrder.objects.filter(ended_at=None).values("custody")
        stays = stays.exclude(pk__in=world.drawn).exclude(pk__in=under_order)
    stays = stays.select_related("detainee", "cell").order_by("number")
    drawn = stays[world.chance.randrange(stays.count())]
    if fresh:
        world.drawn.add(drawn.pk)
    return drawn


def _keep_apart(world: World) -> None:
    """Two of one sex in different cells turn out to have a case, or a quarrel, in common."""
    one, other = _somebody(world, fresh=True), _somebody(world, fresh=True)
    if one.cell_id == other.cell_id or one.detainee.sex != other.detainee.sex:
        return
    kind, *roles, reason = world.chance.choice(_PAIRS)
    separating.keep_apart(
        one.pk,
        separating.Pairing(other.pk, kind, "cell", roles[0], roles[1], reason),
        by=world.someone(Post.CASE_OFFICER),
    )


def _planned(world: World, begins: datetime, hours: int, outing: int | None = None) -> UUID:
    drawn = world.chance.choice(_OUTINGS)
    kind, destination, document = drawn if outing is None else _OUTINGS[outing]
    return going_out.plan(
        _somebody(world).pk,
        kind,
        destination=destination,
        document=document,
        planned_from=begins,
        planned_until=begins + timedelta(hours=hours),
        by=world.someone(Post.DUTY_LEADER),
    ).pk


def _outing(world: World) -> None:
    """Somebody goes out and comes back some hours later."""
    now = clock.now()
    absence = _planned(world, now, 5)
    if _through_the_gate(world, absence):
        world.at(now + timedelta(minutes=world.chance.randint(90, 320)), partial(_back, absence))


def _back(absence: UUID, world: World) -> None:
    going_out.come_back(absence, condition="无异常", by=world.someone(Post.INTERROGATION))


def _through_the_gate(world: World, absence: UUID) -> bool:
    """Let somebody out; not where they are out already."""
    officer = world.someone(Post.INTERROGATION)
    try:
        going_out.leave(
            absence,
            escort="押送民警两名、法警两名",
            condition="无异常",
            by=officer,
            attended_by=_WOMAN,
        )
    except Conflict:
        going_out.cancel(absence, reason="本人已在外", by=officer)
        return False
    return True


def _outside_now(world: World) -> None:
    """Some are out at this moment, one of them too long, and some are going."""
    now = clock.now()
    for outing, hours in ((0, 6), (2, 5), (1, 8), (2, 9), (0, 1)):
        _through_the_gate(world, _planned(world, now, hours, outing))
    for ahead in (3, 5, 20, 26):
        _planned(world, now + timedelta(hours=ahead), 4)


def _orders(world: World) -> None:
    """Two who are never alone, one apart by medical order, some of whom more is known."""
    tomorrow = clock.now() + timedelta(days=1)
    for _ in range(2):
        separating.never_alone(
            _somebody(world, fresh=True).pk,
            attended=False,
            review_by=tomorrow,
            reason="入所谈话中流露轻生念头",
            by=world.someone(Post.CASE_OFFICER),
        )
    for _ in range(12):
        stay = _somebody(world, fresh=True)
        separating.classify(
            stay.pk,
            "unconvicted",
            repeat=world.chance.random() < 0.3,
            violent=world.chance.random() < 0.25,
            reason="依起诉意见书登记",
            by=world.someone(Post.CASE_OFFICER),
        )


def _count(world: World, *, facility: Organization) -> None:
    """Two of the patrol count at a shift change; now and then one of them miscounts."""
    count = counting.begin(facility, "shift", by=world.someone(Post.DUTY_LEADER, facility))
    cells = {row.cell_id: row.expected for row in count.cells.all()}
    patrol = [actor for actor, _user in world.staff[facility.pk, Post.PATROL]]
    one, other = world.chance.sample(patrol, 2)
    counting.enter(count.pk, cells, by=one)
    doubtful = world.chance.choice(list(cells)) if world.chance.random() < 0.2 else None
    wrong = {cell: number + (cell == doubtful) for cell, number in cells.items()}
    counting.enter(count.pk, wrong, by=other)
    if doubtful:
        with clock.set_to(clock.now() + timedelta(minutes=3)):
            for officer in (one, other):
                counting.enter(count.pk, {doubtful: cells[doubtful]}, by=officer)


def _emergency(world: World) -> None:
    """A button is pressed; somebody of the patrol takes it and says what was done."""
    cell = world.chance.choice([c for c in world.cells[world.main.pk] if c.name != CLOSED])
    pressed = clock.now()
    intake.take([press(world.buttons[cell.pk], pressed)])
    intake.heard({world.buttons[cell.pk].pk: pressed})
    task = Task.objects.filter(
        organization=world.main, cell=cell, state="open", rule_id="DUTY-EMERGENCY-BUTTON"
    ).first()
    if task is None:
        return
    officer = next(
        actor
        for actor, _user in world.chance.sample(world.staff[world.main.pk, Post.PATROL], 30)
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
