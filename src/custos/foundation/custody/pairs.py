"""Two people who are kept apart, as they are written down: the row, and the entry about each of them."""

from datetime import datetime
from uuid import UUID

from custos.foundation.custody import engine
from custos.foundation.custody.place_kinds import KeptApart
from custos.foundation.custody.place_models import KeepApart


def row_of(
    one: UUID,
    other: UUID,
    *,
    organization_id: int,
    kind: str,
    scope: str,
    roles: tuple[str, str],
    reason: str,
    since: datetime,
) -> KeepApart:
    """The row of two stays in the order of their ids, not saved. `roles` are theirs as they are given."""
    swapped = one > other
    return KeepApart(
        organization_id=organization_id,
        one_id=min(one, other),
        other_id=max(one, other),
        kind=kind,
        scope=scope,
        role_of_one=roles[swapped],
        role_of_other=roles[not swapped],
        reason=reason,
        since=since,
    )


def told_of(row: KeepApart, first: UUID) -> list[tuple[UUID, KeptApart]]:
    """The stay that each of the two entries is about and what it says, that about `first` first."""
    ends = [
        (row.one_id, row.other_id, row.role_of_one, row.role_of_other),
        (row.other_id, row.one_id, row.role_of_other, row.role_of_one),
    ]
    return [
        (
            about,
            KeptApart(
                pair=row.pk,
                other_custody=other,
                pair_kind=row.kind,
                scope=row.scope,
                role=role,
                role_of_other=role_of_other,
                reason=row.reason,
            ),
        )
        for about, other, role, role_of_other in sorted(ends, key=lambda end: end[0] != first)
    ]


def ground_of(row: KeepApart) -> str:
    """The rule that entries about a pair rest on; nothing for what law doesn't name."""
    return "看守所条例 第14条" if row.kind == engine.CODEFENDANTS else ""
