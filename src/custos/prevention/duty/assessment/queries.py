"""Questions about the assessment of duty, in the scope of whoever asks. They name staff only."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.queries import Colleague
from custos.foundation.database import scope
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.prevention.duty import queries as duty
from custos.prevention.duty.assessment import figures, plan
from custos.prevention.duty.assessment.figures import Stretch
from custos.prevention.duty.assessment.models import FigureAnswer, SignedMonth
from custos.prevention.duty.assessment.plan import (
    By,
    Difference,
    Figure,
    Figures,
    FigureSaid,
    MeasureId,
    Month,
    Sheet,
)
from custos.prevention.duty.engine import Title
from custos.prevention.duty.queries import TaskShown
from custos.prevention.duty.shifts import plan as shifts
from custos.prevention.duty.shifts import queries as on_duty

#: Facilities side by side on one page, cases behind a figure on one page, and answers of a month.
A_PAGE_OF_FACILITIES, A_PAGE, MOST_ANSWERS = 20, 50, 500
#: As many facilities as a province has.
MOST = 1_000

#: Why a case that wasn't kept is laid on nobody, in words.
CAUSES: Mapping[str, Any] = {
    "short": _("the post was short of people"),
    "nobody": _("nobody had signed on to the post"),
    "several": _("several stood on the post, or it changed hands"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one post, shift, officer, kind of staff or facility, and those of the month before."""

    by: By
    key: str
    title: str
    figures: Figures
    before: Figures


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """An officer's word on a figure, as the figure was then, and the reply to it."""

    id: UUID
    staff_ref: str
    officer: str
    measure: MeasureId
    title: str
    figure: Figure
    text: str
    at: datetime
    reply: str
    replied_by: str
    replied_at: datetime | None


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed a month, when, by which version of the rules, and what."""

    by: str
    at: datetime
    rules_version: int
    digest: str
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class MonthShown:
    """A facility's month: as it was signed, else as the record has it now.

    `differences` is what the record of now says otherwise than was signed. `digest` is what a signature
    would be about.
    """

    facility: Organization
    month: Month
    is_over: bool
    sheet: Sheet
    before: Sheet
    people: Mapping[str, Colleague]
    shifts: Mapping[str, str]
    answers: Sequence[AnswerShown]
    signed: Signature | None
    differences: Sequence[Difference]
    digest: str

    @property
    def whole(self) -> Row:
        """The figures of the whole facility."""
        return self.row("facility", str(self.facility.pk))

    def rows(self, by: By) -> list[Row]:
        """The figures by post, shift, officer or kind of staff, by name; last what nobody is charged with.

        Nobody is put in an order by what they did.
        """
        keys = {key for sheet in (self.sheet, self.before) for which, key in sheet if which == by}
        found = [self.row(by, key) for key in keys]
        return sorted(found, key=lambda row: (not row.key, row.title, row.key))

    def row(self, by: By, key: str) -> Row:
        """The figures of one of them, with those of the month before."""
        here = (by, key)
        return Row(
            by, key, self.title_of(by, key), self.sheet.get(here, {}), self.before.get(here, {})
        )

    def title_of(self, by: By, key: str) -> str:
        """What the figures of a key are of, in words."""
        if by == "facility":
            return self.facility.name
        if not key:
            return gettext("Post not recorded") if by == "post" else gettext("Laid on nobody")
        if by == "post":
            return str(Post(key).title)
        if by == "shift":
            return self.shifts.get(key, key)
        if by == "kind":
            return str(StaffKind(key).title)
        return self.people[key].name if key in self.people else gettext("A colleague")

    @property
    def unreplied(self) -> list[AnswerShown]:
        """What officers said and nobody has replied to."""
        return [answer for answer in self.answers if not answer.replied_at]


def month_of(facility: Organization, month: Month, at: datetime) -> MonthShown:
    """A facility's month and the month before, what officers said, the signature. At most 16 queries."""
    stored = _signed([facility.pk], [month, month.before])
    one, earlier = stored.get((facility.pk, month)), stored.get((facility.pk, month.before))
    cut = on_duty.shifts_of(facility.pk, min(at, month.ends))
    now = figures.leaves(Stretch([facility.pk], month, at, cut))
    past = [] if earlier else figures.leaves(Stretch([facility.pk], month.before, at, cut))
    answers = _answers(facility.pk, month)
    people = accounts.colleagues(_refs((*now, *past), stored.values(), answers))
    kinds = {ref: who.kind for ref, who in people.items()}
    sheet = plan.sheet_of(now, kinds)
    signed = _sheet_of(one) if one else None
    return MonthShown(
        facility,
        month,
        at >= month.ends,
        sheet if signed is None else signed,
        _sheet_of(earlier) if earlier else plan.sheet_of(past, kinds),
        people,
        {figures.key_of(shift): _of_shift(shift) for shift in cut},
        [_answer(answer, people) for answer in answers],
        _signature(one, people) if one else None,
        plan.differences(signed, sheet) if signed is not None else [],
        plan.digest_of(facility.pk, month, sheet, _said(answers)),
    )


@dataclass(frozen=True, slots=True)
class OwnMonth:
    """One's own figures of a month, what one said to them, and whether a leader has signed them."""

    month: Month
    row: Row
    answers: Sequence[AnswerShown]
    signed: Signature | None


def own(facility: Organization, month: Month, by: Actor, at: datetime) -> OwnMonth:
    """What somebody's own month of duty was like. As many queries as `month_of`."""
    found = month_of(facility, month, at)
    mine = [answer for answer in found.answers if answer.staff_ref == by.ref]
    return OwnMonth(month, found.row("officer", by.ref), mine, found.signed)


