"""Types of information, and what follows from one: tasks with their ladder and deadlines. Pure.

The shipped rows are `rules/information.yaml`, whose head says what the fields mean. Facts, the moment and
the calendar go in; rules of the duty engine come out, with every time resolved. Nothing here reads the
clock, the database or settings.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from custos.foundation.clock import LOCAL
from custos.foundation.record.parties import DUTY_POSTS, Audience, Post
from custos.prevention.duty.engine import Rule, Rung, Span, Title
from custos.prevention.duty.faults import Fault

#: Kind of entry by which information is recorded; what its tasks were opened by.
KIND = "information.collected"

OWNER = "owner"
#: What the rules of restricted information are called where everybody may read it.
HEALTH, SEALED = "DUTY-INFO-HEALTH", "DUTY-INFO-SEALED"
#: Posts of a facility: who may collect what anyone may.
ANYONE = DUTY_POSTS - {Post.OVERSIGHT}
ACCEPT_NOW = timedelta(minutes=5)
#: "Next round" and "same round": the round in which medicine is given, at most this long.
ROUND = timedelta(hours=4)
MORNING = time(9)
#: When what nobody accepted climbs, at severity 1.
_FIRST, _SECOND, _SUPERIORS = (timedelta(minutes=m) for m in (5, 15, 30))


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Length(_Plain):
    """A length of time."""

    minutes: int = Field(default=0, ge=0)
    hours: int = Field(default=0, ge=0)
    days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _is_some(self) -> Self:
        if not self.length:
            raise Fault("deadline.nothing")
        return self

    @property
    def length(self) -> timedelta:
        """The same as a timedelta."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes)


By = Literal[
    "now", "round", "shift_end", "day_end", "next_day_end", "next_working_day", "morning", "due_date"
]  # fmt: skip
Deadline = Length | By
Place = Literal["person", "cell", "area", "facility"]
Outside = Literal[
    "escort", "person", "lawyer", "family", "family_if_consent", "procuratorate", "legal_aid",
    "handling_authority", "consulate", "civil_affairs", "health_authority", "both_parties",
    "addressee", "competent_unit", "complainant", "sender", "superior",
]  # fmt: skip


class Choice(_Plain):
    """One answer to a field of sort `choice`."""

    value: str = Field(pattern=r"^[a-z_]{1,32}$")
    title: Title


class FieldSpec(_Plain):
    """What a row may ask besides a sentence."""

    title: Title
    sort: Literal["text", "number", "choice", "yes_no", "time", "date", "post"]
    choices: tuple[Choice, ...] = ()
    lowest: int | None = None
    highest: int | None = None
    unit: Title | None = None

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if (self.sort == "choice") != bool(self.choices):
            raise Fault("field.choices")
        return self


class Law(_Plain):
    """What a duty or a deadline rests on."""

    zh: str
    en: str
    mark: Literal["V", "E", "M", "P"]


class Level(_Plain):
    """What holds for a severity unless a row says otherwise."""

    close: Length
    remind_every: Length


Handler = Post | Literal["owner"]
Collector = Post | Literal["anyone", "system"]


class InformationType(_Plain):
    """One row of the catalogue."""

    id: str = Field(pattern=r"^(I\d{2}[a-z]?|L-[A-Z0-9-]{1,20})$")
    version: int = Field(default=1, ge=1)
    number: int | None = Field(default=None, ge=1)
    title: Title
    plain: Title | None = None
    collected_by: tuple[Collector, ...] = Field(min_length=1)
    about: str
    fields: tuple[str, ...] = ()
    handled_by: tuple[Annotated[tuple[Handler, ...], Field(min_length=1)], ...] = Field(
        min_length=1
    )
    deadline: Deadline
    close: Deadline | Literal["deadline"] | None = None
    #: Where a facility made a deadline by the calendar stricter: whichever comes first.
    at_most: Length | None = None
    bound: bool = False
    severity: int = Field(ge=1, le=4)
    superiors: bool = False
    readers: Literal["staff", "clinical", "sealed"] = "staff"
    protect_collector: bool = False
    tells: tuple[Post, ...] = ()
    outside: tuple[Outside, ...] = ()
    law: tuple[str, ...] = ()
    act: Title | None = None
    confidence: Literal["V", "E", "M", "P"] = "P"
    valid_from: date | None = None
    valid_to: date | None = None

    @field_validator("about")
    @classmethod
    def _is_a_place(cls, about: str) -> str:
        if not set(about.split("_or_")) <= {"person", "cell", "area", "facility"}:
            raise Fault("row.about")
        return about

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if self.readers != "staff" and self.plain is None:
            raise Fault("row.plain")
        for line in self.handled_by:
            if OWNER in line and (line[0] != OWNER or len(line) != 2):
                raise Fault("row.owner")
        return self

    @property
    def places(self) -> frozenset[str]:
        """What it may be about; whoever may name a cell or the facility may name an area."""
        named = set(self.about.split("_or_"))
        return frozenset(named | ({"area"} if named & {"cell", "facility"} else set()))

    @property
    def collectors(self) -> frozenset[Post]:
        """The posts whose members record it."""
        if "anyone" in self.collected_by:
            return ANYONE
        return frozenset(post for post in self.collected_by if isinstance(post, Post))

    def holds_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)

    def audience(self, by: Post | None) -> Audience:
        """Who reads what is recorded. What an officer saw of somebody's health is no medical secret."""
        if self.readers == "sealed":
            return Audience.SEALED_COMPLAINT
        if self.readers == "clinical" and by is Post.MEDICAL:
            return Audience.CLINICAL
        return Audience.STAFF


