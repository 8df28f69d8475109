"""Grave acts take two people, once, for exactly what was confirmed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import FRESH, GOOD_FOR, Act
from custos.foundation.accounts.models import Confirmation, Posting, User
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing, NotAllowed
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, Readers, StaffKind, Subject, Writers
from tests.factories import SYSTEM, a_city, a_facility, somebody


class Opened(Kind):
    """What was sealed was opened."""

    name, version, title = "tests.unsealed", 1, "Unsealed"
    writers = Writers.posts(Post.LEADER, Post.DUTY_LEADER, two_persons=True)
    readers = Readers.STAFF
    what: str


LEADERS = frozenset({Post.LEADER, Post.DUTY_LEADER})


@pytest.fixture(autouse=True)
def act(monkeypatch: pytest.MonkeyPatch) -> Act:
    """A grave act of the tests' own, which only they know."""
    monkeypatch.setattr(confirmations, "_acts", {})
    return confirmations.register(
        Act(
            "tests.unseal",
            "Unseal",
            firsts=LEADERS,
            seconds=LEADERS | {Post.PATROL},
            lines=lambda content: [("What", content["what"])],
            url=lambda content: "/",
            effect="The box is opened.",
            undone="Nothing.",
            instead="Leave it shut.",
        )
    )


class Desk:
    """A facility with two leaders and a patrol officer, and what they do."""

    def __init__(self) -> None:
        with scope.entered(SYSTEM):
            self.place = a_facility()
            self.leader = somebody(Post.LEADER, at=self.place)
            self.deputy = somebody(Post.DUTY_LEADER, at=self.place)
            self.patrol = somebody(Post.PATROL, at=self.place)

    @property
    def everybody(self) -> list[Acting]:
        return [self.leader, self.deputy, self.patrol]

    def asks(self, by: Acting, what: str = "box 7", **changed: Any) -> UUID:
        wanted = {
            "organization_id": self.place.pk,
            "ground": "CPL 286",
            "by": by,
            "proven_at": clock.now(),
        } | changed
        with scope.entered(by.scope):
            return confirmations.ask("tests.unseal", {"what": what}, **wanted).pk

    def confirms(self, by: Acting, asked: UUID, **changed: Any) -> None:
        with scope.entered(by.scope):
            confirmations.confirm(asked, **({"by": by, "proven_at": clock.now()} | changed))

    def declines(self, by: Acting, asked: UUID) -> None:
        with scope.entered(by.scope):
            confirmations.decline(asked, by=by)

    def unseals(self, by: Acting, asked: UUID, what: str = "box 7") -> None:
        """The grave act itself."""
        with scope.entered(by.scope), record.deed() as deed:
            second = confirmations.consume(asked, "tests.unseal", {"what": what}, by=by)
            deed.append(Opened(what=what), about=Subject(self.place.pk), by=by.actor, second=second)

    def done(self) -> list[Entry]:
        with scope.entered(SYSTEM):
            return list(Entry.objects.filter(kind="tests.unsealed", organization_id=self.place.pk))


@pytest.fixture
def desk(live_database: str) -> Desk:
    return Desk()


def refused(
    code: str, kind: type[CustosError], work: Callable[..., Any], *args: Any, **more: Any
) -> None:
    with pytest.raises(kind) as refusal:
        work(*args, **more)
    assert refusal.value.code == code
    assert refusal.value.message


def test_two_people_do_a_grave_act_and_the_entry_names_both(desk: Desk) -> None:
    asked = desk.asks(desk.leader)
    desk.confirms(desk.deputy, asked)
    desk.unseals(desk.leader, asked)
    (entry,) = desk.done()
    assert (entry.by_ref, entry.second_ref) == (
        str(desk.leader.staff.pk),
        str(desk.deputy.staff.pk),
    )


def test_nobody_confirms_what_they_asked_for_themselves(desk: Desk) -> None:
    asked = desk.asks(desk.leader)
    refused("confirmation.same_person", NotAllowed, desk.confirms, desk.leader, asked)
    refused("confirmation.waits", Conflict, desk.unseals, desk.leader, asked)
    assert desk.done() == []


