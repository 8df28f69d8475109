"""Entries in the life of a task. Each follows the entry that opened the task (`because`)."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import clock
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import ActorKind, Post, Readers, Writers
from custos.prevention.duty import catalogue


class Why(BaseModel):
    """A reason as the engine gave it; a part of the payloads below."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    version: int
    source: str
    confidence: str
    fact: str


class TaskOpened(Kind):
    """Information came in that a post must handle."""

    name, version = "task.opened", 1
    title = _("Task opened")
    writers = Writers.the_system()
    readers, converges = Readers.STAFF, True
    task: UUID
    source_kind: str
    severity: int
    post: Post
    due_at: datetime
    reasons: list[Why]

    def line(self) -> str:
        for_post = gettext("For %(post)s") % {"post": self.post.title}
        named = catalogue.title_of(self.reasons[0].rule) if self.reasons else ""
        return f"{named} · {for_post}" if named else for_post


class TaskAccepted(Kind):
    """Somebody took the task on."""

    name, version = "task.accepted", 1
    title = _("Task accepted")
    writers = Writers.posts()
    readers, converges = Readers.STAFF, True
    task: UUID
    due_at: datetime

    def line(self) -> str:
        return gettext("Result due by %(time)s") % {
            "time": self.due_at.astimezone(clock.LOCAL).strftime("%H:%M")
        }


class TaskAnswered(Kind):
    """The task is done; this is its result, for whoever found what opened it."""

    name, version = "task.answered", 1
    title = _("Task answered")
    writers = Writers.posts()
    readers, converges = Readers.STAFF, True
    task: UUID
    answer: str
    finder_kind: ActorKind
    finder_ref: str

    def line(self) -> str:
        return self.answer


class TaskWithdrawn(Kind):
    """The task is not to be done, for the reason given. Ending duty unanswered is for police."""

    name, version = "task.withdrawn", 1
    title = _("Task withdrawn")
    writers = Writers.posts(police_only=True)
    readers, converges = Readers.STAFF, True
    task: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class TaskEscalated(Kind):
    """A deadline passed: the next post on the ladder was asked, or the last one again."""

    name, version = "task.escalated", 1
    title = _("Task escalated")
    writers = Writers.the_system()
    readers, converges = Readers.STAFF, True
    task: UUID
    cause: str
    step: int
    post: Post
    waited_minutes: int
    due_at: datetime
    reasons: list[Why]

    def line(self) -> str:
        values = {"post": self.post.title, "minutes": self.waited_minutes}
        if self.cause == "not_answered":
            return gettext("No result after %(minutes)s minutes; %(post)s told") % values
        return gettext("Not accepted after %(minutes)s minutes; %(post)s asked") % values
