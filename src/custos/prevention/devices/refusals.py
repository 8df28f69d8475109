"""Why a device's message was not acted on, in words for the operations page."""

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
