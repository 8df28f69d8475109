"""The report on a sheet as a list: its columns, and what narrows it."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from custos.foundation.ui import listing
from custos.management.reception.importing.queries import STATES
from custos.management.reception.models import ImportRow

_WRONG = SafeString(' class="is-wrong"')


class SaidColumn(listing.Column):
    """What was found in a row: what must be mended first."""

    def shown(self, value: Any, record: Any) -> Any:
        return format_html(
            '<ul class="found-in-row">{}</ul>',
            format_html_join(
                "",
                "<li{}><strong>{}</strong> {}</li>",
                ((_WRONG if one.wrong else "", one.column, one.words) for one in record.findings),
            ),
        )


class NameColumn(listing.LinkColumn):
    """The name, which opens the file of whoever is on the record."""

    def shown(self, value: Any, record: Any) -> Any:
        return super().shown(value, record) if record.custody_id else value


class RowTable(listing.Table):
    """Rows of a sheet in their order."""

    first_order = "row"
    fixed = ("row", "said")

    row = listing.NumberColumn(verbose_name=_("Row"))
    state = listing.StateColumn(verbose_name=_("State"), accessor="state_shown", order_by="state")
    number = listing.Column(verbose_name=_("Custody number"))
    name = NameColumn(route="person", by="custody_id", verbose_name=_("Name"))
    said = SaidColumn(verbose_name=_("What was found"), orderable=False)


class RowFilters(listing.Filters):
    """By state, by whether anything was found, and by name or number."""

    state = django_filters.ChoiceFilter(
        label=_("whose state is"), empty_label=_("any"), choices=list(STATES.items())
    )
    noted = django_filters.ChoiceFilter(
        label=_("with"),
        empty_label=_("or without remarks"),
        choices=[("1", _("remarks"))],
        method="by_noted",
    )

    def by_noted(self, rows: QuerySet[ImportRow], _name: str, _value: str) -> QuerySet[ImportRow]:
        """Those with something that refuses nothing and should be looked at."""
        return rows.filter(noted=True)


def rows(count: int) -> str:
    """So many rows, in words."""
    return ngettext("%(rows)s row", "%(rows)s rows", count) % {"rows": count}
