"""Entries about staff."""

from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers


class StaffPosted(Kind):
    """A member of staff was put on a post."""

    name, version = "staff.posted", 1
    title = _("Put on a post")
    writers = Writers.posts(Post.LEADER, system=True)
    readers, converges = Readers.STAFF, True
    staff: UUID
    post: str
    since: date
