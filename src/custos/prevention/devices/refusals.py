"""Why a device's message was not acted on, in words for the operations page."""

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

#: Title of each reason's code: first those of reading, then those of what is known here.
TITLES = {
    "oversized": _("Larger than 64 kB"),
    "topic_unreadable": _("The topic is not one of an ONVIF event"),
    "topic_unknown": _("An event that Custos does not know"),
    "not_utf8": _("Not text in UTF-8"),
    "not_json": _("Not JSON"),
    "not_object": _("Not of the event's shape"),
    "repeated_name": _("A name stands twice"),
    "too_deep": _("Nested too deep"),
    "text_unreadable": _("Characters that cannot be stored"),
    "number_unreadable": _("A number too large to be one"),
    "time_missing": _("The time is missing"),
    "time_unreadable": _("The time cannot be read"),
    "source_missing": _("It does not say which input"),
    "source_contradicts": _("Topic and payload name different inputs"),
    "state_missing": _("The state is missing"),
    "state_unreadable": _("The state cannot be read"),
    "unknown_device": _("No such device is registered"),
    "disabled_device": _("The device is switched off in Custos"),
    "duplicate": _("Received before"),
    "future_dated": _("Dated in the future"),
    "failed": _("Custos failed to record it"),
}

#: What the detail of a reason tells. Reasons without a line here have none, or one that needs no word.
_DETAILS = {
    "oversized": _("Bytes: %(detail)s"),
    "topic_unreadable": _("Topic: %(detail)s"),
    "topic_unknown": _("Event: %(detail)s"),
    "not_utf8": _("Unreadable from byte %(detail)s on"),
    "not_json": _("Unreadable: %(detail)s"),
    "not_object": _("Instead it has: %(detail)s"),
    "time_unreadable": _("It says: %(detail)s"),
    "source_missing": _("Missing: %(detail)s"),
    "source_contradicts": _("Topic and payload: %(detail)s"),
    "state_missing": _("Missing: %(detail)s"),
    "state_unreadable": _("It says: %(detail)s"),
    "unknown_device": _("Input: %(detail)s"),
    "disabled_device": _("Device: %(detail)s"),
    "duplicate": _("Device: %(detail)s"),
    "future_dated": _("It says: %(detail)s"),
}

_PLACE = re.compile(r"(?P<line>\d+):(?P<character>\d+)")


def in_words(reason: str, detail: str) -> str:
    """What is kept of a refusal beside its reason, with a word for what it is; empty for nothing."""
    if reason == "not_json" and (place := _PLACE.fullmatch(detail)):
        return (
            gettext("Unreadable from line %(line)s, character %(character)s on") % place.groupdict()
        )
    said = _DETAILS.get(reason) if detail else None
    return str(said) % {"detail": detail} if said else detail
