"""Bringing in people who are held already, over the API: send a sheet, read what was found, confirm it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from pydantic import Base64Bytes, Field

from custos.foundation.api import paging
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    Name,
    Nothing,
    OrganizationId,
    Page,
    Paging,
    Shape,
    Words,
    like,
    told,
)
from custos.management.reception.importing import queries, services
from custos.management.reception.kinds import RECEIVING, PeopleBrought

router = Router(_("Bringing in"))

_ID = "0198c5a2-7f00-7000-8000-0000000000d1"
#: 人员编号,姓名,性别,法律文书,文书号,入所时间,监室 and one row, as CSV in UTF-8.
_SHEET = (
    "5Lq65ZGY57yW5Y+3LOWnk+WQjSzmgKfliKss5rOV5b6L5paH5LmmLOaWh+S5puWPtyzlhaXmiYDml7bpl7Qs55uR5a6kCkExLOeOi+Ww"
    "j+W3nSznlLcs6YCu5o2V6K+BLDEsMjAyNS0xMS0wMixBMTAxCg=="
)
SheetId = Annotated[UUID, Path(..., description="Identifier of a sheet.", example=_ID)]


class SheetShown(Shape):
    """A sheet of people, and how many of its rows are of each state."""

    model_config = like(
        id=_ID, name="people.xlsx", organization_id=110101002, state="checked",
        sent_at="2026-03-02T01:30:00Z", new=540, known=3, changed=1, wrong=0, noted=12,
        dropped=["民族"], entry_id=None,
    )  # fmt: skip
    id: UUID = Field(description="By which it is asked.")
    name: str = Field(description="What the file is called.")
    organization_id: int = Field(description="The facility.")
    state: str = Field(description="`checked`: nobody has come by it; `brought`; `dropped`.")
    sent_at: datetime = Field(description="When it was sent last.")
    new: int = Field(description="Rows of people who aren't here yet.")
    known: int = Field(description="Rows of people who are here, and say the same.")
    changed: int = Field(description="Rows of people who are here, and say something else.")
    wrong: int = Field(description="Rows that must be mended before anybody comes.")
    noted: int = Field(description="New rows with remarks.")
    dropped: list[str] = Field(description="Columns that are never held here and were left out.")
    entry_id: UUID | None = Field(description="The entry that keeps the file, once brought in.")


class SheetSent(Asked):
    """A file with people."""

    model_config = like(name="people.csv", content=_SHEET)
    name: Name = Field(description="What it is called.")
    content: Base64Bytes = Field(
        min_length=1,
        description="The file, xlsx or CSV of at most 20 MB, in Base64. Its columns stand in"
        " `docs/reference/people-import.md`.",
    )


@router.write(
    "/organizations/{organization}/people-sheets",
    gives=SheetShown,
    scope="people:write",
    posts=RECEIVING,
    purpose="reception.import",
    made=True,
    summary=_("Look through a sheet of people"),
)
def send_people_sheet(call: Call, sheet: SheetSent, organization: OrganizationId) -> Any:
    """Checks every row and keeps the sheet with what was found. Nobody comes by it yet.

    The same file once more is looked through anew.
    """
    acting = call.acting
    return services.check(
        sheet.content,
        sheet.name,
        organization,
        by=call.actor,
        sent_by=acting.staff.name if acting else "",
    )


@router.read(
    "/people-sheets",
    gives=Page[SheetShown],
    scope="people:read",
    posts=RECEIVING,
    integrations=False,
    summary=_("List sheets of people"),
)
def list_people_sheets(call: Call, wanted: Query[Paging]) -> Any:
    """The sheets that were sent, the latest first; those thrown away are left out."""
    return paging.page(
        "list_people_sheets",
        wanted,
        lambda after, limit: queries.listed(
            after=(after[0], after[1]) if after else None, limit=limit
        ),
        lambda one: (one.sent_at, one.id),
    )


@router.read(
    "/people-sheets/{sheet}",
    gives=SheetShown,
    scope="people:read",
    posts=RECEIVING,
    integrations=False,
    summary=_("Show a sheet of people"),
)
def show_people_sheet(call: Call, sheet: SheetId) -> Any:
    """How a sheet stands."""
    return queries.upload(sheet)


class FindingShown(Shape):
    """Something found in a row."""

    model_config = like(column="监室", words="男女分别羁押。", wrong=True, code="custody.KR-14-SEX")
    column: str = Field(description="The heading of the column; empty for the row as a whole.")
    words: str = Field(description="What, and how to mend it.")
    wrong: bool = Field(description="Whether nobody comes before it is mended.")
    code: str = Field(description="The same for programs.")


class SheetRowShown(Shape):
    """A row of a sheet."""

    model_config = like(
        row=2, number="A1", name="王小川", state="wrong", custody_id=None,
        findings=[
            {"column": "监室", "words": "男女分别羁押。", "wrong": True, "code": "custody.KR-14-SEX"}
        ],
    )  # fmt: skip
    row: int = Field(description="Its number in the file.")
    number: str = Field(description="The custody number it has.")
    name: str = Field(description="The name it has.")
    state: str = Field(description="`new`, `known`, `changed` or `wrong`.")
    custody_id: UUID | None = Field(description="The stay, where the person is on the record.")
    findings: list[FindingShown] = Field(description="What was found in it.")


class RowsWanted(Paging):
    """Which rows."""

    state: str | None = told("Those of this state.", "wrong")


@router.read(
    "/people-sheets/{sheet}/rows",
    gives=Page[SheetRowShown],
    scope="people:read",
    posts=RECEIVING,
    integrations=False,
    purpose="reception.import",
    summary=_("List the rows of a sheet of people"),
)
def list_people_sheet_rows(call: Call, wanted: Query[RowsWanted], sheet: SheetId) -> Any:
    """The report, row by row in the order of the file."""
    upload = queries.upload(sheet)
    return paging.page(
        "list_people_sheet_rows",
        wanted,
        lambda after, limit: queries.rows_listed(
            upload, state=wanted.state or "", after=after[0] if after else 0, limit=limit
        ),
        lambda one: (one.row,),
    )


class Confirmed(Asked):
    """Why people are brought in."""

    model_config = like(reason="由原管理系统转入")
    reason: Annotated[Words, Field(max_length=1000)] = Field(
        description="From where these people are taken over, and why."
    )


@router.write(
    "/people-sheets/{sheet}/brought",
    gives=SheetShown,
    scope="people:write",
    posts=PeopleBrought.writers.allowed_posts,
    purpose="reception.import",
    summary=_("Bring in the people of a sheet"),
)
def bring_people_sheet(call: Call, said: Confirmed, sheet: SheetId) -> Any:
    """Brings in everybody who is new, or nobody: refused while a row is wrong or anything has changed."""
    return services.bring(sheet, reason=said.reason, by=call.actor)


@router.write(
    "/people-sheets/{sheet}/checked",
    gives=SheetShown,
    scope="people:write",
    posts=RECEIVING,
    purpose="reception.import",
    summary=_("Look through a sheet of people again"),
)
def check_people_sheet(call: Call, said: Nothing, sheet: SheetId) -> Any:
    """Checks every row once more: cells have filled since, people have come."""
    return services.check_again(sheet, by=call.actor)


@router.write(
    "/people-sheets/{sheet}/dropped",
    gives=SheetShown,
    scope="people:write",
    posts=RECEIVING,
    purpose="reception.import",
    summary=_("Throw a sheet of people away"),
)
def drop_people_sheet(call: Call, said: Nothing, sheet: SheetId) -> Any:
    """Throws a sheet away by which nobody has come; the file goes."""
    return services.drop(sheet, by=call.actor)
