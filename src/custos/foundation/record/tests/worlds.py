"""Small worlds for the tests of the record: kinds, people, and chains made in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from custos.foundation.database import scope
from custos.foundation.record import bulk, wire
from custos.foundation.record import services as record
from custos.foundation.record.digests import Suite, digest_of
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import (
    Actor,
    ActorKind,
    Post,
    Readers,
    StaffKind,
    Subject,
    Writers,
)
from custos.foundation.record.wire import Header

FACILITY, NEIGHBOUR = 101_001_001, 101_001_002
ABOUT = Subject(FACILITY)
SYSTEM = scope.Scope.of_system("tests")
AT = datetime(2026, 3, 5, 2, 30, tzinfo=UTC)


class Noted(Kind):
    """Anybody's note."""

    name, version, title = "tests.noted", 1, "Noted"
    writers = Writers.anyone()
    text: str

    def line(self) -> str:
        return self.text


class Followed(Kind):
    """What follows a note."""

    name, version, title = "tests.followed", 1, "Followed"
    writers = Writers.the_system()
    text: str


class Diagnosed(Kind):
    """Medical confidentiality covers this."""

    name, version, title = "tests.diagnosed", 1, "Diagnosed"
    writers, readers = Writers.posts(Post.MEDICAL), Readers.CLINICAL
    text: str


class Restrained(Kind):
    """The law reserves this to police."""

    name, version, title = "tests.restrained", 1, "Restrained"
    writers = Writers.posts(Post.PATROL, police_only=True)


class Searched(Kind):
    """This takes two persons."""

    name, version, title = "tests.searched", 1, "Searched"
    writers = Writers.posts(two_persons=True)


def somebody(post: Post = Post.PATROL, kind: StaffKind = StaffKind.OFFICER) -> Actor:
    """A member of staff on a post."""
    return Actor(ActorKind.STAFF, str(uuid4()), post, kind)


def note(text: str = "quiet", *, about: Subject = ABOUT, by: Actor | None = None) -> Header:
    """One entry in a deed of its own, under the scope that is open."""
    with record.deed() as deed:
        return deed.append(Noted(text=text), about=about, by=by or somebody())


def notes(count: int, *, organization: int = FACILITY) -> list[UUID]:
    """Some committed entries, each in a transaction of its own; their ids."""
    made = []
    for number in range(1, count + 1):
        with scope.entered(SYSTEM):
            made.append(note(f"note {number}", about=Subject(organization)).id)
    return made


def draft(text: str, *, organization: int = FACILITY, at: datetime = AT) -> record.Draft:
    """An entry that has no place in a chain yet."""
    return record.draft(Noted(text=text), about=Subject(organization), by=somebody(), at=at)


def row(header: Header, salt: bytes, body: bytes | None) -> bytes:
    """An entry as verifying reads it."""
    said = b"\xff\xff\xff\xff" * 2 if body is None else wire.blob(salt) + wire.blob(body)
    return wire.blob(header.hash) + said + wire.header_bytes(header)


def chain(
    drafts: Sequence[record.Draft], *, suite: int = Suite.SHA256, organization: int = FACILITY
) -> list[bytes]:
    """The rows of a chain of these entries, linked as appending links them."""
    head = bulk.HeadState(suite, 0, digest_of(suite)(wire.genesis(organization)))
    made = []
    for one in drafts:
        bulk.link(one.header, one.salt + one.body, head)
        made.append(row(one.header, one.salt, one.body))
    return made
