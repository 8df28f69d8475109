"""Entries about facilities and their cells."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers

_LEADERS = Writers.posts(Post.LEADER, Post.OVERSIGHT, system=True)


class OrganizationOpened(Kind):
    """An organization was added to the tree."""

    name, version = "organization.opened", 1
    title = _("Organization added")
    writers, readers, converges = _LEADERS, Readers.STAFF, True
    full_name: str
    kind: str

    def line(self) -> str:
        return self.full_name


class CellAdded(Kind):
    """A cell was added to a facility."""

    name, version = "cell.added", 1
    title = _("Cell added")
    writers, readers, converges = _LEADERS, Readers.STAFF, True
    cell: UUID
    cell_name: str
    sex: str
    cell_kind: str
    capacity: int
    square_metres: Decimal | None

    def line(self) -> str:
        return gettext("Cell %(cell)s for %(capacity)s people") % {
            "cell": self.cell_name,
            "capacity": self.capacity,
        }


class CellTakenOutOfUse(Kind):
    """A cell may hold nobody for a while."""

    name, version = "cell.out_of_use", 1
    title = _("Cell taken out of use")
    writers = Writers.posts(Post.LEADER, Post.DUTY_LEADER, Post.LOGISTICS, system=True)
    readers, converges = Readers.STAFF, True
    reason: str
    expected_return: date | None

    def line(self) -> str:
        return self.reason


class CellReturnedToUse(Kind):
    """A cell may hold people again."""

    name, version = "cell.returned_to_use", 1
    title = _("Cell back in use")
    writers = Writers.posts(Post.LEADER, Post.DUTY_LEADER, Post.LOGISTICS, system=True)
    readers, converges = Readers.STAFF, True


class BaseRecorded(Kind):
    """A facility's base record was renewed."""

    name, version = "organization.base_recorded", 1
    title = _("Base record renewed")
    writers, readers, converges = _LEADERS, Readers.STAFF, True
    valid_from: date
    grade: str
    capacity: int
    square_metres: Decimal
    staff: dict[str, int]
    installations: dict[str, tuple[int, int]]
