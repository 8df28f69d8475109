"""The background work of duty: thin."""

from uuid import UUID

from procrastinate.contrib.django import app

from custos.prevention.duty.roster import services


@app.task(name="duty.propose_roster")
def propose_roster(plan: str) -> None:
    """Make the proposal for a plan that a leader asked for."""
    services.run_proposal(UUID(plan))
