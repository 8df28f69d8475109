"""What the tests of the record share."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from custos.foundation.record import reactions


@pytest.fixture(autouse=True)
def _own_reactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it, and what modules registered stays out of it."""
    monkeypatch.setattr(reactions, "_reactions", {})


@pytest.fixture
def own_folders(settings: LazySettings, tmp_path: Path) -> Path:
    """Keys, witness file and attachments of the test's own."""
    settings.KEYS = tmp_path / "keys"
    settings.WITNESS = tmp_path / "witness" / "heads.jsonl"
    settings.ATTACHMENTS = tmp_path / "attachments"
    return tmp_path
