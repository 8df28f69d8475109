"""Information of before: the same rows and entries as if it had been noticed and handled then."""

from datetime import timedelta

import pytest

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind, Subject
from custos.prevention.duty import services as duty
from custos.prevention.duty.information import bulk
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.bulk import Done, Handled, Returned
from custos.prevention.duty.information.models import Observation
from custos.prevention.duty.information.services import About
from custos.prevention.duty.information.tests.worlds import TUESDAY_AT_TEN, World
from custos.prevention.duty.models import Task
from tests.factories import SYSTEM

pytestmark = pytest.mark.django_db
#: What a row says that differs from one to the next.
_OWN = {"id", "_state", "client_id", "digest", "entry_id", "source_entry_id"}


class Before(World):
    """A facility where a defect was noticed, and what was done about it."""

    def __init__(self) -> None:
        with clock.set_to(TUESDAY_AT_TEN - timedelta(days=1)):
            super().__init__()
            self.patrol = self.on(Post.PATROL).actor
            self.logistics = self.on(Post.LOGISTICS, StaffKind.OTHER).actor

    def defect(self, minutes: float = 5, returned: Returned | None = None) -> Handled:
        return Handled(
            type="I42b",
            text="灯不亮。",
            about=Subject(self.facility.pk, cell_id=self.cell.pk),
            place=self.cell.name,
            at=TUESDAY_AT_TEN,
            by=self.patrol,
            done=self.done(minutes),
            details={"defect": "light"},
            returned=returned,
        )

    def done(self, minutes: float = 5) -> Done:
        return Done(self.logistics, timedelta(minutes=minutes), timedelta(minutes=30), "已更换。")


def _says(row: object) -> dict[str, object]:
    return {name: value for name, value in vars(row).items() if name not in _OWN}


def test_what_was_is_written_as_if_it_had_been_done_then() -> None:
    with scope.entered(SYSTEM):
        world = Before()
        with clock.set_to(TUESDAY_AT_TEN):
            information.observe(
                "I42b",
                "灯不亮。",
                facility=world.facility.pk,
                about=About(cell=world.cell.pk),
                by=world.patrol,
                details={"defect": "light"},
            )
        done = Task.objects.get()
        with clock.set_to(TUESDAY_AT_TEN + timedelta(minutes=5)):
            duty.accept(done.pk, by=world.logistics)
        with clock.set_to(TUESDAY_AT_TEN + timedelta(minutes=35)):
            duty.answer(done.pk, "已更换。", by=world.logistics)
        assert bulk.receive(world.facility.pk, [world.defect()]) == 1
        one, other = Task.objects.order_by("id")
        assert _says(one) == _says(other)
        reported, known = Observation.objects.order_by("id")
        assert _says(reported) == _says(known)
        for task in (one, other):
            assert Entry.objects.get(pk=task.source_entry_id).kind == "information.collected"
            followed = Entry.objects.filter(because_id=task.source_entry_id).order_by("recorded_at")
            kinds = list(followed.values_list("kind", flat=True))
            assert kinds == ["task.opened", "task.accepted", "task.answered"]


def test_what_nobody_took_climbed_and_what_did_not_hold_was_asked_for_again() -> None:
    with scope.entered(SYSTEM):
        world = Before()
        again = Returned(timedelta(hours=1), "灯仍不亮。", world.done())
        assert bulk.receive(world.facility.pk, [world.defect(minutes=300, returned=again)]) == 2
        first, second = Task.objects.order_by("opened_at")
        assert (first.step, first.post, first.asked) == (
            1,
            "duty_leader",
            ["logistics", "duty_leader"],
        )
        assert second.reopens == first
        assert second.opened_at == first.ended_at + timedelta(hours=1)  # type: ignore[operator]
        assert {first.state, second.state} == {"answered"}
        assert Entry.objects.filter(kind="task.escalated").count() == 1
        assert Entry.objects.get(kind="task.reopened").pk == second.source_entry_id


def test_what_few_may_read_is_no_history() -> None:
    with scope.entered(SYSTEM):
        world = Before()
        sealed = Handled(
            type="I04",
            text="x",
            about=Subject(world.facility.pk),
            place="",
            at=TUESDAY_AT_TEN,
            by=world.patrol,
            done=world.done(),
        )
        with pytest.raises(ValueError, match="I04"):
            bulk.receive(world.facility.pk, [sealed])
