"""Entries about who shares a place with whom, who is out, and counts.

Who somebody is kept apart from stands in the entry about each of the two, so that both files tell it.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import ActorKind, Post, Readers, Writers

_OFFICERS = Writers.posts(
    Post.ADMISSION, Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER, police_only=True
)


class PlacingConsidered(Kind):
    """What the officer was shown before a placing was decided: the cells proposed, and both sides' risks.

    `offered` are the cells in the order in which they were proposed, `rules` what spoke against the
    chosen one, `signs` the risks of each of those concerned by their stay.
    """

    name, version = "placing.considered", 1
    title = _("Shown before placing")
    writers, readers, converges = _OFFICERS, Readers.STAFF, False
    chosen: UUID
    offered: list[UUID]
    rules: list[str]
    signs: dict[str, list[str]]


class Classified(Kind):
    """As what a stay counts in separation was recorded."""

    name, version = "custody.classified", 1
    title = _("Classified for separation")
    writers, readers, converges = _OFFICERS, Readers.STAFF, True
    category: str
    repeat: bool | None
    violent: bool | None
    reason: str

    def line(self) -> str:
        return self.reason


class PersonCorrected(Kind):
    """Of somebody in custody the sex or the date of birth was wrong; separation goes by the new one."""

    name, version = "person.corrected", 1
    title = _("Sex or date of birth corrected")
    writers, readers, converges = _OFFICERS, Readers.STAFF, True
    sex_before: str
    sex: str
    born_before: date | None
    born: date | None
    reason: str

    def line(self) -> str:
        return self.reason


class KeptApart(Kind):
    """Two people are kept apart from now on; one entry about each of them.

    The software writes it of co-defendants, because of the paper that names one of them.
    """

    name, version = "separation.pair", 1
    title = _("Kept apart from somebody")
    writers = replace(_OFFICERS, actors=_OFFICERS.actors | {ActorKind.SYSTEM})
    readers, converges = Readers.STAFF, True
    pair: UUID
    other_custody: UUID
    pair_kind: str
    scope: str
    role: str
    role_of_other: str
    reason: str

    def line(self) -> str:
        return self.reason


class PairClosed(Kind):
    """Two people need no longer be kept apart; the pair stays on the record."""

    name, version = "separation.pair_closed", 1
    title = _("No longer kept apart")
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers, converges = Readers.STAFF, True
    pair: UUID
    other_custody: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class IsolationOrdered(Kind):
    """A clinician ordered somebody to be held apart; what for is in the clinical record."""

    name, version = "separation.isolation", 1
    title = _("Held apart by medical order")
    writers, readers, converges = Writers.posts(Post.MEDICAL), Readers.STAFF, True
    order: UUID
    group: str
    review_by: datetime
    instruction: str

    def line(self) -> str:
        return self.instruction


class IsolationEnded(Kind):
    """A clinician ended an order to hold somebody apart."""

    name, version = "separation.isolation_ended", 1
    title = _("Medical order to hold apart ended")
    writers, readers, converges = Writers.posts(Post.MEDICAL), Readers.STAFF, True
    order: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class NeverAloneOrdered(Kind):
    """Somebody is never alone from now on. Anybody may begin this, at once."""

    name, version = "separation.never_alone", 1
    title = _("Never alone")
    writers, readers, converges = Writers.posts(), Readers.STAFF, True
    order: UUID
    attended: bool
    review_by: datetime
    reason: str

    def line(self) -> str:
        return self.reason


class NeverAloneEnded(Kind):
    """A clinician and a case officer ended it, together."""

    name, version = "separation.never_alone_ended", 1
    title = _("Never alone: ended")
    writers = Writers.posts(Post.MEDICAL, Post.PSYCHOLOGIST, Post.CASE_OFFICER, two_persons=True)
    readers, converges = Readers.STAFF, True
    order: UUID
    reason: str

    def line(self) -> str:
        return self.reason


#: Who assesses somebody at the end of their transition period: one of each.
SETTLING = (Post.CASE_OFFICER, Post.MEDICAL)


class TransitionDue(Kind):
    """Somebody has been among new arrivals as long as it takes at least: an assessment may end it."""

    name, version = "custody.transition_due", 1
    title = _("Assessment of a new arrival due")
    writers, readers = Writers.the_system(), Readers.STAFF
    days: int

    def line(self) -> str:
        return gettext("%(days)s days since the admission") % {"days": self.days}


class TransitionEnded(Kind):
    """A case officer and a doctor assessed somebody, in writing, and ended the transition period."""

    name, version = "custody.settled", 1
    title = _("Transition period ended")
    writers = Writers.posts(*SETTLING, two_persons=True)
    readers, converges = Readers.STAFF, True
    assessment: str

    def line(self) -> str:
        return self.assessment


class SeparationBroken(Kind):
    """A cell as it stands breaks a rule that blocks: a birthday, a sentence, a danger newly known."""

    name, version = "separation.broken", 1
    title = _("People in one cell who may not share it")
    writers, readers, converges = Writers.anyone(*ActorKind), Readers.STAFF, True
    cell: UUID
    cell_name: str
    rules: list[str]
    stays: list[UUID]

    def line(self) -> str:
        return gettext("Cell %(cell)s: %(rules)s") % {
            "cell": self.cell_name,
            "rules": ", ".join(self.rules),
        }


class LeftAlone(Kind):
    """Somebody who must not be alone was left alone because others went out."""

    name, version = "separation.left_alone", 1
    title = _("Somebody who must not be alone is alone")
    writers, readers, converges = Writers.anyone(*ActorKind), Readers.STAFF, True
    cell: UUID
    cell_name: str

    def line(self) -> str:
        return gettext("Cell %(cell)s") % {"cell": self.cell_name}


class StayEnded(Kind):
    """A stay ended: the person was handed over, or died. Two people stand for it.

    `shown` are the rules that were asked, by file and version, `unready` what was left to be made ready,
    and `remark` what becomes of that.
    """

    name, version = "custody.ended", 1
    title = _("Stay ended")
    writers = Writers.posts(
        Post.ADMISSION, Post.DUTY_LEADER, Post.LEADER, police_only=True, two_persons=True
    )
    readers, converges = Readers.STAFF, True
    way: str
    way_name: str = ""
    document: str
    left_cell: UUID | None
    while_out: UUID | None
    receiver: str = ""
    shown: list[str] = []
    unready: list[str] = []
    remark: str = ""

    def line(self) -> str:
        said = (self.way_name, self.document, self.receiver, self.remark)
        return " · ".join(part for part in said if part)


class Released(StayEnded):
    """A stay ended in freedom. Two people stand for it."""

    name, version = "custody.released", 1
    title = _("Released")


_GATE = Writers.posts(
    Post.ADMISSION, Post.INTERROGATION, Post.CASE_OFFICER, Post.DUTY_LEADER, police_only=True
)


class AbsencePlanned(Kind):
    """Somebody is going to leave the facility and come back."""

    name, version = "absence.planned", 1
    title = _("Absence planned")
    writers = Writers.posts(
        Post.ADMISSION,
        Post.INTERROGATION,
        Post.CASE_OFFICER,
        Post.MEDICAL,
        Post.DUTY_LEADER,
        Post.LEADER,
    )
    readers, converges = Readers.STAFF, True
    absence: UUID
    absence_kind: str
    destination: str
    document: str
    trip: str
    planned_from: datetime
    planned_until: datetime
    shown: list[str]
    reason: str

    def line(self) -> str:
        return self.destination


class AbsenceCancelled(Kind):
    """A planned absence doesn't take place."""

    name, version = "absence.cancelled", 1
    title = _("Absence cancelled")
    writers, readers, converges = AbsencePlanned.writers, Readers.STAFF, True
    absence: UUID
    reason: str

    def line(self) -> str:
        return self.reason


