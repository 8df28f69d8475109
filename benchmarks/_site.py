"""The running site, somebody signed in, and a browser, for benches that look at pages."""

import socket
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

    user = accounts.make_account(f"bench-{post}", None)
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
def browser() -> Iterator[Any]:
    from tests import browsers

    with browsers.running() as browser:
        yield browser
