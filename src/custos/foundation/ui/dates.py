"""Fields for a day, a moment and a time of day, which read the same in both languages.

A browser's own date field takes its form from the browser and not from the page: the same day reads
11/30/2026 on one desk and 30.11.2026 on the next. These are text fields, `2026-11-30 14:30` (ISO 8601,
GB/T 7408.1), that also take what people type and paste: other separators, Chinese words, digits alone.
A button beside them opens the browser's calendar (`calendars.js`); without scripts one types.
"""

import re
import unicodedata
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.forms.widgets import DateTimeBaseInput
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from custos.foundation.ui import signs

DAY, MOMENT, TIME = "%Y-%m-%d", "%Y-%m-%d %H:%M", "%H:%M"

_WORDS = r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
_DIGITS = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
_OF_DAY = r"(?P<hour>\d{1,2})\s*[:时]\s*(?P<minute>\d{2})\s*(?::00(?:\.0+)?)?分?"
_OF_DAY_DIGITS = r"(?P<hour>\d\d)(?P<minute>\d\d)"
_SHAPES = {
    DAY: (re.compile(rf"{_WORDS}"), re.compile(rf"{_DIGITS}")),
    TIME: (re.compile(rf"{_OF_DAY}"), re.compile(rf"{_OF_DAY_DIGITS}")),
    MOMENT: (
        re.compile(rf"{_WORDS}[T\s]*{_OF_DAY}"),
        re.compile(rf"{_DIGITS}[T\s]*{_OF_DAY}"),
        re.compile(rf"{_DIGITS}{_OF_DAY_DIGITS}"),
    ),
}
_SPELLED = {
    DAY: "{year}-{month:0>2}-{day:0>2}",
    TIME: "{hour:0>2}:{minute}",
    MOMENT: "{year}-{month:0>2}-{day:0>2} {hour:0>2}:{minute}",
}


def spelled(text: str, shape: str) -> str:
    """What was typed for a `DAY`, `MOMENT` or `TIME`, in the one form that is shown; as it is where it
    has none of the forms that are taken. The year comes first: 03/04/2026 is a day in March or in April.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    for known in _SHAPES[shape]:
        if found := known.fullmatch(plain):
            return _SPELLED[shape].format(**found.groupdict())
    return plain


class _Typed(DateTimeBaseInput):
    """A text field for one of the shapes; beside it the way to a calendar, unless it is `plain`."""

    shape = DAY
    #: The native field that the button opens; none where browsers have nothing to choose from.
    opens = ""
    size, example = 10, _("YYYY-MM-DD")

    def __init__(self, attrs: dict[str, Any] | None = None, *, plain: bool = False) -> None:
        own = {
            "inputmode": "numeric",
            "autocomplete": "off",
            "size": self.size + 2,
            "placeholder": self.example,
        }
        super().__init__(own | (attrs or {}), format=self.shape)
        if plain:
            self.opens = ""

    def format_value(self, value: Any) -> str | None:
        """What was typed comes back in the form in which it is read, or as it was."""
        return spelled(value, self.shape) if isinstance(value, str) else super().format_value(value)

    def _render(
        self, template_name: str, context: dict[str, Any], renderer: Any = None
    ) -> SafeString:
        widget = context["widget"]
        attrs = {"type": "text", "name": widget["name"]} | widget["attrs"]
        if widget["value"]:
            attrs["value"] = widget["value"]
        button = ""
        if self.opens:
            button = format_html(
                '<button type="button" class="tool" data-calendar="{}" aria-label="{}"'
                ' title="{}">{}</button>',
                self.opens,
                _("Choose from a calendar"),
                _("Choose from a calendar"),
                signs.icon("calendar"),
            )
        return format_html('<span class="typed"><input{}>{}</span>', flatatt(attrs), button)


class DayInput(_Typed):
    """A day."""

    opens = "date"


class MomentInput(_Typed):
    """A day and the time of day."""

    shape, opens, size = MOMENT, "datetime-local", 16
    example = _("YYYY-MM-DD HH:MM")


class TimeInput(_Typed):
    """A time of day."""

    shape, size, example = TIME, 5, _("HH:MM")


class DayField(forms.DateField):
    """A day, as `2026-11-30`."""

    widget = DayInput
    default_error_messages = {
        "invalid": _("This is no day. Write year, month and day, such as 2026-11-30."),
    }

    def __init__(self, **more: Any) -> None:
        super().__init__(input_formats=[DAY], **more)

    def to_python(self, value: Any) -> date | None:
        """The day, or None for nothing. Raises `ValidationError` that says the form."""
        return super().to_python(spelled(value, DAY) if isinstance(value, str) else value)


class MomentField(forms.DateTimeField):
    """An instant of local time, as `2026-11-30 14:30`."""

    widget = MomentInput
    default_error_messages = {
        "invalid": _("This is no date with a time. Write both, such as 2026-11-30 14:30."),
    }

    def __init__(self, **more: Any) -> None:
        super().__init__(input_formats=[MOMENT], **more)

    def to_python(self, value: Any) -> datetime | None:
        """The instant, or None for nothing. Raises `ValidationError` that says the form: also for a day
        alone, which nobody means as its midnight.
        """
        if not isinstance(value, str):
            return super().to_python(value)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", spelled(value, DAY)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(spelled(value, MOMENT))


class TimeField(forms.TimeField):
    """A time of day, as `14:30`."""

    widget = TimeInput
    default_error_messages = {
        "invalid": _("This is no time of day. Write hour and minute, such as 14:30."),
    }

    def __init__(self, **more: Any) -> None:
        super().__init__(input_formats=[TIME], **more)

    def to_python(self, value: Any) -> time | None:
        """The time, or None for nothing. Raises `ValidationError` that says the form."""
        return super().to_python(spelled(value, TIME) if isinstance(value, str) else value)
