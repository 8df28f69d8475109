"""Papers that came after an end that they would move, and wait for a leader: whose, which, and to what end.

A leader decides of them on the page of the warning that the limit has ended (`services.answer`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.custody import queries as custody
from custos.foundation.custody.queries import PersonShown
from custos.foundation.database import scope
from custos.foundation.organizations.numbers import range_of
from custos.management.timelimits import catalogue, computing, engine, kinds, queries
from custos.management.timelimits.models import Paper
from custos.management.timelimits.services import moment_words

#: How many the board of limits lists; it counts the others.
MOST = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """A paper that doesn't count yet. `ends` and `would_end` say the end now, and with it, in words."""

    id: UUID
    custody_id: UUID
    title: str
    happened_on: date
    entered_at: datetime
    entered_by: str
    reason: str
    ends: str
    would_end: str
    warning_id: UUID | None
    person: PersonShown | None = None

    @property
    def words(self) -> str:
        """What it would change, in a sentence."""
        said = {"now": self.ends, "then": self.would_end}
        return gettext("Now: %(now)s. If a leader accepts it: %(then)s.") % said


def of(custody_id: UUID) -> list[Waiting]:
    """The papers of a stay that wait, in the order in which they are decided. At most four queries."""
    return _waiting([custody_id])


def within(organization: int) -> tuple[list[Waiting], int]:
    """Those of a subtree with their people, and how many stays more there are. One query where
    none waits, at most six.

    Who is named is noted in the access log.
    """
    lowest, highest = range_of(organization)
    rows = queries.clocks().filter(held=True, paper_waits=True)
    rows = rows.filter(organization_id__gte=lowest, organization_id__lte=highest)
    stays = list(rows.order_by("due_at", "pk").values_list("pk", flat=True))
    if not stays:
        return [], 0
    people = custody.named(stays[:MOST])
    found = [one for one in _waiting(stays[:MOST]) if one.custody_id in people]
    named = [replace(one, person=people[one.custody_id]) for one in found]
    return named, max(0, len(stays) - MOST)


def _waiting(stays: Iterable[UUID]) -> list[Waiting]:
    rows = list(
        computing.undecided(
            Paper.objects.visible_to(scope.current()).filter(custody_id__in=list(stays))
        )
    )
    if not rows:
        return []
    now, facts = clock.now(), computing.facts_of([row.custody_id for row in rows])
    names = accounts.names_of({row.recorded_by for row in rows})
    asking = _asking({row.custody_id for row in rows})
    found = []
    for row in rows:
        before = facts[row.custody_id]
        after = before.with_paper(str(row.pk), row.event, str(row.replaces_id or ""))
        facts[row.custody_id] = after
        found.append(
            Waiting(
                row.pk,
                row.custody_id,
                _title(row),
                row.happened_on,
                row.recorded_at,
                names.get(row.recorded_by, ""),
                row.late_reason,
                _end(engine.standing(before.computed(now))),
                _end(engine.standing(after.computed(now))),
                asking.get(row.custody_id),
            )
        )
    return found


def _title(row: Paper) -> str:
    said = kinds.type_title(row.type)
    if row.event is None:
        return gettext("Taken back: %(paper)s") % {"paper": said}
    if row.replaces_id is not None:
        return gettext("Correction: %(paper)s") % {"paper": said}
    return said


def _end(stands: engine.Standing) -> str:
    stage = kinds.state_title(stands.state) if stands.state else str(_("nothing runs"))
    if stands.due_at is None:
        return gettext("%(stage)s, no end") % {"stage": stage}
    said = {"stage": stage, "time": moment_words(stands.due_at)}
    return gettext("%(stage)s, until %(time)s") % said


def _asking(stays: Iterable[UUID]) -> dict[UUID, UUID]:
    """The warning of each stay on which a leader decides: the oldest."""
    rules = [one.id for one in catalogue.rules().warnings if one.late_paper_asks]
    rows = queries.warnings().filter(custody_id__in=list(stays), closed_at=None, rule__in=rules)
    latest_first = rows.filter(late_paper_id__isnull=False).order_by("-raised_at")
    return dict(latest_first.values_list("custody_id", "pk"))
