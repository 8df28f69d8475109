"""What becomes of messages: each has one outcome, and coming twice changes nothing."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed
from custos.foundation.record import queries as record
from custos.foundation.record.parties import Actor, Post
from custos.prevention.devices import intake, listener, queries, services
from custos.prevention.devices.intake import Outcome, Received
from custos.prevention.devices.kinds import EmergencyButtonPressed
from custos.prevention.devices.models import Device, DeviceKind, RefusedMessage, Telemetry
from custos.prevention.devices.tests.worlds import (
    FACILITY,
    SYSTEM,
    a_button,
    a_cell,
    a_facility,
    a_press,
    payload_of,
    somebody,
    topic_of,
)
from custos.prevention.devices.timing import Timing

pytestmark = pytest.mark.django_db


@pytest.fixture
def button() -> Iterator[Device]:
    with scope.entered(SYSTEM):
        yield a_button(a_cell())


def outcomes(*messages: Received) -> list[Outcome]:
    return [taken.outcome for taken in intake.take(messages)]


def presses(device: Device) -> list[record.Line]:
    lines = record.timeline(cell=device.cell_id)
    return [line for line in lines if line.kind == "alarm.emergency_button"]


def reasons(organization: int = FACILITY) -> list[str]:
    rows = RefusedMessage.objects.filter(organization_id=organization)
    return sorted(rows.values_list("reason", flat=True))


def test_a_press_is_an_entry_on_the_cell_by_the_device_at_its_own_time(button: Device) -> None:
    message = a_press(button, ago=timedelta(seconds=3))
    assert outcomes(message) == [Outcome.ENTERED]
    (line,) = presses(button)
    assert (line.by_kind, line.by_ref) == ("device", str(button.pk))
    assert line.occurred_at == message.received_at - timedelta(seconds=3)
    assert line.recorded_at >= message.received_at
    assert isinstance(line.payload, EmergencyButtonPressed)
    assert line.payload.timing is Timing.ON_TIME


def test_a_release_is_kept_and_closes_nothing(button: Device) -> None:
    assert outcomes(a_press(button, state="false")) == [Outcome.KEPT]
    assert presses(button) == []
    assert Telemetry.objects.get(device_id=button.pk).data == {"LogicalState": False}


def test_a_message_that_comes_twice_is_one(button: Device) -> None:
    message = a_press(button)
    assert outcomes(message, message) == [Outcome.ENTERED, Outcome.DUPLICATE]
    assert outcomes(message) == [Outcome.DUPLICATE]
    assert len(presses(button)) == 1
    (row,) = RefusedMessage.objects.filter(reason="duplicate")
    assert row.times == 2


def test_what_the_broker_says_it_repeats_is_no_fault_of_the_device(button: Device) -> None:
    body, now = payload_of(button), clock.now()
    first = Received.of(topic_of(button), body, now)
    redelivered = Received.of(topic_of(button), body, now, repeated=True)
    retained = Received.of(topic_of(button), body, now, retained=True)
    assert outcomes(first, redelivered, retained) == [
        Outcome.ENTERED,
        Outcome.DUPLICATE,
        Outcome.DUPLICATE,
    ]
    assert reasons() == []


def test_a_late_press_bears_both_times_and_is_acted_on(button: Device) -> None:
    assert outcomes(a_press(button, ago=timedelta(hours=2))) == [Outcome.ENTERED]
    (line,) = presses(button)
    assert isinstance(line.payload, EmergencyButtonPressed)
    assert line.payload.timing is Timing.LATE
    assert line.recorded_at - line.occurred_at >= timedelta(hours=2)


@pytest.mark.parametrize("ago", [timedelta(hours=-3), timedelta(days=400)])
def test_a_press_by_a_wrong_clock_counts_when_it_arrives(button: Device, ago: timedelta) -> None:
    message = a_press(button, ago=ago)
    assert outcomes(message) == [Outcome.ENTERED]
    (line,) = presses(button)
    assert line.occurred_at == message.received_at
    assert isinstance(line.payload, EmergencyButtonPressed)
    assert line.payload.device_time == message.received_at - ago
    assert [row["name"] for row in queries.wrong_clocks()] == [button.name]


def test_a_clock_that_stands_still_loses_no_press(button: Device) -> None:
    stopped = clock.now() - timedelta(days=4000)
    for _ in range(2):
        message = Received.of(topic_of(button), payload_of(button, stopped), clock.now())
        assert outcomes(message) == [Outcome.ENTERED]
    assert len(presses(button)) == 2


def test_other_events_of_the_standard_are_kept_and_from_the_future_refused(button: Device) -> None:
    door = services.register(
        a_facility(), kind=DeviceKind.DOOR, name="Gate 1", topic_prefix="gate", by=Actor.system("t")
    )
    topic = "gate/onvif-ej/Door/State/DoorAlarm/&1"
    body = {"Source": {"DoorToken": "1"}, "Data": {"State": "DoorForcedOpen"}}
    now = clock.now()

    def said(at: str) -> Received:
        return Received.of(topic, json.dumps({"UtcTime": at, **body}).encode(), now)

    ahead = (now + timedelta(hours=1)).isoformat()
    assert outcomes(said(now.isoformat()), said(ahead)) == [Outcome.KEPT, Outcome.REFUSED]
    assert Telemetry.objects.get(device_id=door.pk).data["Data"] == {"State": "DoorForcedOpen"}
    assert reasons() == ["future_dated"]


def test_the_end_of_a_property_is_kept(button: Device) -> None:
    assert outcomes(Received.of(topic_of(button), b"", clock.now())) == [Outcome.KEPT]
    assert Telemetry.objects.get(device_id=button.pk).data == {"PropertyOperation": "Deleted"}


def test_what_cannot_be_acted_on_is_kept_with_its_reason_and_leaves_nothing_else(
    button: Device,
) -> None:
    services.switch(button.pk, enabled=False, reason="repair", by=somebody(Post.LEADER))
    unknown = f"{FACILITY}/elsewhere/onvif-ej/Device/Trigger/DigitalInput/&x"
    huge = Received.of(topic_of(button), b"x" * 70_000, clock.now())
    body = payload_of(button).replace(b'"button"', b'"x"')
    assert (
        outcomes(
            a_press(button),
            Received.of(unknown, body, clock.now()),
            huge,
            Received.of(topic_of(button), b"\x00{", clock.now()),
        )
        == [Outcome.REFUSED] * 4
    )
    assert reasons() == ["disabled_device", "not_json", "oversized", "unknown_device"]
    assert not Telemetry.objects.exists()
    kept = RefusedMessage.objects.get(reason="oversized")
    assert (kept.size, len(kept.beginning)) == (70_000, 2048)
    assert {row.reason for row in queries.refused_messages()} == set(reasons())


def test_a_message_of_nobody_belongs_to_the_top_of_the_node() -> None:
    with scope.entered(SYSTEM):
        a_facility()
        top = queries.organizations_of(["stranger"])["stranger"]
        outcomes(
            Received.of("stranger/onvif-ej/Device/Trigger/DigitalInput/&x", b"{}", clock.now())
        )
        assert RefusedMessage.objects.get(organization_id=top).reason == "state_missing"


@pytest.mark.parametrize("time", ["", "9999-12-31T23:59:59-14:00", None, 17])
def test_a_press_that_bears_no_time_is_acted_on_as_it_arrives(button: Device, time: object) -> None:
    body = json.loads(payload_of(button)) | {"UtcTime": time}
    now = clock.now()

    def arrives(after: timedelta, **how: bool) -> Received:
        return Received.of(topic_of(button), json.dumps(body).encode(), now + after, **how)

    # Nothing but their arrival tells two presses apart, and none is taken for the other.
    assert outcomes(arrives(timedelta(0)), arrives(timedelta(seconds=2))) == [Outcome.ENTERED] * 2
    said = [line.payload for line in presses(button)]
    assert [one.timing for one in said if isinstance(one, EmergencyButtonPressed)] == [
        Timing.NO_TIME,
        Timing.NO_TIME,
    ]
    # A state that the broker keeps would be a new press at each connection.
    assert outcomes(arrives(timedelta(minutes=1), retained=True)) == [Outcome.REFUSED]
    body["Data"] = {"LogicalState": "false"}
    assert outcomes(arrives(timedelta(minutes=2))) == [Outcome.REFUSED]


def test_one_message_that_makes_custos_fail_does_not_take_the_others_with_it(
    button: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = a_button(a_cell())
    real = intake._act

    def fails(one: intake.Accepted, message: Received, deed: object) -> Outcome:
        if one.device.id == other.pk:
            raise RuntimeError("a defect")
        return real(one, message, deed)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "_act", fails)
    taken = listener._take([a_press(button), a_press(other)])
    assert [one.outcome if one else None for one in taken] == [Outcome.ENTERED, None]
    assert reasons() == ["failed"]
    assert len(presses(button)) == 1
    assert not Telemetry.objects.filter(device_id=other.pk).exists()


def test_being_heard_moves_forward_only(button: Device) -> None:
    now = clock.now()
    intake.heard({button.pk: now})
    intake.heard({button.pk: now - timedelta(hours=1)})
    button.refresh_from_db()
    assert button.last_heard == now


def test_two_devices_never_share_an_address(button: Device) -> None:
    with pytest.raises(Conflict, match="address_taken"):
        services.register(
            a_facility(),
            kind=DeviceKind.CONTACT,
            name="again",
            topic_prefix=button.topic_prefix,
            token=button.token,
            by=Actor.system("t"),
        )


def test_a_button_without_a_cell_is_refused() -> None:
    with scope.entered(SYSTEM), pytest.raises(Malformed, match="button_place"):
        services.register(
            a_facility(),
            kind=DeviceKind.EMERGENCY_BUTTON,
            name="nowhere",
            topic_prefix="p",
            token="t",
            by=Actor.system("t"),
        )


def test_without_a_scope_no_device_is_seen(button: Device) -> None:
    with scope.entered(scope.Scope.of_nobody(0)):
        assert not Device.objects.exists()
