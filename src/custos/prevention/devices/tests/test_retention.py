"""What devices said long ago goes; what is younger, and what it meant, stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, transaction

from custos.foundation import clock
from custos.foundation.database import scope
from custos.prevention.devices import jobs
from custos.prevention.devices.models import Device, RefusedMessage, Telemetry
from custos.prevention.devices.tests.worlds import FACILITY, SYSTEM, a_button, a_cell

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def reported(device: Device, at: datetime, number: int) -> None:
    Telemetry.objects.create(
        device_id=device.pk,
        organization_id=device.organization_id,
        topic="t",
        source="",
        data={},
        digest=bytes([number]) * 32,
        device_time=at,
        reported_at=at,
        received_at=at,
        timing="on_time",
    )


def refused(at: datetime, name: str) -> None:
    RefusedMessage.objects.create(
        organization_id=FACILITY,
        reason="unreadable",
        topic=name,
        sha256=name * 64,
        size=1,
        beginning=b"x",
        received_at=at - 300 * DAY,
        last_received_at=at,
    )


def months() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = oid"
            " WHERE inhparent = 'devices_telemetry'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def test_telemetry_and_refused_messages_past_their_time_go() -> None:
    now = clock.now()
    with scope.entered(SYSTEM):
        with connection.cursor() as cursor:
            cursor.execute("SELECT devices_ensure_partitions('2020-01-01', '2020-02-01')")
        assert {"devices_telemetry_2020_01", "devices_telemetry_2020_02"} <= months()
        device = a_button(a_cell())
        for number, at in enumerate(
            (
                datetime(2020, 1, 31, tzinfo=UTC),  # in a month of its own
                now - 401 * DAY,  # in the default partition
                now - 399 * DAY,
                now,
            )
        ):
            reported(device, at, number)
        refused(now - 201 * DAY, "a")
        refused(now - 199 * DAY, "b")
    assert jobs.forget_old() == 3
    with scope.entered(SYSTEM):
        assert Telemetry.objects.filter(reported_at__lt=now - 400 * DAY).count() == 0
        assert Telemetry.objects.count() == 2
        assert [row.topic for row in RefusedMessage.objects.all()] == ["b"]
        assert not {name for name in months() if "2020" in name}
    assert jobs.forget_old() == 0


def test_the_database_keeps_what_is_younger_than_three_months() -> None:
    with (
        scope.entered(SYSTEM),
        pytest.raises(ProgrammingError, match="kept for 90 days"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT devices_forget(now() - interval '89 days', '2020-01-01')")
