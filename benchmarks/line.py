"""The thin line: from a press of a cell's button to the task on the patrol's open page.

The press is what a device sends (`mosquitto_pub`, to the embedded broker), the page is open in Chromium;
the time runs from starting that command until the task's row is on the page, so the start of the
program is in it. Somebody waits for each of these seconds: the worst counts, not the middle.
"""

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks._place import database
from benchmarks._site import browser, session, site
from custos.config.benching import Figure

PRESSES = 20


def run(scale: float = 1.0) -> list[Figure]:
    """Press, one after the other; `scale` is the share of the full number of presses."""
    with (
        database(),
        tempfile.TemporaryDirectory(prefix="custos-bench-") as folder,
        _broker(Path(folder)) as broker,
    ):
        patrol, buttons = _world(max(3, round(PRESSES * scale)))
        with _listening(broker, Path(folder)), site() as address, browser() as chromium:
            context = chromium.new_context(base_url=address, locale="zh-CN")
            context.add_cookies([{"name": "sessionid", "value": patrol, "url": address}])
            page = context.new_page()
            page.goto("/duty/")
            page.wait_for_timeout(1500)  # the stream is open
            times = sorted(_seconds(page, broker, Path(folder), button) for button in buttons)
    return [
        Figure("from a press to the open page, median", times[len(times) // 2], "s", 1, True),
        Figure("from a press to the open page, worst", times[-1], "s", 1, True),
    ]


@contextmanager
def _broker(folder: Path) -> Iterator[Any]:
    """The embedded broker, as Custos signs in there."""
    from django.conf import settings

    from custos.config import broker as embedded
    from custos.config.environment import Broker
    from tests import brokers

    with brokers.running(folder) as port:
        secret = embedded.password(embedded.CUSTOS, folder)
        settings.BROKER = Broker("127.0.0.1", port, embedded.CUSTOS, secret)
        yield settings.BROKER


def _world(presses: int) -> tuple[str, list[Any]]:
    """A patrol's session, and a button in each of as many cells as are pressed."""
    from custos.foundation import clock
    from custos.foundation.database import scope
    from custos.foundation.organizations.models import Cell, Organization
    from custos.foundation.record.jobs import ensure_partitions
    from custos.foundation.record.parties import Post
    from custos.prevention.devices.tests.worlds import a_button

    ensure_partitions(clock.now().date())
    with scope.entered(scope.Scope.of_system("bench")):
        facility = Organization.objects.create(id=101_001_001, name="第一看守所", kind="KSS")
        cells = Cell.objects.bulk_create(
            Cell(organization=facility, name=f"{serial:03}", capacity=12)
            for serial in range(1, presses + 1)
        )
        return session(facility, Post.PATROL), [a_button(cell) for cell in cells]


@contextmanager
def _listening(broker: Any, folder: Path) -> Iterator[None]:
    """Custos hears what devices say."""
    from custos.prevention.devices.listener import Listener

    stop = threading.Event()
    listener = Listener(broker, folder / "spool")
    thread = threading.Thread(target=listener.run, args=(stop,))
    thread.start()
    known = folder / "spool" / "devices.json"
    while not (known.exists() and listener.client.is_connected()):
        time.sleep(0.05)
    yield
    stop.set()
    thread.join(20)


def _seconds(page: Any, broker: Any, folder: Path, button: Any) -> float:
    """Press one button, and wait until its row is on the page."""
    from custos.config import broker as embedded
    from custos.foundation.database import scope
    from custos.prevention.devices.tests.worlds import payload_of, topic_of

    with scope.entered(scope.Scope.of_system("bench")):
        name, topic, payload = button.cell.name, topic_of(button), payload_of(button)
    command = ["mosquitto_pub", "-h", broker.host, "-p", str(broker.port), "-q", "1", "-s"]
    command += ["-u", embedded.DEVICES, "-P", embedded.password(embedded.DEVICES, folder)]
    began = time.monotonic()
    subprocess.run([*command, "-t", topic], input=payload, check=True, timeout=10)
    page.locator("[data-rows] [data-key]", has_text=name).first.wait_for(timeout=20_000)
    return time.monotonic() - began
