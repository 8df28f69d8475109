"""Files that were sent and that no entry names yet."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.api.callers import Caller
from custos.foundation.api.idempotency import KEPT
from custos.foundation.api.models import Upload
from custos.foundation.errors import Missing
from custos.foundation.media import services as media
from custos.foundation.media.services import StoredFile
from custos.foundation.record import queries as record


def keep(data: bytes, name: str, caller: Caller) -> "Kept":
    """Check a file and keep it for a day. Raises `Malformed` as `media.services.store` does."""
    _one_at_a_time()
    stored = media.store(data, name)
    row = Upload.objects.create(
        organization_id=caller.organization_id,
        caller=caller.key,
        sha256=stored.sha256,
        name=stored.name,
        media_type=stored.media_type,
        size=stored.size,
        at=clock.now(),
    )
    return Kept(row)


class Kept:
    """A file that was sent, as the API gives it."""

    def __init__(self, row: Upload) -> None:
        self.id, self.sha256, self.name = row.pk, row.sha256, row.name
        self.type, self.size = row.media_type, row.size


def taken(ids: Iterable[UUID], caller: Caller) -> list[StoredFile]:
    """The files that an entry is about to name; whoever sent them names them, and once.

    Raises `Missing` for one that was never sent, by somebody else, or is past its day.
    """
    wanted = list(dict.fromkeys(ids))
    rows = {
        row.pk: row
        for row in Upload.objects.visible_to(caller.scope)
        .select_for_update()
        .filter(pk__in=wanted, caller=caller.key, at__gte=clock.now() - KEPT)
    }
    if len(rows) < len(wanted):
        raise Missing(
            "file.no_such",
            _("There is no such file of yours, or it is past its day."),
            field="files",
            mend=_("Send it again."),
        )
    Upload.objects.filter(pk__in=wanted).delete()
    return [
        StoredFile(rows[pk].sha256, rows[pk].name, rows[pk].media_type, rows[pk].size)
        for pk in wanted
    ]


def sweep() -> int:
    """Take away files past their day that no entry names; returns how many were looked at.

    Under the system's scope.
    """
    _one_at_a_time()
    past = list(Upload.objects.filter(at__lt=clock.now() - KEPT).values_list("id", "sha256")[:1000])
    Upload.objects.filter(pk__in=[pk for pk, _sha256 in past]).delete()
    digests = {sha256 for _pk, sha256 in past}
    still = set(Upload.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
    for sha256 in digests - still - record.named_files(digests):
        media.remove(sha256)
    return len(past)


def _one_at_a_time() -> None:
    """The same file may be sent again just when its first sending is swept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('api.upload'))")
