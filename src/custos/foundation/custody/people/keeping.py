"""Facts as rows, and rows as facts: what is secret goes into an envelope and comes out of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from custos.foundation.custody.people import facts
from custos.foundation.custody.people.models import FactRow
from custos.foundation.database import secrecy
from custos.foundation.database.ids import new_id
from custos.foundation.database.secrecy import Place


def _place(row: UUID) -> Place:
    return Place("custody_fact", row, "sealed")


def row_of(
    fact: facts.Fact,
    *,
    organization_id: int,
    detainee_id: UUID,
    custody_id: UUID | None,
    since: datetime,
) -> FactRow:
    """The row of a fact, not yet written."""
    pk, sealed, secret = new_id(), None, fact.secret_part()
    if secret:
        sealed = secrecy.conceal(orjson.dumps(secret).decode(), _place(pk))
    return FactRow(
        id=pk,
        organization_id=organization_id,
        detainee_id=detainee_id,
        custody_id=custody_id,
        sort=fact.sort,
        says=fact.open_part(),
        sealed=sealed,
        since=since,
    )


def restored(row: FactRow) -> Any:
    """The fact of a row, what is secret opened. Raises `secrecy.Unreadable` where it was changed."""
    secret = orjson.loads(secrecy.reveal(bytes(row.sealed), _place(row.pk))) if row.sealed else {}
    return facts.SORTS[row.sort].model_validate(row.says | secret)
