"""People brought in from sheets: all or nobody, once, and never past what separates people."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from custos.foundation import clock
from custos.foundation.accounts import access
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import queries as custody
from custos.foundation.custody import roll
from custos.foundation.custody import services as stays
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people import services as knowing
from custos.foundation.custody.people.models import FactRow
from custos.foundation.custody.place_models import KeepApart
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.media import services as media
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record import rows
from custos.foundation.record.models import Attachment, Entry, Head, Payload
from custos.foundation.record.parties import Post, StaffKind
from custos.foundation.record.verify import Expected, check_chain
from custos.management.reception.importing import services
from custos.management.reception.importing.tests.sheets_of import a_csv, an_xlsx, rows_of
from custos.management.reception.models import ImportRow, PeopleImport
from tests import leaving
from tests.at_once import both
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer, somebody

pytestmark = pytest.mark.django_db

WHY = "由原管理系统转入"


@pytest.fixture
def facility(settings: LazySettings, tmp_path: Path) -> Organization:
    settings.ATTACHMENTS = tmp_path
    with scope.entered(SYSTEM):
        return a_facility()


@pytest.fixture
def cell(facility: Organization) -> Cell:
    with scope.entered(SYSTEM):
        return a_cell(facility=facility)


@pytest.fixture
def leader(facility: Organization) -> Iterator[Acting]:
    """The duty leader, in whose scope the test runs."""
    with scope.entered(SYSTEM):
        acting = somebody(Post.DUTY_LEADER, at=facility)
    with scope.entered(acting.scope):
        yield acting


Check = Callable[..., PeopleImport]


@pytest.fixture
def check(facility: Organization, leader: Acting) -> Check:
    """Look through rows, or a file."""

    def look(sheet: Any, by: Acting = leader) -> PeopleImport:
        data = sheet if isinstance(sheet, bytes) else a_csv(sheet)
        return services.check(data, "people.csv", facility.pk, by=by.actor, sent_by="赵敏")

    return look


def counts(upload: PeopleImport) -> tuple[int, int, int, int]:
    return upload.new, upload.known, upload.changed, upload.wrong


def said(upload: PeopleImport, row: int) -> list[tuple[str, str]]:
    """What was found in a row: column and code."""
    return [
        (one["column"], one["code"]) for one in ImportRow.objects.get(upload=upload, row=row).said
    ]


def codes(upload: PeopleImport, row: int = 2) -> list[str]:
    return [code for _column, code in said(upload, row)]


FULL = {
    "别名": "小川；川子",
    "证件号码": "11010519491231002X",
    "出生日期": "1949-12-31",
    "性别": "女",
    "国籍": "越南",
    "语言": "越南语",
    "需要翻译": "是",
    "饮食需要": "低糖饮食",
    "辅助器具": "眼镜",
    "照护要点": "按时叫医生",
    "签发机关": "某县公安局",
    "签发日期": "2026-03-01",
    "办案机关种类": "公安机关",
    "办案机关": "某县公安局",
    "案件编号": "A1101",
    "罪名或事由": "盗窃罪；没有这样的罪名",
    "联系人姓名": "王秀英",
    "联系人关系": "母亲",
    "联系人电话": "+86 138 0000 0000",
}


def test_a_row_becomes_a_person_with_all_that_it_says(
    facility: Organization, leader: Acting, check: Check
) -> None:
    with scope.entered(SYSTEM):
        women = a_cell("2", facility=facility)
    upload = check(rows_of(women.name, FULL | {"姓名": "𠮷田㐂"}))
    assert counts(upload) == (1, 0, 0, 0)
    assert Custody.objects.count() == 0  # a dry run brings nobody in
    services.bring(upload.pk, reason=WHY, by=leader.actor)
    stay = Custody.objects.select_related("detainee", "cell").get()
    assert (stay.number, stay.basis, stay.cell) == ("A1", "逮捕证", women)
    assert f"{stay.admitted_at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}" == "2025-11-02 09:30"
    with access.recording(leader, purpose="custody.file", route="person"):
        person = custody.person(stay.pk)
    assert person.name == "𠮷田㐂"
    words = [known.words for known in people.file_of(stay.pk, person.records).of(
        "name", "identity", "nationality", "language", "need", "basis", "authority", "charge", "contact"
    )]  # fmt: skip
    text = "\n".join(words)
    for part in (
        "小川",
        "川子",
        "…002X",
        "越南语",
        "低糖饮食",
        "眼镜",
        "某县公安局",
        "A1101",
        "没有这样的罪名",
        "王秀英",
    ):
        assert part in text
    sealed = FactRow.objects.filter(sealed__isnull=False)
    assert sorted(sealed.values_list("sort", flat=True)) == ["contact", "identity"]
    for typed in ("𠮷田㐂", "川子", "11010519491231002X"):
        assert people.find(typed, 5) == [stay.pk], typed


def test_each_entry_names_the_one_that_keeps_the_sheet_and_the_chain_holds(
    facility: Organization, cell: Cell, leader: Acting, check: Check
) -> None:
    sheet = a_csv(rows_of(cell.name, {}, {"照护要点": "轮椅"}))
    upload = services.bring(check(sheet).pk, reason=WHY, by=leader.actor)
    cause = Entry.objects.get(pk=upload.entry_id)
    assert cause.by_ref == leader.actor.ref
    told = Entry.objects.filter(because_id=cause.pk)
    assert sorted(told.values_list("kind", flat=True)) == [
        "custody.admitted", "custody.admitted", "person.need_recorded",
    ]  # fmt: skip
    file = Attachment.objects.get(entry_id=cause.pk)
    assert media.read(file.sha256) == sheet
    with scope.entered(SYSTEM), connection.cursor() as cursor:
        head = Head.objects.get(pk=facility.pk)
        expected = Expected(head_seq=head.seq, head_hash=bytes(head.hash))
        verdict = check_chain(facility.pk, rows.stream(cursor, facility.pk), expected)
    assert verdict.sound, verdict.fault


def test_the_sheet_is_for_leaders_alone(
    facility: Organization, cell: Cell, leader: Acting, check: Check
) -> None:
    upload = services.bring(check(rows_of(cell.name, {})).pk, reason=WHY, by=leader.actor)
    with scope.entered(SYSTEM):
        patrol = somebody(Post.PATROL, at=facility)
    with scope.entered(patrol.scope):
        assert not Attachment.objects.filter(entry_id=upload.entry_id).exists()


def test_a_file_that_comes_again_brings_nobody(cell: Cell, leader: Acting, check: Check) -> None:
    rows = rows_of(cell.name, {}, {"别名": "阿大"})
    services.bring(check(rows).pk, reason=WHY, by=leader.actor)
    again = check(rows)
    assert counts(again) == (0, 2, 0, 0)
    with pytest.raises(Conflict, match=r"import\.nobody_new"):
        services.bring(again.pk, reason=WHY, by=leader.actor)
    assert Detainee.objects.count() == 2


def test_a_mended_file_brings_only_who_is_missing_and_tells_what_differs(
    cell: Cell, leader: Acting, check: Check
) -> None:
    first = rows_of(cell.name, {}, {"别名": "阿大"})
    services.bring(check(first).pk, reason=WHY, by=leader.actor)
    mended = rows_of(cell.name, {}, {"别名": "阿二"}, {"姓名": "赵铁山"})
    upload = check(mended)
    assert counts(upload) == (1, 1, 1, 0)
    assert said(upload, 3) == [("aliases", "import.differs")]
    services.bring(upload.pk, reason=WHY, by=leader.actor)
    assert Detainee.objects.count() == 3
    assert not FactRow.objects.filter(says__text="阿二").exists()  # nothing is written over
    assert counts(check(mended)) == (0, 2, 1, 0)


def test_who_was_admitted_at_the_desk_is_known_by_number(cell: Cell, check: Check) -> None:
    with scope.entered(SYSTEM):
        stay = a_detainee(in_cell=cell, name="王小川")
    same = {"人员编号": stay.number, "姓名": "王小川", "法律文书": "拘留证", "文书号": "1"}
    assert counts(check(rows_of(cell.name, same))) == (0, 1, 0, 0)
    other = check(rows_of(cell.name, same | {"姓名": "王大川"}))
    assert counts(other) == (0, 0, 1, 0)
    assert said(other, 2) == [("name", "import.differs")]


def test_the_number_of_a_stay_that_is_over_is_taken_and_says_nothing_of_it(
    cell: Cell, leader: Acting, check: Check
) -> None:
    rows = rows_of(cell.name, {})
    services.bring(check(rows).pk, reason=WHY, by=leader.actor)
    with scope.entered(SYSTEM):
        released = a_detainee(in_cell=cell)
        for stay in (released, Custody.objects.get(number="A1")):
            leaving.left(stay)
    assert counts(check(rows)) == (0, 1, 0, 0)  # the same file comes again unharmed
    taken = check(rows_of(cell.name, {"人员编号": released.number}))
    assert codes(taken) == ["import.taken"]


def test_one_wrong_row_and_nobody_comes(cell: Cell, leader: Acting, check: Check) -> None:
    upload = check(rows_of(cell.name, {}, {"出生日期": "1990年13月1日"}))
    assert counts(upload) == (1, 0, 0, 1)
    assert said(upload, 3) == [("born", "import.date")]
    with pytest.raises(Conflict, match=r"import\.wrong_rows"):
        services.bring(upload.pk, reason=WHY, by=leader.actor)
    assert Custody.objects.count() == 0


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"姓名": ""}, "name", "import.empty"),
        ({"姓名": "王" * 201}, "name", "import.too_long"),
        ({"姓名": "王\u202e川"}, "name", "custody.stray_sign"),
        ({"姓名": "=1+1"}, "name", "import.runs"),
        ({"照护要点": '@SUM("A1")'}, "care", "import.runs"),
        ({"性别": "雄"}, "sex", "import.code"),
        ({"性别": "未知"}, "sex", "import.sex"),
        (
            {"出生日期": "2026-01-02", "入所时间": "2026-01-01"},
            "admitted_at",
            "custody.arrival_before_birth",
        ),
        ({"出生日期": "2016-01-02"}, "born", "custody.CL-17-CHILD"),
        ({"入所时间": "2150-01-01"}, "admitted_at", "import.date"),
        ({"入所时间": "2099-01-01"}, "admitted_at", "custody.arrival"),
        ({"国籍": "大宋"}, "nationality", "import.code"),
        ({"需要翻译": "是"}, "language", "import.needed_by"),
        ({"法律文书": "收容教育决定书"}, "basis", "import.basis"),
        ({"法律文书": "行政拘留决定书"}, "basis", "import.basis"),
        ({"监室": "没有"}, "cell", "import.cell"),
        ({"隔离组": "案1"}, "apart_group", "import.alone"),
        ({"办案机关": "某县公安局"}, "authority_kind", "import.needed_by"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_of_row_and_column(
    cell: Cell, check: Check, cells: dict[str, str], column: str, code: str
) -> None:
    upload = check(rows_of(cell.name, cells))
    assert (column, code) in said(upload, 2)
    assert upload.wrong == 1
    for one in ImportRow.objects.get(upload=upload).said:
        assert one["zh"] != one["en"] != ""


def test_a_wrong_identity_number_is_kept_as_unverified_and_refuses_nobody(
    cell: Cell, leader: Acting, check: Check
) -> None:
    upload = check(rows_of(cell.name, {"证件号码": "110105194912310021"}))
    assert (counts(upload), codes(upload)) == ((1, 0, 0, 0), ["import.unverified"])
    services.bring(upload.pk, reason=WHY, by=leader.actor)
    entry = Entry.objects.get(kind="person.identity_recorded")
    assert '"verified":false' in bytes(Payload.objects.get(pk=entry.pk).body).decode()


def test_nobody_is_in_custody_twice(cell: Cell, leader: Acting, check: Check) -> None:
    paper = {"证件号码": "440524188001010014", "出生日期": ""}
    one = {"姓名": "王小川"} | paper
    twice = check(rows_of(cell.name, one, one))
    assert said(twice, 3) == [("identity_number", "import.same_person")]
    services.bring(check(rows_of(cell.name, one)).pk, reason=WHY, by=leader.actor)
    other = check(rows_of(cell.name, one | {"人员编号": "B1"}))
    assert codes(other) == ["import.same_person"]
    # Two people may have been given one number: told, and refusing nobody.
    assert codes(check(rows_of(cell.name, paper | {"人员编号": "B1", "姓名": "赵铁山"}))) == [
        "import.same_paper"
    ]


def test_one_number_in_two_rows_is_one_too_many(cell: Cell, check: Check) -> None:
    upload = check(rows_of(cell.name, {}, {"人员编号": "A1"}))
    assert said(upload, 3) == [("number", "import.twice")]


# ------------------------------------------------------------------ separation (看守所条例 第14条)


def blocked(upload: PeopleImport, row: int = 2) -> list[str]:
    return [
        one["code"] for one in ImportRow.objects.get(upload=upload, row=row).said if one["wrong"]
    ]


def test_kr_14_men_and_women_are_held_apart(cell: Cell, check: Check) -> None:
    assert blocked(check(rows_of(cell.name, {"性别": "女"}))) == ["custody.KR-14-SEX"]


def test_cpl_280_minors_and_adults_are_held_apart_within_the_file_too(
    cell: Cell, check: Check
) -> None:
    upload = check(rows_of(cell.name, {}, {"出生日期": "2010-06-01"}, {}))
    assert blocked(upload, 3) == ["custody.CPL-280-MINORS"]
    # One mistake isn't told of everybody behind it.
    assert blocked(upload, 4) == []


def test_spp_659_the_convicted_are_held_apart_from_who_is_here(cell: Cell, check: Check) -> None:
    with scope.entered(SYSTEM):
        a_detainee(in_cell=cell)
    upload = check(rows_of(cell.name, {"法律文书": "收监执行决定书"}))
    assert blocked(upload) == ["custody.SPP-659-CONVICTED"]


def test_kr_14_those_of_one_case_are_not_put_together(cell: Cell, check: Check) -> None:
    upload = check(rows_of(cell.name, {"隔离组": "案1"}, {"隔离组": "案1"}))
    assert blocked(upload, 3) == ["custody.KR-14-CODEFENDANTS"]
    text = ImportRow.objects.get(upload=upload, row=3).said[0]["zh"]
    assert "第 2 行" in text


def test_those_of_a_group_are_kept_apart_from_then_on(
    facility: Organization, cell: Cell, leader: Acting, check: Check
) -> None:
    with scope.entered(SYSTEM):
        second = a_cell(facility=facility)
    rows = rows_of(cell.name, {"隔离组": "案1"}, {"隔离组": "案1", "监室": second.name})
    services.bring(check(rows).pk, reason=WHY, by=leader.actor)
    pair = KeepApart.objects.get()
    assert (pair.kind, pair.scope, pair.reason) == ("codefendants", "cell", "案1")
    assert Entry.objects.filter(kind="separation.pair").count() == 2
    one = Custody.objects.get(number="A1")
    with pytest.raises(NotAllowed, match="KR-14-CODEFENDANTS"):
        stays.move_to_cell(one.pk, second.pk, reason="试", by=an_officer(Post.CASE_OFFICER))
    # Who comes later into the group is kept apart from those who are here.
    more = check(
        [*rows, rows_of(cell.name, {"隔离组": "案1", "人员编号": "A3", "姓名": "赵铁山"})[0]]
    )
    assert blocked(more, 4) == ["custody.KR-14-CODEFENDANTS"]


def test_kr_14_whom_the_papers_of_somebody_here_name_is_not_put_beside_them(
    facility: Organization, cell: Cell, leader: Acting, check: Check
) -> None:
    with scope.entered(SYSTEM):
        second = a_cell(facility=facility)
        here = a_detainee(in_cell=cell)
        for name, case in (("李·四", ""), ("王五", "甲公刑〔2026〕1号")):
            named = facts.CoDefendant(name=name, case_number=case)
            knowing.record_fact(here.pk, named, by=an_officer(Post.CASE_OFFICER))
    elsewhere = {"姓名": "王五", "案件编号": "乙公刑〔2025〕7号"} | {
        "办案机关种类": "公安机关",
        "办案机关": "乙市公安局",
    }
    rows = rows_of(cell.name, {"姓名": "张三", "别名": "李•四"}, elsewhere)
    assert blocked(check(rows)) == ["custody.KR-14-CODEFENDANTS"]
    assert blocked(check(rows), 3) == [], "another case, by both numbers"
    rows = rows_of(second.name, {"姓名": "张三", "别名": "李•四"}, elsewhere)
    services.bring(check(rows).pk, reason=WHY, by=leader.actor)
    came = Custody.objects.get(number="A1")
    pair = KeepApart.objects.get(kind="codefendants")
    assert {pair.one_id, pair.other_id} == {here.pk, came.pk}
    with pytest.raises(NotAllowed, match="KR-14-CODEFENDANTS"):
        stays.move_to_cell(came.pk, cell.pk, reason="试", by=an_officer(Post.CASE_OFFICER))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("paper_first", [True, False])
def test_kr_14_a_sheet_and_the_paper_that_names_somebody_in_it_never_overlook_each_other(
    superuser_sql: psycopg.Connection, facility: Organization, cell: Cell, paper_first: bool
) -> None:
    with scope.entered(SYSTEM):
        here = a_detainee(in_cell=cell)
        by = somebody(Post.DUTY_LEADER, at=facility)
    with scope.entered(by.scope):
        sheet = a_csv(rows_of(cell.name, {"姓名": "李四"}))
        upload = services.check(sheet, "p.csv", facility.pk, by=by.actor, sent_by="x")

    def names() -> None:
        paper = facts.CoDefendant(name="李四")
        knowing.record_fact(here.pk, paper, by=an_officer(Post.CASE_OFFICER))

    def brings() -> None:
        with scope.entered(by.scope):
            services.bring(upload.pk, reason=WHY, by=by.actor)

    told = both(superuser_sql, *((names, brings) if paper_first else (brings, names)))
    with scope.entered(SYSTEM):
        came = Custody.objects.filter(number="A1").first()
        if paper_first:
            assert came is None, told
        else:
            assert came is not None
            assert KeepApart.objects.get().kind == "codefendants"
            assert Entry.objects.filter(kind="separation.broken").exists(), "told at once"


def test_the_hard_limit_of_a_cell_holds(facility: Organization, check: Check) -> None:
    with scope.entered(SYSTEM):
        small = a_cell(capacity=2, facility=facility)
    upload = check(rows_of(small.name, *([{}] * 5)))
    limit = [row for row in range(2, 7) if blocked(upload, row) == ["custody.CELL-HARD-LIMIT"]]
    assert limit == list(range(7 - len(limit), 7))
    assert 0 < len(limit) < 5


def test_a_cell_that_filled_since_is_seen_before_anybody_comes(
    cell: Cell, leader: Acting, check: Check
) -> None:
    upload = check(rows_of(cell.name, {}))
    with scope.entered(SYSTEM):
        stays.admit(
            name="女", sex="1", born=None, basis="收监执行决定书", basis_number="1", number="X",
            arrived_at=clock.now(), cell=cell.pk, by=an_officer(Post.ADMISSION), reason="试",
        )  # fmt: skip
    with pytest.raises(Conflict):
        services.bring(upload.pk, reason=WHY, by=leader.actor)
    assert services.check_again(upload.pk, by=leader.actor).wrong == 1
    assert Custody.objects.count() == 1


# ------------------------------------------------------------------ who may, and what becomes of it


def test_the_roll_adds_up_at_any_time(
    cell: Cell, facility: Organization, leader: Acting, check: Check
) -> None:
    services.bring(check(rows_of(cell.name, {}, {})).pk, reason=WHY, by=leader.actor)
    for at in (clock.now(), clock.now().replace(year=2025, month=11, day=20)):
        now = roll.at(facility.pk, at)
        assert (now.held, now.placed, now.adds_up) == (2, 2, True)


def test_only_the_duty_leader_confirms_and_only_those_who_admit_look_through(
    facility: Organization, cell: Cell, check: Check
) -> None:
    with scope.entered(SYSTEM):
        clerk = somebody(Post.ADMISSION, at=facility)
        auxiliary = somebody(Post.DUTY_LEADER, StaffKind.AUXILIARY, at=facility)
        patrol = somebody(Post.PATROL, at=facility)
    upload = check(rows_of(cell.name, {}), by=clerk)
    for acting in (clerk, auxiliary, patrol):
        with pytest.raises(NotAllowed):
            services.bring(upload.pk, reason=WHY, by=acting.actor)
    with pytest.raises(NotAllowed):
        check(rows_of(cell.name, {}), by=patrol)


def test_another_facility_doesnt_see_it(cell: Cell, leader: Acting, check: Check) -> None:
    upload = check(rows_of(cell.name, {}))
    with scope.entered(SYSTEM):
        stranger = somebody(Post.DUTY_LEADER)
    with scope.entered(stranger.scope):
        with pytest.raises(Missing):
            services.bring(upload.pk, reason=WHY, by=stranger.actor)
        with pytest.raises(Missing):
            services.check(b"x", "x", leader.organization.pk, by=stranger.actor, sent_by="")
        assert not ImportRow.objects.exists()


def test_a_dropped_sheet_leaves_nothing_behind(
    cell: Cell, leader: Acting, check: Check, django_capture_on_commit_callbacks: Any
) -> None:
    upload = check(rows_of(cell.name, {}))
    with django_capture_on_commit_callbacks(execute=True):
        services.drop(upload.pk, by=leader.actor)
    assert not ImportRow.objects.exists()
    with pytest.raises(Missing):
        media.read(upload.sha256)
    with pytest.raises(Conflict):
        services.bring(upload.pk, reason=WHY, by=leader.actor)


def test_a_reason_is_asked(cell: Cell, leader: Acting, check: Check) -> None:
    upload = check(rows_of(cell.name, {}))
    with pytest.raises(Malformed):
        services.bring(upload.pk, reason=" ", by=leader.actor)


def test_what_is_never_held_is_dropped_and_said(cell: Cell, check: Check) -> None:
    upload = check(rows_of(cell.name, {"民族": "汉", "政治面貌": "群众", "宗教信仰": "无"}))
    assert upload.dropped == ["民族", "政治面貌", "宗教信仰"]
    assert counts(upload) == (1, 0, 0, 0)


def test_columns_that_nobody_knows_or_that_are_missing_are_all_named(
    cell: Cell, check: Check
) -> None:
    row = rows_of(cell.name, {"绰号二": "x"})[0]
    del row["监室"]
    with pytest.raises(Malformed) as refused:
        check([row])
    assert [one.code for one in refused.value.findings] == [
        "import.column_unknown", "import.column_missing",
    ]  # fmt: skip


def test_questions_are_asked_once_however_many_rows(
    cell: Cell, facility: Organization, check: Check
) -> None:
    def asked(count: int) -> int:
        rows = rows_of(
            cell.name, *({"隔离组": f"{n // 2}", "证件号码": f"{n:018}"} for n in range(count))
        )
        with CaptureQueriesContext(
            connection,
        ) as queries:
            check(rows)
        return len(queries)

    assert asked(4) == asked(60)


def test_custody_numbers_of_21_digits_are_checked_where_the_facility_says_so(
    settings: LazySettings, tmp_path: Path
) -> None:
    settings.ATTACHMENTS = tmp_path
    with scope.entered(SYSTEM):
        there = a_facility(codes={"GA 300.1": "330181111"})
        room = a_cell(facility=there)
        by = somebody(Post.DUTY_LEADER, at=there)
        assert organizations.code_of(there.pk, "GA 300.1") == "330181111"
    with scope.entered(by.scope):
        rows = rows_of(
            room.name, {"人员编号": "330181111200001040201"}, {"人员编号": "330181112200001040201"}
        )
        upload = services.check(a_csv(rows), "x.csv", there.pk, by=by.actor, sent_by="")
        assert said(upload, 3) == [("number", "custody.number_form")]
        assert said(upload, 2) == []
        with pytest.raises(Malformed, match=r"custody\.number_form"):
            stays.admit(
                name="王", sex="1", born=None, basis="拘留证", basis_number="1", number="A1",
                arrived_at=clock.now(), cell=room.pk, by=by.actor,
            )  # fmt: skip


def test_an_xlsx_says_the_same_as_a_csv(cell: Cell, check: Check) -> None:
    rows = rows_of(cell.name, FULL | {"性别": "男"}, {})
    assert counts(check(an_xlsx(rows))) == counts(check(a_csv(rows)))
