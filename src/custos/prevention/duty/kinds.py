"""Entries in the life of a task. Each follows the entry that opened the task (`because`)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import clock
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import ActorKind, Post, Readers, Writers
from custos.foundation.ui.wording import enumerated
from custos.prevention.duty import catalogue
from custos.prevention.duty.assessment import plan as assessment
from custos.prevention.duty.information import catalogue as information
from custos.prevention.duty.models import ORDER


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
    erasable = False
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
    erasable = False
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


class TaskHandedBack(Kind):
    """Whoever accepted the task can't do it after all: its posts are asked again."""

    name, version = "task.handed_back", 1
    title = _("Task handed back")
    writers = Writers.posts()
    readers, converges = Readers.STAFF, True
    task: UUID
    reason: str
    due_at: datetime

    def line(self) -> str:
        return self.reason


class TaskWithdrawn(Kind):
    """The task is not to be done, for the reason given. Ending duty unanswered is for police; the program
    does it where what the task was about is over.
    """

    name, version = "task.withdrawn", 1
    title = _("Task withdrawn")
    writers = Writers.posts(police_only=True, system=True)
    readers, converges = Readers.STAFF, True
    task: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class TaskEscalated(Kind):
    """A deadline passed: the next post on the ladder was asked, or the last one again."""

    name, version = "task.escalated", 1
    title = _("Task escalated")
    erasable = False
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
        if self.cause == "nobody_there":
            return gettext("Nobody was on duty to take it; %(post)s asked") % values
        return gettext("Not accepted after %(minutes)s minutes; %(post)s asked") % values


class TaskReopened(Kind):
    """The result of an answered task didn't hold: it is asked for again, by a task of its own."""

    name, version = "task.reopened", 1
    title = _("Task reopened")
    writers = Writers.posts()
    readers, converges = Readers.STAFF, True
    task: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class TaskNoted(Kind):
    """How far somebody is with a task that they accepted; its result is still to come."""

    name, version = "task.noted", 1
    title = _("Progress of a task")
    writers = Writers.posts()
    readers, converges = Readers.STAFF, True
    task: UUID
    text: str

    def line(self) -> str:
        return self.text


class OrderGiven(Kind):
    """A leader deployed a post, and on it perhaps one officer: what is to be done, and by when."""

    name, version = ORDER, 1
    title = _("Order given")
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers, converges = Readers.STAFF, True
    post: Post
    officer: str
    officer_name: str
    severity: int
    text: str
    due_at: datetime
    after: UUID | None = None

    def line(self) -> str:
        values = {
            "whom": self.officer_name or self.post.title,
            "time": self.due_at.astimezone(clock.LOCAL).strftime("%m-%d %H:%M"),
            "text": self.text,
        }
        return gettext("For %(whom)s by %(time)s: %(text)s") % values


