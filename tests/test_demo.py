"""The demo's world: complete, believable, lawful, and the same for the same seed.

The whole of it is built once a run, whatever the number of workers; most tests take the small `house`.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from custos.config import demo
from custos.foundation import clock
from custos.foundation.accounts.models import Posting, Staff, User
from custos.foundation.accounts.queries import acting_of, demo_roles
from custos.foundation.custody import engine, placing, roll
from custos.foundation.custody import queries as custody
from custos.foundation.custody.models import CellStay, Custody, Detainee
from custos.foundation.custody.people.keeping import restored
from custos.foundation.custody.people.models import FactRow
from custos.foundation.custody.place_models import Absence, Count, KeepApart, PlacingOrder
from custos.foundation.database import scope
from custos.foundation.documents.models import Issued
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import inspection
from custos.foundation.record.models import Entry
from custos.management.reception.models import Arrival, Release
from custos.management.reception.release import engine as engine_of_release
from custos.management.reception.release import gathered
from custos.management.timelimits import queries as limits
from custos.prevention.devices import queries as devices
from custos.prevention.devices.models import Device, DeviceKind
from custos.prevention.duty.handover.models import Handover, HandoverItem
from custos.prevention.duty.information.models import Observation
from custos.prevention.duty.models import Task
from custos.prevention.duty.roster import leading
from custos.prevention.duty.rounds import queries as rounds
from custos.prevention.duty.rounds.models import Look, WatchedCell
from custos.prevention.duty.shifts import queries as shifts
from tests import databases

MAIN, ADMINISTRATIVE, TREATMENT = 101_001_001, 101_001_002, 101_002_002
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WEEK = NOW - timedelta(days=7)


def _build(share: float = 1.0) -> None:
    with clock.set_to(NOW):
        demo.build(lambda line: None, seed=7, share=share)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A copy of the whole world, with the files and signatures that belong to it."""
    folder = Path(settings.DATA) / "world"
    own = override_settings(
        WITNESS=folder / "witness" / "heads.jsonl", ATTACHMENTS=folder / "attachments"
    )
    with own, django_db_blocker.unblock():
        template = databases.filled_once("custos_world", _build)
        with databases.clone(template):
            yield


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


@pytest.fixture
def seen(world: None) -> Iterator[None]:
    """Everything in the world is seen."""
    with scope.entered(scope.Scope.of_system("tests")):
        yield


def test_its_facilities_are_furnished_and_staffed(seen: None):
    tiers = [o.tier for o in Organization.objects.all()]
    assert tiers.count(Tier.MINISTRY) == 1
    assert tiers.count(Tier.PROVINCE) == 2
    assert tiers.count(Tier.CITY) == 4
    assert tiers.count(Tier.FACILITY) == 8
    assert {o.pk: o.kind for o in Organization.objects.all() if o.kind}.items() >= {
        (MAIN, "KSS"),
        (ADMINISTRATIVE, "JLS"),
        (TREATMENT, "QJS"),
    }
    cells = Cell.objects.filter(organization_id=MAIN)
    assert sum(cell.capacity for cell in cells) == 648
    assert Staff.objects.filter(organization_id=MAIN).count() == 180 + 3  # and the administrators
    assert Posting.objects.filter(organization_id=MAIN, crew__isnull=False).exists()
    for role in demo_roles():
        acting = acting_of(User.objects.get(username=role.username))
        assert acting is not None
        assert acting.post == role.post


def test_560_people_are_held_and_5000_stays_have_ended(seen: None):
    held = Counter(Custody.objects.filter(ended_at=None).values_list("organization_id", flat=True))
    assert held[MAIN] == 560
    assert held[ADMINISTRATIVE] >= 45
    assert held[TREATMENT] >= 60
    assert len(held) == 8
    ended = Counter(
        Custody.objects.exclude(ended_at=None).values_list("organization_id", flat=True)
    )
    assert sum(ended.values()) == 5_000
    assert ended.keys() == {MAIN, ADMINISTRATIVE, TREATMENT}
    assert not Custody.objects.filter(ended_at__gt=NOW).exists()


