"""Checkpoints: one Merkle root (RFC 6962) per organization and day over the hashes of its entries.

A checkpoint begins where the one before ended, so that together they cover a chain without a hole.
The witness file signs them; a stretch that was changed is then named even where every later hash was
recomputed.
"""

from datetime import date

from django.db.models import Max

from custos.foundation import clock
from custos.foundation.record.digests import merkle_root
from custos.foundation.record.models import Checkpoint, Entry, Head


def make(day: date) -> int:
    """Close every chain that grew since its last checkpoint; returns how many.

    Call it under the system's scope, at the end of `day`. Three queries and one per chain that grew:
    each chain's hashes are read apart, so that memory holds one day of one facility.
    """
    heads = Head.objects.filter(seq__gt=0).values_list("organization_id", "seq", "suite")
    ends = dict(
        Checkpoint.objects.values("organization_id")
        .annotate(end=Max("last_seq"))
        .values_list("organization_id", "end")
    )
    made = []
    for organization_id, seq, suite in heads:
        first = ends.get(organization_id, 0) + 1
        if first > seq:
            continue
        hashes = Entry.objects.filter(
            organization_id=organization_id, seq__range=(first, seq)
        ).order_by("seq")
        leaves = [bytes(leaf) for leaf in hashes.values_list("hash", flat=True)]
        made.append(
            Checkpoint(
                organization_id=organization_id,
                day=day,
                suite=suite,
                first_seq=first,
                last_seq=seq,
                root=merkle_root(leaves, suite),
                made_at=clock.now(),
            )
        )
    Checkpoint.objects.bulk_create(made)
    return len(made)
