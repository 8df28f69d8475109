"""The record's periodic work: thin; each job declares its scope."""

from datetime import date, timedelta

from django.db import connection
from procrastinate.contrib.django import app

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record import checkpoints, witness


@app.periodic(cron="* * * * *")
@app.task(name="record.sign_heads", queueing_lock="record.sign_heads")
def sign_heads(timestamp: int) -> None:
    """Sign the heads of all chains into the witness file, every minute."""
    del timestamp
    with scope.entered(scope.Scope.of_system("record.witness")):
        witness.sign_heads()


@app.periodic(cron="5 16 * * *")  # 00:05 in Beijing; cron lines are in UTC
@app.task(name="record.make_checkpoints", queueing_lock="record.make_checkpoints")
def make_checkpoints(timestamp: int) -> None:
    """Close the day that has ended with a checkpoint of each chain."""
    del timestamp
    yesterday = clock.today() - timedelta(days=1)
    with scope.entered(scope.Scope.of_system("record.checkpoints")):
        checkpoints.make(yesterday)


@app.periodic(cron="17 3 * * *")
@app.task(name="record.make_partitions", queueing_lock="record.make_partitions")
def make_partitions(timestamp: int) -> None:
    """Keep half a year of partitions ready."""
    del timestamp
    ensure_partitions()


def ensure_partitions(since: date | None = None) -> int:
    """Make the monthly partitions from `since` (default: now) to half a year ahead."""
    today = clock.now().date()
    with scope.entered(scope.Scope.of_system("record.partitions")), connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_ensure_partitions(%s, %s)",
            (since or today, today + timedelta(days=183)),
        )
        made: int = cursor.fetchone()[0]
    return made
