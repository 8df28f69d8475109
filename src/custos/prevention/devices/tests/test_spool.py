"""The spool: what it says is on disk is on disk, and nothing half-written is read."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from custos.config.environment import Broker
from custos.prevention.devices.intake import Received
from custos.prevention.devices.listener import Listener, _Delivery
from custos.prevention.devices.spool import Spool

AT = datetime(2026, 11, 24, 2, 15, 7, 250000, tzinfo=UTC)


def message(number: int) -> Received:
    return Received.of(f"a/onvif-ej/b/&{number}", bytes([0, 255, number]), AT, retained=True)


def test_what_is_spooled_is_read_back_byte_for_byte(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert not spool
    spool.append([message(1), message(2)])
    spool.append([message(3)])
    assert spool
    found = list(spool.read())
    assert [(m.topic, m.payload, m.received_at, m.sha256, m.retained) for m in found] == [
        (m.topic, m.payload, m.received_at, m.sha256, m.retained)
        for m in (message(1), message(2), message(3))
    ]
    # The broker was told of them: whatever comes again is a repetition.
    assert all(m.repeated for m in found)


def test_a_line_that_was_cut_short_is_not_read(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([message(1), message(2)])
    spool.file.write_bytes(spool.file.read_bytes()[:-10])
    assert [m.payload[-1] for m in spool.read()] == [1]


def test_what_waits_is_replaced_in_one_step_and_gone_when_nothing_does(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([message(1), message(2)])
    spool.replace([message(2)])
    assert [m.payload[-1] for m in spool.read()] == [2]
    spool.replace([])
    assert not spool
    assert list(spool.read()) == []


def test_a_disk_that_fails_leaves_no_half_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    spool.append([message(1)])
    whole = spool.file.read_bytes()
    real = os.write

    def writes_half(handle: int, data: bytes) -> int:
        real(handle, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", writes_half)
    with pytest.raises(OSError, match="No space"):
        spool.append([message(2)])
    assert spool.file.read_bytes() == whole


def test_nobody_else_may_read_the_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append([message(1)])
    assert spool.file.stat().st_mode & 0o777 == 0o600


class Disk:
    """What is done to the files of a folder, in order."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.done = folder, []
        for name in ("write", "fsync"):
            monkeypatch.setattr(os, name, self._noting(name, getattr(os, name)))
        real = Path.replace

        def replace(file: Path, target: Path) -> Path:
            self.done.append(f"replace {target.name}")
            return real(file, target)

        monkeypatch.setattr(Path, "replace", replace)

    def _noting(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        def act(handle: int, *data: bytes) -> object:
            place = Path(os.readlink(f"/proc/self/fd/{handle}"))
            if place.is_relative_to(self.folder):
                self.done.append(f"{name} {place.relative_to(self.folder.parent)}")
            return real(handle, *data)

        return act


def test_a_message_is_on_disk_before_it_is_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = Listener(Broker("127.0.0.1", 1, "", ""), tmp_path / "spool")
    disk = Disk(tmp_path / "spool", monkeypatch)
    monkeypatch.setattr(listening.client, "ack", lambda mid, _qos: disk.done.append(f"ack {mid}"))
    listening._keep([_Delivery(message(1), 7, 1), _Delivery(message(2), 8, 1)])
    assert disk.done == [
        "write spool/messages.jsonl",
        "fsync spool/messages.jsonl",
        "fsync spool",
        "ack 7",
        "ack 8",
    ]


def test_what_waits_on_is_on_disk_before_it_takes_the_place_of_the_former(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append([message(1), message(2)])
    disk = Disk(tmp_path / "spool", monkeypatch)
    spool.replace([message(2)])
    assert disk.done == [
        "write spool/messages.new",
        "fsync spool/messages.new",
        "replace messages.jsonl",
        "fsync spool",
    ]
