"""What codes mean."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from custos.foundation.codes.models import Code, CodeTable, DataItem, Region
from custos.foundation.database import scope
from custos.foundation.errors import Missing


def label(table: str, code: str, day: date) -> str:
    """The meaning of a code on a day, in the active language; the code itself where unknown."""
    found = (
        Code.objects.filter(table_id=table, code=code, valid_from__lte=day)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        .first()
    )
    if found is None:
        return code
    return found.en if (get_language() or "").startswith("en") else found.zh


def _valid_on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))


def tables() -> list[CodeTable]:
    """All code tables, by their identifier. One query."""
    return list(CodeTable.objects.order_by("id"))


def codes_of(
    table: str, day: date, *, after: tuple[str, int] | None = None, limit: int = 50
) -> list[Code]:
    """The codes of a table that hold on a day, by code. Raises `Missing`. At most two queries."""
    found = Code.objects.filter(_valid_on(day), table_id=table)
    rows = _after(found, after)[:limit]
    codes = list(rows)
    if not codes and not CodeTable.objects.filter(pk=table).exists():
        raise Missing("codes.no_table", _("There is no such code table."))
    return codes


def regions(
    day: date, *, begins: str = "", after: tuple[str, int] | None = None, limit: int = 50
) -> list[Region]:
    """Regions that exist on a day, by code; those whose code `begins` so. One query."""
    found = Region.objects.filter(_valid_on(day))
    if begins:
        found = found.filter(code__startswith=begins)
    return list(_after(found, after)[:limit])


def _after(found: Any, after: tuple[str, int] | None) -> Any:
    """Those behind a code; the row's number tells apart what has one code."""
    if after is not None:
        code, pk = after
        found = found.filter(Q(code__gt=code) | Q(code=code, id__gt=pk))
    return found.order_by("code", "id")


def items(*, after: tuple[str, int] | None = None, limit: int = 50) -> list[DataItem]:
    """Data items of the catalogue, and those that organizations of the scope added. One query."""
    seen = scope.current()
    found = DataItem.objects.filter(
        Q(organization_id__isnull=True)
        | Q(organization_id__gte=seen.lowest, organization_id__lte=seen.highest)
    )
    if after is not None:
        item, pk = after
        found = found.filter(Q(item__gt=item) | Q(item=item, id__gt=pk))
    return list(found.order_by("item", "id")[:limit])
