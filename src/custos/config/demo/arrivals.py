"""The last week at the door: who was admitted by which steps, who wasn't, and who stands there now."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.http import QueryDict

from custos.config.demo import cases, people, portraits
from custos.config.demo.cases import Case
from custos.config.demo.people import Person
from custos.config.demo.places import LAST_WEEK, World
from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import services as stays
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as recording
from custos.foundation.custody.place_models import Absence
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.parties import Actor, Post
from custos.foundation.ui import wizard
from custos.foundation.ui.models import Draft
from custos.management.reception.admission import cells
from custos.management.reception.admission import services as reception
from custos.prevention.duty import services as duty
from custos.prevention.duty.models import Task

#: How many are admitted in the last week: in the main facility, the administrative house and the centre.
ADMITTED = (48, 9, 5)

_ESCORTS = ("李警官、周警官", "陈警官、吴警官", "马警官、韩警官")
_PLACES = ("火车站广场", "某小区门口", "某网吧", "高速收费站", "某商场", "其住处")
_THINGS = (
    "手机一部、钥匙一串",
    "手机一部、皮带一条、香烟半包",
    "无",
    "银行卡两张、手机一部",
    "手表一块、手机一部",
)
#: What follows from an admission: who does it, within how many minutes, and what they answer.
_TASKS = {
    "DUTY-ADMISSION-SCREENING": (Post.MEDICAL, (20, 100), "已筛查，无自伤念头，无戒断表现。"),
    "DUTY-ADMISSION-RISK": (Post.CASE_OFFICER, (180, 900), "已初评，情绪平稳，按一般人员管理。"),
    "DUTY-ADMISSION-TALK": (
        Post.CASE_OFFICER,
        (200, 1100),
        "已首次谈话，告知作息和申诉途径，无特殊诉求。",
    ),
}
_LOOKED_AT = "已到场检查，神志清楚，可以办理收押。"
_SEEN_TO = "已按医嘱安排，监区和医务室均已知悉。"
_MOMENT = "%Y-%m-%dT%H:%M"

Answers = dict[str, dict[str, Any]]


def plan(world: World) -> None:
    """Plan the admissions of the week, and the two that came to nothing."""

    def some(count: int, what: Callable[[World], None]) -> None:
        span = (LAST_WEEK - timedelta(hours=5)).total_seconds()
        for _ in range(world.so_many(count)):
            world.at(world.week + timedelta(hours=2, seconds=world.chance.random() * span), what)

    for facility, count in zip(
        (world.main, world.administrative, world.treatment), ADMITTED, strict=True
    ):
        some(count, partial(_admitted, facility=facility))
    some(1, _refused)
    some(1, _deferred)


def _admitted(world: World, *, facility: Organization) -> None:
    """Somebody comes to a facility and is admitted; what follows from it is done in the next hours."""
    one = _Arriving(world, facility)
    sex = one.person.sex
    cell = [*world.emptiest(facility, f"{sex}-new"), *world.emptiest(facility, sex)][0]
    stay = one.concluded(cell)
    world.occupancy[cell.pk] = world.occupancy.get(cell.pk, 0) + 1
    one.recorded(stay)
    if facility.kind == "KSS":
        told, paper = cases.lengthening(world.chance, one.case, world.city_of(facility))
        world.at(told, partial(paper_came, stay=stay, paper=paper, facility=facility))
    for rule, (post, minutes, words) in _TASKS.items():
        by, soon = world.someone(post, facility), world.chance.randint(4, min(minutes))
        for after, said in ((soon, ""), (world.chance.randint(*minutes), words)):
            work = partial(_work, rule=rule, stay=stay, by=by, words=said)
            world.at(clock.now() + timedelta(minutes=after), work)


def paper_came(world: World, *, stay: UUID, paper: facts.Fact, facility: Organization) -> None:
    """A paper of somebody's case reaches the facility."""
    recording.record_fact(stay, paper, by=world.someone(Post.CASE_OFFICER, facility))


def _work(world: World, *, rule: str, stay: UUID, by: Actor, words: str) -> None:
    """Somebody takes on what an admission asks for, or says in `words` what was done."""
    task = Task.objects.get(custody_id=stay, rule_id=rule)
    if words:
        duty.answer(task.pk, words, by=by)
    else:
        duty.accept(task.pk, by=by)


