"""Who may share a cell, from the texts of the law."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.custody import engine
from custos.foundation.custody.engine import CellFacts, Person

DAY = date(2026, 3, 2)
MEN, WOMEN = CellFacts("1", 4), CellFacts("2", 4)
MAN, WOMAN = Person("1", date(1990, 1, 1)), Person("2", date(1990, 1, 1))


def _ids(person: Person, cell: CellFacts, occupants: list[Person], day: date = DAY) -> list[str]:
    return [found.rule.id for found in engine.conflicts(person, cell, occupants, day)]


def _without(rule: str) -> engine.RuleFile:
    file = engine.rules()
    return file.model_copy(update={"rules": tuple(r for r in file.rules if r.id != rule)})


def test_kr_14_men_and_women_are_held_apart() -> None:
    assert _ids(MAN, WOMEN, []) == ["KR-14-SEX"]
    assert _ids(WOMAN, MEN, []) == ["KR-14-SEX"]
    assert _ids(MAN, MEN, [WOMAN]) == ["KR-14-SEX"]
    assert _ids(MAN, MEN, [MAN]) == []


@pytest.mark.parametrize("sex", ["0", "9"])
def test_kr_14_somebody_of_unknown_sex_is_put_into_no_cell(sex: str) -> None:
    assert "KR-14-SEX" in _ids(Person(sex, None), MEN, [])


def test_cpl_280_minors_and_adults_are_held_apart() -> None:
    boy = Person("1", date(2009, 6, 1))
    assert _ids(boy, MEN, [MAN]) == ["CPL-280-MINORS"]
    assert _ids(MAN, MEN, [boy]) == ["CPL-280-MINORS"]
    assert _ids(boy, MEN, [boy]) == []


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(2008, 3, 2), date(2026, 3, 1), 17),
        (date(2008, 3, 2), date(2026, 3, 2), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_a_person_is_of_age_from_the_eighteenth_birthday(born: date, day: date, years: int) -> None:
    assert engine.years_old(born, day) == years


def test_ki_27_more_people_than_certified_is_a_warning() -> None:
    found = engine.conflicts(MAN, MEN, [MAN] * 4, DAY)
    assert [(f.rule.id, f.rule.effect) for f in found] == [("KI-27-CAPACITY", "warn")]
    assert engine.conflicts(MAN, MEN, [MAN] * 3, DAY) == []


@pytest.mark.parametrize(
    ("rule", "person", "cell", "occupants"),
    [
        ("KR-14-SEX", MAN, WOMEN, []),
        ("CPL-280-MINORS", MAN, MEN, [Person("1", date(2010, 1, 1))]),
        ("KI-27-CAPACITY", MAN, MEN, [MAN] * 4),
    ],
)
def test_each_rule_finds_what_nothing_else_does(
    rule: str, person: Person, cell: CellFacts, occupants: list[Person]
) -> None:
    assert engine.conflicts(person, cell, occupants, DAY, _without(rule)) == []


@given(
    st.lists(
        st.builds(
            Person, st.sampled_from(["1", "2"]), st.dates(date(1950, 1, 1), date(2012, 1, 1))
        ),
        max_size=6,
    ),
    st.sampled_from([MEN, WOMEN]),
)
def test_whoever_enters_by_the_rules_leaves_no_mixed_cell(
    arriving: list[Person], cell: CellFacts
) -> None:
    inside: list[Person] = []
    for person in arriving:
        blocked = [
            f for f in engine.conflicts(person, cell, inside, DAY) if f.rule.effect == "block"
        ]
        if not blocked:
            inside.append(person)
    assert len({person.sex for person in inside}) <= 1
    assert len({engine.years_old(p.born, DAY) < 18 for p in inside if p.born}) <= 1
