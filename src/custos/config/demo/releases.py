"""The last week at the gate: who left, on what, by which steps; who leaves today, and who must not.

Everybody goes the way that users go: a document is received or a last day comes, others are looked for, two
officers compare, each says what is ready, and two let the person leave.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from uuid import UUID

from custos.config.demo.cases import Case
from custos.config.demo.history import Later, Leaving
from custos.config.demo.places import World
from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as recording
from custos.foundation.custody.place_models import Absence
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Actor, Post
from custos.management.reception.models import Release
from custos.management.reception.release import engine, opening, services
from custos.management.reception.release.rules import Item, rules
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task

_SEARCHED = "全国在逃人员信息、本省另案、行政拘留未执行记录均已核查，无其他羁押依据"
_COMPARED = "对照入所照片、左前臂疤痕和本人自述，系同一人"
_PAPERS = {
    "BAIL": "取保候审决定书、释放通知书",
    "PRISON": "执行通知书",
    "TREATMENT-ENDED": "提前解除强制隔离戒毒决定书",
}
_PRISON = "戊省第一监狱 狱政科 周警官"
#: What is said of each thing that is ready.
_READY = {
    "property": "逐件清点发还，本人签名", "money": "账户余额结清，零钱一并发还", "medicine": "无长期用药",
    "record": "病历密封，随人移交", "papers": "证件、文书齐全", "copy": "已告知，本人不需要",
    "family": "已电话通知家属", "notice": "已提前三日通知决定机关、家属和派出所",
    "body": "已检查，体表无新伤", "travel": "家属来接", "signed": "本人已签名捺印",
}  # fmt: skip


def plan(world: World, later: Later) -> None:
    """Plan each way out of the week, and what each morning looks for."""
    first = clock.day_of(world.week) + timedelta(days=1)
    for days in range((clock.day_of(world.now) - first).days + 1):
        morning = datetime.combine(first + timedelta(days=days), time(5, 30), clock.LOCAL)
        world.at(morning, _morning)
    for one in later.leaving:
        if not one.leaves:
            continue
        steps = _steps(one)
        # The court's papers are there some days before the prison sends for somebody.
        if one.way == "PRISON":
            world.at(one.at - timedelta(days=2), steps.received)
        elif one.way in _PAPERS:
            world.at(one.at, steps.received)
        world.at(one.at + timedelta(minutes=9), steps.looked_for)


def _morning(world: World) -> None:
    """Whose term ends soon is found and what they need is asked for; it is ready by the evening."""
    opening.follow_terms()
    opening.sweep()
    for case in Release.objects.filter(closed_at=None, prepared_at=clock.now()).order_by("due_at"):
        later = clock.now() + timedelta(minutes=world.chance.randint(150, 600))
        world.at(later, partial(_prepared, release=case.pk))


def _prepared(world: World, *, release: UUID) -> None:
    """What was asked for is ready; of those who leave today the papers aren't yet."""
    case = Release.objects.select_related("organization").get(pk=release)
    open_still = "papers" if case.planned_on == clock.day_of(world.now) else ""
    for item in engine.left(case.way, frozenset(case.ready)):
        if item.task and item.task != open_still:
            _make_ready(world, case.pk, item, case.organization)


