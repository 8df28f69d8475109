"""The periodic work of devices: thin."""

from datetime import timedelta

from django.db import connection
from procrastinate.contrib.django import app

from custos.foundation import clock
from custos.foundation.database import scope


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
