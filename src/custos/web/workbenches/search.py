"""Cells in the search box."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from custos.foundation.custody import queries as custody
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui import search
from custos.foundation.ui.search import Hit


def _cells(words: str, acting: Any, limit: int) -> Sequence[Hit]:
    cells = sorted(organizations.cells_named(words, limit), key=lambda cell: cell.name != words)
    hits = [
        Hit(
            f"{reverse('people')}?cell={cell.pk}",
            cell.name,
            f"{cell.organization.name}{' · ' if cell.area else ''}{cell.area or ''}",
            exact=cell.name == words,
        )
        for cell in cells
    ]
    exact = [cell for cell in cells if cell.name == words]
    if len(exact) == 1:
        # Whoever types a cell's name asks who is in it.
        people = custody.occupants_of(exact[0].pk)
        held = [Hit(reverse("person", args=[one.custody_id]), person=one) for one in people]
        hits[1:1] = held[: limit - 1]
    return hits


search.register(
    "cells",
    _("Cells, and who is in them"),
    _cells,
    icon="door",
    order=20,
    shown=lambda acting: acting.post in DUTY_POSTS,
    everything=lambda words: f"{reverse('people')}?{urlencode({'words': words})}",
)
