"""Reading `onvif-ej`: one ONVIF event as one MQTT message with a JSON payload.

    TopicPrefix/onvif-ej/LocalTopic[/&Source]      {"UtcTime": …, "Source": {…}, "Data": {…}}

Source: ONVIF Core Specification, "Event Broker" (topic structure, JSON event payload, property
events). Pure: bytes in, typed values out, or `Unreadable` with a reason's code. Nothing here knows
which devices exist or what a message means for people.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Any

#: Larger messages are refused unread. An event is some hundred bytes; more is a fault or an attack.
LARGEST = 64 * 1024
_DEEPEST = 16

EVENT_FORMAT = "onvif-ej"
DIGITAL_INPUT = "Device/Trigger/DigitalInput"

#: Events of the standard that are understood as such and kept, though nothing acts on them yet.
_KNOWN = frozenset(
    {
        "AccessControl/AccessGranted/Credential",
        "AccessControl/AccessTaken/Credential",
        "AccessControl/AccessNotTaken/Credential",
        "AccessControl/Denied/Credential",
        "AccessControl/Denied/CredentialNotFound/Card",
        "AccessControl/Duress",
        "Device/Trigger/Relay",
        "Door/State/DoorPhysicalState",
        "Door/State/LockPhysicalState",
        "Door/State/DoorAlarm",
        "Door/State/DoorTamper",
        "Door/State/DoorFault",
        "Door/State/DoorMode",
        "Monitoring/BatteryCapacity",
        "Monitoring/GeoLocation",
        "RuleEngine/LineDetector/Crossed",
        "RuleEngine/FieldDetector/ObjectsInside",
        "RuleEngine/LoiteringDetector/ObjectIsLoitering",
        "RuleEngine/CountAggregation/OccupancyCounter",
        "RuleEngine/CountAggregation/Counter",
        "RuleEngine/ObjectDetection/Object",
        "RuleEngine/Recognition/Face",
        "VideoSource/GlobalSceneChange",
        "VideoSource/ImageTooDark",
        "VideoSource/ImageTooBlurry",
        "VideoSource/SignalLoss",
    }
)
_KNOWN_FAMILIES = ("Device/Sensor/", "Device/HardwareFailure/")

_DATE_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})T(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    r"(?:\.(?P<fraction>\d{1,32}))?(?P<zone>Z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
_TRUE, _FALSE = frozenset({"true", "1", "active"}), frozenset({"false", "0", "inactive"})


class Unreadable(ValueError):
    """A message that is not what it should be. `code` is one of the reasons in `refusals`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class Address:
    """A topic in its parts: whose message, about what, from which of its inputs (may be empty)."""

    prefix: str
    topic: str
    source: str


@dataclass(frozen=True, slots=True)
class DigitalInput:
    """A contact was closed or opened: how buttons and perimeter loops report.

    `device_time` is None where it bears no time that can be read, and `no_time` says why: whoever
    knows what hangs on the contact decides whether that matters.
    """

    address: Address
    token: str
    active: bool
    device_time: datetime | None
    source: dict[str, Any] = field(compare=False)
    data: dict[str, Any] = field(compare=False)
    no_time: "Unreadable | None" = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """Another event of the standard: kept as telemetry, and nothing follows from it yet."""

    address: Address
    device_time: datetime
    source: dict[str, Any]
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PropertyGone:
    """A property ceased to exist: the standard's message of zero bytes."""

    address: Address


Message = DigitalInput | KnownEvent | PropertyGone


def read(topic: str, payload: bytes) -> Message:
    """Read one message.

    Raises `Unreadable` with the code of the first thing that is wrong with it.
    """
    if len(payload) > LARGEST:
        raise Unreadable("oversized", str(len(payload)))
    address = read_topic(topic)
    known = address.topic in _KNOWN or address.topic.startswith(_KNOWN_FAMILIES)
    if address.topic != DIGITAL_INPUT and not known:
        raise Unreadable("topic_unknown", address.topic)
    if not payload:
        return PropertyGone(address)
    body = _object(payload)
    source, data = _items(body, "Source"), _items(body, "Data")
    if address.topic != DIGITAL_INPUT:
        return KnownEvent(address, read_time(body.get("UtcTime")), source, data)
    device_time, no_time = None, None
    try:
        device_time = read_time(body.get("UtcTime"))
    except Unreadable as error:
        no_time = error
    return DigitalInput(
        address,
        _token(address, source),
        _state(data),
        device_time,
        source=source,
        data=data,
        no_time=no_time,
    )


