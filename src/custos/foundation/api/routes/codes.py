"""Code tables, regions and the catalogue of data items."""

from datetime import date
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api import paging
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Day, Page, Paging, Shape, like, told
from custos.foundation.codes import queries

router = Router(_("Codes"))

_READ = "codes:read"


class TableShown(Shape):
    """A list of codes, and where it comes from."""

    model_config = like(
        id="GB/T 2261.1-2003", zh="性别", en="Sex", source="GB/T 2261.1-2003", confidence="V"
    )
    id: str = Field(description="Its identifier.")
    zh: str = Field(description="Its title in Chinese.")
    en: str = Field(description="Its title in English.")
    source: str = Field(description="Where it comes from.")
    confidence: str = Field(description="V read, E excerpt, M from memory, P our proposal.")


@router.read("/code-tables", gives=list[TableShown], scope=_READ, summary=_("List code tables"))
def list_code_tables(call: Call) -> Any:
    """All code tables; few enough for one answer."""
    return queries.tables()


class OfDay(Paging):
    """What holds on a day."""

    day: Day | None = told("The day that is asked about; without it today.", "2026-03-02")

    @property
    def when(self) -> date:
        """The day."""
        return self.day or clock.today()


class CodesFilter(OfDay):
    """Which codes."""

    table: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]+$")] = Field(
        description="Identifier of the table.", json_schema_extra={"example": "GB/T 2261.1-2003"}
    )


class CodeShown(Shape):
    """A code and what it means."""

    model_config = like(
        code="1", zh="男", en="Male", ga_code="", valid_from="2004-01-01", valid_to=None
    )
    code: str = Field(description="The code.")
    zh: str = Field(description="What it means, in Chinese.")
    en: str = Field(description="What it means, in English.")
    ga_code: str = Field(description="The code in the standards of public security, where another.")
    valid_from: date = Field(description="From when it holds.")
    valid_to: date | None = Field(description="From when it no longer holds; null: it does.")


@router.read("/codes", gives=Page[CodeShown], scope=_READ, summary=_("List the codes of a table"))
def list_codes(call: Call, wanted: Query[CodesFilter]) -> Any:
    """The codes of a table that hold on a day, by code."""
    return paging.page(
        "list_codes",
        wanted,
        lambda after, limit: queries.codes_of(
            wanted.table, wanted.when, after=(after[0], after[1]) if after else None, limit=limit
        ),
        lambda one: (one.code, one.pk),
    )


class RegionShown(Shape):
    """An administrative region (GB/T 2260)."""

    model_config = like(code="110101", name="东城区", valid_from="1980-01-01", valid_to=None)
    code: str = Field(description="The code.")
    name: str = Field(description="Its name.")
    valid_from: date = Field(description="From when it exists.")
    valid_to: date | None = Field(description="From when it no longer exists; null: it does.")


class RegionsFilter(OfDay):
    """Which regions."""

    begins: Annotated[str, Field(max_length=12, pattern=r"^[0-9]*$")] = Field(
        "", description="Those whose code begins so.", json_schema_extra={"example": "11"}
    )


@router.read("/regions", gives=Page[RegionShown], scope=_READ, summary=_("List regions"))
def list_regions(call: Call, wanted: Query[RegionsFilter]) -> Any:
    """Regions that exist on a day, by code."""
    return paging.page(
        "list_regions",
        wanted,
        lambda after, limit: queries.regions(
            wanted.when,
            begins=wanted.begins,
            after=(after[0], after[1]) if after else None,
            limit=limit,
        ),
        lambda one: (one.code, one.pk),
    )


class ItemShown(Shape):
    """A data item: what may be kept, on what ground and for what."""

    model_config = like(
        item="name", organization_id=None, zh="姓名", en="Name", type="text", table_id=None,
        max_length=100, required=True, legal_basis="看守所条例 第9条", purpose="identity",
    )  # fmt: skip
    item: str = Field(description="Its identifier.")
    organization_id: int | None = Field(description="Who added it; null: it is shipped.")
    zh: str = Field(description="Its title in Chinese.")
    en: str = Field(description="Its title in English.")
    type: str = Field(description="text, integer, date, datetime, code or boolean.")
    table_id: str | None = Field(description="The code table of its values.")
    max_length: int | None = Field(description="How long it may be.")
    required: bool = Field(description="Whether it must be there.")
    legal_basis: str = Field(description="On what ground it is kept.")
    purpose: str = Field(description="For what it is kept.")


@router.read("/data-items", gives=Page[ItemShown], scope=_READ, summary=_("List data items"))
def list_data_items(call: Call, wanted: Query[Paging]) -> Any:
    """The catalogue of data items, by identifier, with those that one's organizations added."""
    return paging.page(
        "list_data_items",
        wanted,
        lambda after, limit: queries.items(
            after=(after[0], after[1]) if after else None, limit=limit
        ),
        lambda one: (one.item, one.pk),
    )
