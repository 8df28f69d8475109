"""What follows an arrival and a release: tasks of posts, and the first paper of the stay.

By when a task is due is in the catalogue.
"""

from custos.foundation.custody.people.ending import REVOKED
from custos.foundation.custody.people.kinds import BasisRecorded, DocumentEnded
from custos.foundation.record.reactions import Event, on
from custos.foundation.record.services import Deed
from custos.management.reception.kinds import (
    ArrivalCame,
    CareOrdered,
    CareWanted,
    DocumentsChecked,
    FirstLookTaken,
    RiskDue,
    TalkDue,
)
from custos.management.reception.release import opening as release
from custos.management.reception.release.kinds import (
    Died,
    MedicineDue,
    PapersDue,
    PropertyDue,
    ReleaseLate,
    ReleaseOrdered,
    ReleasePlanned,
    ReleaseReceived,
    ReleaseWithdrawn,
)
from custos.management.timelimits import services as timelimits
from custos.management.timelimits.kinds import (
    LimitComputed,
    LimitDiffers,
    OutAndHere,
    PaperRecorded,
    Unheld,
)
from custos.prevention.duty import services as duty
from custos.prevention.duty.kinds import TaskOpened


@on(ArrivalCame, emits=[TaskOpened])
def call_the_doctor(event: Event, deed: Deed) -> None:
    """Somebody stands at the door: the health check doesn't wait for the papers."""
    duty.open_task(event, deed)


@on(CareWanted, emits=[TaskOpened])
def call_the_doctor_to_the_door(event: Event, deed: Deed) -> None:
    """Danger or an injury was seen while the admission is under way: it doesn't wait for its end."""
    duty.open_task(event, deed)


@on(CareOrdered, emits=[TaskOpened])
def see_to_care_at_the_door(event: Event, deed: Deed) -> None:
    """The doctor ordered something, or a child is alone at home: somebody sees to it now."""
    duty.open_task(event, deed)


@on(FirstLookTaken, emits=[TaskOpened])
def ask_for_the_screening(event: Event, deed: Deed) -> None:
    """Somebody was admitted: the screening for suicide and withdrawal is due."""
    duty.open_task(event, deed)


@on(RiskDue, emits=[TaskOpened])
def ask_for_the_first_assessment(event: Event, deed: Deed) -> None:
    """Somebody was admitted: the first risk assessment is due."""
    duty.open_task(event, deed)


@on(TalkDue, emits=[TaskOpened])
def ask_for_the_first_talk(event: Event, deed: Deed) -> None:
    """Somebody was admitted: the first talk is due."""
    duty.open_task(event, deed)


@on(BasisRecorded, emits=[ReleasePlanned])
def follow_the_term(event: Event, deed: Deed) -> None:
    """A document with a last day was recorded: whoever leaves soon has a case of leaving."""
    del deed
    if event.about.custody_id:
        release.follow_terms(event.about.custody_id)


@on(OutAndHere, emits=[ReleasePlanned, ReleaseOrdered])
def follow_the_clock(event: Event, deed: Deed) -> None:
    """By the clock somebody should have left: their case of leaving is late, whatever was planned.

    Whom a paper frees is due by it, from its receipt: where it bears no hour, its day has begun long ago.
    """
    del deed
    out, stay = event.payload, event.about.custody_id
    assert isinstance(out, OutAndHere)
    if stay and out.due_at:
        release.follow_clock(stay, out.state, out.due_at)
    elif stay:
        release.follow_paper(stay, event.recorded_at, because=event.id)


@on(DocumentEnded, emits=[ReleasePlanned, ReleaseOrdered])
def let_go_whom_a_paper_frees(event: Event, deed: Deed) -> None:
    """A paper revoked the last document that held somebody: they are to be let go by it.

    However it ended: whom a paper of the clock had freed already, and only this one held still, goes now.
    """
    del deed
    said = event.payload
    assert isinstance(said, DocumentEnded)
    if event.about.custody_id:
        revoked = said.how == REVOKED
        release.follow_document(
            event.about.custody_id, event.recorded_at, revoked=revoked, because=event.id
        )


@on(Unheld, emits=[ReleasePlanned, ReleaseOrdered])
def let_go_whom_nothing_has_held_since(event: Event, deed: Deed) -> None:
    """The sweep found somebody whom nothing holds: so it was before that was said when a document ended.

    It counts from then. Who is ordered free already stays so, as when the document ends now.
    """
    del deed
    if event.about.custody_id:
        release.follow_last_document(event.about.custody_id, because=event.id)


@on(LimitComputed, emits=[ReleasePlanned, ReleaseOrdered])
def let_go_whom_the_clock_frees(event: Event, deed: Deed) -> None:
    """By a paper of the clock custody is over: whoever leaves by it, it counts from the paper's entry."""
    del deed
    said = event.payload
    assert isinstance(said, LimitComputed)
    if event.about.custody_id and said.over:
        release.follow_paper(event.about.custody_id, event.recorded_at, because=event.id)


@on(ReleaseOrdered, emits=[TaskOpened])
def see_that_they_go(event: Event, deed: Deed) -> None:
    """By a paper somebody is to be let go: it is counted how long it takes."""
    duty.open_task(event, deed)


@on(ReleaseReceived, emits=[TaskOpened])
def let_them_go(event: Event, deed: Deed) -> None:
    """A document of release was received: it is counted how long it takes, and their clock says so."""
    said = event.payload
    assert isinstance(said, ReleaseReceived)
    if event.about.custody_id:
        timelimits.to_leave(event.about.custody_id, said.received_at, said.due_at)
    duty.open_task(event, deed)


@on(ReleaseLate, emits=[TaskOpened])
def call_the_leader(event: Event, deed: Deed) -> None:
    """Somebody should have left and is still here."""
    duty.open_task(event, deed)


@on(ReleaseWithdrawn, emits=[TaskOpened])
def look_at_the_withdrawal(event: Event, deed: Deed) -> None:
    """A leader closed a case without anybody leaving; another one looks at it."""
    if event.about.custody_id:
        timelimits.stays_after_all(event.about.custody_id)
    duty.open_task(event, deed)


@on(PropertyDue, emits=[TaskOpened])
def ask_for_the_property(event: Event, deed: Deed) -> None:
    """Somebody leaves soon: property and money."""
    duty.open_task(event, deed)


@on(MedicineDue, emits=[TaskOpened])
def ask_for_the_medicine(event: Event, deed: Deed) -> None:
    """Somebody leaves soon: medicine."""
    duty.open_task(event, deed)


@on(PapersDue, emits=[TaskOpened])
def ask_for_the_papers(event: Event, deed: Deed) -> None:
    """Somebody leaves soon: papers and notices."""
    duty.open_task(event, deed)


@on(Died, emits=[TaskOpened])
def report_the_death(event: Event, deed: Deed) -> None:
    """Somebody died: reports and notices are due at once."""
    duty.open_task(event, deed)


@on(DocumentsChecked, emits=[PaperRecorded, LimitComputed, LimitDiffers])
def enter_the_first_paper(event: Event, deed: Deed) -> None:
    """The document on which somebody was admitted is the first fact of their clock."""
    if event.about.custody_id:
        answers = event.payload.model_dump()
        timelimits.first_paper(event.about.custody_id, answers, by=event.by)
