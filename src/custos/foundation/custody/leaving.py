"""Who is asked before a stay ends: the gate, which stands above this module and knows what is lawful.

A module above declares itself the gate by `guard()` when it starts. `services.end_stay()` asks it about the
locked stay, within the transaction that ends it. Where no gate stands, nobody leaves. By `tell()` it
says on which kinds of documents people are held; where nobody says, each holds. By `tell_grounds()` it
says on which documents somebody is held now: whoever else has to know asks `grounds()`, and counts nothing;
a page that names them asks `documents()`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation.custody import placing
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.errors import NotAllowed
from custos.foundation.record.parties import Actor


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to leave, which way, when, and on whose word."""

    stay: Custody
    way: str
    at: datetime
    by: Actor
    second: Actor


@dataclass(frozen=True, slots=True)
class Passed:
    """That somebody may leave: into freedom or not, the way in words, and which rules were asked."""

    freed: bool
    title: str
    shown: tuple[str, ...]


Gate = Callable[[Asked], Passed]

_gates: list[Gate] = []


def guard(gate: Gate) -> Gate:
    """Declare the gate, which raises a `CustosError` for whoever may not leave. There is one."""
    if gate not in _gates:
        _gates[:] = [gate]
    return gate


def ask(asked: Asked) -> Passed:
    """Ask the gate. Raises what it refuses, and `NotAllowed` where none stands."""
    if not _gates:
        raise NotAllowed("custody.no_gate", _("No gate says that this person may leave."))
    return _gates[0](asked)


#: Whether a kind of document (code of `custos.basis`) holds somebody.
Holds = Callable[[str], bool]

_tellers: list[Holds] = []


def tell(holds: Holds) -> Holds:
    """Declare who says which documents hold. There is one."""
    if holds not in _tellers:
        _tellers[:] = [holds]
    return holds


def holds(kind: str) -> bool:
    """Whether somebody is held on this kind of document."""
    return _tellers[0](kind) if _tellers else True


@dataclass(frozen=True, slots=True)
class Ground:
    """A document on which somebody is held: its name in the reader's language, and its number."""

    title: str
    number: str

    def __str__(self) -> str:
        return f"{self.title} {self.number}"


#: The documents of the file on which somebody is held now, where an authority is named without those that a
#: paper of it has ended.
Grounds = Callable[[Custody, str | None], tuple[Ground, ...]]

_grounds: list[Grounds] = []


def tell_grounds(grounds: Grounds) -> Grounds:
    """Declare who says on which documents somebody is held. There is one."""
    if grounds not in _grounds:
        _grounds[:] = [grounds]
    return grounds


def grounds(stay: Custody) -> tuple[str, ...]:
    """The numbers of the documents of the file on which somebody is held now; none where nothing does.

    Where nobody says, it is the document of the admission.
    """
    return tuple(one.number for one in documents(stay))


def documents(stay: Custody, *, beside: str | None = None) -> tuple[Ground, ...]:
    """The same by their names; with the authority `beside` only what holds them beside the custody that a
    paper of that authority has ended.
    """
    if not _grounds:
        return (Ground(stay.basis, stay.basis_number),)
    return _grounds[0](stay, beside)


def held(custody: UUID) -> Custody:
    """A stay that hasn't ended, locked until the deed ends. Raises `Missing` out of scope, `Conflict`."""
    return placing.lock_stays([custody])[custody]


def still_held(custodies: Iterable[UUID]) -> list[Custody]:
    """Those of some stays of the scope that haven't ended, by id, locked in that order. One query."""
    rows = Custody.objects.visible_to(scope.current()).select_for_update(of=("self",))
    return list(rows.filter(pk__in=set(custodies), ended_at=None).order_by("pk"))