class Detail(BaseModel):
    """A typed field of collected information; `value` in one form for each sort of field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: str


class InformationCollected(Kind):
    """Somebody noticed something that the information catalogue knows.

    Its title stands here as it was then: a facility may change its own rows. `claimed_at` is what the
    device's clock said, where that was off.
    """

    name, version = "information.collected", 1
    title = _("Information collected")
    writers = Writers.posts(system=True)
    readers, converges = Readers.STAFF, True
    type: str
    type_version: int
    title_zh: str
    title_en: str
    severity: int
    text: str
    details: list[Detail]
    area: UUID | None = None
    client: UUID
    claimed_at: datetime | None = None

    def line(self) -> str:
        named = self.title_zh if (get_language() or "").startswith("zh") else self.title_en
        said = [named, information.in_words(self.details), self.text]
        return " · ".join(part for part in said if part)


class CatalogueAdopted(Kind):
    """A facility adopted its own file of information types, stricter rows, shifts and strength."""

    name, version = "duty.catalogue_adopted", 1
    title = _("Duty catalogue adopted")
    writers = Writers.posts(Post.LEADER, police_only=True)
    readers, converges = Readers.STAFF, True
    catalogue_version: int
    sha256: str
    valid_from: date
    types: list[str]
    stricter: list[str]
    reason: str

    def line(self) -> str:
        return gettext("Version %(version)s from %(day)s: %(reason)s") % {
            "version": self.catalogue_version,
            "day": self.valid_from.isoformat(),
            "reason": self.reason,
        }


class SignedOn(Kind):
    """Somebody took up duty on a post."""

    name, version = "duty.signed_on", 1
    title = _("Signed on")
    writers = Writers.posts()
    readers = Readers.STAFF
    post: Post

    def line(self) -> str:
        return str(self.post.title)


class SignedOff(Kind):
    """Somebody left duty on a post."""

    name, version = "duty.signed_off", 1
    title = _("Signed off")
    writers = Writers.posts(system=True)
    readers = Readers.STAFF
    staff: str
    post: Post
    minutes: int
    unfinished: int

    def line(self) -> str:
        if not self.unfinished:
            return str(self.post.title)
        return gettext("%(post)s; %(count)s tasks unfinished") % {
            "post": self.post.title,
            "count": self.unfinished,
        }


class PostShort(Kind):
    """A post has fewer people on duty than it needs."""

    name, version = "duty.post_short", 1
    title = _("A post has too few people")
    writers = Writers.the_system()
    readers, converges = Readers.STAFF, True
    post: Post
    needed: int
    on_duty: int

    def line(self) -> str:
        return gettext("%(post)s: %(there)s of %(needed)s") % {
            "post": self.post.title,
            "there": self.on_duty,
            "needed": self.needed,
        }


#: How somebody looked into a cell, in words.
HOW = {
    "tag": _("At the door, by its tag"),
    "door": _("At the door, without the tag"),
    "screen": _("By screen"),
}


class RoundMade(Kind):
    """Somebody looked into a cell on a round."""

    name, version = "round.made", 1
    title = _("Round")
    erasable = False
    writers = Writers.posts(Post.PATROL, Post.DUTY_LEADER, Post.LEADER)
    readers, converges = Readers.STAFF, False
    how: Literal["tag", "door", "screen"]
    people: int
    text: str = ""
    late_minutes: int = 0
    reason: str = ""
    client: UUID
    claimed_at: datetime | None = None

    def line(self) -> str:
        said = [str(HOW[self.how]), self.text]
        if self.late_minutes:
            said.append(
                gettext("%(minutes)s minutes late: %(reason)s")
                % {"minutes": self.late_minutes, "reason": self.reason}
            )
        return " · ".join(part for part in said if part)


class RoundMissed(Kind):
    """Nobody looked into a cell within its longest gap."""

    name, version = "round.missed", 1
    title = _("Round missed")
    erasable = False
    writers = Writers.the_system()
    readers, converges = Readers.STAFF, True
    due_at: datetime
    last_at: datetime | None
    gap_minutes: int

    def line(self) -> str:
        return gettext("Due at %(time)s, at most every %(minutes)s minutes") % {
            "time": f"{self.due_at.astimezone(clock.LOCAL):%H:%M}",
            "minutes": self.gap_minutes,
        }


class RoundsBehind(Kind):
    """An area in which no cell was overdue has fallen behind with its rounds."""

    name, version = "round.behind", 1
    title = _("Rounds are behind")
    erasable = False
    writers = Writers.the_system()
    readers, converges = Readers.STAFF, True
    area: str
    cells: list[str]
    due_at: datetime

    def line(self) -> str:
        return gettext("%(area)s: %(cells)s, since %(time)s") % {
            "area": self.area,
            "cells": enumerated(self.cells),
            "time": f"{self.due_at.astimezone(clock.LOCAL):%H:%M}",
        }


class HandoverPrepared(Kind):
    """A change of shifts came, and what is to be passed on was written down."""

    name, version = "handover.prepared", 1
    title = _("Handover prepared")
    erasable = False
    writers = Writers.the_system()
    readers = Readers.STAFF
    handover: UUID
    at: datetime
    items: int

    def line(self) -> str:
        return gettext("Change at %(time)s: %(count)s items") % {
            "time": f"{self.at.astimezone(clock.LOCAL):%H:%M}",
            "count": self.items,
        }


class HandoverWaits(Kind):
    """A handover is not signed by both, so both leaders are answerable."""

    name, version = "handover.waits", 1
    title = _("Handover not signed by both")
    erasable = False
    writers = Writers.the_system()
    readers = Readers.STAFF
    handover: UUID
    at: datetime
    #: Whether the outgoing leader has signed, so that it waits for the incoming one.
    signed: bool

    def line(self) -> str:
        time = f"{self.at.astimezone(clock.LOCAL):%H:%M}"
        if self.signed:
            return gettext("Change at %(time)s: the incoming leader reads and signs") % {
                "time": time
            }
        return gettext("Change at %(time)s: the outgoing leader completes and signs") % {
            "time": time
        }


class HandoverSigned(Kind):
    """The outgoing leader completed a handover and signed it; `digest` is of all its items."""

    name, version = "handover.signed", 1
    title = _("Handover signed by the outgoing leader")
    erasable = False
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers = Readers.STAFF
    handover: UUID
    at: datetime
    items: int
    keys_expected: int
    keys_counted: int
    digest: str

    def line(self) -> str:
        return gettext("Keys: %(counted)s of %(expected)s; %(count)s items") % {
            "counted": self.keys_counted,
            "expected": self.keys_expected,
            "count": self.items,
        }


class HandoverTaken(Kind):
    """The incoming leader read every item of a handover and signed it."""

    name, version = "handover.taken", 1
    title = _("Handover signed by the incoming leader")
    erasable = False
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers = Readers.STAFF
    handover: UUID
    at: datetime
    items: int
    remarks: int
    digest: str

    def line(self) -> str:
        return gettext("%(count)s items read, %(remarks)s with a question or remark") % {
            "count": self.items,
            "remarks": self.remarks,
        }


class RosterPublished(Kind):
    """A leader published the plan of a month; `digest` is of all its lines."""

    name, version = "roster.published", 1
    title = _("Roster published")
    erasable = False
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers = Readers.STAFF
    month: date
    revision: int
    people: int
    lines: int
    #: Days of people on which it differs from what was published before.
    changed: int
    warnings: int
    reason: str = ""
    digest: str

    def line(self) -> str:
        said = gettext("%(month)s: %(people)s people, %(warnings)s warnings") % {
            "month": f"{self.month:%Y-%m}",
            "people": self.people,
            "warnings": self.warnings,
        }
        return " · ".join(part for part in (said, self.reason) if part)


class RosterShift(BaseModel):
    """A shift of a roster, in a payload: the day, when the shift begins, the post."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date
    turn: str
    post: Post
    women: bool = False


