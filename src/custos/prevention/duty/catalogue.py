"""The duty catalogue: read once, checked when it is read."""

from functools import cache
from pathlib import Path

from django.utils.translation import get_language
from pydantic import TypeAdapter

from custos.foundation import rulefiles
from custos.prevention.duty.engine import Rule
from custos.prevention.duty.information import catalogue as information

FILE = Path(__file__).parent / "rules" / "catalogue.yaml"


def load(file: Path = FILE) -> tuple[Rule, ...]:
    """Read and check a catalogue.

    Raises `ValueError` (pydantic's, with the row and the field) where it isn't one, or where an id
    with its version stands twice.
    """
    rules = TypeAdapter(tuple[Rule, ...]).validate_python(rulefiles.read(file))
    seen = [(rule.id, rule.version) for rule in rules]
    if twice := {key for key in seen if seen.count(key) > 1}:
        raise ValueError(f"rules that stand twice: {sorted(twice)}")
    return rules


def title_of(rule: str) -> str:
    """What a rule is called in the language of the reader; nothing where the catalogue no longer has it."""
    found = next((one.title for one in reversed(rules()) if one.id == rule), None)
    found = found or information.title_of(rule)
    if found is None:
        return ""
    return found.zh if (get_language() or "").startswith("zh") else found.en


@cache
def rules() -> tuple[Rule, ...]:
    """The catalogue in use."""
    return load()