class _Arriving:
    """Somebody at the door of a facility: who they are, why they come, and who receives them.

    The clock stands at the end of the admission; they came so many minutes before, or about an hour.
    """

    def __init__(self, world: World, facility: Organization, minutes: int = 0) -> None:
        self.world, self.facility, chance = world, facility, world.chance
        self.officer = world.acting(Post.ADMISSION, facility)
        self.doctor = world.acting(Post.MEDICAL, facility)
        self.came = clock.now() - timedelta(minutes=minutes or chance.randint(45, 110))
        self.person, self.case = self._who(), self._why()

    def _who(self) -> Person:
        chance, today = self.world.chance, clock.today()
        if self.facility == self.world.main and chance.random() < 0.05:
            return people.foreigner(chance, today, chance.choice((0, 2)))
        return people.grown_up(chance, today, "2" if chance.random() < 0.13 else "1")

    def _why(self) -> Case:
        chance, city = self.world.chance, self.world.city_of(self.facility)
        begun = self.came - timedelta(hours=chance.uniform(2, 14))
        if self.facility.kind == "JLS":
            return cases.administrative(chance, begun, city, 7)
        if self.facility.kind == "QJS":
            return cases.treatment(chance, begun, city)
        case = cases.just_detained(chance, begun, city)
        case.charges, case.violent = cases.charged(chance)
        return case

    def at_the_door(self) -> Draft:
        """They are announced or not, come, and their admission is begun."""
        sort = self.world.chance.choice(("new", "new", "new", "transfer_in", "unexpected"))
        expected = self.came - timedelta(minutes=90)
        with clock.set_to(expected if sort != "unexpected" else self.came):
            arrival = reception.expect(
                self.officer,
                sort=sort,
                name=self.person.name,
                brought_by=self.escort,
                expected_at=None if sort == "unexpected" else self.came,
            )
        with clock.set_to(self.came):
            return reception.start(arrival.pk, self.officer)

    @property
    def escort(self) -> str:
        """Who brings them."""
        return f"{self.case.first.issuer} {self.world.chance.choice(_ESCORTS)}"

    def answers(self, cell: Cell | None = None) -> Answers:
        """What is filled in at each step, in the order of the wizard."""
        chance, person, case = self.world.chance, self.person, self.case
        later = [self.came + timedelta(minutes=5 * n) for n in range(8)]
        paper = case.first
        nationality = next(one for one in person.facts if isinstance(one, facts.Nationality))
        children = [one for one in person.facts if isinstance(one, facts.Dependant)]
        told: Answers = {
            "documents": {
                "arrived_at": self.came, "basis": case.basis, "basis_number": case.basis_number,
                "authority": paper.issuer, "authority_kind": case.authority.kind,
                "case_number": case.number, "arrival_written": True, "expires_on": paper.valid_to,
                "reason": case.charges[0].words().split(" ")[0],
                "seized_at": case.detained_at, "seized_place": chance.choice(_PLACES),
                "issued_on": paper.issued_on, "seal": "yes", "names_match": "yes", "papers": [],
                "escort": self.escort, "second_officer": "赵警官",
            },
            "identity": {
                "name": person.name, "sex": person.sex, "born": person.born,
                "verified_by": "document", "nationality": nationality.country,
                "accommodation": "no", **_papers_of(person),
            },
            "health": {
                "checked_at": later[1], "doctor": self.doctor.staff.name,
                "blood_pressure": f"{chance.randint(108, 146)}/{chance.randint(66, 92)}",
                "blood_count": "未见异常", "ecg": "窦性心律", "ultrasound": "未见异常",
                "chest_xray": "心肺未见异常", "state": "神志清楚，一般情况可", "history": "无",
                "allergies": "无", "medicines": "无", "found": [], "conclusion": "fit",
            },
            "injuries": {"looked_at": later[2], "injured": "no", "ill_treated": "no", "list": []},
            "decision": {"outcome": "accepted"},
            "screening": {"self_harm": "no", "withdrawal": "no", "confused": "no"},
            "search": {
                "searched_at": later[3], "searcher": self.officer.staff.name,
                "searcher_sex": person.sex,
            },
            "property": {
                "inventory": chance.choice(_THINGS), "money": Decimal(chance.randrange(0, 900)),
                "inventory_signed": person.name,
            },
            "rights": {
                "told_at": later[4], "told_in": "越南语（翻译到场）" if person.foreign else "汉语",
                "in_writing": True, "read_aloud": True, "lawyer_told": True,
                "complaints_told": True, "rights_signed": person.name,
            },
            "family": {"notified": "handler"},
            "consular": {"passport": "随身携带", "consular_wish": "yes"} if person.foreign else {},
            "dependants": {
                "has_dependants": "yes" if children else "no",
                "dependants": [
                    one.model_dump(include={"name", "relation", "born", "place", "carer"})
                    for one in children
                ],
                **_contact_of(person),
            },
            "picture": {"photo": "taken"},
            "file": {},
            "cell": {},
            "risk": {},
            "talk": {},
        }  # fmt: skip
        if cell:
            # As an officer does who looked at both sides' risks before confirming.
            shown = stays.considered_arrival(cells.arriving(told, self.facility), cell, clock.now())
            told["cell"] = {"cell": cell.pk, "cell_seen": f"{cell.pk}.{shown.token}"}
            if f"{cell.sex}-new" in self.world.pools[cell.organization_id]:
                # Where the cells of new arrivals are full, an ordinary one takes a reason.
                told["cell"]["cell_reason"] = "过渡监室已满，暂在普通监室过渡"
        return told

    def concluded(self, cell: Cell) -> UUID:
        """The admission is carried through, into a cell."""
        draft, told = self.at_the_door(), self.answers(cell)
        told["file"] = {"number": self.world.number(self.facility.pk, clock.today())}
        stay = self.close(draft, told)
        if stay is None:
            raise RuntimeError("an admission that admits nobody")
        return stay

    def close(self, draft: Draft, told: Answers) -> UUID | None:
        """Decide on the arrival as `told` says; the draft goes, as it does for users."""
        self.looked_at()
        draft = _save(draft, "health", told["health"], self.doctor)
        self.cared_for()
        concluded = reception.conclude(told, self.officer, draft)
        draft.delete()
        return concluded.stay

    def cared_for(self) -> None:
        """The leader on duty sees to what the doctor ordered, where anything was."""
        ordered = Task.objects.filter(
            organization=self.facility, rule_id="DUTY-ARRIVAL-CARE-ORDERED", state="open"
        )
        for task in ordered:
            leader, _user = self.world.staff[self.facility.pk, Post.DUTY_LEADER][0]
            duty.accept(task.pk, by=leader)
            duty.answer(task.pk, _SEEN_TO, by=leader)

    def looked_at(self) -> None:
        """The doctor comes as soon as they stand at the door."""
        called = Task.objects.get(
            organization=self.facility, rule_id="DUTY-ARRIVAL-HEALTH", opened_at=self.came
        )
        with clock.set_to(self.came + timedelta(minutes=4)):
            duty.accept(called.pk, by=self.doctor.actor)
            duty.answer(called.pk, _LOOKED_AT, by=self.doctor.actor)

    def recorded(self, stay: UUID) -> None:
        """What the steps of the admission don't ask for is recorded, and a photo taken."""
        officer = self.officer.actor
        for fact in (*self.person.facts, *self.case.charges[1:]):
            if fact.sort not in _OF_THE_STEPS:
                recording.record_fact(stay, fact, by=officer)
        variant = self.world.chance.randrange(4)
        picture = portraits.drawn(self.person.sex, variant)
        recording.take_photo(stay, picture, "photo.png", by=officer)


