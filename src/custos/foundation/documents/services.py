"""Issuing a paper, and showing what it would look like.

A number is taken from the facility's series of the year within the deed that issues the paper, and its
row stays locked until that deed commits: what is given up gives its number back, so no number is ever
missing. The paper is set after its number is known and named by the digest of its content.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ValidationError

from custos.foundation import clock
from custos.foundation.database.ids import new_id
from custos.foundation.documents import catalogue, naming, rendering
from custos.foundation.documents.catalogue import Template
from custos.foundation.documents.contents import Content, strings_of
from custos.foundation.documents.kinds import DocumentIssued, number_of
from custos.foundation.documents.models import Issued
from custos.foundation.documents.naming import Word
from custos.foundation.documents.rendering import Sheet
from custos.foundation.errors import CustosError, Malformed, NotAllowed, raise_all
from custos.foundation.media import services as media
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, ActorKind, Audience, Post, Subject
from custos.foundation.ui.papers import grouped


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper that nobody issued: its pages as PNG, and the whole as PDF, marked 草稿."""

    title: str
    pages: list[bytes]
    pdf: bytes


def issue(
    code: str,
    said: Content | dict[str, Any],
    *,
    about: Subject,
    facility: Organization,
    by: Actor,
    printed_by: str,
    reason: str = "",
    because: UUID | None = None,
    audience: Audience | None = None,
) -> Issued:
    """Issue a paper: set it, number it and append its entry, the PDF attached by its digest.

    `said` is what it says, a model of `contents` or its values; `about` what the entry is about;
    `printed_by` the member of staff in words, as the paper's foot names them; `audience` who reads it,
    where what it says isn't for all readers of its template. Raises `Missing` for a code
    that isn't in use, `NotAllowed` for a post or kind of facility that doesn't issue it or a word that
    the stage doesn't allow (刑事诉讼法 第12条), `Malformed` with everything that is missing as findings.
    """
    with record.deed() as deed:
        day = clock.day_of(deed.at)
        template = catalogue.in_force(code, day)
        readers = template.audience if audience is None else audience
        _require_issuer(template, facility, by)
        content = content_of(template, said)
        word = _word(template, content)
        number = _next(facility.pk, day.year)
        paper = Issued(
            id=new_id(deed.at),
            organization=facility,
            year=day.year,
            number=number,
            mark=template.mark,
            code=template.code,
            version=template.version,
            audience=readers,
            detainee_id=about.detainee_id,
            custody_id=about.custody_id,
            issued_at=deed.at,
        )
        sheet = Sheet(
            facility.name,
            facility.kind,
            deed.at,
            printed_by,
            number_of(template.mark, day.year, number),
            grouped(paper.pk),
        )
        made = rendering.pdf(template, content, word, sheet)
        stored = media.store(made, f"{template.code}-{day.year}-{number}.pdf")
        header = deed.append(
            DocumentIssued(
                code=template.code,
                template_version=template.version,
                year=day.year,
                number=number,
                mark=template.mark,
                reason=reason,
            ),
            about=replace(about, organization_id=facility.pk),
            by=by,
            because=because,
            attachments=[stored],
            audience=readers,
        )
        paper.entry_id, paper.sha256 = header.id, stored.sha256
        paper.save(force_insert=True)
    return paper


def preview(
    code: str, said: Content | dict[str, Any], *, facility: Organization, printed_by: str
) -> Draft:
    """The paper as a draft: nothing is recorded, no number is taken. Raises as `issue()` does."""
    now = clock.now()
    template = catalogue.in_force(code, clock.day_of(now))
    content = content_of(template, said)
    word = _word(template, content)
    sheet = Sheet(facility.name, facility.kind, now, printed_by)
    return Draft(
        str(template.title),
        rendering.pictures(template, content, word, sheet),
        rendering.pdf(template, content, word, sheet),
    )


