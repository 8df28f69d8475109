"""The spool: what it says is on disk is on disk, and nothing half-written is read."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from custos.prevention.devices.intake import Received
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
