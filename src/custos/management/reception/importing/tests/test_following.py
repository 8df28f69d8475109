"""What follows once people were brought in: clocks, cases of leaving, tasks still due. Old sheets go."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.media import services as media
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post
from custos.management.reception.importing import services
from custos.management.reception.importing.tests.sheets_of import a_csv, rows_of
from custos.management.reception.models import ImportRow, PeopleImport, Release
from custos.management.timelimits.models import Clock, Paper
from custos.prevention.duty.models import Task
from tests.factories import SYSTEM, a_cell, a_facility, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scope(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    settings.ATTACHMENTS = tmp_path
    with scope.entered(SYSTEM):
        yield


@pytest.fixture
def facility() -> Organization:
    return a_facility("JLS")


@pytest.fixture
def leader(facility: Organization) -> Acting:
    return somebody(Post.DUTY_LEADER, at=facility)


def ago(**length: float) -> str:
    at = clock.now() - timedelta(**length)
    return at.astimezone(clock.LOCAL).strftime("%Y-%m-%d %H:%M")


def day(ahead: int) -> str:
    return (clock.today() + timedelta(days=ahead)).isoformat()


def decided(number: str, **more: str) -> dict[str, str]:
    """A row of somebody under administrative detention."""
    said = {
        "人员编号": number, "法律文书": "行政拘留决定书", "签发机关": "某县公安局", "签发日期": day(-5),
    }  # fmt: skip
    return said | more


def bring(leader: Acting, cell: Cell, *rows: dict[str, str]) -> dict[str, Custody]:
    data = a_csv(rows_of(cell.name, *rows))
    place = cell.organization_id
    upload = services.check(data, "x.csv", place, by=leader.actor, sent_by="x")
    assert upload.wrong == 0
    services.bring(upload.pk, reason="moved here", by=leader.actor)
    return {stay.number: stay for stay in Custody.objects.filter(organization_id=place)}


def tasks_of(stay: Custody) -> set[str]:
    return set(Task.objects.filter(custody_id=stay.pk).values_list("rule_id", flat=True))


def test_the_clock_runs_from_the_document_of_the_sheet(cell: Cell, leader: Acting) -> None:
    row = decided("B1", 入所时间=ago(days=4), 文书有效期至=day(6))
    (stay,) = bring(leader, cell, row).values()
    running = Clock.objects.get(pk=stay.pk)
    assert running.held
    assert running.last_day == clock.today() + timedelta(days=6)
    assert Paper.objects.get(custody_id=stay.pk).type == "administrative_detention"
    assert Entry.objects.filter(custody_id=stay.pk, kind="limit.paper_recorded").count() == 1


def test_the_clock_of_an_arrest_runs_from_its_execution_and_not_from_the_arrival() -> None:
    centre = a_facility("KSS")
    officer = somebody(Post.DUTY_LEADER, at=centre)
    row = {
        "人员编号": "B1", "法律文书": "逮捕证", "签发机关": "某县公安局", "入所时间": "2026-03-09 10:00",
        "执行时间": "2026-03-05 15:30",
    }  # fmt: skip
    (stay,) = bring(officer, a_cell(facility=centre), row).values()
    (paper,) = Paper.objects.filter(custody_id=stay.pk)
    assert paper.event is not None
    assert (paper.type, paper.event["at"]) == ("arrest", "2026-03-05T15:30:00+08:00")
    # Two months from the arrest (CPL 156).
    assert Clock.objects.get(pk=stay.pk).last_day == date(2026, 5, 5)


def test_of_a_document_that_doesnt_say_enough_the_clock_is_watched(
    cell: Cell, leader: Acting
) -> None:
    (stay,) = bring(leader, cell, decided("B1", 入所时间=ago(days=4))).values()
    watched = Clock.objects.get(pk=stay.pk)
    assert (watched.held, watched.standing) == (True, "no_basis")
    assert watched.next_at is not None
    assert not Paper.objects.filter(custody_id=stay.pk).exists()


def test_whoever_leaves_soon_has_a_case_at_once(cell: Cell, leader: Acting) -> None:
    soon = decided("B1", 入所时间=ago(days=9), 文书有效期至=day(1))
    later = decided("B2", 入所时间=ago(days=1), 文书有效期至=day(9))
    stays = bring(leader, cell, soon, later)
    case = Release.objects.get()
    assert (case.custody_id, case.way) == (stays["B1"].pk, "DETENTION-ENDED")
    assert case.planned_on == clock.today() + timedelta(days=1)


def test_tasks_are_opened_whose_time_isnt_over_and_none_of_the_door(
    cell: Cell, leader: Acting
) -> None:
    fresh = decided("B1", 入所时间=ago(hours=3), 文书有效期至=day(9))
    older = decided("B2", 入所时间=ago(hours=25), 文书有效期至=day(9))
    stays = bring(leader, cell, fresh, older)
    assert tasks_of(stays["B1"]) == {"DUTY-ADMISSION-RISK", "DUTY-ADMISSION-TALK"}
    assert tasks_of(stays["B2"]) == set()


def test_a_sheet_that_nobody_decided_about_goes_after_thirty_days(
    cell: Cell, leader: Acting, django_capture_on_commit_callbacks: Any
) -> None:
    def sent(number: str, days: int) -> PeopleImport:
        data = a_csv(rows_of(cell.name, decided(number, 入所时间=ago(days=4))))
        with clock.set_to(clock.now() - timedelta(days=days)):
            return services.check(data, "x.csv", cell.organization_id, by=leader.actor, sent_by="x")

    old, young, brought = sent("B1", 31), sent("B2", 29), sent("B3", 40)
    PeopleImport.objects.filter(pk=brought.pk).update(
        state="brought", ended_at=clock.now(), wrong=0, entry_id=brought.pk
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep() == 1
    assert not ImportRow.objects.filter(upload=old).exists()
    assert PeopleImport.objects.get(pk=old.pk).state == "dropped"
    with pytest.raises(Missing):
        media.read(old.sha256)
    assert ImportRow.objects.filter(upload=young).count() == 1
    assert media.read(brought.sha256)
    assert services.sweep() == 0