#: What the admission records by itself.
_OF_THE_STEPS = frozenset(
    {"identified", "identity", "nationality", "language", "consular", "contact", "dependant"}
)


def _papers_of(person: Person) -> dict[str, Any]:
    """Document and language of somebody, as the step of the identity asks for them."""
    found: dict[str, Any] = {}
    for one in person.facts:
        if isinstance(one, facts.IdentityPaper):
            found |= {"identity_paper": one.kind, "identity_number": one.number}
        elif isinstance(one, facts.Language):
            found |= {"language": one.language, "interpreter": "yes"}
    return found


def _contact_of(person: Person) -> dict[str, Any]:
    """Whom to call, as the step of the dependants asks for it."""
    one = next((one for one in person.facts if isinstance(one, facts.Contact)), None)
    if one is None:
        return {"contact_given": "no", "contact_none_why": "本人拒绝提供"}
    return {
        "contact_given": "yes",
        "contact_name": one.name,
        "contact_relation": one.relation,
        "contact_phone": one.phone,
    }


def _refused(world: World) -> None:
    """Papers and person don't agree: nobody is received, and the escort gets a notice."""
    one = _Arriving(world, world.main)
    told = one.answers()
    told["documents"]["names_match"] = "no"
    told["decision"] = {
        "outcome": "refused", "reason_code": "KR-9-MATCH",
        "notice_received_by": "李警官",
        "words": "拘留证所载出生日期与本人及户籍资料不符，退回办案机关更正。",
    }  # fmt: skip
    one.close(one.at_the_door(), told)


