"""The grave act of letting somebody leave for good, as the second person is asked it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts import queries as accounts
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Act, Content, Whom
from custos.foundation.custody import queries as custody
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people.kinds import DocumentCorrected, DocumentEnded, FactEnded
from custos.foundation.custody.people.queries import Held
from custos.foundation.custody.queries import PersonShown
from custos.foundation.errors import Conflict, raise_all
from custos.foundation.record import queries as record
from custos.foundation.record.queries import Line
from custos.management.reception.release import gathered, queries
from custos.management.reception.release.engine import blockers
from custos.management.reception.release.kinds import RELEASING
from custos.management.reception.release.opening import way_of
from custos.management.reception.release.services import ACT, InWords, refusal, require_remark


def _lines(content: Content) -> list[tuple[Any, Any]]:
    person = custody.person(UUID(content["custody"]))
    said = [
        (_("Person"), f"{person.name} · {person.number}"),
        (_("Way out"), str(InWords(way_of(content["way"]).title))),
        (_("Document"), content["paper"]),
        (_("It ends"), "、".join(content["ends"])),
        *((_("Ended or corrected in the file"), words) for words in _ended(person)),
        (_("Last day"), content["planned_on"]),
        (_("Taken over by"), content["receiver"]),
        (_("What becomes of what isn't ready"), content["reason"]),
    ]
    return [(label, value) for label, value in said if value]


#: What says of a document of the file that it holds no longer as it was recorded.
_CLOSING = (FactEnded, DocumentEnded, DocumentCorrected)
_MOST = 200


def _ended(person: PersonShown) -> list[str]:
    """The documents of custody that were ended or corrected in the file: which, by what paper, why, by whom
    and when. Three queries.

    The paper of the release doesn't end them, so whoever confirms has to look at each.
    """
    ended = [one for one in people.ever(person.custody_id, "basis") if one.until is not None]
    if not ended:
        return []
    names_of_kinds = [kind.name for kind in _CLOSING]
    lines = record.timeline(detainee=person.detainee_id, kinds=names_of_kinds, limit=_MOST)
    said = {getattr(line.payload, "fact", None): line for line in lines}
    refs = {ref for line in said.values() for ref in (line.by_ref, line.second_ref) if ref}
    names = accounts.names_of(refs)
    return [_words_of(one, said.get(one.id), names) for one in ended]


def _words_of(one: Held, line: Line | None, names: Mapping[str, str]) -> str:
    basis = one.fact
    named = f"{basis.meaning('kind')} {basis.number}"
    if line is None or not isinstance(line.payload, _CLOSING):
        return named
    said = line.payload
    by = "、".join(names.get(ref, "") for ref in (line.by_ref, line.second_ref) if ref)
    at = clock.day_of(line.recorded_at).isoformat()
    reason = said.reason
    if isinstance(said, DocumentEnded) and said.paper:
        reason = f"{said.paper} {said.issuer} · {reason}"
    if isinstance(said, DocumentCorrected):
        reason = _("corrected to %(now)s: %(reason)s") % {"now": said.now, "reason": reason}
    return _("%(document)s: %(reason)s (%(by)s, %(at)s)") % {
        "document": named,
        "reason": reason,
        "by": by,
        "at": at,
    }


def _check(content: Content, by: Acting) -> None:
    """Nobody is asked to confirm what the gate would refuse."""
    del by
    row = queries.case(UUID(content["release"]))
    if row.closed_at:
        raise Conflict("release.closed", _("This case is closed."))
    facts = gathered.facts_of(row, custody.person(row.custody_id), clock.now())
    raise_all([refusal(found) for found in blockers(facts)])
    require_remark(row, content["reason"])


confirmations.register(
    Act(
        ACT,
        gettext_lazy("Let somebody leave for good"),
        firsts=frozenset(RELEASING),
        seconds=frozenset(RELEASING),
        lines=_lines,
        url=lambda content: reverse("release", args=[content["release"]]),
        effect=gettext_lazy(
            "The stay ends, the place is free, what the facility issues is issued, and the entry names both"
            " officers."
        ),
        undone=gettext_lazy("Nothing. Somebody who comes back is admitted anew."),
        instead=gettext_lazy(
            "Refuse, and look at the release gate with whoever asks: the document itself, who is let out,"
            " what isn't ready. Whoever must leave by law is not kept: say at once what is wrong."
        ),
        about=lambda content: Whom(custody=UUID(content["custody"])),
        check=_check,
        both_officers=True,
    )
)
