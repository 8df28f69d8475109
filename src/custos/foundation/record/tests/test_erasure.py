"""Lawful erasure: what an entry says goes, that it was said stays, and the chain verifies."""

import io
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from PIL import Image

from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Missing, NotAllowed
from custos.foundation.media import services as media
from custos.foundation.record import export, inspection, queries
from custos.foundation.record import services as record
from custos.foundation.record.models import Attachment, Payload
from custos.foundation.record.parties import Actor, Post, StaffKind
from custos.foundation.record.tests.worlds import ABOUT, SYSTEM, Noted, note, somebody
from tests import at_once

pytestmark = pytest.mark.usefixtures("own_folders", "live_database")


def erased(entry: UUID, *, by: Actor | None = None, second: Actor | None = None) -> None:
    with scope.entered(SYSTEM):
        record.erase_payload(
            entry,
            legal_ground="刑事诉讼法 第286条",
            reason="record of a minor is sealed",
            by=by or somebody(Post.LEADER),
            second=second or somebody(Post.DUTY_LEADER),
        )


def noted(*attachments: media.StoredFile) -> UUID:
    with scope.entered(SYSTEM), record.deed() as deed:
        made = deed.append(
            Noted(text="a child's name"), about=ABOUT, by=somebody(), attachments=attachments
        )
    return made.id


def a_photo(shade: int = 0) -> media.StoredFile:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), (shade, 0, 0)).save(out, "PNG")
    return media.store(out.getvalue(), "photo.png")


def test_the_chain_verifies_and_says_what_was_erased() -> None:
    entry = noted()
    with scope.entered(SYSTEM):
        note("another")
    erased(entry)
    (verdict,) = inspection.installation()
    assert verdict.sound
    assert (verdict.entries, verdict.erased) == (3, 1)
    with scope.entered(SYSTEM):
        line = queries.lines_of([entry])[entry]
        assert (line.erased, line.text, line.payload) == (True, "", None)
        (order,) = queries.following(entry)
        assert (order.kind, order.ground) == ("record.payload_erased", "刑事诉讼法 第286条")
        assert order.second_ref not in ("", order.by_ref)
        assert Payload.objects.count() == 2


@pytest.mark.parametrize(
    ("by", "second", "code"),
    [
        (somebody(Post.PATROL), None, "writer.post"),
        (somebody(Post.LEADER, StaffKind.OTHER), None, "writer.police_only"),
        (Actor.system("x"), None, "writer.kind"),
        (one := somebody(Post.LEADER), one, "writer.two_persons"),
    ],
)
def test_it_takes_two_people_whom_law_admits(by: Actor, second: Actor | None, code: str) -> None:
    entry = noted()
    with pytest.raises(NotAllowed) as refused:
        erased(entry, by=by, second=second)
    assert refused.value.code == code
    with scope.entered(SYSTEM):
        assert Payload.objects.count() == 1


def test_the_database_refuses_without_an_order_in_the_record() -> None:
    entry, other = noted(), noted()
    erased(other)
    with scope.entered(SYSTEM):
        order = queries.following(other)[0].id
    for claimed in (uuid4(), other, order):
        with (
            scope.entered(SYSTEM),
            pytest.raises(ProgrammingError, match="no erasure of entry"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT record_erase_payload(%s, %s)", (entry, claimed))
    with scope.entered(SYSTEM):
        assert Payload.objects.filter(id=entry).exists()


def test_what_was_erased_is_not_erased_again_and_what_is_unknown_is_missing() -> None:
    entry = noted()
    erased(entry)
    with pytest.raises(Conflict):
        erased(entry)
    with pytest.raises(Missing):
        erased(uuid4())


def test_a_file_goes_with_the_last_entry_that_names_it(own_folders: Path) -> None:
    shared, own = a_photo(1), a_photo(2)
    first, second = noted(shared, own), noted(shared)
    erased(first)
    assert media.read(shared.sha256)
    with pytest.raises(Missing):
        media.read(own.sha256)
    erased(second)
    with pytest.raises(Missing):
        media.read(shared.sha256)
    with scope.entered(SYSTEM):
        assert not Attachment.objects.exists()
    assert [file for file in (own_folders / "attachments").rglob("*") if file.is_file()] == []


def test_a_file_that_another_entry_is_coming_to_name_at_the_same_moment_stays(
    superuser_sql: psycopg.Connection,
) -> None:
    photo = a_photo()
    first = noted(photo)
    told = at_once.both(superuser_sql, lambda: noted(a_photo()), lambda: erased(first))
    assert told == ["done", "done"]
    assert media.read(photo.sha256)
    (verdict,) = inspection.installation()
    assert verdict.sound


def test_a_file_that_was_erased_since_it_was_sent_is_asked_for_again() -> None:
    first = noted(a_photo())
    sent_again = a_photo()
    erased(first)
    with pytest.raises(Conflict, match=r"record\.file_gone"):
        noted(sent_again)
    (verdict,) = inspection.installation()
    assert (verdict.sound, verdict.entries) == (True, 2)
    noted(a_photo())
    (verdict,) = inspection.installation()
    assert (verdict.sound, verdict.entries) == (True, 3)


def test_a_file_stays_where_the_deed_of_erasing_fails() -> None:
    photo = a_photo()
    entry = noted(photo)

    def fails() -> None:
        with scope.entered(SYSTEM), record.deed():
            erased(entry)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert media.read(photo.sha256)
    with scope.entered(SYSTEM):
        assert queries.lines_of([entry])[entry].text == "a child's name"


def test_a_file_that_was_changed_or_taken_away_is_named(own_folders: Path) -> None:
    with scope.entered(SYSTEM):
        note("before")
    photo = a_photo()
    entry = noted(photo)
    assert [v.sound for v in inspection.installation()] == [True]
    (file,) = [f for f in (own_folders / "attachments").rglob("*") if f.is_file()]
    original = file.read_bytes()
    for forged in (original + b"x", None):
        file.write_bytes(forged) if forged else file.unlink()
        (verdict,) = inspection.installation()
        assert verdict.fault is not None
        assert (verdict.fault.code, verdict.fault.seq) == ("attachment", 2)
        assert verdict.fault.entry == entry
    file.write_bytes(original)
    assert [v.sound for v in inspection.installation()] == [True]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM record_attachment",
        "UPDATE record_attachment SET name = 'other.png'",
        "UPDATE record_attachment SET sha256 = repeat('0', 64)",
        "UPDATE record_attachment SET entry_id = gen_random_uuid()",
    ],
)
def test_a_row_of_a_file_that_was_tampered_with_is_named(
    superuser_sql: psycopg.Connection, change: str
) -> None:
    noted(a_photo())
    superuser_sql.execute("SET session_replication_role = replica")
    superuser_sql.execute(change.encode())
    (verdict,) = inspection.installation()
    assert verdict.fault is not None
    assert verdict.fault.code == "attachment"


def test_a_bundle_without_a_file_that_its_entries_name_is_found(
    own_folders: Path, superuser_sql: psycopg.Connection
) -> None:
    noted(a_photo())
    superuser_sql.execute("SET session_replication_role = replica")
    superuser_sql.execute("DELETE FROM record_attachment")
    with scope.entered(SYSTEM):
        export.write(own_folders / "bundle", [ABOUT.organization_id])
    (verdict,) = export.check(own_folders / "bundle")
    assert verdict.fault is not None
    assert verdict.fault.code == "attachment"
