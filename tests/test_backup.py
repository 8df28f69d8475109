"""Backup and restore of a whole node, on the real `custos demo`.

The drill of an ordinary disaster, and every refusal: whatever a restore refuses, the data folder is
afterwards what it was before.
"""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from click.testing import CliRunner, Result

from custos.config import postgres, program
from custos.config.backup import restoring, versions
from custos.foundation.backups import store
from custos.foundation.backups.store import Store
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.record import signing
from tests import canaries
from tests.test_faults import ROOT, Demo, gone, until, writing


class BackedUp(Demo):
    """A demo with a folder of backups beside its data, and a key that is kept apart."""

    def __init__(self, top: Path) -> None:
        super().__init__(top / "data")
        self.backups, self.key = top / "backups", top / "apart" / "backup.pem"
        self.key.parent.mkdir()

    def environment(self) -> dict[str, str]:
        return super().environment() | {"CUSTOS_BACKUPS": str(self.backups)}

    def must(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def make_key(self) -> None:
        self.must("backup", "key", str(self.key))

    def back_up(self) -> Path:
        """Make a base copy; where it is."""
        said = self.must("backup")
        return Path(said.splitlines()[-1].split(": ")[0])

    def restore(self, to: datetime | str, *more: str) -> subprocess.CompletedProcess[str]:
        when = to if isinstance(to, str) else to.isoformat()
        return self.run("restore", str(self.backups), "--to", when, "--key", str(self.key), *more)

    def add_canaries(self) -> list[str]:
        done = subprocess.run(
            [*self.program()[:2], "tests.canaries"],
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def kept_up_to(self, at: datetime) -> bool:
        """Whether everything until `at` is sealed."""
        newest = Store(self.backups).series()[-1].kept().get("streamed_at", "")
        return bool(newest) and datetime.fromisoformat(newest) > at + timedelta(seconds=1)

    def destroy_the_database(self) -> None:
        """Everything killed with no chance to say a word, and the database's folder gone."""
        family = self.family()
        self.end(signal.SIGKILL)
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        until(lambda: gone(family), 30, "something survives")
        shutil.rmtree(postgres.place_for(self.data).home)


@pytest.fixture
def demo(tmp_path: Path, stopped: Demo) -> Iterator[BackedUp]:
    made = BackedUp(tmp_path)
    made.begin_as(stopped)
    yield made
    made.forget()


def acknowledged(file: Path) -> list[str]:
    return file.read_text().split("\n")[:-1]


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for file in folder.rglob("*"):
        if file.is_file():
            yield file, file.read_bytes()


def found_in(folder: Path, *needles: bytes) -> set[bytes]:
    return {needle for _, data in contents(folder) for needle in needles if needle in data}


def readable_in(folder: Path, *needles: bytes) -> set[bytes]:
    """What can be read with no key, as it lies there or where it is compressed and no more."""
    return {
        needle
        for _, data in contents(folder)
        for part in (data, *unpacked(data))
        for needle in needles
        if needle in part
    }


def unpacked(data: bytes) -> Iterator[bytes]:
    """Whatever in some bytes begins like a zlib stream and is one."""
    for begin in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(
                data[begin.start() : begin.start() + 8_000_000], 8_000_000
            )


# ---------------------------------------------------------------------- the drill


def test_a_node_whose_database_was_destroyed_comes_back_as_it_was_at_an_instant(
    demo: BackedUp, tmp_path: Path
) -> None:
    log = tmp_path / "acknowledged"
    demo.start()
    demo.make_key()
    digests = demo.add_canaries()
    with writing(demo, log):
        demo.back_up()
        demo.must("record", "witness")
        some = len(acknowledged(log)) + 5
        until(lambda: len(acknowledged(log)) > some, 60, "no writes")
        before = acknowledged(log)
        instant = datetime.now(UTC)
        until(lambda: len(acknowledged(log)) > len(before) + 20, 60, "no more writes")
        after = acknowledged(log)[-1]
        # Signed after the instant: the future that the restore will give up.
        demo.must("record", "witness")
        moment = datetime.now(UTC)
        until(lambda: demo.kept_up_to(moment), 30, "the log isn't kept")
        demo.destroy_the_database()

    refused = demo.restore(instant)
    assert refused.returncode == 1
    assert "isn't empty" in refused.stderr

    restored = demo.restore(instant, "--move-aside")
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "whole  organization 101001001" in restored.stdout
    assert re.search(r"lost   organization 101001001: entries \d+ to \d+", restored.stdout)
    assert "2 attachments restored, 0 missing" in restored.stdout
    assert not (demo.data / restoring.STAGING).exists()

    demo.start()
    there = demo.entries()
    assert set(before) <= there, "an entry from before the instant is gone"
    assert after not in there, "an entry from after the instant is there"
    for digest in digests:
        assert (demo.data / "attachments" / digest[:2] / digest).exists()

    # It goes on: entries follow, are signed, and verify against a witness that knows of the loss.
    with writing(demo, tmp_path / "afterwards"):
        until(lambda: len(acknowledged(tmp_path / "afterwards")) > 5, 60, "no writes")
    demo.must("record", "witness")
    assert "whole  organization 101001001" in demo.must("record", "verify")
    assert len(demo.entries()) > len(there)

    # And the new epoch has backups of its own, on the timeline that the restore began.
    demo.back_up()
    assert "drill: passed" in demo.must("backup", "drill", "--key", str(demo.key))
    assert len(Store(demo.backups).series()) == 2
    assert len((demo.data / "epochs.jsonl").read_text().splitlines()) == 2


def test_nothing_personal_can_be_read_from_a_backup(demo: BackedUp) -> None:
    demo.start()
    demo.make_key()
    digests = demo.add_canaries()
    base = demo.back_up()
    instant = datetime.now(UTC)
    until(lambda: demo.kept_up_to(instant), 30, "the log isn't kept")
    photo = (demo.data / "attachments" / digests[1][:2] / digests[1]).read_bytes()
    files = [canaries.DOCUMENT[16:64], photo[60:100]]
    names = [digest.encode() for digest in digests]
    # The search can find: all of it lies open in the data folder.
    for said in (canaries.NAME, canaries.ID_NUMBER, canaries.PAPER, canaries.ANSWER):
        assert found_in(postgres.place_for(demo.data).home, said.encode())
    assert len(found_in(demo.data / "attachments", *files)) == 2
    # The copy, the log and the attachments are there, and sealed.
    assert (base / "database").stat().st_size > 1_000_000
    assert list(base.parent.glob("wal/*"))
    assert len(list(base.parent.glob("media/*/*"))) == 2
    assert not readable_in(demo.backups, *canaries.WORDS, *files, *names)
    assert not [f for f in demo.backups.rglob("*") for name in digests if name in f.name]
    # Nor are the keys: neither those of the node nor the one that opens.
    secrets = [
        file.read_bytes().strip()
        for file in (*(demo.data / "keys").iterdir(), demo.key)
        if file.is_file() and file.name != "backup-public" and file.stat().st_size > 20
    ]
    assert len(secrets) > 5
    assert not readable_in(demo.backups, *secrets)
    # This search would find: what is compressed and no more is no secret to it.
    (demo.backups / "open").write_bytes(b"before" + zlib.compress(photo + canaries.DOCUMENT))
    assert readable_in(demo.backups, *files) == set(files)


# ---------------------------------------------------------------------- refusals


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory, stopped: Demo) -> Iterator[BackedUp]:
    """A node with one base copy and some log after it, stopped."""
    top = tmp_path_factory.mktemp("node")
    for folder in (top, top.parent):
        folder.chmod(0o755)
    made = BackedUp(top)
    try:
        made.begin_as(stopped)
        made.start()
        made.make_key()
        made.add_canaries()
        made.must("record", "witness")
        made.back_up()
        moment = datetime.now(UTC)
        until(lambda: made.kept_up_to(moment), 30, "the log isn't kept")
        made.end(signal.SIGTERM)
        yield made
    finally:
        made.forget()  # also where it didn't start in time


@pytest.fixture
def fresh(backed_up: BackedUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Fresh":
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CUSTOS_BACKUPS", raising=False)
    monkeypatch.delenv("CUSTOS_WITNESS", raising=False)
    return Fresh(backed_up, tmp_path)


class Fresh:
    """A copy of the backups, the keys that were kept apart, and a new machine with nothing on it."""

    def __init__(self, node: BackedUp, top: Path) -> None:
        self.backups, self.keys, self.key = top / "backups", top / "keys", top / "backup.pem"
        self.data = top / "data"
        shutil.copytree(node.backups, self.backups)
        shutil.copytree(node.data / "keys", self.keys)
        shutil.copy(node.key, self.key)

    @property
    def base(self) -> store.Base:
        return Store(self.backups).bases()[-1]

    def resign(self, **changes: object) -> None:
        """Change a manifest as its rightful author would have written it."""
        by = signing.signer_of(self.keys / signing.KEY)
        file = self.base.folder / "manifest.json"
        said = json.loads(file.read_text()) | changes
        del said["signature"]
        said["signature"] = by.sign(
            json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        )
        file.write_text(json.dumps(said))

    def restore(
        self, to: str = "latest", *, options: tuple[str, ...] = (), **named: Path
    ) -> Result:
        places = {"key": self.key, "keys": self.keys, "data": self.data} | named
        where = [word for name, place in places.items() for word in (f"--{name}", str(place))]
        return CliRunner().invoke(
            program.main, ["restore", str(self.backups), "--to", to, *where, *options]
        )

    def refuses(self, words: str, to: str = "latest", **named: Path) -> None:
        said = self.restore(to, **named)
        assert said.exit_code == 1, said.output
        assert words in said.output, said.output
        assert "Traceback" not in said.output
        assert not self.data.exists(), "something is left behind"


def flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def test_a_sound_backup_is_restored_on_a_new_machine(fresh: Fresh) -> None:
    said = fresh.restore()
    assert said.exit_code == 0, said.output
    assert "2 attachments restored, 0 missing, 0 left out" in said.output
    assert {path.name for path in fresh.data.iterdir()} >= {
        "keys",
        "attachments",
        "witness",
        "demo",
    }
    assert (postgres.place_for(fresh.data).cluster / "PG_VERSION").exists()
    shutil.rmtree(postgres.place_for(fresh.data).home)


def test_a_missing_backup_key_is_refused(fresh: Fresh) -> None:
    fresh.key.unlink()
    fresh.refuses("the backup key")


def test_another_backup_key_is_refused(fresh: Fresh) -> None:
    from custos.foundation.backups import keys

    fresh.key.unlink()
    keys.make(fresh.key)
    fresh.refuses("was sealed for the key")


def test_what_is_no_backup_key_is_refused(fresh: Fresh) -> None:
    fresh.refuses("is not a backup key", key=fresh.keys / signing.KEY)


def test_missing_keys_of_the_node_are_refused(fresh: Fresh, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    fresh.refuses("there is no signing key", keys=tmp_path / "empty")


def test_another_nodes_keys_are_refused(fresh: Fresh) -> None:
    (fresh.keys / signing.KEY).unlink()
    signing.signer_at(fresh.keys / signing.KEY)
    fresh.refuses("another node's backup")


def test_a_damaged_chunk_of_the_copy_is_refused(fresh: Fresh) -> None:
    file = fresh.base.folder / "database"
    flip(file, file.stat().st_size // 2)
    fresh.refuses("is damaged at chunk")


def test_a_copy_that_was_cut_off_is_refused(fresh: Fresh) -> None:
    file = fresh.base.folder / "database"
    os.truncate(file, file.stat().st_size - 40)
    fresh.refuses("it ends too early")


def test_a_damaged_segment_of_the_log_is_refused(fresh: Fresh) -> None:
    facts = fresh.base.manifest.postgres
    flip(fresh.base.series.wal / facts.segment(facts.start), 2000)
    fresh.refuses("is damaged at chunk")


def test_a_segment_under_anothers_name_is_refused(fresh: Fresh) -> None:
    segments = fresh.base.series.segments()
    facts = fresh.base.manifest.postgres
    other = next(path for name, path in segments.items() if name != facts.segment(facts.start))
    shutil.copy(other, fresh.base.series.wal / facts.segment(facts.start))
    fresh.refuses("under another name")


def test_a_manifest_that_was_changed_is_refused(fresh: Fresh) -> None:
    file = fresh.base.folder / "manifest.json"
    file.write_text(file.read_text().replace('"media_files": 2', '"media_files": 1'))
    fresh.refuses("was changed or is damaged")


def test_missing_log_that_the_copy_needs_is_refused(fresh: Fresh) -> None:
    facts = fresh.base.manifest.postgres
    (fresh.base.series.wal / facts.segment(facts.start)).unlink()
    fresh.refuses("is missing, without which")


def test_missing_log_between_the_copy_and_the_instant_is_refused(fresh: Fresh) -> None:
    facts, wal = fresh.base.manifest.postgres, fresh.base.series.wal
    hole = facts.end - 1 + facts.segment_size
    for name in fresh.base.series.segments():
        if name >= facts.segment(hole):
            (wal / f"{name}{store.PART}").unlink(missing_ok=True)
            (wal / name).unlink(missing_ok=True)
    shutil.copy(wal / facts.segment(facts.start), wal / facts.segment(hole + facts.segment_size))
    old = time.time() - 60
    os.utime(wal / facts.segment(facts.end - 1), (old, old))
    fresh.refuses("later ones are there")


def test_an_instant_before_the_first_copy_is_refused(fresh: Fresh) -> None:
    fresh.refuses("the oldest base copy here was whole at", to="2026-01-01T00:00:00+08:00")


def test_an_instant_in_the_future_is_refused(fresh: Fresh) -> None:
    fresh.refuses("is in the future", to="2096-01-01T00:00:00+08:00")


def test_an_instant_that_the_log_does_not_reach_is_refused(fresh: Fresh) -> None:
    fresh.refuses("doesn't reach", to=datetime.now(UTC).isoformat())


def test_what_is_no_instant_is_refused(fresh: Fresh) -> None:
    fresh.refuses("is no instant", to="yesterday evening")


def test_a_folder_without_backups_is_refused(fresh: Fresh) -> None:
    shutil.rmtree(fresh.backups)
    fresh.refuses("there is no folder")
    fresh.backups.mkdir()
    fresh.refuses("holds no base copy")


def test_a_newer_programs_backup_is_refused(fresh: Fresh) -> None:
    fresh.resign(program="9.0.0")
    fresh.refuses("made by a newer Custos (9.0.0)")
    fresh.resign(program="0.1.0", tables=versions.tables() | {"foundation/record": "0999_later"})
    fresh.refuses("foundation/record 0999_later")


def test_an_older_programs_backup_is_refused_until_it_is_restored_by_that_program(
    fresh: Fresh,
) -> None:
    fresh.resign(tables=versions.tables() | {"foundation/record": "0001_initial"})
    fresh.refuses("Restore with the version that made it")


def test_a_backup_of_another_format_is_refused(fresh: Fresh) -> None:
    fresh.resign(version=2)
    fresh.refuses("is a backup of format 2")


def test_another_major_version_of_postgresql_is_refused(fresh: Fresh) -> None:
    facts = json.loads((fresh.base.folder / "manifest.json").read_text())["postgres"]
    fresh.resign(postgres=facts | {"number": 140_005})
    fresh.refuses("this backup is of PostgreSQL 14")


def test_too_little_room_is_refused(fresh: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring.shutil, "disk_usage", lambda _: SimpleNamespace(free=50 * 2**20))
    fresh.refuses("make room")


def test_a_folder_that_is_in_use_is_refused(fresh: Fresh) -> None:
    import fcntl

    fresh.data.mkdir()
    with (fresh.data / "demo").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = fresh.restore()
    assert said.exit_code == 1
    assert "stop it first" in said.output
    assert {path.name for path in fresh.data.iterdir()} == {"demo"}


def test_a_missing_attachment_is_named(fresh: Fresh) -> None:
    next(fresh.base.series.media.glob("*/*")).unlink()
    said = fresh.restore()
    assert said.exit_code == 1
    assert "1 attachments restored, 1 missing" in said.output
    shutil.rmtree(postgres.place_for(fresh.data).home)


def test_a_record_that_does_not_verify_stays_out_unless_it_is_asked_for(fresh: Fresh) -> None:
    fresh.base.series.witness.unlink()
    said = fresh.restore()
    assert said.exit_code == 1
    assert "the record does NOT verify" in said.output
    assert "nothing was put into" in said.output
    assert "Next:" not in said.output
    assert not fresh.data.exists()
    said = fresh.restore(options=("--unverified",))
    assert said.exit_code == 1
    assert "Next:" in said.output
    assert (postgres.place_for(fresh.data).cluster / "PG_VERSION").exists()
    shutil.rmtree(postgres.place_for(fresh.data).home)


@pytest.mark.parametrize("harm", ["last byte", "cut off", "gone", "folder gone"])
def test_waiting_messages_that_are_lost_are_told_and_the_record_is_restored(
    fresh: Fresh, harm: str
) -> None:
    series = fresh.base.series
    name = series.waiting_kept()[-1]
    file = series.waiting / name
    if harm == "last byte":
        flip(file, -1)
    elif harm == "cut off":
        file.write_bytes(file.read_bytes()[:-40])
    elif harm == "gone":
        file.unlink()
    else:
        shutil.rmtree(series.waiting)
    said = fresh.restore()
    assert said.exit_code == 1
    assert "LOST device messages that waited and were not yet recorded" in said.output
    assert "Traceback" not in said.output
    assert (postgres.place_for(fresh.data).cluster / "PG_VERSION").exists()
    shutil.rmtree(postgres.place_for(fresh.data).home)


def test_an_instant_at_the_edge_of_the_calendar_is_refused_in_words(fresh: Fresh) -> None:
    fresh.refuses("is no instant", to="0001-01-01T00:00:00+14:00")


def test_a_witness_that_parted_from_the_backups_is_refused(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOS_WITNESS", str(tmp_path / "heads.jsonl"))
    (tmp_path / "heads.jsonl").write_text('{"at": "another"}\n')
    fresh.refuses("isn't that of this backup")


def test_sightings_that_survived_are_heard_before_the_restored_record_takes_its_place(
    fresh: Fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = tmp_path / "apart" / "heads.jsonl"
    monkeypatch.setenv("CUSTOS_WITNESS", str(witness))
    witness.parent.mkdir()
    organization, last, _ = fresh.base.manifest.heads[0]

    def noted(seq: int, at: datetime) -> None:
        said = f"{organization} {seq} {'00' * 32} {at.isoformat()}\n"
        witness.with_suffix(".seen").write_text(said)

    noted(last, datetime.now(UTC))
    fresh.refuses("the chain was rewritten")
    assert witness.with_suffix(".seen").exists()
    noted(last + 1_000_000, datetime.now(UTC) + timedelta(minutes=1))
    said = fresh.restore()
    assert said.exit_code == 0, said.output
    assert witness.exists()
    assert not witness.with_suffix(".seen").exists()
    shutil.rmtree(postgres.place_for(fresh.data).home)


@pytest.mark.parametrize("filters", [True, False], ids=["with filters", "without filters"])
def test_nothing_is_unpacked_outside_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: bool
) -> None:
    """Also by Python before 3.11.4, which has no filters for archives."""
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    elif not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python has none")
    inside, strange = tarfile.TarInfo("folder/file"), tarfile.TarInfo("../file")
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    for kind in ("tar", "data"):
        folder = tmp_path / kind / "in"
        folder.mkdir(parents=True)
        restoring._unpack(_archive(inside), folder, kind)  # type: ignore[arg-type]
        assert (folder / "folder" / "file").read_bytes() == b"1234"
        with pytest.raises((BackupTrouble, tarfile.TarError)):
            restoring._unpack(_archive(strange), folder, kind)  # type: ignore[arg-type]
        assert not (tmp_path / kind / "file").exists()
    with pytest.raises((BackupTrouble, tarfile.TarError)):
        restoring._unpack(_archive(link), tmp_path / "data" / "in", "data")


def _archive(member: tarfile.TarInfo) -> tarfile.TarFile:
    made = io.BytesIO()
    member.size = 4 if member.isreg() else 0
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(member, io.BytesIO(b"1234"))
    made.seek(0)
    return tarfile.open(fileobj=made, mode="r|")
