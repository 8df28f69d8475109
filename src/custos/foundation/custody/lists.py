"""What every list of stays can be narrowed by: who they are about, and where."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import queries
from custos.foundation.custody.models import Custody
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.numbers import Tier
from custos.foundation.ui import listing
from custos.foundation.ui.widgets import Choices

#: A choice of more facilities than this is no choice; whoever has them begins at a lower tier.
_MOST_FACILITIES = 300


class StayFilters(listing.Filters):
    """By name or number, and for whoever looks at several facilities by facility."""

    words = django_filters.CharFilter(
        label=_("whose name or number has"),
        max_length=64,
        method="by_words",
        widget=forms.TextInput(attrs={"size": 12, "autocomplete": "off"}),
    )
    facility = django_filters.ChoiceFilter(
        label=_("at"),
        empty_label=_("any facility"),
        field_name="organization_id",
        widget=Choices,
    )

    def __init__(self, data: Any, *, queryset: QuerySet[Custody], acting: Acting) -> None:
        super().__init__(data, queryset=queryset)
        if acting.organization.tier is Tier.FACILITY:
            del self.filters["facility"]
            return
        facilities = organizations.facilities(acting.organization, _MOST_FACILITIES + 1)
        self.filters["facility"].extra["choices"] = [(str(f.pk), f.name) for f in facilities]
        if len(facilities) > _MOST_FACILITIES:
            del self.filters["facility"]

    def by_words(self, stays: QuerySet[Custody], _name: str, value: str) -> QuerySet[Custody]:
        """Those about whom the words are."""
        return queries.matching(stays, value)


def people(count: int) -> str:
    """So many people, in words."""
    return ngettext("%(people)s person", "%(people)s people", count) % {"people": count}
