"""Facts as rows, and rows as facts: what is secret goes into an envelope and comes out of it."""

from typing import Any

import orjson

from custos.foundation.custody.people import facts
from custos.foundation.custody.people.models import FactRow
from custos.foundation.database import secrecy
from custos.foundation.database.ids import new_id
from custos.foundation.database.secrecy import Place


def _place(row: FactRow) -> Place:
    return Place("custody_fact", row.pk, "sealed")


def row_of(fact: facts.Fact, **where: Any) -> FactRow:
    """The row of a fact, not yet written; `where` are its other columns."""
    row = FactRow(pk=new_id(), sort=fact.sort, says=fact.open_part(), **where)
    if secret := fact.secret_part():
        row.sealed = secrecy.conceal(orjson.dumps(secret).decode(), _place(row))
    return row


def restored(row: FactRow) -> Any:
    """The fact of a row, what is secret opened. Raises `secrecy.Unreadable` where it was changed."""
    secret = orjson.loads(secrecy.reveal(bytes(row.sealed), _place(row))) if row.sealed else {}
    return facts.SORTS[row.sort].model_validate(row.says | secret)
