"""Entries about staff."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers


class StaffPosted(Kind):
    """A member of staff was put on a post."""

    name, version = "staff.posted", 1
    title = _("Put on a post")
    writers = Writers.posts(Post.LEADER, Post.SECURITY_ADMIN, system=True)
    readers, converges = Readers.STAFF, True
    staff: UUID
    post: str
    since: date


class PostingEndedUnexplained(Kind):
    """A member of staff left a post, as it was written before a reason was asked."""

    name, version = "staff.posting_ended", 1
    title = _("Left a post")
    writers = Writers.posts(Post.SECURITY_ADMIN, system=True)
    readers, converges = Readers.STAFF, True
    staff: UUID
    post: str
    until: date


class PostingEnded(PostingEndedUnexplained):
    """A member of staff left a post, and why."""

    version = 2
    reason: str


class AccountChangedUnexplained(Kind):
    """The security administrator did something, as it was written before a reason was asked."""

    name, version = "account.changed", 1
    title = _("Account changed")
    writers = Writers.posts(Post.SECURITY_ADMIN, system=True)
    readers = Readers.LEADERS
    account: int
    what: Literal["made", "closed", "opened", "new_password", "factors_reset", "unlocked"]

    def line(self) -> str:
        return str(_WHAT[self.what])


class AccountChanged(AccountChangedUnexplained):
    """The security administrator did something about an account, and why (of a new one: empty)."""

    version = 2
    reason: str

    def line(self) -> str:
        return f"{super().line()} · {self.reason}" if self.reason else super().line()


_WHAT = {
    "made": _("made"),
    "closed": _("closed"),
    "opened": _("opened again"),
    "new_password": _("given a new password"),
    "factors_reset": _("second factors taken away"),
    "unlocked": _("unlocked after wrong passwords"),
}


class BoardEnrolled(Kind):
    """A screen became a wall board."""

    name, version = "board.enrolled", 1
    title = _("Wall board enrolled")
    writers = Writers.the_system()
    readers = Readers.STAFF
    board: UUID
    board_name: str

    def line(self) -> str:
        return self.board_name


class BoardRevokedUnexplained(Kind):
    """A wall board shows nothing any more, as it was written before a reason was asked."""

    name, version = "board.revoked", 1
    title = _("Wall board revoked")
    writers = Writers.posts(Post.LEADER, Post.SECURITY_ADMIN)
    readers = Readers.STAFF
    board: UUID
    board_name: str

    def line(self) -> str:
        return self.board_name


class BoardRevoked(BoardRevokedUnexplained):
    """A wall board shows nothing any more, and why."""

    version = 2
    reason: str

    def line(self) -> str:
        return f"{self.board_name} · {self.reason}"


class GlassBroken(Kind):
    """Somebody opened, in an emergency, what their post doesn't read about a person."""

    name, version = "access.glass_broken", 1
    title = _("Opened in an emergency")
    erasable = False
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER)
    readers, converges = Readers.STAFF, True
    reason: str
    until: datetime

    def line(self) -> str:
        return self.reason
