"""The access log: whoever shows a person's data says so, once a page.

A page runs inside `recording()`. Queries that name people call `note()`; when the page is ready one
row is written with everybody it showed, in the transaction of the reads. If the row cannot be
written, neither can the page be shown. A page that shows alarms is then made once more without people:
inside `withholding()` queries return nobody, and `withheld()` lets the page say so.

A page that stands open and fetches itself anew is no further look: of whom the same reader was shown on the
same page within `STANDS` there is a row already. Whoever is new to it is written at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from itertools import chain
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Access
from custos.foundation.database import scope
from custos.foundation.errors import CustosError

log = structlog.get_logger(__name__)

#: For so long a row stands for what an open page goes on showing.
STANDS = timedelta(hours=1)

_withheld: ContextVar[bool] = ContextVar("custos_withheld", default=False)
_shown: ContextVar[set[UUID] | None] = ContextVar("custos_shown", default=None)
_opened: ContextVar[bool] = ContextVar("custos_opened", default=False)


class Unrecorded(RuntimeError):
    """Personal data was about to be read where nothing records it; a defect of the caller."""


class NotWritten(CustosError):
    """The row of the access log could not be written, so nothing about people is shown."""

    status = 503


@contextmanager
def withholding() -> Iterator[None]:
    """Leave people out of what is shown in this block."""
    token = _withheld.set(True)
    try:
        yield
    finally:
        _withheld.reset(token)


def withheld() -> bool:
    """Whether people are being left out just now."""
    return _withheld.get()


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


def note_opened() -> None:
    """Say that what is shown was opened in an emergency: each time is a look of its own."""
    _opened.set(True)


@contextmanager
def recording(
    acting: Acting, *, purpose: str, route: str, by_itself: bool = False
) -> Iterator[set[UUID]]:
    """Record who is shown in this block: one row at its end, none where nobody was shown.

    `purpose` is a short code of what the data is used for, `route` the page or operation; `by_itself` where
    an open page fetches it and nobody asked. Raises `NotWritten` where the row is refused; the transaction
    is lost then.
    """
    with recording_as(
        acting.staff.pk,
        acting.post.value,
        organization_id=acting.posting.organization_id,
        purpose=purpose,
        route=route,
        by_itself=by_itself,
    ) as shown:
        yield shown


@contextmanager
def recording_as(
    reader: UUID,
    post: str,
    *,
    organization_id: int,
    purpose: str,
    route: str,
    by_itself: bool = False,
) -> Iterator[set[UUID]]:
    """The same for any reader: a member of staff on a post, or a system by its token's identifier."""
    shown: set[UUID] = set()
    token, unopened = _shown.set(shown), _opened.set(False)
    try:
        yield shown
        further = not by_itself or _opened.get()
    finally:
        _shown.reset(token)
        _opened.reset(unopened)
    if not shown:
        return
    written = shown
    try:
        if not further:
            written = shown - _standing(reader, post, organization_id, route)
            if not written:
                return
        Access.objects.create(
            at=clock.now(),
            organization_id=organization_id,
            staff_id=reader,
            post=post,
            purpose=purpose,
            route=route,
            detainees=sorted(written),
        )
    except DatabaseError as error:
        log.exception("access.not_written")
        raise NotWritten(
            "access.not_written",
            _("The access log can't be written, so nothing about people is shown."),
            mend=_("Alarms are still shown on the duty page. Tell the system administrator."),
        ) from error


def _standing(reader: UUID, post: str, organization_id: int, route: str) -> set[UUID]:
    """Whom this reader was shown on this page not long ago. One query."""
    rows = Access.objects.visible_to(scope.current()).filter(
        organization_id=organization_id,
        at__gt=clock.now() - STANDS,
        staff_id=reader,
        post=post,
        route=route,
    )
    return set(chain.from_iterable(rows.values_list("detainees", flat=True)))
