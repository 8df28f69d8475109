"""Entries of arrival: who is expected, who came, what was found and told at the door, what was decided.

Fields are named as the steps of `rules/admission.yaml` name them. What only clinicians or only the
resident prosecutor may read is an entry of its own.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict

from custos.foundation import clock
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Post, Readers, Writers
from custos.foundation.ui.wording import enumerated
from custos.management.reception import documents
from custos.management.reception.admission.rules import HEALTH, class_of_ground, rules

RECEIVING = (Post.ADMISSION, Post.DUTY_LEADER)
_RECEIVERS = Writers.posts(*RECEIVING, police_only=True)


class ArrivalExpected(Kind):
    """Somebody is announced."""

    name, version = "arrival.expected", 1
    title = _("Arrival expected")
    writers, readers = _RECEIVERS, Readers.STAFF
    arrival: UUID
    arrival_kind: str
    expected_at: datetime
    brought_by: str


class ArrivalCame(Kind):
    """Somebody stands at the door. Health and rights begin now, whatever the papers say."""

    name, version = "arrival.at_the_door", 1
    title = _("Arrived at the door")
    writers, readers, converges = _RECEIVERS, Readers.STAFF, True
    arrival: UUID
    arrival_kind: str
    brought_by: str


class ArrivalDropped(Kind):
    """An announced arrival that did not come, or that was typed by mistake."""

    name, version = "arrival.dropped", 1
    title = _("Arrival taken off the board")
    writers, readers = _RECEIVERS, Readers.STAFF
    arrival: UUID
    reason: str

    def line(self) -> str:
        return self.reason


class Returned(Kind):
    """A person in custody came back from court or hospital; injuries are looked for each time."""

    name, version = "arrival.returned", 1
    title = _("Came back")
    writers, readers, converges = _RECEIVERS, Readers.STAFF, True
    arrival: UUID
    arrival_kind: str
    injured: bool
    words: str

    def line(self) -> str:
        return self.words


class DocumentsChecked(Kind):
    """The papers were looked at by two officers. Source: 看守所条例 第9条."""

    name, version = "admission.documents_checked", 1
    title = _("Legal documents checked")
    writers, readers, converges = _RECEIVERS, Readers.STAFF, True
    arrived_at: datetime
    basis: str = ""
    basis_number: str = ""
    authority: str
    reason: str = ""
    seized_at: datetime | None = None
    seized_place: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    seal: bool | None = None
    names_match: bool | None = None
    papers: list[str] = []
    approval: str = ""
    elsewhere: bool | None = None
    first_time: bool | None = None
    criminal_detention_term: bool | None = None
    remaining_months: int | None = None
    deputy: bool | None = None
    escort: str
    second_officer: str

    def line(self) -> str:
        said = (documents.title_of(self.basis), self.basis_number, self.authority)
        return " ".join(one for one in said if one)


class IdentityChecked(Kind):
    """Who somebody is, and how that was verified. Source: Nelson Mandela Rule 7(a)."""

    name, version = "admission.identity_checked", 1
    title = _("Identity checked")
    writers, readers = _RECEIVERS, Readers.STAFF
    name_given: str
    sex: str
    born: date | None = None
    verified_by: str
    photo_match: bool | None = None
    aliases: str = ""
    identity_document: str = ""
    nationality: str
    language: str = ""
    accommodation: bool
    accommodation_what: str = ""

    def line(self) -> str:
        return " · ".join(part for part in (self.name_given, self.language) if part)


class HealthChecked(Kind):
    """What the doctor found; for clinicians. Source: 看守所条例 第10条; Nelson Mandela Rule 30."""

    name, version = "admission.health_checked", 1
    title = _("Health checked on arrival")
    writers, readers = Writers.posts(Post.MEDICAL), Readers.CLINICAL
    checked_at: datetime
    doctor: str
    blood_pressure: str
    blood_count: str
    ecg: str
    ultrasound: str
    chest_xray: str
    state: str
    history: str
    allergies: str
    medicines: str
    found: list[str] = []
    conclusion: str


class CareInstructed(Kind):
    """Whether somebody is fit to be held, and what every post has to heed; no diagnosis."""

    name, version = "admission.care_instructed", 1
    title = _("Doctor's conclusion and care instructions")
    writers, readers = Writers.posts(Post.MEDICAL), Readers.STAFF
    doctor: str
    conclusion: str
    instructions: str = ""

    def line(self) -> str:
        return self.instructions or str(_CONCLUSIONS.get(self.conclusion, self.conclusion))


_CONCLUSIONS: dict[str, Any] = {
    "fit": _("Fit to be held"),
    "hospital": _("To hospital first"),
    "unfit": _("Not fit to be held"),
}


class CareNoted(Kind):
    """A step about care was filled in while the admission is under way. Source: Nelson Mandela Rule 30."""

    name, version = "admission.care_noted", 1
    title = _("Care on arrival")
    writers = Writers.posts(*RECEIVING, Post.MEDICAL, Post.CASE_OFFICER)
    readers = Readers.STAFF
    arrival: UUID | None
    person: str
    step: str
    words: str = ""

    def line(self) -> str:
        return " · ".join(part for part in (self.person, self.step, self.words) if part)


class CareWanted(CareNoted):
    """What was seen at the door asks for the doctor now."""

    name, version = "admission.care_wanted", 1
    title = _("A new arrival needs the doctor")


class CareOrdered(CareNoted):
    """What the doctor ordered, or what was learned, has to be seen to now."""

    name, version = "admission.care_ordered", 1
    title = _("Care ordered for a new arrival")


class Injury(BaseModel):
    """One injury: where (a region of the body map), of which sort, how long in millimetres."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
    sort: str
    size_mm: int | None = None
    words: str = ""


