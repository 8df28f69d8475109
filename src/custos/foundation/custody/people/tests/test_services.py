"""Facts are recorded, ended and found; nothing secret is written in the clear."""

from datetime import date
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from custos.foundation.accounts import access
from custos.foundation.custody import queries as custody
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts, kinds, queries, services, tokens
from custos.foundation.custody.people.models import FactRow, Token
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Entry, Payload
from custos.foundation.record.parties import Actor, Post, StaffKind
from tests.factories import a_cell, a_detainee, an_officer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everywhere")]

NUMBER = "11010519491231002X"  # the standard's own example
PHONE = "13800138000"


@pytest.fixture
def cell() -> Cell:
    return a_cell(capacity=100)


@pytest.fixture
def officer() -> Actor:
    return an_officer(Post.CASE_OFFICER)


GIVEN: dict[str, facts.Fact] = {
    "name": facts.OtherName(kind="nickname", text="小𠮷"),
    "identity": facts.IdentityPaper(kind="resident_id", number=NUMBER),
    "identified": facts.Identified(state="claimed", how="自报"),
    "nationality": facts.Nationality(country="VN"),
    "language": facts.Language(language="越南语", interpreter=True),
    "consular": facts.Consular(wish="refused", note="书面"),
    "need": facts.Need(kind="care", text="每日两次胰岛素"),
    "dependant": facts.Dependant(name="小宝", relation="20", born=date(2019, 6, 1)),
    "contact": facts.Contact(kind="emergency", name="王秀英", relation="52", phone=PHONE),
    "lawyer": facts.Lawyer(kind="legal_aid", name="陈律师", phone=PHONE),
    "basis": facts.Basis(kind="arrest_warrant", number="9", issuer="某县公安局", seal=True),
    "authority": facts.Authority(kind="police", name="某县公安局", case_number="A1"),
    "charge": facts.Charge(code="CL-264", article="刑法 第264条"),
    "co_defendant": facts.CoDefendant(name="赵铁山", case_number="A1"),
}


def test_every_sort_that_is_typed_is_tried_here() -> None:
    assert set(GIVEN) == set(facts.TYPED)


@pytest.mark.parametrize("sort", GIVEN)
def test_a_fact_is_kept_whole_and_an_entry_tells_of_it(
    stay: Custody, officer: Actor, sort: str
) -> None:
    fact = GIVEN[sort]
    services.record_fact(stay.pk, fact, by=officer)
    held = queries.file_of(stay.pk, [stay.detainee_id]).of(sort)
    assert [known.fact for known in held] == [fact]
    entry = Entry.objects.get(kind=kinds.OF_SORT[sort].name)
    assert (entry.detainee_id, entry.custody_id) == (stay.detainee_id, stay.pk)
    line = custody.timeline_of(stay.pk)[0]
    assert line.text == fact.words()
    assert line.text


@pytest.mark.parametrize(
    ("sort", "secret"), [("identity", NUMBER), ("contact", PHONE), ("lawyer", PHONE)]
)
def test_what_is_secret_stands_nowhere_in_the_clear(
    stay: Custody, officer: Actor, sort: str, secret: str
) -> None:
    services.record_fact(stay.pk, GIVEN[sort], by=officer)
    row = FactRow.objects.get()
    assert row.sealed is not None
    assert secret.encode() not in bytes(row.sealed)
    assert secret not in str(row.says)
    assert not any(
        secret.encode() in bytes(body) for body in Payload.objects.values_list("body", flat=True)
    )
    assert not any(secret in token for token in Token.objects.values_list("token", flat=True))


def test_a_sealed_value_copied_to_another_person_does_not_open(cell: Cell, officer: Actor) -> None:
    one, two = a_detainee(in_cell=cell), a_detainee(in_cell=cell)
    for stay in (one, two):
        services.record_fact(stay.pk, GIVEN["contact"], by=officer)
    first, second = FactRow.objects.order_by("id")
    FactRow.objects.filter(pk=second.pk).update(sealed=first.sealed)
    with pytest.raises(ValueError, match="another row"):
        queries.file_of(two.pk, [two.detainee_id])


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("110105194912310021", "check character"),
        ("11010519491331002X", "birth date"),
        ("110105491231002", "length"),
        ("不详", "length"),
    ],
)
def test_gb_11643_a_wrong_number_is_unverified_and_refuses_nobody(
    stay: Custody, officer: Actor, number: str, fault: str
) -> None:
    services.record_fact(
        stay.pk, facts.IdentityPaper(kind="resident_id", number=number), by=officer
    )
    paper = queries.file_of(stay.pk, [stay.detainee_id]).one("identity")
    assert (paper.number, paper.verified, paper.fault) == (number, False, fault)


