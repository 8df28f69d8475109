"""Code tables, regions and the check of files."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.db import ProgrammingError, transaction

from custos.foundation.codes import queries, services
from custos.foundation.codes.models import Code, DataItem, Region
from custos.foundation.codes.services import ItemRule
from custos.foundation.database import scope
from custos.foundation.errors import Malformed

pytestmark = pytest.mark.django_db

DAY = date(2030, 1, 1)
FACILITY = 101_001_001


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    with scope.entered(scope.Scope.of_system("tests")):
        yield


@pytest.mark.parametrize(
    ("table", "code", "zh"),
    [
        ("GB/T 2261.1-2003", "9", "未说明"),
        ("GB/T 2261.2-2003", "23", "复婚"),
        ("GB/T 2261.3-2003", "36", "结核病"),
        ("GB/T 2261.4-2003", "54", "个体经营者"),
        ("GB/T 4658-2006", "70", "初级中学"),
        ("GB/T 4761-2008", "66", "曾祖父"),
        ("GB/T 4761-2008", "99", "非亲属"),
    ],
)
def test_a_code_means_what_the_standard_says(table: str, code: str, zh: str) -> None:
    assert queries.label(table, code, DAY) == zh


@pytest.mark.parametrize(
    ("table", "count"),
    [
        ("GB/T 2261.1-2003", 4),
        ("GB/T 2261.2-2003", 8),
        ("GB/T 2261.3-2003", 22),
        ("GB/T 2261.4-2003", 13),
        ("GB/T 4761-2008", 84),
    ],
)
def test_the_tables_are_whole(table: str, count: int) -> None:
    assert Code.objects.filter(table_id=table, valid_to__isnull=True).count() == count


def test_loading_again_changes_nothing() -> None:
    report = services.load(today=DAY)
    assert (report.added, report.closed, report.wrong) == (0, 0, 0)


def _shipped(folder: Path, sex: str) -> Path:
    (folder / "tables.yaml").write_text(
        "tables: [{id: GB/T 2261.1-2003, file: sex.csv, title: {zh: 性别, en: Sex},"
        " source: x, confidence: V}]",
        encoding="utf-8",
    )
    (folder / "items.yaml").write_text("items: []", encoding="utf-8")
    (folder / "sex.csv").write_text("code,zh,en\n" + sex, encoding="utf-8")
    return folder


def test_a_changed_meaning_begins_and_the_old_one_stays_readable(tmp_path: Path) -> None:
    folder = _shipped(tmp_path, "1,男,Male\n2,女性,Female\n0,未知,Unknown\n9,未说明,Not stated\n")
    report = services.load(folder, today=DAY)
    assert (report.added, report.closed) == (1, 1)
    assert queries.label("GB/T 2261.1-2003", "2", date(2029, 12, 31)) == "女"
    assert queries.label("GB/T 2261.1-2003", "2", DAY) == "女性"


def test_a_bad_row_is_named_and_nothing_is_loaded(tmp_path: Path) -> None:
    report = services.load(_shipped(tmp_path, "1,男,Male\n1,男,Male\n2,,\n"), today=DAY)
    assert report.wrong == 2
    assert report.lines[0].startswith("sex.csv, row 3:")
    assert report.lines[1].startswith("sex.csv, row 4:")
    assert queries.label("GB/T 2261.1-2003", "2", DAY) == "女"


def test_an_abolished_region_is_closed_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "regions.csv"
    file.write_text("code,name\n990000,甲省\n990100,甲东市\n", encoding="gb18030")
    services.import_regions(file, today=date(2029, 1, 1))
    file.write_text("code,name\n990000,甲省\n", encoding="utf-8")
    report = services.import_regions(file, today=DAY)
    assert (report.added, report.closed) == (0, 1)
    assert Region.objects.get(code="990100").valid_to == DAY


def test_a_file_is_checked_by_row_and_column(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(
        "姓名,person.sex,出生日期,民族,别的\n张三,1,1990-02-30,x,y\n,7,1990-01-01,x,y\n李四,2\n",
        encoding="utf-8",
    )
    said = "\n".join(services.check_file(file).lines)
    assert "column 民族: never held here; it was dropped." in said
    assert "column 别的: is not in the catalogue." in said
    assert "row 2, 出生日期: '1990-02-30' is no date" in said
    assert "row 3, 姓名: must be filled in." in said
    assert "row 3, 性别: '7' is no code of GB/T 2261.1-2003." in said
    assert "row 4: has 2 cells, not 5." in said


def test_what_is_neither_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(b"\xff\xff\xff\n")
    with pytest.raises(Malformed):
        services.check_file(file)


def _rule(item: str, zh: str) -> ItemRule:
    return ItemRule(id=item, zh=zh, en=item, type="text", legal_basis="x", purpose="y")


def test_an_organization_extends_the_catalogue_for_itself() -> None:
    services.extend_catalogue(FACILITY, _rule("local.locker", "储物柜号"))
    with scope.entered(scope.Scope(FACILITY, FACILITY)):
        assert DataItem.objects.filter(item="local.locker").exists()
        assert DataItem.objects.filter(item="person.name").exists()
    with scope.entered(scope.Scope(102_001_001, 102_001_001)):
        assert not DataItem.objects.filter(item="local.locker").exists()
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        scope.entered(scope.Scope(FACILITY, FACILITY)),
        transaction.atomic(),
    ):
        DataItem.objects.create(item="x", zh="x", en="x", type="text", legal_basis="x", purpose="x")


@pytest.mark.parametrize("word", ["民族", "政治面貌", "宗教信仰"])
def test_what_is_never_held_cannot_be_added(word: str) -> None:
    with pytest.raises(Malformed):
        services.extend_catalogue(FACILITY, _rule("local.x", word))


def test_no_table_column_or_item_holds_what_is_never_held() -> None:
    names = [
        str(name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        for name in (model._meta.db_table, getattr(field, "column", ""))
    ]
    names += [name for item in services.items() for name in (item.id, item.zh, item.en)]
    names += [name for table in services.tables() for name in (table.title.zh, table.title.en)]
    assert [name for name in names if services.is_forbidden(name)] == []
