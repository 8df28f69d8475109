"""One transaction that changes state and appends its entries."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Malformed, Missing, NotAllowed
from custos.foundation.record import queries
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.models import Entry, Head, Payload
from custos.foundation.record.parties import Actor, Post, Readers, StaffKind, Subject
from custos.foundation.record.tests.worlds import (
    ABOUT,
    AT,
    FACILITY,
    NEIGHBOUR,
    SYSTEM,
    Diagnosed,
    Noted,
    Restrained,
    Searched,
    draft,
    note,
    somebody,
)

pytestmark = pytest.mark.django_db

CELL = UUID(int=7)


def nothing_remains() -> bool:
    return not (Entry.objects.exists() or Payload.objects.exists() or Head.objects.exists())


def fails_after_appending() -> None:
    with record.deed():
        note("within")
        raise ZeroDivisionError


def append(payload: Kind, by: Actor, **options: object) -> None:
    with record.deed() as deed:
        deed.append(payload, about=ABOUT, by=by, **options)  # type: ignore[arg-type]


def test_entries_get_consecutive_numbers_each_hashed_on_the_one_before() -> None:
    with scope.entered(SYSTEM):
        made = [note(str(number)) for number in range(3)]
        assert [header.seq for header in made] == [1, 2, 3]
        head = Head.objects.get(pk=FACILITY)
        assert (head.seq, bytes(head.hash)) == (3, made[-1].hash)


def test_a_timeline_shows_the_entries_of_one_deed_in_the_order_in_which_they_were_appended() -> (
    None
):
    # A cause and its effect have the same millisecond: chance would turn some of these round.
    written = [str(number) for number in range(30)]
    with scope.entered(SYSTEM):
        with record.deed() as deed:
            for text in written:
                deed.append(Noted(text=text), about=Subject(FACILITY, cell_id=CELL), by=somebody())
        shown = queries.timeline(cell=CELL, limit=30)
    assert [line.text for line in reversed(shown)] == written


def test_each_organization_has_a_chain_of_its_own() -> None:
    with scope.entered(SYSTEM), record.deed() as deed:
        for organization in (NEIGHBOUR, FACILITY, NEIGHBOUR):
            deed.append(Noted(text="x"), about=Subject(organization), by=somebody())
    with scope.entered(SYSTEM):
        assert queries.heads() == {FACILITY: 1, NEIGHBOUR: 2}


def test_nothing_remains_of_a_deed_that_raises() -> None:
    with scope.entered(SYSTEM):
        with pytest.raises(ZeroDivisionError):
            fails_after_appending()
        assert nothing_remains()


def test_a_deed_within_a_deed_is_part_of_it() -> None:
    with scope.entered(SYSTEM):
        with record.deed() as outer:
            with record.deed() as inner:
                assert inner is outer
                inner.append(Noted(text="within"), about=ABOUT, by=somebody())
            assert nothing_remains()
        assert Entry.objects.count() == 1
        with pytest.raises(ZeroDivisionError):
            fails_after_appending()
        assert Entry.objects.count() == 1


def test_a_deed_needs_a_scope() -> None:
    with pytest.raises(scope.NoScope), record.deed():
        pass


def test_an_organization_outside_the_scope_is_refused() -> None:
    with scope.entered(scope.Scope(NEIGHBOUR, NEIGHBOUR, frozenset({1}))):
        with pytest.raises(NotAllowed) as refused:
            note()
        assert refused.value.code == "entry.out_of_scope"


@pytest.mark.parametrize(
    ("payload", "by", "second", "code"),
    [
        (Restrained(), somebody(Post.LEADER), None, "writer.post"),
        (Restrained(), somebody(kind=StaffKind.AUXILIARY), None, "writer.police_only"),
        (Restrained(), Actor.system("x"), None, "writer.kind"),
        (Searched(), somebody(), None, "writer.two_persons"),
        (
            Searched(),
            somebody(kind=StaffKind.AUXILIARY),
            somebody(kind=StaffKind.OTHER),
            "writer.needs_officer",
        ),
    ],
)
def test_whom_the_kind_does_not_admit_is_refused(
    payload: Kind, by: Actor, second: Actor | None, code: str
) -> None:
    with scope.entered(SYSTEM):
        with pytest.raises(NotAllowed) as refused:
            append(payload, by, second=second)
        assert refused.value.code == code
        assert refused.value.message
        assert nothing_remains()


def test_an_act_of_two_names_both() -> None:
    by, second = somebody(), somebody(kind=StaffKind.AUXILIARY)
    with scope.entered(SYSTEM):
        append(Searched(), by, second=second)
        entry = Entry.objects.get()
        assert (entry.by_ref, entry.second_ref) == (by.ref, second.ref)


def test_time_observed_and_time_recorded_stand_apart() -> None:
    observed = AT - timedelta(hours=3)
    with clock.set_to(AT), scope.entered(SYSTEM):
        append(Noted(text="x"), somebody(), occurred_at=observed)
        entry = Entry.objects.get()
        assert (entry.occurred_at, entry.recorded_at) == (observed, AT)


@pytest.mark.parametrize(
    ("occurred_at", "code"),
    [
        (AT + timedelta(minutes=5), ""),
        (AT + timedelta(minutes=5, microseconds=1), "entry.future"),
        (datetime(2026, 3, 5, 2, 0), "entry.naive_time"),
    ],
)
def test_a_time_in_the_future_or_without_a_zone_is_refused(
    occurred_at: datetime, code: str
) -> None:
    with clock.set_to(AT), scope.entered(SYSTEM):
        if not code:
            append(Noted(text="x"), somebody(), occurred_at=occurred_at)
            return
        with pytest.raises(Malformed) as refused:
            append(Noted(text="x"), somebody(), occurred_at=occurred_at)
        assert (refused.value.code, refused.value.field) == (code, "occurred_at")


def test_a_correction_names_the_wrong_entry_which_stays_as_written() -> None:
    with scope.entered(SYSTEM):
        wrong = note("two people")
        right = record.correct(
            wrong.id, wrong="two people", right="three", reason="miscounted", by=somebody()
        )
        lines = queries.lines_of([wrong.id, right.id])
        assert lines[wrong.id].corrected
        assert lines[wrong.id].text == "two people"
        assert lines[right.id].corrects_id == wrong.id
        assert not lines[right.id].corrected


def test_what_is_out_of_scope_can_not_be_corrected() -> None:
    with scope.entered(SYSTEM):
        wrong = note().id
    with scope.entered(scope.Scope(NEIGHBOUR, NEIGHBOUR, frozenset({1}))), pytest.raises(Missing):
        record.correct(wrong, wrong="a", right="b", reason="c", by=somebody())


def test_entries_in_bulk_make_the_same_chain_as_one_by_one() -> None:
    with scope.entered(SYSTEM):
        note("before")
        drafts = [draft(str(n), organization=(FACILITY, NEIGHBOUR)[n % 2]) for n in range(9)]
        assert record.append_many(drafts) == 9
        note("after")
        assert queries.heads() == {FACILITY: 7, NEIGHBOUR: 4}
        assert Payload.objects.count() == Entry.objects.count() == 11


def test_a_payload_holds_no_float() -> None:
    with pytest.raises(TypeError, match="no float"):

        class Weighed(Kind):
            name, version = "tests.weighed", 1
            kilograms: float | None


def test_a_correction_is_for_the_readers_of_what_it_corrects() -> None:
    clinician = somebody(Post.MEDICAL, StaffKind.CLINICIAN)
    with scope.entered(SYSTEM):
        with record.deed() as deed:
            wrong = deed.append(Diagnosed(text="x"), about=ABOUT, by=clinician)
        right = record.correct(wrong.id, wrong="x", right="y", reason="second look", by=clinician)
        assert Entry.objects.get(id=right.id).audience == Readers.CLINICAL
