"""Small valid worlds for tests, made by the services that users call; call them within a scope."""

from collections.abc import Mapping
from datetime import date
from itertools import count
from uuid import UUID

from custos.foundation import clock
from custos.foundation.accounts import queries as accounts_queries
from custos.foundation.accounts import services as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import services as custody
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.database.ids import new_id
from custos.foundation.organizations import numbers
from custos.foundation.organizations import services as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.foundation.organizations.numbers import Tier
from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind

SYSTEM = scope.Scope.of_system("tests")
BY_SYSTEM = Actor.system("tests")

_turn = count(1)


def an_officer(post: Post, kind: StaffKind = StaffKind.OFFICER) -> Actor:
    """A writer of entries that has no account."""
    return Actor(ActorKind.STAFF, str(new_id()), post, kind)


def a_city() -> Organization:
    """The first city of the first province, made with all that is above it where there is none."""
    above: Organization | None = None
    for number, tier in (
        (numbers.MINISTRY, Tier.MINISTRY),
        (101_000_000, Tier.PROVINCE),
        (101_001_000, Tier.CITY),
    ):
        above = Organization.objects.filter(pk=number).first() or organizations.open_organization(
            tier.value, tier=tier, parent=above, by=BY_SYSTEM
        )
    assert above is not None
    return above


def a_facility(
    kind: str = "KSS",
    *,
    parent: Organization | None = None,
    codes: Mapping[str, str] | None = None,
) -> Organization:
    """One more facility, in the first city unless a parent is named."""
    return organizations.open_organization(
        f"Centre {next(_turn)}",
        tier=Tier.FACILITY,
        parent=parent or a_city(),
        kind=kind,
        codes=codes,
        by=BY_SYSTEM,
    )


def a_cell(sex: str = "1", capacity: int = 12, *, facility: Organization | None = None) -> Cell:
    """One more cell, in an area of its own; in a facility of its own unless one is named."""
    name = f"{2000 + next(_turn)}"  # no cell that a test names itself
    area = organizations.add_area(facility or a_facility(), f"Area {name}")
    return organizations.add_cell(area, name, sex=sex, capacity=capacity, by=BY_SYSTEM)


def a_detainee(
    *,
    in_cell: Cell | UUID,
    sex: str = "1",
    born: date | None = date(1990, 5, 1),
    name: str = "Wang Jianguo",
    reason: str = "",
    by: Actor | None = None,
) -> Custody:
    """Somebody admitted into a cell just now."""
    return custody.admit(
        name=name,
        sex=sex,
        born=born,
        basis="拘留证",
        basis_number="1",
        number=f"{next(_turn):021}",
        arrived_at=clock.now(),
        cell=in_cell.pk if isinstance(in_cell, Cell) else in_cell,
        by=by or an_officer(Post.ADMISSION),
        reason=reason,
    )


def somebody(
    post: Post = Post.PATROL,
    kind: StaffKind = StaffKind.OFFICER,
    *,
    at: Organization | None = None,
    password: str | None = None,
) -> Acting:
    """A member of staff with an account, on a post of a facility, as they act today."""
    user = accounts.make_account(f"user-{next(_turn)}", password)
    accounts.post_staff(
        user, name="Zhao Min", kind=kind, organization=at or a_facility(), post=post, by=BY_SYSTEM
    )
    acting = accounts_queries.acting_of(user)
    assert acting is not None
    return acting
