"""The running site, somebody signed in, and a browser, for benches that look at pages."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def session(facility: Any, post: Any) -> str:
    """The session of an officer on a post who has signed in."""
    from django.test import Client

    from custos.foundation.accounts import services as accounts
    from custos.foundation.record.parties import Actor, StaffKind

    user = accounts.make_account(f"bench-{facility.pk}-{post}", None)
    accounts.post_staff(
        user,
        name="陈安平",
        kind=StaffKind.OFFICER,
        organization=facility,
        post=post,
        by=Actor.system("bench"),
    )
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


@contextmanager
def site() -> Iterator[str]:
    """The site as `custos serve` runs it, in a thread."""
    import uvicorn
    from django.conf import settings

    from custos.config.asgi import application

    settings.DEMO = True
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(application, log_config=None, lifespan="off", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://localhost:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


@contextmanager
def served(workers: int) -> Iterator[int]:
    """The site on a free port, as `custos serve` runs it, in processes of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    program = [sys.executable, "-m", "custos.config.program"]
    command = [*program, "serve", "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(
        command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("the site doesn't start") from None
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def browser() -> Iterator[Any]:
    from tests import browsers

    with browsers.running() as browser:
        yield browser
