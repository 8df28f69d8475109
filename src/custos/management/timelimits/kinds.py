"""Entries about the limits of custody: papers that came in, results, and what was said because of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import clock
from custos.foundation.limits import law
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers
from custos.management.timelimits import catalogue

ENTERING = (
    Post.ADMISSION,
    Post.INTERROGATION,
    Post.CASE_OFFICER,
    Post.DUTY_LEADER,
    Post.LEADER,
)
#: Whose answer ends a warning that a late paper left open.
LEADING = (Post.DUTY_LEADER, Post.LEADER)
NOTIFYING = (Post.ADMISSION, Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER)
_ENTERERS = Writers.posts(*ENTERING, police_only=True, system=True)


def type_title(code: str) -> str:
    """What a fact is called in the active language; its code where nobody knows it."""
    kind = law.events().get(code)
    return code if kind is None else (kind.en if catalogue.english() else kind.zh)


def state_title(state: str) -> str:
    """What a stage is called in the active language."""
    held = law.shipped().stages.get(state, ())
    if not held:
        return state
    title = held[0].rule.title
    return str(title.en if catalogue.english() else title.zh)


def late_by(minutes: int) -> str:
    """How long after the end a paper was entered, in words; hours that have begun count."""
    hours = max(1, -(-minutes // 60))
    return ngettext(
        "recorded after the end, by %(hours)s hour",
        "recorded after the end, by %(hours)s hours",
        hours,
    ) % {"hours": hours}


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}" if at else "—"


class PaperRecorded(Kind):
    """A legal paper or event of a stay came in; `event` is the fact as JSON, dates as on the paper.

    `refused` names problems for which the fact isn't used: it is kept, and moves no end later.
    `limit_ended_at` is the end that had passed when a paper that moves it came in, `late_reason` why it
    came late; of a paper dated after that end `basis_from` is when the time without a document was over.
    One that `waits` counts only once a leader has accepted it.
    `number_missing` says why the paper bears no number.
    """

    name, version = "limit.paper_recorded", 1
    title = _("Legal paper entered")
    writers, readers, converges = _ENTERERS, Readers.STAFF, True
    paper: UUID
    type: str
    happened_on: date
    event: str
    number: str = ""
    authority: str = ""
    refused: list[str] = []
    reason: str = ""
    limit_ended_at: datetime | None = None
    late_by_minutes: int = 0
    late_reason: str = ""
    number_missing: str = ""
    basis_from: datetime | None = None
    waits: bool = False

    def line(self) -> str:
        late = ""
        if self.late_reason:
            late = f"{late_by(self.late_by_minutes)}: {self.late_reason}"
        parts = (
            type_title(self.type),
            self.happened_on.isoformat(),
            self.number,
            self.authority,
            late,
            str(WAITS) if self.waits else "",
        )
        return " · ".join(part for part in parts if part)


class PaperCorrected(Kind):
    """A paper had been entered wrongly: another stands in its place, or none (`event` empty).

    `limit_ended_at` is the end that had passed and stands no more, `late_reason` why that comes only now.
    One that `waits` takes the place only once a leader has accepted it.
    """

    name, version = "limit.paper_corrected", 1
    title = _("Legal paper corrected")
    writers, readers, converges = (
        Writers.posts(*ENTERING, police_only=True),
        Readers.STAFF,
        True,
    )
    paper: UUID
    replaces: UUID
    type: str
    happened_on: date
    event: str
    number: str = ""
    authority: str = ""
    refused: list[str] = []
    reason: str
    number_missing: str = ""
    limit_ended_at: datetime | None = None
    late_by_minutes: int = 0
    late_reason: str = ""
    waits: bool = False

    def line(self) -> str:
        said = f"{type_title(self.type)} · {self.happened_on.isoformat()}"
        if not self.event:
            said = gettext("Taken back: %(paper)s") % {"paper": said}
        if self.limit_ended_at:
            said += f" · {late_by(self.late_by_minutes)}: {self.late_reason}"
        if self.waits:
            said += f" · {WAITS}"
        return f"{said} · {self.reason}"


class PaperBrought(BaseModel):
    """One paper of a former stay; a part of the payload below."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    happened_on: date
    event: str
    number: str
    authority: str


