"""A small house with something on every page, and the list of all pages, as browser tests walk it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.http import QueryDict
from django.test import Client

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import counting
from custos.foundation.custody import services as custody
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.custody.tests import worlds as places
from custos.foundation.database import scope
from custos.foundation.documents import services as documents
from custos.foundation.documents.tests import samples
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.services import Installed
from custos.foundation.record.parties import Post, StaffKind
from custos.foundation.ui import gallery, listing, wizard
from custos.management.reception.admission import services as reception
from custos.management.reception.importing import services as importing
from custos.management.reception.importing.tests.sheets_of import a_csv, rows_of
from custos.management.timelimits.tests import worlds as limits
from custos.prevention.devices import intake
from custos.prevention.devices.tests import worlds
from custos.prevention.duty import orders
from custos.prevention.duty import services as duty
from custos.prevention.duty.handover.tests import worlds as changes
from custos.prevention.duty.information import services as information
from custos.prevention.duty.models import Task
from custos.prevention.duty.roster.tests import worlds as rosters
from custos.prevention.duty.roster.tests.worlds import Rostered
from custos.prevention.duty.rounds import services as rounds
from custos.prevention.duty.rounds.models import WatchedCell
from tests import factories, leaving

#: Steps of an admission that axe looks at: a form, the body map, what only clinicians read, the review.
SHOWN_STEPS = ("documents", "health", "injuries", "review")
NAMES = ("李春生", "王小川", "赵铁山", "孙明远", "周国栋", "吴晓东", "诺尔哈提·阿不都热依木")
#: Since when the last of them is here: whether the transition period may end is to be assessed.
SETTLING = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class House:
    """What stands in it, for those who ask for addresses."""

    facility: Organization
    stay: UUID
    other: UUID
    fact: UUID
    document: UUID
    task: UUID
    answered: UUID
    draft: UUID
    entry: UUID
    cell: UUID
    absence: UUID
    other_stay: UUID
    settling: UUID
    release: UUID
    count: UUID
    admission: UUID
    sheet: UUID
    paper: UUID
    warning: UUID
    handover: UUID
    tag: str
    roster: Rostered

    def someone(self, post: Post, kind: StaffKind = StaffKind.OFFICER) -> Acting:
        """A member of staff on a post here."""
        with scope.entered(factories.SYSTEM):
            return factories.somebody(post, kind, at=self.facility)

    @property
    def pages(self) -> list[str]:
        """The address of every page that a duty leader of a demo can open."""
        wizard_ = f"/wizard/{gallery.EXAMPLE}/"
        return [
            "/duty/",
            f"/duty/?task={self.task}",
            f"/duty/{self.task}/",
            "/duty/answers/",
            "/duty/reported/",
            "/duty/catalogue/",
            "/duty/orders/",
            "/duty/orders/new/",
            f"/duty/orders/new/?task={self.task}",
            f"/duty/{self.answered}/reopen/",
            "/rounds/",
            f"/rounds/{self.cell}/",
            f"/rounds/tag/{self.tag}/",
            "/rounds/tags/",
            "/rounds/pattern/",
            "/handover/",
            "/handover/past/",
            f"/handover/{self.handover}/",
            "/roster/",
            f"/roster/?month={self.roster.gives.day:%Y-%m}",
            f"/roster/?month={self.roster.gives.day:%Y-%m}&as=published",
            f"/roster/{self.roster.gives.staff}/{self.roster.gives.day}/",
            f"/roster/day/?day={self.roster.gives.day}",
            "/roster/absences/",
            "/roster/people/?post=patrol",
            "/roster/swaps/",
            "/my-duty/",
            "/assessment/own/",
            "/duty/ledger/",
            "/handheld/",
            "/people/",
            "/people/?words=nobody",
            "/people/import/",
            "/people/sealed/",
            f"/people/import/{self.sheet}/",
            f"/people/import/{self.sheet}/?state=wrong",
            f"/people/{self.stay}/",
            f"/people/{self.stay}/?about=person",
            f"/people/{self.stay}/print/",
            f"/people/{self.stay}/facts/basis/",
            f"/people/{self.stay}/facts/{self.fact}/end/",
            f"/people/{self.stay}/documents/{self.document}/end/",
            f"/people/{self.stay}/documents/{self.document}/correct/",
            f"/people/{self.stay}/same/{self.other}/",
            "/reception/admit/",
            "/registers/",
            "/registers/?grouped=person",
            "/registers/?words=nobody",
            f"/registers/entries/{self.entry}/",
            f"/people/{self.stay}/move/",
            f"/people/{self.stay}/move/?cell={self.cell}",
            f"/people/{self.stay}/apart/",
            f"/people/{self.stay}/absence/",
            "/beds/",
            "/roll/",
            "/roll/?at=2026-01-01T00:00",
            f"/counts/{self.count}/",
            f"/people/{self.other_stay}/release/",
            "/releases/",
            f"/releases/{self.release}/",
            "/movements/",
            f"/movements/{self.absence}/",
            "/reception/",
            "/reception/arrivals/",
            *(f"/wizard/admission/{self.admission}/{name}/" for name in SHOWN_STEPS),
            "/limits/",
            "/limits/?left=over",
            "/limits/calendar/",
            "/limits/statistics/",
            "/limits/warnings/",
            f"/limits/warnings/{self.warning}/",
            f"/limits/warnings/{self.warning}/notice/",
            f"/limits/papers/{self.paper}/",
            f"/people/{self.stay}/limits/",
            f"/people/{self.stay}/limits/print/",
            f"/people/{self.stay}/limits/papers/",
            f"/people/{self.stay}/limits/papers/?type=extension",
            "/facility/",
            "/facility/?measure=kind",
            "/facility/?tab=cells",
            "/facility/?tab=base",
            "/operations/",
            "/search/?q=王",
            "/search/?q=nobody",
            "/bell/",
            "/account/sessions/",
            "/there-is-no-such-page/",
            *(f"/ui/{name}/" for name, _title in gallery.PARTS),
            "/ui/object/?tab=health",
            wizard_,
            f"{wizard_}{self.draft}/who/",
            f"{wizard_}{self.draft}/things/",
            f"{wizard_}{self.draft}/review/",
        ]


def furnished() -> House:
    """Make the house: two areas, people, a full cell and a closed one, open and answered tasks."""
    with scope.entered(factories.SYSTEM):
        facility = factories.a_facility()
        cells = _cells(facility)
        stays = [
            factories.a_detainee(in_cell=cells[at % 3], name=name, reason="过渡期人数临时增加")
            for at, name in enumerate(NAMES[:-1])
        ]
        with clock.set_to(clock.now() - SETTLING):
            settling = factories.a_detainee(in_cell=cells[0], name=NAMES[-1], reason="过渡监室暂满")
        stays.append(settling)
        mover = factories.an_officer(Post.CASE_OFFICER)
        custody.move_to_cell(stays[0].pk, cells[1].pk, reason="便于就医照顾", by=mover)
        tasks = [_task(cell) for cell in cells[:2]]
        officer = factories.somebody(Post.PATROL, at=facility)
        duty.accept(tasks[1], by=officer.actor)
        duty.answer(tasks[1], "到场查看，系误触；已安抚，继续观察。", by=officer.actor)
        _ordered(facility, cells[2])
        leader = factories.somebody(Post.DUTY_LEADER, at=facility)
        listing.save_view(leader, "people", "我的监室", "sort=name")
        receiver = factories.somebody(Post.ADMISSION, at=facility)
        admission = reception.start_unexpected(receiver).pk
        reception.expect(receiver, sort="transfer_in", name="郑学义", brought_by="市局预审支队")
        places.apart(stays[0], stays[2])
        places.watched(stays[3])
        places.gone(stays[4])
        absence = places.planned(stays[5], "hospital")
        count = counting.begin(facility, "shift", by=officer.actor)
        paper = documents.issue(
            "D14-1",
            samples.ADMISSION,
            about=stays[0].record_subject(),
            facility=facility,
            by=factories.an_officer(Post.ADMISSION),
            printed_by="陈安平",
        )
        fact = _known(stays[0].pk)
        warrant = facts.Basis(
            kind="wanted_order", number="邻公缉字〔2026〕71号", issuer="邻市公安局"
        )
        document = people.record_fact(
            stays[0].pk, warrant, by=factories.an_officer(Post.CASE_OFFICER)
        )
        overdue, warning = limits.overdue(stays[0])
        limits.arrested(stays[1], days_ago=20)
        other = stays[1].detainee_id
        return House(
            facility,
            stays[0].pk,
            other,
            fact,
            document,
            tasks[0],
            tasks[1],
            _draft(officer),
            paper.entry_id,
            cells[0].pk,
            absence.pk,
            stays[6].pk,
            settling.pk,
            leaving.received(stays[5]).pk,
            count.pk,
            admission,
            _sheet(facility, cells[3], receiver),
            overdue.pk,
            warning.pk,
            changes.waiting(facility, factories.somebody(Post.LEADER, at=facility)).pk,
            _walked(facility, cells, officer),
            rosters.rostered(facility),
        )


def _walked(facility: Organization, cells: list[Cell], officer: Acting) -> str:
    """Rounds of the last hour: two cells in time, one missed; the code of the first one's tag."""
    began = clock.now() - timedelta(minutes=70)
    leader = factories.an_officer(Post.LEADER)
    with clock.set_to(began):
        information.adopt(
            "rounds: {}", facility=facility.pk, valid_from=clock.today(), reason="试行", by=leader
        )
    for minutes in (12, 25, 39, 52, 64):
        with clock.set_to(began + timedelta(minutes=minutes)):
            for at, cell in enumerate(cells[:3]):
                if at < 2 or minutes == 12:
                    rounds.look(cell.pk, facility=facility.pk, how="door", by=officer.actor)
    rounds.sweep()
    return WatchedCell.objects.get(cell=cells[0]).code


