"""Who a facility has on its record already, by number, document and name: what bringing people in asks.

Nothing of it is shown as it is: it says that a number is used, and by which number somebody is held.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from custos.foundation.codes.spelling import name_key
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import names
from custos.foundation.custody.people.models import Token
from custos.foundation.database import scope, secrecy


@dataclass(frozen=True, slots=True)
class HeldStay:
    """A stay that has this number: whose, whether it has ended, and what an admission said of it."""

    custody_id: UUID
    detainee_id: UUID
    ended: bool
    said: Mapping[str, Any]


def by_numbers(organization_id: int, numbers: Collection[str]) -> dict[str, HeldStay]:
    """The stays of a facility that have these numbers. One query."""
    rows = Custody.objects.visible_to(scope.current()).filter(
        organization_id=organization_id, number__in=list(numbers)
    )
    return {
        stay.number: HeldStay(
            stay.pk,
            stay.detainee_id,
            stay.ended_at is not None,
            {
                "name": stay.detainee.name,
                "sex": stay.detainee.sex,
                "born": stay.detainee.born,
                "basis": stay.basis,
                "basis_number": stay.basis_number,
            },
        )
        for stay in rows.select_related("detainee")
    }


def by_names(organization_id: int) -> dict[tuple[str, str, date | None], str]:
    """The number of everybody held in a facility, by `name_key()`, sex and date of birth. One query."""
    rows = _present(organization_id).values_list(
        "detainee__name", "detainee__sex", "detainee__born", "number"
    )
    return {(name_key(name), sex, born): number for name, sex, born, number in rows}


def by_papers(organization_id: int, papers: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """Name and number of those held in a facility who have one of these documents. Two queries."""
    tokens = {
        token: paper
        for paper in papers
        for token in names.of_document(paper, citizen=False, blind=secrecy.blind)
    }
    holders: dict[UUID, list[str]] = {}
    rows = Token.objects.filter(token__in=list(tokens), organization_id=organization_id)
    for token, detainee in rows.values_list("token", "detainee_id"):
        holders.setdefault(detainee, []).append(tokens[token])
    found: dict[str, list[tuple[str, str]]] = {}
    stays = _present(organization_id).filter(detainee_id__in=list(holders))
    for detainee, name, number in stays.values_list("detainee_id", "detainee__name", "number"):
        for paper in holders[detainee]:
            found.setdefault(paper, []).append((name, number))
    return found


def numbers_of(stays: Iterable[UUID]) -> dict[UUID, str]:
    """The custody numbers of some stays of the scope. One query."""
    rows = Custody.objects.visible_to(scope.current()).filter(pk__in=list(stays))
    return dict(rows.values_list("pk", "number"))


def _present(organization_id: int) -> Any:
    return Custody.objects.visible_to(scope.current()).filter(
        organization_id=organization_id, ended_at__isnull=True
    )