class RosterChanged(Kind):
    """A leader changed what somebody works on a day of a plan that is published."""

    name, version = "roster.changed", 1
    title = _("Roster changed")
    erasable = False
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers = Readers.STAFF
    staff: str
    day: date
    before: list[RosterShift]
    after: list[RosterShift]
    reason: str

    def line(self) -> str:
        return f"{self.day.isoformat()} · {self.reason}"


class RosterAbsenceNoted(Kind):
    """Somebody will not be there from a day to a day; whoever notes it answers for it."""

    name, version = "roster.absence_noted", 1
    title = _("Absence of staff noted")
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER)
    readers = Readers.LEADERS
    absence: UUID
    staff: str
    sort: Literal["leave", "sick", "training"]
    first: date
    last: date

    def line(self) -> str:
        return gettext("%(first)s to %(last)s") % {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
        }


class RosterAbsenceEnded(Kind):
    """An absence was taken back: they are there after all."""

    name, version = "roster.absence_ended", 1
    title = _("Absence of staff taken back")
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER)
    readers = Readers.LEADERS
    absence: UUID
    staff: str
    reason: str

    def line(self) -> str:
        return self.reason


class RosterMarkNoted(Kind):
    """A leader noted of somebody what lets them hold a place, or that it holds no more."""

    name, version = "roster.mark_noted", 1
    title = _("Qualification for the roster noted")
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers = Readers.LEADERS
    staff: str
    mark: str
    holds: bool

    def line(self) -> str:
        return gettext("holds") if self.holds else gettext("holds no more")


