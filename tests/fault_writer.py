"""Appends entries for ever, and says the id of each only when it is committed.

Run by the fault tests beside a demo whose processes are being killed; a database that went is
waited for, as whoever uses a page would.
"""
# ruff: noqa: E402 (Django's models can be imported only after its setup)

import sys
import time
from uuid import UUID

import django

django.setup()

from django.db import DatabaseError, connection

from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Subject
from custos.prevention.devices.kinds import DeviceRegistered

FACILITY = 101_001_001
SYSTEM = scope.Scope.of_system("tests")


def append(number: int) -> UUID:
    said = DeviceRegistered(
        device=UUID(int=number),
        device_kind="emergency_button",
        device_name=f"button {number}",
        topic_prefix=f"{FACILITY}/{number}",
        token="button",
    )
    with scope.entered(SYSTEM), record.deed() as deed:
        header = deed.append(said, about=Subject(FACILITY), by=Actor.system("tests"))
    return header.id


def main() -> None:
    made, number = False, 0
    while True:
        try:
            if not made:
                with scope.entered(SYSTEM):
                    Organization.objects.get_or_create(id=FACILITY, defaults={"name": "Centre"})
                made = True
            sys.stdout.write(f"{append(number)}\n")
            sys.stdout.flush()
            number += 1
        except DatabaseError:
            connection.close()
            time.sleep(0.05)


if __name__ == "__main__":
    main()