#: Whoever may move somebody or let them through the gate.
_ATTENDING = Writers.posts(
    Post.ADMISSION,
    Post.INTERROGATION,
    Post.CASE_OFFICER,
    Post.DUTY_LEADER,
    Post.LEADER,
    police_only=True,
)


class AttendedByWoman(Kind):
    """A woman was moved or taken out in the presence of a woman officer, who is named."""

    name, version = "custody.attended", 1
    title = _("Attended by a woman officer")
    writers, readers = _ATTENDING, Readers.STAFF
    officer: str

    def line(self) -> str:
        return self.officer


class WentOut(Kind):
    """Somebody left through the gate."""

    name, version = "absence.left", 1
    title = _("Left the facility")
    writers, readers, converges = _GATE, Readers.STAFF, True
    absence: UUID
    absence_kind: str
    destination: str
    escort: str
    condition: str

    def line(self) -> str:
        values: dict[str, Any] = {"place": self.destination, "escort": self.escort}
        return gettext("To %(place)s, with %(escort)s") % values


class CameBack(Kind):
    """Somebody came back through the gate."""

    name, version = "absence.back", 1
    title = _("Came back to the facility")
    writers, readers, converges = _GATE, Readers.STAFF, True
    absence: UUID
    absence_kind: str
    condition: str

    def line(self) -> str:
        return self.condition


