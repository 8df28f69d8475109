"""Invented cases: which papers reached a facility when, by the stage at which a case stands. Pure.

The spans are those of the Criminal Procedure Law (刑事诉讼法 第91、156、158、172、208、243、264条), of the
regulations on administrative detention and of those on drug treatment; each case stands within them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random

from custos.foundation import clock
from custos.foundation.custody.people import facts
from custos.foundation.limits import dates

#: Stages of a criminal case, as far as a detention centre sees them.
STAGES = (
    "detained", "arrest_requested", "arrested", "extended", "prosecution", "first_instance",
    "second_instance", "awaiting_delivery", "serving_here",
)  # fmt: skip
#: From these on somebody is convicted by a judgment that stands.
CONVICTED = frozenset({"awaiting_delivery", "serving_here"})

#: Code, article, how common, whether violent.
_CHARGES = (
    ("CL-264", "刑法 第264条", 24, False),
    ("CL-266", "刑法 第266条", 18, False),
    ("CL-287B", "刑法 第287条之二", 12, False),
    ("CL-312", "刑法 第312条", 10, False),
    ("CL-234", "刑法 第234条", 9, True),
    ("CL-133A", "刑法 第133条之一", 6, False),
    ("CL-293", "刑法 第293条", 8, True),
    ("CL-347", "刑法 第347条", 7, False),
    ("CL-303.2", "刑法 第303条第2款", 6, False),
    ("CL-225", "刑法 第225条", 3, False),
    ("CL-176", "刑法 第176条", 3, False),
    ("CL-263", "刑法 第263条", 4, True),
    ("CL-236", "刑法 第236条", 3, True),
    ("CL-232", "刑法 第232条", 2, True),
    ("CL-238", "刑法 第238条", 2, True),
    ("CL-274", "刑法 第274条", 3, False),
    ("CL-277.5", "刑法 第277条第5款", 2, True),
    ("CL-271", "刑法 第271条", 2, False),
)
_OFFENCES = ("殴打他人", "盗窃", "赌博", "吸毒", "寻衅滋事", "阻碍执行职务", "扰乱公共场所秩序")

_DAY = timedelta(days=1)
#: Days since the last step of a case that stands there, and from each step to the next.
_SINCE = {
    "detained": (8, 27), "arrest_requested": (0.5, 6), "arrested": (1, 52), "extended": (2, 26),
    "prosecution": (1, 27), "first_instance": (2, 55), "second_instance": (2, 50),
    "awaiting_delivery": (8, 26), "serving_here": (8, 66),
}  # fmt: skip
_UNTIL = {
    "arrest_requested": (8, 29), "arrested": (3, 6.5), "extended": (54, 59), "prosecution": (30, 56),
    "prosecution_after_extension": (5, 28), "first_instance": (16, 29), "judged": (25, 58),
    "second_instance": (4, 9.5), "final": (25, 55), "effective": (11, 14), "executed": (3, 9),
}  # fmt: skip


@dataclass(slots=True)
class Case:
    """What brought somebody in, and what has come since. `papers` are in the order of time.

    `number` is that of the case, `convicted_at` the day of a judgment that stands, `ends` when the stay
    has to end by the last paper.
    """

    stage: str
    basis: str
    number: str
    detained_at: datetime
    papers: list[tuple[datetime, facts.Fact]] = field(default_factory=list)
    charges: list[facts.Charge] = field(default_factory=list)
    violent: bool = False
    convicted_at: datetime | None = None
    ends: date | None = None

    @property
    def first(self) -> facts.Basis:
        """The document on which the person was admitted."""
        return next(one for _at, one in self.papers if isinstance(one, facts.Basis))

    @property
    def of_one_court(self) -> bool:
        """Whether the document that came last is of the authority that holds the case now."""
        bases = [one for _at, one in self.papers if isinstance(one, facts.Basis)]
        held = [one for _at, one in self.papers if isinstance(one, facts.Authority)]
        return bases[-1].issuer == held[-1].name

    @property
    def authority(self) -> facts.Authority:
        """Who handled the case at first."""
        return next(one for _at, one in self.papers if isinstance(one, facts.Authority))

    @property
    def basis_number(self) -> str:
        """The number of that document."""
        return self.first.number


def charged(chance: Random, *, minor: bool = False) -> tuple[list[facts.Charge], bool]:
    """One or two charges, and whether one is of a violent offence."""
    known = [one for one in _CHARGES if not minor or one[0] in ("CL-264", "CL-293", "CL-263")]
    count = 2 if chance.random() < 0.15 and not minor else 1
    drawn = dict.fromkeys(chance.choices(known, [one[2] for one in known], k=count))
    charges = [facts.Charge(code=code, article=article) for code, article, _n, _v in drawn]
    return charges, any(violent for _c, _a, _n, violent in drawn)


def standing(chance: Random, stage: str, now: datetime, city: str) -> Case:
    """A criminal case of a city that stands at a stage at `now`."""
    steps = _steps(chance, stage)
    gaps = [chance.uniform(*_UNTIL[name]) for name in steps[1:]]
    last = now - _DAY * chance.uniform(*_SINCE[stage])
    times = {name: last - _DAY * sum(gaps[at:]) for at, name in enumerate(steps)}
    begun = times.pop("detained")
    times = {name: _by_day(chance, at, now) for name, at in times.items()}
    times = {"detained": begun, **times}
    return _lengthened(chance, _case(chance, stage, city, times), city)


def over(chance: Random, detained: datetime, city: str) -> tuple[Case, datetime, str, str]:
    """A case of which somebody left: the case, when, by which way and on which document."""
    short = chance.random() < 0.85
    if short:
        stage, length = "arrest_requested", chance.uniform(9, 31)
        times = {"detained": detained, "arrest_requested": detained + _DAY * (length - 2)}
        way = chance.choice(("bail", "bail", "residential_surveillance", "released"))
        paper = {"bail": "取保候审决定书", "residential_surveillance": "监视居住决定书"}.get(
            way, "释放通知书"
        )
    else:
        stage = "first_instance"
        steps = _steps(chance, stage)
        begun = detained
        times = {"detained": detained}
        for name in steps[1:]:
            begun += _DAY * chance.uniform(*_UNTIL[name])
            times[name] = begun
        length = (begun - detained) / _DAY + chance.uniform(20, 55)
        way = chance.choice(("prison", "term_ended", "community"))
        paper = {"prison": "执行通知书", "term_ended": "刑满释放证明书"}.get(way, "判决书")
    made = _lengthened(chance, _case(chance, stage, city, times), city)
    number = f"{paper}〔{(detained + _DAY * length).year}〕演{chance.randrange(10_000):04}号"
    return made, detained + _DAY * length, way, number


def served(chance: Random, day: date, like: Case, city: str) -> Case:
    """A case whose sentence is served here and ends on `day`, with the charges of another."""
    now = datetime.combine(day, time(12), clock.LOCAL) - _DAY * 45
    while True:
        made = standing(chance, like.stage, now, city)
        if made.ends == day and made.of_one_court:
            made.charges, made.violent = like.charges, like.violent
            return made


#: Stages of which a limit is let run out: its months, and how long before its last day the case is made.
_RUNS = {"arrested": (2, 20), "prosecution": (1, 15), "first_instance": (2, 20)}


def may_end(stage: str, day: date) -> bool:
    """Whether a limit can end on a day by each of the texts: not where months of different lengths meet."""
    months, _back = _RUNS[stage]
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return day.day < dates.days_in(year, month + 1)


def running_out(chance: Random, stage: str, day: date, like: Case, city: str) -> Case:
    """A case whose limit at a stage ends on `day`, with the charges of another; no paper came since."""
    _months_of_limit, back = _RUNS[stage]
    noon = datetime.combine(day, time(12), clock.LOCAL)
    while True:
        made = standing(chance, stage, noon - _DAY * back, city)
        last = [one for _at, one in made.papers if isinstance(one, facts.Basis)][-1]
        if last.valid_to == day:
            made.charges, made.violent = like.charges, like.violent
            return made


def detained_until(chance: Random, day: date, city: str) -> Case:
    """A case of administrative or judicial detention whose last day is `day`."""
    noon = datetime.combine(day, time(12), clock.LOCAL)
    while True:
        made = administrative(chance, noon - _DAY * chance.choice((10, 12, 15)), city, 9)
        if made.ends == day:
            return made


def of_the_same(chance: Random, case: Case) -> Case:
    """The case of a co-defendant: the same papers at the same times, each with a number of its own."""
    made = replace(case)
    made.papers = [
        (at, one.model_copy(update={"number": _number(chance, at, one.number.partition("〔")[0])}))
        if isinstance(one, facts.Basis)
        else (at, one)
        for at, one in case.papers
    ]
    return made


def just_detained(chance: Random, at: datetime, city: str) -> Case:
    """A case that began at `at`, with a detention of three days."""
    return _case(chance, "detained", city, {"detained": at})


def lengthening(chance: Random, case: Case, city: str) -> tuple[datetime, facts.Basis]:
    """The notice that a detention lasts thirty days, and when it comes (刑事诉讼法 第91条第2款)."""
    told = case.detained_at + _DAY * chance.uniform(2, 2.9)
    ends = clock.day_of(case.detained_at) + timedelta(days=30)
    number, why = _number(chance, told, "变羁"), "延长提请审查批准逮捕的时间至三十日"
    return told, _paper("change_of_limit", number, f"{city}公安局", told, ends, why)


def administrative(chance: Random, at: datetime, city: str, least: float = 0) -> Case:
    """A decision of administrative or judicial detention, executed at `at`, for at least so many days."""
    days = chance.choice([n for n in (3, 5, 7, 10, 12, 15) if n > least + 0.5] or [15])
    judicial = chance.random() < 0.12
    kind = "judicial_detention" if judicial else "administrative_detention"
    issuer = f"{city}第一区人民法院" if judicial else f"{city}公安局第{chance.choice('一二三')}分局"
    number = _number(chance, at, "司惩" if judicial else "行罚决")
    ends = clock.day_of(at) + timedelta(days=days)
    offence = "拒不履行生效裁判" if judicial else chance.choice(_OFFENCES)
    made = Case("administrative", "司法拘留决定书" if judicial else "行政拘留决定书", number, at)
    made.papers = [
        (at, _paper(kind, number, issuer, at, ends)),
        (at, _authority("court" if judicial else "police", issuer, number, at)),
    ]
    made.charges = [facts.Charge(code="other", name=offence, article="")]
    made.ends = ends
    return made


def examination(chance: Random, at: datetime, city: str) -> Case:
    """Detention of a foreigner for examination, of thirty days (出境入境管理法 第60条)."""
    number = _number(chance, at, "拘审")
    ends = clock.day_of(at) + timedelta(days=30)
    issuer = f"{city}公安局出入境管理支队"
    made = Case("examination", "拘留审查决定书", number, at)
    made.papers = [
        (at, _paper("detention_for_examination", number, issuer, at, ends)),
        (at, _authority("police", issuer, number, at)),
    ]
    made.charges = [facts.Charge(code="other", name="涉嫌非法居留", article="出境入境管理法")]
    made.ends = ends
    return made


def treatment(chance: Random, at: datetime, city: str) -> Case:
    """A decision of compulsory drug treatment for two years (禁毒法 第47条)."""
    number = _number(chance, at, "强戒决")
    issuer = f"{city}公安局第{chance.choice('一二三')}分局"
    day = clock.day_of(at)
    ends = date.fromordinal(dates.ends_of_term(day.toordinal(), 2, 0, 0)[0])
    made = Case("treatment", "强制隔离戒毒决定书", number, at)
    made.papers = [
        (at, _paper("compulsory_treatment", number, issuer, at, ends)),
        (at, _authority("police", issuer, number, at)),
    ]
    made.charges = [facts.Charge(code="other", name="吸毒成瘾严重", article="禁毒法 第38条")]
    made.ends = ends
    return made


# ---------------------------------------------------------------------- papers


def _steps(chance: Random, stage: str) -> list[str]:
    """The steps of a case until a stage, by the names of `_UNTIL`."""
    if stage == "detained":
        return ["detained"]
    steps = ["detained", "arrest_requested"]
    if stage == "arrest_requested":
        return steps
    steps.append("arrested")
    longer = stage == "extended" or (stage != "arrested" and chance.random() < 0.3)
    if longer:
        steps.append("extended")
    if stage in ("arrested", "extended"):
        return steps
    steps.append("prosecution_after_extension" if longer else "prosecution")
    if stage == "prosecution":
        return steps
    steps.append("first_instance")
    if stage == "first_instance":
        return steps
    steps.append("judged")
    if stage == "second_instance" or chance.random() < 0.4:
        steps.append("second_instance")
    if stage == "second_instance":
        return steps
    steps.append("final" if steps[-1] == "second_instance" else "effective")
    return [*steps, "executed"]


def _by_day(chance: Random, at: datetime, now: datetime) -> datetime:
    """An hour of the same day at which offices are open, unless that hasn't come yet."""
    hour, minute = chance.randint(9, 16), chance.randrange(60)
    then = at.astimezone(clock.LOCAL).replace(hour=hour, minute=minute)
    return then if then < now else at


