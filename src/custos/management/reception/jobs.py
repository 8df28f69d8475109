"""Periodic work about leaving: thin; each job declares its scope."""

from procrastinate.contrib.django import app

from custos.foundation.database import scope
from custos.management.reception.release import opening


@app.periodic(cron="3 16 * * *")  # 00:03 in Beijing; cron lines are in UTC
@app.task(name="reception.terms", queueing_lock="reception.terms")
def terms(timestamp: int) -> None:
    """Open a case for everybody whose term ends within the days that preparing takes."""
    del timestamp
    with scope.entered(scope.Scope.of_system("reception.release")):
        opening.follow_terms()