class InjuredOnReturn(Kind):
    """Somebody came back from outside with an injury that wasn't there when they left.

    Source: 人民检察院刑事诉讼规则 第656条; 看守所条例 第20条.
    """

    name, version = "custody.injured_on_return", 1
    title = _("Came back with a new injury")
    writers, readers, converges = _GATE, Readers.STAFF, True
    words: str

    def line(self) -> str:
        return self.words


class AbsenceOverdue(Kind):
    """Somebody should be back and isn't."""

    name, version = "absence.overdue", 1
    title = _("Not back from outside")
    writers, readers, converges = Writers.the_system(), Readers.STAFF, True
    absence: UUID
    absence_kind: str
    destination: str
    planned_until: datetime

    def line(self) -> str:
        return self.destination


_COUNTING = Writers.posts(Post.PATROL, Post.CASE_OFFICER, Post.DUTY_LEADER, Post.ADMISSION)


class CountBegun(Kind):
    """A count of people was begun."""

    name, version = "count.begun", 1
    title = _("Count begun")
    writers, readers, converges = _COUNTING, Readers.STAFF, False
    count: UUID
    occasion: str
    area: UUID | None
    cells: int


class Counted(Kind):
    """One of the two said how many are in each cell; `again` where it is a recount."""

    name, version = "count.counted", 1
    title = _("Counted")
    writers, readers, converges = _COUNTING, Readers.STAFF, False
    count: UUID
    again: bool
    numbers: dict[str, int]


class CountAgreed(Kind):
    """Both counted what the roll has."""

    name, version = "count.agreed", 1
    title = _("Count agrees")
    writers, readers, converges = _COUNTING, Readers.STAFF, True
    count: UUID
    people: int
    recounted: bool

    def line(self) -> str:
        return gettext("%(people)s present") % {"people": self.people}


class CountMismatch(Kind):
    """In a cell there are other people than the roll has, or the recount is late."""

    name, version = "count.mismatch", 1
    title = _("Count doesn't agree with the roll")
    writers = Writers.posts(*_COUNTING.allowed_posts, system=True)
    readers, converges = Readers.STAFF, True
    count: UUID
    cell: UUID
    cell_name: str
    expected: int
    first: int | None
    second: int | None

    def line(self) -> str:
        return gettext(
            "Cell %(cell)s: %(expected)s by the roll, counted %(first)s and %(second)s"
        ) % {
            "cell": self.cell_name,
            "expected": self.expected,
            "first": "—" if self.first is None else self.first,
            "second": "—" if self.second is None else self.second,
        }


class CountExplained(Kind):
    """A leader says what became of a count that didn't agree."""

    name, version = "count.explained", 1
    title = _("Mismatch of a count explained")
    writers = Writers.posts(Post.DUTY_LEADER, Post.LEADER, police_only=True)
    readers, converges = Readers.STAFF, True
    count: UUID
    reason: str

    def line(self) -> str:
        return self.reason
