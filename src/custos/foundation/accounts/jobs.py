"""The accounts' periodic work: thin."""

from procrastinate.contrib.django import app

from custos.foundation.accounts import tries
from custos.foundation.accounts.sessions import SessionStore


@app.periodic(cron="17 3 * * *")
@app.task(name="accounts.sweep", queueing_lock="accounts.sweep")
def sweep(timestamp: int) -> None:
    """Take away sessions and counts of tries that are over."""
    del timestamp
    tries.sweep()
    SessionStore.clear_expired()
