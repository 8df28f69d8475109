"""Entries that open tasks. What they open, for whom and by when is in the catalogue."""

from django.utils.translation import gettext

from custos.foundation.accounts.kinds import GlassBroken
from custos.foundation.custody.kinds import (
    AbsenceOverdue,
    Admitted,
    CameBack,
    CellMoved,
    CountExplained,
    CountMismatch,
    InjuredOnReturn,
    IsolationOrdered,
    LeftAlone,
    NeverAloneOrdered,
    SeparationBroken,
    TransitionDue,
)
from custos.foundation.record import queries as record
from custos.foundation.record.kinds import ReactionFailed
from custos.foundation.record.reactions import Event, on
from custos.foundation.record.services import Deed
from custos.prevention.devices.kinds import EmergencyButtonPressed
from custos.prevention.duty import orders, services
from custos.prevention.duty.information import services as information
from custos.prevention.duty.kinds import (
    CatalogueAdopted,
    HandoverWaits,
    InformationCollected,
    OrderGiven,
    PostShort,
    RoundsBehind,
    TaskAnswered,
    TaskOpened,
)
from custos.prevention.duty.rounds import plan
from custos.prevention.duty.rounds import services as rounds


@on(EmergencyButtonPressed, emits=[TaskOpened])
def call_the_patrol(event: Event, deed: Deed) -> None:
    """Somebody in a cell pressed the button."""
    services.open_task(event, deed)


@on(CountExplained, emits=[TaskAnswered])
def end_the_search(event: Event, deed: Deed) -> None:
    """A leader said what became of a count: what its cells asked is answered by that."""
    del deed
    assert isinstance(event.payload, CountExplained)
    asked = services.unfinished_entries(event.about.organization_id, CountMismatch.name)
    for entry, line in record.lines_of(asked).items():
        if getattr(line.payload, "count", None) == event.payload.count:
            services.settle_entry(entry, event.payload.reason, by=event.by)


@on(ReactionFailed, emits=[TaskOpened])
def tell_a_leader(event: Event, deed: Deed) -> None:
    """Something that should have followed an entry did not."""
    services.open_task(event, deed)


@on(GlassBroken, emits=[TaskOpened])
def tell_the_leader(event: Event, deed: Deed) -> None:
    """Somebody read in an emergency what their post doesn't read."""
    services.open_task(event, deed)


@on(CountMismatch, emits=[TaskOpened])
def look_for_somebody(event: Event, deed: Deed) -> None:
    """A cell holds other people than the roll has."""
    services.open_task(event, deed)


@on(LeftAlone, emits=[TaskOpened])
def go_and_sit_with_them(event: Event, deed: Deed) -> None:
    """Somebody who must not be alone is alone."""
    services.open_task(event, deed)


@on(CellMoved)
def follow_them(event: Event, deed: Deed) -> None:
    """Somebody was moved: what is to be done about them is to be done where they are."""
    del deed
    services.follow_person(event.about)


@on(SeparationBroken, emits=[TaskOpened])
def have_them_moved(event: Event, deed: Deed) -> None:
    """People share a cell who may not."""
    services.open_task(event, deed)


@on(TransitionDue, emits=[TaskOpened])
def assess_the_new_arrival(event: Event, deed: Deed) -> None:
    """Somebody has been among new arrivals long enough."""
    services.open_task(event, deed)


@on(AbsenceOverdue, emits=[TaskOpened])
def ask_where_they_are(event: Event, deed: Deed) -> None:
    """Somebody should be back and isn't."""
    services.open_task(event, deed)


@on(CameBack, emits=[TaskAnswered])
def they_are_back(event: Event, deed: Deed) -> None:
    """Whoever was missed came back through the gate: that is the answer."""
    assert isinstance(event.payload, CameBack)
    if event.about.custody_id:
        words = gettext("Back through the gate: %(condition)s") % {
            "condition": event.payload.condition
        }
        services.settle(event.about.custody_id, {AbsenceOverdue.name}, words, by=event.by)


@on(InjuredOnReturn, emits=[TaskOpened])
def look_at_the_injury(event: Event, deed: Deed) -> None:
    """Whoever was outside has an injury that is new: the doctor and the leader, at once."""
    services.open_task(event, deed)


@on(InformationCollected, emits=[TaskOpened])
def ask_whoever_handles_it(event: Event, deed: Deed) -> None:
    """Somebody noticed something that the information catalogue knows."""
    information.open_tasks(event, deed)


@on(PostShort, emits=[TaskOpened])
def find_somebody_for_the_post(event: Event, deed: Deed) -> None:
    """A post has fewer people than it needs."""
    services.open_task(event, deed)


@on(OrderGiven, emits=[TaskOpened])
def ask_whom_the_order_names(event: Event, deed: Deed) -> None:
    """A leader deployed a post."""
    orders.open_task(event, deed)


@on(RoundsBehind, emits=[TaskOpened])
def see_to_the_rounds(event: Event, deed: Deed) -> None:
    """Nobody looked into cells in time."""
    assert isinstance(event.payload, RoundsBehind)
    cells = event.payload.cells
    services.open_task(event, deed, called=lambda title: plan.behind(title, cells))


@on(HandoverWaits, emits=[TaskOpened])
def have_the_shift_handed_over(event: Event, deed: Deed) -> None:
    """A shift has begun, and both leaders have not signed."""
    services.open_task(event, deed)


@on(CatalogueAdopted)
def keep_rounds(event: Event, deed: Deed) -> None:
    """A facility's file says whether and how often its cells are looked into."""
    rounds.keep(event.about.organization_id, deed.at)


def _look_in_time(event: Event, deed: Deed) -> None:
    if event.about.cell_id:
        rounds.wake(event.about.organization_id, [event.about.cell_id], deed.at)


@on(Admitted)
def look_in_on_an_arrival(event: Event, deed: Deed) -> None:
    """A cell in which nobody was has to be looked into from now on."""
    _look_in_time(event, deed)


@on(CellMoved)
def look_in_where_somebody_moved(event: Event, deed: Deed) -> None:
    """So does the cell that somebody moved to."""
    _look_in_time(event, deed)


@on(CameBack)
def look_in_on_who_is_back(event: Event, deed: Deed) -> None:
    """And the cell whose people were all outside."""
    _look_in_time(event, deed)


@on(NeverAloneOrdered)
def look_in_more_often_on_who_must_not_be_alone(event: Event, deed: Deed) -> None:
    """Close watch begins at once, not after the next round."""
    _look_in_time(event, deed)


@on(IsolationOrdered)
def look_in_more_often_on_who_is_apart(event: Event, deed: Deed) -> None:
    """So it does for somebody held apart by medical order."""
    _look_in_time(event, deed)