class InjuriesRecorded(Kind):
    """The body surface was looked at; photos are attached. Source: 人民检察院刑事诉讼规则 第656条."""

    name, version = "admission.injuries_recorded", 1
    title = _("Body surface checked")
    writers, readers, converges = _RECEIVERS, Readers.STAFF, True
    looked_at: datetime
    injured: bool
    list_of: list[Injury] = []
    escort_explains: str = ""
    person_explains: str = ""
    escort_signed: str = ""
    officer_signed: str = ""
    person_signed: str = ""
    prosecutor_told_at: datetime | None = None

    def line(self) -> str:
        if not self.injured:
            return gettext("No injuries")
        return gettext("%(count)s injuries listed") % {"count": len(self.list_of)}


class IllTreatmentTold(Kind):
    """What somebody says of how they were treated before; for the resident prosecutor alone."""

    name, version = "admission.ill_treatment_told", 1
    title = _("Complaint of ill-treatment on arrival")
    writers, readers = _RECEIVERS, Readers.SEALED_COMPLAINT
    words: str


class OutcomeDecided(Kind):
    """What was made of an arrival, what was allowed, and which rules spoke against it.

    All staff read it, so a ground that a clinician found stands here as one of health; which, and what was
    written of it, is an entry for clinicians (`ClinicallyGrounded`).
    """

    name, version = "admission.decided", 1
    title = _("Decided on an arrival")
    writers, readers, converges = _RECEIVERS, Readers.STAFF, True
    arrival: UUID | None
    person: str
    outcome: str
    reason_code: str = ""
    notice_number: str = ""
    notice_received_by: str = ""
    hospital: str = ""
    deferred_until: str = ""
    approved_by: str = ""
    approval_document: str = ""
    words: str = ""
    allowed: list[str]
    shown: list[str]

    def line(self) -> str:
        told = {
            "accepted": _("Accepted into custody"),
            "refused": _("Refused, with a written notice"),
            "deferred": _("Deferred, to a hospital first"),
            "exceptional": _("Accepted on exceptional approval"),
        }
        ground = _ground_in_words(self.reason_code)
        parts = (str(told.get(self.outcome, self.outcome)), ground, self.hospital)
        return " · ".join(part for part in (*parts, self.approved_by, self.words) if part)