class Catalogue(_Plain):
    """The catalogue as a whole."""

    version: int
    valid_from: date
    source: Title
    levels: dict[int, Level]
    laws: dict[str, Law]
    fields: dict[str, FieldSpec]
    types: tuple[InformationType, ...]

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if set(self.levels) != {1, 2, 3, 4}:
            raise Fault("levels")
        seen: set[str] = set()
        for row in self.types:
            if row.id in seen:
                raise Fault("row.twice", row=row.id)
            seen.add(row.id)
            if unknown := set(row.fields) - set(self.fields):
                raise Fault("row.fields", row=row.id, unknown=", ".join(sorted(unknown)))
            if unknown := set(row.law) - set(self.laws):
                raise Fault("row.laws", row=row.id, unknown=", ".join(sorted(unknown)))
            if row.bound and not row.law:
                raise Fault("row.bound", row=row.id)
        return self

    def type(self, type_id: str) -> InformationType | None:
        """A row by its id."""
        return next((row for row in self.types if row.id == type_id), None)

    def source_of(self, row: InformationType) -> Title:
        """The laws of a row and what the rest of it rests on."""
        if not row.law:
            return self.source
        laws = [self.laws[code] for code in row.law]
        return Title(
            zh="、".join(law.zh for law in laws) + "；时限为设计建议",
            en="; ".join(law.en for law in laws) + "; deadlines are proposals",
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """What deadlines ask about the days and shifts around the moment of opening.

    `working_day` is the next working day after the day of opening, None where no table reaches it.
    """

    shift_ends: datetime
    working_day: date | None


def due(
    deadline: Deadline, opened_at: datetime, calendar: Calendar, due_on: date | None = None
) -> datetime:
    """The instant that a deadline means for what is opened at `opened_at`; never sooner than in 5 minutes.

    Without a known working day the day after stands for it, and without a date of its own the day does:
    what isn't known makes a deadline earlier, never later.
    """
    soonest = opened_at + ACCEPT_NOW
    if isinstance(deadline, Length):
        return max(soonest, opened_at + deadline.length)
    today = opened_at.astimezone(LOCAL).date()
    tomorrow = today + timedelta(days=1)
    ends: dict[By, datetime] = {
        "now": soonest,
        "round": opened_at + ROUND,
        "shift_end": calendar.shift_ends,
        "day_end": _end_of(today),
        "next_day_end": _end_of(tomorrow),
        "next_working_day": _end_of(calendar.working_day or tomorrow),
        "morning": datetime.combine(today, MORNING, LOCAL),
        "due_date": _end_of(due_on or today),
    }
    return max(soonest, ends[deadline].astimezone(opened_at.tzinfo))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), LOCAL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One task that information opens: its rule with times resolved, and by when it is wanted."""

    rule: Rule
    wanted_by: datetime


def tasks_for(
    catalogue: Catalogue,
    row: InformationType,
    *,
    audience: Audience,
    opened_at: datetime,
    calendar: Calendar,
    details: Mapping[str, str],
) -> tuple[Wanted, ...]:
    """The tasks that a piece of information for `audience` opens, in the order of the row."""
    due_on = date.fromisoformat(details["due_on"]) if details.get("due_on") else None
    first = due(row.deadline, opened_at, calendar, due_on)
    if row.at_most is not None:
        first = min(first, due(row.at_most, opened_at, calendar))
    level = catalogue.levels[row.severity]
    if row.close == "deadline":
        closed = first
    elif row.close is None:
        closed = first + level.close.length
    else:
        closed = max(due(row.close, opened_at, calendar, due_on), first)
    made = []
    for line in row.handled_by:
        posts = _posts(line, details)
        rungs = _ladder(row, posts, first - opened_at)
        name = rule_name(row.id, audience)
        many = len(row.handled_by) > 1
        rule = Rule(
            id=f"{name}-{posts[0].value.upper().replace('_', '-')}" if many else name,
            version=row.version,
            title=row.title,
            plain=None if audience is Audience.STAFF else row.plain,
            when=KIND,
            handler=posts[0],
            beside=posts[1:],
            severity=row.severity,
            alert_within=Span(),
            accept_within=rungs[1].after if len(rungs) > 1 else Span.of(first - opened_at),
            answer_within=Span.of(closed - opened_at),
            close_by=closed,
            remind_every=Span.of(level.remind_every.length),
            ladder=rungs,
            feedback=("finder", "handler"),
            tells=row.tells,
            outside=row.outside,
            act=row.act,
            join="none",
            confidence=row.confidence,
            source=catalogue.source_of(row),
            valid_from=row.valid_from or catalogue.valid_from,
            valid_to=row.valid_to,
        )
        made.append(Wanted(rule, first))
    return tuple(made)


def rule_name(type_id: str, audience: Audience) -> str:
    """What the rule of a type is called; for what isn't for everybody, nothing that tells the type."""
    if audience is Audience.STAFF:
        return f"DUTY-INFO-{type_id.removeprefix('I').upper()}"
    return SEALED if audience is Audience.SEALED_COMPLAINT else HEALTH


