"""What `custos codes` says and does; thin."""

from collections.abc import Callable
from pathlib import Path

from custos.foundation.codes import services
from custos.foundation.database import scope

Say = Callable[[str], object]


def _tell(report: services.Report, say: Say) -> bool:
    for line in report.lines:
        say(line)
    say(f"{report.added} added, {report.closed} closed, {report.wrong} wrong")
    return report.wrong > 0


def load(say: Say) -> bool:
    """Load the shipped tables; True where something was wrong and nothing was changed."""
    with scope.entered(scope.Scope.of_system("codes.load")):
        return _tell(services.load(), say)


def regions(file: Path, say: Say) -> bool:
    """Load regions from a published list; True where something was wrong and nothing was changed."""
    with scope.entered(scope.Scope.of_system("codes.regions")):
        return _tell(services.import_regions(file), say)


def check(file: Path, say: Say) -> bool:
    """Check a file against the catalogue; True where something does not conform."""
    with scope.entered(scope.Scope.of_system("codes.check")):
        return _tell(services.check_file(file), say)
