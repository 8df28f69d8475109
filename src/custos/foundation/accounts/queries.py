"""Questions about accounts and postings."""

from pathlib import Path
from typing import NamedTuple

import yaml
from django.db.models import Q

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.models import Posting, Staff, User
from custos.foundation.database import scope


def acting_of(user: User, posting_id: int | None = None) -> Acting | None:
    """As what an account acts: the posting named, or the first it holds today; None without any.

    Opens its own scope, that of the account's own rows. Two queries.
    """
    today = clock.now().astimezone(clock.LOCAL).date()
    with scope.entered(scope.Scope.of_nobody(user.pk)):
        postings = tuple(
            Posting.objects.filter(user=user, since__lte=today)
            .filter(Q(until__isnull=True) | Q(until__gte=today))
            .select_related("organization", "staff")
            .order_by("organization_id", "id")
        )
    if not postings:
        return None
    chosen = next((p for p in postings if p.pk == posting_id), postings[0])
    return Acting(user, chosen.staff, chosen, postings)


def names_of(staff_ids: set[str]) -> dict[str, str]:
    """Names of staff by id, as far as the current scope covers them. One query."""
    rows = Staff.objects.visible_to(scope.current()).filter(id__in=staff_ids)
    return {str(pk): name for pk, name in rows.values_list("id", "name")}


class DemoRole(NamedTuple):
    """A card of the demo's sign-in page."""

    username: str
    post: str
    name: dict[str, str]
    sees: dict[str, str]


def demo_roles() -> list[DemoRole]:
    """The roles that the demo's sign-in page offers, in the order of its cards."""
    file = Path(__file__).parent / "rules" / "demo_roles.yaml"
    return [DemoRole(**row) for row in yaml.safe_load(file.read_text(encoding="utf-8"))]
