"""The periodic work of devices: thin."""

from datetime import timedelta

from django.db import connection
from procrastinate.contrib.django import app

from custos.foundation import clock
from custos.foundation.database import scope

#: What devices measured, and what they said that was refused: more than the six months for which the
#: Cybersecurity Law wants logs kept, and a year to look back over. What it meant is an entry, and stays.
TELEMETRY_KEPT, REFUSED_KEPT = timedelta(days=400), timedelta(days=200)


@app.periodic(cron="23 3 * * *")
@app.task(name="devices.make_partitions", queueing_lock="devices.make_partitions")
def make_partitions(timestamp: int) -> None:
    """Keep half a year of telemetry's partitions ready."""
    del timestamp
    ensure_partitions()


def ensure_partitions() -> int:
    """Make the monthly partitions from next month to half a year ahead; returns how many were new.

    The running month is left to whoever made it: rows of it may lie in the default partition.
    """
    first = clock.now().date() + timedelta(days=31)
    with (
        scope.entered(scope.Scope.of_system("devices.partitions")),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT devices_ensure_partitions(%s, %s)", (first, first + timedelta(days=152))
        )
        made: int = cursor.fetchone()[0]
    return made


@app.periodic(cron="41 3 * * *")
@app.task(name="devices.forget", queueing_lock="devices.forget")
def forget(timestamp: int) -> None:
    """Let go of what devices said long ago."""
    del timestamp
    forget_old()


def forget_old() -> int:
    """Take away telemetry and refused messages past their time; returns how many rows that was.

    A month of telemetry goes as a whole, once all of it is past.
    """
    now = clock.now()
    with (
        scope.entered(scope.Scope.of_system("devices.retention")),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT devices_forget(%s, %s)", (now - TELEMETRY_KEPT, now - REFUSED_KEPT))
        gone: int = cursor.fetchone()[0]
    return gone
