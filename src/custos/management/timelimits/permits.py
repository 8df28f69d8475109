"""Whether somebody may be interrogated on the permit that is known: asked before one is booked.

One permit is valid at a time, it ends with the limit, and a transfer of custody ends it. Without the
transfer form the new authority isn't served. For whom no document holds none is valid.
Source: 公安机关适用刑事羁押期限规定 第28条、第29条; 看守所条例 第15条、第19条; 公通字[1999]83号.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.errors import NotAllowed
from custos.foundation.limits import windows
from custos.management.timelimits import catalogue, computing, engine, queries


@dataclass(frozen=True, slots=True)
class Permit:
    """How the permit stands at a moment: whether it is valid, until which day, and what speaks against.

    For whom no document holds it has no day.
    """

    valid: bool
    until: date | None
    against: tuple[tuple[str, Any], ...]


def standing(custody_id: UUID, at: datetime | None = None) -> Permit:
    """How the interrogation permit of a stay stands at a moment, now where none is named. Two queries.

    Raises `Missing` for a stay out of scope.
    """
    moment = at or clock.now()
    shown = queries.clock_of(custody_id)
    facts = computing.facts_of([custody_id])[custody_id]
    result = facts.computed(clock.now())
    stands = engine.standing(result)
    against: list[tuple[str, Any]] = []
    if shown.unheld_since is not None:
        against.append(("unheld", _("No document of the file holds the person.")))
    if stands.permit_until is None:
        against.append(("no_permit", _("No permit is known that is valid now.")))
    elif clock.day_of(moment) > stands.permit_until:
        against.append(("permit_past", _("The permit's last day is past.")))
    for window in windows.interrogation_blocked(result, engine.instant_of(moment)):
        against.append((window.rule.id, catalogue.Title(**window.rule.title.model_dump())))
    if stands.standing in (engine.NO_BASIS, engine.ENDED, engine.ESCAPED):
        against.append(("no_limit_runs", _("No limit of custody runs.")))
    elif stands.due_at is not None and moment >= stands.due_at and not against:
        against.append(("limit_past", _("The limit of custody is past.")))
    until = stands.permit_until
    if until is not None and stands.last_day is not None:
        until = min(until, stands.last_day)
    return Permit(not against, None if shown.unheld_since else until, tuple(against))


def require(custody_id: UUID, at: datetime | None = None) -> Permit:
    """The permit, where it is valid. Raises `NotAllowed` with the first ground against it."""
    found = standing(custody_id, at)
    if not found.valid:
        code, words = found.against[0]
        raise NotAllowed(
            f"timelimits.permit.{code}",
            _("No interrogation can be booked: %(why)s"),
            mend=_("The handling authority brings a new permit, or the paper that is missing."),
            why=words,
        )
    return found