def _sheet(facility: Organization, cell: Cell, by: Acting) -> UUID:
    """A sheet of people with a right row, a remark and a wrong row."""
    rows = rows_of(cell.name, {}, {"证件号码": "110105194912310021"}, {"性别": "女", "民族": "汉"})
    data = a_csv(rows)
    return importing.check(data, "在押人员.csv", facility.pk, by=by.actor, sent_by=by.staff.name).pk


def _known(stay: UUID) -> UUID:
    """Something of each panel of a person's file; one of the facts."""
    officer = factories.an_officer(Post.CASE_OFFICER)
    given: tuple[facts.Fact, ...] = (
        facts.IdentityPaper(kind="resident_id", number="110105194912310021"),
        facts.Language(language="越南语", interpreter=True),
        facts.Contact(kind="emergency", name="李秀英", relation="52", phone="13800138000"),
        facts.Charge(code="CL-264", article="刑法 第264条"),
        facts.Need(kind="care", text="每日两次胰岛素，按时叫医生"),
    )
    return [people.record_fact(stay, fact, by=officer) for fact in given][-1]


def _cells(facility: Organization) -> list[Cell]:
    cells = []
    for area_name in ("一监区", "二监区"):
        area = organizations.add_area(facility, area_name)
        for serial in range(1, 6):
            name = f"{'一二'.index(area_name[0]) + 1}{serial:02}"
            cells.append(
                organizations.add_cell(
                    area,
                    name,
                    sex="1",
                    capacity=2 if serial == 1 else 12,
                    square_metres=Decimal(42),
                    by=factories.BY_SYSTEM,
                )
            )
    organizations.take_cell_out_of_use(
        cells[4].pk,
        reason="卫生间漏水维修",
        expected_return=clock.now().date() + timedelta(days=5),
        by=factories.BY_SYSTEM,
    )
    organizations.record_base(
        facility,
        valid_from=clock.now().astimezone(clock.LOCAL).date(),
        grade="二级",
        capacity=100,
        square_metres=Decimal(420),
        staff={"officer": 22, "auxiliary": 6},
        installations=[Installed("监室视频", 10, 10), Installed("周界报警", 8, 6)],
        last_inspected_on=clock.now().date() - timedelta(days=30),
        last_inspection_result="合格",
        by=factories.BY_SYSTEM,
    )
    return cells


