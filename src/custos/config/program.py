"""The `custos` program. Each command is thin: it opens a scope, calls a service and says how it went."""

import os
import sys

import click


def _django() -> None:
    """Load the project; commands that don't need it start faster without."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "custos.config.settings")
    import django

    django.setup()


@click.group()
def main() -> None:
    """Custos: custody management for police detention facilities."""


@main.command()
def migrate() -> None:
    """Bring the database's tables up to this version of the program."""
    os.environ["CUSTOS_AS"] = "owner"
    _django()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
