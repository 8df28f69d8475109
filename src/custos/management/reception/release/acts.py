"""The grave act of letting somebody leave for good, as the second person is asked it."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Act, Content, Whom
from custos.foundation.custody import queries as custody
from custos.foundation.errors import Conflict, raise_all
from custos.management.reception.release import gathered, queries
from custos.management.reception.release.engine import blockers
from custos.management.reception.release.kinds import RELEASING
from custos.management.reception.release.opening import way_of
from custos.management.reception.release.services import ACT, InWords, refusal, require_remark


def _lines(content: Content) -> list[tuple[Any, Any]]:
    person = custody.person(UUID(content["custody"]))
    said = [
        (_("Person"), f"{person.name} · {person.number}"),
        (_("Way out"), str(InWords(way_of(content["way"]).title))),
        (_("Document"), content["paper"]),
        (_("It ends"), "、".join(content["ends"])),
        (_("Last day"), content["planned_on"]),
        (_("Taken over by"), content["receiver"]),
        (_("What becomes of what isn't ready"), content["reason"]),
    ]
    return [(label, value) for label, value in said if value]


def _check(content: Content, by: Acting) -> None:
    """Nobody is asked to confirm what the gate would refuse."""
    del by
    row = queries.case(UUID(content["release"]))
    if row.closed_at:
        raise Conflict("release.closed", _("This case is closed."))
    facts = gathered.facts_of(row, custody.person(row.custody_id), clock.now())
    raise_all([refusal(found) for found in blockers(facts)])
    require_remark(row, content["reason"])


confirmations.register(
    Act(
        ACT,
        gettext_lazy("Let somebody leave for good"),
        firsts=frozenset(RELEASING),
        seconds=frozenset(RELEASING),
        lines=_lines,
        url=lambda content: reverse("release", args=[content["release"]]),
        effect=gettext_lazy(
            "The stay ends, the place is free, what the facility issues is issued, and the entry names both"
            " officers."
        ),
        undone=gettext_lazy("Nothing. Somebody who comes back is admitted anew."),
        instead=gettext_lazy(
            "Refuse, and look at the release gate with whoever asks: the document itself, who is let out,"
            " what isn't ready. Whoever must leave by law is not kept: say at once what is wrong."
        ),
        about=lambda content: Whom(custody=UUID(content["custody"])),
        check=_check,
        both_officers=True,
    )
)
