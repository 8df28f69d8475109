"""What a password may not be: what somebody tries first, at any place and at this one."""

import re
from functools import cache
from pathlib import Path

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

_WORDS = Path(__file__).parent / "rules" / "password_words.txt"
#: What has to be left of a password when such words are taken out of it.
_LEFT = 8


@cache
def words() -> tuple[str, ...]:
    """The words of the place, longest first."""
    lines = _WORDS.read_text(encoding="utf-8").splitlines()
    found = [line.strip().lower() for line in lines if line.strip() and not line.startswith("#")]
    return tuple(sorted(found, key=len, reverse=True))


class LongEnough(MinimumLengthValidator):
    """Django's own, whose refusal its Chinese catalogue doesn't know in the words that it uses now."""

    def get_error_message(self) -> str:
        """What is said where a password is too short."""
        return self.get_help_text()

    def get_help_text(self) -> str:
        """What a form says beforehand."""
        least = self.min_length
        return ngettext(
            "Your password must have at least %(least)d character.",
            "Your password must have at least %(least)d characters.",
            least,
        ) % {"least": least}


class NoWordsOfThePlace:
    """Refuses a password that is little more than words of the place."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise `ValidationError` where fewer than eight characters are the holder's own."""
        del user
        left = password.lower()
        for word in words():
            left = left.replace(word, "")
        if len(left) < min(_LEFT, len(password)):
            raise ValidationError(
                _("This password is made of words that everybody here would try first."),
                code="password_of_the_place",
            )

    def get_help_text(self) -> str:
        """What a form says beforehand."""
        return str(
            _("Do not build your password from the name of the system, the place or the service.")
        )


class NoCommonPasswordInDisguise:
    """Refuses a leaked password that was only made longer: by digits and signs, or by saying it twice.

    Django's list of 20,000 has few of twelve characters, because few places asked for them.
    """

    def __init__(self) -> None:
        self._common: set[str] = CommonPasswordValidator().passwords

    def validate(self, password: str, user: object = None) -> None:
        """Raise `ValidationError` where what is left of a password was leaked."""
        del user
        bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password.lower())
        once = re.sub(r"^(.+?)\1+$", r"\1", password.lower())
        if self._common & {bare, once, once[::-1]} or len(set(password)) < 5:
            raise ValidationError(
                _("This password is a common one that was only made longer."),
                code="password_in_disguise",
            )

    def get_help_text(self) -> str:
        """What a form says beforehand."""
        return str(_("A common password does not get better by digits behind it."))
