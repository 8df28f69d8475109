"""Periodic work of reception: thin; each job declares its scope."""

from procrastinate.contrib.django import app

from custos.foundation.database import scope
from custos.management.reception.importing import services as importing
from custos.management.reception.release import opening


@app.periodic(cron="3 16 * * *")  # 00:03 in Beijing; cron lines are in UTC
@app.task(name="reception.terms", queueing_lock="reception.terms")
def terms(timestamp: int) -> None:
    """Open a case for everybody whose term ends soon; say who is here on nothing but a served term."""
    del timestamp
    with scope.entered(scope.Scope.of_system("reception.release")):
        opening.follow_terms()
        opening.follow_served()


@app.periodic(cron="40 18 * * *")  # 02:40 in Beijing
@app.task(name="reception.sheets", queueing_lock="reception.sheets")
def sheets(timestamp: int) -> None:
    """Throw away sheets of people that nobody decided about."""
    del timestamp
    with scope.entered(scope.Scope.of_system("reception.import")):
        importing.sweep()