@dataclass(frozen=True, slots=True)
class Beside:
    """A facility among others: its figures of a month, as signed where they are, and of that before."""

    facility: Organization
    figures: Figures
    before: Figures
    signed_at: datetime | None


def side_by_side(above: Organization, month: Month, at: datetime, page: object = 1) -> Page[Beside]:
    """The facilities below an organization with their figures, by number. 14 queries a page."""
    found: Page[Any] = Paginator(
        organizations.facilities(above, MOST), A_PAGE_OF_FACILITIES
    ).get_page(page)  # type: ignore[arg-type]
    numbers = [facility.pk for facility in found.object_list]
    cut = shifts.shipped().shifts
    sheets = {
        one: plan.sheet_of(figures.leaves(Stretch(numbers, one, at, cut)), {})
        for one in (month, month.before)
    }
    stored = _signed(numbers, [month, month.before])

    def of(facility: int, one: Month) -> Figures:
        row = stored.get((facility, one))
        sheet = _sheet_of(row) if row else sheets[one]
        return sheet.get(("facility", str(facility)), {})

    found.object_list = [
        Beside(
            facility,
            of(facility.pk, month),
            of(facility.pk, month.before),
            stored[facility.pk, month].signed_at if (facility.pk, month) in stored else None,
        )
        for facility in found.object_list
    ]
    return found


@dataclass(frozen=True, slots=True)
class CaseShown:
    """A case behind a figure: a task, or a cell whose round was made or missed."""

    at: datetime
    kept: bool
    cause: Any
    task: TaskShown | None
    cell: str


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a figure, a page of it, and how many cases there are in all."""

    cases: Sequence[CaseShown]
    count: int


def behind(
    facility: Organization,
    month: Month,
    measure: MeasureId,
    by: By,
    key: str,
    *,
    reader: Actor,
    at: datetime,
    page: int = 1,
) -> Behind:
    """The cases behind a figure, those first that weren't kept. Of what the record has now, also where a
    month is signed. At most nine queries.
    """
    cut = on_duty.shifts_of(facility.pk, min(at, month.ends))
    asked = Stretch([facility.pk], month, at, cut)
    officers = accounts.staff_of_kind(facility.pk, key) if by == "kind" and key else [""]
    rows, count = figures.behind(
        asked, measure, by, key, officers, limit=A_PAGE, offset=(page - 1) * A_PAGE
    )
    ids = [row.id for row in rows]
    tasks = duty.tasks_of(ids, reader) if measure != "rounds" else {}
    cells = organizations.cell_names(ids) if measure == "rounds" else {}
    cases = [
        CaseShown(
            row.at, row.kept, CAUSES.get(row.cause, ""), tasks.get(row.id), cells.get(row.id, "")
        )
        for row in rows
    ]
    return Behind(cases, count)


def measures() -> list[plan.Measure]:
    """What is measured, in its order."""
    return list(plan.rules().measures)


def in_words(words: Title) -> str:
    """A title or a definition in the reader's language."""
    return words.zh if (get_language() or "").startswith("zh") else words.en


def title_of(measure: str) -> str:
    """What a measure is called, in the reader's language."""
    return next((in_words(one.title) for one in measures() if one.id == measure), measure)


def _refs(
    leaves: Iterable[plan.Leaf], stored: Iterable[SignedMonth], answers: Iterable[FigureAnswer]
) -> set[str]:
    refs = {leaf.officer for leaf in leaves}
    for row in stored:
        refs |= {row.signed_by, *(key for by, key in _sheet_of(row) if by == "officer")}
    for answer in answers:
        refs |= {answer.staff_ref, answer.reply.by_ref if hasattr(answer, "reply") else ""}
    return refs - {""}


def _signed(
    facilities: Collection[int], months: Collection[Month]
) -> dict[tuple[int, Month], SignedMonth]:
    rows = SignedMonth.objects.visible_to(scope.current()).filter(
        organization_id__in=list(facilities), month__in=[month.first for month in months]
    )
    return {(row.organization_id, Month(row.month)): row for row in rows}


def _sheet_of(row: SignedMonth) -> Sheet:
    return plan.read(FigureSaid.model_validate(one) for one in row.figures)


def _signature(row: SignedMonth, people: Mapping[str, Colleague]) -> Signature:
    by = people[row.signed_by].name if row.signed_by in people else ""
    return Signature(by, row.signed_at, row.rules_version, row.digest, row.entry_id)


def _answers(facility: int, month: Month) -> list[FigureAnswer]:
    rows = FigureAnswer.objects.visible_to(scope.current()).filter(
        organization_id=facility, month=month.first
    )
    return list(rows.select_related("reply").order_by("at", "pk")[:MOST_ANSWERS])


def _said(answers: Iterable[FigureAnswer]) -> list[object]:
    """What of answers a signature is about."""
    return [
        (answer.pk, answer.text, answer.reply.text if hasattr(answer, "reply") else "")
        for answer in answers
    ]


def _answer(row: FigureAnswer, people: Mapping[str, Colleague]) -> AnswerShown:
    reply = row.reply if hasattr(row, "reply") else None
    measure = cast(MeasureId, row.measure)
    return AnswerShown(
        row.pk,
        row.staff_ref,
        people[row.staff_ref].name if row.staff_ref in people else gettext("A colleague"),
        measure,
        title_of(measure),
        Figure(row.cases, row.kept),
        row.text,
        row.at,
        reply.text if reply else "",
        people[reply.by_ref].name if reply and reply.by_ref in people else "",
        reply.at if reply else None,
    )


def _of_shift(shift: shifts.Shift) -> str:
    return f"{in_words(shift.name)} {shift.begins:%H:%M}–{shift.ends:%H:%M}"
