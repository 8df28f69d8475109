"""What follows once people were brought in, for all of them at once, as it follows an admission.

Their clocks run, whoever leaves soon has a case, and of what is asked within a day of arrival the tasks are
opened whose time isn't over. What only makes sense at the door – the doctor's look, the search, telling of
rights – was done elsewhere, and isn't asked for again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from custos.foundation import clock
from custos.foundation.custody import queries as custody
from custos.foundation.custody.bringing import Newcomer
from custos.foundation.custody.people.facts import Basis
from custos.foundation.database import scope
from custos.foundation.record import services as record
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor
from custos.management.reception.admission.rules import rules
from custos.management.reception.kinds import RiskDue, TalkDue
from custos.management.reception.release import opening
from custos.management.timelimits import services as timelimits

#: What is due some hours after an arrival, by the step of the admission that says how many.
_DUE: dict[str, type[RiskDue] | type[TalkDue]] = {"risk": RiskDue, "talk": TalkDue}


def follow(people: Sequence[Newcomer], organization_id: int, *, by: Actor, because: UUID) -> None:
    """Let everything follow that follows an admission; within the transaction that brought them in."""
    own = replace(scope.current(), lowest=organization_id, highest=organization_id)
    with scope.entered(own):
        timelimits.first_papers({one.id: _answers(one) for one in people}, by=by)
        timelimits.begin_all(one.id for one in people)
        opening.follow_terms()
        _ask_for_what_is_due(people, by, because)


def _answers(one: Newcomer) -> dict[str, Any]:
    """What the sheet says of the document, as an admission would say it."""
    paper = next((fact for fact in one.facts if isinstance(fact, Basis)), None)
    return {
        "basis": one.basis,
        "basis_number": one.basis_number,
        "authority": paper.issuer if paper else "",
        "arrived_at": one.admitted_at,
        "seized_at": paper.executed_at if paper else None,
        "issued_on": paper.issued_on if paper else None,
        "expires_on": paper.valid_to if paper else None,
    }


def _ask_for_what_is_due(people: Sequence[Newcomer], by: Actor, because: UUID) -> None:
    now = clock.now()
    wanted: list[tuple[UUID, Kind]] = []
    for step, kind in _DUE.items():
        due = rules().step(step).due
        length = due.length if due else timedelta()
        wanted += [
            (one.id, kind(due_at=one.admitted_at + length))
            for one in people
            if one.admitted_at + length > now
        ]
    subjects = custody.subjects_of({stay for stay, _kind in wanted}) if wanted else {}
    with record.deed() as deed:
        for stay, told in wanted:
            deed.append(told, about=subjects[stay], by=by, because=because)