def read_topic(topic: str) -> Address:
    """The parts of an MQTT topic. ONVIF's namespace alias, which some devices keep, is dropped."""
    prefix, mark, rest = topic.partition(f"/{EVENT_FORMAT}/")
    if not mark or not prefix or not rest or "\x00" in topic or not _is_text(topic):
        raise Unreadable("topic_unreadable", topic[:120])
    local, _, source = rest.partition("/&")
    segments = [part.removeprefix("tns1:") for part in local.rstrip("/").split("/")]
    return Address(prefix, "/".join(segments), source)


def read_time(value: object) -> datetime:
    """An `xs:dateTime` as an aware instant in UTC, cut to microseconds.

    The field is called UtcTime, so a time without a zone is UTC: many devices leave out the Z. What lies
    outside of the years that a clock can show, in every zone, is no time.
    """
    if value is None:
        raise Unreadable("time_missing")
    found = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Unreadable("time_unreadable", str(value)[:60])
    hour, next_day = int(found["hour"]), timedelta(0)
    if found["hour"] == "24" and found["minute"] == found["second"] == "00":
        hour, next_day = 0, timedelta(days=1)  # xs:dateTime writes midnight both ways
    micros = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        day = datetime.fromisoformat(found["date"])
        local = day.replace(
            hour=hour, minute=int(found["minute"]), second=int(found["second"]), microsecond=micros
        )
        read = (local.replace(tzinfo=_zone(found["zone"])) + next_day).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable("time_unreadable", str(value)[:60]) from error
    if not MINYEAR < read.year < MAXYEAR:
        raise Unreadable("time_unreadable", str(value)[:60])
    return read


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 14 or minutes > 59 or (hours == 14 and minutes):
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("not_utf8", str(error.start + 1)) from error
    try:
        body = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except RecursionError as error:
        raise Unreadable("too_deep") from error
    except Unreadable:
        raise
    except json.JSONDecodeError as error:
        raise Unreadable("not_json", f"{error.lineno}:{error.colno}") from error
    except ValueError as error:  # a number of thousands of digits
        raise Unreadable("number_unreadable") from error
    if not isinstance(body, dict):
        raise Unreadable("not_object", type(body).__name__)
    _require_plain(body, 0)
    return body


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name could be read either way, so neither is."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("repeated_name")
    return found


def _no_constant(name: str) -> Any:
    raise Unreadable("not_json", name)


def _is_text(value: str) -> bool:
    """Whether a string can be stored: no U+0000 and no half of a surrogate pair."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _require_plain(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise Unreadable("too_deep")
    if isinstance(value, str) and not _is_text(value):
        raise Unreadable("text_unreadable")
    if isinstance(value, float) and not isfinite(value):
        raise Unreadable("number_unreadable")
    if isinstance(value, dict):
        for name, inner in value.items():
            _require_plain(name, depth)
            _require_plain(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _require_plain(inner, depth + 1)


def _items(body: dict[str, Any], name: str) -> dict[str, Any]:
    items = body.get(name, {})
    if not isinstance(items, dict):
        raise Unreadable("not_object", name)
    return items


def _token(address: Address, source: dict[str, Any]) -> str:
    """Which input it is. Topic and payload both say so, and must agree where both do."""
    said = source.get("InputToken")
    if said is None and address.source:
        return address.source
    if isinstance(said, bool) or not isinstance(said, str | int) or said == "":
        raise Unreadable("source_missing", "InputToken")
    token = str(said)
    # The standard takes '#' and '+' out of topics, because MQTT reserves them.
    if address.source and address.source != re.sub(r"[#+]", "", token):
        raise Unreadable("source_contradicts", f"{address.source[:60]} ≠ {token[:60]}")
    return token


def _state(data: dict[str, Any]) -> bool:
    """LogicalState, an `xs:boolean`; the words of a relay's state are understood as well."""
    if "LogicalState" not in data:
        raise Unreadable("state_missing", "LogicalState")
    value = data["LogicalState"]
    word = str(value).lower() if isinstance(value, str | int) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Unreadable("state_unreadable", str(value)[:60])