def unnumbered(
    code: str, said: Content | dict[str, Any], *, facility: str, kind: str, printed_by: str
) -> bytes:
    """A paper that needs no number, such as a printed list, as PDF; nothing is recorded.

    `facility` and `kind` are of whoever prints it. Raises as `issue()` does.
    """
    now = clock.now()
    template = catalogue.in_force(code, clock.day_of(now))
    content = content_of(template, said)
    sheet = Sheet(facility, kind, now, printed_by, final=True)
    return rendering.pdf(template, content, _word(template, content), sheet)


def content_of(template: Template, said: Content | dict[str, Any]) -> Content:
    """What a paper says, complete. Raises `Malformed` that lists in words what is missing or wrong."""
    if isinstance(said, template.content):
        return said
    values = said.model_dump() if isinstance(said, BaseModel) else said
    try:
        return template.content.model_validate(values)
    except ValidationError as error:
        raise_all([_fault(template, one) for one in error.errors()])
        raise


_WANTING = {"missing", "string_too_short", "too_short"}


def _fault(template: Template, error: Any) -> CustosError:
    """One thing that is missing or can't be, by the name that people know it under."""
    where, place = _named(template.content, error["loc"]), ".".join(map(str, error["loc"]))
    if error["type"] in _WANTING or error.get("input") is None:
        return Malformed(
            "documents.missing",
            _("%(what)s is missing."),
            field=place,
            mend=_("%(paper)s can't be issued without it."),
            what=where,
            paper=template.title,
        )
    return Malformed(
        "documents.wrong",
        _("%(what)s can't be as it stands."),
        field=place,
        mend=_("Correct it before %(paper)s is issued."),
        what=where,
        paper=template.title,
    )


def _named(model: Any, place: tuple[int | str, ...]) -> str:
    """Where something stands in a paper: titles of fields, rows by number."""
    parts = []
    for part in place:
        if isinstance(part, int):
            parts.append(gettext("row %(number)s") % {"number": part + 1})
            continue
        field = model.model_fields.get(part) if model else None
        parts.append(gettext(field.title) if field and field.title else str(part))
        model = _model_in(field.annotation) if field else None
    return " · ".join(parts)


def _model_in(annotation: Any) -> Any:
    """The model that a field holds, or a list of which it holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(one) for one in getattr(annotation, "__args__", ()))
    return next((one for one in inner if one), None)


def _require_issuer(template: Template, facility: Organization, by: Actor) -> None:
    if facility.kind not in template.kinds:
        raise NotAllowed(
            "documents.other_kind",
            _("%(paper)s is not issued by this kind of facility."),
            paper=template.title,
        )
    if by.kind is ActorKind.STAFF and by.post not in template.posts:
        raise NotAllowed(
            "documents.post",
            _("%(paper)s is issued by: %(posts)s."),
            mend=_("Ask a colleague whose post allows it."),
            paper=template.title,
            posts="、".join(str(Post(post).title) for post in template.posts),
        )


def _word(template: Template, content: Content) -> Word | None:
    """As what the paper names its subject, where it is about a person."""
    stage = getattr(content, "stage", None)
    if stage is None:
        return None
    word = naming.word_at(stage)
    if word is None or word.id not in template.words:
        raise NotAllowed(
            "documents.stage",
            _("At this legal stage there is no %(paper)s."),
            field="stage",
            mend=_("Check the stage: what somebody is called on paper follows from it."),
            paper=template.title,
        )
    said = naming.strays(strings_of(content), word)
    if said:
        raise NotAllowed(
            "documents.word",
            _("Nobody may be called %(said)s at this stage; the word is %(word)s (%(source)s)."),
            mend=_("Say it otherwise: nobody is guilty before a judgment that is final."),
            said="、".join(said),
            word=word.title.zh,
            source="刑事诉讼法 第12条",
        )
    return word


def _next(organization: int, year: int) -> int:
    """The facility's next number of a year. Its row stays locked until the deed ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO documents_series (id, organization_id, year, last) VALUES (%s, %s, %s, 1)"
            " ON CONFLICT (organization_id, year) DO UPDATE SET last = documents_series.last + 1"
            " RETURNING last",
            (new_id(), organization, year),
        )
        return int(cursor.fetchone()[0])
