"""Writes that may be sent twice: the same `Idempotency-Key` gets the same answer, once done.

The row of a key is put in by the transaction of the write itself. A second request with the key
waits at the unique index until the first has committed, and then finds its answer; where the first
was refused, nothing of it remains and the second runs. So only what was done is ever kept.
"""

import re
from collections.abc import Callable, Set
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from psycopg.errors import LockNotAvailable

from custos.foundation import clock
from custos.foundation.accounts import access
from custos.foundation.api.callers import Caller
from custos.foundation.api.models import Answer
from custos.foundation.api.problems import Refused
from custos.foundation.database import scope
from custos.foundation.errors import Malformed

KEPT = timedelta(hours=24)
#: The status of an answer that was erased: gone.
ERASED = 410
#: How long a second request waits for the first before it is told to come back.
PATIENCE_SECONDS = 5
_KEY = re.compile(r"[!-~]{1,255}")


def key_of(request: HttpRequest) -> str:
    """The request's key, or "". Raises `Malformed` for one that is not visible ASCII."""
    key = request.headers.get("Idempotency-Key", "")
    if key and not _KEY.fullmatch(key):
        raise Refused(
            422,
            "idempotency.key",
            _("An Idempotency-Key has 1 to 255 visible ASCII characters."),
            parameter="Idempotency-Key",
            mend=_("Use a random UUID."),
        )
    return key


def once(
    request: HttpRequest, caller: Caller, shown: Set[UUID], run: Callable[[], HttpResponse]
) -> HttpResponse:
    """Run a write, or give what it answered before. `shown` is whom the answer names, once run.

    Within the transaction of the write. Raises `Malformed` where the key was used for another
    request, `Refused` (409) where the first of two is still running, and (410) where its answer was
    erased.
    """
    key = key_of(request)
    if not key:
        return run()
    asked = _digest(request)
    if not _claimed(caller, key, asked):
        return _again(caller, key, asked)
    answer = run()
    Answer.objects.visible_to(caller.scope).filter(caller=caller.key, key=key).update(
        status=answer.status_code, body=answer.content, detainees=sorted(shown)
    )
    return answer


def _digest(request: HttpRequest) -> str:
    """What was asked. Keyed: a body may hold a password, and what is kept must not help to guess it."""
    said = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return salted_hmac("custos.api.idempotency", said, algorithm="sha256").hexdigest()


_CLAIM = """
INSERT INTO api_answer (caller, key, organization_id, request, status, body, detainees, at)
VALUES (%(caller)s, %(key)s, %(organization)s, %(request)s, 0, '', '{}', %(now)s)
ON CONFLICT (caller, key) DO UPDATE
    SET request = EXCLUDED.request, status = 0, body = '', detainees = '{}', at = EXCLUDED.at
    WHERE api_answer.at < %(oldest)s
RETURNING id
"""


def _claimed(caller: Caller, key: str, asked: str) -> bool:
    """Whether this request is the first of its key; waits for one that is being run."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
        try:
            cursor.execute(
                _CLAIM,
                {
                    "caller": caller.key,
                    "key": key,
                    "organization": caller.organization_id,
                    "request": asked,
                    "now": now,
                    "oldest": now - KEPT,
                },
            )
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            raise Refused(
                409,
                "idempotency.running",
                _("The first request with this key is still running."),
                mend=_("Send it again in a moment."),
                headers={"Retry-After": str(PATIENCE_SECONDS)},
            ) from None
        row = cursor.fetchone()
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return row is not None


def _again(caller: Caller, key: str, asked: str) -> HttpResponse:
    kept = Answer.objects.visible_to(caller.scope).get(caller=caller.key, key=key)
    if kept.request != asked:
        raise Malformed(
            "idempotency.other_request",
            _("This Idempotency-Key was used for another request."),
            mend=_("Take a new key for each thing to be done."),
        )
    if kept.status == ERASED:
        raise Refused(
            ERASED,
            "idempotency.erased",
            _("It was done; what was answered has been erased by law since."),
            mend=_("Ask for what there is now."),
        )
    access.note(kept.detainees)
    return HttpResponse(
        bytes(kept.body),
        status=kept.status,
        content_type="application/json; charset=utf-8",
        headers={"Idempotent-Replayed": "true"},
    )


def erase(detainee: UUID) -> int:
    """Take what was answered about a person out of the answers, as something they say was erased.

    The keys stay, so that nothing is done twice. Opens the system's scope: callers may be of an
    organization above. Returns how many.
    """
    with scope.entered(scope.Scope.of_system("api.idempotency")):
        return Answer.objects.filter(detainees__contains=[detainee]).update(status=ERASED, body=b"")


def sweep() -> int:
    """Take away answers that are past their day; returns how many. Under the system's scope."""
    gone, _each = Answer.objects.filter(at__lt=clock.now() - KEPT).delete()
    return gone
