"""Registers: lists generated from the record, grouped by person, business, event, time or place.

Which entries make a register is data (`rules/registers.yaml`). A row is an entry with the person it is
about, where, by which post, and the files behind it. Nothing here is typed twice or stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import django_filters
from django import forms
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import clock, rulefiles
from custos.foundation.accounts import access
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import queries as custody
from custos.foundation.errors import Malformed
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record import kinds
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Post
from custos.foundation.ui import listing, signs
from custos.foundation.ui.happenings import together_with
from custos.foundation.ui.widgets import Choices

FILE = Path(__file__).parent / "rules" / "registers.yaml"
#: What is shown where nobody said which days.
DAYS_AT_FIRST = 31
#: Groups of a kind that are named; the rest is counted.
MOST_GROUPS = 30
_GROUPS = {
    "person": _("Person"),
    "business": _("Register"),
    "event": _("Event"),
    "day": _("Day"),
    "place": _("Place"),
}
_FIELDS = {
    "person": "custody_id",
    "business": "kind",
    "event": "kind",
    "day": "day",
    "place": "cell_id",
}


class Title(BaseModel):
    """What a register is called."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh


class Register(BaseModel):
    """A register and the kinds of entry that make it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    title: Title
    kinds: tuple[str, ...]
    source: str
    confidence: Literal["V", "E", "M", "P"]
    valid_from: date


class RegisterFile(BaseModel):
    """The registers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    registers: tuple[Register, ...]


def load() -> RegisterFile:
    """Read the registers. Raises pydantic's `ValidationError` for a file that is wrong."""
    return RegisterFile.model_validate(rulefiles.read(FILE))


@cache
def _read() -> RegisterFile:
    return load()


def known() -> tuple[Register, ...]:
    """All registers, in their order."""
    return _read().registers


def of_kind(kind: str) -> Register | None:
    """The register in which entries of a kind stand."""
    return next((one for one in known() if kind in one.kinds), None)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as a register shows it. `person` is None where it is about nobody, or nobody is shown."""

    id: UUID
    number: int
    occurred_at: datetime
    person: custody.PersonShown | None
    business: str
    event: str
    text: str
    place: str
    post: str
    files: int

    @property
    def entry_id(self) -> UUID:
        """The entry that the row is."""
        return self.id

    @property
    def name(self) -> str:
        """The person's name."""
        return self.person.name if self.person else ""

    @property
    def custody_number(self) -> str:
        """The person's custody number."""
        return self.person.number if self.person else ""


class FilesColumn(listing.Column):
    """How many files stand behind an entry; they open on a page of their own."""

    kind = "number"

    def shown(self, value: Any, record: Any) -> Any:
        if not value:
            return "—"
        url = reverse("entry_files", args=[record.id])
        return format_html('<a href="{}">{}{}</a>', url, signs.icon("paperclip"), value)


class RegisterTable(listing.Table):
    """Entries, the latest first."""

    first_order = "-occurred_at"
    fixed = ("occurred_at",)
    at_first = ("occurred_at", "name", "event", "text", "place", "files")

    occurred_at = listing.MomentColumn(verbose_name=_("Time"))
    name = listing.Column(verbose_name=_("Name"), orderable=False)
    custody_number = listing.Column(verbose_name=_("Custody number"), orderable=False)
    business = listing.Column(verbose_name=_("Register"), orderable=False)
    event = listing.Column(verbose_name=_("Event"), order_by="kind")
    text = listing.Column(verbose_name=_("Content"), orderable=False)
    place = listing.Column(verbose_name=_("Place"), order_by="cell_id")
    post = listing.Column(verbose_name=_("Post"), order_by="by_post")
    number = listing.NumberColumn(verbose_name=_("Number in the record"), order_by="seq")
    files = FilesColumn(verbose_name=_("Files"), orderable=False)


