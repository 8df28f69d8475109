"""Building the demo's world, step by step; each step says what it does."""

import random
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from custos.config import broker
from custos.config.demo import (
    duty,
    history,
    limits,
    places,
    portraits,
    rosters,
    staff,
    week,
    year,
)
from custos.config.demo.duty import YEAR
from custos.config.demo.places import STAFF, World
from custos.config.demo.staff import demo_password
from custos.foundation import clock
from custos.foundation.accounts import queries as accounts
from custos.foundation.database import scope
from custos.foundation.record import checkpoints, witness
from custos.foundation.record.jobs import ensure_partitions
from custos.prevention.devices.models import Device, DeviceKind

SEED = 20260101


def build(report: Callable[[str], None], seed: int = SEED, share: float = 1.0) -> None:
    """Fill an empty database with the demo's world, telling each step to `report`.

    `share` is how much of the people and of what happens is made.
    """
    world = World(random.Random(seed), clock.now(), share)  # noqa: S311  (a world, not a secret)
    ensure_partitions(world.began.date())
    with scope.entered(scope.Scope.of_system("demo")):
        report("organizations, cells and devices …")
        with clock.set_to(world.began):
            places.build(world)
        report(f"{STAFF} staff on their posts …")
        with clock.set_to(world.began + timedelta(hours=1)):
            staff.build(world)
        with clock.set_to(world.now - YEAR):
            duty.adopt(world)
        report(f"people held since before this week, and {sum(history.PAST):,} stays of before …")
        pictures = portraits.stored()
        later = history.write(world, pictures)
    report("the roster of this month and the next …")
    with clock.set_to(world.now), scope.entered(scope.Scope.of_system("demo")):
        rosters.publish(world)
    report("the last week, day by day …")
    with clock.set_to(world.now), scope.entered(scope.Scope.of_system("demo")):
        duty.plan(world)
    desk = limits.Desk()
    desk.plan(world)
    week.tell(world, later, report)
    report("legal papers, and the clocks that run by them …")
    with clock.set_to(world.now), scope.entered(scope.Scope.of_system("demo")):
        desk.enter(world)
    report("a year of duty …")
    with scope.entered(scope.Scope.of_system("demo")):
        year.write(world)
    report("rounds, and who plays the posts of the shift …")
    with clock.set_to(world.now), scope.entered(scope.Scope.of_system("demo")):
        duty.walk(world)
        duty.let_play(world)
    with scope.entered(scope.Scope.of_system("demo")):
        checkpoints.make(clock.day_of(world.now - timedelta(days=1)))
        witness.sign_heads()
    report("done")


def announcement() -> list[str]:
    """What to tell whoever started the demo: its sign-ins, and how to press a button."""
    lines = ["Sign in (one click on the page, or by name):"]
    for role in accounts.demo_roles():
        lines.append(f"  {role.username:12} {role.name['zh']}  {role.name['en']}")
    lines.append(f"  password of each: {demo_password()}")
    with scope.entered(scope.Scope.of_system("demo")):
        button = Device.objects.filter(kind=DeviceKind.EMERGENCY_BUTTON).order_by("name").first()
    if button:
        at = settings.BROKER
        lines += [
            "",
            f"Press the emergency button of cell {button.topic_prefix.rsplit('/')[-1]}:",
            f"  mosquitto_pub -h {at.host} -p {at.port} -V mqttv311 -q 1"
            f" -u {broker.DEVICES} -P '{broker.password(broker.DEVICES)}' \\",
            f"    -t '{week.topic_of(button)}' \\",
            '    -m \'{"UtcTime":"\'$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)\'",'
            f'"Source":{{"InputToken":"{button.token}"}},"Data":{{"LogicalState":"true"}}}}\'',
        ]
    return lines