def test_a_confirmation_counts_once(desk: Desk) -> None:
    asked = desk.asks(desk.leader)
    desk.confirms(desk.deputy, asked)
    desk.unseals(desk.leader, asked)
    refused("confirmation.used", Conflict, desk.unseals, desk.leader, asked)
    assert len(desk.done()) == 1


def test_a_confirmation_is_for_exactly_what_was_shown(desk: Desk) -> None:
    asked = desk.asks(desk.leader, "box 7")
    desk.confirms(desk.deputy, asked)
    refused("confirmation.changed", Conflict, desk.unseals, desk.leader, asked, "box 8")
    desk.unseals(desk.leader, asked, "box 7")


def test_a_confirmation_for_one_act_is_none_for_another(desk: Desk, act: Act) -> None:
    asked = desk.asks(desk.leader)
    desk.confirms(desk.deputy, asked)
    confirmations.register(replace(act, name="tests.other"))
    with scope.entered(desk.leader.scope):
        refused(
            "confirmation.changed",
            Conflict,
            confirmations.consume,
            asked,
            "tests.other",
            {"what": "box 7"},
            by=desk.leader,
        )


def test_a_confirmation_is_used_by_whoever_asked_for_it(desk: Desk) -> None:
    asked = desk.asks(desk.leader)
    desk.confirms(desk.deputy, asked)
    refused("confirmation.of_another", NotAllowed, desk.unseals, desk.deputy, asked)
    assert desk.done() == []


def test_an_old_confirmation_is_refused(desk: Desk) -> None:
    asked, late = desk.asks(desk.leader), desk.asks(desk.leader)
    desk.confirms(desk.deputy, asked)
    with clock.set_to(clock.now() + GOOD_FOR + timedelta(seconds=1)):
        refused("confirmation.expired", Conflict, desk.unseals, desk.leader, asked)
        refused("confirmation.expired", Conflict, desk.confirms, desk.deputy, late)
    assert desk.done() == []


@pytest.mark.parametrize("proven", [None, FRESH + timedelta(seconds=1)])
def test_both_prove_again_who_they_are(desk: Desk, proven: timedelta | None) -> None:
    at = None if proven is None else clock.now() - proven
    refused("confirmation.not_proven", NotAllowed, desk.asks, desk.leader, proven_at=at)
    asked = desk.asks(desk.leader)
    refused("confirmation.not_proven", NotAllowed, desk.confirms, desk.deputy, asked, proven_at=at)


def test_who_declines_ends_it(desk: Desk) -> None:
    asked = desk.asks(desk.leader)
    desk.declines(desk.deputy, asked)
    refused("confirmation.answered", Conflict, desk.confirms, desk.patrol, asked)
    refused("confirmation.declined", Conflict, desk.unseals, desk.leader, asked)


def test_posts_scope_and_ground_are_asked_for(desk: Desk) -> None:
    refused("confirmation.post", NotAllowed, desk.asks, desk.patrol)
    refused("confirmation.no_ground", Malformed, desk.asks, desk.leader, ground=" ")
    with scope.entered(SYSTEM):
        stranger, doctor = somebody(Post.DUTY_LEADER), somebody(Post.MEDICAL, at=desk.place)
        beside = a_facility().pk
    refused("confirmation.scope", NotAllowed, desk.asks, desk.leader, organization_id=beside)
    asked = desk.asks(desk.leader)
    refused("confirmation.no_such", Missing, desk.confirms, stranger, asked)
    refused("confirmation.post", NotAllowed, desk.confirms, doctor, asked)


def test_an_act_for_officers_takes_two_officers(desk: Desk, act: Act) -> None:
    from dataclasses import replace

    with scope.entered(SYSTEM):
        auxiliary = somebody(Post.PATROL, StaffKind.AUXILIARY, at=desk.place)
    asked = desk.asks(desk.leader)
    desk.confirms(auxiliary, asked)
    confirmations.register(replace(act, both_officers=True))
    refused("writer.needs_officer", NotAllowed, desk.unseals, desk.leader, asked)
    asked = desk.asks(desk.leader)
    refused("writer.police_only", NotAllowed, desk.confirms, auxiliary, asked)


