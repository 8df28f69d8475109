"""The folder of backups: what is kept, what goes, and how fresh it is said to be."""

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from custos.foundation.backups import epochs, keys, status, store
from custos.foundation.backups.trouble import BackupTrouble
from custos.foundation.record import signing

AT = datetime(2026, 3, 5, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MIB = 2**20


class Node:
    """A data folder with keys, and a series of backups made by hand."""

    def __init__(self, top: Path) -> None:
        self.data, self.store = top / "data", store.Store(top / "backups")
        self.opener = keys.make(top / "backup.pem")
        keys.remember(self.data / "keys", self.opener)
        self.by = signing.signer_at(self.data / "keys" / signing.KEY)
        epochs.begin(self.data, epochs.Epoch("0123456789abcdef", AT.isoformat()))
        self.series = self.store.begin("0123456789abcdef", self.opener.name, AT)

    def base(self, at: datetime, first: int, *, media: tuple[str, ...] = ()) -> store.Base:
        """A copy that begins in segment number `first` of the log and ends in the next."""
        name = f"base-{store.stamp(at)}"
        folder = self.series.folder / name
        folder.mkdir()
        index = "".join(f"{one}\n" for one in media)
        (folder / "media.index").write_text(index)
        sealed = store.Sealed(1, "00", 1)
        digest = hashlib.sha256(index.encode()).hexdigest()
        manifest = store.Manifest(
            name=name,
            series=self.series.folder.name,
            lives=[],
            program="0.1.0",
            tables={},
            began_at=at,
            finished_at=at + timedelta(minutes=1),
            postgres=store.Postgres(
                number=160_014,
                system="1",
                segment_size=16 * MIB,
                timeline=1,
                start=first * 16 * MIB + 40,
                end=(first + 1) * 16 * MIB + 300,
                database="custos",
                superuser="custos_super",
                app="custos_app",
                embedded=True,
            ),
            database=sealed,
            media_index=store.Sealed(len(index), digest, len(index)),
            media_files=len(media),
            media_bytes=0,
            heads=[],
            demo=False,
            key=self.by.name,
        )
        store.write_manifest(folder, manifest, self.by)
        return store.Base(folder, manifest)

    def log(self, *numbers: int) -> None:
        for number in numbers:
            (self.series.wal / f"{1:08X}{0:08X}{number:08X}").touch()

    def attachment(self, name: str, at: datetime) -> Path:
        file = self.series.media / name[:2] / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
        os.utime(file, (at.timestamp(), at.timestamp()))
        return file

    def keeping(self, at: datetime) -> None:
        store.write_json(self.series.folder / "keeping.json", {"streamed_at": at.isoformat()})

    def status(self) -> status.Status:
        return status.of(self.data, self.store.folder)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_a_segment_is_named_as_postgresql_names_it(node: Node) -> None:
    facts = node.base(AT, 5).manifest.postgres
    assert facts.segment(0x2_0300_0028) == "000000010000000200000003"
    assert facts.segment(0xFF00_0000) == "0000000100000000000000FF"
    assert facts.segment(0x1_0000_0000) == "000000010000000100000000"


def test_a_manifest_comes_back_as_it_was_signed(node: Node) -> None:
    made = node.base(AT, 5, media=("ab",))
    assert store.read_manifest(made.folder) == made.manifest


def test_a_manifest_that_was_changed_is_refused(node: Node) -> None:
    made = node.base(AT, 5)
    file = made.folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"demo": True}))
    with pytest.raises(BackupTrouble, match="was changed or is damaged"):
        node.series.bases()


def test_a_hole_in_the_log_is_named_and_its_end_is_not(node: Node) -> None:
    base = node.base(AT, 5)
    node.log(5, 6, 7)
    assert base.missing_log() is None
    node.log(9)
    assert base.missing_log() == f"{1:08X}{0:08X}{8:08X}"


def test_log_that_the_copy_itself_needs_is_missed_at_the_end_too(node: Node) -> None:
    base = node.base(AT, 5)
    node.log(5)
    assert base.missing_log() == f"{1:08X}{0:08X}{6:08X}"


def test_pruning_keeps_the_newest_and_what_they_need(node: Node) -> None:
    for number in range(4):
        node.base(AT + number * DAY, 10 * (number + 1))
    node.log(*range(10, 45))
    gone = store.prune(node.store, 2, node.series)
    assert [base.manifest.began_at for base in node.store.bases()] == [AT + 2 * DAY, AT + 3 * DAY]
    assert sorted(node.series.segments()) == [f"{1:08X}{0:08X}{n:08X}" for n in range(30, 45)]
    assert len([line for line in gone if "base-" in line]) == 2
    assert all(base.missing_log() is None for base in node.store.bases())


