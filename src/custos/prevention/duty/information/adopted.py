"""The file that a facility adopted last, and the catalogue that follows from it."""

from datetime import date, datetime
from functools import lru_cache

from django.db.models import F

from custos.foundation import clock
from custos.foundation.database import scope
from custos.prevention.duty.information import catalogue
from custos.prevention.duty.information.catalogue import FacilityFile
from custos.prevention.duty.information.models import FacilityCatalogue
from custos.prevention.duty.information.types import Catalogue


def latest(organization: int, day: date) -> FacilityCatalogue | None:
    """The file in use at a facility on a day. One query."""
    return (
        FacilityCatalogue.objects.visible_to(scope.current())
        .filter(organization_id=organization, valid_from__lte=day)
        .order_by("-version")
        .first()
    )


def then(organization: int, at: datetime) -> FacilityCatalogue | None:
    """The file that was in use at a facility at a moment, whatever was adopted later. One query."""
    rows = FacilityCatalogue.objects.visible_to(scope.current()).filter(adopted_at__lte=at)
    rows = rows.filter(organization_id=organization, valid_from__lte=clock.day_of(at))
    return rows.order_by("-version").first()


def by_facility(day: date) -> dict[int, FacilityCatalogue]:
    """The files in use on a day, by facility. One query."""
    rows = (
        FacilityCatalogue.objects.visible_to(scope.current())
        .filter(valid_from__lte=day)
        .order_by("organization_id", F("version").desc())
        .distinct("organization_id")
    )
    return {row.organization_id: row for row in rows}


def own_of(row: FacilityCatalogue | None) -> FacilityFile:
    """What a stored file says; nothing where there is none."""
    return _read(row.text) if row else FacilityFile()


def catalogue_of(row: FacilityCatalogue | None) -> Catalogue:
    """The shipped catalogue with what a stored file adds; files are read once a process."""
    return _whole(row.text) if row else catalogue.shipped()


@lru_cache(maxsize=256)
def _read(text: str) -> FacilityFile:
    return catalogue.read_own(text)


@lru_cache(maxsize=256)
def _whole(text: str) -> Catalogue:
    return catalogue.with_own(_read(text))
