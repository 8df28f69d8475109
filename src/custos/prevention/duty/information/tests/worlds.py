"""A facility with people on posts, for tests about information and shifts; call within a scope."""

from datetime import datetime

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.models import Custody
from custos.foundation.organizations.models import Area, Cell, Organization
from custos.foundation.record.parties import Post, StaffKind
from tests import factories

#: A Tuesday, a working day and not before a holiday; at ten by local time.
TUESDAY_AT_TEN = datetime(2026, 3, 3, 10, tzinfo=clock.LOCAL)


class World:
    """One facility with a cell and somebody in it."""

    def __init__(self) -> None:
        self.facility: Organization = factories.a_facility()
        self.cell: Cell = factories.a_cell(facility=self.facility)
        assert self.cell.area is not None
        self.area: Area = self.cell.area
        self.stay: Custody = factories.a_detainee(in_cell=self.cell)

    def on(self, post: Post, kind: StaffKind | None = None) -> Acting:
        """Somebody with an account on a post here; a clinician on the medical one."""
        usual = StaffKind.CLINICIAN if post is Post.MEDICAL else StaffKind.OFFICER
        return factories.somebody(post, kind or usual, at=self.facility)
