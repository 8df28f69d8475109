"""Entries, corrections, attachments and files, and what proves the record."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query
from pydantic import Field

from custos.foundation.accounts import access
from custos.foundation.api import paging, uploads
from custos.foundation.api.routing import FILE, Call, Router
from custos.foundation.api.schemas import (
    Asked,
    EntryId,
    Name,
    OrganizationId,
    OrganizationNumber,
    Page,
    Paging,
    Shape,
    Words,
    like,
    told,
)
from custos.foundation.media import services as media
from custos.foundation.organizations import queries as organizations
from custos.foundation.record import kinds, queries, services
from custos.foundation.record.parties import DUTY_POSTS, Post
from custos.foundation.record.queries import Line

router = Router(_("Record"))

_READ, _WRITE = "record:read", "record:write"
#: Who proves the record, besides the system itself.
PROVERS = (Post.DUTY_LEADER, Post.LEADER, Post.OVERSIGHT, Post.RESIDENT_PROSECUTOR)
_ENTRY = "0198c5a2-7f00-7000-8000-0000000000e1"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

Digest = Annotated[
    str,
    Path(
        ...,
        min_length=64,
        max_length=64,
        pattern=r"^[0-9a-f]{64}$",
        description="The digest of its content.",
        example=_DIGEST,
    ),
]
KindName = Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+\.[a-z_]+$")]


class FileShown(Shape):
    """A file that an entry names."""

    model_config = like(sha256=_DIGEST, name="photo.jpg", type="image/jpeg", size=183_400)
    sha256: str = Field(description="The digest of its content, by which it is fetched.")
    name: str = Field(description="What whoever sent it called it.")
    type: str = Field(description="Its media type, read from its content.")
    size: int = Field(description="Its size in bytes.")


class EntryShown(Shape):
    """One immutable line of the record, as far as its reader may read it."""

    model_config = like(
        id=_ENTRY, seq=4711, kind="cell.moved", version=1, title="Moved to another cell",
        text="To cell A102: separation", organization_id=110101002, detainee_id=None,
        custody_id=None, cell_id=None, occurred_at="2026-03-02T01:30:00Z",
        recorded_at="2026-03-02T01:30:00Z", by_kind="staff", by_ref=_ENTRY,
        by_post="case_officer", second_ref="", ground="看守所条例 第14条", corrects_id=None,
        because_id=None, corrected=False, erased=False, payload={"cell_name": "A102"},
        sealed=False, attachments=[],
    )  # fmt: skip
    id: UUID = Field(description="Its identifier.")
    seq: int = Field(description="Its number in the chain of its organization.")
    kind: str = Field(description="What it is; see the kinds of entry.")
    version: int | None = Field(description="Version of the kind; null where unknown here.")
    title: str = Field(description="The kind's title in the reader's language.")
    text: str = Field(description="What it says, in one line.")
    organization_id: int = Field(description="Whose chain it stands in.")
    detainee_id: UUID | None = Field(description="The person it is about.")
    custody_id: UUID | None = Field(description="The stay it is about.")
    cell_id: UUID | None = Field(description="The cell it is about.")
    occurred_at: datetime = Field(description="When it happened.")
    recorded_at: datetime = Field(description="When it was recorded.")
    by_kind: str = Field(description="staff, device, system or public.")
    by_ref: str = Field(description="Who wrote it, by identifier.")
    by_post: str = Field(description="On what post.")
    second_ref: str = Field(description="The other person of an act of two.")
    ground: str = Field(description="The law or rule that it rests on.")
    corrects_id: UUID | None = Field(description="The entry that it puts right.")
    because_id: UUID | None = Field(description="The entry that led to it.")
    corrected: bool = Field(description="Whether another entry puts it right.")
    erased: bool = Field(description="Whether law had its payload erased.")
    payload: dict[str, Any] | None = Field(
        description="What it says; null where erased, sealed or unknown."
    )
    sealed: bool = Field(
        description="Whether it is about a past stay that law seals; then nothing of it is shown but"
        " what kind it is, when and by whom."
    )
    attachments: list[FileShown] = Field(description="The files that it names.")


def shown(lines: list[Line]) -> list[EntryShown]:
    """Entries as the API gives them; whom they are about is noted in the access log."""
    access.note(line.detainee_id for line in lines if line.detainee_id)
    return [
        EntryShown.model_construct(
            **{
                name: getattr(line, name)
                for name in EntryShown.model_fields
                if name not in ("payload", "version", "attachments")
            },
            version=line.payload.version if line.payload else None,
            payload=line.payload.model_dump(mode="json") if line.payload else None,
            attachments=[FileShown.model_validate(file) for file in line.attachments],
        )
        for line in lines
    ]


class EntryFilter(Paging):
    """Which entries."""

    kind: list[KindName] = Field(
        default_factory=list,
        max_length=20,
        description="Those of these kinds.",
        json_schema_extra={"example": ["cell.moved"]},
    )


@router.read(
    "/entries",
    gives=Page[EntryShown],
    scope=_READ,
    purpose="record.list",
    summary=_("List entries"),
)
def list_entries(call: Call, wanted: Query[EntryFilter]) -> Any:
    """The latest entries of the caller's organizations that the caller is an audience of."""
    return paging.page(
        "list_entries",
        wanted,
        lambda after, limit: shown(
            queries.latest(kinds=wanted.kind, before=after[0] if after else None, limit=limit)
        ),
        lambda one: (one.id,),
    )


