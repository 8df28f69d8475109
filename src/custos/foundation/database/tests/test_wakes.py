"""A commit on this machine is marked, and nothing else is."""

import pytest
from django.db import transaction

from custos.foundation.database import wakes


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_marked_and_what_is_rolled_back_is_not() -> None:
    before = wakes.state()
    with transaction.atomic():
        wakes.once_committed()
        assert wakes.state() == before
        transaction.set_rollback(True)
    assert wakes.state() == before
    with transaction.atomic():
        wakes.once_committed()
    assert wakes.state() != before


def test_two_marks_within_a_moment_are_told_apart() -> None:
    wakes.mark()
    seen = {wakes.state()}
    for _again in range(5):
        wakes.mark()
        seen.add(wakes.state())
    assert len(seen) == 6


def test_a_folder_that_is_gone_comes_back_and_one_that_cannot_be_written_hurts_nobody(
    tmp_path, settings
) -> None:
    settings.DATA = tmp_path / "data"
    assert wakes.state() == 0
    wakes.mark()
    assert wakes.state() > 0
    settings.DATA = tmp_path / "file"
    settings.DATA.write_text("no folder")
    wakes.mark()
    assert wakes.state() == 0
