"""Entries about what is known of a person and of a stay. What is encrypted stands in none of them."""

from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custos.foundation.codes import shipped
from custos.foundation.custody.people import facts
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers

_DESK = (Post.ADMISSION, Post.CASE_OFFICER, Post.DUTY_LEADER, Post.LEADER)
_PERSON = Writers.posts(*_DESK, system=True)
_NEED = Writers.posts(*_DESK, Post.MEDICAL, Post.PSYCHOLOGIST, Post.PATROL, system=True)
_OUTSIDE = Writers.posts(*_DESK, Post.RECEPTION, Post.INTERROGATION, system=True)
_CASE = Writers.posts(*_DESK, Post.INTERROGATION, police_only=True, system=True)
LEADERS = (Post.LEADER, Post.DUTY_LEADER)
#: Who decides, two together, that a document holds somebody no longer: those who may record one.
ENDING = (*_DESK, Post.INTERROGATION)

#: `name` of a kind is its own; in an entry of these sorts a fact's field of that name bears the sort's.
_NAMED = frozenset({"dependant", "contact", "lawyer", "authority", "charge", "co_defendant"})


class Recorded(Kind):
    """What every entry about a fact has: the fact, and what makes one line of it."""

    sort: ClassVar[type[facts.Fact]]
    fact: UUID

    def line(self) -> str:
        return self.sort.model_construct(**self._said()).words()

    def _said(self) -> dict[str, Any]:
        said = self.model_dump(exclude={"fact"})
        named = str(self.sort.model_fields["sort"].default)
        return said | {"name": said.pop(named)} if named in _NAMED else said


class NameRecorded(Recorded):
    """A further name of a person was recorded."""

    name, version = "person.name_recorded", 1
    title = _("Other name recorded")
    writers, readers, converges = _PERSON, Readers.STAFF, True
    sort = facts.OtherName
    kind: str
    text: str


class IdentityRecorded(Recorded):
    """An identity document was recorded; of its number only the last four."""

    name, version = "person.identity_recorded", 1
    title = _("Identity document recorded")
    writers, readers, converges = _PERSON, Readers.STAFF, True
    sort = facts.IdentityPaper
    kind: str
    tail: str
    verified: bool
    fault: str
    issuer: str
    valid_to: date | None

    def _said(self) -> dict[str, Any]:
        return {"kind": self.kind, "number": self.tail}


class IdentityStated(Recorded):
    """How far it is known who a person is was recorded."""

    name, version = "person.identified", 1
    title = _("Identity recorded")
    writers, readers, converges = _PERSON, Readers.STAFF, True
    sort = facts.Identified
    state: str
    how: str


class NationalityRecorded(Recorded):
    """A person's nationality was recorded."""

    name, version = "person.nationality_recorded", 1
    title = _("Nationality recorded")
    writers, readers, converges = _PERSON, Readers.STAFF, True
    sort = facts.Nationality
    country: str


class LanguageRecorded(Recorded):
    """A person's language, and whether they need an interpreter, was recorded."""

    name, version = "person.language_recorded", 1
    title = _("Language recorded")
    writers, readers, converges = _NEED, Readers.STAFF, True
    sort = facts.Language
    language: str
    interpreter: bool


class ConsularWishRecorded(Recorded):
    """What a person wishes of their consulate was recorded."""

    name, version = "person.consular_wish_recorded", 1
    title = _("Consular wish recorded")
    writers, readers, converges = _OUTSIDE, Readers.STAFF, True
    sort = facts.Consular
    wish: str
    note: str


class NeedRecorded(Recorded):
    """A need of a person, or how to care for them, was recorded."""

    name, version = "person.need_recorded", 1
    title = _("Need recorded")
    writers, readers, converges = _NEED, Readers.STAFF, True
    sort = facts.Need
    kind: str
    text: str


class DependantRecorded(Recorded):
    """Somebody whom a person looked after was recorded."""

    name, version = "person.dependant_recorded", 1
    title = _("Dependant recorded")
    writers, readers, converges = _OUTSIDE, Readers.STAFF, False
    sort = facts.Dependant
    dependant: str
    relation: str
    born: date | None
    place: str
    carer: str
    cared_for: bool


class ContactRecorded(Recorded):
    """Somebody to turn to was recorded; the telephone number isn't here."""

    name, version = "person.contact_recorded", 1
    title = _("Contact recorded")
    writers, readers, converges = _OUTSIDE, Readers.STAFF, False
    sort = facts.Contact
    kind: str
    contact: str
    relation: str
    note: str


class LawyerRecorded(Recorded):
    """A person's lawyer was recorded; the telephone number isn't here."""

    name, version = "person.lawyer_recorded", 1
    title = _("Lawyer recorded")
    writers, readers, converges = _OUTSIDE, Readers.STAFF, False
    sort = facts.Lawyer
    kind: str
    lawyer: str
    firm: str
    licence: str


class BasisRecorded(Recorded):
    """A legal document on which a stay rests was recorded."""

    name, version = "custody.basis_recorded", 1
    title = _("Legal document recorded")
    writers, readers, converges = _CASE, Readers.STAFF, True
    sort = facts.Basis
    kind: str
    number: str
    issuer: str
    issued_on: date | None
    executed_at: datetime | None
    valid_to: date | None
    seal: bool
    matches: bool
    note: str


