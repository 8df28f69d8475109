"""The data table: a list that is filtered by a sentence, ordered, paged, saved as a view and exported.

A module declares a `Table` of the columns below and, where it can be narrowed, a `Filters`; its view
hands both to a `Listing`, and its template shows it by `{% listing %}`. `{% rows %}` shows a `Table`
of a few rows without all that.

    class PeopleTable(listing.Table):
        name = listing.PersonColumn(route="person", by="custody_id", verbose_name=_("Name"))
        admitted_at = listing.MomentColumn(verbose_name=_("Admitted"))
        first_order = "-admitted_at"

What a reader may see is the query's business: a `Listing` shows and exports what the queryset gives.
The rows of a page, and all rows of an export, go through `present` before anything is shown, so that
a query that notes people in the access log notes exactly those.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
import xlsxwriter
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tables2.data import TableQuerysetData

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed
from custos.foundation.ui import signs
from custos.foundation.ui.dates import DayField
from custos.foundation.ui.models import SavedView
from custos.foundation.ui.templatetags import ui as tags

PAGE = 50
#: An export is for a desk, not for taking the database along.
MOST_EXPORTED = 20_000
MOST_VIEWS = 20
LONGEST_QUERY = 2_000
_MOST_PAGES = 1_000_000
#: How much of what an address asked for in vain is said again.
_MOST_SAID, _LONGEST_SAID = 5, 80


class Column(tables.Column):
    """Text. A value that isn't there shows as a dash."""

    kind = "text"

    def shown(self, value: Any, record: Any) -> Any:
        """The cell of a record."""
        return value


class LinkColumn(Column):
    """Text that opens something: `route` with the record's attribute `by` as its argument."""

    kind = "link"

    def __init__(self, *, route: str, by: str = "id", **more: Any) -> None:
        super().__init__(**more)
        self.route, self.by = route, by

    def url(self, record: Any) -> str:
        """Where a record opens."""
        return reverse(self.route, args=[tables.A(self.by).resolve(record)])

    def shown(self, value: Any, record: Any) -> Any:
        return format_html('<a href="{}" data-open>{}</a>', self.url(record), value)


class PersonColumn(LinkColumn):
    """A person as the chip that is the same everywhere; the record is the person."""

    kind = "person"

    def shown(self, value: Any, record: Any) -> Any:
        return tags.chip(record, self.url(record))


class MomentColumn(Column):
    """When something was, both ways."""

    def shown(self, value: Any, record: Any) -> Any:
        return signs.moment(value)


class DeadlineColumn(Column):
    """By when something must be done, and how much time is left."""

    def shown(self, value: Any, record: Any) -> Any:
        return signs.deadline(value)


class DayColumn(Column):
    """A day, which is never parted between two lines."""

    def shown(self, value: Any, record: Any) -> Any:
        return format_html('<span class="day">{}</span>', value.isoformat()) if value else value


class SeverityColumn(Column):
    """A severity 1 to 4."""

    def shown(self, value: Any, record: Any) -> Any:
        return signs.severity(value)


class StateColumn(Column):
    """A status chip; the value is the pair of tone and text that the tag `state` takes."""

    def shown(self, value: Any, record: Any) -> Any:
        return signs.state(*value)


class NumberColumn(Column):
    """A number, set to the right."""

    kind = "number"


class CodeColumn(Column):
    """What a machine says: topics, names of jobs."""

    kind = "code"


class Table(tables.Table):
    """Columns in their order. `fixed` are always shown; `at_first` where nobody chose (empty: all).

    `first_order` is the order where nobody chose one, `key` the attribute that tells rows apart.
    """

    first_order: ClassVar[str] = ""
    fixed: ClassVar[Sequence[str]] = ()
    at_first: ClassVar[Sequence[str]] = ()
    key: ClassVar[str] = "id"

    def cells(
        self, names: Sequence[str], rows: Iterable[Any]
    ) -> Iterator[tuple[str, list[tuple[SafeString, Any]]]]:
        """Each row's key and its cells: the opening tag, which is the column's, and the content."""
        columns = [self.columns[name] for name in names]
        begins = [
            format_html('<td class="{}" data-label="{}">', c.column.kind, c.header) for c in columns
        ]
        key = tables.A(self.key)
        for row in rows:
            record = row.record
            contents = [_content(c, record) for c in columns]
            yield (
                str(key.resolve(record, quiet=True) or ""),
                list(zip(begins, contents, strict=True)),
            )


def _content(column: Any, record: Any) -> Any:
    """A cell of a record. The library's own way looks at the signature of each cell's function."""
    value = column.accessor.resolve(record, quiet=True)
    own = column.column
    return column.default if value in own.empty_values else own.shown(value, record)


