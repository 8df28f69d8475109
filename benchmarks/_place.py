"""A database for measuring: the program's own server and roles, in a folder that goes afterwards."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from custos.config import postgres


@contextmanager
def database() -> Iterator[None]:
    """Django on an empty, migrated database, as the application's role under row-level security."""
    folder = Path(tempfile.mkdtemp(prefix="custos-bench-"))
    folder.chmod(0o711)  # the server, where we are root, lives in it as another account
    server = postgres.Server(postgres.prepared_place(folder), durable=True)
    try:
        server.start()
        server.provision()
        os.environ |= {
            "CUSTOS_DATA": str(folder),
            "DATABASE_URL": server.place.url(postgres.APP),
            "CUSTOS_OWNER_URL": server.place.url(postgres.OWNER),
            "DJANGO_SETTINGS_MODULE": "custos.config.settings",
        }
        subprocess.run([sys.executable, "-m", "custos.config.program", "migrate"], check=True)
        import django

        django.setup()
        yield
    finally:
        from django.db import connections

        connections.close_all()
        for connection in connections.all():
            if hasattr(connection, "close_pool"):
                connection.close_pool()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