#: How wide each column is on paper, in parts.
WIDTHS = {
    "occurred_at": 4, "name": 3, "custody_number": 5, "business": 3, "event": 3, "text": 8, "place": 3,
    "post": 3, "number": 2, "files": 2,
}  # fmt: skip


class RegisterFilters(listing.Filters):
    """Which register, of whom, when and where; and by what the rows are counted in groups."""

    business = django_filters.ChoiceFilter(
        label=_("from register"),
        empty_label=_("any register"),
        method="by_business",
        widget=Choices,
    )
    words = django_filters.CharFilter(
        label=_("whose name or number has"),
        max_length=64,
        method="by_words",
        widget=forms.TextInput(attrs={"size": 12, "autocomplete": "off"}),
    )
    event = django_filters.ChoiceFilter(
        label=_("as event"), empty_label=_("any"), field_name="kind", widget=Choices
    )
    since = listing.DayFilter(label=_("from the day"), method="as_it_is")
    until = listing.DayFilter(label=_("to the day"), method="as_it_is")
    place = django_filters.ChoiceFilter(
        label=_("in cell"), empty_label=_("any"), field_name="cell_id", widget=Choices
    )
    grouped = django_filters.ChoiceFilter(
        label=_("counted by"),
        empty_label=_("no group"),
        choices=list(_GROUPS.items()),
        method="as_it_is",
        widget=Choices,
    )

    def __init__(self, data: Any, *, acting: Acting) -> None:
        since, until = days_of(data)
        entries = record.entries_of(
            [kind for one in known() for kind in one.kinds],
            since=_begin(since),
            until=_begin(until + timedelta(days=1)),
        )
        super().__init__(data, queryset=entries)
        self.filters["business"].extra["choices"] = [(one.code, str(one.title)) for one in known()]
        titles = [(kind, _title_of(kind)) for one in known() for kind in one.kinds]
        self.filters["event"].extra["choices"] = [(kind, said) for kind, said in titles if said]
        if acting.organization.tier is Tier.FACILITY:
            cells = organizations.cell_choices(acting.organization)
            self.filters["place"].extra["choices"] = cells
        else:
            del self.filters["place"]

    def by_business(self, entries: Any, _name: str, value: str) -> Any:
        """Those of one register."""
        return entries.filter(kind__in=next(one.kinds for one in known() if one.code == value))

    def by_words(self, entries: Any, _name: str, value: str) -> Any:
        """Those about whom the words are."""
        return entries.filter(custody_id__in=custody.about(value))

    def as_it_is(self, entries: Any, _name: str, _value: Any) -> Any:
        """What has been seen to already, or narrows nothing."""
        return entries


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are alike: what they have in common, how many there are, and what narrows to them."""

    title: str
    count: int
    query: dict[str, str]


def shown(entries: Iterable[Any]) -> list[Row]:
    """Entries as rows; whom they name is noted in the access log. Four queries, five where two acted."""
    lines = record.shown(entries)
    of_two = [line for line in lines if line.second_ref]
    names = accounts.writers_of(of_two) if of_two else {}
    people = custody.named(line.custody_id for line in lines if line.custody_id)
    cells = organizations.cell_names(line.cell_id for line in lines if line.cell_id)
    return [
        Row(
            line.id,
            line.seq,
            line.occurred_at,
            people.get(line.custody_id) if line.custody_id else None,
            str(register.title) if (register := of_kind(line.kind)) else "",
            line.title,
            line.text,
            cells.get(line.cell_id, "") if line.cell_id else "",
            by_whom(line, names),
            len(line.attachments),
        )
        for line in lines
    ]


def by_whom(line: record.Line, names: Mapping[str, str]) -> str:
    """By which post; of an act of two both are named as well."""
    post = str(Post(line.by_post).title) if line.by_post else ""
    if not line.second_ref:
        return post
    first = " ".join(part for part in (post, names.get(line.by_ref, "")) if part)
    return f"{first} · {together_with(names.get(line.second_ref, ''))}"


def listed(
    business: str,
    since: date | None,
    until: date | None,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Rows of a register, or of all, in a stretch of days, the latest first; the last month where no day
    is named. Raises `Malformed` for a register that isn't one. Five queries.
    """
    first, last = days_of({"since": since, "until": until})
    wanted = [one for one in known() if business in ("", one.code)]
    if not wanted:
        raise Malformed(
            "registers.no_such",
            _("There is no such register."),
            mend=_("Choose one of the list; without one, all are shown."),
            field="business",
        )
    found = record.entries_of(
        [kind for one in wanted for kind in one.kinds],
        since=_begin(first),
        until=_begin(last + timedelta(days=1)),
    )
    if after is not None:
        at, before = after
        found = found.filter(occurred_at__lte=at).exclude(occurred_at=at, id__gte=before)
    return shown(found.order_by("-occurred_at", "-id")[:limit])