class DayFilter(django_filters.DateFilter):
    """A list narrowed by a day."""

    field_class = DayField


class Filters(django_filters.FilterSet):
    """What narrows a list. A filter's label is its part of the sentence above the table."""

    def in_words(self) -> str:
        """What it is narrowed to just now, for the head of an export."""
        return self.in_words_but()

    def in_words_but(self, *names: str) -> str:
        """The same without some of its filters, where what they say stands elsewhere."""
        form: Form = self.form
        said = []
        for name, value in (form.cleaned_data if form.is_valid() else {}).items():
            if name in names or value in (None, "", []):
                continue
            choices = dict(getattr(form.fields[name], "choices", ()))
            words = choices.get(value, choices.get(str(value), value))
            said.append(f"{form.fields[name].label} {words}")
        return " · ".join(said)


class _Rows(TableQuerysetData):
    """A queryset whose rows are made ready to show when a page of them is cut out."""

    def __init__(self, data: QuerySet[Any], present: Callable[[Iterable[Any]], Sequence[Any]]):
        super().__init__(data)
        self.data: QuerySet[Any] = data
        self.present = present

    def __getitem__(self, key: Any) -> Any:
        # Which rows first, what is shown of them then: under row-level security the planner takes
        # any list for a short one, and would join all of it to show fifty.
        chosen = list(self.data[key].values_list("pk", flat=True))
        return self.present(self.data.filter(pk__in=chosen))

    def order_by(self, aliases: Any) -> None:
        super().order_by(aliases)
        # Rows that are alike in this order would change places between pages.
        self.data = self.data.order_by(*self.data.query.order_by, "-pk")


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading: the address that orders by it, and how it is ordered (aria-sort)."""

    name: str
    title: Any
    kind: str
    url: str
    order: str


class Listing:
    """One list as one request asks for it.

    `name` tells its saved views from those of others, `title` heads an export, `noun` counts rows
    (a function of the number). `export` is the route of the view that answers with `workbook()`.
    """

    def __init__(
        self,
        request: HttpRequest,
        table: type[Table],
        rows: QuerySet[Any],
        *,
        name: str,
        title: Any,
        noun: Callable[[int], str],
        present: Callable[[Iterable[Any]], Sequence[Any]] = list,
        filters: Filters | None = None,
        export: str = "",
        nothing: Any = "",
        hint: Any = "",
    ) -> None:
        self.request, self.name, self.title, self.noun = request, name, title, noun
        self.filters, self.nothing, self.hint = filters, nothing, hint
        self.at = clock.now()
        self._table, self._rows, self._present = table, rows, present
        self._export = export

    # ------------------------------------------------------------------ what is asked for

    @cached_property
    def query(self) -> QueryDict:
        """What the address asks for that this list knows; the page left out."""
        known = {"sort", "column", *self._filtered}
        query = QueryDict(mutable=True)
        for name, values in self.request.GET.lists():
            if name in known and any(values):
                query.setlist(name, values)
        return query

    def _but(self, *names: str, **set_to: Any) -> str:
        query = self.query.copy()
        for name in names:
            query.pop(name, None)
        for name, value in set_to.items():
            query[name] = value
        return f"?{query.urlencode()}"

    @cached_property
    def table(self) -> Table:
        """The table, ordered."""
        rows = self.filters.qs if self.filters else self._rows
        wanted = self.query.get("sort", "")
        columns = self._table.base_columns
        known = wanted.lstrip("-") in columns and columns[wanted.lstrip("-")].orderable is not False
        return self._table(
            _Rows(rows, self._present),
            order_by=wanted if known else self._table.first_order,
        )

    @cached_property
    def page(self) -> Page[Any]:
        """The page that is shown: the last where the address names a later one."""
        wanted = self.request.GET.get("page", "1")
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 7 else 1
        self.table.paginator = Paginator(self.table.rows, PAGE)
        return self.table.paginator.get_page(max(1, number))  # type: ignore[no-any-return]

    @property
    def total(self) -> int:
        """How many rows there are in all."""
        return int(self.page.paginator.count)

    @cached_property
    def names(self) -> list[str]:
        """The columns that are shown, in the table's order."""
        chosen = set(self.query.getlist("column")) & set(self.table.columns.names())
        wanted = chosen or set(self._table.at_first) or set(self.table.columns.names())
        return [n for n in self.table.columns.names() if n in wanted or n in self._table.fixed]

    # ------------------------------------------------------------------ what is shown

    @property
    def heads(self) -> list[Head]:
        """The headings in order."""
        heads = []
        for name in self.names:
            column = self.table.columns[name]
            alias = column.order_by_alias
            order = ""
            if column.is_ordered:
                order = "descending" if alias.is_descending else "ascending"
            url = self._but(sort=alias.next) if column.orderable else ""
            heads.append(Head(name, column.header, column.column.kind, url, order))
        return heads

    @property
    def cells(self) -> Iterator[tuple[str, list[Any]]]:
        """The rows of the page."""
        return self.table.cells(self.names, self.page.object_list)

    @property
    def counted(self) -> str:
        """How many rows there are, in words."""
        return self.noun(self.total)

    @property
    def choices(self) -> list[tuple[str, Any, bool, bool]]:
        """Each column: name, title, whether it is shown, whether it may be left out."""
        return [
            (
                name,
                self.table.columns[name].header,
                name in self.names,
                name not in self._table.fixed,
            )
            for name in self.table.columns.names()
        ]

    @property
    def orders(self) -> list[tuple[str, Any, str, bool]]:
        """Each way to order: value, column, `up` or `down`, whether it is the present one."""
        present = {str(alias) for alias in (self.table.order_by or ())}
        return [
            (prefix + name, self.table.columns[name].header, way, prefix + name in present)
            for name in self.table.columns.names()
            if self.table.columns[name].orderable
            for prefix, way in (("", "up"), ("-", "down"))
        ]

    @property
    def _filtered(self) -> Sequence[str]:
        return tuple(self.filters.filters) if self.filters else ()

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return any(name in self.query for name in self._filtered)

    @property
    def left_out(self) -> list[str]:
        """What the address asks for that this list can't do, as it was asked: a list that silently showed
        everybody would be taken for the narrowed one.
        """
        wrong = set(self.filters.form.errors) if self.filters else set()
        known = {"sort", "column", "page", *self._filtered} - wrong
        fields = self.filters.form.fields if self.filters else {}
        return [
            f"{fields[name].label if name in fields else name} {value}"[:_LONGEST_SAID]
            for name, values in self.request.GET.lists()
            if name not in known
            for value in values
            if value
        ][:_MOST_SAID]

    @property
    def kept_by_filters(self) -> list[tuple[str, str]]:
        """What the form of the filters carries along."""
        return [(n, v) for n, vs in self.query.lists() if n in ("sort", "column") for v in vs]

    @property
    def kept_by_columns(self) -> list[tuple[str, str]]:
        """What the form of the columns carries along."""
        return [(n, v) for n, vs in self.query.lists() if n not in ("sort", "column") for v in vs]

    @property
    def without_filters(self) -> str:
        """The address of the whole list, in the same order and columns."""
        return self._but(*self._filtered)

    @property
    def export_url(self) -> str:
        """Where the spreadsheet comes from; empty where there is none."""
        return reverse(self._export) + self._but() if self._export else ""

    # ------------------------------------------------------------------ views of one's own

    @cached_property
    def views(self) -> list[tuple[SavedView, bool]]:
        """The reader's saved views, and which of them this is."""
        here = self.query.urlencode()
        return [(view, view.query == here) for view in views_of(self.request.acting, self.name)]  # type: ignore[attr-defined]

    # ------------------------------------------------------------------ paper and spreadsheet

    def texts(self, most: int) -> tuple[list[str], list[list[str]]]:
        """The headings and all rows that the filters leave, as text for a printed list.

        Raises `Malformed` for more than `most`.
        """
        self._require_at_most(most)
        columns = [self.table.columns[name] for name in self.names]
        return _texts(columns, self._present(self.table.data.data))

    def _require_at_most(self, most: int) -> None:
        if self.total > most:
            raise Malformed(
                "list.too_long",
                _("%(count)s rows are more than one list may hold (%(most)s)."),
                mend=_("Narrow the list by its filters first."),
                count=self.total,
                most=most,
            )

    def workbook(self) -> HttpResponse:
        """All rows that the filters leave, in the chosen columns, as an xlsx file.

        Raises `Malformed` for more than `MOST_EXPORTED`.
        """
        self._require_at_most(MOST_EXPORTED)
        rows = self._present(self.table.data.data)
        head = [str(self.title), *self._provenance()]
        return _workbook(
            self.name, self.at, head, [self.table.columns[n] for n in self.names], rows
        )

    def _provenance(self) -> list[str]:
        """Where a spreadsheet comes from, for whoever finds it on a desk."""
        lines = [_exported_by(self.request, self.at), self.counted]
        if self.filters and (words := self.filters.in_words()):
            lines.append(gettext("Only: %(words)s") % {"words": words})
        return lines


