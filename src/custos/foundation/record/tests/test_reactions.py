"""What follows an entry, and that it never stops the entry."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record import queries, reactions
from custos.foundation.record import services as record
from custos.foundation.record.kinds import ReactionFailed
from custos.foundation.record.models import Entry, ReactionDue
from custos.foundation.record.parties import Actor, Audience
from custos.foundation.record.reactions import Event, ReactionCycle, on
from custos.foundation.record.services import Deed
from custos.foundation.record.tests.worlds import AT, FACILITY, SYSTEM, Followed, Noted, note

ME = Actor.system("tests")


def registered(name: str, module: str, **options: object) -> list[str]:
    """Register a reaction that notes its name; returns where it notes it."""
    ran: list[str] = []

    def run(event: Event, deed: Deed) -> None:
        ran.append(name)

    run.__module__, run.__name__ = f"custos.{module}.reactions", name
    on(Noted, **options)(run)  # type: ignore[arg-type]
    return ran


def follow(event: Event, deed: Deed) -> None:
    deed.append(Followed(text="followed"), about=event.about, by=ME, because=event.id)


def kinds() -> list[str]:
    return list(Entry.objects.order_by("seq").values_list("kind", flat=True))


def test_reactions_run_in_the_order_of_layers_and_then_of_modules() -> None:
    for module in ("web.kiosk", "prevention.duty", "foundation.custody", "prevention.alarms"):
        registered("react", module)
    assert [r.name for r in reactions.reactions_to(Noted)] == [
        "foundation.custody.react",
        "prevention.alarms.react",
        "prevention.duty.react",
        "web.kiosk.react",
    ]


def test_a_cycle_is_refused_and_its_way_named() -> None:
    on(Noted, emits=[Followed])(lambda event, deed: None)
    reactions.refuse_cycles()

    def back(event: Event, deed: Deed) -> None: ...

    on(Followed, emits=[Noted])(back)
    with pytest.raises(ReactionCycle, match=r"tests\.followed → tests\.noted → tests\.followed"):
        reactions.refuse_cycles()


@pytest.mark.django_db
def test_what_a_reaction_appends_stands_in_the_same_deed_with_its_cause() -> None:
    on(Noted, emits=[Followed])(follow)
    with scope.entered(SYSTEM):
        cause = note()
        assert [line.kind for line in queries.following(cause.id)] == ["tests.followed"]
        assert kinds() == ["tests.noted", "tests.followed"]


@pytest.mark.django_db
class TestAFailingReaction:
    """The entry is recorded, a row is owed, a leader is told, and what it did is undone."""

    fails = True

    def react(self, event: Event, deed: Deed) -> None:
        follow(event, deed)
        deed._owe("another", event, at=deed.at)
        ReactionDue.objects.create(
            entry_id=event.id, organization_id=FACILITY, reaction="half-made", next_at=AT
        )
        if self.fails:
            raise ZeroDivisionError("no")

    @pytest.fixture(autouse=True)
    def _registered(self) -> None:
        def react(event: Event, deed: Deed) -> None:
            self.react(event, deed)

        on(Noted, emits=[Followed])(react)

    def test_leaves_the_entry_and_what_is_owed_and_nothing_of_its_own(self) -> None:
        with clock.set_to(AT), scope.entered(SYSTEM):
            cause = note()
            assert kinds() == ["tests.noted", "record.reaction_failed"]
            (due,) = ReactionDue.objects.all()
            assert (due.entry_id, due.attempts, due.error) == (cause.id, 1, "ZeroDivisionError")
            assert due.next_at == AT + timedelta(minutes=1)
            assert [row.entry_id for row in queries.failed_reactions()] == [cause.id]
            (told,) = queries.latest(kinds=[ReactionFailed.name])
            assert isinstance(told.payload, ReactionFailed)
            assert told.payload.error == "ZeroDivisionError"
            assert told.because_id == cause.id

    def test_is_tried_again_and_again_and_succeeds_in_the_end(self) -> None:
        with clock.set_to(AT), scope.entered(SYSTEM):
            note()
            assert record.run_due() == 0
        waits = [1, 2, 4, 8, 16, 32, 60, 60]
        at = AT
        for attempt, wait in enumerate(waits[:-1], 2):
            at += timedelta(minutes=wait)
            with clock.set_to(at), scope.entered(SYSTEM):
                assert record.run_due() == 1
                (due,) = ReactionDue.objects.all()
                assert (due.attempts, due.done_at) == (attempt, None)
                assert due.next_at - at == timedelta(minutes=waits[attempt - 1])
        self.fails = False
        with clock.set_to(at + timedelta(hours=1)), scope.entered(SYSTEM):
            assert record.run_due() == 1
            assert kinds() == ["tests.noted", "record.reaction_failed", "tests.followed"]
            assert queries.failed_reactions() == []

    def test_leaves_the_entry_of_somebody_who_reads_nothing_of_leaders(self) -> None:
        own = scope.Scope(FACILITY, FACILITY, frozenset({1}))
        with scope.entered(own):
            note()
            assert kinds() == ["tests.noted"]
            assert scope.current() == own
        with scope.entered(SYSTEM):
            assert kinds() == ["tests.noted", "record.reaction_failed"]

    def test_is_told_of_to_leaders_only(self) -> None:
        with scope.entered(SYSTEM):
            note()
        with scope.entered(scope.Scope(FACILITY, FACILITY, frozenset({1}))):
            assert kinds() == ["tests.noted"]


@pytest.mark.django_db
def test_a_later_reaction_waits_for_the_worker() -> None:
    ran = registered("react", "prevention.duty", later=True)
    with clock.set_to(AT), scope.entered(SYSTEM):
        note()
        assert ran == []
        assert queries.failed_reactions() == []
        assert record.run_due() == 1
        assert ran == ["react"]
        assert record.run_due() == 0


@pytest.mark.django_db
def test_a_reaction_that_this_program_no_longer_has_is_kept_and_shown() -> None:
    registered("react", "prevention.duty", later=True)
    with clock.set_to(AT), scope.entered(SYSTEM):
        note()
        reactions.forget("prevention.duty.react")
        record.run_due()
        (due,) = queries.failed_reactions()
        assert due.error == "UnknownReaction"


@pytest.mark.django_db
def test_an_entry_of_a_kind_that_this_program_does_not_know_keeps_its_reaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = registered("react", "prevention.duty", later=True)
    with clock.set_to(AT), scope.entered(SYSTEM):
        note()
        with monkeypatch.context() as patch:
            patch.setattr(record, "kind_of", lambda name, version: None)
            record.run_due()
        (due,) = queries.failed_reactions()
        assert due.error == "UnknownKind"
    with clock.set_to(AT + timedelta(minutes=2)), scope.entered(SYSTEM):
        record.run_due()
        assert ran == ["react"]


def names_what_is_not_there(event: Event, deed: Deed) -> None:
    with connection.cursor() as cursor:  # a foreign key, which is looked at when the deed ends
        cursor.execute(
            "INSERT INTO organizations_area (id, organization_id, name, position)"
            " VALUES (gen_random_uuid(), 199999999, 'x', 0)"
        )


def takes_too_long(event: Event, deed: Deed) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5ms'")
        cursor.execute("SELECT pg_sleep(1)")


def says_what_cannot_be_stored(event: Event, deed: Deed) -> None:
    ground = "a\0b"
    deed.append(Followed(text="x"), about=event.about, by=ME, because=event.id, ground=ground)


def writes_for_others(event: Event, deed: Deed) -> None:
    deed.append(Followed(text="x"), about=event.about, by=ME, audience=int(Audience.CLINICAL))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "react",
    [names_what_is_not_there, takes_too_long, says_what_cannot_be_stored, writes_for_others],
)
def test_what_the_database_would_refuse_at_the_end_fails_the_reaction_alone(
    react: Callable[[Event, Deed], None],
) -> None:
    on(Noted, emits=[Followed])(react)
    with scope.entered(scope.Scope(FACILITY, FACILITY, frozenset({1}))), transaction.atomic():
        note()
    with scope.entered(SYSTEM):
        assert kinds() == ["tests.noted", "record.reaction_failed"]
        assert ReactionDue.objects.get().attempts == 1
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as the commit would


@pytest.mark.django_db
def test_what_a_reaction_writes_for_readers_whom_it_is_among_is_kept() -> None:
    """It may widen its scope for that; the deed ends outside of it."""
    wide = scope.Scope(FACILITY, FACILITY, frozenset({1, int(Audience.CLINICAL)}))

    def react(event: Event, deed: Deed) -> None:
        with scope.entered(wide):
            writes_for_others(event, deed)

    on(Noted, emits=[Followed])(react)
    with scope.entered(scope.Scope(FACILITY, FACILITY, frozenset({1}))):
        note()
        assert kinds() == ["tests.noted"]
    with scope.entered(wide):
        assert kinds() == ["tests.noted", "tests.followed"]


@pytest.mark.django_db
def test_one_that_spoils_its_whole_deed_does_not_hold_up_the_others() -> None:
    ran: list[str] = []

    def react(event: Event, deed: Deed) -> None:
        if isinstance(event.payload, Noted) and event.payload.text == "bad":
            deed.erase_after(event.id, event.id)  # refused when the deed ends: it is no order
        follow(event, deed)
        ran.append(event.payload.model_dump()["text"])

    on(Noted, emits=[Followed], later=True)(react)
    with clock.set_to(AT), scope.entered(SYSTEM):
        for text in ("bad", "one", "two"):
            note(text)
    with clock.set_to(AT), scope.entered(SYSTEM):
        assert record.run_due() == 3
        assert kinds().count("tests.followed") == 2
        (due,) = queries.failed_reactions()
        assert (due.attempts, due.next_at) == (1, AT + timedelta(minutes=1))
        assert kinds().count("record.reaction_failed") == 1
        assert record.run_due() == 0
