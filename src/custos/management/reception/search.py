"""People in the search box."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from custos.foundation.custody import queries as custody
from custos.foundation.record.parties import DUTY_POSTS
from custos.foundation.ui import search
from custos.foundation.ui.search import Hit


def _people(words: str, acting: Any, limit: int) -> Sequence[Hit]:
    return [
        Hit(reverse("person", args=[found.custody_id]), person=found, line=found.number)
        for found in custody.search(words, limit)
    ]


search.register(
    "people",
    _("People in custody"),
    _people,
    icon="users",
    order=10,
    shown=lambda acting: acting.post in DUTY_POSTS,
    everything=lambda words: f"{reverse('people')}?{urlencode({'words': words})}",
)
