"""Whether whoever comes is here already: asked at the door, in whichever form they are admitted."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from custos.foundation.codes.spelling import name_key
from custos.foundation.custody import codefendants, held
from custos.foundation.custody import queries as custody
from custos.foundation.custody import services as stays
from custos.foundation.custody.models import Custody
from custos.foundation.errors import Conflict
from custos.foundation.record import services as record


def admit(organization_id: int, *, somebody_else: str, **facts: Any) -> Custody:
    """Admit somebody in the short form, once it is known that they aren't here already.

    `facts` are those of `custody.services.admit()`, which says what it raises; see `require_new()`.
    """
    with record.deed():
        codefendants.take_turn(organization_id)
        require_new(
            organization_id,
            name=facts["name"],
            sex=facts["sex"],
            born=facts["born"],
            somebody_else=somebody_else,
        )
        return stays.admit(**facts, somebody_else=somebody_else)


def require_new(
    organization_id: int,
    *,
    name: str,
    sex: str,
    born: date | None,
    identity_number: str = "",
    somebody_else: str = "",
) -> None:
    """Raise `Conflict` where somebody with this document, or of this name, sex and birth, is in custody.

    `somebody_else` says how it is known that they are another person. Where the answer must stand until
    somebody is admitted, the facility's turn is taken before. Two queries, three with a document.
    """
    if somebody_else.strip():
        return
    number = identity_number.strip()
    holders = held.by_papers(organization_id, {number}).get(number, []) if number else []
    if holders:
        told = _("Somebody with this document is in custody here already, as %(number)s.")
        raise _here_already(told, number=holders[0][1])
    same = custody.present().filter(detainee__sex=sex, detainee__born=born)
    key = name_key(name)
    if any(name_key(one) == key for one in same.values_list("detainee__name", flat=True)):
        told = _("%(name)s, born on the same day, is in custody already.")
        raise _here_already(told, name=name)


def _here_already(told: Any, **said: str) -> Conflict:
    return Conflict(
        "admission.here_already",
        told,
        field="same_name",
        mend=_(
            "Look whether a colleague has just admitted this person. If it is somebody else, say how you"
            " know."
        ),
        **said,
    )
