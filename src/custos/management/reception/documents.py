"""Which legal documents open the door of which kind of facility."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "rules" / "documents.yaml"


class Document(BaseModel):
    """A kind of legal document, and the kinds of facility for which it is the ground."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[str, ...]
    title: str
    source: str
    confidence: Literal["V", "E", "M", "P"]


class DocumentFile(BaseModel):
    """The documents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    documents: tuple[Document, ...]


def load() -> DocumentFile:
    """Read the file. Raises pydantic's `ValidationError` for one that is wrong."""
    return DocumentFile.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


@cache
def _read() -> DocumentFile:
    return load()


def for_kind(kind: str) -> list[Document]:
    """The documents that open a facility of this kind."""
    return [document for document in _read().documents if kind in document.kinds]