class RosterCellsNoted(Kind):
    """A leader noted which cells a case officer looks after from now on; none: no cell in particular."""

    name, version = "roster.cells_noted", 1
    title = _("Cells of a case officer noted")
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers = Readers.STAFF
    staff: str
    cells: list[str]

    def line(self) -> str:
        return enumerated(self.cells) or gettext("no cell in particular")


class RosterSwapAsked(Kind):
    """An officer asked another to swap a shift."""

    name, version = "roster.swap_asked", 1
    title = _("Swap of shifts asked for")
    writers = Writers.posts()
    readers = Readers.STAFF
    swap: UUID
    other: str
    gives: RosterShift
    takes: RosterShift | None
    reason: str

    def line(self) -> str:
        return f"{self.gives.day.isoformat()} {self.gives.turn} · {self.reason}"


class RosterSwapAnswered(Kind):
    """The other officer agreed to a swap or declined, or the one who asked took it back."""

    name, version = "roster.swap_answered", 1
    title = _("Swap of shifts answered")
    writers = Writers.posts()
    readers = Readers.STAFF
    swap: UUID
    answer: Literal["agreed", "declined", "withdrawn"]

    def line(self) -> str:
        return str(_SWAP_ANSWERS[self.answer])


_SWAP_ANSWERS = {
    "agreed": pgettext_lazy("a swap of shifts", "agreed"),
    "declined": pgettext_lazy("a swap of shifts", "declined"),
    "withdrawn": pgettext_lazy("a swap of shifts", "withdrawn"),
}


class RosterSwapDecided(Kind):
    """A leader approved a swap, and the roster has it, or refused it."""

    name, version = "roster.swap_decided", 1
    title = _("Swap of shifts decided")
    erasable = False
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers = Readers.STAFF
    swap: UUID
    approved: bool
    asked_by: str
    other: str
    gives: RosterShift
    takes: RosterShift | None
    words: str

    def line(self) -> str:
        said = gettext("approved") if self.approved else gettext("refused")
        return " · ".join(part for part in (said, self.words) if part)


class FigureAnswered(Kind):
    """An officer said something to a figure of theirs in the assessment of duty; the figure is as then."""

    name, version = "assessment.answered", 1
    title = _("Figure of the assessment answered")
    writers = Writers.posts()
    readers = Readers.LEADERS
    month: date
    measure: assessment.MeasureId
    cases: int
    kept: int
    text: str

    def line(self) -> str:
        return f"{_of_figure(self.month, self.measure)} · {self.kept}/{self.cases} · {self.text}"


class FigureReplied(Kind):
    """A leader replied to what an officer said to a figure."""

    name, version = "assessment.replied", 1
    title = _("Reply to an officer on a figure of the assessment")
    writers = Writers.posts(Post.LEADER, police_only=True)
    readers = Readers.LEADERS
    month: date
    measure: assessment.MeasureId
    officer: str
    answer: UUID
    text: str

    def line(self) -> str:
        return f"{_of_figure(self.month, self.measure)} · {self.text}"


class AnswerSigned(BaseModel):
    """An officer's word and the reply to it as they stood when the month was signed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    officer: str
    measure: assessment.MeasureId
    text: str
    reply: str


class MonthSigned(Kind):
    """A leader signed a month's assessment of duty; `digest` is of its figures, answers and replies."""

    name, version = "assessment.signed", 1
    title = _("Assessment of duty signed")
    erasable = False
    writers = Writers.posts(Post.LEADER, police_only=True)
    readers, converges = Readers.LEADERS, True
    month: date
    rules_version: int
    fewest: int
    figures: list[assessment.FigureSaid]
    answers: list[AnswerSigned]
    digest: str

    def line(self) -> str:
        return gettext("%(month)s, by version %(version)s of the rules") % {
            "month": f"{self.month:%Y-%m}",
            "version": self.rules_version,
        }


def _of_figure(month: date, measure: str) -> str:
    titles = {one.id: one.title for one in assessment.rules().measures}
    title = titles[measure]  # type: ignore[index]  # the payload's own type says which there are
    named = title.zh if (get_language() or "").startswith("zh") else title.en
    return f"{month:%Y-%m} · {named}"