def test_cases_stand_at_every_stage(seen: None):
    papers: dict[object, list[tuple[str, str]]] = {}
    rows = FactRow.objects.filter(sort="basis", organization_id=MAIN, custody__ended_at=None)
    for row in rows.order_by("since"):
        papers.setdefault(row.custody_id, []).append((row.says["kind"], row.says["note"]))
    assert len(papers) == 560
    authority = dict(
        FactRow.objects.filter(
            sort="authority", organization_id=MAIN, custody__ended_at=None, until=None
        ).values_list("custody_id", "says__kind")
    )
    assert authority.keys() == papers.keys()
    last_day = dict(
        FactRow.objects.filter(sort="basis", says__kind="execution_notice").values_list(
            "custody_id", "says__valid_to"
        )
    )
    months = (NOW + timedelta(days=92)).date().isoformat()
    stages: Counter[str] = Counter()
    for stay, said in papers.items():
        kinds = {kind for kind, _note in said}
        notes = " ".join(note for _kind, note in said)
        if "execution_notice" in kinds:
            stages["serving" if last_day[stay] <= months else "delivery"] += 1
        elif authority[stay] == "court":
            stages["second" if "第二审受理" in notes else "first"] += 1
        elif authority[stay] == "procuratorate":
            stages["prosecution"] += 1
        elif "extension_decision" in kinds:
            stages["extended"] += 1
        elif "arrest_warrant" in kinds:
            stages["arrested"] += 1
        else:
            stages["requested" if "arrest_request" in kinds else "detained"] += 1
    assert stages.keys() == {
        "detained", "requested", "arrested", "extended", "prosecution", "first", "second", "delivery",
        "serving",
    }  # fmt: skip
    assert min(stages.values()) >= 10, stages


def test_of_three_people_the_limit_has_run_out_and_of_a_few_it_is_about_to(seen: None):
    """By its last paper nobody else is held longer than law allows; the clocks say the same."""
    latest: dict[object, str] = {}
    rows = FactRow.objects.filter(sort="basis", custody__ended_at=None, until=None)
    for stay, valid_to in rows.order_by("since").values_list("custody_id", "says__valid_to"):
        latest[stay] = valid_to or latest.get(stay, "")
    short = [stay for stay, day in latest.items() if day < clock.today().isoformat()]
    over = limits.clocks().filter(held=True, due_at__lte=NOW)
    assert set(short) == set(over.values_list("pk", flat=True))
    assert {row.organization_id for row in over} == {MAIN}
    assert sorted(over.values_list("state", flat=True)) == ["S20", "S30", "S40"]
    last_days = {str(day) for day in over.values_list("last_day", flat=True)}
    today = clock.day_of(NOW)
    assert last_days == {str(today - timedelta(days=days)) for days in (1, 2, 4)}
    figures = limits.figures(MAIN)
    assert figures.over == 3
    assert figures.day >= 1
    assert figures.week >= 3


def test_nobody_shares_a_cell_with_whom_they_must_not(seen: None):
    for facility in Organization.objects.exclude(kind=""):
        cells = {cell.pk: cell for cell in Cell.objects.filter(organization=facility)}
        inside = placing.occupants(cells, facility.pk)
        facts = placing.facts_of([stay for there in inside.values() for stay in there], NOW)
        for cell, stays in inside.items():
            people = [facts[stay.pk] for stay in stays]
            broken = engine.broken_in(placing.facts_of_cell(cells[cell]), people, clock.today())
            assert not broken, (cells[cell].name, broken)
            assert len(people) <= cells[cell].capacity
            assert not (people and cells[cell].out_of_use)
    assert KeepApart.objects.filter(kind="codefendants", closed_at=None).count() >= 24
    assert KeepApart.objects.exclude(kind="codefendants").filter(closed_at=None).count() >= 14
    assert PlacingOrder.objects.filter(kind="company", ended_at=None).count() == 2
    minors = [c for c in custody.shown(custody.present()) if c.age is not None and c.age < 18]
    assert {(one.sex, one.cell_name) for one in minors} == {("1", "601"), ("2", "506")}