def workbook_of(
    request: HttpRequest, table: Table, *, name: str, lines: Sequence[str]
) -> HttpResponse:
    """The rows of a `Table` that is no list, as an xlsx file; `lines` stand above them."""
    at = clock.now()
    head = [*lines, _exported_by(request, at)]
    rows = [row.record for row in table.rows]
    return _workbook(name, at, head, list(table.columns), rows)


def texts_of(table: Table) -> tuple[list[str], list[list[str]]]:
    """The headings and rows of a `Table` that is no list, as text for paper."""
    return _texts(list(table.columns), [row.record for row in table.rows])


def _texts(columns: Sequence[Any], rows: Iterable[Any]) -> tuple[list[str], list[list[str]]]:
    texts = [
        [_text_of(column.accessor.resolve(record, quiet=True)) for column in columns]
        for record in rows
    ]
    return [str(column.header) for column in columns], texts


def _exported_by(request: HttpRequest, at: datetime) -> str:
    acting = request.acting  # type: ignore[attr-defined]
    by = f"{acting.organization.name} · {acting.staff.name}"
    said = {"by": by, "at": f"{at.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"}
    return gettext("Exported by %(by)s at %(at)s") % said


def _workbook(
    name: str, at: datetime, head: Sequence[str], columns: Sequence[Any], rows: Iterable[Any]
) -> HttpResponse:
    body = BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        _write(book, head, columns, rows)
    file = f"{name}-{at.astimezone(clock.LOCAL):%Y%m%d-%H%M}.xlsx"
    return HttpResponse(
        body.getvalue(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": content_disposition_header(True, file) or ""},
    )


def _write(book: Any, head: Sequence[str], columns: Sequence[Any], rows: Iterable[Any]) -> None:
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet()
    sheet.set_column(0, len(columns), 20)
    for number, line in enumerate(head):
        sheet.write_string(number, 0, line, bold if number == 0 else None)
    first = len(head) + 1
    for at, column in enumerate(columns):
        sheet.write_string(first, at, str(column.header), bold)
    formats: dict[type, Any] = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    for number, record in enumerate(rows, first + 1):
        for at, column in enumerate(columns):
            value = column.accessor.resolve(record, quiet=True)
            _write_cell(sheet, number, at, value, formats)
    sheet.freeze_panes(first + 1, 0)


def _text_of(value: Any) -> str:
    """A cell on paper: local times to the minute."""
    if isinstance(value, datetime):
        return f"{value.astimezone(clock.LOCAL):%Y-%m-%d %H:%M}"
    if value is None:
        return ""
    return str(value[1] if isinstance(value, tuple) else value)


def _write_cell(sheet: Any, row: int, column: int, value: Any, formats: dict[type, Any]) -> None:
    """Text stays text, whatever it begins with: a spreadsheet would run a formula."""
    if isinstance(value, datetime):
        local = value.astimezone(clock.LOCAL).replace(tzinfo=None)
        sheet.write_datetime(row, column, local, formats[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, formats[date])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, value)
    elif value not in (None, ""):
        # A pair of tone and text is a state.
        sheet.write_string(row, column, str(value[1] if isinstance(value, tuple) else value))


def views_of(acting: Any, listing: str) -> list[SavedView]:
    """The saved views of an account for a list where it acts, by name. One query."""
    if not acting:
        return []
    return list(
        SavedView.objects.visible_to(scope.current())
        .filter(organization_id=acting.organization.pk, user_id=acting.user.pk, listing=listing)
        .order_by("name")
    )


def save_view(acting: Any, listing: str, name: str, query: str) -> SavedView:
    """Keep a view of a list under a name; one of the same name is replaced.

    Raises `Malformed` for a name that is empty or too long, `Conflict` for one view too many.
    """
    name = " ".join(name.split())
    if not name or len(name) > 40 or len(query) > LONGEST_QUERY or len(listing) > 64:
        raise Malformed(
            "view.name",
            _("A view needs a name of 1 to 40 characters."),
            field="name",
            mend=_("Give it a short name, such as the cells that you look after."),
        )
    kept = views_of(acting, listing)
    if len(kept) >= MOST_VIEWS and all(view.name != name for view in kept):
        raise Conflict(
            "view.too_many",
            _("There are %(most)s saved views of this list already."),
            mend=_("Delete one that you no longer use."),
            most=MOST_VIEWS,
        )
    view, _made = SavedView.objects.update_or_create(
        organization_id=acting.organization.pk,
        user_id=acting.user.pk,
        listing=listing,
        name=name,
        defaults={"query": QueryDict(query).urlencode()},
    )
    return view


def forget_view(acting: Any, view_id: int) -> None:
    """Delete a saved view of one's own; one that isn't there is no matter."""
    SavedView.objects.visible_to(scope.current()).filter(
        pk=view_id, organization_id=acting.organization.pk, user_id=acting.user.pk
    ).delete()
