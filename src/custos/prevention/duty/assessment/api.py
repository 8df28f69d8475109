"""Assessment of duty, over the API: a facility's month, one's own, and the ledger of a day."""

from datetime import date, datetime
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from ninja import Query
from pydantic import Field

from custos.foundation import clock
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import Asked, Day, OrganizationNumber, Shape, like, told
from custos.foundation.organizations import queries as organizations
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.prevention.duty.assessment import ledger, plan, queries
from custos.prevention.duty.assessment.plan import Month
from custos.prevention.duty.assessment.services import READERS

router = Router(_("Assessment of duty"))

_READ = "duty:read"


class FigureShown(Shape):
    """A figure of a post, a shift, an officer, a kind of staff or the whole facility."""

    model_config = like(
        by="post", key="patrol", title="Patrol and control room", measure="first_action", cases=25,
        kept=23, percent=92, median_seconds=240, short=1, nobody=0, several=1,
    )  # fmt: skip
    by: str = Field(description="facility, post, shift, officer or kind.")
    key: str = Field(description="Which one; empty for what is laid on nobody.")
    title: str = Field(description="Which one, in the reader's language.")
    measure: str = Field(
        description="first_action, closing, rounds, answers, taken_over or reported."
    )
    cases: int = Field(description="How many cases there were.")
    kept: int = Field(description="How many of them were kept.")
    percent: int | None = Field(
        description="The share; null where there are too few cases for one."
    )
    median_seconds: int | None = Field(
        description="How long the middle one took, where it took a time."
    )
    short: int = Field(description="Not kept while the post was short of people.")
    nobody: int = Field(description="Not kept while nobody had signed on to the post.")
    several: int = Field(description="Not kept while several stood on it, or it changed hands.")


class MonthOfDuty(Shape):
    """A facility's month: as signed, else as the record has it now."""

    model_config = like(
        organization_id=110101002, month="2026-11", rules_version=1, signed_at=None, digest="0" * 64,
        figures=[],
    )  # fmt: skip
    organization_id: int = Field(description="The facility.")
    month: str = Field(description="The month.")
    rules_version: int = Field(description="By which version of the rules it is counted.")
    signed_at: datetime | None = Field(description="When a leader signed it; null where none has.")
    digest: str = Field(description="SHA-256 of the figures, the answers and the replies.")
    figures: list[FigureShown] = Field(
        description="All of them; nobody is put in an order by them."
    )


MonthText = Annotated[
    str,
    Field(
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$",
        description="The month.",
        json_schema_extra={"example": "2026-11"},
    ),
]


class OfMonth(Asked):
    """Which month."""

    month: MonthText


class OfFacility(OfMonth):
    """Of which facility."""

    organization: OrganizationNumber | None = told("Another facility than one's own.", 110101002)


@router.read(
    "/duty-months",
    gives=MonthOfDuty,
    scope=_READ,
    posts=READERS,
    integrations=False,
    summary=_("Get a facility's month of duty"),
    may_miss=True,
)
def get_duty_month(call: Call, wanted: Query[OfFacility]) -> Any:
    """Figures of a facility by post, shift, officer and kind of staff, counted from what was recorded."""
    facility = organizations.facility(wanted.organization or call.caller.organization_id)
    found = queries.month_of(facility, month_of(wanted.month), clock.now())
    return MonthOfDuty(
        organization_id=facility.pk,
        month=str(found.month),
        rules_version=found.signed.rules_version if found.signed else plan.rules().version,
        signed_at=found.signed.at if found.signed else None,
        digest=found.signed.digest if found.signed else found.digest,
        figures=[
            _figure(by, key, found.title_of(by, key), measure, figure)
            for (by, key), figures in sorted(found.sheet.items())
            for measure, figure in sorted(figures.items())
        ],
    )


@router.read(
    "/duty-months/own",
    gives=list[FigureShown],
    scope=_READ,
    posts=DUTY_POSTS,
    integrations=False,
    summary=_("Get one's own month of duty"),
)
def get_own_duty_month(call: Call, wanted: Query[OfMonth]) -> Any:
    """The caller's own figures; those of nobody else."""
    facility = organizations.organization(call.caller.organization_id)
    row = queries.own(facility, month_of(wanted.month), call.actor, clock.now()).row
    return [
        _figure(row.by, row.key, row.title, measure, figure)
        for measure, figure in sorted(row.figures.items())
    ]


class DayOfLedger(Asked):
    """Which day, and of which post."""

    day: Day | None = told("The day; today where it is left out.", "2026-03-02")
    post: Post | None = told("Of this post alone.", "patrol")


class LedgerRowShown(Shape):
    """One line of the ledger of duty; it names staff and cells, and nobody in custody."""

    model_config = like(
        at="2026-03-02T01:30:00Z", post="patrol", event="Rounds", officer="Zhao Min",
        text="Looks into cells: 41, late: 0", ended="to 11:58",
    )  # fmt: skip
    at: datetime = Field(description="When.")
    post: Post = Field(description="On which post.")
    event: str = Field(description="What, in the reader's language.")
    officer: str = Field(description="Whose; empty where nobody did it.")
    text: str = Field(description="In words.")
    ended: str = Field(description="How it ended.")


@router.read(
    "/duty-ledger",
    gives=list[LedgerRowShown],
    scope=_READ,
    posts=ledger.READERS,
    integrations=False,
    summary=_("List a day's ledger of duty"),
)
def list_duty_ledger(call: Call, wanted: Query[DayOfLedger]) -> Any:
    """Who stood on each post of one's facility that day and what was done, by time; at most 2,000 lines."""
    day: date = wanted.day or clock.today()
    return ledger.rows(call.caller.organization_id, day, call.actor, wanted.post)


def month_of(text: str) -> Month:
    """The month that is asked for."""
    return Month(datetime.strptime(text, "%Y-%m").date())  # noqa: DTZ007 - a month has no zone


def _figure(by: str, key: str, title: str, measure: str, figure: plan.Figure) -> FigureShown:
    return FigureShown(
        by=by,
        key=key,
        title=title,
        measure=measure,
        cases=figure.cases,
        kept=figure.kept,
        percent=figure.percent,
        median_seconds=None if figure.is_few else figure.median,
        short=figure.short,
        nobody=figure.nobody,
        several=figure.several,
    )
