"""Loading code tables and regions, and checking files against the catalogue.

Each load is one transaction: with one bad row nothing is changed, and every bad row is named.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import clock, rulefiles
from custos.foundation.codes.models import Code, CodeTable, DataItem, Region
from custos.foundation.errors import Malformed

RULES = Path(__file__).parent / "rules"

#: Never taken in, whatever a file brings: 个人信息保护法 第28条; the project's own decision.
FORBIDDEN = (
    "民族", "政治面貌", "宗教", "信仰", "党派",
    "ethnic", "nationality_group", "political", "religion", "party",
)  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Titles(_Strict):
    """A title in both languages."""

    zh: str
    en: str


class TableRule(_Strict):
    """A table that is shipped, and its file."""

    id: str
    file: str
    title: Titles
    source: str
    confidence: Literal["V", "E", "M", "P"]


class ItemRule(_Strict):
    """A data item that is shipped."""

    id: str
    zh: str
    en: str
    type: Literal["text", "integer", "date", "datetime", "code", "boolean"]
    table: str | None = None
    max_length: int | None = None
    required: bool = False
    legal_basis: str
    purpose: str


@dataclass(slots=True)
class Report:
    """What a load or a check found."""

    lines: list[str] = field(default_factory=list)
    added: int = 0
    closed: int = 0
    wrong: int = 0

    def fault(self, place: str, what: str, mend: str) -> None:
        """Note something wrong: where, what, and how to mend it."""
        self.wrong += 1
        self.lines.append(f"{place}: {what} {mend}")


def _yaml(folder: Path, name: str) -> Any:
    return rulefiles.read(folder / name)


def tables(folder: Path = RULES) -> list[TableRule]:
    """The tables that are shipped. Raises pydantic's `ValidationError`."""
    return [TableRule.model_validate(row) for row in _yaml(folder, "tables.yaml")["tables"]]


def items(folder: Path = RULES) -> list[ItemRule]:
    """The data items that are shipped. Raises pydantic's `ValidationError`."""
    return [ItemRule.model_validate(row) for row in _yaml(folder, "items.yaml")["items"]]


def is_forbidden(column: str) -> bool:
    """Whether a column is of a sort that is never taken in."""
    return any(word in column.lower() for word in FORBIDDEN)


