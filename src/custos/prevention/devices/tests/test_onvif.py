"""The reader of `onvif-ej`, against the standard's own examples and against nonsense."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.prevention.devices import onvif, refusals

BUTTON = "110101001/cell-A101/onvif-ej/Device/Trigger/DigitalInput/&button"


def payload(time: object = "2026-11-24T02:15:07.250Z", state: object = "true") -> bytes:
    body = {"UtcTime": time, "Source": {"InputToken": "button"}, "Data": {"LogicalState": state}}
    return json.dumps(body).encode()


def refusal(topic: str, body: bytes) -> str:
    with pytest.raises(onvif.Unreadable) as caught:
        onvif.read(topic, body)
    return caught.value.code


def test_the_standards_first_example_is_read() -> None:
    body = b"""{
      "UtcTime": "2008-10-10T12:24:57.321Z", \t
      "Source": {
        "VideoSource": "1",
        "AnalyticsConfiguration": "2",
        "Rule": "MyImportantFence1"
      },
      "Data": {
        "ObjectId": "15"
      }
    }"""
    event = onvif.read(
        "MyDevice/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/MyImportantFence1", body
    )
    assert isinstance(event, onvif.KnownEvent)
    assert event.address == onvif.Address(
        "MyDevice", "RuleEngine/LineDetector/Crossed", "1/2/MyImportantFence1"
    )
    assert event.device_time == datetime(2008, 10, 10, 12, 24, 57, 321000, tzinfo=UTC)
    assert event.source["Rule"] == "MyImportantFence1"
    assert event.data == {"ObjectId": "15"}


def test_the_standards_second_example_lacks_a_quote_and_is_refused_as_the_json_it_is_not() -> None:
    body = b'{\n  "UtcTime": "2008-10-10T12:24:57.789Z\n  "Source": {"Rule": "MyImportantFence2"}}'
    topic = "MyDevice/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/MyImportantFence2"
    assert refusal(topic, body) == "not_json"


def test_the_standards_sensor_example_has_numbers_without_quotes_and_no_source_in_its_topic() -> (
    None
):
    body = (
        b'{"UtcTime": "2025-07-15T14:30:00Z", "Source": {"SensorID": "temp_001"},'
        b' "Data": {"Value": 298.65, "Threshold": 295.15}}'
    )
    event = onvif.read("MyDevice/onvif-ej/Device/Sensor/Temperature/High", body)
    assert isinstance(event, onvif.KnownEvent)
    assert event.address.source == ""
    assert event.data["Value"] == 298.65


def test_a_pressed_button_is_a_closed_digital_input() -> None:
    event = onvif.read(BUTTON, payload())
    assert isinstance(event, onvif.DigitalInput)
    assert (event.address.prefix, event.token, event.active) == (
        "110101001/cell-A101",
        "button",
        True,
    )
    assert event.device_time == datetime(2026, 11, 24, 2, 15, 7, 250000, tzinfo=UTC)


@pytest.mark.parametrize("state", ["true", "1", True, 1, "active", "True"])
def test_a_closed_contact_is_said_in_several_ways(state: object) -> None:
    event = onvif.read(BUTTON, payload(state=state))
    assert isinstance(event, onvif.DigitalInput)
    assert event.active


@pytest.mark.parametrize("state", ["false", "0", False, 0, "inactive"])
def test_an_open_contact_is_said_in_several_ways(state: object) -> None:
    event = onvif.read(BUTTON, payload(state=state))
    assert isinstance(event, onvif.DigitalInput)
    assert not event.active


def test_the_input_is_known_from_the_topic_alone_or_from_the_payload_alone() -> None:
    from_payload = onvif.read(BUTTON.removesuffix("/&button"), payload())
    body = b'{"UtcTime":"2026-11-24T02:15:07Z","Source":{},"Data":{"LogicalState":"true"}}'
    from_topic = onvif.read(BUTTON, body)
    assert isinstance(from_payload, onvif.DigitalInput)
    assert isinstance(from_topic, onvif.DigitalInput)
    assert from_payload.token == from_topic.token == "button"


def test_the_namespace_alias_that_some_devices_keep_is_dropped() -> None:
    topic = "E4:30:22:F3:31:AA/onvif-ej/tns1:Device/tns1:Trigger/tns1:DigitalInput/&button"
    assert isinstance(onvif.read(topic, payload()), onvif.DigitalInput)


def test_a_token_with_reserved_signs_agrees_with_its_topic_without_them() -> None:
    body = payload().replace(b'"button"', b'"but+t#on"')
    event = onvif.read(BUTTON, body)
    assert isinstance(event, onvif.DigitalInput)
    assert event.token == "but+t#on"


def test_a_message_of_no_bytes_means_that_the_property_is_gone() -> None:
    gone = onvif.read(BUTTON, b"")
    assert gone == onvif.PropertyGone(
        onvif.Address("110101001/cell-A101", "Device/Trigger/DigitalInput", "button")
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T02:15:07Z", datetime(2026, 11, 24, 2, 15, 7, tzinfo=UTC)),
        ("2026-11-24T02:15:07", datetime(2026, 11, 24, 2, 15, 7, tzinfo=UTC)),
        ("2021-10-05T15:13:27.321", datetime(2021, 10, 5, 15, 13, 27, 321000, tzinfo=UTC)),
        ("2026-11-24T10:15:07+08:00", datetime(2026, 11, 24, 2, 15, 7, tzinfo=UTC)),
        ("2026-11-24T02:15:07.1234567Z", datetime(2026, 11, 24, 2, 15, 7, 123456, tzinfo=UTC)),
        ("2026-11-24T24:00:00Z", datetime(2026, 11, 25, tzinfo=UTC)),
        ("2024-02-29T23:59:59.9Z", datetime(2024, 2, 29, 23, 59, 59, 900000, tzinfo=UTC)),
    ],
)
def test_times_are_read_with_and_without_zone_and_fraction(text: str, expected: datetime) -> None:
    assert onvif.read_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-24",
        "2026-11-24 02:15:07Z",
        "2026-02-29T00:00:00Z",
        "2026-11-24T25:00:00Z",
        "2026-11-24T24:00:01Z",
        "2026-11-24T02:15:07+15:00",
        "2026-11-24T02:15:07.Z",
        "0001-01-01T00:00:00+14:00",
        "0001-06-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T24:00:00Z",
        "２０２６-11-24T02:15:07Z",
        1732414507,
        {"UtcTime": 1},
    ],
)
def test_what_is_no_time_is_refused_and_of_a_contact_said(text: object) -> None:
    door = BUTTON.replace("Device/Trigger/DigitalInput", "Door/State/DoorAlarm")
    assert refusal(door, payload(time=text)) == "time_unreadable"
    pressed = onvif.read(BUTTON, payload(time=text))
    assert isinstance(pressed, onvif.DigitalInput)
    assert pressed.device_time is None
    assert pressed.no_time is not None
    assert pressed.no_time.code == "time_unreadable"


@pytest.mark.parametrize(
    ("code", "topic", "body"),
    [
        ("oversized", BUTTON, b"x" * (64 * 1024 + 1)),
        ("topic_unreadable", "no-event-here", payload()),
        ("topic_unreadable", "/onvif-ej/Device/Trigger/DigitalInput", payload()),
        ("topic_unreadable", "MyDevice/onvif-mj/VideoAnalytics/1/MyClassifier", payload()),
        ("topic_unknown", "MyDevice/onvif-ej/Kettle/Boils", payload()),
        ("not_utf8", BUTTON, b"\xff\xfe"),
        ("not_json", BUTTON, b"{"),
        ("not_json", BUTTON, b'{"UtcTime": NaN}'),
        ("not_object", BUTTON, b"[1]"),
        ("not_object", BUTTON, b'{"UtcTime":"2026-11-24T02:15:07Z","Source":"button"}'),
        ("repeated_name", BUTTON, b'{"UtcTime":"2026-11-24T02:15:07Z","UtcTime":"2020"}'),
        ("too_deep", BUTTON, b'{"a":' * 40 + b"1" + b"}" * 40),
        ("too_deep", BUTTON, b"[" * 30_000 + b"]" * 30_000),
        ("text_unreadable", BUTTON, rb'{"UtcTime":"2026-11-24T02:15:07Z","a":"\u0000"}'),
        ("text_unreadable", BUTTON, rb'{"UtcTime":"2026-11-24T02:15:07Z","a":"\ud800"}'),
        ("number_unreadable", BUTTON, b'{"UtcTime":"2026-11-24T02:15:07Z","a":1e999}'),
        ("time_missing", "gate/onvif-ej/Door/State/DoorAlarm/&1", b"{}"),
        ("source_missing", BUTTON.removesuffix("/&button"), b'{"UtcTime":"2026-11-24T02:15:07Z"}'),
        ("source_contradicts", BUTTON.replace("&button", "&other"), payload()),
        (
            "state_missing",
            BUTTON,
            b'{"UtcTime":"2026-11-24T02:15:07Z","Source":{"InputToken":"button"}}',
        ),
        ("state_unreadable", BUTTON, payload(state="pressed")),
        ("state_unreadable", BUTTON, payload(state=2.0)),
        ("state_unreadable", BUTTON, payload(state=None)),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(code: str, topic: str, body: bytes) -> None:
    assert refusal(topic, body) == code
    assert code in refusals.TITLES


_tokens = st.text(
    st.characters(codec="utf-8", exclude_characters="#+\x00"), min_size=1, max_size=20
)


@given(
    token=_tokens,
    active=st.booleans(),
    at=st.datetimes(
        min_value=datetime(1970, 1, 2),
        max_value=datetime(2200, 1, 1),
        timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m))),
    ),
)
def test_every_press_that_is_written_is_read_back(token: str, active: bool, at: datetime) -> None:
    topic = f"p/q/onvif-ej/Device/Trigger/DigitalInput/&{token}"
    body = json.dumps(
        {
            "UtcTime": at.isoformat(),
            "Source": {"InputToken": token},
            "Data": {"LogicalState": "true" if active else "false"},
        }
    )
    event = onvif.read(topic, body.encode())
    assert isinstance(event, onvif.DigitalInput)
    assert (event.token, event.active, event.device_time) == (token, active, at)


@given(topic=st.text(max_size=80), body=st.binary(max_size=400))
def test_no_bytes_whatever_do_more_than_be_refused(topic: str, body: bytes) -> None:
    for tried in (topic, BUTTON, f"a/onvif-ej/{topic}"):
        try:
            onvif.read(tried, body)
        except onvif.Unreadable as error:
            assert error.code in refusals.TITLES  # noqa: PT017 - every outcome is looked at


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(time=_json, source=_json, data=_json)
def test_no_shape_of_json_does_more_than_be_refused(
    time: object, source: object, data: object
) -> None:
    body = json.dumps({"UtcTime": time, "Source": source, "Data": data}).encode()
    try:
        onvif.read(BUTTON, body)
    except onvif.Unreadable as error:
        assert error.code in refusals.TITLES  # noqa: PT017 - every outcome is looked at
