"""Entries of leaving: documents received, what was looked for, compared and made ready, and what is late.

That somebody left is an entry of `foundation.custody`, which ends the stay.
"""

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers

#: Who opens cases, receives documents and decides that somebody leaves.
RELEASING = (Post.ADMISSION, Post.DUTY_LEADER, Post.LEADER)
LEADING = (Post.DUTY_LEADER, Post.LEADER)
#: Who says that something is ready; each item narrows it.
PREPARING = (*RELEASING, Post.CASE_OFFICER, Post.MEDICAL, Post.FINANCE)
_RELEASERS = Writers.posts(*RELEASING, police_only=True, system=True)
_SYSTEM = Writers.the_system()


class ReleasePlanned(Kind):
    """Somebody is to leave on a day."""

    name, version = "release.planned", 1
    title = _("Release planned")
    writers, readers, converges = _RELEASERS, Readers.STAFF, True
    release: UUID
    way: str
    way_name: str
    planned_on: date

    def line(self) -> str:
        return f"{self.way_name} · {self.planned_on.isoformat()}"


class ReleaseReceived(Kind):
    """A document on which somebody is to leave was received; from then on it is counted."""

    name, version = "release.document_received", 1
    title = _("Document of release received")
    writers, readers, converges = _RELEASERS, Readers.STAFF, True
    release: UUID
    way: str
    way_name: str
    number: str
    issuer: str
    name_on_paper: str
    ends: list[str]
    seal: bool
    matches: bool
    received_at: datetime
    due_at: datetime | None

    def line(self) -> str:
        return " · ".join(part for part in (self.way_name, self.number, self.issuer) if part)


class ReleaseOrdered(Kind):
    """By a paper that came in somebody is to be let go: it ended the last document that held them, or by
    the papers of the clock their custody is over. It is counted from its receipt.
    """

    name, version = "release.ordered", 1
    title = _("To be let go by a paper")
    writers, readers, converges = _SYSTEM, Readers.STAFF, True
    release: UUID
    way: str
    way_name: str
    received_at: datetime
    due_at: datetime

    def line(self) -> str:
        by = f"{self.due_at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"
        return gettext("%(way)s by %(time)s") % {"way": self.way_name, "time": by}


class ReleaseSearched(Kind):
    """Other warrants and wanted notices were looked for, and none was found that isn't in the file."""

    name, version = "release.searched", 1
    title = _("Other warrants looked for")
    writers, readers = _RELEASERS, Readers.STAFF
    release: UUID
    words: str

    def line(self) -> str:
        return self.words


class IdentityCompared(Kind):
    """Somebody who is to leave was compared with photo and marks, by an officer or by a device.

    Of a device only its verdict is kept; no template is.
    """

    name, version = "release.identity_compared", 1
    title = _("Identity compared before leaving")
    writers, readers = Writers.posts(*RELEASING, Post.CASE_OFFICER, police_only=True), Readers.STAFF
    release: UUID
    how: str
    verdict: str
    words: str

    def line(self) -> str:
        return self.words


class ReceiverNamed(Kind):
    """Who takes over somebody who is handed on was named."""

    name, version = "release.receiver_named", 1
    title = _("Receiver named")
    writers, readers = _RELEASERS, Readers.STAFF
    release: UUID
    receiver: str

    def line(self) -> str:
        return self.receiver


class ReleaseReady(Kind):
    """Something for somebody's leaving was made ready."""

    name, version = "release.ready", 1
    title = _("Ready for leaving")
    writers, readers = Writers.posts(*PREPARING), Readers.STAFF
    release: UUID
    item: str
    item_name: str
    words: str

    def line(self) -> str:
        return " · ".join(part for part in (self.item_name, self.words) if part)


class ReleaseDelayed(Kind):
    """A leader said why somebody who is to leave is still here."""

    name, version = "release.delayed", 1
    title = _("Reason for a late release")
    writers = Writers.posts(*LEADING, police_only=True)
    readers, converges = Readers.STAFF, True
    release: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class ReleaseWithdrawn(Kind):
    """A case of leaving was closed without anybody leaving, and why."""

    name, version = "release.withdrawn", 1
    title = _("Release withdrawn")
    writers = Writers.posts(*LEADING, police_only=True)
    readers, converges = Readers.STAFF, True
    release: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class ReleaseLate(Kind):
    """Somebody should have left by now and is still here."""

    name, version = "release.late", 1
    title = _("Should have left and is still here")
    writers, readers, converges = _SYSTEM, Readers.STAFF, True
    release: UUID
    way: str
    due_at: datetime


class _Due(Kind):
    """What asks one post to make something ready before a day."""

    release: UUID
    planned_on: date

    def line(self) -> str:
        return gettext("Leaves on %(day)s") % {"day": self.planned_on.isoformat()}


class PropertyDue(_Due):
    """Property and money are to be made ready for somebody who leaves soon."""

    name, version = "release.property_due", 1
    title = _("Property and money for leaving are due")
    writers, readers = _SYSTEM, Readers.STAFF


class MedicineDue(_Due):
    """Medicine is to be made ready for somebody who leaves soon."""

    name, version = "release.medicine_due", 1
    title = _("Medicine for leaving is due")
    writers, readers = _SYSTEM, Readers.STAFF


class PapersDue(_Due):
    """Papers and notices are to be made ready for somebody who leaves soon."""

    name, version = "release.papers_due", 1
    title = _("Papers and notices for leaving are due")
    writers, readers = _SYSTEM, Readers.STAFF


class Died(Kind):
    """A person in custody died. Reports and notices are due at once.

    Source: 看守所条例 第27条; 公通字〔2011〕56号; Nelson Mandela Rules 69, 71.
    """

    name, version = "custody.died", 1
    title = _("Death in custody")
    writers = Writers.posts(*RELEASING, police_only=True)
    readers, converges = Readers.STAFF, True
    release: UUID
    number: str
    issuer: str
    name_on_paper: str
    matches: bool
    died_at: datetime

    def line(self) -> str:
        return " · ".join(part for part in (self.number, self.issuer) if part)


DUE: dict[str, type[_Due]] = {"property": PropertyDue, "medicine": MedicineDue, "papers": PapersDue}
