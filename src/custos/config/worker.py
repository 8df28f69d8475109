"""`custos worker`: background jobs, sweeps and the device listener in one process.

Each part comes back by itself when the database does. A part that ends for another reason ends the
process, and whoever supervises it starts it again: a worker that does half its work is worse than
one that is seen to be gone.
"""

import asyncio
import gc
import os
import signal
from collections.abc import Callable
from threading import Event, Thread

import structlog
from django.utils.module_loading import autodiscover_modules
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from custos.config import sweeps
from custos.foundation.database import pulse
from custos.prevention.devices.listener import listen

log = structlog.get_logger(__name__)

_PATIENCE = 5.0
_TRY_AGAIN = 2.0


def _listener(stop: Event) -> None:
    listen(stop, lambda: pulse.beat("devices"))


PARTS: dict[str, Callable[[Event], None]] = {"sweeps": sweeps.run, "devices": _listener}


def run() -> None:
    """Work until SIGTERM or SIGINT."""
    autodiscover_modules("jobs")
    # What is imported by now stands for ever: it is not looked through at each collection.
    gc.collect()
    gc.freeze()
    stop = Event()
    threads = [
        Thread(target=_part, args=(name, part, stop), name=name, daemon=True)
        for name, part in PARTS.items()
    ]
    for thread in threads:
        thread.start()
    asyncio.run(_jobs(stop))
    for thread in threads:
        thread.join(_PATIENCE)


def _part(name: str, part: Callable[[Event], None], stop: Event) -> None:
    try:
        part(stop)
    except BaseException as error:
        log.critical("worker.part_failed", part=name, error=type(error).__name__, exc_info=True)
    if not stop.is_set():
        os._exit(1)


async def _jobs(stop: Event) -> None:
    """Run queued and periodic jobs until a signal; sets `stop` then."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, asked.set)
    stopping = asyncio.create_task(asked.wait())
    while not asked.is_set():
        working = asyncio.create_task(_work())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            stop.set()
            working.cancel()
            await asyncio.wait({working}, timeout=_PATIENCE)
        elif (error := working.exception()) is not None:
            if not isinstance(error, (ConnectorException, OSError)):
                raise error
            log.warning("worker.database_lost", error=type(error).__name__)
            await asyncio.wait({stopping}, timeout=_TRY_AGAIN)
    stop.set()


async def _work() -> None:
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with app.replace_connector(connector):
        async with app.open_async():
            await app.run_worker_async(
                concurrency=2,
                install_signal_handlers=False,
                shutdown_graceful_timeout=_PATIENCE,
                delete_jobs="successful",
                listen_notify=True,
            )
