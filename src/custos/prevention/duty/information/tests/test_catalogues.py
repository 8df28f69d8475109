"""A facility's own file: added types, stricter rows, and what is refused in words with its row."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import translation

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.errors import CustosError, Malformed, NotAllowed
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Audience, Post, StaffKind
from custos.prevention.duty.information import catalogue, services, types
from custos.prevention.duty.information.catalogue import WrongFile
from custos.prevention.duty.information.services import About
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN, World
from custos.prevention.duty.models import Task
from tests import factories

OWN = """
types:
  - id: L-KEYS
    title: {zh: 钥匙交接异常, en: Keys not handed over}
    collected_by: [patrol]
    about: facility
    handled_by: [[duty_leader]]
    deadline: {minutes: 10}
    severity: 2
stricter:
  - {id: I14, deadline: {hours: 2}, severity: 2, tells: [psychologist]}
"""


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def told(text: str) -> str:
    with pytest.raises(WrongFile) as refused:
        catalogue.read_own(text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ("[patrol]", "[gardener]", "row 1 (L-KEYS): collected_by: there is no post gardener"),
        ("[[duty_leader]]", "[[gatekeeper]]", "row 1 (L-KEYS): handled_by: there is no post gatekeeper"),
        ("about: facility", "about: dog", "row 1 (L-KEYS): about: it is about a person"),
        ("minutes: 10", "minutes: 0", "row 1 (L-KEYS)"),
        ("L-KEYS", "I01", "the id of a type of one's own begins with L-"),
        ("    severity: 2\nstricter", "    severity: 7\nstricter", "row 1 (L-KEYS): severity"),
        ("    severity: 2\nstricter", "    law: [KR-9]\n    severity: 2\nstricter", "the shipped table"),
        ("    severity: 2\nstricter", "    hat: red\n    severity: 2\nstricter", "there is no such field"),
        ("    severity: 2\nstricter", "    fields: [hat]\n    severity: 2\nstricter", "not declared: hat"),
        ("id: I14", "id: I99", "I99: there is no such type"),
        ("{hours: 2}", "{hours: 5}", "I14: a deadline is made stricter, never looser"),
        ("{hours: 2}, severity: 2", "{hours: 2}, severity: 4", "I14: severity 3 may be made graver"),
        ("types:", "types: [", "this is no YAML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_in_words_with_its_row(wrong: str, right: str, words: str) -> None:
    assert wrong in OWN
    assert words in told(OWN.replace(wrong, right, 1))


@pytest.mark.parametrize(("type_id", "hours"), [("I15", 24), ("I16", 48), ("I17", 24), ("I36", 24)])
def test_a_bound_of_law_is_never_loosened(type_id: str, hours: int) -> None:
    looser = f"stricter: [{{id: {type_id}, deadline: {{hours: {hours + 1}}}}}]"
    assert f"{type_id}: the law bounds the deadline: at most {hours * 60} minutes" in told(looser)
    tighter = f"stricter: [{{id: {type_id}, deadline: {{hours: {hours - 1}}}}}]"
    changed = catalogue.with_own(catalogue.read_own(tighter)).type(type_id)
    assert changed is not None
    assert changed.deadline == catalogue.Length(hours=hours - 1)


def test_a_length_never_loosens_a_deadline_by_the_calendar() -> None:
    known = catalogue.with_own(catalogue.read_own("stricter: [{id: I30, deadline: {hours: 2}}]"))
    row = known.type("I30")
    assert row is not None
    ends = datetime(2026, 3, 3, 20, tzinfo=clock.LOCAL)
    noon = datetime(2026, 3, 3, 12, tzinfo=clock.LOCAL)
    for begins, due in ((ends - timedelta(minutes=30), ends), (TUESDAY_AT_TEN, noon)):
        (one,) = types.tasks_for(
            known,
            row,
            audience=Audience.STAFF,
            opened_at=begins,
            calendar=types.Calendar(ends, None),
            details={},
        )
        assert one.wanted_by == due


def test_several_faults_are_told_at_once() -> None:
    said = told(OWN.replace("[patrol]", "[gardener]").replace("about: facility", "about: dog"))
    assert "gardener" in said
    assert "it is about a person" in said


def test_the_shipped_file_with_an_unknown_post_or_a_missing_number_is_refused(
    tmp_path: Path,
) -> None:
    text = catalogue.FILE.read_text(encoding="utf-8")
    wrong = tmp_path / "information.yaml"
    wrong.write_text(text.replace("collected_by: [finance]", "collected_by: [cook]"), "utf-8")
    with pytest.raises(ValueError, match=r"\(I41\): collected_by: there is no post cook"):
        catalogue.load(wrong)
    wrong.write_text(text.replace("number: 41,", "number: 40,"), "utf-8")
    with pytest.raises(ValueError, match="missing: 41"):
        catalogue.load(wrong)


@pytest.mark.parametrize(
    ("shifts", "words"),
    [
        ('[{name: {zh: 白, en: d}, begins: "08:00", ends: "20:00"}]', "no shift covers 00:00"),
        (
            '[{name: {zh: 白, en: d}, begins: "08:00", ends: "20:00"},'
            ' {name: {zh: 夜, en: n}, begins: "19:00", ends: "08:00"}]',
            "more than one shift covers 19:00",
        ),
    ],
)
def test_shifts_cover_the_day_once(shifts: str, words: str) -> None:
    assert words in told(f"shifts: {shifts}")


# ------------------------------------------------------------------ adopted


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.set_to(TUESDAY_AT_TEN), scope.entered(factories.SYSTEM):
        yield World()


def adopt(world: World, by: Acting, text: str = OWN, valid_from: date | None = None) -> int:
    return services.adopt(
        text,
        facility=world.facility.pk,
        valid_from=valid_from or clock.today(),
        reason="Agreed at the leaders' meeting.",
        by=by.actor,
    ).version


def test_an_adopted_type_opens_its_task_and_a_stricter_row_its_sooner_one(world: World) -> None:
    assert adopt(world, world.on(Post.LEADER)) == 1
    entry = Entry.objects.filter(kind="duty.catalogue_adopted").get()
    assert entry.organization_id == world.facility.pk
    patrol = world.on(Post.PATROL)
    keys = services.observe(
        "L-KEYS", "One ring too few.", facility=world.facility.pk, about=About(), by=patrol.actor
    )
    task = Task.objects.get(source_entry_id=keys.entry_id)
    assert (task.post, task.severity) == ("duty_leader", 2)
    assert task.wanted_by == TUESDAY_AT_TEN + timedelta(minutes=10)
    meal = services.observe(
        "I14",
        "Pushed the tray back.",
        facility=world.facility.pk,
        about=About(custody=world.stay.pk),
        by=patrol.actor,
    )
    task = Task.objects.get(source_entry_id=meal.entry_id)
    assert (task.severity, task.tells) == (2, ["case_officer", "psychologist"])
    assert task.wanted_by == TUESDAY_AT_TEN + timedelta(hours=2)


def test_a_catalogue_holds_from_its_day_and_for_its_facility_alone(world: World) -> None:
    adopt(world, world.on(Post.LEADER), valid_from=clock.today() + timedelta(days=1))
    patrol, other = world.on(Post.PATROL), World()
    with pytest.raises(CustosError, match=r"information\.no_such_type"):
        services.observe(
            "L-KEYS", "Too few.", facility=world.facility.pk, about=About(), by=patrol.actor
        )
    with clock.set_to(TUESDAY_AT_TEN + timedelta(days=1)):
        services.observe(
            "L-KEYS", "Too few.", facility=world.facility.pk, about=About(), by=patrol.actor
        )
        with pytest.raises(CustosError, match=r"information\.no_such_type"):
            services.observe(
                "L-KEYS",
                "Too few.",
                facility=other.facility.pk,
                about=About(),
                by=other.on(Post.PATROL).actor,
            )


def test_a_later_version_takes_the_place_of_the_one_before(world: World) -> None:
    leader, patrol = world.on(Post.LEADER), world.on(Post.PATROL)
    assert [adopt(world, leader), adopt(world, leader, "types: []")] == [1, 2]
    with pytest.raises(CustosError, match=r"information\.no_such_type"):
        services.observe(
            "L-KEYS", "Too few.", facility=world.facility.pk, about=About(), by=patrol.actor
        )


def test_only_a_leader_who_is_police_adopts_one_with_a_reason_and_from_today(world: World) -> None:
    with pytest.raises(NotAllowed, match=r"writer\.post"):
        adopt(world, world.on(Post.DUTY_LEADER))
    with pytest.raises(NotAllowed, match=r"writer\.police_only"):
        adopt(world, world.on(Post.LEADER, StaffKind.OTHER))
    with pytest.raises(Malformed, match=r"catalogue\.past"):
        adopt(world, world.on(Post.LEADER), valid_from=clock.today() - timedelta(days=1))
    with pytest.raises(Malformed, match=r"catalogue\.wrong"):
        adopt(world, world.on(Post.LEADER), OWN.replace("[patrol]", "[100%]"))
