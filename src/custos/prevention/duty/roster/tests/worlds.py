"""A facility that plans its month, for tests; call within a scope."""

from dataclasses import dataclass
from datetime import date, timedelta

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty.information import services as information
from custos.prevention.duty.roster import absences, facts, services, swaps
from custos.prevention.duty.roster.models import RosterAbsence, RosterPlan, RosterSwap, Standing
from custos.prevention.duty.roster.plan import Line
from tests import factories

#: Two on patrol in each shift, of whom one is in the women's area.
KEPT = "strength: {patrol: 2}\nroster: {women: {patrol: 1}, two: [patrol]}\n"
DAY, NIGHT = "08:00", "20:00"


def next_month() -> date:
    """The first day of the month that follows."""
    return (clock.today().replace(day=1) + timedelta(days=32)).replace(day=1)


class Planning:
    """Four crews of three on patrol, one woman in each; a leader and another; the plan of next month."""

    def __init__(self, text: str = KEPT, facility: Organization | None = None) -> None:
        self.facility = facility or factories.a_facility()
        self.month = next_month()
        self.leader, self.other_leader = self.on(Post.LEADER), self.on(Post.DUTY_LEADER)
        information.adopt(
            text,
            facility=self.facility.pk,
            valid_from=clock.today(),
            reason="x",
            by=self.leader.actor,
        )
        self.patrol = [self.on(Post.PATROL, crew=at % 4 + 1) for at in range(12)]
        for one in self.patrol[:4]:
            self.mark(one)

    def on(
        self, post: Post, kind: StaffKind = StaffKind.OFFICER, crew: int | None = None
    ) -> Acting:
        """Somebody with an account on a post here."""
        acting = factories.somebody(post, kind, at=self.facility)
        if crew is not None:
            acting.posting.crew = crew
            acting.posting.save(update_fields=["crew"])
        return acting

    def mark(self, one: Acting, what: str = "woman") -> None:
        """Have a leader note what somebody holds."""
        absences.mark(
            self.facility.pk,
            one.actor.ref,
            what,
            holds=True,
            by=self.leader.actor,
            day=clock.today(),
        )

    def begin(self) -> RosterPlan:
        """Have the month planned by the patterns."""
        return services.begin(self.facility.pk, self.month, by=self.leader.actor)

    def publish(
        self, by: Acting | None = None, seen: int | None = None, reason: str = "x1"
    ) -> RosterPlan:
        """Publish what is being made."""
        return services.publish(
            self.facility.pk,
            self.month,
            seen=self.draft().revision if seen is None else seen,
            by=(by or self.leader).actor,
            reason=reason,
        )

    def published(self) -> RosterPlan:
        """Plan and publish the month."""
        self.begin()
        return self.publish()

    def draft(self) -> RosterPlan:
        """What is being made."""
        found = facts.the_plan(self.facility.pk, self.month, Standing.DRAFT)
        assert found is not None
        return found

    def lines(self, of: Acting, standing: Standing = Standing.PUBLISHED) -> list[Line]:
        """What somebody works in the month."""
        row = facts.the_plan(self.facility.pk, self.month, standing)
        assert row is not None
        return [line for line in facts.lines(row) if line.staff == of.actor.ref]

    def crew(self, number: int) -> list[Acting]:
        """Who turns with a crew, the woman officer first."""
        return [one for at, one in enumerate(self.patrol) if at % 4 + 1 == number]


@dataclass(frozen=True, slots=True)
class Rostered:
    """A published month of two on patrol: one asks the other to take a shift, who is away later."""

    officer: Acting
    other: Acting
    gives: Line
    absence: RosterAbsence
    swap: RosterSwap


@dataclass(frozen=True, slots=True)
class Turning:
    """Somebody with a colleague on their post in a published month: a shift that the colleague could take,
    and a swap that the colleague asks of them.
    """

    colleague: Acting
    gives: Line
    asked: RosterSwap


def turning(facility: Organization, acting: Acting, kind: StaffKind) -> tuple[Turning, Rostered]:
    """The same for somebody, beside what `rostered` makes."""
    colleague = factories.somebody(acting.post, kind, at=facility)
    for crew, one in enumerate((acting, colleague), 1):
        one.posting.crew = crew
        one.posting.save(update_fields=["crew"])
    beside = rostered(facility)
    # Of two crews that follow each other the second is free by day, the first by night.
    gives, takes = _shift(facility, acting, DAY), _shift(facility, colleague, NIGHT)
    asked = swaps.ask(
        facility.pk,
        day=takes.day,
        turn=takes.turn,
        other=acting.actor.ref,
        reason="家中有事",
        by=colleague.actor,
    )
    return Turning(colleague, gives, asked), beside


def _shift(facility: Organization, one: Acting, turn: str) -> Line:
    """Somebody's first shift of a kind in the month."""
    plan = facts.the_plan(facility.pk, next_month(), Standing.PUBLISHED)
    assert plan is not None
    return next(
        line
        for line in facts.lines(plan)
        if line.staff == one.actor.ref and line.turn == turn and line.day > next_month()
    )


def rostered(facility: Organization) -> Rostered:
    """The same at a facility, whatever its own file says."""
    leader = factories.somebody(Post.LEADER, at=facility)
    pair = [factories.somebody(Post.PATROL, at=facility) for _ in range(2)]
    for crew, one in enumerate(pair, 1):
        one.posting.crew = crew
        one.posting.save(update_fields=["crew"])
    officer, other = pair
    month = next_month()
    absence = absences.note(
        facility.pk,
        other.actor.ref,
        sort="training",
        first=month + timedelta(days=20),
        last=month + timedelta(days=24),
        by=leader.actor,
    )
    draft = services.begin(facility.pk, month, by=leader.actor)
    services.publish(facility.pk, month, seen=draft.revision, by=leader.actor)
    services.begin(facility.pk, month, by=leader.actor)
    gives = _shift(facility, officer, DAY)
    swap = swaps.ask(
        facility.pk,
        day=gives.day,
        turn=gives.turn,
        other=other.actor.ref,
        reason="家中有事",
        by=officer.actor,
    )
    return Rostered(officer, other, gives, absence, swap)
