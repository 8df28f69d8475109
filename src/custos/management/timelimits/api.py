"""Limits of custody over the API: clocks, papers, warnings, permits."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from pydantic import Field, StringConstraints

from custos.foundation.api import paging, uploads
from custos.foundation.api.routing import Call, Router
from custos.foundation.api.schemas import (
    Asked,
    CustodyId,
    Line,
    OrganizationNumber,
    Page,
    Paging,
    Shape,
    Translated,
    like,
    told,
)
from custos.foundation.custody import queries as custody_queries
from custos.foundation.errors import Missing
from custos.foundation.organizations.numbers import range_of
from custos.management.timelimits import (
    engine,
    former,
    kinds,
    permits,
    queries,
    services,
    showing,
)

router = Router(_("Limits of custody"))

_READ, _WRITE = "people:read", "people:write"
_ID = "0198c5a2-7f00-7000-8000-0000000000a1"

LegalPaperId = Annotated[UUID, Path(..., description="Identifier of a paper.", example=_ID)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
Instant = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}(T[0-9:.+Z-]{1,30})?$")]

_STAGE: dict[str, Any] = {
    "state": "S20", "title": "侦查羁押期限", "began_at": "2026-03-04T16:00:00Z", "ended_at": None,
    "due_at": "2026-05-05T16:00:00Z", "last_day": "2026-05-05", "words": "最后一日为2026年5月5日。",
}  # fmt: skip
_CLOCK: dict[str, Any] = {
    "custody_id": _ID, "standing": "running", "state": "S20", "authority": "police",
    "due_at": "2026-05-05T16:00:00Z", "last_day": "2026-05-05", "differs": False, "paused": False,
    "problems": 0, "permit_until": "2026-05-05", "held": True,
}  # fmt: skip


class ClockShown(Shape):
    """How the clock of a stay stands."""

    model_config = like(**_CLOCK) | {"from_attributes": True}
    custody_id: UUID = Field(description="The stay.")
    standing: str = Field(description="running, no_basis, no_limit, ended or escaped.")
    state: str = Field(description="Code of the stage that runs; empty where none does.")
    authority: str = Field(description="Code of who has the case.")
    due_at: datetime | None = Field(
        description="When custody ends; null where nothing says so, and where no document holds the person."
    )
    last_day: date | None = Field(
        description="The last day, or that of release; null where no document holds the person."
    )
    differs: bool = Field(description="Whether a paper names another date than the computed one.")
    paused: bool = Field(description="Whether the count stands still.")
    problems: int = Field(description="How much is wrong with the facts.")
    permit_until: date | None = Field(description="The last day of the interrogation permit.")
    held: bool = Field(description="Whether the person is in custody here.")
    unheld_since: datetime | None = Field(
        None,
        description="Since when no document of the file holds the person; null where one does.",
    )


class StageShown(Shape):
    """One stage of a clock, with its reasons."""

    model_config = like(**_STAGE) | {"from_attributes": True}
    state: str = Field(description="Code of the stage.")
    title: str = Field(description="What it is called.")
    began_at: datetime = Field(description="When it began.")
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")
    due_at: datetime | None = Field(description="The earliest of its ends.")
    last_day: date | None = Field(description="Its last day.")
    words: str = Field(description="Why, in the reader's language.")


class LimitShown(Shape):
    """A clock with its stages and what is wrong with its facts."""

    model_config = like(
        clock=_CLOCK, stages=[_STAGE], problems=[], held_on=["逮捕证 甲公捕字〔2026〕9号"]
    )
    clock: ClockShown = Field(description="How it stands.")
    stages: list[StageShown] = Field(description="Its stages in order.")
    problems: list[str] = Field(description="What is wrong with the facts, in words.")
    held_on: list[str] = Field(
        description="The documents of the file that hold the person now, by name and number."
    )


def _limit(
    clock: queries.ClockShown | engine.Standing,
    custody: UUID,
    result: Any,
    unheld_since: datetime | None = None,
) -> LimitShown:
    """A clock as it is kept, or would stand: without days of whom no document holds, `unheld_since`."""
    shown = (
        ClockShown.model_validate(clock)
        if isinstance(clock, queries.ClockShown)
        else ClockShown(
            custody_id=custody,
            held=True,
            unheld_since=unheld_since,
            **_of_standing(showing.without_days(clock) if unheld_since else clock),
        )
    )
    stages = [
        StageShown(
            state=stage.state,
            title=one.title,
            began_at=one.began_at,
            ended_at=one.ended_at,
            due_at=one.due_at,
            last_day=one.last_day,
            words=one.words,
        )
        for stage, one in zip(
            result.stages, showing.stages_of(result, shown.unheld_since), strict=True
        )
    ]
    return LimitShown(
        clock=shown,
        stages=stages,
        problems=[words for words, _ in showing.problems_of(result)],
        held_on=[str(one) for one in queries.holding(custody)] if shown.held else [],
    )


def _of_standing(stands: engine.Standing) -> dict[str, Any]:
    given = stands._asdict()
    del given["started_at"]
    return given


@router.read(
    "/people/{custody}/limit",
    gives=LimitShown,
    scope=_READ,
    purpose="limits.clock",
    summary=_("Show the limit of a person's custody"),
)
def show_limit(call: Call, custody: CustodyId) -> Any:
    """Until when custody may last, and why: every stage with its reasons."""
    custody_queries.person(custody)
    result, _facts = queries.result_of(custody)
    return _limit(queries.clock_of(custody), custody, result)


class LegalPaperShown(Shape):
    """A paper of a stay as it was entered."""

    model_config = like(
        id=_ID, type="arrest", title="执行逮捕", happened_on="2026-03-05", number="甲公捕字〔2026〕9号",
        authority="甲东市公安局", event={"type": "arrest", "at": "2026-03-05"},
        recorded_at="2026-03-05T10:00:00Z", counts=True, corrects=None, entry_id=_ID, scans=1,
        number_missing="", limit_ended_at=None, late_reason="",
        basis_from=None, waits=False, accepted=None,
    ) | {"from_attributes": True}  # fmt: skip
    id: UUID = Field(description="The paper.")
    type: str = Field(description="Code of the fact; see docs/reference/limits.md.")
    title: str = Field(description="What it is called.")
    happened_on: date = Field(description="The date on the paper.")
    number: str = Field(description="Its number.")
    authority: str = Field(description="Who issued it.")
    event: dict[str, Any] | None = Field(description="The fact; null for one that was taken back.")
    recorded_at: datetime = Field(description="When it was entered.")
    counts: bool = Field(
        description="Whether it counts: no other stands in its place, and no leader's word is missing."
    )
    corrects: UUID | None = Field(description="The paper in whose place it stands.")
    entry_id: UUID = Field(description="Its entry on the record, whose attachments are its scans.")
    scans: int = Field(description="How many scans are kept with it.")
    number_missing: str = Field(description="Why it bears no number.")
    limit_ended_at: datetime | None = Field(
        description="The end that had passed without a document when it was entered; null in time."
    )
    late_reason: str = Field(description="Why it came late.")
    basis_from: datetime | None = Field(
        description="When the time without a document was over, of a paper dated after that end."
    )
    waits: bool = Field(description="Whether it waits for a leader, and doesn't count until then.")
    accepted: bool | None = Field(
        description="What a leader decided of one that waited; null before that."
    )


@router.read(
    "/people/{custody}/legal-papers",
    gives=list[LegalPaperShown],
    scope=_READ,
    purpose="limits.clock",
    summary=_("List the legal papers of a stay"),
)
def list_legal_papers(call: Call, custody: CustodyId) -> Any:
    """Legal papers and events of a stay by date, those that were corrected among them."""
    custody_queries.person(custody)
    return queries.papers_of(custody)


class FactAsked(Asked):
    """A legal paper or event, with the dates that stand on the paper."""

    model_config = Asked.model_config | like(
        type="arrest", at="2026-03-05", document="D02", fields={}, number="甲公捕字〔2026〕9号",
        authority="甲东市公安局", reason="",
    )  # fmt: skip
    type: Key = Field(description="Code of the fact; see docs/reference/limits.md.")
    at: Instant = Field(description="A date, or an ISO 8601 instant with its zone.")
    document: Annotated[str, StringConstraints(pattern=r"^(D\d\d)?$")] = Field(
        "", description="Code of the paper in the catalogue of documents, such as D02."
    )
    fields: dict[Key, bool | int | Line] = Field(
        {}, description="The other fields of the fact, such as months, ground, approver, until."
    )
    number: Annotated[Line, Field(max_length=100)] = Field("", description="Its number.")
    authority: Annotated[Line, Field(max_length=200)] = Field("", description="Who issued it.")
    reason: Line = Field("", description="Needed only where the paper doesn't fit the stage.")

    def event(self) -> dict[str, Any]:
        """The fact as the engine takes it."""
        event: dict[str, Any] = {**self.fields, "type": self.type, "at": self.at}
        return event | ({"document": self.document} if self.document else {})


class PaperAsked(FactAsked):
    """The same as it is kept: with scans, and with its number and issuer named."""

    model_config = FactAsked.model_config | like(
        type="arrest", at="2026-03-05", document="D02", fields={}, number="甲公捕字〔2026〕9号",
        authority="甲东市公安局", reason="", number_missing="", late_reason="", files=[],
    )  # fmt: skip
    number_missing: Annotated[Line, Field(max_length=200)] = Field(
        "", description="Why it bears no number; needed where `number` is empty."
    )
    late_reason: Annotated[Line, Field(max_length=400)] = Field(
        "", description="Why a paper that moves an end which has passed comes only now."
    )
    files: list[UUID] = Field(
        default_factory=list, max_length=10, description="Scans sent before, by identifier."
    )


@router.write(
    "/people/{custody}/legal-papers",
    gives=LimitShown,
    scope=_WRITE,
    posts=kinds.ENTERING,
    purpose="limits.paper",
    made=True,
    summary=_("Enter a legal paper"),
)
def record_legal_paper(call: Call, custody: CustodyId, fact: PaperAsked) -> Any:
    """Enters a paper; the clock is computed with it at once and is what comes back."""
    services.require_named(fact.number, fact.number_missing, fact.authority)
    services.record_paper(
        custody,
        fact.event(),
        by=call.actor,
        number=fact.number,
        number_missing=fact.number_missing,
        authority=fact.authority,
        reason=fact.reason,
        late_reason=fact.late_reason,
        scans=uploads.taken(fact.files, call.caller),
    )
    return _limit(queries.clock_of(custody), custody, queries.result_of(custody)[0])


@router.write(
    "/people/{custody}/legal-papers/weigh",
    gives=LimitShown,
    scope=_WRITE,
    posts=kinds.ENTERING,
    purpose="limits.paper",
    summary=_("Weigh a legal paper"),
)
def weigh_legal_paper(call: Call, custody: CustodyId, fact: FactAsked) -> Any:
    """What the clock would become with a paper. Nothing is kept."""
    custody_queries.person(custody)
    weighed = services.weigh(custody, fact.event())
    unheld_since = queries.clock_of(custody).unheld_since
    return _limit(engine.standing(weighed.after), custody, weighed.after, unheld_since)


class CorrectionAsked(Asked):
    """What is right; `fact` is null for a paper that is taken back altogether."""

    model_config = Asked.model_config | like(
        fact={
            "type": "arrest",
            "at": "2026-03-04",
            "document": "D02",
            "number": "甲公捕字〔2026〕9号",
            "authority": "甲东市公安局",
        },
        reason="日期看错了",
    )
    fact: PaperAsked | None = Field(description="The paper as it should have been entered.")
    reason: Annotated[Line, Field(min_length=1)] = Field(description="Why.")
    late_reason: Annotated[Line, Field(max_length=400)] = Field(
        "", description="Why what moves an end that has passed comes only now."
    )


@router.write(
    "/legal-papers/{legal_paper}/correct",
    gives=LimitShown,
    scope=_WRITE,
    posts=kinds.ENTERING,
    purpose="limits.paper",
    made=True,
    summary=_("Correct a legal paper"),
)
def correct_legal_paper(call: Call, legal_paper: LegalPaperId, correction: CorrectionAsked) -> Any:
    """Puts another paper in the place of one; the old one and its result stay, and no warning ends."""
    fact = correction.fact
    if fact is not None:
        services.require_named(fact.number, fact.number_missing, fact.authority)
    made = services.correct_paper(
        legal_paper,
        fact.event() if fact else None,
        reason=correction.reason,
        by=call.actor,
        number=fact.number if fact else "",
        number_missing=fact.number_missing if fact else "",
        authority=fact.authority if fact else "",
        late_reason=correction.late_reason or (fact.late_reason if fact else ""),
        scans=uploads.taken(fact.files, call.caller) if fact else (),
    )
    stay = made.custody_id
    return _limit(queries.clock_of(stay), stay, queries.result_of(stay)[0])


_THERE: dict[str, Any] = {
    "type": "arrest", "title": "执行逮捕", "happened_on": "2026-03-05", "number": "甲公捕字〔2026〕9号",
    "authority": "甲东市公安局",
}  # fmt: skip


class PaperThere(Shape):
    """One paper that counts at the former facility."""

    model_config = like(**_THERE) | {"from_attributes": True}
    type: str = Field(description="Code of the fact; see docs/reference/limits.md.")
    title: str = Field(description="What it is called.")
    happened_on: date = Field(description="The date on the paper.")
    number: str = Field(description="Its number.")
    authority: str = Field(description="Who issued it.")


class FormerPapersShown(Shape):
    """The papers that wait to be taken over from the facility that handed the person over."""

    model_config = like(
        facility="甲西市看守所", number="110101001202603020001",
        offered_at="2026-05-01T07:00:00Z", papers=[_THERE],
    ) | {"from_attributes": True}  # fmt: skip
    facility: str = Field(description="Who handed the person over.")
    number: str = Field(description="The custody number that they had there.")
    offered_at: datetime = Field(description="Since when they wait.")
    papers: list[PaperThere] = Field(description="The papers, oldest entered first.")


@router.read(
    "/people/{custody}/former-papers",
    gives=FormerPapersShown,
    scope=_READ,
    purpose="limits.clock",
    summary=_("Show the papers of the former facility"),
)
def show_former_papers(call: Call, custody: CustodyId) -> Any:
    """What waits to be taken over after a transfer; nothing where it was taken over, or never offered."""
    custody_queries.person(custody)
    found = former.waiting(custody)
    if found is None:
        raise Missing("timelimits.nothing_brought", former.NOTHING_WAITS)
    return found


class TakeOverAsked(Asked):
    """What is said of papers that are taken over."""

    model_config = Asked.model_config | like(late_reason="")
    late_reason: Annotated[Line, Field(max_length=400)] = Field(
        "", description="Why they come only now, where the limit was said here to have ended."
    )


@router.write(
    "/people/{custody}/former-papers/take-over",
    gives=LimitShown,
    scope=_WRITE,
    posts=kinds.ENTERING,
    purpose="limits.paper",
    made=True,
    summary=_("Take the papers of the former facility over"),
)
def take_former_papers_over(call: Call, custody: CustodyId, taken: TakeOverAsked) -> Any:
    """Enters each on the record of the stay with the dates that stand on it; what the clock becomes comes
    back.
    """
    custody_queries.person(custody)
    former.take_over(custody, by=call.actor, late_reason=taken.late_reason)
    return _limit(queries.clock_of(custody), custody, queries.result_of(custody)[0])


class ClocksAsked(Paging):
    """Which clocks."""

    organization: OrganizationNumber | None = told("Those of a subtree.", 110101002)
    left: Literal["over", "day", "week", "month", "none", "out", "differs"] | None = told(
        "By the time that is left.", "over"
    )
    authority: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,24}$")] | None = told(
        "By who has the case.", "police"
    )


@router.read(
    "/limits",
    gives=Page[ClockShown],
    scope=_READ,
    summary=_("List the limits of everybody held"),
)
def list_limits(call: Call, wanted: Query[ClocksAsked]) -> Any:
    """Clocks of people in custody: first whom no document holds, then whose limit ends first. Who they are
    is asked by the stay's identifier.
    """

    def fetch(after: tuple[Any, ...] | None, limit: int) -> list[queries.ClockShown]:
        place = (after[0] or None, after[1] or None, after[2]) if after else None
        return queries.listed(
            organization=range_of(wanted.organization) if wanted.organization else None,
            left=wanted.left or "",
            authority=wanted.authority or "",
            after=place,
            limit=limit,
        )

    def key(one: queries.ClockShown) -> tuple[Any, ...]:
        unheld_since, due_at, custody_id = queries.place_of(one)
        return unheld_since or "", due_at or "", custody_id

    return paging.page("list_limits", wanted, fetch, key)


class WarningShown(Shape):
    """A warning about a limit."""

    model_config = like(
        id=_ID, custody_id=_ID, rule="AL-2", title="羁押期限即将届满", due_at="2026-05-05T16:00:00Z",
        step=1, raised_at="2026-04-28T16:00:00Z", sent_at=None, answered_at=None, closed_at=None,
        closed_by="", source="人民检察院刑事诉讼规则 第615条",
    ) | {"from_attributes": True}  # fmt: skip
    id: UUID = Field(description="The warning.")
    custody_id: UUID = Field(description="The stay.")
    rule: str = Field(description="Its rule, such as AL-2.")
    title: Translated = Field(description="What it says.")
    due_at: datetime | None = Field(description="The end of the limit that it is about.")
    step: int = Field(description="How often it was said.")
    raised_at: datetime = Field(description="When it was said first.")
    sent_at: datetime | None = Field(description="When its notice was sent.")
    answered_at: datetime | None = Field(description="When an answer came.")
    closed_at: datetime | None = Field(description="When it ended.")
    closed_by: str = Field(description="By what: basis, release, answer or replaced.")
    source: str = Field(description="The law.")


class WarningsAsked(Paging):
    """Which warnings."""

    ended: bool = Field(
        False,
        description="Those that have ended instead of those that are open.",
        json_schema_extra={"example": False},
    )


@router.read(
    "/limit-warnings",
    gives=Page[WarningShown],
    scope=_READ,
    summary=_("List warnings about limits"),
)
def list_limit_warnings(call: Call, wanted: Query[WarningsAsked]) -> Any:
    """Warnings about limits, the latest first. They end by a new basis or by release."""

    def fetch(after: tuple[Any, ...] | None, limit: int) -> list[queries.WarningShown]:
        return queries.warnings_listed(
            ended=wanted.ended, before=after[0] if after else None, limit=limit
        )

    return paging.page("list_limit_warnings", wanted, fetch, lambda one: (one.id,))


class PermitShown(Shape):
    """How an interrogation permit stands."""

    model_config = like(valid=False, until="2026-05-05", against=["提讯提解证已过有效期。"])
    valid: bool = Field(description="Whether an interrogation may be booked on it.")
    until: date | None = Field(description="Its last day, which the limit may bring forward.")
    against: list[str] = Field(description="What speaks against it, in words.")


@router.read(
    "/people/{custody}/interrogation-permit",
    gives=PermitShown,
    scope=_READ,
    purpose="limits.clock",
    summary=_("Show whether an interrogation permit is valid"),
)
def show_permit(call: Call, custody: CustodyId) -> Any:
    """Whether an interrogation may be booked now: one permit at a time, never beyond the limit."""
    custody_queries.person(custody)
    found = permits.standing(custody)
    return PermitShown(
        valid=found.valid, until=found.until, against=[str(words) for _code, words in found.against]
    )