def _make_ready(world: World, release: UUID, item: Item, facility: Organization) -> None:
    post = next(one for one in item.posts if (facility.pk, one) in world.staff)
    services.make_ready(
        release, item=item.id, words=_READY[item.id], by=world.someone(post, facility)
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """Somebody's leaving, step by step; each step plans the next."""

    stay: UUID
    facility: Organization
    way: str
    case: Case

    def received(self, world: World) -> None:
        """The document on which they leave comes; it ends everything on which they are held."""
        issuer = self._papers[-1].issuer if self.way == "PRISON" else self.case.first.issuer
        day = clock.today()
        opening.receive(
            self.stay,
            way=self.way,
            number=f"{_PAPERS[self.way]}〔{day.year}〕演{world.chance.randrange(10_000):04}号",
            issuer=issuer,
            name=Custody.objects.select_related("detainee").get(pk=self.stay).detainee.name,
            ends=[paper.number for paper in self._papers],
            seal=True,
            matches=True,
            by=world.someone(Post.ADMISSION, self.facility),
        )

    @property
    def _papers(self) -> list[facts.Basis]:
        """The documents on which they are held, in the order of time."""
        found = [paper for _at, paper in self.case.papers if isinstance(paper, facts.Basis)]
        return [paper for paper in found if rules().holding(paper.kind)]

    def looked_for(self, world: World) -> None:
        """Others are looked for, and two officers compare; whoever is out just now comes back first."""
        if Absence.objects.filter(
            custody_id=self.stay, left_at__isnull=False, back_at=None
        ).exists():
            world.at(clock.now() + timedelta(hours=3), self.looked_for)
            return
        case = self._open()
        services.search(case.pk, words=_SEARCHED, by=world.someone(Post.ADMISSION, self.facility))
        for officer in world.chance.sample(self._officers(world), 2):
            services.compare(case.pk, words=_COMPARED, by=officer)
        if rules().exit(self.way).receiver:  # type: ignore[union-attr]  # each way here is known
            services.name_receiver(
                case.pk, receiver=_PRISON, by=world.someone(Post.ADMISSION, self.facility)
            )
        world.at(clock.now() + timedelta(minutes=world.chance.randint(15, 30)), self.made_ready)

    def _officers(self, world: World) -> list[Actor]:
        held = (world.staff[self.facility.pk, post] for post in (Post.ADMISSION, Post.CASE_OFFICER))
        return [actor for some in held for actor, _user in some]

    def made_ready(self, world: World) -> None:
        """Each post says what is ready."""
        case = self._open()
        for item in engine.left(self.way, frozenset(case.ready)):
            _make_ready(world, case.pk, item, self.facility)
        world.at(clock.now() + timedelta(minutes=world.chance.randint(8, 40)), self.left)

    def left(self, world: World) -> None:
        """Two officers let them leave."""
        case = self._open()
        first = world.acting(Post.ADMISSION, self.facility)
        second = world.acting(Post.DUTY_LEADER, self.facility)
        content = services.content_of(case, "")
        asked = confirmations.ask(
            services.ACT,
            content,
            organization_id=self.facility.pk,
            ground="两名民警确认出所",
            by=first,
            proven_at=clock.now(),
        )
        confirmations.confirm(asked.pk, by=second, proven_at=clock.now())
        cell = Custody.objects.values_list("cell_id", flat=True).get(pk=self.stay)
        services.confirm(asked.pk, content, by=first)
        if cell:
            world.occupancy[cell] -= 1

    def _open(self) -> Release:
        return Release.objects.get(custody_id=self.stay, closed_at=None)


def standing_now(world: World, later: Later) -> None:
    """Who waits at the gate at this moment: one whose document has just come, and one who must not go."""
    waiting, held = [one for one in later.leaving if one.way == "BAIL" and not one.leaves]
    with clock.set_to(world.now - timedelta(minutes=25)):
        _steps(waiting).received(world)
    with clock.set_to(world.now - timedelta(minutes=70)):
        _steps(held).received(world)
    with clock.set_to(world.now - timedelta(minutes=48)):
        _second_warrant(world, held)


def _steps(one: Leaving) -> _Steps:
    return _Steps(one.who.id, one.who.facility, one.way, one.who.case)


def _second_warrant(world: World, one: Leaving) -> None:
    """Looking for others found a warrant: the document of bail doesn't end it, and nobody may leave."""
    warrant = facts.Basis(
        kind="wanted_order",
        number=f"在逃人员登记表〔{clock.today().year}〕演0071号",
        issuer="戊北市公安局",
        issued_on=clock.today() - timedelta(days=40),
        executed_at=None,
        valid_to=None,
        seal=True,
        matches=True,
        note="核查在逃人员信息时发现，已通知戊北市公安局",
    )
    officer = world.someone(Post.ADMISSION)
    task = Task.objects.get(custody_id=one.who.id, rule_id="DUTY-RELEASE-DOCUMENT")
    duty.accept(task.pk, by=officer)
    recording.record_fact(one.who.id, warrant, by=officer)
    case = Release.objects.get(custody_id=one.who.id, closed_at=None)
    services.search(
        case.pk,
        words="核查在逃人员信息：戊北市公安局网上追逃，已登记入档",
        by=officer,
    )
    for actor, _user in world.chance.sample(world.staff[world.main.pk, Post.ADMISSION], 2):
        services.compare(case.pk, words=_COMPARED, by=actor)
