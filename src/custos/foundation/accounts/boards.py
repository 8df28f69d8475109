"""Wall boards: screens that receive and never send.

A leader or the security administrator names a board and gets a code, good once and for ten minutes.
Typed in at the screen, it becomes a cookie that is no account: `gate.board` views are all it opens, by
GET, for one organization, without any audience of the record. Revoking ends it with the next look.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.kinds import BoardEnrolled, BoardRevoked
from custos.foundation.accounts.models import Board
from custos.foundation.database import scope
from custos.foundation.database.scope import Scope
from custos.foundation.errors import Malformed, Missing
from custos.foundation.organizations.models import Organization
from custos.foundation.organizations.numbers import range_of
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor, Audience, Post, Subject

COOKIE, CODE_FOR, COOKIE_FOR = "board", timedelta(minutes=10), timedelta(days=365)
ENROLLING = (Post.LEADER, Post.SECURITY_ADMIN)
_SYSTEM = Scope.of_system("accounts.boards")


@dataclass(frozen=True, slots=True)
class Showing:
    """What a board shows: one organization's subtree, and nothing of the record."""

    board: UUID
    organization: Organization
    scope: Scope


def showing(request: HttpRequest) -> Showing | None:
    """The board behind a request, or None. One query."""
    token = request.COOKIES.get(COOKIE, "")
    if not token or len(token) > 100:
        return None
    with scope.entered(_SYSTEM):
        board = (
            Board.objects.filter(token=_digest(token), revoked_at__isnull=True)
            .select_related("organization")
            .first()
        )
    if board is None:
        return None
    lowest, highest = range_of(board.organization_id)
    seen = Scope(lowest, highest, frozenset(), f"board:{board.pk}")
    return Showing(board.pk, board.organization, seen)


def make(name: str, *, by: Acting) -> tuple[Board, str]:
    """Name a board of one's organization; returns the code for its screen, shown once."""
    if not name.strip():
        raise Malformed("board.no_name", _("Say where the board hangs."), field="name")
    code, now = _a_code(), clock.now()
    board = Board.objects.create(
        organization=by.organization,
        name=name.strip()[:100],
        made_at=now,
        code=_digest(code),
        code_until=now + CODE_FOR,
    )
    return board, code


def renew(board_id: UUID) -> tuple[Board, str]:
    """Give a board that no screen shows yet a new code, in place of one that was lost or ran out.

    Returns it, shown once. Raises `Missing` out of scope, and for a board that is in use or revoked.
    """
    code = _a_code()
    with transaction.atomic():
        board = (
            Board.objects.visible_to(scope.current())
            .select_for_update()
            .filter(pk=board_id, enrolled_at__isnull=True, revoked_at__isnull=True)
            .first()
        )
        if board is None:
            raise Missing("board.no_such", _("There is no such board."))
        board.code, board.code_until = _digest(code), clock.now() + CODE_FOR
        board.save(update_fields=["code", "code_until"])
    return board, code


def enroll(code: str) -> str:
    """Turn a code into the token that the screen keeps; good once. Raises `Malformed` for another."""
    digits = "".join(filter(str.isdigit, code[:30]))
    with scope.entered(_SYSTEM), record.deed() as deed:
        board = (
            Board.objects.select_for_update()
            .filter(code=_digest(digits), code_until__gte=clock.now(), revoked_at__isnull=True)
            .first()
            if digits
            else None
        )
        if board is None:
            raise Malformed(
                "board.code",
                _("This code is not right, was used, or is older than ten minutes."),
                field="code",
                mend=_("Ask a leader or the security administrator for a new code."),
            )
        token = secrets.token_urlsafe(32)
        board.code, board.token, board.enrolled_at = "", _digest(token), clock.now()
        board.save(update_fields=["code", "token", "enrolled_at"])
        deed.append(
            BoardEnrolled(board=board.pk, board_name=board.name),
            about=Subject(board.organization_id),
            by=Actor.system("accounts.boards"),
        )
    return token


def revoke(board_id: UUID, *, reason: str, by: Acting) -> None:
    """End a board's session, and say why. Raises `Malformed` without a reason, `Missing` out of scope or
    where it was revoked before.
    """
    if not reason.strip():
        raise Malformed("board.no_reason", _("Say why."), field="reason")
    own = scope.current()
    # An administrator reads nothing of the record, but this is an entry.
    with (
        scope.entered(replace(own, audiences=own.audiences | {int(Audience.STAFF)})),
        record.deed() as deed,
    ):
        board = (
            Board.objects.visible_to(own)
            .select_for_update()
            .filter(pk=board_id, revoked_at__isnull=True)
            .first()
        )
        if board is None:
            raise Missing("board.no_such", _("There is no such board."))
        board.revoked_at, board.code = clock.now(), ""
        board.save(update_fields=["revoked_at", "code"])
        revoked = BoardRevoked(board=board.pk, board_name=board.name, reason=reason.strip())
        deed.append(revoked, about=Subject(board.organization_id), by=by.actor)


def known() -> list[Board]:
    """The boards of the scope, latest first. One query."""
    rows = Board.objects.visible_to(scope.current()).select_related("organization")
    return list(rows.order_by("-made_at")[:100])


def _a_code() -> str:
    return f"{secrets.randbelow(10**10):010d}"


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