def decoded(data: bytes) -> str:
    """Text of a file in UTF-8 (with or without mark) or GB 18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Malformed(
        "codes.encoding",
        _("The file is neither UTF-8 nor GB 18030."),
        mend=_("Save it as CSV in UTF-8."),
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(decoded(path.read_bytes())))
    for number, row in enumerate(reader, 2):
        yield number, {(k or "").strip(): (v or "").strip() for k, v in row.items() if k}


def load(folder: Path = RULES, *, today: date | None = None) -> Report:
    """Bring the shipped tables and items into the database; loading twice changes nothing.

    A code whose meaning changed, or that is gone, is closed, and the new meaning begins today.
    """
    report, today = Report(), today or clock.today()
    wanted = {table.id: meanings(folder / table.file, report) for table in tables(folder)}
    if report.wrong:
        return report
    with transaction.atomic():
        for table in tables(folder):
            CodeTable.objects.update_or_create(
                id=table.id,
                defaults={
                    "zh": table.title.zh,
                    "en": table.title.en,
                    "source": table.source,
                    "confidence": table.confidence,
                },
            )
            _bring(table.id, wanted[table.id], today, report)
        for item in items(folder):
            DataItem.objects.update_or_create(
                item=item.id,
                organization_id=None,
                defaults=item.model_dump(exclude={"id", "table"}) | {"table_id": item.table},
            )
    return report


def meanings(path: Path, report: Report) -> dict[str, tuple[str, str]]:
    """The codes of a file with their meanings (zh, en); bad rows are noted in `report`."""
    found: dict[str, tuple[str, str]] = {}
    for number, row in _rows(path):
        place = f"{path.name}, row {number}"
        if not (row.get("code") and row.get("zh") and row.get("en")):
            report.fault(place, "code, zh and en are all needed.", "Fill in what is missing.")
        elif row["code"] in found:
            report.fault(place, f"code {row['code']} stands twice.", "Take one of them out.")
        else:
            found[row["code"]] = (row["zh"], row["en"])
    return found


def _bring(table: str, wanted: dict[str, tuple[str, str]], today: date, report: Report) -> None:
    held = {c.code: c for c in Code.objects.filter(table_id=table, valid_to__isnull=True)}
    stale = [c for c in held.values() if wanted.get(c.code) != (c.zh, c.en)]
    for code in stale:
        code.valid_to = today
    Code.objects.bulk_update(stale, ["valid_to"])
    gone = {c.code for c in stale}
    fresh = [
        Code(table_id=table, code=code, zh=zh, en=en, valid_from=today)
        for code, (zh, en) in wanted.items()
        if code not in held or code in gone
    ]
    Code.objects.bulk_create(fresh)
    report.added += len(fresh)
    report.closed += len(stale)


def import_regions(path: Path, *, today: date | None = None) -> Report:
    """Take in a published list of regions (CSV with code and name); codes that are gone are closed."""
    report, today = Report(), today or clock.today()
    wanted: dict[str, str] = {}
    for number, row in _rows(path):
        code, name = row.get("code", ""), row.get("name", "")
        if not (code.isdigit() and len(code) in (6, 9, 12)) or not name:
            report.fault(
                f"{path.name}, row {number}",
                "a region has a code of 6, 9 or 12 digits and a name.",
                "Mend the row.",
            )
        wanted[code] = name
    if report.wrong:
        return report
    with transaction.atomic():
        held = {r.code: r for r in Region.objects.filter(valid_to__isnull=True)}
        stale = [r for r in held.values() if wanted.get(r.code) != r.name]
        for region in stale:
            region.valid_to = today
        Region.objects.bulk_update(stale, ["valid_to"])
        gone = {r.code for r in stale}
        fresh = [
            Region(code=code, name=name, valid_from=today)
            for code, name in wanted.items()
            if code not in held or code in gone
        ]
        Region.objects.bulk_create(fresh)
    report.added, report.closed = len(fresh), len(stale)
    return report


def extend_catalogue(organization_id: int, rule: ItemRule) -> DataItem:
    """Add a data item of an organization's own. Raises `Malformed` for a sort that is never held."""
    if is_forbidden(rule.id) or is_forbidden(rule.zh) or is_forbidden(rule.en):
        raise Malformed(
            "codes.forbidden",
            _("Ethnicity, religion and political opinion are not held."),
            field="id",
            mend=_("Record the need itself: interpreter, language, diet."),
        )
    return DataItem.objects.create(
        item=rule.id,
        organization_id=organization_id,
        table_id=rule.table,
        **rule.model_dump(exclude={"id", "table"}),
    )


def check_file(path: Path) -> Report:
    """Say by row and column what of a CSV file does not conform to the catalogue.

    Columns are named by the item's id or its Chinese name. Forbidden columns are dropped and told.
    """
    report = Report()
    known = {name: item for item in DataItem.objects.all() for name in (item.item, item.zh)}
    codes = _codes({item.table_id for item in known.values() if item.table_id})
    rows = csv.reader(io.StringIO(decoded(path.read_bytes())))
    header = [name.strip() for name in next(rows, [])]
    columns: list[DataItem | None] = []
    for name in header:
        if is_forbidden(name):
            report.lines.append(f"column {name}: never held here; it was dropped.")
            columns.append(None)
            continue
        columns.append(known.get(name))
        if name not in known:
            report.fault(f"column {name}", "is not in the catalogue.", "Rename or remove it.")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            report.fault(f"row {number}", f"has {len(row)} cells, not {len(header)}.", "Mend it.")
            continue
        for item, value in zip(columns, row, strict=True):
            if item and (what := _fault(item, value.strip(), codes)):
                report.fault(f"row {number}, {item.zh}", what, f"({item.legal_basis})")
    return report


def _codes(wanted: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    rows = Code.objects.filter(Q(valid_to__isnull=True), table_id__in=list(wanted))
    for table, code in rows.values_list("table_id", "code"):
        found.setdefault(table, set()).add(code)
    return found


def _fault(item: DataItem, value: str, codes: dict[str, set[str]]) -> str:
    if not value:
        return "must be filled in." if item.required else ""
    if item.max_length and len(value) > item.max_length:
        return f"is longer than {item.max_length} characters."
    if item.type == "code" and value not in codes.get(item.table_id or "", set()):
        return f"{value!r} is no code of {item.table_id}."
    if item.type == "integer" and not value.lstrip("-").isdecimal():
        return f"{value!r} is no whole number."
    reading = {"date": date.fromisoformat, "datetime": datetime.fromisoformat}.get(item.type)
    if reading:
        try:
            reading(value)
        except ValueError:
            return f"{value!r} is no {item.type} (ISO 8601)."
    if item.type == "boolean" and value not in ("0", "1"):
        return f"{value!r} is neither 0 nor 1."
    return ""
