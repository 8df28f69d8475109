"""What a step about care tells at once, before the admission is closed: the next post must not wait for it.

Each time such a step is saved whole and says something new, an entry of the facility tells it, and where
somebody has to come or see to it, a task follows. What only clinicians or the prosecutor read isn't told.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext

from custos.foundation import clock
from custos.foundation.record import services as record
from custos.foundation.record.parties import Subject
from custos.foundation.ui.models import Draft
from custos.management.reception import kinds
from custos.management.reception.admission.gathered import payload
from custos.management.reception.admission.rules import Step
from custos.management.reception.models import Arrival

Said = Mapping[str, Any]
#: What is told of a step: the kind of entry by who has to act, and the words.
Told = tuple[type[kinds.CareNoted], str]


def _health(said: Said) -> Told:
    line = payload(kinds.CareInstructed, said).line()
    acts = bool(said.get("instructions")) or said["conclusion"] != "fit"
    return (kinds.CareOrdered if acts else kinds.CareNoted), line


def _injuries(said: Said) -> Told:
    found = payload(kinds.InjuriesRecorded, said, list_of=said.get("list") or [])
    return (kinds.CareWanted if found.injured else kinds.CareNoted), found.line()


def _screening(said: Said) -> Told:
    look = payload(kinds.FirstLookTaken, said, due_at=clock.now())
    acts = look.self_harm or look.withdrawal or look.confused
    words = " · ".join(part for part in (look.line(), look.watch_words) if part)
    if said.get("never_alone") == "yes":
        words += f" · {gettext('never alone')}"
    return (kinds.CareWanted if acts else kinds.CareNoted), words


def _dependants(said: Said) -> Told:
    rows = said.get("dependants") or ()
    alone = [row["name"] for row in rows if not row["carer"]]
    if alone:
        words = gettext("Nobody cares for %(names)s") % {"names": "、".join(alone)}
        return kinds.CareOrdered, words
    return kinds.CareNoted, gettext("%(count)s dependants, cared for") % {"count": len(rows)}


def _rights(said: Said) -> Told:
    return kinds.CareNoted, payload(kinds.RightsTold, said).line()


def _family(said: Said) -> Told:
    return kinds.CareNoted, payload(kinds.FamilyNotice, said).line()


def _consular(said: Said) -> Told:
    wishes = said.get("consular_wish") == "yes"
    return kinds.CareNoted, gettext("Wishes to see the consul") if wishes else ""


_BY_STEP: dict[str, Callable[[Said], Told]] = {
    "health": _health,
    "injuries": _injuries,
    "screening": _screening,
    "rights": _rights,
    "family": _family,
    "consular": _consular,
    "dependants": _dependants,
}


def tells(step: Step) -> Callable[[Draft, Said, Any, str], str] | None:
    """What the wizard calls when a step about care is saved whole; None for a step about something else."""
    return _teller(step) if step.care else None


def _teller(step: Step) -> Callable[[Draft, Said, Any, str], str]:
    def tell(draft: Draft, said: Said, acting: Any, before: str) -> str:
        if all(value in (None, "", [], False) for value in said.values()):
            return before  # nothing was typed: the step asks nothing of this person
        kind, words = _BY_STEP[step.id](said)
        now = f"{kind.name}:{words}"
        if now == before:
            return before
        arrival = Arrival.objects.filter(
            draft_id=draft.pk, organization_id=draft.organization_id
        ).first()
        with record.deed() as deed:
            deed.append(
                kind(
                    arrival=arrival.pk if arrival else None,
                    person=draft.label,
                    step=step.title.zh,
                    words=words,
                ),
                about=Subject(draft.organization_id),
                by=acting.actor,
                ground=step.source,
            )
        return now

    return tell