def test_a_leader_of_a_higher_tier_may_be_the_second_person(desk: Desk, act: Act) -> None:
    from dataclasses import replace

    confirmations.register(replace(act, seconds=frozenset({Post.OVERSIGHT})))
    with scope.entered(SYSTEM):
        above = somebody(Post.OVERSIGHT, at=a_city())
    asked = desk.asks(desk.leader)
    desk.confirms(above, asked)
    desk.unseals(desk.leader, asked)
    assert len(desk.done()) == 1


def test_whoever_lost_their_post_or_account_no_longer_counts(desk: Desk) -> None:
    yesterday = clock.now().date() - timedelta(days=2)
    for leave in (
        lambda: Posting.objects.filter(user=desk.deputy.user).update(
            since=yesterday, until=yesterday
        ),
        lambda: User.objects.filter(pk=desk.leader.user.pk).update(is_active=False),
    ):
        asked = desk.asks(desk.leader)
        desk.confirms(desk.deputy, asked)
        with scope.entered(SYSTEM):
            leave()
        refused("confirmation.no_longer", NotAllowed, desk.unseals, desk.leader, asked)
        with scope.entered(SYSTEM):
            Posting.objects.filter(user=desk.deputy.user).update(until=None)
    assert desk.done() == []


def test_an_act_that_fails_leaves_its_confirmation_unused(desk: Desk) -> None:
    asked = desk.asks(desk.leader)
    desk.confirms(desk.deputy, asked)

    def fails() -> None:
        with scope.entered(desk.leader.scope), record.deed():
            confirmations.consume(asked, "tests.unseal", {"what": "box 7"}, by=desk.leader)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    desk.unseals(desk.leader, asked)
    assert len(desk.done()) == 1


def test_the_database_itself_refuses_one_person_and_a_second_use(desk: Desk) -> None:
    asked = desk.asks(desk.leader)
    mine = {"second": desk.leader.posting, "second_staff": desk.leader.staff}
    theirs = {"second": desk.deputy.posting, "second_staff": desk.deputy.staff}
    now = clock.now()

    def changes(**values: Any) -> None:
        with scope.entered(SYSTEM), transaction.atomic():
            Confirmation.objects.filter(pk=asked).update(**values)

    for wrong in (
        mine | {"confirmed_at": now},
        {"used_at": now},
        theirs | {"confirmed_at": now + timedelta(hours=1)},
        {"content": {"what": "box 8"}},
        {"digest": "0" * 64},
        {"expires_at": now + timedelta(days=1)},
    ):
        with pytest.raises(DatabaseError):
            changes(**wrong)
    changes(**theirs, confirmed_at=now)
    with pytest.raises(DatabaseError):
        changes(declined_at=now)
    changes(used_at=now)
    for again in ({"used_at": None}, {"used_at": now + timedelta(seconds=1)}):
        with pytest.raises(DatabaseError):
            changes(**again)
    with pytest.raises(DatabaseError), scope.entered(SYSTEM), transaction.atomic():
        Confirmation.objects.filter(pk=asked).delete()


def test_a_list_shows_what_waits_for_me_and_not_what_i_asked(desk: Desk) -> None:
    asked = desk.asks(desk.leader)
    for who, waits in ((desk.leader, []), (desk.deputy, [asked]), (desk.patrol, [asked])):
        with scope.entered(who.scope):
            assert [row.pk for row in confirmations.waiting_for(who)] == waits
    desk.confirms(desk.deputy, asked)
    with scope.entered(desk.patrol.scope):
        assert confirmations.waiting_for(desk.patrol) == []
    with scope.entered(desk.leader.scope):
        assert [row.pk for row in confirmations.asked_by(desk.leader)] == [asked]


def test_whoever_asked_reads_for_a_day_what_came_of_it_and_when(desk: Desk) -> None:
    began = clock.now()

    def told() -> list[str]:
        with scope.entered(desk.leader.scope), translation.override("en"):
            rows = confirmations.shown(confirmations.asked_lately(desk.leader))
            return [str(one.stands[1]) for one in rows]

    for minutes, what in enumerate(("confirmed", "refused", "nobody")):
        with clock.set_to(began + timedelta(minutes=minutes)):
            asked = desk.asks(desk.leader, what)
            if what == "confirmed":
                desk.confirms(desk.deputy, asked)
            if what == "refused":
                with scope.entered(desk.deputy.scope):
                    confirmations.decline(asked, by=desk.deputy)
    with clock.set_to(began + timedelta(minutes=3)):
        assert told() == ["waits", "refused", "confirmed"]
    with clock.set_to(began + timedelta(hours=2)):
        assert told() == ["answered by nobody in time", "refused", "confirmed, not done in time"]
    with clock.set_to(began + timedelta(hours=25)):
        assert told() == []


