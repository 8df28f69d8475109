"""Answering a figure, replying, signing a month; and what stands after the signing."""

from datetime import timedelta
from typing import Any

import pytest

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, Missing, NotAllowed
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Audience, Post, StaffKind
from custos.prevention.duty.assessment import queries, services
from custos.prevention.duty.assessment.models import FigureAnswer, SignedMonth
from custos.prevention.duty.assessment.plan import Figure
from custos.prevention.duty.assessment.tests.worlds import AFTER, MARCH, Assessed, at
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Any:
    with clock.set_to(AFTER), scope.entered(SYSTEM):
        made = Assessed()
        made.stood(made.one)
        made.task()
        made.task(opened=60, by=made.one, accepted=65, answered=70)
        yield made


def answered(world: Assessed, text: str = "At the hospital with somebody.") -> FigureAnswer:
    return services.answer(world.facility, MARCH, "first_action", text, by=world.one.actor)


def signed(world: Assessed, by: Acting | None = None, digest: str = "") -> SignedMonth:
    return services.sign(
        world.facility,
        MARCH,
        digest or world.month().digest,
        by=(by or world.leader).actor,
        proven_at=clock.now(),
    )


def test_an_officer_answers_a_figure_of_their_own_and_leaders_alone_read_it(
    world: Assessed,
) -> None:
    with scope.entered(world.one.scope):
        row = answered(world)
    assert (row.cases, row.kept) == (2, 1)
    entry = Entry.objects.get(pk=row.entry_id)
    assert (entry.kind, entry.audience) == ("assessment.answered", Audience.LEADERS)
    shown = world.month().answers[0]
    assert (shown.officer, shown.text) == ("Zhao Min", "At the hospital with somebody.")
    assert shown.figure == Figure(2, 1)


def test_nobody_answers_a_figure_that_they_have_not(world: Assessed) -> None:
    with pytest.raises(Missing):
        services.answer(world.facility, MARCH, "first_action", "x", by=world.two.actor)
    with pytest.raises(Missing):
        services.answer(world.facility, MARCH, "beauty", "x", by=world.one.actor)
    for words in (" ", "x" * 1001):
        with pytest.raises(Malformed):
            answered(world, words)


def test_ones_own_month_shows_ones_own_figures_and_answers_alone(world: Assessed) -> None:
    answered(world)
    mine = queries.own(world.facility, MARCH, world.one.actor, AFTER)
    assert mine.row.figures["first_action"] == Figure(2, 1, median=300)
    assert len(mine.answers) == 1
    theirs = queries.own(world.facility, MARCH, world.two.actor, AFTER)
    assert (dict(theirs.row.figures), list(theirs.answers)) == ({}, [])


def test_a_leader_replies_once_and_never_to_their_own_word(world: Assessed) -> None:
    row = answered(world)
    services.reply(row.pk, "Seen; the escort took you off the post.", by=world.leader.actor)
    shown = world.month().answers[0]
    assert (shown.reply, shown.replied_by) == (
        "Seen; the escort took you off the post.",
        "Zhao Min",
    )
    with pytest.raises(Conflict) as refusal:
        services.reply(row.pk, "again", by=world.leader.actor)
    assert refusal.value.code == "assessment.replied"
    world.task(opened=90, by=world.leader, accepted=92)
    own = services.answer(world.facility, MARCH, "first_action", "x", by=world.leader.actor)
    with pytest.raises(NotAllowed):
        services.reply(own.pk, "x", by=world.leader.actor)
    with pytest.raises(NotAllowed):
        services.reply(own.pk, "x", by=world.duty_leader.actor)


def test_a_month_is_signed_with_its_figures_rules_answers_and_replies(world: Assessed) -> None:
    row = answered(world)
    with pytest.raises(Conflict) as refusal:
        signed(world)
    assert refusal.value.code == "assessment.unreplied"
    services.reply(row.pk, "Seen.", by=world.leader.actor)
    made = signed(world)
    (entry,) = Entry.objects.filter(kind="assessment.signed")
    payload = scope_payload(entry)
    assert payload.digest == made.digest
    assert (payload.rules_version, payload.fewest) == (1, 5)
    assert [(one.text, one.reply) for one in payload.answers] == [
        ("At the hospital with somebody.", "Seen.")
    ]
    of_one = [
        one for one in payload.figures if (one.by, one.key) == ("officer", world.one.actor.ref)
    ]
    assert [(one.measure, one.cases, one.kept) for one in of_one] == [
        ("answers", 1, 1),
        ("closing", 1, 1),
        ("first_action", 2, 1),
    ]


def scope_payload(entry: Entry) -> Any:
    from custos.foundation.record import queries as record

    return record.line(entry.pk).payload


def test_what_comes_after_the_signing_changes_nothing_and_is_shown_as_a_difference(
    world: Assessed,
) -> None:
    signed(world)
    before = world.month()
    assert before.signed is not None
    assert not before.differences
    world.looked(world.one, 0)
    world.task(opened=120, by=world.two, accepted=121)
    after = world.month()
    assert after.whole.figures == before.whole.figures
    changed = {(one.by, one.measure): (one.signed, one.now) for one in after.differences}
    assert changed["facility", "rounds"] == (None, Figure(1, 1))
    assert changed["facility", "first_action"] == (Figure(2, 1, 300), Figure(3, 2, 60))
    answered(world)
    assert len(world.month().answers) == 1


def test_a_signed_month_stands_beside_the_next_one_as_it_was_signed(world: Assessed) -> None:
    signed(world)
    world.task(opened=120, by=world.two, accepted=121)
    april = queries.month_of(world.facility, MARCH.after, AFTER)
    assert april.whole.before["first_action"].cases == 2


def test_a_month_is_signed_once_when_it_is_over_by_a_leader_who_saw_it(world: Assessed) -> None:
    def code(**more: Any) -> str:
        with pytest.raises((Conflict, NotAllowed)) as refusal:
            signed(world, **more)
        return refusal.value.code

    assert code(by=world.duty_leader) == "writer.post"
    assert code(by=world.on(Post.LEADER, StaffKind.OTHER)) == "writer.police_only"
    seen = world.month().digest
    world.task(opened=200)
    assert code(digest=seen) == "assessment.changed"
    with clock.set_to(at(600)):
        assert code() == "assessment.not_over"
    with pytest.raises(NotAllowed) as refusal:
        services.sign(
            world.facility,
            MARCH,
            world.month().digest,
            by=world.leader.actor,
            proven_at=clock.now() - timedelta(minutes=6),
        )
    assert refusal.value.code == "confirmation.not_proven"
    signed(world)
    assert code() == "assessment.signed"
    assert SignedMonth.objects.count() == 1


def test_no_other_facilitys_answer_is_replied_to(world: Assessed) -> None:
    row = answered(world)
    other = Assessed()
    with scope.entered(other.leader.scope), pytest.raises(Missing):
        services.reply(row.pk, "x", by=other.leader.actor)
