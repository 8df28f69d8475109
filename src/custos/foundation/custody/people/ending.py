"""How a legal document that holds somebody comes off their file, and how one typed wrong is put right.

It ends by the paper that revokes it or takes its place, or because it was never theirs: a decision of two
officers, since whoever it held may leave by it. What was typed wrong is put right by one, as long as the
document holds the person as it did. Which documents hold is for the gate to say (`leaving.holds()`).

Source: 看守所条例 第39条; that it takes two is a proposal.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from custos.foundation import clock
from custos.foundation.accounts import confirmations
from custos.foundation.accounts.acting import Acting
from custos.foundation.accounts.confirmations import Content
from custos.foundation.codes.spelling import same_number
from custos.foundation.custody import leaving
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import facts, kinds
from custos.foundation.custody.people.keeping import restored, row_of
from custos.foundation.custody.people.models import FactRow
from custos.foundation.custody.people.services import faults_of, locked
from custos.foundation.database import scope
from custos.foundation.errors import Conflict, CustosError, Malformed, Missing, raise_all
from custos.foundation.record import services as record
from custos.foundation.record.parties import Actor

END = "custody.end_document"
#: How a document ends: another paper takes it back or takes its place, or it was never this person's.
REVOKED, REPLACED, MISTAKEN = "revoked", "replaced", "mistaken"
HOW = {
    REVOKED: _("Revoked by a paper"),
    REPLACED: _("Another paper took its place"),
    MISTAKEN: _("Recorded of the wrong person, or never issued"),
}


def content_of(
    custody: UUID,
    fact: UUID,
    *,
    how: str,
    reason: str,
    paper: str = "",
    issuer: str = "",
    on: date | None = None,
) -> dict[str, str]:
    """What two officers confirm: which document ends, by which paper, of whom and of when, and why."""
    return {
        "custody": str(custody),
        "fact": str(fact),
        "how": how,
        "paper": paper.strip(),
        "issuer": issuer.strip(),
        "on": on.isoformat() if on else "",
        "reason": reason.strip(),
    }


def may_end(content: Content) -> None:
    """Raise whatever `end_document()` would, before anybody is asked to confirm it."""
    stay = Custody.objects.visible_to(scope.current()).filter(pk=content["custody"]).first()
    if stay is None:
        raise Missing("custody.no_such_stay", _("There is no such person in custody."))
    raise_all(_faults_of_ending(_document(stay, UUID(content["fact"])), content))


def end_document(confirmation: UUID, content: Content, *, by: Acting) -> None:
    """End a document that holds somebody, on a confirmation of exactly this by a second officer.

    `content` is what `content_of()` gives. Its row is closed, what was recorded stays. Raises `Missing` for
    one that isn't of this stay, `Conflict` where it has ended or holds nobody, `Malformed` without the
    paper that ends it (its number, date and authority), for a paper of before the document itself or of the
    future, and what `confirmations.consume()` raises.
    """
    with record.deed() as deed:
        second = confirmations.consume(confirmation, END, content, by=by)
        stay, _person = locked(UUID(content["custody"]))
        row = _document(stay, UUID(content["fact"]))
        raise_all(_faults_of_ending(row, content))
        row.until, row.ended_how = deed.at, _how(content)
        row.save(update_fields=["until", "ended_how"])
        document = _basis(row)
        deed.append(
            kinds.DocumentEnded(
                fact=row.pk,
                kind=document.kind,
                number=document.number,
                how=_how(content),
                paper=content["paper"],
                issuer=content["issuer"],
                issued_on=_day(content),
                reason=content["reason"],
            ),
            about=stay,
            by=by.actor,
            second=second,
            ground="看守所条例 第39条",
        )


def correct(custody: UUID, fact: UUID, becomes: facts.Basis, *, reason: str, by: Actor) -> UUID:
    """Put right what was typed wrong of a document that holds somebody; returns the fact that holds now.

    The kind of document stays, its last day moves no earlier and comes to none that had none, and its
    number is no other document's of the stay: else the person would be held by less, which takes two
    officers (`end_document()`). Raises `Missing`, `Conflict` where it has ended, is the same or would hold
    less, `Malformed` without a reason or for what can't be read, `NotAllowed` for who may not record
    documents.
    """
    record.require_writer(kinds.DocumentCorrected, by)
    if not reason.strip():
        raise Malformed("fact.reason", _("Say why."), field="reason")
    raise_all(faults_of(becomes))
    with record.deed() as deed:
        stay, person = locked(custody)
        row = _document(stay, fact)
        was = _basis(row)
        raise_all(_faults_of_correcting(was, becomes, _other_numbers(stay, row)))
        row.until = deed.at
        row.save(update_fields=["until"])
        anew = row_of(
            becomes,
            organization_id=stay.organization_id,
            detainee_id=person.pk,
            custody_id=stay.pk,
            since=deed.at,
        )
        anew.save(force_insert=True)
        corrected = deed.append(
            kinds.DocumentCorrected(
                fact=row.pk,
                becomes=anew.pk,
                kind=was.kind,
                was=_said(was),
                now=_said(becomes),
                reason=reason.strip(),
            ),
            about=stay,
            by=by,
        )
        deed.append(kinds.entry_of(becomes, anew.pk), about=stay, by=by, because=corrected.id)
    return anew.pk


def _document(stay: Custody, fact: UUID) -> FactRow:
    """A document of a stay, as it is kept."""
    rows = FactRow.objects.visible_to(scope.current())
    row = rows.filter(pk=fact, custody=stay, sort="basis").first()
    if row is None:
        raise Missing("fact.no_such", _("There is no such fact about this person."))
    if row.until:
        raise Conflict("fact.ended", _("This has been ended already."))
    if not leaving.holds(row.says["kind"]):
        raise Conflict(
            "fact.holds_nobody",
            _("On this document nobody is held."),
            mend=_("End it in the file as any other fact, and say why."),
        )
    return row


def _basis(row: FactRow) -> facts.Basis:
    fact = restored(row)
    assert isinstance(fact, facts.Basis)
    return fact


def _how(content: Content) -> Literal["revoked", "replaced", "mistaken"]:
    how = content["how"]
    if how == REVOKED:
        return "revoked"
    return "replaced" if how == REPLACED else "mistaken"


def _day(content: Content) -> date | None:
    try:
        return date.fromisoformat(content["on"]) if content["on"] else None
    except ValueError:
        raise Malformed("fact.day", _("This is no day."), field="on") from None


def _faults_of_ending(row: FactRow, content: Content) -> list[CustosError]:
    """What the decision lacks, or can't be."""
    faults: list[CustosError] = []
    if content["how"] not in HOW:
        faults.append(Malformed("fact.how", _("Say how it ended."), field="how"))
    if not content["reason"].strip():
        faults.append(Malformed("fact.reason", _("Say why."), field="reason"))
    if content["how"] != MISTAKEN:
        faults += _faults_of_paper(_basis(row), content)
    return faults