# ------------------------------------------------------------------ at once


def apart(work: Callable[[], object]) -> object:
    """`work` on a connection of its own, which is given back; what it raised, where it did."""
    try:
        return work()
    except CustosError as error:
        return error.code
    finally:
        connection.close()


def test_of_two_who_use_one_confirmation_at_once_one_is_refused(desk: Desk) -> None:
    for _ in range(5):
        before = len(desk.done())
        asked, together = desk.asks(desk.leader), threading.Barrier(2)
        desk.confirms(desk.deputy, asked)

        def use(asked: UUID = asked, together: threading.Barrier = together) -> None:
            together.wait(10)
            desk.unseals(desk.leader, asked)

        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(apart, [use, use]))
        assert sorted(map(str, said)) == ["None", "confirmation.used"]
        assert len(desk.done()) == before + 1


def test_who_loses_the_post_while_the_act_runs_is_waited_for(desk: Desk) -> None:
    """The postings are locked until the deed ends: either the act comes first or it is refused."""
    asked = desk.asks(desk.leader)
    desk.confirms(desk.deputy, asked)
    consumed, tried = threading.Event(), threading.Event()

    def act() -> None:
        with scope.entered(desk.leader.scope), record.deed():
            confirmations.consume(asked, "tests.unseal", {"what": "box 7"}, by=desk.leader)
            consumed.set()
            assert tried.wait(10)

    def dismiss() -> None:
        assert consumed.wait(10)
        with scope.entered(SYSTEM), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
            try:
                with pytest.raises(DatabaseError, match="lock timeout"), transaction.atomic():
                    Posting.objects.filter(pk=desk.deputy.posting.pk).update(crew=1)
            finally:
                tried.set()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(apart, [act, dismiss])) == [None, None]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "confirm", "decline", "unseal"]),
        st.integers(0, 2),  # who
        st.integers(0, 3),  # which of the confirmations there are
        st.sampled_from(["box 7", "box 8"]),
    ),
    min_size=4,
    max_size=14,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=STEPS, other=STEPS)
def test_no_interleaving_gets_a_grave_act_done_by_one_person_or_twice(
    desk: Desk, first: list[Any], other: list[Any]
) -> None:
    """Two connections take the steps at once, each in its own order, on the same confirmations."""
    case = uuid4().hex
    known = [desk.asks(desk.leader, f"{case} box 7"), desk.asks(desk.deputy, f"{case} box 8")]
    together = threading.Barrier(2)

    def take(steps: list[Any]) -> list[tuple[str, str]]:
        acted = []
        together.wait(10)
        for step, who, which, what in steps:
            by, asked = desk.everybody[who], known[which % len(known)]
            try:
                if step == "ask":
                    known.append(desk.asks(by, f"{case} {what}"))
                elif step == "confirm":
                    desk.confirms(by, asked)
                elif step == "decline":
                    desk.declines(by, asked)
                else:
                    desk.unseals(by, asked, f"{case} {what}")
                    acted.append((str(asked), f"{case} {what}"))
            except CustosError:
                continue
        return acted

    with ThreadPoolExecutor(2) as pool:
        acted = [
            act
            for run in pool.map(lambda steps: apart(lambda: take(steps)), [first, other])
            for act in run  # type: ignore[attr-defined]
        ]
    with scope.entered(SYSTEM):
        rows = {str(row.pk): row for row in Confirmation.objects.filter(pk__in=known)}
    assert len({asked for asked, _what in acted}) == len(acted), "one confirmation, two acts"
    for asked, what in acted:
        row = rows[asked]
        assert row.content == {"what": what}
        assert row.second_staff_id not in (None, row.first_staff_id)
        assert row.confirmed_at is not None
    assert {pk for pk, row in rows.items() if row.used_at} == {asked for asked, _what in acted}
    assert all(entry.second_ref not in ("", entry.by_ref) for entry in desk.done())