class ClinicallyGrounded(Kind):
    """What a clinician found spoke against receiving somebody: which groups of the law, which of them was
    the ground of a refusal, and what was written of it.
    """

    name, version = "admission.clinical_ground", 1
    title = _("Clinical ground of the decision")
    writers, readers = _RECEIVERS, Readers.CLINICAL
    arrival: UUID | None
    person: str
    reason_code: str = ""
    words: str = ""
    shown: list[str]

    def line(self) -> str:
        titles = (_ground_in_words(one.split()[0], clinical=True) for one in self.shown)
        return " · ".join(part for part in (*titles, self.words) if part)


def _ground_in_words(code: str, *, clinical: bool = False) -> str:
    """A ground of the rules in the reader's language; which one of health is said to clinicians only."""
    if not code:
        return ""
    if not clinical and class_of_ground(code) == HEALTH:
        return gettext("on grounds of health")
    known = next((one for one in (*rules().rules, *rules().groups) if one.id == code), None)
    return known.title.within(get_language() or "") if known else code


class FirstLookTaken(Kind):
    """What was seen of danger to themselves; opens the screening. Source: Nelson Mandela Rule 30."""

    name, version = "admission.first_look", 1
    title = _("First look for danger to themselves")
    writers, readers = _RECEIVERS, Readers.STAFF
    self_harm: bool
    withdrawal: bool
    confused: bool
    watch_words: str = ""
    due_at: datetime

    def line(self) -> str:
        seen = {
            _("thoughts of self-harm"): self.self_harm,
            _("drunk, drugged or in withdrawal"): self.withdrawal,
            _("confused"): self.confused,
        }
        told = [str(words) for words, there in seen.items() if there]
        return enumerated(told) or gettext("Nothing that stands out")


class Searched(Kind):
    """Body and belongings were searched. Source: 看守所条例 第11条; Nelson Mandela Rules 50–52."""

    name, version = "admission.searched", 1
    title = _("Body and belongings searched")
    writers, readers = _RECEIVERS, Readers.STAFF
    searched_at: datetime
    searcher: str
    searcher_sex: str
    contraband: str = ""

    def line(self) -> str:
        return self.contraband or gettext("Nothing found")


class PropertyTaken(Kind):
    """What was taken into safe keeping. Source: Nelson Mandela Rules 7(e), 67."""

    name, version = "admission.property_taken", 1
    title = _("Property registered")
    writers, readers = _RECEIVERS, Readers.STAFF
    inventory: str
    money: Decimal
    sealed: str = ""
    inventory_signed: str

    def line(self) -> str:
        return f"{self.inventory} · ¥{self.money:,.2f}"


class RightsTold(Kind):
    """Rights and rules were told. Source: 看守所条例 第13条; Nelson Mandela Rules 54–55."""

    name, version = "admission.rights_told", 1
    title = _("Rights and rules told")
    writers, readers, converges = _RECEIVERS, Readers.STAFF, True
    told_at: datetime
    told_in: str
    in_writing: bool
    read_aloud: bool
    lawyer_told: bool
    complaints_told: bool
    rights_signed: str

    def line(self) -> str:
        return self.told_in


class FamilyNotice(Kind):
    """Whether the family knows. Source: 刑事诉讼法 第85、93条; Nelson Mandela Rule 68."""

    name, version = "admission.family_notice", 1
    title = _("Notice to the family")
    writers, readers = _RECEIVERS, Readers.STAFF
    notified: str
    notified_who: str = ""
    not_notified_why: str = ""

    def line(self) -> str:
        return self.notified_who or self.not_notified_why or gettext("Not yet, by the authority")


