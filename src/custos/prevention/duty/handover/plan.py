"""What stands in a handover, in which order, and what its signatures are about. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from custos.foundation import rulefiles
from custos.prevention.duty.engine import Title
from custos.prevention.duty.shifts.plan import OnShift, Shift, shift_at

FILE = Path(__file__).parents[1] / "rules" / "handover.yaml"

SectionId = Literal[
    "people", "tasks", "limits", "absences", "cells", "counts", "keys", "defects", "words"
]


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Section(_Plain):
    """A part of a handover, and who fills it."""

    id: SectionId
    by: Literal["system", "leader"]
    title: Title


class HandoverFile(_Plain):
    """The rules of handovers; see `rules/handover.yaml` for what its fields mean."""

    version: int
    confidence: Literal["V", "E", "M", "P"]
    source: Title
    limits_within_hours: int = Field(ge=1, le=168)
    gravest: int = Field(ge=1, le=4)
    tell_again_minutes: int = Field(ge=5, le=120)
    sections: tuple[Section, ...]

    @property
    def limits_within(self) -> timedelta:
        """How soon a limit ends that is named."""
        return timedelta(hours=self.limits_within_hours)

    @property
    def tell_again(self) -> timedelta:
        """After how long an open handover is told again."""
        return timedelta(minutes=self.tell_again_minutes)

    @property
    def order(self) -> Mapping[str, int]:
        """The place of each section."""
        return {section.id: at for at, section in enumerate(self.sections)}


def load(file: Path = FILE) -> HandoverFile:
    """Read and check the rules. Raises `ValueError` where a section stands twice."""
    found = HandoverFile.model_validate(rulefiles.read(file))
    if len(found.order) != len(found.sections):
        raise ValueError("a section stands twice")
    return found


@cache
def rules() -> HandoverFile:
    """The rules in use."""
    return load()


class Standing(StrEnum):
    """How far a handover is: to be completed, to be read and taken, or signed by both."""

    PREPARED = "prepared"
    SIGNED = "signed"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Draft:
    """One item of a handover before it is kept. `words` says it in the active language and names nobody
    in custody: whom it is about is named to whoever may see them when it is shown.
    """

    section: SectionId
    words: Callable[[], str]
    severity: int | None = None
    custody: UUID | None = None
    detainee: UUID | None = None
    cell: UUID | None = None
    task: UUID | None = None
    due_at: datetime | None = None


def in_order(drafts: Iterable[Draft]) -> list[Draft]:
    """Drafts by their section, in the order in which each section's source gave them."""
    order = rules().order
    return sorted(drafts, key=lambda draft: order[draft.section])


@dataclass(frozen=True, slots=True)
class Change:
    """A change of shifts: when, and the shift that ends and the one that begins."""

    at: datetime
    outgoing: OnShift
    incoming: OnShift


def last_change(shifts: Sequence[Shift], moment: datetime) -> Change:
    """The change by which the shift of a moment began."""
    incoming = shift_at(shifts, moment)
    outgoing = shift_at(shifts, incoming.begins - timedelta(seconds=1))
    return Change(incoming.begins, outgoing, incoming)


def coming_change(shifts: Sequence[Shift], moment: datetime) -> Change:
    """The change by which the shift of a moment ends."""
    outgoing = shift_at(shifts, moment)
    return Change(outgoing.ends, outgoing, shift_at(shifts, outgoing.ends))


def keys_agree(expected: int, counted: int) -> bool:
    """Whether all keys that should be there were handed over."""
    return expected == counted


def digest(at: datetime, items: Iterable[Sequence[object]]) -> str:
    """What the signatures are about: the change and all items as they are shown, as SHA-256 in hex."""
    said = [[str(part) if part is not None else None for part in item] for item in items]
    whole = dumps([at.timestamp(), said], ensure_ascii=False, separators=(",", ":"))
    return sha256(whole.encode()).hexdigest()
