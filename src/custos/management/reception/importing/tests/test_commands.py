"""`custos people import`: what it says, and for whom it works."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception.importing import commands
from custos.management.reception.importing.tests.sheets_of import a_csv, rows_of
from tests.factories import SYSTEM, a_cell, a_facility, somebody

pytestmark = pytest.mark.django_db
PASSWORD = "quiet-river-4417"


@pytest.fixture
def cell(settings: LazySettings, tmp_path: Path) -> Cell:
    settings.ATTACHMENTS = tmp_path
    with scope.entered(SYSTEM):
        return a_cell(facility=a_facility())


@pytest.fixture
def leader(cell: Cell) -> Acting:
    with scope.entered(SYSTEM):
        return somebody(Post.DUTY_LEADER, at=cell.organization, password=PASSWORD)


def run(
    file: Path, rows: list[dict[str, str]], acting: Acting, *, dry_run: bool = False,
    password: str = PASSWORD,
) -> tuple[bool, list[str]]:  # fmt: skip
    file.write_bytes(a_csv(rows))
    said: list[str] = []
    failed = commands.bring(
        file,
        username=acting.user.username,
        password=password,
        organization=None,
        dry_run=dry_run,
        reason="由原管理系统转入",
        language="zh",
        say=lambda line: said.append(str(line)),
    )
    return failed, said


def test_a_dry_run_brings_nobody_and_then_all_come_and_nobody_twice(
    tmp_path: Path, cell: Cell, leader: Acting
) -> None:
    rows, file = rows_of(cell.name, {}, {}), tmp_path / "people.csv"
    assert run(file, rows, leader, dry_run=True) == (
        False, ["2 new, 0 here already, 0 differ, 0 wrong"],
    )  # fmt: skip
    with scope.entered(SYSTEM):
        assert Custody.objects.count() == 0
    failed, said = run(file, rows, leader)
    assert not failed
    assert said[-1].startswith("2 brought in")
    with scope.entered(SYSTEM):
        assert set(Entry.objects.filter(kind="custody.admitted").values_list("by_ref", flat=True)) == {
            leader.actor.ref
        }  # fmt: skip
    assert run(file, rows, leader) == (False, ["0 new, 2 here already, 0 differ, 0 wrong"])


def test_a_wrong_row_is_said_by_row_and_column(tmp_path: Path, cell: Cell, leader: Acting) -> None:
    failed, said = run(tmp_path / "people.csv", rows_of(cell.name, {}, {"性别": "女"}), leader)
    assert failed
    assert said[0].startswith("第 3 行, 监室：男女分别羁押")
    with scope.entered(SYSTEM):
        assert Custody.objects.count() == 0


def test_another_password_or_post_opens_nothing(tmp_path: Path, cell: Cell, leader: Acting) -> None:
    with scope.entered(SYSTEM):
        patrol = somebody(Post.PATROL, at=cell.organization, password=PASSWORD)
        clerk = somebody(Post.ADMISSION, at=cell.organization, password=PASSWORD)
    rows, file = rows_of(cell.name, {}), tmp_path / "people.csv"
    for acting, password in ((leader, "another"), (patrol, PASSWORD), (clerk, PASSWORD)):
        assert run(file, rows, acting, password=password)[0]
    with scope.entered(SYSTEM):
        assert Custody.objects.count() == 0


def test_what_is_no_sheet_is_refused_in_words(tmp_path: Path, leader: Acting) -> None:
    file = tmp_path / "x.xlsx"
    file.write_bytes(b"PK\x03\x04")
    said: list[str] = []
    assert commands.bring(
        file, username=leader.user.username, password=PASSWORD, organization=None, dry_run=True,
        reason="", language="en", say=lambda line: said.append(str(line)),
    )  # fmt: skip
    assert said[0].startswith("This is neither an xlsx file nor CSV")
