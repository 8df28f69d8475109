"""How long a page waits for a database that says nothing.

A frozen server keeps its sockets open and enforces no time limit of its own, and over a Unix socket
the kernel knows none either: the client has to lose patience.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any, ClassVar

import psycopg


class Unanswered(psycopg.OperationalError):
    """The database was silent for too long. Whether it did what it was asked is not known."""


class Connection(psycopg.Connection[Any]):
    """A connection of the pool; where `seconds` is set, it gives up and closes after such a silence.

    The site sets it. The worker and the command line wait: they load, verify and take locks for
    longer than anybody looks at an empty page.
    """

    seconds: ClassVar[float | None] = None

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Run what psycopg does with the server until it is done."""
        if self.seconds is None:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_impatient(gen, self.seconds), *args, **kwargs)
        except Unanswered:
            self.close()
            raise


def _impatient(gen: Any, seconds: float) -> Generator[Any, Any, Any]:
    """The same steps; psycopg asks again every tenth of a second, ready or not."""
    until = monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                until = monotonic() + seconds
            elif monotonic() > until:
                raise Unanswered(f"the database said nothing for {seconds:g} seconds")
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value