def _case(chance: Random, stage: str, city: str, times: dict[str, datetime]) -> Case:
    detained = times["detained"]
    case = _number(chance, detained, "刑")
    made = Case(stage, "拘留证", case, detained)
    for step, at in times.items():
        made.papers += _PAPERS[step](chance, at, city, case, times)
    made.convicted_at = times.get("executed")
    if made.convicted_at:
        made.ends = _sentence_ends(chance, stage, clock.day_of(made.convicted_at))
        made.papers.append(
            (
                made.convicted_at,
                _paper(
                    "execution_notice",
                    _number(chance, made.convicted_at, "执"),
                    f"{city}第一区人民法院",
                    made.convicted_at,
                    made.ends,
                ),
            )
        )
    made.papers = [
        (at, one.model_copy(update={"issuer": made.first.issuer}))
        if isinstance(one, facts.Basis) and one.issuer == f"{city}公安局"
        else (at, one)
        for at, one in sorted(made.papers, key=lambda one: one[0])
    ]
    return made


def _sentence_ends(chance: Random, stage: str, day: date) -> date:
    """The last day of a sentence: within three months where it is served here (刑事诉讼法 第264条)."""
    if stage == "serving_here":
        return day + timedelta(days=chance.randint(72, 90))
    return day + timedelta(days=chance.randint(200, 2600))