def test_nor_did_anybody_at_any_time_before(seen: None):
    """Sex, capacity, minors and co-defendants at a hundred moments of the three years."""
    stays = list(CellStay.objects.select_related("cell", "custody__detainee"))
    apart = {
        frozenset((one, other))
        for one, other in KeepApart.objects.values_list("one_id", "other_id")
    }
    for back in range(0, 1090, 11):
        at = NOW - timedelta(days=back)
        inside: dict[object, list[CellStay]] = {}
        for stay in stays:
            during = stay.during
            if during.lower <= at and (during.upper is None or during.upper > at):
                inside.setdefault(stay.cell_id, []).append(stay)
        for there in inside.values():
            cell = there[0].cell
            assert len(there) <= cell.capacity, (cell.name, at)
            assert {stay.custody.detainee.sex for stay in there} == {cell.sex}
            ids = {stay.custody_id for stay in there}
            if back >= 7:  # a quarrel of the last week is kept apart from then on
                assert not any(pair <= ids for pair in apart), (cell.name, at)


def test_the_roll_adds_up_at_every_moment(seen: None):
    facilities = list(Organization.objects.exclude(kind="").values_list("pk", flat=True))
    moments = [NOW - timedelta(hours=h) for h in (0, 1, 3, 7, 30, 55, 80, 111, 140, 167)]
    moments += [NOW - timedelta(days=d) for d in (8, 30, 90, 200, 400, 700, 1000)]
    for facility in facilities:
        rolls = [roll.at(facility, moment) for moment in sorted(moments)]
        assert all(one.adds_up for one in rolls)
        for earlier, later in pairwise(rolls):
            flow = roll.between(facility, earlier.at, later.at)
            assert earlier.held + flow.held == later.held
            assert earlier.present + flow.present == later.present
    now = roll.at(MAIN, NOW)
    assert now.held == 560
    assert now.unplaced == 0
    assert now.out >= 3


def test_its_record_verifies(world: None):
    verdicts = inspection.installation()
    assert len(verdicts) >= 8
    assert [(v.organization_id, v.fault) for v in verdicts if not v.sound] == []


def test_every_entry_was_recorded_by_now(seen: None):
    assert Entry.objects.count() > 40_000
    assert not Entry.objects.filter(recorded_at__gt=NOW).exists()


def test_each_case_officer_looks_after_two_cells(seen: None):
    led = leading.of_everybody(MAIN)
    assert len(led) == 50
    assert {len(cells) for cells in led.values()} == {2}


def test_people_are_counted_when_shifts_change_and_not_at_any_hour(seen: None):
    begun = Count.objects.filter(organization_id=MAIN, at__gte=WEEK)
    times = Counter(f"{count.at.astimezone(clock.LOCAL):%H:%M}" for count in begun)
    assert times == {"08:10": 7, "20:10": 7}


def test_the_week_had_something_at_every_desk(seen: None):
    kinds = Counter(
        Entry.objects.filter(recorded_at__gte=WEEK, organization_id=MAIN).values_list(
            "kind", flat=True
        )
    )
    assert kinds["custody.admitted"] == 48
    assert kinds["admission.rights_told"] == 48
    assert kinds["cell.moved"] >= 20
    assert kinds["count.agreed"] >= 10
    assert kinds["absence.left"] >= 20
    assert kinds["absence.overdue"] == 1
    assert not kinds["separation.broken"]
    assert not kinds["record.reaction_failed"]
    outcomes = Counter(
        Arrival.objects.filter(organization_id=MAIN).values_list("outcome", flat=True)
    )
    assert outcomes["refused"] == outcomes["deferred"] == 1
    assert Task.objects.filter(state="answered").count() >= 10
    waiting = Task.objects.exclude(state="answered")
    assert Counter(task.rule_id for task in waiting)["DUTY-ABSENCE-OVERDUE"] == 1
    of_today = waiting.filter(rule_id="DUTY-RELEASE-PAPERS")
    assert {task.organization_id for task in of_today} == {MAIN, ADMINISTRATIVE}
    others = waiting.exclude(pk__in=of_today.values("pk"))
    assert not others.filter(opened_at__lt=NOW - timedelta(hours=24)).exists()
    assert [device.name for device in devices.silent(NOW)] == ["二监区走廊摄像机"]
    heard = Device.objects.filter(kind=DeviceKind.EMERGENCY_BUTTON, last_heard=NOW)
    assert heard.count() == 53


