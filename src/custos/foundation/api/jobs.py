"""The API's periodic work: thin."""

from procrastinate.contrib.django import app

from custos.foundation.api import idempotency, uploads
from custos.foundation.database import scope


@app.periodic(cron="41 * * * *")
@app.task(name="api.sweep", queueing_lock="api.sweep")
def sweep(timestamp: int) -> None:
    """Take away stored answers and unnamed files that are past their day."""
    del timestamp
    with scope.entered(scope.Scope.of_system("api.sweep")):
        idempotency.sweep()
        uploads.sweep()
