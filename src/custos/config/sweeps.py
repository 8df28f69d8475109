"""What is done once a second: due reactions, deadlines that have passed, sightings brought to the disk.

Each sweep is one set-based query on one index when there is nothing to do. A sweep that fails is
logged, said by a pulse of its own as long as it fails, and tried again in the next round. The beat of
all says that what is open climbs by itself: it goes on unless one of those fails that see to that.
"""

import time
from collections.abc import Callable
from threading import Event

import structlog
from django.db import close_old_connections
from prometheus_client import Counter

from custos.foundation.custody import counting, going_out
from custos.foundation.database import pulse, scope
from custos.foundation.record import services as record
from custos.foundation.record import sightings
from custos.management.reception.release import opening as release
from custos.management.timelimits import services as timelimits
from custos.prevention.duty import services as duty
from custos.prevention.duty.handover import services as handover
from custos.prevention.duty.rounds import services as rounds
from custos.prevention.duty.shifts import services as shifts

log = structlog.get_logger(__name__)

EVERY = 1.0
#: Without these nothing climbs, which each screen says when the beat stops.
CLIMBING = {"duty.deadlines", "duty.unstaffed"}
#: A backlog is worked off in several bites, so that no other sweep waits for all of it.
MOST_BITES = 20

_failed = Counter("custos_sweeps_failed_total", "Sweeps that raised", ["sweep"])


def _due_reactions() -> int:
    with scope.entered(scope.Scope.of_system("record.reactions")):
        return record.run_due()


#: Each returns how much it did; 0 means that nothing is left.
SWEEPS: dict[str, Callable[[], int]] = {
    "record.reactions": _due_reactions,
    "record.sightings": sightings.sync,
    "duty.deadlines": duty.sweep,
    "duty.unstaffed": duty.sweep_unstaffed,
    "duty.strength": shifts.sweep,
    "duty.rounds": rounds.sweep,
    "duty.handovers": handover.sweep,
    "custody.absences": going_out.sweep,
    "custody.counts": counting.sweep,
    "reception.releases": release.sweep,
    "timelimits.deadlines": timelimits.sweep,
}


def once(sweeps: dict[str, Callable[[], int]] = SWEEPS) -> list[str]:
    """One round; returns the sweeps that failed."""
    failed = []
    for name, sweep in sweeps.items():
        try:
            for _ in range(MOST_BITES):
                if not sweep():
                    break
        except Exception as error:  # one sweep's failure must not stop the others
            failed.append(name)
            _failed.labels(name).inc()
            log.error("sweep.failed", sweep=name, error=type(error).__name__, exc_info=True)
    return failed


def tell(failed: list[str]) -> None:
    """Say of a round which sweeps failed, and beat if what is open climbed."""
    pulse.say_failing(failed)
    if CLIMBING.isdisjoint(failed):
        pulse.beat(pulse.SWEEPS)


def run(stop: Event) -> None:
    """Sweep until `stop` is set."""
    while not stop.is_set():
        began = time.monotonic()
        failed = once()
        try:
            tell(failed)
        except Exception as error:  # the database is away, or went between the sweep and the beat
            log.error("sweep.no_beat", error=type(error).__name__)
        # Gives the connection back; a broken one is not used again.
        close_old_connections()
        stop.wait(max(0.0, EVERY - (time.monotonic() - began)))
