"""The catalogue in use at a facility: the shipped rows, and what the facility added or made stricter."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from custos.foundation import rulefiles
from custos.foundation.clock import LOCAL
from custos.foundation.record.parties import Audience, Post
from custos.prevention.duty.engine import Title
from custos.prevention.duty.faults import Fault
from custos.prevention.duty.information.types import (
    ACCEPT_NOW,
    HEALTH,
    ROUND,
    SEALED,
    Catalogue,
    FieldSpec,
    InformationType,
    Length,
    rule_name,
)
from custos.prevention.duty.roster.rules import OwnRoster
from custos.prevention.duty.rounds.plan import OwnRounds
from custos.prevention.duty.shifts.plan import Shift, Strength, require_a_whole_day

M = TypeVar("M", bound=BaseModel)

FILE = Path(__file__).parents[1] / "rules" / "information.yaml"
#: How many types the information table of the duty loop has.
TABLE = 54
#: More rows than this are no catalogue that anybody knows by heart.
MOST_OWN = 100


class Stricter(BaseModel):
    """A shipped row that a facility makes stricter; what isn't named stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    deadline: Length | None = None
    severity: int | None = Field(default=None, ge=1, le=4)
    tells: tuple[Post, ...] = ()


class FacilityFile(BaseModel):
    """What a facility adopts: own types, stricter rows, shifts, strength of posts, rounds, roster."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: tuple[InformationType, ...] = Field(default=(), max_length=MOST_OWN)
    stricter: tuple[Stricter, ...] = ()
    shifts: tuple[Shift, ...] = ()
    strength: Strength = Field(default_factory=dict)
    rounds: OwnRounds | None = None
    roster: OwnRoster | None = None

    @model_validator(mode="after")
    def _is_coherent(self) -> "FacilityFile":
        for row in self.types:
            if not row.id.startswith("L-"):
                raise Fault("own.id", row=row.id)
            if row.number is not None or row.law:
                raise Fault("own.law", row=row.id)
        if self.shifts:
            require_a_whole_day(self.shifts)
        for shift in self.shifts:
            # What is said of one shift alone begins no roster.
            if unknown := shift.strength.keys() - self.strength.keys():
                raise Fault("shifts.strength", post=min(unknown).value)
        if self.roster:
            for post, places in self.roster.women.items():
                if places > self.strength.get(post, 0):
                    raise Fault("roster.women", post=post.value)
        return self


def load(file: Path = FILE) -> Catalogue:
    """Read and check the shipped catalogue.

    Raises `ValueError` in words, with the row and what may stand there, where it isn't one or where one
    of the table's numbers is missing.
    """
    found = _validated(Catalogue, file.read_text(encoding="utf-8"))
    numbers = {row.number for row in found.types}
    if missing := set(range(1, TABLE + 1)) - numbers:
        raise WrongFile(
            [_said("table.missing", missing=", ".join(str(n) for n in sorted(missing)))]
        )
    return found


@cache
def shipped() -> Catalogue:
    """The catalogue as it comes with the program."""
    return load()


def read_own(text: str) -> FacilityFile:
    """Read and check a facility's own file against the shipped catalogue.

    Raises `ValueError` in words, with the row, for what isn't one or would loosen a shipped row.
    """
    found = _validated(FacilityFile, text)
    base = shipped()
    for change in found.stricter:
        row = base.type(change.id)
        if row is None:
            raise WrongFile([_said("stricter.unknown", row=change.id)])
        _require_stricter(row, change)
    try:
        Catalogue.model_validate(base.model_dump() | {"types": (*base.types, *found.types)})
    except ValidationError as error:
        raise WrongFile(_in_words(error, {})) from None
    return found


def with_own(own: FacilityFile) -> Catalogue:
    """The shipped catalogue with what a facility added and made stricter."""
    base, changes = shipped(), {change.id: change for change in own.stricter}
    rows = [_stricter(row, changes.get(row.id)) for row in base.types]
    return base.model_copy(update={"types": (*rows, *own.types)})


def _stricter(row: InformationType, change: Stricter | None) -> InformationType:
    if change is None:
        return row
    told = (*row.tells, *(post for post in change.tells if post not in row.tells))
    fixed = isinstance(row.deadline, Length)
    return row.model_copy(
        update={
            "deadline": (change.deadline if fixed else None) or row.deadline,
            # A day may end sooner than any length: the sooner of the two holds.
            "at_most": None if fixed else change.deadline,
            "severity": change.severity or row.severity,
            "tells": told,
        }
    )


def _require_stricter(row: InformationType, change: Stricter) -> None:
    if change.severity is not None and change.severity > row.severity:
        raise WrongFile([_said("stricter.severity", row=row.id, severity=row.severity)])
    if change.deadline is None:
        return
    if isinstance(row.deadline, Length):
        allowed = row.deadline.length
    else:
        allowed = ACCEPT_NOW if row.deadline == "now" else ROUND
    if change.deadline.length > allowed:
        code = "stricter.law" if row.bound else "stricter.deadline"
        minutes = int(allowed.total_seconds()) // 60
        raise WrongFile([_said(code, row=row.id, minutes=minutes)])


class WrongFile(ValueError):
    """A file that can't be taken; `findings` are its faults in words, each with its row."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = list(findings)


