"""What a post may record, and what became of what one reported; in the scope of whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language

from custos.foundation import clock
from custos.foundation.custody import queries as custody
from custos.foundation.custody.queries import PersonShown
from custos.foundation.database import scope
from custos.foundation.record.parties import Actor, Post
from custos.prevention.duty import queries as duty
from custos.prevention.duty.engine import Title
from custos.prevention.duty.information import adopted
from custos.prevention.duty.information.models import FacilityCatalogue, Observation
from custos.prevention.duty.information.types import Catalogue, FieldSpec, InformationType
from custos.prevention.duty.queries import TaskShown


def in_use(facility: int) -> Catalogue:
    """The catalogue that a facility uses today. One query."""
    return adopted.catalogue_of(adopted.latest(facility, clock.today()))


def adopted_by(facility: int) -> FacilityCatalogue | None:
    """The file that a facility uses today; None where it uses the shipped catalogue. One query."""
    return adopted.latest(facility, clock.today())


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A typed field, in the reader's language."""

    name: str
    title: str
    sort: str
    choices: Sequence[tuple[str, str]]
    unit: str


@dataclass(frozen=True, slots=True)
class TypeShown:
    """A type of information, in the reader's language. `deadline` is its code or its length in minutes."""

    id: str
    number: int | None
    title: str
    severity: int
    places: Sequence[str]
    fields: Sequence[FieldShown]
    collected_by: Sequence[str]
    handled_by: Sequence[Sequence[str]]
    deadline: str
    at_most: str
    act: str
    own: bool
    readers: str
    tells: Sequence[str]
    outside: Sequence[str]
    source: str


def types_of(facility: int, post: Post | None = None) -> list[TypeShown]:
    """The types of a facility's catalogue that hold today; those that a post collects, where named.

    One query.
    """
    known = in_use(facility)
    today = clock.today()
    rows = [row for row in known.types if row.holds_on(today)]
    if post is not None:
        rows = [row for row in rows if post in row.collectors]
    return [_type(known, row) for row in rows]


def _type(known: Catalogue, row: InformationType) -> TypeShown:
    length = getattr(row.deadline, "length", None)
    return TypeShown(
        id=row.id,
        number=row.number,
        title=_said(row.title),
        severity=row.severity,
        places=[one for one in ("person", "cell", "area", "facility") if one in row.places],
        fields=[_field(name, known.fields[name]) for name in row.fields],
        collected_by=[str(one) for one in row.collected_by],
        handled_by=[[str(post) for post in line] for line in row.handled_by],
        deadline=str(int(length.total_seconds()) // 60) if length else str(row.deadline),
        at_most=str(int(row.at_most.length.total_seconds()) // 60) if row.at_most else "",
        act=_said(row.act) if row.act else "",
        own=row.id.startswith("L-"),
        readers=row.readers,
        tells=[post.value for post in row.tells],
        outside=list(row.outside),
        source=_said(known.source_of(row)),
    )


def _field(name: str, spec: FieldSpec) -> FieldShown:
    choices = [(one.value, _said(one.title)) for one in spec.choices]
    unit = _said(spec.unit) if spec.unit else ""
    return FieldShown(name, _said(spec.title), spec.sort, choices, unit)


def _said(title: Title) -> str:
    return title.zh if (get_language() or "").startswith("zh") else title.en


@dataclass(frozen=True, slots=True)
class Reported:
    """What somebody reported, and the tasks that came of it. `person` where the reader may see them."""

    id: UUID
    client_id: UUID
    entry_id: UUID
    title: str
    severity: int
    place: str
    custody_id: UUID | None
    person: PersonShown | None
    occurred_at: datetime
    recorded_at: datetime
    tasks: Sequence[TaskShown]

    @property
    def answered(self) -> bool:
        """Whether something came of it, and nothing of that is waited for any more."""
        return bool(self.tasks) and all(task.ended_at for task in self.tasks)


def reported(by: Actor, *, after: UUID | None = None, limit: int = 50) -> list[Reported]:
    """What somebody reported, latest first, and what became of it. At most four queries."""
    found = Observation.objects.visible_to(scope.current()).filter(by_ref=by.ref)
    if after is not None:
        found = found.filter(id__lt=after)
    rows = list(found.order_by("-id")[:limit])
    tasks = duty.tasks_after([row.entry_id for row in rows], by)
    people = custody.named(row.custody_id for row in rows if row.custody_id)
    return [
        Reported(
            row.pk,
            row.client_id,
            row.entry_id,
            _said(Title.model_validate(row.title)),
            row.severity,
            row.place,
            row.custody_id,
            people.get(row.custody_id) if row.custody_id else None,
            row.occurred_at,
            row.recorded_at,
            tasks.get(row.entry_id, []),
        )
        for row in rows
    ]
