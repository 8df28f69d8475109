"""Starting the demo on a set-up machine: the first time, which builds its world, and again.

`scale` changes nothing: there is one world.
"""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from custos.config import postgres
from custos.config.benching import Figure

_LONGEST = 600.0


def run(scale: float = 1.0) -> list[Figure]:
    """Measure both starts, from the command to the first page."""
    folder = Path(tempfile.mkdtemp(prefix="custos-bench-"))
    data = folder / "data"
    try:
        first, again = _seconds_to_the_first_page(data), _seconds_to_the_first_page(data)
    finally:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(postgres.place_for(data).home)
        shutil.rmtree(folder)
    return [
        Figure("first start, world built, to the first page", first, "s", 180, True),
        Figure("start again, to the first page", again, "s", 15, True),
    ]


def _seconds_to_the_first_page(data: Path) -> float:
    port, mqtt_port = _free_ports()
    command = [sys.executable, "-m", "custos.config.program", "demo", "--data", str(data)]
    began = time.monotonic()
    with (data.parent / "demo.log").open("wb") as log:
        demo = subprocess.Popen(
            [*command, "--port", str(port), "--mqtt-port", str(mqtt_port)],
            env={k: v for k, v in os.environ.items() if not k.startswith("CUSTOS_")},
            stdout=log,
            stderr=log,
        )
    try:
        while not _first_page(port):
            if demo.poll() is not None or time.monotonic() - began > _LONGEST:
                raise RuntimeError((data.parent / "demo.log").read_text())
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)


def _first_page(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/account/login/", headers={"Host": "localhost"})
        answer = connection.getresponse()
        return answer.status == 200 and b"Custos" in answer.read()
    return False


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        for probe in (one, two):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]
