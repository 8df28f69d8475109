"""The periodic work of limits: thin; each job declares its scope."""

from procrastinate.contrib.django import app

from custos.foundation.database import scope
from custos.management.timelimits import services


@app.periodic(cron="*/10 * * * *")
@app.task(name="timelimits.adopt", queueing_lock="timelimits.adopt")
def adopt(timestamp: int) -> None:
    """Watch the clock of everybody held, however they came in."""
    del timestamp
    with scope.entered(scope.Scope.of_system("timelimits.adopt")):
        services.adopt()