def test_people_left_in_the_last_week_through_the_gate(seen: None):
    left = Counter(
        Release.objects.filter(outcome="left", closed_at__gt=WEEK).values_list("way", flat=True)
    )
    assert left == {
        "BAIL": 8, "PRISON": 4, "TERM-SERVED": 3, "DETENTION-ENDED": 9, "TREATMENT-ENDED": 3,
    }  # fmt: skip
    ended = Custody.objects.filter(ended_at__gt=WEEK)
    assert ended.count() == sum(left.values()), "nobody leaves but through the gate"
    assert not Entry.objects.filter(kind="release.late", recorded_at__lt=NOW).exists()
    papers = Counter(Issued.objects.filter(issued_at__gt=WEEK).values_list("code", flat=True))
    assert papers["D12-1"] == 8
    assert papers["D12-2"] == 3
    assert papers["D21-1"] == 9
    assert papers["D22-1"] == 3


def test_somebody_leaves_today_and_somebody_else_must_not(seen: None):
    today = Release.objects.filter(closed_at=None, planned_on=clock.day_of(NOW))
    assert sorted(case.way for case in today) == ["DETENTION-ENDED", "TERM-SERVED"]
    for case in today:
        assert "property" in case.ready
        assert "papers" not in case.ready
    bailed = Release.objects.filter(closed_at=None, way="BAIL").order_by("received_at")
    held, waiting = bailed
    assert waiting.searched is None
    found = engine_of_release.blockers(
        gathered.facts_of(held, custody.person(held.custody_id), NOW, ("one", "other"))
    )
    assert [one.rule.id for one in found] == ["REL-HOLD"]
    assert "在逃人员登记表" in found[0].about[0]


def test_arrivals_stand_on_the_board_at_each_step(seen: None):
    waiting = Arrival.objects.filter(organization_id=MAIN, closed_at=None)
    assert waiting.filter(arrived_at=None, expected_at__gt=NOW).count() >= 3
    assert waiting.filter(arrived_at__isnull=False, draft_id=None).count() >= 1
    assert waiting.filter(draft_id__isnull=False).count() == 3
    assert set(waiting.values_list("sort", flat=True)) >= {"back_from_court", "back_from_hospital"}
    for facility in (ADMINISTRATIVE, TREATMENT):
        assert Arrival.objects.filter(organization_id=facility, closed_at=None).count() == 2
    out = Absence.objects.filter(left_at__isnull=False, back_at=None)
    assert {row.kind for row in out} == {"court", "hospital"}


def test_its_cells_are_looked_into_and_none_is_late(seen: None):
    watched = WatchedCell.objects.filter(organization_id=MAIN)
    assert watched.count() == 54
    assert not watched.exclude(missed_since=None).exists()
    assert not watched.filter(due_at__lte=NOW).exists()
    looks = Look.objects.filter(organization_id=MAIN)
    assert looks.count() > 10_000
    assert looks.filter(late_minutes__gt=0).exclude(by_ref="").count() > 10
    assert not looks.filter(recorded_at__gt=NOW).exists()
    assert {sign.sort for sign in rounds.signs(MAIN, NOW)} == set()


def test_each_shift_of_the_week_was_handed_over(seen: None):
    rows = Handover.objects.filter(organization_id=MAIN).order_by("at")
    assert [row.standing for row in rows] == ["taken"] * 14
    assert rows.last().at == datetime(2026, 3, 2, tzinfo=UTC)  # eight in the morning
    posts = {post.title: post for post in shifts.posts_now(MAIN)}
    assert not [title for title, post in posts.items() if post.is_short]


