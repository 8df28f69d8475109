"""The demo's own broker, for tests with real clients."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(data: Path) -> Iterator[int]:
    """The embedded broker on a folder of its own, started as `custos demo` starts it; gives its port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "custos.config.program", "broker", "--port", str(port)],
        env=os.environ | {"CUSTOS_DATA": str(data), "CUSTOS_SECRET_KEY": "x" * 50},
    )
    try:
        end = time.monotonic() + 20
        while True:
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "the broker ended"
            assert time.monotonic() < end, f"nothing listens on port {port}"
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)
