"""The grave act of letting somebody leave for good, as the second person is asked it."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from custos.foundation.accounts import confirmations
from custos.foundation.accounts.confirmations import Act, Content
from custos.foundation.custody import queries as custody
from custos.management.reception.release.kinds import RELEASING
from custos.management.reception.release.opening import way_of
from custos.management.reception.release.services import ACT, InWords


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


confirmations.register(
    Act(
        ACT,
        gettext_lazy("Let somebody leave for good"),
        firsts=frozenset(RELEASING),
        seconds=frozenset(RELEASING),
        lines=_lines,
        url=lambda content: reverse("release", args=[content["release"]]),
        both_officers=True,
    )
)