def test_a_handover_names_whom_the_clocks_name(seen: None):
    """Papers are in their files before a shift changes, so what it hands over is what the board shows."""
    morning = Handover.objects.filter(organization_id=MAIN).latest("at")
    named = HandoverItem.objects.filter(handover=morning, section="limits", severity=1)
    over = limits.clocks().filter(held=True, due_at__lte=morning.at, organization_id=MAIN)
    assert set(named.values_list("custody_id", flat=True)) == set(over.values_list("pk", flat=True))
    assert named.count() == 3


def test_a_year_of_duty_was_answered_some_of_it_late_and_some_again(seen: None):
    tasks = Task.objects.filter(organization_id=MAIN, rule_id__startswith="DUTY-INFO-")
    assert tasks.count() > 3_650
    assert set(tasks.values_list("state", flat=True)) == {"answered"}
    months = {(at.year, at.month) for at in tasks.values_list("opened_at", flat=True)}
    assert len(months) >= 12
    assert tasks.filter(step__gt=0).count() > 50
    assert tasks.exclude(reopens=None).count() > 50
    assert not tasks.filter(ended_at__gt=NOW).exists()
    reported = Observation.objects.filter(organization_id=MAIN)
    assert reported.count() == tasks.filter(reopens=None).count()


def test_nobody_in_it_exists(seen: None):
    regions = set(Organization.objects.exclude(region="").values_list("region", flat=True))
    assert all(region[:2] in ("98", "99") for region in regions)
    papers = [restored(row) for row in FactRow.objects.filter(sort="identity")[:800]]
    citizens = [paper for paper in papers if paper.citizen]
    assert len(citizens) > 700
    assert all(paper.number[:2] in ("98", "99") for paper in citizens)
    assert any(paper.fault == "check character" for paper in citizens)
    phones = [restored(row).phone for row in FactRow.objects.filter(sort="contact")[:300]]
    assert all(phone[:3] == "100" for phone in phones if phone)


def test_names_that_are_hard_to_find_are_among_them(seen: None):
    names = set(Detainee.objects.filter(organization_id=MAIN).values_list("name", flat=True))
    for sign in "㐂𠮷":
        assert any(sign in name for name in names)
    for surname in ("单", "仇", "解", "区", "曾", "查", "尉迟"):
        assert any(name.startswith(surname) for name in names)
    sorts = Counter(FactRow.objects.filter(organization_id=MAIN).values_list("sort", flat=True))
    assert sorts.keys() == {
        "name", "identity", "identified", "nationality", "language", "consular", "need", "dependant",
        "contact", "lawyer", "basis", "authority", "charge", "co_defendant", "photo",
    }  # fmt: skip
    assert sorts["photo"] == 560 + 15  # and of those who left in the last week
    states = FactRow.objects.filter(sort="identified", says__state="unknown")
    assert states.count() == 3
    assert FactRow.objects.filter(sort="language", says__interpreter=True).count() >= 12
    again = Counter(Custody.objects.values_list("detainee_id", flat=True))
    assert sum(count > 1 for count in again.values()) >= 10


def test_nobody_was_held_before_their_birth_or_as_a_child(seen: None):
    born = Custody.objects.filter(detainee__born__isnull=False).values_list(
        "detainee__born", "admitted_at"
    )
    youngest = min(engine.years_old(day, clock.day_of(at)) for day, at in born)
    assert youngest >= 16
    assert all(isinstance(day, date) for day, _at in born[:5])


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_gives_the_same_people_in_the_same_cells():
    def built() -> list[tuple[str, str, str]]:
        _build(share=0.02)
        with scope.entered(scope.Scope.of_system("tests")):
            return sorted(
                (c.number, c.detainee.name, c.cell.name if c.cell else "")
                for c in Custody.objects.select_related("detainee", "cell")
            )

    first = built()
    with databases.clone():
        assert built() == first
