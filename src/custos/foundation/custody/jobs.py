"""Periodic work about people in custody: thin; each job declares its scope."""

from procrastinate.contrib.django import app

from custos.foundation import clock
from custos.foundation.custody import separating


@app.periodic(cron="1 16 * * *")  # 00:01 in Beijing; cron lines are in UTC
@app.task(name="custody.birthdays", queueing_lock="custody.birthdays")
def birthdays(timestamp: int) -> None:
    """Say which cells somebody's coming of age has broken."""
    del timestamp
    separating.look_at_birthdays(clock.today())


@app.periodic(cron="5 16 * * *")  # 00:05 in Beijing
@app.task(name="custody.transitions", queueing_lock="custody.transitions")
def transitions(timestamp: int) -> None:
    """Ask for the assessment of those who have been among new arrivals long enough."""
    del timestamp
    separating.look_at_transitions(clock.today())
