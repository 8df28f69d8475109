"""The list of people in custody: its columns, and what narrows it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import queries as custody
from custos.foundation.custody.lists import StayFilters
from custos.foundation.custody.models import Custody
from custos.foundation.custody.queries import PersonShown
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.numbers import Tier
from custos.foundation.ui import listing
from custos.foundation.ui.widgets import Choices
from custos.management.reception import documents
from custos.management.reception.forms import SEXES
from custos.management.timelimits import queries as timelimits

_DAYS = {"1": _("in the last day"), "7": _("in the last 7 days"), "30": _("in the last 30 days")}


class PeopleTable(listing.Table):
    """People in custody, the latest arrival first."""

    key = "custody_id"
    first_order = "-admitted_at"
    fixed = ("name",)

    name = listing.PersonColumn(
        route="person", by="custody_id", verbose_name=_("Name"), order_by="detainee__name"
    )
    sex = listing.Column(verbose_name=_("Sex"), accessor="sex_title", order_by="detainee__sex")
    organization = listing.Column(
        verbose_name=_("Facility"), accessor="organization_name", order_by="organization_id"
    )
    cell = listing.Column(verbose_name=_("Cell"), accessor="cell_name", order_by="cell__name")
    number = listing.Column(verbose_name=_("Custody number"))
    basis = listing.Column(verbose_name=_("Legal document"))
    basis_number = listing.Column(verbose_name=_("Number of the document"))
    admitted_at = listing.MomentColumn(verbose_name=pgettext_lazy("moment", "Admitted"))


class PeopleInFacility(PeopleTable):
    """The same for one facility, whose name every row would repeat."""

    at_first = ("name", "sex", "cell", "number", "basis", "admitted_at")

    class Meta:
        exclude = ("organization",)


class PeopleBelow(PeopleTable):
    """The same for whoever looks at several facilities."""

    at_first = ("name", "organization", "cell", "number", "basis", "admitted_at")


class PeopleFilters(StayFilters):
    """By name or number, place, sex and time of arrival."""

    cell = django_filters.ChoiceFilter(
        label=_("in cell"), empty_label=_("any"), field_name="cell_id", widget=Choices
    )
    sex = django_filters.ChoiceFilter(
        label=_("of sex"),
        empty_label=_("any"),
        choices=list(SEXES.items()),
        field_name="detainee__sex",
    )
    admitted = django_filters.ChoiceFilter(
        label=_("admitted"),
        empty_label=_("at any time"),
        choices=list(_DAYS.items()),
        method="by_days",
    )

    def __init__(self, data: Any, *, acting: Acting) -> None:
        super().__init__(data, queryset=custody.with_needs(custody.present()), acting=acting)
        if acting.organization.tier is Tier.FACILITY:
            self.filters["cell"].extra["choices"] = organizations.cell_choices(acting.organization)
            return
        # A link from a found cell names it; the form of a higher tier doesn't list them all.
        wanted = str(data.get("cell", ""))
        name = organizations.cell_name(wanted) if _is_id(wanted) else ""
        if name:
            self.filters["cell"].extra["choices"] = [(wanted, name)]
        else:
            del self.filters["cell"]

    def by_days(self, stays: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Those who arrived within so many days."""
        return stays.filter(admitted_at__gte=clock.now() - timedelta(days=int(value)))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def shown(stays: Iterable[Custody]) -> list[PersonShown]:
    """Stays as rows of the list, with the name of their document in the reader's language; of whoever is
    held on none any more it says so first. One query besides that of the stays.
    """
    people = custody.shown(stays)
    unheld = timelimits.unheld(one.custody_id for one in people)
    return [_in_words(one, one.custody_id in unheld) for one in people]


def _in_words(one: PersonShown, unheld: bool) -> PersonShown:
    basis = documents.title_of(one.basis)
    if not unheld:
        return replace(one, basis=basis)
    words = _("none any more; admitted on: %(document)s") % {"document": basis}
    return replace(one, basis=str(words), needs=(_("Held on no document"), *one.needs))