def _faults_of_paper(document: facts.Basis, content: Mapping[str, Any]) -> list[CustosError]:
    """What is wrong with the paper that ends a document."""
    faults: list[CustosError] = [
        Malformed(
            "fact.no_paper",
            _("This must be filled in."),
            field=field,
            mend=_(
                "A document that holds somebody ends by a paper: its number, date and authority."
            ),
        )
        for field in ("paper", "issuer", "on")
        if not content[field].strip()
    ]
    if same_number(content["paper"], document.number):
        faults.append(
            Malformed(
                "fact.paper_itself",
                _("This is the number of the document itself."),
                field="paper",
                mend=_("Type the number of the paper that ends it."),
            )
        )
    day = _day(content)
    if day and day > clock.today():
        faults.append(Malformed("fact.paper_future", _("That day lies in the future."), field="on"))
    if day and document.issued_on and day < document.issued_on:
        faults.append(
            Malformed(
                "fact.paper_before",
                _("The paper is older than the document that it is to end."),
                field="on",
                mend=_("Compare the two; it may end another one."),
            )
        )
    return faults


def _other_numbers(stay: Custody, row: FactRow) -> list[str]:
    """The numbers of the other documents of a stay, ended ones too."""
    rows = FactRow.objects.visible_to(scope.current()).filter(custody=stay, sort="basis")
    return [other.says["number"] for other in rows.exclude(pk=row.pk)]


def _faults_of_correcting(
    was: facts.Basis, becomes: facts.Basis, others: Iterable[str]
) -> list[CustosError]:
    if was == becomes:
        return [Conflict("fact.known", _("This is recorded already."))]
    two = _(
        "End it as recorded by mistake, which takes a second officer, and record the right one."
    )
    faults: list[CustosError] = []
    if becomes.kind != was.kind:
        faults.append(
            Conflict(
                "fact.other_kind",
                _("Another kind of document is no correction of this one."),
                field="kind",
                mend=two,
            )
        )
    # Without a last day it holds on: by taking the day away and setting another one officer would end it.
    if (becomes.valid_to or date.max) < (was.valid_to or date.max):
        faults.append(
            Conflict(
                "fact.earlier_day",
                _("An earlier last day, or one where none was, would let the person go sooner."),
                field="valid_to",
                mend=two,
            )
        )
    # Under another document's number it would end with that one.
    anew = not same_number(becomes.number, was.number)
    if anew and any(same_number(becomes.number, other) for other in others):
        faults.append(
            Conflict(
                "fact.number_taken",
                _("Another document of this stay has this number."),
                field="number",
                mend=two,
            )
        )
    return faults


def _said(document: facts.Basis) -> str:
    """A document in words, its last day among them."""
    last = document.valid_to
    return f"{document.words()} → {last.isoformat()}" if last else document.words()
