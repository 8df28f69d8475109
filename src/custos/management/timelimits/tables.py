"""The lists: everybody held by time left, and the warnings that are open."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.lists import StayFilters
from custos.foundation.limits import law
from custos.foundation.ui import listing
from custos.foundation.ui.widgets import Choices
from custos.management.timelimits import catalogue, kinds, queries


class Board(listing.Table):
    """Everybody held: first whom no document holds, then whoever has least time left."""

    key = "custody_id"
    first_order = "due_at"
    fixed = ("name",)

    name = listing.PersonColumn(
        route="person_limits", by="custody_id", verbose_name=_("Name"), order_by="detainee__name"
    )
    organization = listing.Column(
        verbose_name=_("Facility"), accessor="organization_name", order_by="organization_id"
    )
    sign = listing.StateColumn(verbose_name=_("Stands"), orderable=False)
    due_at = listing.DeadlineColumn(
        verbose_name=_("Custody ends"), order_by=("clock__unheld_since", "clock__due_at")
    )
    state = listing.Column(verbose_name=_("Stage"), accessor="state_title", order_by="clock__state")
    authority = listing.Column(
        verbose_name=_("Handling authority"),
        accessor="authority_title",
        order_by="clock__authority",
    )
    last_day = listing.DayColumn(verbose_name=_("Last day of custody"), order_by="clock__last_day")
    number = listing.Column(verbose_name=_("Custody number"))
    admitted_at = listing.MomentColumn(verbose_name=pgettext_lazy("moment", "Admitted"))


class BoardInFacility(Board):
    """The same for one facility, whose name every row would repeat."""

    at_first = ("name", "sign", "due_at", "state", "authority", "last_day")

    class Meta:
        exclude = ("organization",)


class BoardBelow(Board):
    """The same for whoever looks at several facilities."""

    at_first = ("name", "organization", "sign", "due_at", "state", "authority", "last_day")


class BoardFilters(StayFilters):
    """By name or number, authority, stage and time left."""

    left = django_filters.ChoiceFilter(
        label=_("whose custody ends"),
        empty_label=_("at any time"),
        choices=list(queries.LEFT.items()),
        method="by_left",
    )
    authority = django_filters.ChoiceFilter(
        label=_("in the hands of"), empty_label=_("any authority"), field_name="clock__authority"
    )
    state = django_filters.ChoiceFilter(
        label=_("at the stage"), empty_label=_("any"), field_name="clock__state", widget=Choices
    )
    day = listing.DayFilter(label=_("with the last day"), field_name="clock__last_day")

    def __init__(self, data: Any, *, acting: Acting) -> None:
        super().__init__(data, queryset=queries.board(), acting=acting)
        known = catalogue.authorities()
        self.filters["authority"].extra["choices"] = [(c, str(one)) for c, one in known.items()]
        states = [state for one in known.values() for state in one.states]
        wanted = [state for state in states if state in law.shipped().stages]
        self.filters["state"].extra["choices"] = [(s, kinds.state_title(s)) for s in wanted]

    def by_left(self, stays: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Those with so much time left."""
        return stays.filter(queries.narrowed(value, clock.now(), "clock__"))


class Warnings(listing.Table):
    """Warnings that are open, whose limit ends first before others."""

    first_order = "due_at"
    fixed = ("title",)

    title = listing.LinkColumn(route="limit_warning", verbose_name=_("Warning"), orderable=False)
    name = listing.PersonColumn(
        route="person_limits", by="custody_id", verbose_name=_("Name"), orderable=False
    )
    sign = listing.StateColumn(verbose_name=_("Stands"), orderable=False)
    due_at = listing.DeadlineColumn(verbose_name=_("Custody ends"))
    step = listing.NumberColumn(verbose_name=_("Times said"))
    raised_at = listing.MomentColumn(verbose_name=_("First said"))


class WarningFilters(listing.Filters):
    """By the sort of warning, and whether it has ended."""

    rule = django_filters.ChoiceFilter(label=_("of the sort"), empty_label=_("any"))
    ended = django_filters.ChoiceFilter(
        label=_("that are"),
        empty_label=_("not ended yet"),
        choices=[("yes", pgettext_lazy("warnings", "ended"))],
        method="by_ended",
    )

    def __init__(self, data: Any) -> None:
        ended = data.get("ended") == "yes"
        super().__init__(data, queryset=queries.warnings().filter(closed_at__isnull=not ended))
        known = catalogue.rules().warnings
        self.filters["rule"].extra["choices"] = [(one.id, str(one.title)) for one in known]

    def by_ended(self, rows: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """The queryset is narrowed already."""
        return rows


def warnings(count: int) -> str:
    """So many warnings, in words."""
    return ngettext("%(count)s warning", "%(count)s warnings", count) % {"count": count}