def test_pruning_keeps_an_attachment_that_a_kept_copy_has_or_that_is_younger(node: Node) -> None:
    node.base(AT, 10, media=("aa1", "bb2"))
    node.base(AT + DAY, 20, media=("bb2",))
    erased, named = node.attachment("aa1", AT), node.attachment("bb2", AT)
    younger = node.attachment("cc3", AT + 2 * DAY)
    store.prune(node.store, 1, node.series)
    assert [file.exists() for file in (erased, named, younger)] == [False, True, True]


def test_pruning_takes_former_series_that_hold_no_kept_copy_and_leaves_the_current(
    node: Node,
) -> None:
    node.base(AT, 10)
    later = node.store.begin("fedcba9876543210", node.opener.name, AT + DAY)
    empty = node.store.begin("aaaaaaaaaaaaaaaa", node.opener.name, AT + 2 * DAY)
    node.series = later
    node.base(AT + 2 * DAY, 3)
    store.prune(node.store, 1, empty)
    assert [one.folder for one in node.store.series()] == [later.folder, empty.folder]


def test_pruning_believes_no_list_of_attachments_that_was_changed(node: Node) -> None:
    node.base(AT, 10)
    base, named = node.base(AT + DAY, 20, media=("bb2",)), node.attachment("bb2", AT)
    (base.folder / "media.index").write_text("")
    with pytest.raises(BackupTrouble, match=r"media\.index is missing or isn't as it was written"):
        store.prune(node.store, 1, node.series)
    assert named.exists()
    assert len(node.store.bases()) == 2


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"epoch": "1"}'])
def test_a_series_that_does_not_say_what_it_is_is_told_in_words(node: Node, text: str) -> None:
    (node.series.folder / "series.json").write_text(text)
    with pytest.raises(BackupTrouble, match=r"series\.json was changed or is damaged"):
        node.store.current("0123456789abcdef", node.opener.name)


def test_a_signed_manifest_that_lacks_a_field_is_told_in_words(node: Node) -> None:
    base = node.base(AT, 10)
    file = base.folder / "manifest.json"
    for change in ({"heads": ...}, {"more": 1}):
        said = base.manifest.as_dict() | change
        said = {name: value for name, value in said.items() if value is not ...}
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        file.write_text(json.dumps(said | {"signature": node.by.sign(canonical)}))
        with pytest.raises(BackupTrouble, match="was changed or is damaged"):
            store.read_manifest(base.folder)


def test_waiting_messages_that_the_keeper_wrote_and_that_are_gone_are_missed(node: Node) -> None:
    assert node.series.waiting_kept() == []
    store.write_json(node.series.folder / "keeping.json", {"waiting": store.stamp(AT)})
    assert node.series.waiting_kept() == [store.stamp(AT)]


def test_pruning_refuses_to_remove_everything(node: Node) -> None:
    with pytest.raises(BackupTrouble, match="no base copy to keep"):
        store.prune(node.store, 3, node.series)


def test_a_node_without_a_key_has_no_backups(tmp_path: Path) -> None:
    assert status.of(tmp_path, tmp_path / "backups") == status.Status(set_up=False)


def test_a_copy_of_last_night_is_fresh_and_one_of_the_night_before_is_not(node: Node) -> None:
    node.base(AT, 5)
    node.log(5, 6)
    node.keeping(AT + timedelta(hours=20))
    found = node.status()
    assert not found.too_old(AT + timedelta(hours=20))
    assert found.too_old(AT + timedelta(hours=25))
    assert not found.silent(AT + timedelta(hours=20, minutes=1))
    assert found.silent(AT + timedelta(hours=20, minutes=3))


def test_the_status_says_when_a_copy_was_tested_and_what_is_missing(node: Node) -> None:
    base = node.base(AT, 5)
    node.log(5, 7)
    assert node.status().verified_at is None
    base.note_verified(AT + DAY, "restored", 61.23)
    found = node.status()
    assert found.verified_at == AT + DAY
    assert found.missing == f"{1:08X}{0:08X}{6:08X}"


def test_a_status_of_a_damaged_folder_is_trouble_in_words(node: Node) -> None:
    (node.base(AT, 5).folder / "manifest.json").write_text("{")
    assert "was changed or is damaged" in node.status().trouble


def test_another_epoch_begins_with_no_backups(node: Node) -> None:
    node.base(AT, 5)
    epochs.begin(node.data, epochs.Epoch("second", AT.isoformat(), lost=((7, 1, 2),)))
    assert node.status().copied_at is None
    assert [life.lost for life in epochs.history(node.data)] == [(), ((7, 1, 2),)]
