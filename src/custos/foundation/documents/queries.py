"""Questions about papers, in the scope of whoever asks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from custos.foundation.accounts import access
from custos.foundation.database import scope
from custos.foundation.documents import catalogue
from custos.foundation.documents.kinds import number_of
from custos.foundation.documents.models import Issued, Series
from custos.foundation.errors import Missing
from custos.foundation.media import services as media
from custos.foundation.record import sealing

PAGE = 50


@dataclass(frozen=True, slots=True)
class PaperShown:
    """A paper that was issued, ready to show; `number` is that on it."""

    id: UUID
    code: str
    title: str
    number: str
    issued_at: datetime
    entry_id: UUID
    sha256: str
    organization_id: int


def issued(
    *, custody: UUID | None = None, before: UUID | None = None, limit: int = PAGE
) -> list[PaperShown]:
    """Papers of the scope that the reader may read, the latest first; those about a stay. One query."""
    found = _visible()
    if custody is not None:
        found = found.filter(custody_id=custody)
    if before is not None:
        found = found.filter(id__lt=before)
    return [_shown(one) for one in found.order_by("-id")[:limit]]


def paper(paper_id: UUID) -> tuple[PaperShown, bytes]:
    """One paper as it was issued, byte for byte; whom it is about is noted in the access log.

    Raises `Missing` where the scope has none that the reader may read, or where the file is gone.
    One query.
    """
    found = _visible().filter(pk=paper_id).first()
    if found is None:
        raise Missing("documents.no_such_paper", _("There is no such paper in your scope."))
    if found.detainee_id:
        access.note([found.detainee_id])
    return _shown(found), media.read(found.sha256)


def gaps(year: int) -> dict[int, int]:
    """How many numbers of a year are missing in each facility of the scope; none ever should. Two queries.

    Counts every paper, whoever may read it, so it is asked with the system's scope.
    """
    last = dict(
        Series.objects.visible_to(scope.current())
        .filter(year=year)
        .values_list("organization_id", "last")
    )
    rows = (
        Issued.objects.visible_to(scope.current())
        .filter(year=year)
        .values("organization_id")
        .annotate(papers=Count("id"))
    )
    found = {row["organization_id"]: row["papers"] for row in rows}
    return {
        place: number - found.get(place, 0)
        for place, number in last.items()
        if number != found.get(place, 0)
    }


def _visible() -> QuerySet[Issued]:
    """What the reader may read, and law doesn't seal."""
    seen, sealed = scope.current(), sealing.condition()
    found = Issued.objects.visible_to(seen).filter(audience__in=sorted(seen.audiences))
    return found if sealed is None else found.exclude(sealed)


def _shown(one: Issued) -> PaperShown:
    return PaperShown(
        one.pk,
        one.code,
        catalogue.title_of(one.code),
        number_of(one.mark, one.year, one.number),
        one.issued_at,
        one.entry_id,
        one.sha256,
        one.organization_id,
    )
