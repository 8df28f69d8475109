"""Questions about sheets of people, in the scope of whoever asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import access
from custos.foundation.database import scope
from custos.foundation.errors import Missing
from custos.management.reception.importing.checking import CHANGED, KNOWN, NEW, WRONG
from custos.management.reception.importing.columns import columns
from custos.management.reception.models import ImportRow, PeopleImport

STATES = {
    NEW: pgettext_lazy("people to import", "New"),
    KNOWN: _("Here already"),
    CHANGED: _("Differs"),
    WRONG: _("Wrong"),
}
#: Of a sheet that was brought in, who was new is here now.
BROUGHT = _("Brought in")
_TONES = {NEW: "todo", KNOWN: "done", CHANGED: "waiting", WRONG: "refused"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found in a row: the column's heading, in words, and whether it must be mended."""

    column: str
    words: str
    wrong: bool
    code: str

    def __str__(self) -> str:
        colon = "：" if not _english() else ": "
        return f"{self.column}{colon}{self.words}" if self.column else self.words


@dataclass(frozen=True, slots=True)
class RowShown:
    """One row of a sheet, ready to show; `custody_id` where the person is on the record."""

    id: int
    row: int
    number: str
    name: str
    state: str
    state_shown: tuple[str, Any]
    findings: list[Finding]
    custody_id: UUID | None

    @property
    def said(self) -> str:
        """All findings in words."""
        return "\n".join(map(str, self.findings))


def _english() -> bool:
    return (get_language() or "").startswith("en")


def uploads() -> QuerySet[PeopleImport]:
    """The sheets of the scope, the latest first; thrown-away ones are left out."""
    found = PeopleImport.objects.visible_to(scope.current())
    return found.exclude(state=PeopleImport.DROPPED).order_by("-sent_at", "-id")


def listed(*, after: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[PeopleImport]:
    """Sheets of the scope, the latest first. One query."""
    found = uploads()
    if after is not None:
        at, last = after
        found = found.filter(sent_at__lte=at).exclude(sent_at=at, id__gte=last)
    return list(found[:limit])


def upload(upload_id: UUID) -> PeopleImport:
    """One sheet. Raises `Missing` where the scope has no such. One query."""
    found = uploads().select_related("organization").filter(pk=upload_id).first()
    if found is None:
        raise Missing("import.no_such", _("There is no such sheet in your scope."))
    return found


def rows(of: PeopleImport) -> QuerySet[ImportRow]:
    """The rows of a sheet."""
    return ImportRow.objects.filter(upload=of, organization_id=of.organization_id)


def rows_listed(
    of: PeopleImport, *, state: str = "", after: int = 0, limit: int = 50
) -> list[RowShown]:
    """Rows of a sheet by their numbers, those of a state where named. One query."""
    found = rows(of).filter(row__gt=after)
    if state:
        found = found.filter(state=state)
    return shown(found.select_related("upload").order_by("row")[:limit])


def findings(of: PeopleImport, most: int) -> list[str]:
    """What must be mended, row by row in words: "row 3, 姓名: …". One query."""
    found = rows(of).filter(state=WRONG).select_related("upload").order_by("row")[:most]
    return [
        f"{_('row %(row)s') % {'row': one.row}}, {finding}"
        for one in map(_shown, found)
        for finding in one.findings
        if finding.wrong
    ]


def shown(found: Iterable[ImportRow]) -> list[RowShown]:
    """Rows ready to show; who of them is on the record is noted in the access log."""
    some = list(found)
    access.note(one.detainee_id for one in some if one.detainee_id)
    return [_shown(one) for one in some]


def _shown(one: ImportRow) -> RowShown:
    known, language = columns(), get_language() or ""
    brought = one.state == NEW and one.upload.state == PeopleImport.BROUGHT
    title = BROUGHT if brought else STATES[one.state]
    return RowShown(
        one.pk,
        one.row,
        one.number,
        one.name,
        one.state,
        ("done" if brought else _TONES[one.state], title),
        [
            Finding(
                known[said["column"]].title(language) if said["column"] in known else "",
                said["en" if _english() else "zh"],
                said["wrong"],
                said["code"],
            )
            for said in one.said
        ],
        one.custody_id,
    )