class ConsularNotice(Kind):
    """What a foreigner wishes of the consul. Source: 公安机关办理刑事案件程序规定 第367至370条."""

    name, version = "admission.consular_notice", 1
    title = _("Consular notice")
    writers, readers = _RECEIVERS, Readers.STAFF
    passport: str
    consular_wish: str
    consular_told_at: datetime | None = None


class DependantsTold(Kind):
    """Children, others who depend on the person, and whom to call. Source: Nelson Mandela Rule 7(f)(g)."""

    name, version = "admission.dependants_told", 1
    title = _("Dependants and emergency contact")
    writers, readers = _RECEIVERS, Readers.STAFF
    has_dependants: bool
    dependants: str = ""
    carer: str = ""
    relatives: str = ""
    emergency_contact: str

    def line(self) -> str:
        return " · ".join(
            part for part in (self.dependants, self.carer, self.emergency_contact) if part
        )


class Pictured(Kind):
    """A photo was taken, and what else identifies, on its legal ground."""

    name, version = "admission.pictured", 1
    title = _("Photo and what identifies")
    writers, readers = _RECEIVERS, Readers.STAFF
    photo: str
    fingerprints_ground: str = ""
    marks: str = ""

    def line(self) -> str:
        return self.marks or gettext("No marks noted")


class RiskDue(Kind):
    """The first risk assessment is to be made."""

    name, version = "admission.risk_due", 1
    title = _("First risk assessment due")
    writers, readers = _RECEIVERS, Readers.STAFF
    due_at: datetime
    risk_words: str = ""

    def line(self) -> str:
        return _by(self.due_at, self.risk_words)


class TalkDue(Kind):
    """The first talk is to be held."""

    name, version = "admission.talk_due", 1
    title = _("First talk due")
    writers, readers = _RECEIVERS, Readers.STAFF
    due_at: datetime
    talk_words: str = ""

    def line(self) -> str:
        return _by(self.due_at, self.talk_words)


def _by(due_at: datetime, words: str) -> str:
    told = gettext("By %(time)s") % {"time": due_at.astimezone(clock.LOCAL).strftime("%m-%d %H:%M")}
    return f"{told} · {words}" if words else told


class PeopleBrought(Kind):
    """People who are held already were taken over from a sheet, which is attached.

    The sheet has numbers of documents and telephones in the clear, so leaders alone read this entry; what
    it says of each person stands in entries of their own that name this one.
    """

    name, version = "people.brought", 1
    title = _("People taken over from a sheet")
    writers = Writers.posts(Post.DUTY_LEADER, police_only=True)
    readers = Readers.LEADERS
    file: str
    brought: int
    known: int
    changed: int
    dropped: list[str]
    reason: str

    def line(self) -> str:
        return ngettext(
            "%(count)s person from %(file)s: %(reason)s",
            "%(count)s people from %(file)s: %(reason)s",
            self.brought,
        ) % {"count": self.brought, "file": self.file, "reason": self.reason}


#: Who may have sealed stays shown on a lawful request, two of them.
UNSEALING = (Post.DUTY_LEADER, Post.LEADER, Post.OVERSIGHT)


class SealedStaysShown(Kind):
    """On a lawful request two officers had the sealed stays of somebody shown; perhaps there were none.

    Leaders alone read it: that there is a sealed stay is itself what law keeps.
    """

    name, version = "custody.unsealed", 1
    title = _("Sealed records shown on a lawful request")
    writers = Writers.posts(*UNSEALING, police_only=True, two_persons=True)
    readers = Readers.LEADERS
    authority: str
    document: str
    purpose: str
    tail: str
    stays: list[UUID]

    def line(self) -> str:
        return f"{self.authority} · {self.document}"


# Kinds are found in each app's `kinds`; those of leaving stand apart.
from custos.management.reception.release import kinds as release_kinds  # noqa: E402, F401
