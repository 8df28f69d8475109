"""Break-glass: reading in an emergency what one's post doesn't read, about one stay, for half an hour.

A duty leader at night may need to know what only the doctor reads. They say why; an entry and a task
tell the facility's leader at once; it ends by itself and stands in a list. Only reading is widened, only
inside `reading()`, only of that stay, and only care is opened: never a sealed complaint or what is the
prosecutor's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import access
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.kinds import GlassBroken
from custos.foundation.accounts.models import BreakGlass
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, Malformed, NotAllowed
from custos.foundation.record import services as record
from custos.foundation.record.parties import Audience, Post, Subject

LASTS, PAGE, LONGEST_REASON = timedelta(minutes=30), 50, 400
#: A reason is a sentence: so many characters, of so many different ones.
LEAST_REASON, LEAST_DIFFERENT = 10, 5
#: Whoever decides at night when no clinician is there; others call them.
OPENING = (Post.DUTY_LEADER, Post.LEADER)
#: Whoever answers for it or oversees it, each in their scope.
LISTED_FOR = (Post.LEADER, Post.RESIDENT_PROSECUTOR, Post.OVERSIGHT, Post.AUDIT_ADMIN)
_OPENED = frozenset({int(Audience.CLINICAL), int(Audience.COUNSELLING)})


def open_for(about: Subject, reason: str, *, by: Acting) -> datetime:
    """Open one stay's care for half an hour; returns until when.

    `about` names the stay. Raises `NotAllowed` for a post that may not, `Malformed` for a reason that is
    none or has more than `LONGEST_REASON` characters, `Conflict` where it is open already.
    """
    if by.post not in OPENING:
        raise NotAllowed("glass.post", _("Your post doesn't open this."))
    signs = "".join(filter(str.isalnum, reason))
    if len(signs) < LEAST_REASON or len(set(signs.casefold())) < LEAST_DIFFERENT:
        raise Malformed(
            "glass.no_reason",
            _("Say why in a sentence: at least %(least)s characters."),
            field="reason",
            mend=_("What has happened, and what you need to know."),
            least=LEAST_REASON,
        )
    if len(reason.strip()) > LONGEST_REASON:
        raise Malformed(
            "glass.reason_long",
            _("At most %(limit)s characters."),
            field="reason",
            mend=_("Say the essence."),
            limit=LONGEST_REASON,
        )
    assert about.custody_id is not None
    if until := open_until(about.custody_id, by=by):
        raise Conflict("glass.open", _("It is open already."), until=until)
    with record.deed() as deed:
        row = BreakGlass.objects.create(
            organization_id=about.organization_id,
            custody_id=about.custody_id,
            staff=by.staff,
            post=by.post.value,
            reason=reason.strip(),
            at=deed.at,
            until=deed.at + LASTS,
        )
        deed.append(GlassBroken(reason=row.reason, until=row.until), about=about, by=by.actor)
    return row.until


def open_until(custody_id: UUID, *, by: Acting) -> datetime | None:
    """Until when the reader, on this post, has opened this stay; None where they have not."""
    return (
        BreakGlass.objects.visible_to(scope.current())
        .filter(staff=by.staff, custody_id=custody_id, post=by.post.value, until__gt=clock.now())
        .order_by("-until")
        .values_list("until", flat=True)
        .first()
    )


def open_now() -> int:
    """How many openings of the scope have not ended. One query."""
    rows = BreakGlass.objects.visible_to(scope.current())
    return rows.filter(until__gt=clock.now()).count()


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open to a reader just now: until when, and the audiences that are theirs without it. What
    isn't for these is read only where it is about the stay itself.
    """

    until: datetime
    own: frozenset[int]


@contextmanager
def reading(custody_id: UUID, *, by: Acting) -> Iterator[Opened | None]:
    """Ask about this one stay with what was opened; gives None where nothing is.

    For queries about that stay only, which keep what else they find to `Opened.own`; never for a deed.
    """
    until = open_until(custody_id, by=by)
    if until is None:
        yield None
        return
    access.note_opened()
    own = scope.current()
    with scope.entered(replace(own, audiences=own.audiences | _OPENED)):
        yield Opened(until, own.audiences)


@dataclass(frozen=True, slots=True)
class Shown:
    """One opening, as the list shows it; of the person the stay's identifier only."""

    at: datetime
    until: datetime
    name: str
    post: Any
    reason: str
    custody_id: UUID
    is_open: bool


def listed(*, offset: int = 0) -> tuple[list[Shown], int]:
    """Openings of the scope, latest first, and how many. Two queries."""
    rows = BreakGlass.objects.visible_to(scope.current())
    now = clock.now()
    shown = [
        Shown(
            row.at,
            row.until,
            row.staff.name,
            Post(row.post).title,
            row.reason,
            row.custody_id,
            row.until > now,
        )
        for row in rows.select_related("staff").order_by("-at")[offset : offset + PAGE]
    ]
    return shown, rows.count()