def _task(cell: Cell) -> UUID:
    intake.take([worlds.a_press(worlds.a_button(cell))])
    return Task.objects.values_list("pk", flat=True).get(cell=cell, state="open")


def _ordered(facility: Organization, cell: Cell) -> None:
    """Two orders: one that is under way, one that nobody has accepted."""
    leader = factories.an_officer(Post.LEADER)
    officer = factories.somebody(Post.LOGISTICS, at=facility)
    later = clock.now() + timedelta(hours=2)
    for text, place in (("检查全监区窗栅，逐窗敲击", cell.pk), ("清点三区钥匙", None)):
        order = orders.Given(text=text, post=Post.LOGISTICS, due_at=later, cell=place)
        task = orders.give(order, facility=facility.pk, by=leader)
        if place:
            duty.accept(task.pk, by=officer.actor)
            duty.note(task.pk, "已查两窗，第三窗待工具", by=officer.actor)


def _draft(acting: Acting) -> UUID:
    draft = wizard.begin(gallery.EXAMPLE, acting)
    data = QueryDict(mutable=True)
    data.update({"name": "王小川", "sex": "1"})
    step = wizard.wizard(gallery.EXAMPLE).ordered()[0]
    return wizard.save(draft, step, data, version=0, acting=acting).pk


def cookie_of(acting: Acting) -> str:
    """The session of somebody who has signed in."""
    client = Client()
    client.force_login(acting.user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value
