"""A facility that keeps rounds, for tests."""

from datetime import timedelta

from custos.foundation import clock
from custos.foundation.database import scope
from custos.foundation.record.parties import Post
from custos.prevention.duty.information import services as information
from custos.prevention.duty.information.tests.worlds import World
from custos.prevention.duty.rounds.models import WatchedCell
from tests.factories import SYSTEM


class KeptFor(World):
    """A facility that has kept rounds for so many minutes."""

    def __init__(self, minutes: int = 10) -> None:
        with scope.entered(SYSTEM), clock.set_to(clock.now() - timedelta(minutes=minutes)):
            super().__init__()
            information.adopt(
                "rounds: {}",
                facility=self.facility.pk,
                valid_from=clock.today(),
                reason="x",
                by=self.on(Post.LEADER).actor,
            )

    @property
    def row(self) -> WatchedCell:
        """The cell, as rounds watch it."""
        with scope.entered(SYSTEM):
            return WatchedCell.objects.get(cell=self.cell)
