"""The embedded broker's journal: what was acknowledged to a device waits until Custos took it."""

import asyncio
from pathlib import Path

import pytest

from custos.config.journal import Journal

TOPIC = "101001001/A1/onvif-ej/Device/Trigger/DigitalInput/&button"


def waiting(file: Path) -> list[tuple[str, bytes, int]]:
    """What a broker finds that starts on this file."""
    return [(one.topic, one.data, one.count) for one in Journal(file).overdue(0)]


def test_what_was_kept_waits_for_the_next_start(tmp_path: Path) -> None:
    async def keep() -> None:
        journal = Journal(tmp_path / "events")
        await asyncio.gather(*(journal.keep(TOPIC, f"press {n}".encode()) for n in range(50)))

    asyncio.run(keep())
    assert waiting(tmp_path / "events") == [(TOPIC, f"press {n}".encode(), 1) for n in range(50)]


def test_what_was_taken_waits_no_more(tmp_path: Path) -> None:
    async def keep_and_take() -> None:
        journal = Journal(tmp_path / "events")
        await journal.keep(TOPIC, b"first")
        await journal.keep(TOPIC, b"second")
        await journal.taken(TOPIC, b"first")

    asyncio.run(keep_and_take())
    assert waiting(tmp_path / "events") == [(TOPIC, b"second", 1)]


def test_equal_messages_are_counted(tmp_path: Path) -> None:
    async def keep_three_take_one() -> None:
        journal = Journal(tmp_path / "events")
        for _ in range(3):
            await journal.keep(TOPIC, b"the same")
        await journal.taken(TOPIC, b"the same")

    asyncio.run(keep_three_take_one())
    assert waiting(tmp_path / "events") == [(TOPIC, b"the same", 2)]


def test_the_file_is_emptied_when_nothing_waits(tmp_path: Path) -> None:
    async def keep_and_take() -> None:
        journal = Journal(tmp_path / "events")
        await asyncio.gather(*(journal.keep(TOPIC, bytes([n])) for n in range(200)))
        await asyncio.gather(*(journal.taken(TOPIC, bytes([n])) for n in range(200)))

    asyncio.run(keep_and_take())
    assert (tmp_path / "events").stat().st_size == 0


def test_what_is_kept_while_the_last_one_is_taken_is_not_emptied_with_it(tmp_path: Path) -> None:
    async def both_at_once() -> None:
        journal = Journal(tmp_path / "events")
        for number in range(100):
            await journal.keep(TOPIC, b"old")
            await asyncio.gather(
                journal.keep(TOPIC, str(number).encode()), journal.taken(TOPIC, b"old")
            )

    asyncio.run(both_at_once())
    assert len(waiting(tmp_path / "events")) == 100


def test_a_line_that_a_crash_cut_short_is_passed_over(tmp_path: Path) -> None:
    async def keep() -> None:
        await Journal(tmp_path / "events").keep(TOPIC, b"whole")

    asyncio.run(keep())
    with (tmp_path / "events").open("ab") as file:
        file.write(b"+ MTAx bm90IHdob2")
    assert waiting(tmp_path / "events") == [(TOPIC, b"whole", 1)]


def test_a_full_disk_keeps_nothing_by_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    async def keep() -> None:
        journal = Journal(tmp_path / "events")
        await journal.keep(TOPIC, b"before")
        monkeypatch.setattr("os.fdatasync", full)
        with pytest.raises(OSError, match="No space"):
            await journal.keep(TOPIC, b"lost")
        monkeypatch.undo()

    asyncio.run(keep())
    assert waiting(tmp_path / "events") == [(TOPIC, b"before", 1)]


def test_a_message_is_handed_on_again_only_after_its_time(tmp_path: Path) -> None:
    async def keep() -> None:
        journal = Journal(tmp_path / "events")
        await journal.keep(TOPIC, b"press")
        assert not list(journal.overdue(60))
        assert [one.data for one in journal.overdue(0)] == [b"press"]

    asyncio.run(keep())