def test_what_holds_once_takes_the_formers_place(stay: Custody, officer: Actor) -> None:
    for country in ("VN", "LA"):
        services.record_fact(stay.pk, facts.Nationality(country=country), by=officer)
    held = queries.file_of(stay.pk, [stay.detainee_id]).of("nationality")
    assert [known.fact.country for known in held] == ["LA"]
    assert FactRow.objects.filter(sort="nationality", until__isnull=False).count() == 1


def test_the_same_twice_is_recorded_once(stay: Custody, officer: Actor) -> None:
    services.record_fact(stay.pk, GIVEN["contact"], by=officer)
    with pytest.raises(Conflict, match=r"fact\.known"):
        services.record_fact(stay.pk, GIVEN["contact"], by=officer)
    assert FactRow.objects.count() == 1


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        (facts.OtherName(kind="alias", text="\u202e川小"), "custody.stray_sign"),
        (facts.OtherName(kind="alias", text="   "), "custody.required"),
        (facts.Charge(code="other"), "fact.charge_unnamed"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    stay: Custody, officer: Actor, fact: facts.Fact, code: str
) -> None:
    with pytest.raises(Malformed) as refused:
        services.record_fact(stay.pk, fact, by=officer)
    assert refused.value.code == code
    assert not FactRow.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"sort": "nationality", "country": "XX"},
        {"sort": "need", "kind": "religion", "text": "x"},
        {"sort": "contact", "kind": "family", "name": "x", "relation": "00"},
        {"sort": "need", "kind": "diet", "text": "x", "ethnicity": "x"},
    ],
)
def test_what_no_table_has_is_no_fact(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"code|country|Extra"):
        facts.SORTS[wrong["sort"]].model_validate(wrong)


def test_no_sort_asks_for_what_is_never_held() -> None:
    forbidden = ("ethnic", "religion", "political", "fingerprint", "iris", "template")
    for sort, shape in facts.SORTS.items():
        for field in shape.model_fields:
            assert not any(word in field for word in forbidden), (sort, field)


@pytest.mark.parametrize(
    ("sort", "writer"),
    [
        ("identity", an_officer(Post.PATROL)),
        ("basis", an_officer(Post.ADMISSION, StaffKind.AUXILIARY)),
        ("charge", an_officer(Post.MEDICAL, StaffKind.CLINICIAN)),
        ("contact", an_officer(Post.LOGISTICS, StaffKind.OTHER)),
    ],
)
def test_who_may_not_write_a_sort_is_refused(stay: Custody, sort: str, writer: Actor) -> None:
    with pytest.raises(NotAllowed):
        services.record_fact(stay.pk, GIVEN[sort], by=writer)


def test_a_doctor_says_how_to_care_for_somebody(stay: Custody) -> None:
    doctor = an_officer(Post.MEDICAL, StaffKind.CLINICIAN)
    services.record_fact(stay.pk, GIVEN["need"], by=doctor)
    assert queries.file_of(stay.pk, [stay.detainee_id]).needs == ["照护要点"]


def test_an_ended_fact_is_closed_and_its_entry_stays(stay: Custody, officer: Actor) -> None:
    fact = services.record_fact(stay.pk, GIVEN["need"], by=officer)
    with pytest.raises(Malformed):
        services.end_fact(stay.pk, fact, reason=" ", by=officer)
    services.end_fact(stay.pk, fact, reason="不再需要", by=officer)
    assert not queries.file_of(stay.pk, [stay.detainee_id]).facts
    assert Entry.objects.filter(kind="person.need_recorded").exists()
    with pytest.raises(Conflict):
        services.end_fact(stay.pk, fact, reason="不再需要", by=officer)


