"""A facility with a month of duty typed by hand; call within a scope."""

from datetime import date, datetime, timedelta

from custos.foundation.accounts.acting import Acting
from custos.foundation.clock import LOCAL
from custos.foundation.database.ids import new_id
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, ActorKind, Audience, Post, StaffKind, Subject
from custos.prevention.duty.assessment import queries
from custos.prevention.duty.assessment.models import FigureAnswer
from custos.prevention.duty.assessment.plan import Month
from custos.prevention.duty.assessment.queries import MonthShown
from custos.prevention.duty.engine import Rule, State
from custos.prevention.duty.information.models import Observation
from custos.prevention.duty.information.tests.worlds import World
from custos.prevention.duty.kinds import RoundMissed
from custos.prevention.duty.models import Task
from custos.prevention.duty.rounds.models import Look
from custos.prevention.duty.shifts.models import Shortfall, SignOn

MARCH = Month(date(2026, 3, 1))
#: A Tuesday in that month, at ten by local time: in the day shift that begins at eight.
TEN = datetime(2026, 3, 3, 10, tzinfo=LOCAL)
#: When March is over.
AFTER = datetime(2026, 4, 2, 9, tzinfo=LOCAL)


def at(minutes: float) -> datetime:
    """So many minutes after ten."""
    return TEN + timedelta(minutes=minutes)


def a_rule(handler: Post = Post.PATROL) -> Rule:
    """Accepted within ten minutes, answered within thirty; the duty leader is asked next."""
    words, ten = {"zh": "测试", "en": "Test"}, {"minutes": 10}
    return Rule.model_validate(
        {
            "id": "DUTY-TEST", "version": 1, "title": words, "when": "test", "handler": handler,
            "severity": 2, "alert_within": {}, "accept_within": ten, "answer_within": {"minutes": 30},
            "remind_every": ten, "feedback": ["finder"], "join": "none", "confidence": "P",
            "ladder": [{"post": handler, "after": {}}, {"post": Post.DUTY_LEADER, "after": ten}],
            "source": words, "valid_from": date(2026, 1, 1),
        }
    )  # fmt: skip


class Assessed(World):
    """Two on patrol, a case officer, a doctor, a duty leader and a leader; nothing has happened yet."""

    def __init__(self, password: str | None = None) -> None:
        super().__init__()
        self.one, self.two = self.on(Post.PATROL), self.on(Post.PATROL, StaffKind.AUXILIARY)
        self.officer, self.doctor = self.on(Post.CASE_OFFICER), self.on(Post.MEDICAL)
        self.duty_leader, self.leader = self.on(Post.DUTY_LEADER), self.on(Post.LEADER)

    def stood(self, who: Acting, since: float = -120, until: float = 600) -> None:
        """Somebody stood on their post, from so many minutes after ten to so many."""
        SignOn.objects.create(
            organization=self.facility,
            staff_ref=who.actor.ref,
            post=who.post,
            since=at(since),
            ends_at=at(until),
            until=at(until),
        )

    def was_short(self, post: Post = Post.PATROL) -> None:
        """A post was below its strength in that Tuesday's day shift."""
        Shortfall.objects.create(
            organization=self.facility, post=post, shift_began=at(-120), at=at(-100)
        )

    def task(
        self,
        opened: float = 0,
        *,
        by: Acting | None = None,
        accepted: float | None = None,
        answered: float | None = None,
        withdrawn: float | None = None,
        step: int = 0,
        handler: Post = Post.PATROL,
        audience: Audience = Audience.STAFF,
        again: Task | None = None,
    ) -> Task:
        """A task as its deeds leave it, at so many minutes after ten."""
        rule, begun, who = a_rule(handler), at(opened), by.actor if by else None
        taken = None if accepted is None or withdrawn is not None else at(accepted)
        ends = answered if answered is not None else withdrawn
        state = State.OPEN if taken is None else State.ACCEPTED
        if ends is not None:
            state = State.ANSWERED if answered is not None else State.WITHDRAWN
        wanted = (taken + timedelta(minutes=30)) if taken else begun + timedelta(minutes=10)
        held = taken is not None and who is not None
        return Task.objects.create(
            organization=self.facility,
            cell=self.cell,
            source_entry_id=new_id(),
            source_kind="test",
            occurred_at=begun,
            finder_kind=ActorKind.SYSTEM,
            finder_ref="test",
            rule_id=rule.id,
            rule=rule.model_dump(mode="json"),
            reasons=[],
            severity=2,
            audience=audience,
            reopens=again,
            post=handler,
            asked=[handler],
            step=step,
            state=state,
            opened_at=begun,
            since=begun,
            wanted_by=wanted,
            due_at=wanted if ends is None else None,
            accepted_by=who.ref if held and who else "",
            accepted_post=by.post if held and by else "",
            accepted_at=taken,
            ended_by=who.ref if who and ends is not None else "",
            ended_at=at(ends) if ends is not None else None,
            answer="x" if answered is not None else "",
            withdrawn_reason="x" if withdrawn is not None else "",
        )

    def looked(self, who: Acting, when: float, late: int = 0, sent: float | None = None) -> None:
        """Somebody looked into the cell."""
        Look.objects.create(
            organization=self.facility,
            cell=self.cell,
            client_id=new_id(),
            by_ref=who.actor.ref,
            at=at(when),
            recorded_at=at(when if sent is None else sent),
            how="tag",
            late_minutes=late,
            people=1,
            entry_id=new_id(),
        )

    def missed(self, when: float) -> None:
        """Nobody had looked into the cell in time."""
        with record.deed() as deed:
            deed.append(
                RoundMissed(due_at=at(when), last_at=None, gap_minutes=30),
                about=Subject(self.facility.pk, cell_id=self.cell.pk),
                by=Actor.system("test"),
                occurred_at=at(when),
            )

    def reported(self, who: Acting, when: float = 0, entry: object = None) -> None:
        """Somebody reported something."""
        Observation.objects.create(
            organization=self.facility,
            client_id=new_id(),
            by_ref=who.actor.ref,
            by_post=who.post,
            digest="x",
            type_id="I14",
            title={"zh": "x", "en": "x"},
            severity=3,
            entry_id=entry or new_id(),
            occurred_at=at(when),
            recorded_at=at(when),
        )

    def month(self, seen: datetime = AFTER) -> MonthShown:
        """March, as it stands when it is looked at."""
        return queries.month_of(self.facility, MARCH, seen)


def said_by(who: Acting) -> FigureAnswer:
    """What an officer said to a figure of March, which waits for its reply."""
    return FigureAnswer.objects.create(
        organization=who.organization,
        month=MARCH.first,
        staff_ref=who.actor.ref,
        measure="rounds",
        cases=6,
        kept=5,
        text="当时在处置突发情况，未能按时巡视。",
        at=AFTER,
        entry_id=new_id(),
    )
