"""What a plan breaks and what a proposal can't fill, in the language of the reader."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.record.parties import Post
from custos.prevention.duty.engine import Title
from custos.prevention.duty.roster.plan import Breach
from custos.prevention.duty.roster.proposing import Gap
from custos.prevention.duty.roster.rules import Frame, Rule


def of(title: Title) -> str:
    """A title of a rule file in the language of the reader."""
    return title.zh if (get_language() or "").startswith("zh") else title.en


def letter(frame: Frame, key: str) -> str:
    """One sign for a turn, as it stands in a month's table."""
    turn = frame.turn(key)
    return of(turn.name)[:1].upper() if turn else "?"


def turn_name(frame: Frame, key: str) -> str:
    """What a turn is called."""
    turn = frame.turn(key)
    return of(turn.name) if turn else key


def post_title(post: str) -> Any:
    """What a post is called."""
    return Post(post).title


_ON = _("%(day)s %(turn)s, %(post)s")


def place(frame: Frame, one: Breach | Gap) -> str:
    """The day, turn and post that something is about."""
    return str(_ON) % {
        "day": one.day.isoformat(),
        "turn": turn_name(frame, one.turn),
        "post": post_title(one.post),
    }


def rule_of(frame: Frame, breach: Breach) -> Rule:
    """The rule that a breach is about."""
    return next(rule for rule in frame.file.rules if rule.id == breach.rule)


_NUMBERS: dict[str, Any] = {
    "rest": _("%(found)s hours of rest, at least %(allowed)s"),
    "nights": _("night %(found)s in a row, at most %(allowed)s"),
    "hours": _("%(found)s hours in seven days, at most %(allowed)s"),
    "two": _("%(found)s planned, two are needed"),
    "own_two": _("%(found)s planned, two are needed"),
    "strength": _("%(found)s of %(allowed)s planned"),
}


def said(breach: Breach, frame: Frame, names: Mapping[str, str]) -> str:
    """What is broken: the rule, who, when, and by how much."""
    rule = rule_of(frame, breach)
    numbers = _NUMBERS.get(rule.checks)
    parts = [
        of(rule.title),
        names.get(breach.staff, ""),
        place(frame, breach),
        str(numbers) % {"found": breach.found, "allowed": breach.allowed} if numbers else "",
    ]
    return " · ".join(part for part in parts if part)


def gap_said(gap: Gap, frame: Frame) -> str:
    """What can't be filled, and what became of those who hold the post."""
    if not gap.holders:
        why = (
            gettext("nobody holds this post")
            if not gap.women
            else gettext("no woman officer holds it")
        )
    else:
        why = gettext(
            "of %(holders)s who hold it %(away)s are away, %(working)s work on that day, %(resting)s"
            " rest or have reached their limit"
        ) % {
            "holders": gap.holders,
            "away": gap.away,
            "working": gap.working,
            "resting": gap.resting,
        }
    what = gettext("women's area, %(count)s missing") if gap.women else gettext("%(count)s missing")
    return f"{place(frame, gap)} · {what % {'count': gap.missing}}: {why}"
