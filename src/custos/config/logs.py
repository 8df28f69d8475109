"""JSON lines on standard error, with no personal data in them."""

from typing import Any


def configure(_settings: dict[str, Any]) -> None:
    """Set up logging for the whole process."""
