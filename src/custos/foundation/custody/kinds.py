"""Entries about stays and places."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.custody.people import kinds as people_kinds  # noqa: F401  (declared with these)
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers


class Admitted(Kind):
    """A person was admitted on a legal basis and put into a cell."""

    name, version = "custody.admitted", 1
    title = _("Admitted")
    writers = Writers.posts(Post.ADMISSION, Post.DUTY_LEADER, police_only=True)
    readers, converges = Readers.STAFF, True
    number: str
    basis: str
    basis_number: str
    cell: UUID
    cell_name: str
    arrived_at: datetime
    shown: list[str]
    reason: str = ""
    #: How it is known that this isn't the person of the same name, or document, who is here.
    somebody_else: str = ""

    def line(self) -> str:
        return gettext("No. %(number)s, cell %(cell)s") % {
            "number": self.number,
            "cell": self.cell_name,
        }


class CellMoved(Kind):
    """A person was moved to another cell."""

    name, version = "cell.moved", 1
    title = _("Moved to another cell")
    writers = Writers.posts(Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers, converges = Readers.STAFF, True
    cell: UUID
    cell_name: str
    left_cell: UUID | None
    shown: list[str]
    reason: str

    def line(self) -> str:
        values: dict[str, Any] = {"cell": self.cell_name, "reason": self.reason}
        return gettext("To cell %(cell)s: %(reason)s") % values


# Kinds are found in each app's `kinds`; those of places stand apart.
from custos.foundation.custody.place_kinds import AbsenceOverdue as AbsenceOverdue  # noqa: E402
from custos.foundation.custody.place_kinds import CameBack as CameBack  # noqa: E402
from custos.foundation.custody.place_kinds import CountExplained as CountExplained  # noqa: E402
from custos.foundation.custody.place_kinds import CountMismatch as CountMismatch  # noqa: E402
from custos.foundation.custody.place_kinds import InjuredOnReturn as InjuredOnReturn  # noqa: E402
from custos.foundation.custody.place_kinds import IsolationOrdered as IsolationOrdered  # noqa: E402
from custos.foundation.custody.place_kinds import LeftAlone as LeftAlone  # noqa: E402
from custos.foundation.custody.place_kinds import NeverAloneOrdered as NeverAloneOrdered  # noqa: E402
from custos.foundation.custody.place_kinds import Released as Released  # noqa: E402
from custos.foundation.custody.place_kinds import SeparationBroken as SeparationBroken  # noqa: E402
from custos.foundation.custody.place_kinds import StayEnded as StayEnded  # noqa: E402
from custos.foundation.custody.place_kinds import TransitionDue as TransitionDue  # noqa: E402