def test_a_fact_of_somebody_else_is_not_there(stay: Custody, cell: Cell, officer: Actor) -> None:
    fact = services.record_fact(stay.pk, GIVEN["need"], by=officer)
    other = a_detainee(in_cell=cell)
    with pytest.raises(Missing):
        services.end_fact(other.pk, fact, reason="x", by=officer)


def test_facts_of_a_stay_out_of_scope_are_neither_written_nor_read(
    stay: Custody, officer: Actor
) -> None:
    services.record_fact(stay.pk, GIVEN["need"], by=officer)
    elsewhere = scope.Scope(102_001_001, 102_001_001, frozenset({1}), "user:1", 1)
    with scope.entered(elsewhere):
        with pytest.raises(Missing):
            services.record_fact(stay.pk, GIVEN["name"], by=officer)
        assert not queries.file_of(stay.pk, [stay.detainee_id]).facts
        assert not FactRow.objects.exists()
        assert not Token.objects.exists()


def test_a_co_defendant_is_somebody_else_who_is_there(
    stay: Custody, cell: Cell, officer: Actor
) -> None:
    other = a_detainee(in_cell=a_cell(facility=cell.organization))
    services.record_fact(stay.pk, facts.CoDefendant(name="x", custody=other.pk), by=officer)
    with pytest.raises(Conflict):
        services.record_fact(stay.pk, facts.CoDefendant(name="y", custody=stay.pk), by=officer)
    with pytest.raises(Missing):
        services.record_fact(stay.pk, facts.CoDefendant(name="z", custody=UUID(int=9)), by=officer)


def found(words: str, limit: int = 10) -> list[UUID]:
    return queries.find(words, limit)


def test_somebody_is_found_as_soon_as_the_write_is_done(stay: Custody, officer: Actor) -> None:
    assert found("王小川") == found("wxc") == found("wangxaiochuan") == [stay.pk]
    assert found("小𠮷") == found(NUMBER) == found(NUMBER[:6]) == found(NUMBER[:14]) == []
    services.record_fact(stay.pk, GIVEN["name"], by=officer)
    paper = services.record_fact(stay.pk, GIVEN["identity"], by=officer)
    for words in ("小𠮷", "xiaoji", NUMBER, NUMBER.lower(), NUMBER[:6], NUMBER[:14]):
        assert found(words) == [stay.pk], words
    services.end_fact(stay.pk, paper, reason="录错", by=officer)
    assert found(NUMBER) == []
    assert found("王小川") == [stay.pk]


def test_a_person_is_found_by_their_cell_in_their_facility(stay: Custody, cell: Cell) -> None:
    number = cell.organization_id
    with scope.entered(scope.Scope(number, number, frozenset({1}), "system:x", 1)):
        assert found(cell.name) == [stay.pk]


def test_whole_names_come_before_parts_and_those_before_near_ones(cell: Cell) -> None:
    near = a_detainee(in_cell=cell, name="王晓川")
    part = a_detainee(in_cell=cell, name="王小川江")
    whole = a_detainee(in_cell=cell, name="王小川")
    assert found("王小川") == [whole.pk, part.pk, near.pk]


def test_whoever_is_commonly_read_so_stands_before_whoever_may_be_read_so(cell: Cell) -> None:
    # 方 may be read wang; 旺 and 望 are, and begin no name here.
    named = ["王小川", "李旺", "王方", "方小川", "方方"]
    stays = {a_detainee(in_cell=cell, name=name).pk: name for name in named}
    said = [stays[pk] for pk in found("wang")]
    assert set(said[:2]) == {"王方", "王小川"}
    assert said[2] == "李旺"
    assert set(said[3:]) == {"方方", "方小川"}
    # However few are asked for, the many who may be read so leave a place for whoever is.
    assert stays[found("wang", 1)[0]] in {"王方", "王小川"}
    assert [stays[pk] for pk in found("wangxiaochuan")] == ["王小川", "方小川"]


def test_a_name_that_begins_so_stands_before_one_that_has_it_within(cell: Cell) -> None:
    begins = a_detainee(in_cell=cell, name="王小川")
    within = a_detainee(in_cell=cell, name="李王川")
    assert found("王") == [begins.pk, within.pk]


