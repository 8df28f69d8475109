"""How a kind of entry is declared, and the kinds that the record itself writes."""

from typing import Any, ClassVar, get_args
from uuid import UUID

import orjson
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation.record.parties import Post, Readers, Writers

_kinds: dict[tuple[str, int], type["Kind"]] = {}


class Kind(BaseModel):
    """A kind of entry; subclasses declare it once and their fields are its payload.

    Class attributes: `name` and `version` (together unique), `title` in the source language,
    `writers`, `readers`, whether it `converges` upward, and for how many years after the end of
    custody the payload is kept (`kept_years`; None: for as long as the record), and whether law may have
    it erased (`erasable`; not where it says what somebody of the staff answers for). A change of fields is
    a new version; the old class stays so that old entries read on. Fields may be text, integers,
    booleans, identifiers, dates, `Decimal` and lists or models of these. Not `float`, whose text form
    differs between programs and would break digests.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1
    title: ClassVar[Any] = ""
    writers: ClassVar[Writers] = Writers.posts()
    readers: ClassVar[int] = Readers.STAFF
    converges: ClassVar[bool] = False
    kept_years: ClassVar[int | None] = None
    erasable: ClassVar[bool] = True

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not cls.name:
            return
        for field, info in cls.model_fields.items():
            if _mentions_float(info.annotation):
                raise TypeError(
                    f"{cls.__name__}.{field}: a payload holds no float; use Decimal or int"
                )
        known = _kinds.setdefault((cls.name, cls.version), cls)
        if known is not cls and known.__module__ != cls.__module__:
            raise TypeError(f"{cls.name} v{cls.version} is declared twice: {known} and {cls}")

    def canonical(self, attachments: tuple[dict[str, Any], ...] = ()) -> bytes:
        """The payload as canonical JSON: sorted keys, no white space, UTF-8."""
        fields = self.model_dump(mode="json")
        if attachments:
            fields["$attachments"] = list(attachments)
        return canonical_json(fields)

    def line(self) -> str:
        """One plain sentence for a timeline, in the active language; kinds override it."""
        return str(self.title)


def _mentions_float(annotation: Any) -> bool:
    return annotation is float or any(_mentions_float(part) for part in get_args(annotation))


def canonical_json(value: Any) -> bytes:
    """Canonical JSON bytes of a value without floats."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def kind_of(name: str, version: int) -> type[Kind] | None:
    """The declaration of a kind, or None where this program does not know it."""
    return _kinds.get((name, version))


def all_kinds() -> list[type[Kind]]:
    """Every declared kind, by name and version."""
    return [_kinds[key] for key in sorted(_kinds)]


class PayloadErased(Kind):
    """Law ordered that the payload of an entry go. The header stays and the chain still verifies."""

    name, version = "record.payload_erased", 1
    title = _("Payload erased by law")
    erasable = False
    writers = Writers.posts(Post.LEADER, Post.DUTY_LEADER, police_only=True, two_persons=True)
    readers, converges = Readers.STAFF, True
    entry: UUID
    legal_ground: str
    reason: str
    #: By the key of the installation, so that no statement of SQL can order an erasure.
    signature: str


class ReactionFailed(Kind):
    """What should have followed an entry failed; it is retried, and a leader is told."""

    name, version = "record.reaction_failed", 1
    title = _("A reaction failed")
    erasable = False
    writers, readers = Writers.the_system(), Readers.LEADERS
    entry: UUID
    entry_kind: str
    reaction: str
    error: str


class Corrected(Kind):
    """An entry was wrong; this says what is right. The wrong one stays as written."""

    name, version = "record.corrected", 1
    title = _("Correction")
    writers = Writers.posts()
    entry: UUID
    wrong: str
    right: str
    reason: str

    def line(self) -> str:
        return f"{self.wrong} → {self.right}({self.reason})"