def groups(entries: Any, by: str) -> tuple[list[Group], int]:
    """How many of some entries have each person, business, event, day or place, the most first; at most
    `MOST_GROUPS`, and how many rows are in none of them. Two queries.
    """
    if by not in _FIELDS or access.withheld():
        return [], 0
    field = _FIELDS[by]
    counted = entries.order_by()
    if by == "day":
        counted = counted.annotate(day=TruncDate("occurred_at", tzinfo=clock.LOCAL))
    rows = list(counted.values(field).annotate(rows=Count("id")).order_by("-rows", f"-{field}"))
    if by == "business":
        rows = _by_register(rows)
    named = [row for row in rows[:MOST_GROUPS] if row[field] is not None]
    made = _MADE[by]([row[field] for row in named])
    found = [
        Group(title, row["rows"], query) for row, (title, query) in zip(named, made, strict=True)
    ]
    return found, sum(row["rows"] for row in rows) - sum(group.count for group in found)


def _by_register(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Counts of kinds, added up by the register in which they stand."""
    found: dict[str, int] = {}
    for row in rows:
        if register := of_kind(row["kind"]):
            found[register.code] = found.get(register.code, 0) + row["rows"]
    return [{"kind": code, "rows": count} for code, count in found.items()]


Named = list[tuple[str, dict[str, str]]]


def _people(ids: list[UUID]) -> Named:
    people = custody.named(ids)
    return [
        (f"{people[one].name} · {people[one].number}", {"words": str(one)})
        if one in people
        else ("—", {"words": str(one)})
        for one in ids
    ]


def _cells(ids: list[UUID]) -> Named:
    names = organizations.cell_names(ids)
    return [(names.get(one, "—"), {"place": str(one)}) for one in ids]


def _registers(codes: list[str]) -> Named:
    titles = {one.code: str(one.title) for one in known()}
    return [(titles[code], {"business": code}) for code in codes]


_MADE: dict[str, Any] = {
    "person": _people,
    "business": _registers,
    "event": lambda names: [(_title_of(name) or name, {"event": name}) for name in names],
    "day": lambda days: [
        (one.isoformat(), {"since": one.isoformat(), "until": one.isoformat()}) for one in days
    ],
    "place": _cells,
}


def _title_of(kind: str) -> str:
    """What a kind is called; empty for one that no module of this program writes."""
    return next((str(one.title) for one in kinds.all_kinds() if one.name == kind), "")


def days_of(data: Any) -> tuple[date, date]:
    """The first and the last day that a request asks for; the last month where it names none."""
    today = clock.today()
    until = _day(data.get("until")) or today
    since = _day(data.get("since")) or until - timedelta(days=DAYS_AT_FIRST - 1)
    return min(since, until), until


def _day(text: Any) -> date | None:
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), clock.LOCAL)


def entries(count: int) -> str:
    """So many entries, in words."""
    return ngettext("%(entries)s entry", "%(entries)s entries", count) % {"entries": count}
