"""The access log: whoever shows a person's data says so, once a page.

A page runs inside `recording()`. Queries that name people call `note()`; when the page is ready one
row is written with everybody it showed, in the transaction of the reads. If the row cannot be
written, neither can the page be shown.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.database import scope

_shown: ContextVar[set[UUID] | None] = ContextVar("custos_shown", default=None)


class Unrecorded(RuntimeError):
    """Personal data was about to be read where nothing records it; a defect of the caller."""


def note(detainees: Iterable[UUID]) -> None:
    """Say that the data of these people is being shown.

    Raises `Unrecorded` outside `recording()`, except to the system itself, which shows nothing to
    anybody.
    """
    shown = _shown.get()
    if shown is not None:
        shown.update(detainees)
    elif not scope.current().who.startswith("system:"):
        raise Unrecorded("personal data is read within access.recording() only")


@contextmanager
def recording(acting: Acting, *, purpose: str, route: str) -> Iterator[set[UUID]]:
    """Record who is shown in this block: one row at its end, none where nobody was shown.

    `purpose` is a short code of what the data is used for, `route` the page or operation.
    """
    shown: set[UUID] = set()
    token = _shown.set(shown)
    try:
        yield shown
    finally:
        _shown.reset(token)
    if shown:
        Access.objects.create(
            at=clock.now(),
            organization_id=acting.posting.organization_id,
            staff_id=acting.staff.pk,
            post=acting.post.value,
            purpose=purpose,
            route=route,
            detainees=sorted(shown),
        )