class AuthorityRecorded(Recorded):
    """The authority that holds the case was recorded."""

    name, version = "custody.authority_recorded", 1
    title = _("Handling authority recorded")
    writers, readers, converges = _CASE, Readers.STAFF, True
    sort = facts.Authority
    kind: str
    authority: str
    code: str
    case_number: str
    since: datetime | None


class ChargeRecorded(Recorded):
    """What a person is accused of or was punished for was recorded."""

    name, version = "custody.charge_recorded", 1
    title = _("Charge recorded")
    writers, readers, converges = _CASE, Readers.STAFF, True
    sort = facts.Charge
    code: str
    article: str
    charge: str


class CoDefendantRecorded(Recorded):
    """Somebody accused in the same case was recorded."""

    name, version = "custody.co_defendant_recorded", 1
    title = _("Co-defendant recorded")
    writers, readers, converges = _CASE, Readers.STAFF, True
    sort = facts.CoDefendant
    co_defendant: str
    case_number: str
    custody: UUID | None


class PhotoTaken(Recorded):
    """A photo of a person was recorded; it is attached."""

    name, version = "person.photo_taken", 1
    title = _("Photo recorded")
    writers, readers, converges = _PERSON, Readers.STAFF, False
    sort = facts.Photo
    sha256: str
    media_type: str


class FactEnded(Kind):
    """A fact no longer holds, or was wrong. What was recorded stays on the record."""

    name, version = "person.fact_ended", 1
    title = _("No longer holds")
    writers, readers, converges = Writers.posts(), Readers.STAFF, True
    fact: UUID
    sort: str
    reason: str

    def line(self) -> str:
        known = facts.SORTS.get(self.sort)
        return f"{known.title if known else self.sort} · {self.reason}"


class DocumentEnded(Kind):
    """Two officers ended a legal document that held somebody: by a paper, or since it was never theirs."""

    name, version = "custody.document_ended", 1
    title = _("Legal document ended")
    writers = Writers.posts(*ENDING, police_only=True, two_persons=True)
    readers, converges = Readers.STAFF, True
    fact: UUID
    kind: str
    number: str
    how: Literal["revoked", "replaced", "mistaken"]
    paper: str
    issuer: str
    issued_on: date | None
    reason: str

    def line(self) -> str:
        on = self.issued_on.isoformat() if self.issued_on else ""
        named = f"{shipped.title('custos.basis', self.kind)} {self.number}"
        by = " ".join(part for part in (self.paper, self.issuer, on) if part)
        return " · ".join(part for part in (named, by, self.reason) if part)


class DocumentCorrected(Kind):
    """What was typed wrong of a legal document was put right; it holds the person as it did."""

    name, version = "custody.document_corrected", 1
    title = _("Legal document corrected")
    writers, readers, converges = _CASE, Readers.STAFF, True
    fact: UUID
    becomes: UUID
    kind: str
    was: str
    now: str
    reason: str

    def line(self) -> str:
        return gettext("%(was)s is now %(now)s: %(reason)s") % {
            "was": self.was,
            "now": self.now,
            "reason": self.reason,
        }


class RecordsMerged(Kind):
    """Two officers found that two records are of one person; the one reads as the other from now on."""

    name, version = "person.merged", 1
    title = _("Two records found to be of one person")
    writers = Writers.posts(*LEADERS, police_only=True, two_persons=True)
    readers, converges = Readers.STAFF, True
    kept: UUID
    other: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class MergeUndone(Kind):
    """Two officers found that two records are of two people after all."""

    name, version = "person.merge_undone", 1
    title = _("Two records parted again")
    writers = Writers.posts(*LEADERS, police_only=True, two_persons=True)
    readers, converges = Readers.STAFF, True
    kept: UUID
    other: UUID
    reason: str

    def line(self) -> str:
        return gettext("They are two people: %(reason)s") % {"reason": self.reason}


#: The entry of each sort of fact.
OF_SORT: dict[str, type[Recorded]] = {
    str(kind.sort.model_fields["sort"].default): kind
    for kind in (
        NameRecorded,
        IdentityRecorded,
        IdentityStated,
        NationalityRecorded,
        LanguageRecorded,
        ConsularWishRecorded,
        NeedRecorded,
        DependantRecorded,
        ContactRecorded,
        LawyerRecorded,
        BasisRecorded,
        AuthorityRecorded,
        ChargeRecorded,
        CoDefendantRecorded,
        PhotoTaken,
    )
}


def entry_of(fact: facts.Fact, fact_id: UUID) -> Recorded:
    """The entry that tells of a fact, by what may stand in the clear."""
    said = fact.model_dump(exclude={"sort", *fact.secret}) | (
        {"tail": fact.tail, "verified": fact.verified, "fault": fact.fault}
        if isinstance(fact, facts.IdentityPaper)
        else {}
    )
    if fact.sort in _NAMED:
        said[fact.sort] = said.pop("name")
    return OF_SORT[fact.sort](fact=fact_id, **said)
