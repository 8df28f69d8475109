"""Who sees what of the record."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.foundation.record import queries, rows
from custos.foundation.record import services as record
from custos.foundation.record.models import Attachment, Checkpoint, Entry, Head, Payload
from custos.foundation.record.parties import (
    Actor,
    Audience,
    Post,
    StaffKind,
    Subject,
    audiences_of,
)
from custos.foundation.record.queries import Stay
from custos.foundation.record.tests.worlds import (
    AT,
    FACILITY,
    NEIGHBOUR,
    SYSTEM,
    Diagnosed,
    Noted,
    note,
    somebody,
)

pytestmark = pytest.mark.django_db
TABLES = [Attachment, Checkpoint, Entry, Head, Payload]
CITY = (101_001_000, 101_001_999)
PERSON = uuid4()


def seen_by(post: Post, kind: StaffKind, facility: int = FACILITY) -> scope.Scope:
    return scope.Scope(facility, facility, frozenset(audiences_of(post, kind)))


PATROL = seen_by(Post.PATROL, StaffKind.OFFICER)
DOCTOR = seen_by(Post.MEDICAL, StaffKind.CLINICIAN)


def diagnosed() -> None:
    about = Subject(FACILITY, detainee_id=PERSON)
    with scope.entered(SYSTEM), record.deed() as deed:
        doctor = somebody(Post.MEDICAL, StaffKind.CLINICIAN)
        deed.append(Diagnosed(text="asthma"), about=about, by=doctor)
        note("slept well", about=about)


def test_without_a_scope_there_is_nothing() -> None:
    with scope.entered(SYSTEM):
        note()
    assert not any(model.objects.exists() for model in TABLES)
    with pytest.raises(scope.NoScope):
        queries.latest()


def test_without_a_scope_nothing_can_be_written() -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Head.objects.create(organization_id=FACILITY, hash=b"")


def test_another_facility_sees_nothing() -> None:
    with scope.entered(SYSTEM):
        note()
    with scope.entered(seen_by(Post.LEADER, StaffKind.OFFICER, NEIGHBOUR)):
        assert not any(model.objects.exists() for model in TABLES)
        assert queries.latest() == []
        assert queries.heads() == {}


def test_the_city_above_sees_its_facilities() -> None:
    with scope.entered(SYSTEM):
        note()
        note(about=Subject(NEIGHBOUR))
        note(about=Subject(101_002_001))
    with scope.entered(scope.Scope(*CITY, frozenset({1}))):
        assert set(queries.heads()) == {FACILITY, NEIGHBOUR}
        assert len(queries.latest()) == 2


def test_what_is_clinical_is_invisible_to_the_patrol_and_seen_by_the_doctor() -> None:
    diagnosed()
    with scope.entered(PATROL):
        assert [line.text for line in queries.timeline(detainee=PERSON)] == ["slept well"]
        assert Entry.objects.count() == Payload.objects.count() == 1
    with scope.entered(DOCTOR):
        assert len(queries.timeline(detainee=PERSON)) == 2


def test_an_officer_who_stands_in_on_the_medical_post_reads_nothing_clinical() -> None:
    diagnosed()
    with scope.entered(seen_by(Post.MEDICAL, StaffKind.OFFICER)):
        assert len(queries.timeline(detainee=PERSON)) == 1


def test_what_the_patrol_may_not_read_it_may_neither_correct_nor_erase() -> None:
    diagnosed()
    with scope.entered(SYSTEM):
        clinical = Entry.objects.get(kind="tests.diagnosed").id
    with scope.entered(PATROL):
        assert queries.lines_of([clinical]) == {}
        with pytest.raises(Missing):
            record.correct(clinical, wrong="a", right="b", reason="c", by=somebody())
        leader, second = somebody(Post.LEADER), somebody(Post.LEADER)
        with pytest.raises(Missing):
            record.erase_payload(clinical, legal_ground="x", reason="x", by=leader, second=second)


def test_an_export_stream_obeys_the_scope() -> None:
    diagnosed()
    with scope.entered(PATROL), connection.cursor() as cursor:
        assert len(list(rows.stream(cursor, FACILITY))) == 1
        assert list(rows.stream(cursor, NEIGHBOUR)) == []


def test_a_scope_within_a_scope_ends_with_its_block() -> None:
    with scope.entered(SYSTEM):
        note()
        with scope.entered(seen_by(Post.PATROL, StaffKind.OFFICER, NEIGHBOUR)):
            assert not Entry.objects.exists()
        assert Entry.objects.count() == 1
    assert not Entry.objects.exists()


def test_what_happened_in_a_cell_concerns_whoever_was_there_then() -> None:
    cell, roommate = uuid4(), uuid4()
    place = Subject(FACILITY, cell_id=cell)
    with scope.entered(SYSTEM):
        for hour in range(4):
            with clock.set_to(AT + timedelta(hours=hour)):
                note(f"hour {hour}", about=place)
        with clock.set_to(AT + timedelta(hours=1)):
            note("another's", about=Subject(FACILITY, detainee_id=roommate, cell_id=cell))
            note("own", about=Subject(FACILITY, detainee_id=PERSON, cell_id=cell))
        stay = Stay(cell, AT + timedelta(hours=1), AT + timedelta(hours=2))
        texts = {line.text for line in queries.timeline(detainee=PERSON, stays=[stay])}
    assert texts == {"hour 1", "hour 2", "own"}


def test_a_timeline_takes_two_queries_however_long(
    django_assert_num_queries: object,
) -> None:
    with scope.entered(SYSTEM):
        for number in range(8):
            note(str(number), about=Subject(FACILITY, detainee_id=PERSON))
        with django_assert_num_queries(2):  # type: ignore[operator]
            assert len(queries.timeline(detainee=PERSON)) == 8


def test_pages_of_a_timeline_follow_one_another() -> None:
    with scope.entered(SYSTEM):
        for number in range(5):
            with clock.set_to(AT + timedelta(minutes=number)):
                note(str(number), about=Subject(FACILITY, detainee_id=PERSON))
        first = queries.timeline(detainee=PERSON, limit=3)
        second = queries.timeline(detainee=PERSON, limit=3, before=first[-1].id)
    assert [line.text for line in (*first, *second)] == ["4", "3", "2", "1", "0"]


def wrote(at: datetime, audience: Audience, by: Actor, facility: int = FACILITY) -> None:
    with clock.set_to(at), scope.entered(SYSTEM), record.deed() as deed:
        deed.append(Noted(text="x"), about=Subject(facility), by=by, audience=audience)


def test_when_somebody_last_wrote_is_known_also_to_who_may_not_read_what() -> None:
    doctor, patrol = somebody(Post.MEDICAL, StaffKind.CLINICIAN), somebody()
    wrote(AT, Audience.STAFF, doctor)
    wrote(AT + timedelta(minutes=9), Audience.CLINICAL, doctor)
    wrote(AT + timedelta(minutes=3), Audience.STAFF, patrol)
    with scope.entered(PATROL):
        assert len(queries.latest()) == 2, "the doctor's finding is not theirs to read"
        assert queries.last_acts(FACILITY, {doctor.ref, patrol.ref}) == {
            doctor.ref: AT + timedelta(minutes=9),
            patrol.ref: AT + timedelta(minutes=3),
        }
        assert queries.last_acts(FACILITY, set()) == {}


def test_that_somebody_complained_under_seal_shows_in_no_moment() -> None:
    patrol = somebody()
    wrote(AT, Audience.STAFF, patrol)
    wrote(AT + timedelta(minutes=5), Audience.SEALED_COMPLAINT, patrol)
    wrote(AT + timedelta(minutes=7), Audience.PROSECUTOR, patrol)
    for reader in (PATROL, SYSTEM):
        with scope.entered(reader):
            assert queries.last_acts(FACILITY, {patrol.ref}) == {patrol.ref: AT}


def test_when_somebody_wrote_elsewhere_is_known_to_nobody_here() -> None:
    other = somebody()
    wrote(AT, Audience.STAFF, other, NEIGHBOUR)
    with scope.entered(PATROL):
        assert queries.last_acts(NEIGHBOUR, {other.ref}) == {}
        assert queries.last_acts(FACILITY, {other.ref}) == {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM record_last_acts(%s, %s, 9)", [NEIGHBOUR, [other.ref]])
        assert cursor.fetchall() == [], "without a scope there is nothing"