def _deferred(world: World) -> None:
    """The doctor says to a hospital first."""
    one = _Arriving(world, world.main)
    told = one.answers()
    told["health"] |= {
        "state": "上腹持续疼痛，面色苍白", "conclusion": "hospital",
        "instructions": "急诊查明腹痛原因后再送押",
    }  # fmt: skip
    told["decision"] = {
        "outcome": "deferred", "hospital": "甲东市人民医院",
        "deferred_until": "诊断明确后由办案机关再送",
    }  # fmt: skip
    one.close(one.at_the_door(), told)


# ---------------------------------------------------------------------- the board now


def standing_now(world: World) -> None:
    """Who is on the board at this moment: announced, at the door, at some step, back from outside."""
    for steps in (2, 5, 11):
        _begun(world, world.main, steps)
    for facility in (world.administrative, world.treatment):
        _begun(world, facility, 4)
        _announced(world, facility, "new", 60)
    for sort, minutes in (("new", 45), ("new", 150), ("transfer_in", 300)):
        _announced(world, world.main, sort, minutes)
    with clock.set_to(world.now - timedelta(minutes=4)):
        one = _Arriving(world, world.main)
        reception.expect(one.officer, sort="new", name=one.person.name, brought_by=one.escort)
    officer = world.acting(Post.ADMISSION)
    for sort, minutes in (("back_from_court", 40), ("back_from_hospital", 0)):
        stay = _somebody_at(world.main, sort.removeprefix("back_from_"))
        if stay is None:
            continue
        at = world.now + timedelta(minutes=minutes) if minutes else None
        with clock.set_to(world.now - timedelta(minutes=6)):
            reception.expect(
                officer, sort=sort, name="", brought_by="押送民警", expected_at=at, custody_id=stay
            )


def _somebody_at(facility: Organization, kind: str) -> UUID | None:
    """The stay of somebody of a facility who is out at a court or in a hospital."""
    out = Absence.objects.filter(
        organization=facility, kind=kind, left_at__isnull=False, back_at=None
    )
    return out.order_by("planned_until").values_list("custody_id", flat=True).last()


def _announced(world: World, facility: Organization, sort: str, minutes: int) -> None:
    one = _Arriving(world, facility)
    at = world.now + timedelta(minutes=minutes)
    with clock.set_to(world.now - timedelta(hours=1)):
        reception.expect(
            one.officer,
            sort=sort,
            name=one.person.name,
            brought_by=one.escort,
            expected_at=at,
        )


def _begun(world: World, facility: Organization, steps: int) -> None:
    """An admission of which so many steps are filled in."""
    seen = steps > 2
    one = _Arriving(world, facility, 0 if seen else 9)
    draft = one.at_the_door()
    if seen:
        one.looked_at()
    for name, answers in list(one.answers().items())[:steps]:
        draft = _save(draft, name, answers, one.doctor if name == "health" else one.officer)


def _save(draft: Draft, name: str, answers: dict[str, Any], acting: Acting) -> Draft:
    """Save one step as it is typed."""
    step = next(one for one in wizard.wizard(reception.NAME).ordered() if one.name == name)
    data = QueryDict(mutable=True)
    for field, value in answers.items():
        data.setlist(field, _typed(value))
    return wizard.save(draft, step, data, version=0, acting=acting)


def _typed(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, datetime):
        return [value.astimezone(clock.LOCAL).strftime(_MOMENT)]
    return ["on"] if value is True else ["" if value is None else str(value)]