def _ended(stay: Custody, basis: str) -> None:
    Custody.objects.filter(pk=stay.pk).update(ended_at=stay.admitted_at, cell=None, basis=basis)


@pytest.mark.parametrize("basis", ["行政拘留决定书", "强制隔离戒毒决定书"])
def test_sl2025_136_a_sealed_past_stay_is_found_by_nobody(
    stay: Custody, cell: Cell, officer: Actor, basis: str
) -> None:
    services.record_fact(stay.pk, GIVEN["identity"], by=officer)
    Custody.objects.filter(pk=stay.pk).update(basis=basis)
    assert found("王小川") == [stay.pk]  # while it goes on it has to be lived with
    _ended(stay, basis)
    for words in ("王小川", "wxc", "wangxaiochuan", NUMBER, stay.number, str(stay.pk)):
        assert found(words) == [], words
    with pytest.raises(Missing):
        custody.person(stay.pk)
    again = a_detainee(in_cell=cell, name="王小川")
    services.record_fact(again.pk, GIVEN["identity"], by=officer)
    assert queries.duplicates_of(again.detainee_id) == []


def test_a_past_stay_that_is_not_sealed_is_found_behind_those_that_go_on(
    stay: Custody, cell: Cell
) -> None:
    _ended(stay, "拘留证")
    now = a_detainee(in_cell=cell, name="王小川")
    assert found("王小川") == [now.pk, stay.pk]


def test_finding_takes_two_queries_however_many_are_found(cell: Cell) -> None:
    for serial in range(6):
        a_detainee(in_cell=cell, name=f"王小川{'甲乙丙丁戊己'[serial]}")
    for words in ("王小川", "wangxaiochuan"):
        with CaptureQueriesContext(connection) as seen:
            assert len(found(words, 7)) == 6
        assert len(seen) <= 2


def test_everybody_on_the_record_has_the_tokens_that_are_due(stay: Custody, officer: Actor) -> None:
    services.record_fact(stay.pk, GIVEN["name"], by=officer)
    before = set(Token.objects.values_list("token", flat=True))
    Token.objects.filter(token__startswith="p").delete()
    Token.objects.create(
        token="Hstale", organization_id=stay.organization_id, detainee_id=stay.detainee_id
    )
    tokens.rewrite([stay.detainee_id])
    assert set(Token.objects.values_list("token", flat=True)) == before


def test_duplicates_are_found_by_number_and_by_name_and_birth(cell: Cell, officer: Actor) -> None:
    one = a_detainee(in_cell=cell, name="王小川")
    by_name = a_detainee(in_cell=cell, name="王小川")
    by_number = a_detainee(in_cell=cell, name="李四")
    a_detainee(in_cell=cell, name="王小川", born=date(1991, 1, 1))
    for stay in (one, by_number):
        services.record_fact(stay.pk, GIVEN["identity"], by=officer)
    found = queries.duplicates_of(one.detainee_id)
    assert [(d.custody_id, d.why) for d in found] == [
        (by_number.pk, queries.SAME_NUMBER),
        (by_name.pk, queries.SAME_NAME),
    ]


def test_a_file_is_one_query(stay: Custody, officer: Actor) -> None:
    for fact in GIVEN.values():
        services.record_fact(stay.pk, fact, by=officer)
    with CaptureQueriesContext(connection) as seen:
        queries.file_of(stay.pk, [stay.detainee_id])
    assert len(seen) == 1


def test_who_is_looked_up_is_noted(stay: Custody) -> None:
    reader = scope.Scope(stay.organization_id, stay.organization_id, frozenset({1}), "user:1", 1)
    with scope.entered(reader), pytest.raises(access.Unrecorded):
        custody.search("王小川", 5)


@pytest.mark.parametrize(
    "words", ["", " ", "·", "-", "'", "\u00bd", "\u0c00", "\u0663", "\u200b", "\U0001f600"]
)
def test_signs_that_are_no_name_find_nobody(words: str) -> None:
    a_detainee(in_cell=a_cell(), name="王小川")
    assert queries.find(words, 10) == []