def _posts(line: Sequence[Handler], details: Mapping[str, str]) -> tuple[Post, ...]:
    """The posts of a task; `owner` is the post that the record names, else the one that follows."""
    if line[0] == OWNER:
        named = details.get(OWNER)
        return (Post(named or line[1]),)
    return tuple(Post(post) for post in line)


def _ladder(row: InformationType, posts: tuple[Post, ...], deadline: timedelta) -> tuple[Rung, ...]:
    """Who is asked when nobody accepts: see the head of `rules/information.yaml`."""
    chain = [post for post in _chain(row, posts[0]) if post not in posts]
    if row.severity == 1 and row.readers != "sealed":
        whens: list[timedelta] = [_FIRST, _SECOND]
    elif row.severity == 1:
        whens = [_SUPERIORS]
    elif row.bound:
        whens = [deadline / 2, deadline]
    else:
        whens = [deadline, 2 * deadline]
    rungs = [Rung(post=posts[0], after=Span())]
    rungs += [Rung(post=p, after=Span.of(when)) for p, when in zip(chain, whens, strict=False)]
    if row.superiors and row.readers != "sealed":
        asked = {rung.post for rung in rungs} | set(posts)
        above = (Post.OVERSIGHT, Post.RESIDENT_PROSECUTOR)
        rungs += [Rung(post=p, after=Span.of(_SUPERIORS)) for p in above if p not in asked]
    return tuple(rungs)


def _chain(row: InformationType, handler: Post) -> tuple[Post, ...]:
    """Who stands above a post. What is sealed never passes those whom it may be about."""
    if row.readers == "sealed":
        return (Post.OVERSIGHT,)
    if handler is Post.OVERSIGHT:
        return (Post.LEADER,)
    if handler is Post.LEADER:
        return (Post.DUTY_LEADER,) if row.severity == 1 else (Post.DUTY_LEADER, Post.OVERSIGHT)
    if handler is Post.DUTY_LEADER:
        return (Post.LEADER,) if row.severity == 1 else (Post.LEADER, Post.OVERSIGHT)
    return (Post.DUTY_LEADER, Post.LEADER)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A typed field that can't be read, and why: a code of `services._FIELD_WORDS`."""

    field: str
    why: str
    values: dict[str, Any]


LONGEST_DETAIL = 400


def read_details(
    catalogue: Catalogue, row: InformationType, given: Mapping[str, str]
) -> tuple[dict[str, str], list[Wrong]]:
    """The typed fields in one form each, and what is wrong with them. What is empty is left out."""
    read: dict[str, str] = {}
    wrong: list[Wrong] = []
    for name, raw in given.items():
        text = raw.strip()
        if not text:
            continue
        if name not in row.fields:
            wrong.append(Wrong(name, "unknown", {}))
            continue
        value = _read(catalogue.fields[name], text, name)
        if isinstance(value, Wrong):
            wrong.append(value)
        else:
            read[name] = value
    return {name: read[name] for name in row.fields if name in read}, wrong


def _read(spec: FieldSpec, text: str, name: str) -> str | Wrong:
    if len(text) > LONGEST_DETAIL:
        return Wrong(name, "long", {"limit": LONGEST_DETAIL})
    if spec.sort == "number":
        return _read_number(spec, text, name)
    if spec.sort in ("choice", "yes_no", "post"):
        known = _known(spec)
        return text if text in known else Wrong(name, "choice", {"known": ", ".join(known)})
    if spec.sort == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return Wrong(name, "date", {})
    if spec.sort == "time":
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return Wrong(name, "time", {})
        return (at if at.tzinfo else at.replace(tzinfo=LOCAL)).isoformat(timespec="minutes")
    return text


def _read_number(spec: FieldSpec, text: str, name: str) -> str | Wrong:
    lowest, highest = spec.lowest or 0, 1_000_000_000 if spec.highest is None else spec.highest
    wrong = Wrong(name, "number", {"lowest": lowest, "highest": highest})
    try:
        number = int(text)
    except ValueError:
        return wrong
    return str(number) if lowest <= number <= highest else wrong


def _known(spec: FieldSpec) -> Collection[str]:
    if spec.sort == "choice":
        return [choice.value for choice in spec.choices]
    if spec.sort == "yes_no":
        return ["yes", "no"]
    return sorted(post.value for post in ANYONE)
