"""The register of templates: data of `rules/templates.yaml`, checked when it is read.

Every template has a code of the catalogue of documents, a version, a source with its confidence, the
kinds of facility that issue it, the posts that may, and the words by which it may name its subject.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, model_validator

from custos.foundation import rulefiles
from custos.foundation.documents import naming
from custos.foundation.documents.contents import CONTENTS, Content
from custos.foundation.errors import Missing
from custos.foundation.organizations import kinds_of_facility
from custos.foundation.record.parties import Audience, Post

FILE = Path(__file__).parent / "rules" / "templates.yaml"
LAYOUTS = Path(__file__).parent / "typst"


class Title(BaseModel):
    """What a paper is called."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh


class Template(BaseModel):
    """A kind of paper. `mark` is the word that its number begins with, `layout` its file of typst."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    version: int
    title: Title
    layout: str
    mark: str
    kinds: tuple[str, ...]
    words: tuple[str, ...]
    posts: tuple[Post, ...]
    readers: Literal["staff", "clinical"] = "staff"
    source: str
    confidence: Literal["V", "E", "M", "P"]
    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Template":
        """What it names has to be there."""
        if self.code not in CONTENTS:
            raise ValueError(f"{self.code}: nothing says what this paper contains")
        if not (LAYOUTS / f"{self.layout}.typ").exists():
            raise ValueError(f"{self.code}: there is no layout {self.layout}")
        strange = set(self.words) - {word.id for word in naming.words().words}
        strange |= set(self.kinds) - {kind.code for kind in kinds_of_facility.offered()}
        if strange:
            raise ValueError(f"{self.code}: nobody knows {', '.join(sorted(strange))}")
        return self

    @property
    def content(self) -> type[Content]:
        """What it has to be told."""
        return CONTENTS[self.code]

    @property
    def audience(self) -> Audience:
        """Who reads the entry of its issue."""
        return Audience.CLINICAL if self.readers == "clinical" else Audience.STAFF

    def in_force(self, day: date) -> bool:
        """Whether it is used on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class TemplateFile(BaseModel):
    """The register."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    templates: tuple[Template, ...]


def load() -> TemplateFile:
    """Read the register. Raises pydantic's `ValidationError` for one that is wrong."""
    naming.load()
    return TemplateFile.model_validate(rulefiles.read(FILE))


@cache
def _read() -> TemplateFile:
    return load()


def in_force(code: str, day: date) -> Template:
    """The template of a code on a day, the latest version. Raises `Missing` where there is none."""
    found = [one for one in _read().templates if one.code == code and one.in_force(day)]
    if not found:
        raise Missing("documents.no_such_template", _("There is no such paper on that day."))
    return max(found, key=lambda one: one.version)


def offered(kind: str, post: Post, day: date) -> list[Template]:
    """The papers that somebody on this post may issue at this kind of facility on a day."""
    return [
        one
        for one in _read().templates
        if kind in one.kinds and post in one.posts and one.in_force(day)
    ]


def title_of(code: str) -> str:
    """What a paper of a code is called, whether or not it is still in use; the code for one unknown."""
    found = [one for one in _read().templates if one.code == code]
    return str(found[-1].title) if found else code
