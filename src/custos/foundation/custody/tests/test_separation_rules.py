"""Each rule of separation, from its source; and what would be allowed were it switched off."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import ValidationError

from custos.foundation.custody import engine
from custos.foundation.custody.engine import Apart, CellFacts, Option, Person

DAY = date(2026, 3, 2)
HERE, BESIDE, FAR = UUID(int=1), UUID(int=2), UUID(int=3)
WING, OTHER_WING = UUID(int=11), UUID(int=12)
CELL = CellFacts("1", 4, id=HERE, area=WING)
MAN = Person("1", date(1990, 1, 1), ref=UUID(int=21))
OTHER = Person("1", date(1991, 1, 1), ref=UUID(int=22))
WOMAN = Person("2", date(1990, 1, 1), ref=UUID(int=23))
BOY = Person("1", date(2010, 1, 1), ref=UUID(int=24))


def _apart(kind: str, within: str, cell: UUID, area: UUID = WING) -> Person:
    return replace(MAN, apart=(Apart(kind, within, OTHER.ref, cell, area),))  # type: ignore[arg-type]


def _found(
    person: Person,
    cell: CellFacts = CELL,
    inside: tuple[Person, ...] = (),
    *,
    without: str = "",
    behind: tuple[Person, ...] = (),
    arriving: bool = True,
) -> dict[str, str]:
    file = engine.load()
    file = file.model_copy(update={"rules": tuple(r for r in file.rules if r.id != without)})
    found = engine.conflicts(person, cell, inside, DAY, file, behind=behind, arriving=arriving)
    return {one.rule.id: one.rule.effect for one in found}


#: rule → (person, cell, who is in it, who would stay behind): what it alone forbids.
HARD: dict[str, tuple[Person, CellFacts, tuple[Person, ...], tuple[Person, ...]]] = {
    "KR-14-SEX": (MAN, CELL, (WOMAN,), ()),
    "CPL-280-MINORS": (BOY, CELL, (MAN,), ()),
    "KR-14-CODEFENDANTS": (_apart("codefendants", "cell", HERE), CELL, (OTHER,), ()),
    "KR-14-CODEFENDANTS-YARD": (_apart("codefendants", "cell", BESIDE), CELL, (), ()),
    "NMR-12-KEEP-APART": (_apart("threat", "cell", HERE), CELL, (OTHER,), ()),
    "SPP-659-CONVICTED": (MAN, CELL, (replace(OTHER, category="convicted"),), ()),
    "DR-34-ADMINISTRATIVE": (MAN, CELL, (replace(OTHER, category="administrative"),), ()),
    "DR-18-MEDICAL": (MAN, CELL, (replace(OTHER, isolation=""),), ()),
    "RISK-NEVER-ALONE": (replace(MAN, never_alone=True), CELL, (), ()),
    "CELL-HARD-LIMIT": (MAN, replace(CELL, capacity=2), (OTHER,) * 3, ()),
}
#: Besides, a rule that warns may speak of the same cell.
ALSO = {"CELL-HARD-LIMIT": {"KI-27-CAPACITY": "warn"}}


def test_every_rule_that_blocks_stands_in_this_table() -> None:
    assert {rule.id for rule in engine.rules().rules if rule.effect == "block"} == HARD.keys()


@pytest.mark.parametrize("rule", HARD)
def test_each_hard_rule_blocks_and_nothing_else_does_it_in_its_place(rule: str) -> None:
    person, cell, inside, behind = HARD[rule]
    also = ALSO.get(rule, {})
    assert _found(person, cell, inside, behind=behind) == {rule: "block"} | also
    assert _found(person, cell, inside, behind=behind, without=rule) == also


def test_what_is_found_names_the_people_it_is_about() -> None:
    found = engine.conflicts(MAN, CELL, [OTHER, WOMAN], DAY)
    assert [(one.rule.id, one.others) for one in found] == [("KR-14-SEX", (WOMAN.ref,))]


@pytest.mark.parametrize("kind", ["codefendants", "threat", "informant", "witness", "other"])
@pytest.mark.parametrize(
    ("within", "cell", "area", "arriving", "blocked"),
    [
        ("cell", HERE, WING, True, True),
        ("cell", BESIDE, WING, True, False),
        ("area", BESIDE, WING, True, True),
        ("area", FAR, OTHER_WING, True, False),
        ("facility", FAR, OTHER_WING, True, True),
        # Within the facility no move mends it; the widest that a cell can do is another area.
        ("facility", FAR, OTHER_WING, False, False),
        ("facility", BESIDE, WING, False, True),
    ],
)
def test_a_pair_is_kept_apart_within_cell_area_or_facility(
    kind: str, within: str, cell: UUID, area: UUID, arriving: bool, blocked: bool
) -> None:
    rule = "KR-14-CODEFENDANTS" if kind == "codefendants" else "NMR-12-KEEP-APART"
    found = _found(_apart(kind, within, cell, area), arriving=arriving)
    assert (found.get(rule) == "block") is blocked


def test_kr_14_a_codefendant_whose_yard_is_shared_forbids_the_cell_where_there_is_another() -> None:
    """process.md B.4: co-defendants apart, hard; across cells that share a yard, too."""
    beside = _apart("codefendants", "cell", BESIDE)
    assert _found(beside) == {"KR-14-CODEFENDANTS-YARD": "block"}
    assert _found(beside, replace(CELL, area_elsewhere=False)) == {"KR-14-ONE-YARD": "warn"}
    here = _apart("codefendants", "cell", HERE)
    alone = replace(CELL, area_elsewhere=False)
    assert _found(here, alone, (OTHER,)) == {"KR-14-CODEFENDANTS": "block"}, "the cell never is"
    assert _found(_apart("codefendants", "cell", FAR, OTHER_WING)) == {}
    assert _found(_apart("threat", "cell", BESIDE)) == {}


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("convicted", "unconvicted", "SPP-659-CONVICTED"),
        ("administrative", "unconvicted", "DR-34-ADMINISTRATIVE"),
        ("administrative", "convicted", "DR-34-ADMINISTRATIVE"),
    ],
)
def test_spp_659_and_dr_34_legal_categories_are_apart_both_ways(
    one: str, other: str, rule: str
) -> None:
    first, second = replace(MAN, category=one), replace(OTHER, category=other)
    assert _found(first, inside=(second,)) == {rule: "block"}
    assert _found(second, inside=(first,)) == {rule: "block"}
    assert _found(first, inside=(first,)) == {}


def test_cpl_280_a_minor_is_not_put_with_somebody_whose_age_is_not_known() -> None:
    """Whose age nobody knows counts as an adult, towards minors and towards adults."""
    unknown = replace(OTHER, born=None)
    assert _found(BOY, inside=(unknown,)) == {"CPL-280-MINORS": "block"}
    assert _found(unknown, inside=(BOY,)) == {"CPL-280-MINORS": "block"}
    assert _found(MAN, inside=(unknown,)) == {}
    assert _found(unknown, inside=(MAN,)) == {}


@pytest.mark.parametrize(
    ("document", "category"),
    [
        ("拘留证", "unconvicted"),
        ("逮捕证", "unconvicted"),
        ("执行通知书", "convicted"),
        ("收监执行决定书", "convicted"),
        ("拘留审查决定书", "examination"),
        ("行政拘留决定书", "administrative"),
        ("司法拘留决定书", "administrative"),
        ("强制隔离戒毒决定书", "treatment"),
        ("不知何书", "unconvicted"),
    ],
)
def test_a_stay_counts_as_what_its_document_says_and_in_doubt_as_unconvicted(
    document: str, category: str
) -> None:
    assert engine.rules().category_by(document) == category


def test_dr_18_only_those_of_one_medical_group_share() -> None:
    in_group = replace(MAN, isolation="A")
    assert _found(in_group, inside=(replace(OTHER, isolation="A"),)) == {}
    for other in (None, "B", ""):
        assert _found(in_group, inside=(replace(OTHER, isolation=other),)) == {
            "DR-18-MEDICAL": "block"
        }
    alone = replace(MAN, isolation="")
    assert _found(alone, inside=(replace(OTHER, isolation=""),)) == {"DR-18-MEDICAL": "block"}
    assert _found(alone) == {}


def test_who_is_never_alone_gets_no_cell_whose_people_are_all_out() -> None:
    person = replace(MAN, never_alone=True)
    assert _found(person, inside=(OTHER,)) == {}
    assert _found(person, inside=(replace(OTHER, out=True),)) == {"RISK-NEVER-ALONE": "block"}


def test_nobody_is_moved_away_from_somebody_who_would_then_be_alone() -> None:
    kept = replace(OTHER, never_alone=True)
    assert _found(MAN, behind=(kept,)) == {"RISK-NEVER-ALONE": "block"}
    assert _found(MAN, behind=(kept, WOMAN)) == {}
    assert _found(MAN, behind=(kept, replace(WOMAN, out=True))) == {"RISK-NEVER-ALONE": "block"}


@pytest.mark.parametrize(("places", "limit"), [(1, 2), (2, 3), (4, 6), (12, 18), (51, 77)])
def test_a_cell_has_a_bound_above_its_certified_places(places: int, limit: int) -> None:
    cell = replace(CELL, capacity=places)
    assert "CELL-HARD-LIMIT" not in _found(MAN, cell, (OTHER,) * (limit - 1))
    assert _found(MAN, cell, (OTHER,) * limit)["CELL-HARD-LIMIT"] == "block"


@pytest.mark.parametrize(
    ("metres", "inside", "expected"),
    [
        ("8.00", 1, {}),
        ("7.99", 1, {"CPT-44-SPACE": "record"}),
        ("6.00", 2, {"CPT-44-SPACE": "record"}),
        ("5.99", 2, {"CPT-44-SPACE": "record", "KI-27-SPACE": "warn"}),
    ],
)
def test_ki_27_two_square_metres_for_each_and_cpt_four(
    metres: str, inside: int, expected: dict[str, str]
) -> None:
    cell = replace(CELL, square_metres=Decimal(metres))
    assert _found(MAN, cell, (OTHER,) * inside) == expected


@pytest.mark.parametrize(
    ("rule", "fact"), [("KR-14-FIRST-TIME", "repeat"), ("KR-14-VIOLENT", "violent")]
)
def test_kr_14_unlike_offenders_are_a_warning_where_both_are_known(rule: str, fact: str) -> None:
    yes, no = replace(MAN, **{fact: True}), replace(OTHER, **{fact: False})
    assert _found(yes, inside=(no,)) == {rule: "warn"}
    assert _found(no, inside=(yes,)) == {rule: "warn"}
    assert _found(yes, inside=(OTHER,)) == {}


def test_a_new_arrival_leaves_the_transition_cells_with_a_reason_only() -> None:
    cell = replace(CELL, transition_elsewhere=True)
    assert _found(replace(MAN, days_in=6), cell) == {"TRANSITION-PERIOD": "warn"}
    assert _found(replace(MAN, days_in=14), cell) == {"TRANSITION-PERIOD": "warn"}
    assert _found(replace(MAN, days_in=15), cell) == {}
    assert _found(replace(MAN, days_in=7, settled=True), cell) == {}
    assert _found(MAN, replace(cell, kind="transition")) == {}
    assert _found(MAN, CELL) == {}


def test_nmr_45_segregation_is_never_just_another_cell() -> None:
    assert _found(MAN, replace(CELL, kind="segregation")) == {"NMR-45-SEGREGATION": "warn"}


def test_a_birthday_breaks_a_cell_that_was_right() -> None:
    one = Person("1", date(2008, 3, 3), ref=UUID(int=31))
    two = Person("1", date(2010, 1, 1), ref=UUID(int=32))
    assert engine.broken_in(CELL, [one, two], DAY) == []
    found = engine.broken_in(CELL, [one, two], DAY + timedelta(days=1))
    assert [(f.rule.id, set(f.others)) for f in found] == [("CPL-280-MINORS", {one.ref, two.ref})]


@pytest.mark.parametrize(
    ("day", "born"),
    [
        (date(2026, 3, 3), [date(2008, 3, 3)]),
        (date(2026, 3, 1), [date(2008, 2, 29), date(2008, 3, 1)]),
        (date(2026, 2, 28), [date(2008, 2, 28)]),
        (date(2028, 2, 29), []),
        (date(2026, 1, 31), [date(2008, 1, 31)]),
    ],
)
def test_who_comes_of_age_on_a_day(day: date, born: list[date]) -> None:
    assert engine.born_to_be(18, day) == born


def test_cells_are_proposed_in_the_order_in_which_they_suit() -> None:
    def option(name: str, *inside: Person, **facts: object) -> Option:
        return Option(replace(CELL, **facts), inside, name)  # type: ignore[arg-type]

    women, full = option("women", sex="2"), option("full", *(OTHER,) * 4)
    half, empty = option("half", OTHER, OTHER), option("empty")
    new, closed = option("new", kind="transition"), replace(option("closed"), out_of_use=True)
    proposed = engine.propose(MAN, [women, full, half, closed, empty, new], DAY)
    assert [one.option.name for one in proposed] == [
        "new", "empty", "half", "full", "closed", "women",
    ]  # fmt: skip
    assert [one.allowed for one in proposed] == [True] * 4 + [False] * 2
    assert proposed[0].good == ("transition", "free")
    assert (proposed[2].free, proposed[3].free) == (2, 0)


def test_cells_that_are_kept_for_others_stand_behind() -> None:
    """After the transition period a cell of new arrivals is no better for being empty."""
    half = Option(CELL, (OTHER, OTHER), "half")
    new = Option(replace(CELL, kind="transition"), (), "new")
    sick = Option(replace(CELL, kind="medical"), (), "sick")

    def first_of(person: Person) -> str:
        return engine.propose(person, [new, sick, half], DAY)[0].option.name

    assert first_of(replace(MAN, days_in=3)) == "new"
    assert first_of(replace(MAN, days_in=14)) == "new"
    assert first_of(replace(MAN, days_in=15)) == "half"
    assert first_of(replace(MAN, days_in=8, settled=True)) == "half"
    assert first_of(replace(MAN, days_in=20, isolation="A")) == "sick"
    assert first_of(replace(MAN, days_in=20, aid=True)) == "sick"


def test_a_bed_for_the_ill_is_not_offered_to_the_healthy_before_a_cell_with_a_warning() -> None:
    warned = Option(replace(CELL, transition_elsewhere=True), (OTHER,), "warned")
    sick = Option(replace(CELL, kind="medical", transition_elsewhere=True), (), "sick")
    behind = Option(replace(CELL, kind="medical"), (), "sick without a word against it")
    proposed = engine.propose(replace(MAN, days_in=3), [behind, sick, warned], DAY)
    assert proposed[0].option.name == "warned"
    assert len(proposed[0].found) > len(proposed[1].found)


def test_who_needs_an_aid_is_proposed_the_most_room() -> None:
    wide = Option(replace(CELL, square_metres=Decimal(40)), (OTHER, OTHER), "wide")
    empty = Option(replace(CELL, square_metres=Decimal(8)), (), "empty")
    settled = replace(MAN, days_in=20)
    assert engine.propose(settled, [wide, empty], DAY)[0].option.name == "empty"
    assert engine.propose(replace(settled, aid=True), [empty, wide], DAY)[0].option.name == "wide"


def test_who_must_not_be_alone_is_proposed_a_cell_with_company() -> None:
    person = replace(MAN, never_alone=True)
    proposed = engine.propose(person, [Option(CELL, (), "a"), Option(CELL, (OTHER,), "b")], DAY)
    assert [(one.option.name, one.allowed) for one in proposed] == [("b", True), ("a", False)]


def test_a_rule_known_from_memory_can_not_block() -> None:
    file = engine.load().model_dump(mode="json")
    file["rules"][0] |= {"confidence": "M"}
    with pytest.raises(ValidationError, match="never blocks"):
        engine.RuleFile.model_validate(file)


def test_a_rule_that_nothing_looks_for_is_refused() -> None:
    file = engine.load().model_dump(mode="json")
    file["rules"][0] |= {"id": "KR-14-STARS"}
    with pytest.raises(ValidationError, match="nothing here knows"):
        engine.RuleFile.model_validate(file)
