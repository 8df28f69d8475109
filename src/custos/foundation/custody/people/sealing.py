"""Which past stays are sealed by law: a pure function over the rules it reads."""

from datetime import date
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from custos.foundation import rulefiles
from custos.foundation.custody.engine import Ground

RULES = Path(__file__).parent / "rules" / "sealing.yaml"


class Rule(Ground):
    """One ground to seal a stay that has ended: the documents on which it rested."""

    bases: tuple[str, ...]


class RuleFile(BaseModel):
    """The rules of sealing. `paperwork_hours`: how long after the end of a stay its papers can be got."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    paperwork_hours: int
    rules: tuple[Rule, ...]


def load() -> RuleFile:
    """Read the rules as shipped. Raises pydantic's `ValidationError` for a file that is not one."""
    return RuleFile.model_validate(rulefiles.read(RULES))


@cache
def rules() -> RuleFile:
    """The rules as shipped, read once."""
    return load()


def sealed_bases(day: date, file: RuleFile | None = None) -> frozenset[str]:
    """The legal documents whose stays are sealed on `day` once they have ended."""
    return frozenset(
        basis for rule in (file or rules()).rules if rule.in_force(day) for basis in rule.bases
    )
