"""Women are attended by women: the rule, and what is asked of whoever moves a woman or takes her out.

The record of staff has no sex, so it isn't guessed: whoever acts names the woman officer who is there, be
it herself, and answers for it. The entry says so.
"""

from datetime import date
from functools import cache
from pathlib import Path
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import clock, rulefiles
from custos.foundation.custody.engine import FEMALE, Ground
from custos.foundation.custody.models import Custody
from custos.foundation.custody.place_kinds import AttendedByWoman
from custos.foundation.custody.words import in_words
from custos.foundation.errors import CustosError, NotAllowed
from custos.foundation.record.parties import Actor
from custos.foundation.record.services import Deed

RULES = Path(__file__).parent / "rules" / "women.yaml"
LONGEST = 100


class RuleFile(BaseModel):
    """The rules about women in custody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    rules: tuple[Ground, ...]


def load() -> RuleFile:
    """Read the rules as shipped. Raises pydantic's `ValidationError` for a file that is not one."""
    return RuleFile.model_validate(rulefiles.read(RULES))


@cache
def rules() -> RuleFile:
    """The rules as shipped, read once."""
    return load()


def asks(sex: str, day: date, file: RuleFile | None = None) -> list[Ground]:
    """The rules in force on a day by which somebody of this sex (GB/T 2261.1) is attended by a woman."""
    return [one for one in (file or rules()).rules if sex == FEMALE and one.in_force(day)]


def refusals(stay: Custody, attended_by: str) -> list[CustosError]:
    """What forbids to move somebody or take them out: of a woman, that no woman officer is named."""
    return [
        NotAllowed(
            f"custody.{rule.id}",
            _("%(rule)s (%(source)s)."),
            field="attended_by",
            mend=_("Have a woman officer there, and name her."),
            rule=in_words(rule.title),
            source=in_words(rule.source),
        )
        for rule in asks(stay.detainee.sex, clock.today())
        if not attended_by.strip()
    ]


def tell(deed: Deed, stay: Custody, attended_by: str, *, by: Actor, because: UUID) -> None:
    """Write who the woman officer was; of men there is nothing to say."""
    if asks(stay.detainee.sex, clock.today()):
        named = AttendedByWoman(officer=attended_by.strip()[:LONGEST])
        deed.append(named, about=stay, by=by, because=because)
