"""People in the search box."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from custos.foundation import clock
from custos.foundation.custody import queries as custody
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui import search
from custos.foundation.ui.search import Hit


def _people(words: str, acting: Any, limit: int) -> Sequence[Hit]:
    return [
        Hit(
            reverse("person", args=[found.custody_id]),
            person=found,
            line=_line(found),
            exact=words.casefold() in (found.number.casefold(), found.name.casefold()),
        )
        for found in custody.search(words, limit)
    ]


def _line(found: custody.PersonShown) -> str:
    """The number; of whoever isn't here any more, since when."""
    if found.ended_at is None:
        return found.number
    day = clock.day_of(found.ended_at).isoformat()
    return _("%(number)s · left %(day)s") % {"number": found.number, "day": day}


search.register(
    "people",
    gettext_lazy("People, held and past"),
    _people,
    icon="users",
    order=10,
    shown=lambda acting: acting.post in DUTY_POSTS,
    everything=lambda words: f"{reverse('people')}?{urlencode({'words': words})}",
)
