"""Questions of other modules about arrivals, in the scope of whoever asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from custos.foundation.database import scope
from custos.foundation.record import queries as record
from custos.management.reception.models import Arrival


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """Who came or is expected; `arrived_at` is None for whoever is announced only."""

    name: str
    sort_title: Any
    brought_by: str
    arrived_at: datetime | None

    @property
    def words(self) -> str:
        """Who, from where and at which door, in one line."""
        said = [self.name or _("not named yet"), str(self.sort_title)]
        if self.brought_by:
            said.append(_("brought by %(whom)s") % {"whom": self.brought_by})
        if self.arrived_at:
            said.append(_("at the admission door"))
        return " · ".join(said)


def arrivals_of(entries: Iterable[UUID]) -> dict[UUID, AtTheDoor]:
    """Whom some entries of arrivals are about, by entry; nobody for other entries. Four queries."""
    told = {
        entry: arrival
        for entry, line in record.lines_of(entries).items()
        if (arrival := getattr(line.payload, "arrival", None))
    }
    found = {
        one.pk: AtTheDoor(one.name, one.get_sort_display(), one.brought_by, one.arrived_at)
        for one in Arrival.objects.visible_to(scope.current()).filter(pk__in=set(told.values()))
    }
    return {entry: found[arrival] for entry, arrival in told.items() if arrival in found}
