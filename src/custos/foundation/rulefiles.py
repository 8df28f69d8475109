"""Rule files: YAML that says nothing but data."""

from pathlib import Path
from typing import Any

import yaml

#: The parser in C reads what takes Python's own a second at every start in a tenth of that; where the
#: library was built without it, they read alike.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(file: Path) -> Any:
    """What a file says, as lists, mappings and plain values. Raises `yaml.YAMLError`, `OSError`."""
    return parsed(file.read_text(encoding="utf-8"))


def parsed(text: str) -> Any:
    """The same of a text. Raises `yaml.YAMLError`."""
    return yaml.load(text, _LOADER)  # noqa: S506 (a safe loader, whichever)
