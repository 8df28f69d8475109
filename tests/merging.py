"""Two records that two leaders find to be of one person, and part again; called within a scope."""

from typing import Any

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import services as people
from custos.foundation.record.parties import Post
from custos.management.reception import merging as merging  # declares the acts
from tests import factories, leaving


def merged(now: Custody, former: Custody) -> None:
    """Two leaders find that two records are of one person."""
    _together(people.MERGE, people.merge, now, former)


def a_former(now: Custody) -> Custody:
    """A stay that has ended, under a record that two leaders found to be of the same person."""
    same = {"in_cell": now.cell_id, "sex": now.detainee.sex, "name": now.detainee.name}
    former = leaving.left(factories.a_detainee(**same, reason="另无铺位"))
    merged(now, former)
    return former


def parted(now: Custody, former: Custody) -> None:
    """Two leaders find that they are two people after all."""
    _together(people.UNDO, people.undo_merge, now, former)


def _together(act: str, do: Any, now: Custody, former: Custody) -> None:
    first, second = (factories.somebody(Post.LEADER, at=now.organization) for _ in range(2))
    content = {
        "custody": str(now.pk),
        "kept": str(now.detainee_id),
        "other": str(former.detainee_id),
        "reason": "one number",
    }
    asked = confirmations.ask(
        act,
        content,
        organization_id=now.organization_id,
        ground="two leaders",
        by=first,
        proven_at=clock.now(),
    )
    confirmations.confirm(asked.pk, by=second, proven_at=clock.now())
    do(asked.pk, content, by=first)
