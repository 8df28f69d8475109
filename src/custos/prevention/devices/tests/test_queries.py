"""Who has fallen silent: those who speak by themselves, and nobody who waits to be pressed."""

from datetime import timedelta

import pytest

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from custos.foundation.record.parties import Actor, Post
from custos.prevention.devices import intake, queries, services, timing
from custos.prevention.devices.models import Device, DeviceKind
from custos.prevention.devices.tests.worlds import (
    FACILITY,
    SYSTEM,
    a_button,
    a_cell,
    a_facility,
    somebody,
)

pytestmark = pytest.mark.django_db


def a_device(kind: DeviceKind, at: Organization) -> Device:
    number = Device.objects.count()
    return services.register(
        at, kind=kind, name=f"{kind}{number}", topic_prefix=f"x/{number}", by=Actor.system("tests")
    )


def test_a_button_that_nobody_presses_is_not_silent() -> None:
    with scope.entered(SYSTEM):
        button, camera = a_button(a_cell()), a_device(DeviceKind.CAMERA, a_facility())
        a_device(DeviceKind.CONTACT, a_facility())
        assert button.last_heard is None
        assert queries.silent() == [camera]


def test_a_camera_is_silent_once_it_was_not_heard_for_a_day() -> None:
    with scope.entered(SYSTEM):
        camera, now = a_device(DeviceKind.CAMERA, a_facility()), clock.now()
        intake.heard({camera.pk: now})
        assert queries.silent(now + timedelta(hours=24)) == []
        assert queries.silent(now + timedelta(hours=24, seconds=1)) == [camera]


def test_a_device_that_is_switched_off_is_not_silent() -> None:
    with scope.entered(SYSTEM):
        door = a_device(DeviceKind.DOOR, a_facility())
        services.switch(door.pk, enabled=False, reason="repair", by=somebody(Post.LEADER))
        assert queries.silent() == []


def test_silent_devices_stand_by_facility_with_their_number() -> None:
    with scope.entered(SYSTEM):
        here, there = a_facility(), a_facility(FACILITY + 1)
        made = [a_device(DeviceKind.DOOR, at) for at in (there, here, there)]
        assert queries.silent() == [made[1], made[0], made[2]]
        assert queries.silent_counts() == [(there.name, 2), (here.name, 1)]


def test_every_kind_that_is_expected_to_speak_exists() -> None:
    assert set(timing.rule().silent_after_minutes) <= set(DeviceKind.values)