class PapersOffered(Kind):
    """Somebody came from another facility, and these papers count there. An officer takes them over."""

    name, version = "limit.papers_offered", 1
    title = _("Papers of the former facility")
    writers, readers, converges = Writers.the_system(), Readers.STAFF, True
    former: UUID
    facility: str
    number: str
    papers: list[PaperBrought]

    def line(self) -> str:
        many = len(self.papers)
        count = ngettext("%(count)s paper", "%(count)s papers", many) % {"count": many}
        return f"{self.facility} · {self.number} · {count}"


class StageKept(BaseModel):
    """One stage of a result as it was computed; a part of the payload below."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: str
    started_at: str
    due_at: str | None
    last_day: str | None
    ends: list[str]
    basis: list[str]
    zh: str
    en: str


class LimitComputed(Kind):
    """What the papers came to, with every reading, its rules and the reasons in words.

    `cause` is the entry of the paper. Of stages that a former result has unchanged only the last is
    written again; `from_stage` says at which place the written ones begin.
    """

    name, version = "limit.computed", 1
    title = _("Limit of custody computed")
    writers, readers, converges = Writers.the_system(), Readers.STAFF, True
    standing: str
    state: str
    due_at: datetime | None
    due_before: datetime | None
    last_day: date | None
    from_stage: int
    stages: list[StageKept]
    problems: list[str]

    @property
    def over(self) -> bool:
        """Whether by the papers custody is over."""
        return self.standing == "ended"

    def line(self) -> str:
        if self.over:
            return gettext("By the papers custody is over")
        if self.standing == "escaped":
            return gettext("By the papers the person has escaped")
        if self.due_at is None:
            return state_title(self.state) if self.state else gettext("No end can be computed")
        return gettext("%(stage)s: until %(time)s") % {
            "stage": state_title(self.state),
            "time": _moment(self.due_at),
        }


class _Said(Kind):
    """What every warning has. Each sort is a kind of its own, so that each opens its own task."""

    writers = Writers.the_system()
    readers, converges = Readers.STAFF, True
    warning: UUID
    rule: str
    step: int
    state: str
    due_at: datetime | None
    to: list[str]
    source: str

    def line(self) -> str:
        title = str(catalogue.rules().named(self.rule).title) if self.rule in _RULES else self.rule
        said = [title, _moment(self.due_at) if self.due_at else "", self._step()]
        return " · ".join(part for part in said if part)

    def _step(self) -> str:
        return gettext("warning no. %(count)s") % {"count": self.step} if self.step > 1 else ""


_RULES = frozenset(rule.id for rule in catalogue.rules().warnings)


class LimitNear(_Said):
    """A limit is about to end."""

    name, version = "limit.near", 1
    title = _("Limit of custody about to end")


class LimitOver(_Said):
    """A limit has ended, and the person is still held."""

    name, version = "limit.over", 1
    title = _("Held beyond the limit")


class TransferMissing(_Said):
    """The case went to another authority without a transfer form."""

    name, version = "limit.transfer_missing", 1
    title = _("Transfer of custody missing")


class ApplicationWaits(_Said):
    """An application was not forwarded in time."""

    name, version = "limit.application_waits", 1
    title = _("Application not forwarded")


class SentenceNear(_Said):
    """A sentence is about to end."""

    name, version = "limit.sentence_near", 1
    title = _("Sentence about to end")


class DeliveryLate(_Said):
    """Somebody who has to go to prison is still here."""

    name, version = "limit.delivery_late", 1
    title = _("Delivery late")


class OverSentence(_Said):
    """Custody has lasted as long as the sentence of first instance."""

    name, version = "limit.over_sentence", 1
    title = _("Custody has reached the sentence")


class PapersLate(_Said):
    """A judgment is in force, and the court's papers haven't come."""

    name, version = "limit.papers_late", 1
    title = _("Papers of execution late")


class AssessmentDue(_Said):
    """An assessment of drug treatment is due."""

    name, version = "limit.assessment_due", 1
    title = _("Assessment of drug treatment due")


class OutAndHere(_Said):
    """Somebody should have left, and is still here. The case of leaving asks for it, with its own tasks."""

    name, version = "limit.out_and_here", 1
    title = _("Due out and still here")


class NoBasis(_Said):
    """Somebody is held on nothing that can be computed."""

    name, version = "limit.no_basis", 1
    title = _("No computable basis of custody")


class Unheld(_Said):
    """The last document of the file that held somebody has ended, and they are still here."""

    name, version = "limit.unheld", 1
    title = _("Held on no document")


class LimitDiffers(_Said):
    """A paper names another date than the computed one; the earlier drives the alarms."""

    name, version = "limit.differs", 1
    title = _("Date of a paper differs from the computed one")


#: The kind of entry by its name, as the rules of warnings name it.
SAID: dict[str, type[_Said]] = {
    str(kind.name): kind
    for kind in (
        LimitNear,
        LimitOver,
        TransferMissing,
        ApplicationWaits,
        SentenceNear,
        DeliveryLate,
        OverSentence,
        PapersLate,
        AssessmentDue,
        OutAndHere,
        NoBasis,
        Unheld,
        LimitDiffers,
    )
}


class NoticeSent(Kind):
    """The notice of a warning was issued and sent; `again` says why once more."""

    name, version = "limit.notice_sent", 1
    title = _("Notice about the limit sent")
    writers, readers, converges = (
        Writers.posts(*NOTIFYING, police_only=True),
        Readers.STAFF,
        True,
    )
    warning: UUID
    document: UUID
    to: str
    again: str = ""

    def line(self) -> str:
        return " · ".join(part for part in (self.to, self.again) if part)


class NoticeAnswered(Kind):
    """What came back on a warning: who received it, and what they intend. It ends no warning but one
    that asks for nothing else. Of a leader's decision `paper` is the paper that came late.
    """

    name, version = "limit.notice_answered", 1
    title = _("Answer to a warning about the limit")
    writers, readers, converges = (
        Writers.posts(*NOTIFYING, police_only=True),
        Readers.STAFF,
        True,
    )
    warning: UUID
    intention: str
    answer: str
    paper: UUID | None = None

    def line(self) -> str:
        return f"{INTENTIONS.get(self.intention, self.intention)} · {self.answer}"


class WarningEnded(Kind):
    """A warning ended: by a new basis, by a document of the file, by release, by the answer that it asked
    for, or because a stronger one about the same limit (`replaced_by`) took its place.
    """

    name, version = "limit.warning_ended", 1
    title = _("Warning about the limit ended")
    writers, readers, converges = Writers.posts(system=True), Readers.STAFF, True
    warning: UUID
    rule: str
    by_what: str
    paper: UUID | None = None
    replaced_by: UUID | None = None

    def line(self) -> str:
        title = str(catalogue.rules().named(self.rule).title) if self.rule in _RULES else self.rule
        return f"{title} · {ENDINGS.get(self.by_what, self.by_what)}"


ENDINGS: dict[str, Any] = {
    "basis": _("by a new basis"),
    "document": _("by a document of the file"),
    "release": _("by release"),
    "answer": _("by what it asked for"),
    "replaced": _("replaced by a stronger one"),
}
ACCEPTED = "accepted"
WAITS = _("waits for a leader's decision, and doesn't count until then")
#: What ends a warning of which the paper came late.
LATE_ENDINGS = (_("by a leader's answer"), ENDINGS["release"])
INTENTIONS: dict[str, Any] = {
    "extend": _("The limit will be extended"),
    "transfer": _("The case goes to the next authority"),
    "release": _("The person will be released or the measure changed"),
    "forwarded": _("Forwarded"),
    "checked": _("Checked, with this result"),
    "late_paper": _("Why there was no document in time"),
    ACCEPTED: _("The paper that came late is accepted: it counts from now on"),
    "not_accepted": _("The paper that came late isn't accepted: it never counts"),
}
#: What a leader alone says, of a paper that waits.
DECISIONS = (ACCEPTED, "not_accepted")
