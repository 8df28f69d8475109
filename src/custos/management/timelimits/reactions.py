"""What follows stays, and what was said about their clocks."""

from custos.foundation.custody.kinds import Admitted
from custos.foundation.custody.people.kinds import (
    AuthorityRecorded,
    BasisRecorded,
    DocumentEnded,
    Recorded,
)
from custos.foundation.custody.place_kinds import Released, StayEnded
from custos.foundation.record.reactions import Event, on
from custos.foundation.record.services import Deed
from custos.management.timelimits import former, kinds, services
from custos.prevention.duty import services as duty
from custos.prevention.duty.kinds import TaskOpened


@on(Admitted)
def begin_the_clock(event: Event, deed: Deed) -> None:
    """Somebody is held from now on: their clock is watched, with papers or without."""
    if event.about.custody_id:
        services.begin(event.about.custody_id, event.about.organization_id, event.recorded_at)


@on(Admitted, emits=[kinds.PapersOffered], later=True)
def bring_the_papers(event: Event, deed: Deed) -> None:
    """Somebody came; where another facility handed them over, its papers are offered here."""
    if event.about.custody_id:
        former.offer_to(event.about.custody_id, deed)


@on(StayEnded, emits=[kinds.PapersOffered], later=True)
def send_the_papers(event: Event, deed: Deed) -> None:
    """Somebody was handed over; where they have arrived already, their papers are offered there."""
    if event.about.custody_id:
        former.offer_from(event.about.custody_id, deed)


@on(kinds.PapersOffered, emits=[TaskOpened])
def ask_to_take_the_papers_over(event: Event, deed: Deed) -> None:
    """Papers of the former facility wait."""
    duty.open_task(event, deed)


@on(Released, emits=[kinds.WarningEnded])
def stop_the_clock_of_the_free(event: Event, deed: Deed) -> None:
    """Somebody is free."""
    _stop(event, deed)


@on(StayEnded, emits=[kinds.WarningEnded])
def stop_the_clock(event: Event, deed: Deed) -> None:
    """Somebody has left, and is held elsewhere or died."""
    _stop(event, deed)


def _stop(event: Event, deed: Deed) -> None:
    if event.about.custody_id:
        services.end(event.about.custody_id, deed)


@on(DocumentEnded, emits=[kinds.Unheld])
def say_that_nothing_holds_them(event: Event, deed: Deed) -> None:
    """A document of the file ended: where none is left that holds the person, it is said at once."""
    _follow_documents(event, deed)


@on(BasisRecorded, emits=[kinds.WarningEnded])
def say_that_a_document_holds_them(event: Event, deed: Deed) -> None:
    """A document came into the file: whoever none held is held by it."""
    _follow_documents(event, deed)


@on(AuthorityRecorded, emits=[kinds.Unheld, kinds.WarningEnded])
def ask_anew_what_holds_them(event: Event, deed: Deed) -> None:
    """The case moved: which document took whose place is told by whose case it is."""
    _follow_documents(event, deed)


def _follow_documents(event: Event, deed: Deed) -> None:
    said = event.payload
    assert isinstance(said, Recorded | DocumentEnded)
    if event.about.custody_id:
        services.follow_documents(
            event.about.custody_id, said.fact, deed, because=event.id, by=event.by
        )


@on(kinds.Unheld, emits=[TaskOpened])
def act_on_whom_nothing_holds(event: Event, deed: Deed) -> None:
    """No document holds somebody who is here."""
    duty.open_task(event, deed)


@on(kinds.LimitNear, emits=[TaskOpened])
def act_before_the_limit(event: Event, deed: Deed) -> None:
    """A limit is about to end: whoever is asked is asked in time for it."""
    assert isinstance(event.payload, kinds.LimitNear)
    duty.open_task(event, deed, before=event.payload.due_at)


@on(kinds.LimitOver, emits=[TaskOpened])
def act_on_custody_beyond_the_limit(event: Event, deed: Deed) -> None:
    """Somebody is held beyond a limit."""
    duty.open_task(event, deed)


@on(kinds.TransferMissing, emits=[TaskOpened])
def ask_for_the_transfer(event: Event, deed: Deed) -> None:
    """The transfer form is missing."""
    duty.open_task(event, deed)


@on(kinds.ApplicationWaits, emits=[TaskOpened])
def forward_the_application(event: Event, deed: Deed) -> None:
    """An application waits."""
    duty.open_task(event, deed)


@on(kinds.SentenceNear, emits=[TaskOpened])
def prepare_the_release(event: Event, deed: Deed) -> None:
    """A sentence is about to end: its release is prepared in time for it."""
    assert isinstance(event.payload, kinds.SentenceNear)
    duty.open_task(event, deed, before=event.payload.due_at)


@on(kinds.DeliveryLate, emits=[TaskOpened])
def arrange_the_delivery(event: Event, deed: Deed) -> None:
    """Somebody has to go to prison."""
    duty.open_task(event, deed)


@on(kinds.OverSentence, emits=[TaskOpened])
def ask_the_court(event: Event, deed: Deed) -> None:
    """Custody has reached the sentence."""
    duty.open_task(event, deed)


@on(kinds.PapersLate, emits=[TaskOpened])
def ask_for_the_papers(event: Event, deed: Deed) -> None:
    """The court's papers are late."""
    duty.open_task(event, deed)


@on(kinds.AssessmentDue, emits=[TaskOpened])
def assess_the_treatment(event: Event, deed: Deed) -> None:
    """An assessment is due."""
    duty.open_task(event, deed)


@on(kinds.NoBasis, emits=[TaskOpened])
def find_the_basis(event: Event, deed: Deed) -> None:
    """Nobody knows on what somebody is held."""
    duty.open_task(event, deed)


@on(kinds.LimitDiffers, emits=[TaskOpened])
def compare_the_dates(event: Event, deed: Deed) -> None:
    """A paper and the computation differ."""
    duty.open_task(event, deed)
