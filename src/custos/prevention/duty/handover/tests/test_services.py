"""Handovers as services: prepared by the clock, signed by two, told again while they wait."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from custos.foundation import clock
from custos.foundation.custody import counting
from custos.foundation.custody.people import facts
from custos.foundation.custody.people import services as people
from custos.foundation.custody.tests import worlds as places
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing, NotAllowed
from custos.foundation.organizations import services as organizations
from custos.foundation.record import queries as record
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Audience, Post, StaffKind
from custos.prevention.devices import intake
from custos.prevention.devices.tests.worlds import a_button, a_press
from custos.prevention.duty import services as duty
from custos.prevention.duty.handover import queries, services
from custos.prevention.duty.handover.models import Handover, HandoverItem
from custos.prevention.duty.handover.services import Said
from custos.prevention.duty.handover.tests.worlds import ALL_KEYS, CHANGE, Changing, at
from custos.prevention.duty.information import services as collecting
from custos.prevention.duty.information.services import About
from custos.prevention.duty.kinds import HandoverTaken
from custos.prevention.duty.models import Task
from custos.prevention.duty.shifts import queries as on_duty
from custos.prevention.duty.shifts import services as shifts
from tests import factories
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _scoped() -> Iterator[None]:
    with scope.entered(SYSTEM):
        yield


def refused(do: Callable[[], object], error: type[CustosError]) -> str:
    with pytest.raises(error) as found:
        do()
    return found.value.code


def told(kind: str) -> int:
    return Entry.objects.filter(kind=kind).count()


def sections(world: Changing) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in world.items():
        found.setdefault(item.section, []).append(item.text["zh"])
    return found


# ------------------------------------------------------------------- prepared


def test_in_the_last_hour_the_leader_keeps_what_they_know_and_the_shift_changes_by_the_clock() -> (
    None
):
    world = Changing()
    facility, by = world.facility.pk, world.day.actor
    with at(-61):
        assert refused(lambda: services.keep_ahead(facility, ALL_KEYS, by=by), Conflict) == (
            "handover.too_early"
        )
    with at(-60):
        services.keep_ahead(facility, replace(ALL_KEYS, words="先记一半"), by=by)
    with at(-30):
        services.keep_ahead(facility, ALL_KEYS, by=by)
        assert Handover.objects.filter(at=CHANGE).count() == 0, "nothing is handed over yet"
        change = services.change_ahead(facility, clock.now())
        assert change is not None
        assert queries.ahead(facility, change).at == CHANGE
        assert services.kept_ahead(facility, CHANGE) == ALL_KEYS
        assert queries.open_since(facility) is None
        too_long = replace(ALL_KEYS, words="长" * 2001)
        assert refused(lambda: services.keep_ahead(facility, too_long, by=by), Malformed) == (
            "handover.too_long"
        )
        doctor = world.on(Post.MEDICAL).actor
        with pytest.raises(NotAllowed, match=r"writer\."):
            services.keep_ahead(facility, ALL_KEYS, by=doctor)
    with at(0):
        assert services.sweep() == 1
        row = Handover.objects.get(at=CHANGE)
        assert (row.standing, row.keys_expected) == ("prepared", None), "until it is signed"
        assert services.change_ahead(facility, clock.now()) is None


def test_the_sweep_prepares_one_handover_a_change_and_one_task_for_it() -> None:
    world = Changing()
    with at(-1):
        assert services.sweep() == 0
    with at(0):
        assert services.sweep() == 1
        assert services.sweep() == 0
        assert world.prepared() == Handover.objects.get()
    row = Handover.objects.get()
    assert (row.at, row.began, row.ends_at) == (
        CHANGE,
        CHANGE - timedelta(hours=12),
        CHANGE + timedelta(hours=12),
    )
    assert (row.outgoing_shift["zh"], row.incoming_shift["zh"]) == ("白班", "夜班")
    assert row.on_duty == [world.day.actor.ref]
    task = Task.objects.get(rule_id="DUTY-HANDOVER")
    assert (task.post, task.wanted_by) == (Post.DUTY_LEADER, CHANGE + timedelta(minutes=30))
    assert (told("handover.prepared"), told("handover.waits")) == (1, 1)


def test_a_facility_that_keeps_no_roster_hands_nothing_over() -> None:
    world = Changing("types: []")
    with at(0):
        assert services.sweep() == 0
        assert services.prepare(world.facility.pk) is None


def test_the_change_before_the_file_was_adopted_is_nobodys() -> None:
    world = Changing()
    with at(-30):  # the file came at ten, this shift began at eight
        assert services.prepare(world.facility.pk) is None


def test_the_next_change_is_a_handover_of_its_own_and_the_first_stays_open() -> None:
    Changing()
    with at(0):
        services.sweep()
    with at(12 * 60):
        services.sweep()
    assert Handover.objects.count() == 2
    assert Handover.objects.filter(standing="prepared").count() == 2


def test_it_says_who_is_to_be_watched_what_is_open_who_is_out_and_what_was_counted() -> None:
    world = Changing()
    with at(-60):
        places.watched(world.stay)
        ill, out, plain = (factories.a_detainee(in_cell=world.cell) for _ in range(3))
        care = facts.Need(kind="care", text="每日两次胰岛素")
        people.record_fact(ill.pk, care, by=world.on(Post.CASE_OFFICER).actor)
        glasses = facts.Need(kind="sight", text="戴近视眼镜")
        people.record_fact(plain.pk, glasses, by=world.on(Post.CASE_OFFICER).actor)
        places.gone(out)
        button = a_button(world.cell)
        intake.take([a_press(button)])
        closed = factories.a_cell(facility=world.facility)
        organizations.take_cell_out_of_use(
            closed.pk, reason="下水道堵塞", expected_return=None, by=world.leader.actor
        )
    with at(0):
        world.prepared()
    found = sections(world)
    assert "不得独处" in found["people"][0]
    assert any("每日两次胰岛素" in text for text in found["people"])
    about = {item.custody_id for item in world.items() if item.section == "people"}
    assert {world.stay.pk, ill.pk} <= about
    assert plain.pk not in about
    assert any("监室紧急按钮" in text and world.cell.name in text for text in found["tasks"])
    assert [item.custody_id for item in world.items() if item.section == "absences"] == [out.pk]
    assert found["cells"] == [f"{closed.name} · 下水道堵塞"]
    assert found["counts"] == ["在册4人，在所3人，所外1人", "尚未点名"]


def test_it_names_nobody_and_says_all_in_both_languages() -> None:
    world = Changing()
    places.watched(world.stay)
    with at(0):
        world.prepared()
    for item in world.items():
        assert world.stay.detainee.name not in str(item.text)
        assert all(item.text[language] for language in ("zh", "en"))
    (item,) = (one for one in world.items() if one.section == "people")
    assert "never alone" in item.text["en"]


def test_a_count_that_does_not_agree_stands_out() -> None:
    world = Changing()
    with at(-30):
        one, two = world.on(Post.PATROL).actor, world.on(Post.PATROL).actor
        count = counting.begin(world.facility, "shift", by=one)
        for _ in range(2):
            for by in (one, two):
                counting.enter(count.pk, {world.cell.pk: 7}, by=by)
    with at(0):
        world.prepared()
    last = [item for item in world.items() if item.section == "counts"][1]
    assert last.severity == 1
    assert "不符" in last.text["zh"]


def test_what_clinicians_alone_read_stands_in_no_handover() -> None:
    """A task about health is named by its plain title, whoever has the handover prepared."""
    world = Changing()
    task = _reported(world, "I06", Post.MEDICAL)
    with at(0):
        services.sweep()
    (item,) = (one for one in world.items() if one.task_id == task.pk)
    rule = task.rule_then()
    assert rule.plain is not None
    assert rule.title.zh not in item.text["zh"]
    assert rule.plain.zh in item.text["zh"]


def test_a_sealed_matter_stands_in_no_handover_either() -> None:
    world = Changing()
    task = _reported(world, "I04", Post.CASE_OFFICER)
    with at(0):
        services.sweep()
    assert task.audience == Audience.SEALED_COMPLAINT
    assert not [item for item in world.items() if item.task_id == task.pk]
    assert "密封" not in str([item.text for item in world.items()])


def _reported(world: Changing, type_id: str, post: Post) -> Task:
    with at(-30):
        taken = collecting.observe(
            type_id,
            "x",
            facility=world.facility.pk,
            about=About(custody=world.stay.pk),
            by=world.on(post).actor,
        )
    return Task.objects.filter(source_entry_id=taken.entry_id).earliest("id")


# ------------------------------------------------------------------- signed by two


def test_a_handover_is_completed_read_item_by_item_and_signed_by_two() -> None:
    world = Changing()
    with at(1):
        world.prepared()
        count = len(world.items())
        signed = world.sign()
    assert (signed.standing, signed.signed_by) == ("signed", world.day.actor.ref)
    assert [item.section for item in world.items()][count:] == ["keys", "defects", "words"]
    assert [item.text["zh"] for item in world.items()][count:] == [
        "应交42把，实交42把",
        "2号岗灯不亮",
        "夜间注意101室",
    ]
    with at(9):
        assert world.read(remark="已问清") == count + 3
        taken = world.take()
    assert (taken.standing, taken.taken_by) == ("taken", world.night.actor.ref)
    entry = Entry.objects.get(kind="handover.taken")
    assert services.digest_of(taken, world.items()) == taken.digest
    payload = record.lines_of([entry.pk])[entry.pk].payload
    assert isinstance(payload, HandoverTaken)
    assert (payload.digest, payload.remarks) == (taken.digest, payload.items)
    assert Task.objects.get(rule_id="DUTY-HANDOVER").state == "answered"


def test_nobody_takes_what_they_handed_over() -> None:
    world = Changing()
    with at(1):
        world.sign()
        assert refused(lambda: world.read(by=world.day), NotAllowed) == "handover.same_person"
        assert refused(lambda: world.take(by=world.day), NotAllowed) == "handover.same_person"
    row = Handover.objects.get()
    row.standing, row.taken_by, row.taken_at = "taken", row.signed_by, row.signed_at
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_nobody_signs_what_they_did_not_read() -> None:
    world = Changing()
    with at(1):
        world.sign()
        first, *others = (item.pk for item in world.items())
        assert refused(world.take, Conflict) == "handover.unread"
        row, by = world.prepared().pk, world.night.actor
        assert services.read(row, {first: ""}, by=by) == 1
        assert (
            services.read(row, dict.fromkeys([first, *others[:-1]], "?"), by=by) == len(others) - 1
        )
        assert refused(world.take, Conflict) == "handover.unread"
        # what somebody else has read counts for them alone
        world.read(by=world.leader)
        assert refused(world.take, Conflict) == "handover.unread"
        services.read(row, {others[-1]: ""}, by=by)
        assert world.take().standing == "taken"


def test_what_was_read_stays_as_it_was_answered_first() -> None:
    world = Changing()
    with at(1):
        world.sign()
        world.read(remark="谁在看护？")
        assert world.read(remark="另一句") == 0
        shown = queries.document(world.prepared().pk, world.night.actor)
    for _title, items in shown.sections:
        assert [said for item in items for _who, said in item.remarks] == ["谁在看护？"] * len(
            items
        )


def test_it_is_not_taken_before_it_is_handed_over() -> None:
    world = Changing()
    with at(1):
        world.prepared()
        world.read()
        assert refused(world.take, Conflict) == "handover.not_signed"


def test_what_the_outgoing_leader_said_is_read_too() -> None:
    world = Changing()
    with at(1):
        world.prepared()
        world.read()
        world.sign()
        assert refused(world.take, Conflict) == "handover.unread"


def test_only_whoever_led_the_shift_or_a_leader_hands_it_over() -> None:
    world = Changing()
    with at(1):
        assert refused(lambda: world.sign(by=world.night), NotAllowed) == "handover.not_outgoing"
        for post in (Post.PATROL, Post.OVERSIGHT, Post.RESIDENT_PROSECUTOR):
            other = world.on(post)
            assert refused(lambda by=other: world.sign(by=by), NotAllowed) == "writer.post"  # type: ignore[misc]
        helper = world.on(Post.DUTY_LEADER, StaffKind.AUXILIARY)
        assert refused(lambda: world.sign(by=helper), NotAllowed) == "writer.police_only"
        assert world.sign(by=world.leader).signed_by == world.leader.actor.ref


def test_where_nobody_signed_on_any_duty_leader_hands_over() -> None:
    world = Changing()
    with at(-600):
        shifts.sign_off(world.facility.pk, by=world.day.actor)
    with at(1):
        assert world.prepared().on_duty == []
        assert world.sign(by=world.night).signed_by == world.night.actor.ref


def test_a_signature_needs_a_fresh_proof() -> None:
    world = Changing()
    with at(1):
        row = world.prepared()
        old = clock.now() - timedelta(minutes=6)
        for proven in (None, old):
            code = refused(
                lambda at=proven: services.sign(  # type: ignore[misc]
                    row.pk, ALL_KEYS, by=world.day.actor, proven_at=at
                ),
                NotAllowed,
            )
            assert code == "confirmation.not_proven"
        world.sign()
        world.read()
        assert refused(lambda: world.take(proven_at=old), NotAllowed) == "confirmation.not_proven"


def test_keys_that_differ_need_a_word_and_stand_out() -> None:
    world = Changing()
    with at(1):
        missing = Said(keys_expected=42, keys_counted=41)
        assert refused(lambda: world.sign(said=missing), Malformed) == "handover.keys_differ"
        for wrong in (-1, 10_000):
            said = Said(keys_expected=wrong, keys_counted=wrong)
            assert refused(lambda s=said: world.sign(said=s), Malformed) == "handover.keys"  # type: ignore[misc]
        long = Said(1, 1, words="x" * 2001)
        assert refused(lambda: world.sign(said=long), Malformed) == "handover.too_long"
        world.sign(said=Said(42, 41, keys_words="17号在维修"))
    (keys,) = (item for item in world.items() if item.section == "keys")
    assert (keys.severity, keys.text["zh"]) == (2, "应交42把，实交41把 · 17号在维修")


def test_a_second_signature_is_told_who_was_first() -> None:
    world = Changing()
    with at(1):
        world.sign()
        assert refused(world.sign, Conflict) == "handover.already"
        world.read()
        world.take()
        assert refused(lambda: world.take(by=world.leader), Conflict) == "handover.already"
        assert refused(lambda: world.read(by=world.leader), Conflict) == "handover.already"


def test_another_facilitys_handover_and_items_are_not_there() -> None:
    world, other = Changing(), Changing()
    with at(1):
        mine, theirs = world.prepared(), other.prepared()
        strange = {other.items()[0].pk: ""}
        with scope.entered(world.night.scope):
            for do in (
                lambda: services.sign(
                    theirs.pk, ALL_KEYS, by=world.day.actor, proven_at=clock.now()
                ),
                lambda: services.take(theirs.pk, by=world.day.actor, proven_at=clock.now()),
                lambda: queries.document(theirs.pk, world.day.actor),
            ):
                assert refused(do, Missing) == "handover.no_such"
            code = refused(lambda: services.read(mine.pk, strange, by=world.night.actor), Missing)
            assert code == "handover.no_item"
            code = refused(
                lambda: services.read(mine.pk, {uuid4(): ""}, by=world.night.actor), Missing
            )
            assert code == "handover.no_item"


def test_what_was_signed_cannot_be_changed_and_is_seen_where_it_was() -> None:
    world = Changing()
    with at(1):
        world.sign()
    row = Handover.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        HandoverItem.objects.filter(handover=row).update(severity=4)
    with pytest.raises(DatabaseError), transaction.atomic():
        Handover.objects.all().delete()
    assert queries.document(row.pk, world.night.actor).intact
    Handover.objects.update(at=row.at + timedelta(hours=1))
    assert not queries.document(row.pk, world.night.actor).intact


# ------------------------------------------------------------------- while it waits


def test_an_open_handover_climbs_to_the_leader_and_then_to_the_tier_above() -> None:
    world = Changing()
    with at(0):
        shifts.sign_on(world.facility.pk, by=world.leader.actor)
        services.sweep()
    for minutes, post in ((29, Post.DUTY_LEADER), (30, Post.LEADER), (120, Post.OVERSIGHT)):
        with at(minutes):
            duty.sweep()
        assert Task.objects.get(rule_id="DUTY-HANDOVER").post == post


def test_answering_the_task_does_not_end_what_is_not_signed() -> None:
    world = Changing()
    with at(0):
        services.sweep()
        task = Task.objects.get(rule_id="DUTY-HANDOVER")
    with at(5):
        duty.accept(task.pk, by=world.night.actor)
        duty.answer(task.pk, "马上办", by=world.night.actor)
    with at(29):
        assert services.sweep() == 0
    with at(30):
        assert services.sweep() == 1
        assert services.sweep() == 0
    assert Task.objects.filter(rule_id="DUTY-HANDOVER", state="open").count() == 1
    with at(70):
        world.sign()
        world.read()
        world.take()
        assert services.sweep() == 0
    assert not Task.objects.filter(rule_id="DUTY-HANDOVER", state="open").exists()


def test_both_shifts_are_answerable_until_both_have_signed() -> None:
    world = Changing()

    def asked() -> set[str]:
        return {one.staff_ref for one in on_duty.on_post(world.facility.pk, [Post.DUTY_LEADER])}

    both = {world.day.actor.ref, world.night.actor.ref}
    with at(0):
        services.sweep()
    with at(180):  # two hours after the outgoing leader would have been signed off
        shifts.sweep()
        assert asked() == both
        held = on_duty.staffed(clock.now())[world.facility.pk]
        assert held[Post.DUTY_LEADER] == both
        assert [one.outgoing for one in queries.answerable(world.facility.pk)] == [True, False]
        world.sign()
        assert asked() == both
        world.read()
        world.take()
        assert [one.outgoing for one in queries.answerable(world.facility.pk)] == [False]
        assert asked() == {world.night.actor.ref}


def test_who_signs_off_without_handing_over_stays_answerable() -> None:
    world = Changing()
    with at(0):
        services.sweep()
        shifts.sign_off(world.facility.pk, by=world.day.actor)
        found = queries.answerable(world.facility.pk)
    assert [(one.name, one.outgoing) for one in found] == [
        (world.day.staff.name, True),
        (world.night.staff.name, False),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_tried_two_people_sign_or_it_stays_open_and_is_told(seed: int) -> None:
    world, dice = Changing(), random.Random(seed)
    staff = [world.day, world.night, world.leader]
    with at(0):
        services.sweep()
    minutes = 0.0
    for _ in range(25):
        minutes += dice.choice((1, 7, 31))
        who = dice.choice(staff)
        deed: Callable[[], object] = dice.choice(
            (
                lambda by=who: world.sign(by=by),  # type: ignore[misc]
                lambda by=who: world.read(by=by),  # type: ignore[misc]
                lambda by=who: world.take(by=by),  # type: ignore[misc]
                lambda by=who: _answer_task(by),  # type: ignore[misc]
                lambda: None,
            )
        )
        with at(minutes):
            with suppress(CustosError):
                deed()
            services.sweep()
            duty.sweep()
        (row,) = Handover.objects.all()
        unfinished = Task.objects.filter(
            rule_id="DUTY-HANDOVER", state__in=("open", "accepted")
        ).count()
        if row.standing == "taken":
            assert "" not in (row.signed_by, row.taken_by)
            assert row.signed_by != row.taken_by
            assert unfinished == 0
        else:
            waited = CHANGE + timedelta(minutes=minutes) - row.told_at  # type: ignore[operator]
            assert unfinished == 1 or waited < timedelta(minutes=30)


def _answer_task(by: object) -> None:
    task = Task.objects.filter(rule_id="DUTY-HANDOVER", state="open").first()
    if task is not None:
        duty.accept(task.pk, by=by.actor)  # type: ignore[attr-defined]
        duty.answer(task.pk, "x", by=by.actor)  # type: ignore[attr-defined]


def test_preparing_asks_no_more_the_more_people_there_are() -> None:
    asked = []
    for people_there in (2, 10):
        world = Changing()
        with at(-60):
            for _ in range(people_there):
                one = factories.a_detainee(in_cell=world.cell, reason="临时")
                places.watched(one)
        with at(0), CaptureQueriesContext(connection) as found:
            world.prepared()
        asked.append(len(found))
    assert asked[0] == asked[1]


def test_who_led_the_shift_before_and_was_never_signed_off_is_no_outgoing_leader() -> None:
    """The program stood still over two changes, so that nobody's sign-on was closed."""
    world = Changing()
    with at(12 * 60 + 5):
        assert world.prepared().on_duty == [world.night.actor.ref]