def _validated(model: type[M], text: str) -> M:
    try:
        raw = rulefiles.parsed(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise WrongFile([_said("file.yaml", line=mark.line + 1 if mark else 1)]) from None
    if not isinstance(raw, dict):
        raise WrongFile([_said("file.rows")])
    try:
        return TypeAdapter(model).validate_python(raw)
    except ValidationError as error:
        raise WrongFile(_in_words(error, raw)) from None


_SAID = {
    "deadline.nothing": _("a deadline is longer than nothing; write `now` for at once"),
    "field.choices": _("a choice, and nothing else, has choices"),
    "row.about": _("it is about a person, a cell, an area or the facility"),
    "row.plain": _("what not everybody reads has `plain` words for the others"),
    "row.owner": _("`owner` comes first and is followed by one other post"),
    "levels": _("there are four severities, 1 to 4"),
    "row.twice": _("%(row)s stands twice"),
    "row.fields": _("%(row)s names fields that are not declared: %(unknown)s"),
    "row.laws": _("%(row)s names laws that are not declared: %(unknown)s"),
    "row.bound": _("%(row)s is bound by law and names none"),
    "own.id": _("%(row)s: the id of a type of one's own begins with L-"),
    "own.law": _("%(row)s: numbers and laws are those of the shipped table"),
    "shifts.gap": _("no shift covers %(at)s"),
    "shifts.overlap": _("more than one shift covers %(at)s"),
    "shifts.strength": _(
        "%(post)s: `strength` of a shift names posts that the facility's names too"
    ),
    "roster.limit": _("%(field)s: stricter alone, from %(least)s to %(most)s"),
    "roster.women": _("%(post)s: places in the women's area are part of the post's strength"),
    "rounds.gap": _("%(field)s: from %(least)s to %(most)s minutes"),
    "stricter.unknown": _("%(row)s: there is no such type in the shipped catalogue"),
    "stricter.severity": _("%(row)s: severity %(severity)s may be made graver, never lighter"),
    "stricter.law": _("%(row)s: the law bounds the deadline: at most %(minutes)s minutes"),
    "stricter.deadline": _(
        "%(row)s: a deadline is made stricter, never looser: at most %(minutes)s minutes"
    ),
    "table.missing": _("types of the table that are missing: %(missing)s"),
    "file.yaml": _("this is no YAML (line %(line)s)"),
    "file.rows": _("this holds no rows; see the shipped file for its form"),
    "post.unknown": _("there is no post %(given)s; the posts are: %(known)s"),
    "field.unknown": _("there is no such field"),
    "field.missing": _("this is missing"),
    "field.wrong": _("this can't be read: %(given)s"),
}


def _said(code: str, **values: Any) -> str:
    return str(_SAID[code]) % values


def _in_words(error: ValidationError, raw: Mapping[str, Any]) -> list[str]:
    """Each fault with its row; a fault of several readings of one value is told once."""
    found: dict[str, str] = {}
    for one in error.errors():
        row, rest = _row(one["loc"], raw)
        fault = one.get("ctx", {}).get("error")
        field = str(rest[0]) if rest else ""
        given = str(one.get("input"))[:100]
        if isinstance(fault, Fault):
            said = _said(fault.code, **fault.values)
        elif one["type"] == "extra_forbidden":
            said = _said("field.unknown")
        elif one["type"] == "missing":
            said = _said("field.missing")
        elif field in ("collected_by", "handled_by", "tells", "strength"):
            said = _said("post.unknown", given=given, known=", ".join(sorted(Post)))
        else:
            said = _said("field.wrong", given=given)
        found.setdefault(f"{row}{field}", ": ".join(part for part in (row, field, said) if part))
    return list(found.values())


def _row(loc: tuple[int | str, ...], raw: Mapping[str, Any]) -> tuple[str, tuple[int | str, ...]]:
    """The row that a fault is in, as people call it, and the rest of its place."""
    if len(loc) >= 2 and isinstance(loc[1], int):
        rows = raw.get(str(loc[0]))
        row = rows[loc[1]] if isinstance(rows, list) and loc[1] < len(rows) else None
        named = row.get("id") if isinstance(row, dict) else None
        place = gettext("row %(number)s") % {"number": loc[1] + 1}
        return place + (f" ({named})" if named else ""), loc[2:]
    return "", loc


_RESTRICTED = {
    HEALTH: Title(zh="一项健康事项待处理", en="A matter of health waits"),
    SEALED: Title(zh="密封事项待驻所检察官处理", en="A sealed matter for the resident prosecutor"),
}


def title_of(rule_id: str) -> Title | None:
    """What a rule of shipped information is called for everybody; None where there is none such."""
    for name, title in _RESTRICTED.items():
        if rule_id == name or rule_id.startswith(f"{name}-"):
            return title
    for row in shipped().types:
        name = rule_name(row.id, Audience.STAFF)
        if rule_id == name or rule_id.startswith(f"{name}-"):
            return row.title
    return None


def in_words(details: Iterable[Any]) -> str:
    """Typed fields (with `name` and `value`) as one line in the language of the reader."""
    zh = (get_language() or "").startswith("zh")
    fields = shipped().fields
    said = []
    for one in details:
        spec = fields.get(one.name)
        if spec is None:
            said.append(one.value)
            continue
        title = spec.title.zh if zh else spec.title.en
        said.append(f"{title}{'：' if zh else ': '}{_value(spec, one.value, zh=zh)}")
    return ("；" if zh else "; ").join(said)


def _value(spec: FieldSpec, value: str, *, zh: bool) -> str:
    def of(title: Title) -> str:
        return title.zh if zh else title.en

    if spec.sort == "choice":
        return next((of(one.title) for one in spec.choices if one.value == value), value)
    if spec.sort == "yes_no":
        return of(_YES if value == "yes" else _NO)
    if spec.sort == "post":
        return str(Post(value).title)
    if spec.sort == "time":
        return datetime.fromisoformat(value).astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
    return f"{value} {of(spec.unit)}" if spec.unit else value


_YES, _NO = Title(zh="是", en="yes"), Title(zh="否", en="no")
