"""What duty itself and what stands below it bring to a handover. Each names people by identifiers alone."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from django.utils.translation import gettext

from custos.foundation import clock
from custos.foundation.custody import place_queries, roll
from custos.foundation.organizations import queries as organizations
from custos.prevention.duty import queries
from custos.prevention.duty.handover import plan, registry
from custos.prevention.duty.handover.plan import Draft


def people(facility: int, at: datetime) -> Iterator[Draft]:
    """Who must not be alone, is held apart, needs care, or is kept apart from others. Two queries."""
    del at
    for one in place_queries.watched(facility):
        yield Draft(
            "people",
            one.words,
            # Who must not be alone or is held apart is looked at before all others.
            severity=2 if one.orders else None,
            custody=one.custody_id,
            detainee=one.detainee_id,
            cell=one.cell_id,
            due_at=one.review_by,
        )


def tasks(facility: int, at: datetime) -> Iterator[Draft]:
    """What is grave or late and not done. One query."""
    for task in queries.unfinished(facility, at, plan.rules().gravest):
        yield Draft(
            "tasks",
            partial(queries.said_of, task),
            severity=task.severity,
            custody=task.custody_id,
            detainee=task.detainee_id,
            cell=task.cell_id,
            task=task.pk,
            due_at=task.wanted_by,
        )


def absences(facility: int, at: datetime) -> Iterator[Draft]:
    """Who is outside, where, and when they are due back. One query."""
    for one in place_queries.away(facility):
        yield Draft(
            "absences",
            one.words,
            severity=2 if one.due_back < at else None,
            custody=one.custody_id,
            detainee=one.detainee_id,
            due_at=one.due_back,
        )


def cells(facility: int, at: datetime) -> Iterator[Draft]:
    """Which cells are out of use, and why. One query."""
    del at
    for cell in organizations.cells(organizations.in_scope(facility)):
        if cell.out_of_use:
            said = f"{cell.name} · {cell.out_of_use_reason}"
            yield Draft("cells", partial(str, said), cell=cell.pk)


def counts(facility: int, at: datetime) -> Iterator[Draft]:
    """How many are on the roll, and whether the last count agreed. Four queries at most."""
    rolled = roll.at(facility, at)

    def on_the_roll() -> str:
        values = {"held": rolled.held, "present": rolled.present, "out": rolled.out}
        return gettext("On the roll %(held)s, present %(present)s, outside %(out)s") % values

    yield Draft("counts", on_the_roll, severity=None if rolled.adds_up else 1)
    last = next(iter(place_queries.counts(facility, 1)), None)

    def last_count() -> str:
        if last is None:
            return gettext("No count has been made")
        values = {
            "occasion": last.occasion_title,
            "time": f"{last.at.astimezone(clock.LOCAL):%m-%d %H:%M}",
            "state": last.state[1],
        }
        return gettext("Last count: %(occasion)s, %(time)s, %(state)s") % values

    wrong = last is not None and last.standing in ("recount", "mismatch")
    yield Draft("counts", last_count, severity=1 if wrong else None)


registry.register("people", people)
registry.register("tasks", tasks)
registry.register("absences", absences)
registry.register("cells", cells)
registry.register("counts", counts)
