"""Encrypted fields: bound to their row, written anew each time, found by what is blind."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from custos.foundation.database import secrecy
from custos.foundation.database.secrecy import Place, Unreadable

HERE = Place("custody_fact", UUID(int=1), "sealed")
NUMBER = "11010519491231002X"  # the standard's own example


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, settings: Any) -> None:
    settings.KEYS = tmp_path / "keys"


@pytest.mark.parametrize(("suite", "written"), [(1, 1), (2, 2)])
def test_what_is_concealed_is_revealed_in_its_place(
    suite: int, written: int, settings: Any
) -> None:
    settings.RECORD_SUITE = suite
    envelope = secrecy.conceal(NUMBER, HERE)
    assert envelope[:4] == bytes((1, written, 0, 1))
    assert NUMBER.encode() not in envelope
    settings.RECORD_SUITE = 3 - suite
    assert secrecy.reveal(envelope, HERE) == NUMBER


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("custody_fact", UUID(int=2), "sealed"),
        Place("custody_other", UUID(int=1), "sealed"),
        Place("custody_fact", UUID(int=1), "other"),
    ],
)
def test_a_value_copied_into_another_place_does_not_open(elsewhere: Place) -> None:
    with pytest.raises(Unreadable):
        secrecy.reveal(secrecy.conceal(NUMBER, HERE), elsewhere)


def test_a_value_that_was_changed_does_not_open() -> None:
    whole = secrecy.conceal(NUMBER, HERE)
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1
        with pytest.raises(Unreadable):
            secrecy.reveal(bytes(changed), HERE)


def test_equal_values_look_different_and_have_one_blind_index() -> None:
    assert secrecy.conceal(NUMBER, HERE) != secrecy.conceal(NUMBER, HERE)
    assert secrecy.blind("whole", NUMBER) == secrecy.blind("whole", NUMBER)
    assert secrecy.blind("whole", NUMBER) != secrecy.blind("first_14", NUMBER)
    assert len(secrecy.blind("whole", NUMBER)) == 22


def test_keys_are_the_owners_alone(tmp_path: Path) -> None:
    secrecy.conceal(NUMBER, HERE)
    secrecy.blind("whole", NUMBER)
    for name in ("fields-1", "fields-index"):
        assert (tmp_path / "keys" / name).stat().st_mode & 0o777 == 0o600