def _lengthened(chance: Random, case: Case, city: str) -> Case:
    case.papers = sorted([*case.papers, lengthening(chance, case, city)], key=lambda one: one[0])
    return case


def _number(chance: Random, at: datetime, word: str) -> str:
    return f"{word}〔{clock.day_of(at).year}〕演{chance.randrange(10_000):04}号"


def _paper(
    kind: str, number: str, issuer: str, at: datetime, valid_to: date | None, note: str = ""
) -> facts.Basis:
    return facts.Basis(
        kind=kind,
        number=number,
        issuer=issuer,
        issued_on=clock.day_of(at),
        executed_at=at.replace(second=0, microsecond=0),
        valid_to=valid_to,
        seal=True,
        matches=True,
        note=note,
    )


def _authority(kind: str, name: str, case: str, at: datetime) -> facts.Authority:
    since = at.replace(second=0, microsecond=0)
    return facts.Authority(kind=kind, name=name, case_number=case, since=since)


def _months(at: datetime, months: int) -> date:
    return date.fromordinal(dates.police_months_later(clock.day_of(at).toordinal(), months))


_Made = Iterator[tuple[datetime, facts.Fact]]
_Times = dict[str, datetime]


def _detained(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    unit = f"{city}公安局第{chance.choice('一二三')}分局"
    ends = clock.day_of(at) + timedelta(days=3)
    yield at, _paper("detention_warrant", _number(chance, at, "拘"), unit, at, ends)
    yield at, _authority("police", unit, case, at)


def _arrest_requested(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    ends = clock.day_of(at) + timedelta(days=7)
    number = _number(chance, at, "提捕")
    yield at, _paper("arrest_request", number, f"{city}公安局", at, ends, "检察院已收")


def _arrested(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    number = _number(chance, at, "捕")
    yield at, _paper("arrest_warrant", number, f"{city}公安局", at, _months(at, 2))


def _extended(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    ends = _months(times["arrested"], 3)
    number = _number(chance, at, "延押")
    yield at, _paper("extension_decision", number, f"{city}人民检察院", at, ends)


def _prosecution(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    name = f"{city}第一区人民检察院"
    number = _number(chance, at, "换押")
    yield at, _paper("transfer_of_custody", number, name, at, _months(at, 1), "移送审查起诉")
    yield at, _authority("procuratorate", name, case, at)


def _first_instance(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    court, number = f"{city}第一区人民法院", _number(chance, at, "刑初")
    indictment = _number(chance, at, "刑诉")
    yield at, _paper("indictment", indictment, f"{city}第一区人民检察院", at, None)
    number_of_transfer = _number(chance, at, "换押")
    yield (
        at,
        _paper("transfer_of_custody", number_of_transfer, court, at, _months(at, 2), "法院受理"),
    )
    yield at, _authority("court", court, number, at)


def _judged(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    court = f"{city}第一区人民法院"
    yield at, _paper("judgment", _number(chance, at, "刑初"), court, at, None, "第一审判决")


def _second_instance(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    court, number = f"{city}中级人民法院", _number(chance, at, "刑终")
    transfer = _number(chance, at, "换押")
    yield at, _paper("transfer_of_custody", transfer, court, at, _months(at, 2), "上诉，第二审受理")
    yield at, _authority("court", court, number, at)


def _final(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    court = f"{city}中级人民法院"
    yield at, _paper("ruling", _number(chance, at, "刑终"), court, at, None, "驳回上诉，维持原判")


def _nothing(chance: Random, at: datetime, city: str, case: str, times: _Times) -> _Made:
    yield from ()


_PAPERS = {
    "detained": _detained,
    "arrest_requested": _arrest_requested,
    "arrested": _arrested,
    "extended": _extended,
    "prosecution": _prosecution,
    "prosecution_after_extension": _prosecution,
    "first_instance": _first_instance,
    "judged": _judged,
    "second_instance": _second_instance,
    "final": _final,
    "effective": _nothing,
    "executed": _nothing,
}