@router.read(
    "/organizations/{organization}/entries",
    gives=Page[EntryShown],
    scope=_READ,
    purpose="record.list",
    summary=_("List the entries of an organization"),
)
def list_chain(call: Call, organization: OrganizationId, wanted: Query[EntryFilter]) -> Any:
    """One organization's own chain, latest first. Entries for other readers are left out: a gap in `seq`
    tells that there is one, and nothing else of it.
    """
    organizations.in_scope(organization)
    return paging.page(
        "list_chain",
        wanted,
        lambda after, limit: shown(
            queries.chain(
                organization, kinds=wanted.kind, before=after[0] if after else None, limit=limit
            )
        ),
        lambda one: (one.seq,),
    )


@router.read(
    "/entries/{entry}",
    gives=EntryShown,
    scope=_READ,
    purpose="record.entry",
    summary=_("Show an entry"),
)
def show_entry(call: Call, entry: EntryId) -> Any:
    """One entry."""
    return shown([queries.line(entry)])[0]


@router.read(
    "/entries/{entry}/following",
    gives=list[EntryShown],
    scope=_READ,
    purpose="record.entry",
    summary=_("List what followed an entry"),
)
def list_following(call: Call, entry: EntryId) -> Any:
    """What was written because of an entry, oldest first; the first fifty."""
    queries.line(entry)
    return shown(queries.following(entry))


class Correction(Asked):
    """What was wrong in an entry, and what is right."""

    model_config = like(
        wrong="Cell A101", right="Cell A102", reason="Checked on the spot", files=[]
    )
    wrong: Words = Field(description="What the entry says wrongly.")
    right: Words = Field(description="What is right.")
    reason: Words = Field(description="How it is known.")
    files: list[UUID] = Field(
        default_factory=list, max_length=10, description="Files sent before, by identifier."
    )


@router.write(
    "/entries/{entry}/corrections",
    gives=EntryShown,
    scope=_WRITE,
    posts=DUTY_POSTS,
    purpose="record.entry",
    made=True,
    summary=_("Correct an entry"),
)
def correct_entry(call: Call, correction: Correction, entry: EntryId) -> Any:
    """Puts an entry right by a new one for the same readers; the wrong one stays as written."""
    queries.line(entry)
    header = services.correct(
        entry,
        wrong=correction.wrong,
        right=correction.right,
        reason=correction.reason,
        by=call.actor,
        attachments=uploads.taken(correction.files, call.caller),
    )
    return shown([queries.line(header.id)])[0]


