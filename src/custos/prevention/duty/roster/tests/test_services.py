"""Planning, publishing, changing, absences, swaps, and who is expected now."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from django.utils import translation

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.clock import LOCAL
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN
from custos.prevention.duty.models import Task
from custos.prevention.duty.roster import absences, facts, queries, services, swaps
from custos.prevention.duty.roster.models import (
    RosterAbsence,
    RosterNews,
    RosterPlan,
    RosterSwap,
    Standing,
)
from custos.prevention.duty.roster.plan import Line
from custos.prevention.duty.roster.services import Wanted, shown_as
from custos.prevention.duty.roster.tests.worlds import DAY, NIGHT, Planning
from custos.prevention.duty.shifts import services as shifts
from tests.factories import SYSTEM, a_facility, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[Planning]:
    with clock.set_to(TUESDAY_AT_TEN), scope.entered(SYSTEM), translation.override("en"):
        yield Planning()


def kinds(like: str = "roster.") -> list[str]:
    return sorted(Entry.objects.filter(kind__startswith=like).values_list("kind", flat=True))


def change(
    world: Planning, one: Acting, line: Line, wanted: Wanted, by: Acting | None = None
) -> RosterPlan:
    return services.change(
        world.facility.pk,
        world.month,
        one.actor.ref,
        line.day,
        wanted,
        seen=shown_as([line]),
        reason="护送就医",
        by=(by or world.leader).actor,
    )


# ------------------------------------------------------------------ planning and publishing


def test_a_month_is_begun_by_the_patterns_and_published_by_a_named_leader(world: Planning) -> None:
    draft = world.begin()
    assert facts.the_plan(world.facility.pk, world.month, Standing.PUBLISHED) is None
    assert len(facts.lines(draft)) > 12 * 14
    assert kinds("roster.p") == [], "what is being made is nobody's yet"
    row = world.publish()
    assert (row.standing, row.published_by) == ("published", world.leader.actor.ref)
    entry = Entry.objects.get(kind="roster.published")
    assert entry.by_ref == world.leader.actor.ref
    told = set(RosterNews.objects.values_list("staff_ref", flat=True))
    assert {one.actor.ref for one in world.patrol} <= told


def test_a_month_is_begun_once_and_anew_when_asked(world: Planning) -> None:
    world.begin()
    with pytest.raises(Conflict, match=r"roster\.begun"):
        world.begin()
    services.begin(world.facility.pk, world.month, by=world.leader.actor, anew=True)
    assert RosterPlan.objects.count() == 1


def test_only_a_leader_who_is_police_plans(world: Planning) -> None:
    for by in (world.patrol[0], world.on(Post.DUTY_LEADER, StaffKind.AUXILIARY)):
        with pytest.raises(NotAllowed, match=r"writer\."):
            services.begin(world.facility.pk, world.month, by=by.actor)


def test_what_breaks_a_hard_rule_is_not_published_and_the_refusal_names_all_of_it(
    world: Planning,
) -> None:
    world.begin()
    one = world.crew(1)[1]
    line = world.lines(one, Standing.DRAFT)[0]
    services.set_day(
        world.facility.pk,
        world.month,
        one.actor.ref,
        line.day,
        Wanted(line.turn, "medical"),
        seen=shown_as([line]),
        by=world.leader.actor,
    )
    with pytest.raises(NotAllowed, match=r"roster\.rule") as refused:
        world.publish()
    said = refused.value.words
    assert one.staff.name in said
    assert line.day.isoformat() in said
    assert "Only posts that the person holds" in said
    assert facts.the_plan(world.facility.pk, world.month, Standing.PUBLISHED) is None


def test_what_is_short_is_told_and_published(world: Planning) -> None:
    world.begin()
    for one in world.patrol[:8]:
        for line in world.lines(one, Standing.DRAFT)[:1]:
            services.set_day(
                world.facility.pk,
                world.month,
                one.actor.ref,
                line.day,
                Wanted(),
                seen=shown_as([line]),
                by=world.leader.actor,
            )
    row = facts.lines(world.draft())
    found = facts.breaches(world.facility.pk, world.month, row)
    assert {one.rule for one in found if not one.blocks} >= {"ROSTER-STRENGTH"}


def test_a_second_plan_takes_the_place_of_the_first_with_a_reason(world: Planning) -> None:
    first = world.published()
    world.begin()
    with pytest.raises(Malformed, match=r"roster\.no_reason"):
        world.publish(reason=" ")
    second = world.publish(reason="增开二监区")
    assert second.revision > first.revision
    assert RosterPlan.objects.get().pk == second.pk
    assert Entry.objects.filter(kind="roster.published").count() == 2


def test_a_plan_that_would_undo_a_change_is_not_published(world: Planning) -> None:
    world.published()
    world.begin()
    one = world.crew(1)[2]
    line = world.lines(one)[0]
    change(world, one, line, Wanted())
    with pytest.raises(Conflict, match=r"roster\.base_moved"):
        world.publish()
    services.begin(world.facility.pk, world.month, by=world.leader.actor, anew=True)
    world.publish()
    assert line not in world.lines(one), "the change stands"


def test_of_two_leaders_the_second_is_told_what_the_first_did(world: Planning) -> None:
    world.begin()
    seen = world.draft().revision
    one = world.crew(1)[1]
    line = world.lines(one, Standing.DRAFT)[0]
    services.set_day(
        world.facility.pk,
        world.month,
        one.actor.ref,
        line.day,
        Wanted(),
        seen=shown_as([line]),
        by=world.other_leader.actor,
    )
    with pytest.raises(Conflict, match=r"roster\.moved_on"):
        world.publish(seen=seen)
    with pytest.raises(Conflict, match=r"roster\.moved_on"):
        services.set_day(
            world.facility.pk,
            world.month,
            one.actor.ref,
            line.day,
            Wanted(NIGHT, "patrol"),
            seen=shown_as([line]),
            by=world.leader.actor,
        )
    world.publish()
    with pytest.raises(Conflict, match=r"roster\.already"):
        services.publish(world.facility.pk, world.month, seen=seen, by=world.other_leader.actor)


# ------------------------------------------------------------------ changes


def test_a_change_of_what_is_published_is_an_entry_and_is_told_to_whom_it_is_about(
    world: Planning,
) -> None:
    world.published()
    RosterNews.objects.all().delete()
    one = world.crew(1)[2]
    line = world.lines(one)[0]
    change(world, one, line, Wanted())
    assert line not in world.lines(one)
    entry = Entry.objects.get(kind="roster.changed")
    assert entry.by_ref == world.leader.actor.ref
    told = RosterNews.objects.get()
    assert (told.staff_ref, told.day, told.reason) == (one.actor.ref, line.day, "护送就医")


def test_a_change_that_breaks_a_hard_rule_is_refused(world: Planning) -> None:
    world.published()
    one = world.crew(1)[2]
    night = next(line for line in world.lines(one) if line.turn == NIGHT)
    with pytest.raises(NotAllowed, match="Rest between two shifts"):
        services.change(
            world.facility.pk,
            world.month,
            one.actor.ref,
            night.day + timedelta(days=1),
            Wanted(DAY, "patrol"),
            seen="",
            reason="x1",
            by=world.leader.actor,
        )


def test_a_womens_place_is_changed_to_nobody_but_a_woman(world: Planning) -> None:
    world.published()
    man = world.crew(1)[1]
    line = world.lines(man)[0]
    with pytest.raises(NotAllowed, match="woman officer"):
        change(world, man, line, Wanted(line.turn, "patrol", women=True))


def test_what_is_over_is_not_changed(world: Planning) -> None:
    world.published()
    one = world.crew(1)[2]
    line = world.lines(one)[0]
    with (
        clock.set_to(datetime.combine(line.day + timedelta(days=1), TUESDAY_AT_TEN.time(), LOCAL)),
        pytest.raises(NotAllowed, match=r"roster\.past"),
    ):
        change(world, one, line, Wanted())


def test_another_facility_is_not_there(world: Planning) -> None:
    world.published()
    stranger = somebody(Post.LEADER, at=a_facility())
    with scope.entered(stranger.scope), pytest.raises(Missing):
        services.begin(world.facility.pk, world.month, by=stranger.actor)
    with scope.entered(stranger.scope):
        assert facts.the_plan(world.facility.pk, world.month, Standing.PUBLISHED) is None


# ------------------------------------------------------------------ proposals


def test_a_proposal_is_made_in_the_background_and_written_into_the_draft(world: Planning) -> None:
    ill = world.crew(2)[0]
    absences.note(
        world.facility.pk,
        ill.actor.ref,
        sort="sick",
        first=world.month,
        last=world.month + timedelta(days=9),
        by=world.leader.actor,
    )
    world.begin()
    draft = services.ask_for_proposal(world.facility.pk, world.month, by=world.leader.actor)
    assert draft.asked_at is not None
    services.ask_for_proposal(world.facility.pk, world.month, by=world.leader.actor)
    services.run_proposal(draft.pk, work=3)
    row = world.draft()
    assert row.asked_at is None
    assert row.told is not None
    assert row.told["kept"] is False
    found = facts.breaches(world.facility.pk, world.month, facts.lines(row))
    assert not any(one.blocks for one in found)
    assert not any(
        line.day < world.month + timedelta(days=10) for line in world.lines(ill, Standing.DRAFT)
    )
    shown = queries.month(world.facility.pk, world.month, Standing.DRAFT)
    assert len(shown.gaps) == len(row.told["gaps"])


def test_what_a_leader_changed_by_hand_stands_in_a_proposal(world: Planning) -> None:
    world.published()
    draft = world.begin()
    one = world.crew(1)[1]
    line = world.lines(one, Standing.DRAFT)[0]
    services.set_day(
        world.facility.pk,
        world.month,
        one.actor.ref,
        line.day,
        Wanted(),
        seen=shown_as([line]),
        by=world.leader.actor,
    )
    services.run_proposal(draft.pk, work=1)
    assert line not in world.lines(one, Standing.DRAFT)
    assert len(world.lines(one, Standing.DRAFT)) == len(world.lines(one)) - 1


def test_what_a_leader_changed_while_a_proposal_was_made_stands(
    world: Planning, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = world.begin()
    one = world.crew(1)[1]
    line = world.lines(one, Standing.DRAFT)[0]
    real = services.proposing.propose

    def slow(*args: object, **more: object) -> object:
        with scope.entered(SYSTEM):
            services.set_day(
                world.facility.pk,
                world.month,
                one.actor.ref,
                line.day,
                Wanted(),
                seen=shown_as([line]),
                by=world.leader.actor,
            )
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(services.proposing, "propose", slow)
    services.run_proposal(draft.pk, work=1)
    row = world.draft()
    assert row.told is not None
    assert row.told["kept"] is True
    assert line not in world.lines(one, Standing.DRAFT)


# ------------------------------------------------------------------ absences


def test_an_absence_is_an_entry_for_leaders_and_keeps_its_days_free(world: Planning) -> None:
    one = world.crew(1)[0]
    first, last = world.month, world.month + timedelta(days=4)
    row = absences.note(
        world.facility.pk,
        one.actor.ref,
        sort="leave",
        first=first,
        last=last,
        by=world.leader.actor,
    )
    with pytest.raises(Conflict, match=r"absence\.noted"):
        absences.note(
            world.facility.pk,
            one.actor.ref,
            sort="sick",
            first=last,
            last=last,
            by=world.leader.actor,
        )
    world.begin()
    assert all(line.day > last for line in world.lines(one, Standing.DRAFT))
    absences.take_back(row.pk, reason="提前返岗", by=world.other_leader.actor)
    with pytest.raises(Conflict, match=r"absence\.ended"):
        absences.take_back(row.pk, reason="提前返岗", by=world.leader.actor)
    assert RosterAbsence.objects.get().ended_by == world.other_leader.actor.ref
    assert kinds("roster.absence") == ["roster.absence_ended", "roster.absence_noted"]
    assert set(
        Entry.objects.filter(kind__startswith="roster.absence").values_list("audience", flat=True)
    ) == {4}


def test_an_absence_names_what_is_published_for_its_days(world: Planning) -> None:
    world.published()
    one = world.crew(1)[0]
    days = [line.day for line in world.lines(one)][:3]
    absences.note(
        world.facility.pk,
        one.actor.ref,
        sort="training",
        first=days[0],
        last=days[-1],
        by=world.leader.actor,
    )
    (shown,) = queries.absences(world.facility.pk).object_list
    assert (shown.name, shown.planned) == (one.staff.name, 3)


@pytest.mark.parametrize(("days", "sort"), [(-1, "leave"), (400, "leave"), (2, "holiday")])
def test_an_absence_that_is_none_is_refused(world: Planning, days: int, sort: str) -> None:
    with pytest.raises(Malformed, match=r"absence\."):
        absences.note(
            world.facility.pk,
            world.crew(1)[0].actor.ref,
            sort=sort,
            first=world.month,
            last=world.month + timedelta(days=days),
            by=world.leader.actor,
        )


# ------------------------------------------------------------------ swaps


def two_who_can_swap(world: Planning, women: bool = False) -> tuple[Acting, Acting, Line, Line]:
    """Two of different crews, and a day shift of each that the other is free for by the rules."""
    a, b = world.crew(1)[0 if women else 1], world.crew(2)[0 if women else 1]
    gives = next(line for line in world.lines(a) if line.turn == DAY)
    takes = next(line for line in world.lines(b) if line.turn == DAY and line.day > gives.day)
    return a, b, gives, takes


def asked(world: Planning, a: Acting, b: Acting, gives: Line, takes: Line | None) -> RosterSwap:
    return swaps.ask(
        world.facility.pk,
        day=gives.day,
        turn=gives.turn,
        other=b.actor.ref,
        back=(takes.day, takes.turn) if takes else None,
        reason="家中有事",
        by=a.actor,
    )


def test_a_swap_is_asked_agreed_approved_and_then_it_is_in_the_roster(world: Planning) -> None:
    world.published()
    a, b, gives, takes = two_who_can_swap(world)
    row = asked(world, a, b, gives, None)
    assert gives in world.lines(a)
    with pytest.raises(Conflict, match=r"swap\.not_agreed"):
        swaps.decide(row.pk, approve=True, by=world.leader.actor)
    swaps.agree(row.pk, by=b.actor)
    swaps.decide(row.pk, approve=True, by=world.leader.actor)
    assert gives not in world.lines(a)
    assert any((line.day, line.turn) == (gives.day, gives.turn) for line in world.lines(b))
    assert takes in world.lines(b)
    assert kinds("roster.swap") == [
        "roster.swap_answered",
        "roster.swap_asked",
        "roster.swap_decided",
    ]
    told = RosterNews.objects.filter(sort="changed").values_list("staff_ref", flat=True)
    assert set(told) == {a.actor.ref, b.actor.ref}
    with pytest.raises(Conflict, match=r"swap\.over"):
        swaps.decide(row.pk, approve=False, words="x1", by=world.other_leader.actor)


def test_a_shift_that_has_begun_is_swapped_no_more(world: Planning) -> None:
    world.published()
    a, b, gives, takes = two_who_can_swap(world)
    begins = datetime.combine(gives.day, time(8), clock.LOCAL)
    with clock.set_to(begins - timedelta(minutes=1)):
        row = asked(world, a, b, gives, None)
        swaps.agree(row.pk, by=b.actor)
    for later in (timedelta(), timedelta(hours=13)):  # as it begins; and when it has ended at 20:00
        with clock.set_to(begins + later):
            with pytest.raises(NotAllowed, match=r"swap\.begun"):
                swaps.decide(row.pk, approve=True, by=world.leader.actor)
            with pytest.raises(NotAllowed, match=r"swap\.begun"):
                asked(world, a, b, gives, takes)
    assert gives in world.lines(a)


def test_a_swap_that_breaks_a_rule_is_not_asked_for(world: Planning) -> None:
    world.published()
    a, b, gives, _takes = two_who_can_swap(world)
    night = next(line for line in world.lines(a) if line.turn == NIGHT)
    other = next(
        one
        for one in world.patrol
        if any(line.day == night.day and line.turn == DAY for line in world.lines(one))
    )
    with pytest.raises(NotAllowed, match="Rest between two shifts"):
        asked(world, a, other, night, None)
    with pytest.raises(Missing, match=r"swap\.no_shift"):
        asked(world, b, a, gives, None)
    with pytest.raises(Malformed, match=r"swap\.oneself"):
        asked(world, a, a, gives, None)


def test_a_place_in_the_womens_area_is_swapped_among_women_alone(world: Planning) -> None:
    world.published()
    a = world.crew(1)[0]
    gives = next(line for line in world.lines(a) if line.turn == DAY)
    assert gives.women
    with pytest.raises(NotAllowed, match="woman officer"):
        asked(world, a, world.crew(2)[1], gives, None)
    assert asked(world, a, world.crew(2)[0], gives, None).state == "asked"


def test_a_swap_is_checked_again_when_it_is_approved(world: Planning) -> None:
    world.published()
    a, b, gives, _takes = two_who_can_swap(world)
    row = asked(world, a, b, gives, None)
    swaps.agree(row.pk, by=b.actor)
    absences.note(
        world.facility.pk,
        b.actor.ref,
        sort="sick",
        first=gives.day,
        last=gives.day,
        by=world.leader.actor,
    )
    with pytest.raises(NotAllowed, match="while they are away"):
        swaps.decide(row.pk, approve=True, by=world.leader.actor)
    swaps.decide(row.pk, approve=False, words="对方病假", by=world.leader.actor)
    assert gives in world.lines(a)


def test_who_may_answer_a_swap(world: Planning) -> None:
    world.published()
    a, b, gives, _takes = two_who_can_swap(world)
    row = asked(world, a, b, gives, None)
    with pytest.raises(Conflict, match=r"swap\.asked"):
        asked(world, a, b, gives, None)
    for wrong in (a, world.crew(2)[0]):
        with pytest.raises(NotAllowed, match=r"swap\.not_yours"):
            swaps.agree(row.pk, by=wrong.actor)
    with pytest.raises(NotAllowed, match=r"swap\.not_yours"):
        swaps.withdraw(row.pk, by=b.actor)
    swaps.agree(row.pk, by=b.actor)
    with pytest.raises(NotAllowed, match=r"writer\.post"):
        swaps.decide(row.pk, approve=True, by=world.crew(2)[0].actor)
    swaps.decline(row.pk, by=b.actor)
    with pytest.raises(Conflict, match=r"swap\.over"):
        swaps.withdraw(row.pk, by=a.actor)


def test_a_leader_does_not_decide_on_a_swap_of_their_own() -> None:
    with clock.set_to(TUESDAY_AT_TEN), scope.entered(SYSTEM):
        world = Planning("strength: {duty_leader: 1}")
        world.other_leader.posting.crew = 1
        world.other_leader.posting.save(update_fields=["crew"])
        colleague = world.on(Post.DUTY_LEADER, crew=2)
        world.published()
        gives = next(line for line in world.lines(world.other_leader) if line.turn == DAY)
        row = asked(world, world.other_leader, colleague, gives, None)
        swaps.agree(row.pk, by=colleague.actor)
        for own in (world.other_leader, colleague):
            with pytest.raises(NotAllowed, match=r"swap\.own"):
                swaps.decide(row.pk, approve=True, by=own.actor)
        swaps.decide(row.pk, approve=True, by=world.leader.actor)


# ------------------------------------------------------------------ who is expected now


def test_who_is_expected_stands_beside_who_has_signed_on_and_adds_no_alarm(
    world: Planning,
) -> None:
    world.published()
    line = next(line for line in world.lines(world.crew(1)[0]) if line.turn == DAY)
    crew = world.crew(1)
    with clock.set_to(datetime(line.day.year, line.day.month, line.day.day, 8, 14, tzinfo=LOCAL)):
        shifts.sign_on(world.facility.pk, by=crew[0].actor)
        shifts.sign_on(world.facility.pk, by=world.crew(2)[0].actor)
        assert queries.not_signed_on(world.facility.pk) == []
    with clock.set_to(datetime(line.day.year, line.day.month, line.day.day, 8, 16, tzinfo=LOCAL)):
        late = queries.not_signed_on(world.facility.pk)
        assert [names for _post, names in late] == [[one.staff.name for one in crew[1:]]]
        now = next(turn for turn in queries.day(world.facility.pk, line.day) if turn.is_now)
        (post,) = now.posts
        assert [bool(one.since) for one in post.people].count(True) == 1
        assert len(post.others) == 1
        assert shifts.sweep() == 0, "two are there of two"
        assert not Task.objects.exists()


def test_ones_own_shifts_are_those_that_are_published_and_still_to_come(world: Planning) -> None:
    one = world.crew(1)[0]
    world.begin()
    assert queries.mine(world.facility.pk, one.actor.ref, days=62) == []
    world.publish()
    shown = queries.mine(world.facility.pk, one.actor.ref, days=62)
    assert [(row.day, row.turn) for row in shown] == [
        (line.day, line.turn) for line in world.lines(one)
    ]
    taking = queries.colleagues(world.facility.pk, shown[0], one.actor.ref)
    assert {person.ref for person, _free in taking} == {
        other.actor.ref for other in world.patrol[:4] if other is not one
    }
    free = {person.ref for person, free in taking if free}
    near = {shown[0].day + timedelta(days=apart) for apart in (-1, 0, 1)}
    for other in world.patrol[:4]:
        if not near & {line.day for line in world.lines(other)}:
            assert other.actor.ref in free
        if shown[0].day in {line.day for line in world.lines(other)}:
            assert other.actor.ref not in free
