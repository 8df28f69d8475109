"""Bringing an installation's database up to the program's version."""

from django.core.management import call_command

from custos.foundation.codes import services as codes
from custos.foundation.database import scope


def migrate() -> None:
    """Migrate, and load the code tables that come with this version, as the owner of the tables."""
    call_command("migrate", interactive=False, verbosity=0)
    with scope.entered(scope.Scope.of_system("migrate")):
        report = codes.load()
    if report.wrong:
        raise RuntimeError("\n".join(report.lines))
