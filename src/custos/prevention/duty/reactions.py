"""Entries that open tasks. What they open, for whom and by when is in the catalogue."""

from custos.foundation.record.kinds import ReactionFailed
from custos.foundation.record.reactions import Event, on
from custos.foundation.record.services import Deed
from custos.prevention.devices.kinds import EmergencyButtonPressed
from custos.prevention.duty import services
from custos.prevention.duty.kinds import TaskOpened


@on(EmergencyButtonPressed, emits=[TaskOpened])
def call_the_patrol(event: Event, deed: Deed) -> None:
    """Somebody in a cell pressed the button."""
    services.open_task(event, deed)


@on(ReactionFailed, emits=[TaskOpened])
def tell_a_leader(event: Event, deed: Deed) -> None:
    """Something that should have followed an entry did not."""
    services.open_task(event, deed)
