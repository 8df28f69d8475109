"""Bringing an installation's database up to the program's version."""

from django.core.management import call_command


def migrate() -> None:
    """Migrate, as the owner of the tables."""
    call_command("migrate", interactive=False, verbosity=0)