@router.read(
    "/entries/{entry}/attachments/{sha256}",
    gives=FILE,
    scope=_READ,
    purpose="record.attachment",
    summary=_("Fetch an attachment"),
)
def fetch_attachment(
    call: Call,
    entry: EntryId,
    sha256: Digest,
) -> Any:
    """The file's bytes, checked against its digest; for the readers of its entry.

    It is named as in the entry, whatever was asked for (RFC 6266, RFC 8187).
    """
    (line,) = shown([queries.line(entry)])
    file = queries.attachment(entry, sha256)
    name = next(one.name for one in line.attachments if one.sha256 == sha256)
    return HttpResponse(
        media.read(sha256),
        content_type=file.media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


class Sent(Shape):
    """A file that was sent and that no entry names yet."""

    model_config = like(
        id=_ENTRY, sha256=_DIGEST, name="photo.jpg", type="image/jpeg", size=183_400
    )
    id: UUID = Field(description="By which a correction or a legal paper names it within a day.")
    sha256: str = Field(description="The digest of what was kept of it.")
    name: str = Field(description="Its name.")
    type: str = Field(description="Its media type, read from its content.")
    size: int = Field(description="Its size in bytes.")


class SentAs(Asked):
    """What a file is called."""

    name: Name = Field(description="What it is called.", json_schema_extra={"example": "photo.jpg"})


@router.write(
    "/files", gives=Sent, scope=_WRITE, posts=DUTY_POSTS, made=True, summary=_("Send a file")
)
def send_file(call: Call, wanted: Query[SentAs]) -> Any:
    """The body is the file itself: a photo (JPEG, PNG, WebP) or a PDF of at most 20 MB.

    Photos lose what they tell besides the picture. A file that no entry names within a day goes.
    """
    return uploads.keep(call.request.body, wanted.name, call.caller)


class KindShown(Shape):
    """A kind of entry, and who has to do with it."""

    model_config = like(
        name="cell.moved", version=1, title="Moved to another cell", audience=1, converges=True,
        posts=["case_officer", "duty_leader", "leader"], police_only=True, two_persons=False,
    )  # fmt: skip
    name: str = Field(description="Its name.")
    version: int = Field(description="Its version.")
    title: str = Field(description="Its title in the reader's language.")
    audience: int = Field(description="Who reads it: 1 staff, 2 clinical, 3 counselling, 4 leaders, "
                          "5 sealed complaints, 6 prosecutor.")  # fmt: skip
    converges: bool = Field(description="Whether higher tiers receive it.")
    posts: list[str] = Field(description="The posts that write it; empty: every post, or no staff.")
    police_only: bool = Field(description="Whether law reserves it to police officers.")
    two_persons: bool = Field(description="Whether it takes two persons.")


@router.read(
    "/entry-kinds", gives=list[KindShown], scope=_READ, summary=_("List the kinds of entry")
)
def list_entry_kinds(call: Call) -> Any:
    """Everything that this program can write into the record."""
    return [
        KindShown(
            name=kind.name,
            version=kind.version,
            title=str(kind.title),
            audience=int(kind.readers),
            converges=kind.converges,
            posts=sorted(post.value for post in kind.writers.allowed_posts),
            police_only=kind.writers.police_only,
            two_persons=kind.writers.two_persons,
        )
        for kind in kinds.all_kinds()
    ]


class HeadShown(Shape):
    """The end of one organization's chain."""

    model_config = like(organization_id=110101002, suite=1, seq=4711, hash=_DIGEST)
    organization_id: int = Field(description="Whose chain it is.")
    suite: int = Field(description="The digest: 1 SHA-256, 2 SM3.")
    seq: int = Field(description="How many entries it has.")
    hash: str = Field(description="The hash of the last one, as hexadecimal digits.")


@router.read(
    "/record/heads",
    gives=Page[HeadShown],
    scope=_READ,
    posts=PROVERS,
    summary=_("List chain heads"),
)
def list_heads(call: Call, wanted: Query[Paging]) -> Any:
    """The ends of the chains in one's organizations, to be kept and compared elsewhere."""
    return paging.page(
        "list_heads",
        wanted,
        lambda after, limit: [
            HeadShown(
                organization_id=head.organization_id,
                suite=head.suite,
                seq=head.seq,
                hash=bytes(head.hash).hex(),
            )
            for head in queries.head_rows(after=after[0] if after else None, limit=limit)
        ],
        lambda one: (one.organization_id,),
    )


class CheckpointShown(Shape):
    """The Merkle root (RFC 6962) over one organization's entries of a stretch."""

    model_config = like(
        id=17, organization_id=110101002, day="2026-03-01", suite=1, first_seq=1, last_seq=4711,
        root=_DIGEST, made_at="2026-03-01T16:05:00Z",
    )  # fmt: skip
    id: int = Field(description="Its number on this node.")
    organization_id: int = Field(description="Whose chain it is of.")
    day: date = Field(description="The day that it closes.")
    suite: int = Field(description="The digest: 1 SHA-256, 2 SM3.")
    first_seq: int = Field(description="The first entry's number.")
    last_seq: int = Field(description="The last entry's number.")
    root: str = Field(description="The root, as hexadecimal digits.")
    made_at: datetime = Field(description="When it was made.")


class CheckpointFilter(Paging):
    """Which checkpoints."""

    organization: OrganizationNumber | None = told("Those of this organization.", 110101002)


@router.read(
    "/record/checkpoints",
    gives=Page[CheckpointShown],
    scope=_READ,
    posts=PROVERS,
    summary=_("List checkpoints"),
)
def list_checkpoints(call: Call, wanted: Query[CheckpointFilter]) -> Any:
    """Checkpoints of one's organizations, latest first."""
    return paging.page(
        "list_checkpoints",
        wanted,
        lambda after, limit: [
            CheckpointShown(
                id=one.pk,
                organization_id=one.organization_id,
                day=one.day,
                suite=one.suite,
                first_seq=one.first_seq,
                last_seq=one.last_seq,
                root=bytes(one.root).hex(),
                made_at=one.made_at,
            )
            for one in queries.checkpoints(
                organization=wanted.organization,
                before=after[0] if after else None,
                limit=limit,
            )
        ],
        lambda one: (one.id,),
    )


class FailedShown(Shape):
    """A reaction that failed and waits for its next try."""

    model_config = like(
        entry_id=_ENTRY, organization_id=110101002, reaction="duty.open_task", attempts=3,
        next_at="2026-03-02T01:38:00Z", error="ValueError",
    )  # fmt: skip
    entry_id: UUID = Field(description="The entry that it follows.")
    organization_id: int = Field(description="Whose entry that is.")
    reaction: str = Field(description="The reaction's name.")
    attempts: int = Field(description="How often it was tried.")
    next_at: datetime = Field(description="When it is tried again.")
    error: str = Field(description="What went wrong.")


@router.read(
    "/record/failed-reactions",
    gives=list[FailedShown],
    scope=_READ,
    posts=(Post.DUTY_LEADER, Post.LEADER, Post.OVERSIGHT),
    summary=_("List failed reactions"),
)
def list_failed_reactions(call: Call) -> Any:
    """Reactions that failed and are still to run, the fifty longest waiting."""
    return queries.failed_reactions()
