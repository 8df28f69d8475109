"""What was learned of the person beside the stay: one place that keeps it.

`keep()` is called once somebody is admitted, in the transaction of the admission: what the steps say of a
person becomes facts of the person and the stay, so that the file shows it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.utils.translation import gettext

from custos.foundation.codes import shipped
from custos.foundation.custody.people import facts as held
from custos.foundation.custody.people import services as people
from custos.foundation.record.kinds import Kind
from custos.foundation.record.parties import Actor, Subject
from custos.foundation.record.services import Deed
from custos.management.reception.admission.cells import co_defendants, is_number, words_in
from custos.management.reception.admission.dependants import RELATIONS
from custos.management.reception.admission.engine import Facts
from custos.management.reception.admission.rules import rules
from custos.management.reception.kinds import DependantsTold, IdentityChecked

K = TypeVar("K", bound=Kind)
#: As long as a line of a fact may be.
LONGEST_LINE = 400


def payload(kind: type[K], answers: Mapping[str, Any], **others: Any) -> K:
    """An entry of a kind, of the answers that it has fields for; "yes" and "no" become true and false."""
    said = {"yes": True, "no": False}
    values: dict[str, Any] = {}
    for name, info in kind.model_fields.items():
        value = answers.get(name)
        if value is None or (value == "" and not info.is_required()):
            continue
        truth = "bool" in str(info.annotation)
        values[name] = said.get(value, value) if truth else value
    return kind(**values, **others)


def keep(facts: Facts, stay: UUID, about: Subject, deed: Deed, by: Actor) -> None:
    """Keep who the person is (names, documents, language, needs), on what ground they are held, who depends
    on them, and whom to call, where the person's file shows it.

    `facts` are the answers of all steps, `stay` and `about` the person's stay. What is secret (numbers of
    documents, telephones) stands encrypted with the person and in no entry. Source: Nelson Mandela Rule
    7(a)(b)(f)(g).
    """
    identity = facts["identity"]
    deed.append(payload(IdentityChecked, identity, name_given=identity["name"]), about=about, by=by)
    deed.append(_dependants_told(facts["dependants"]), about=about, by=by)
    for fact in facts_of(facts):
        people.record_fact(stay, fact, by=by)


def keep_care(facts: Facts, stay: UUID, by: Actor) -> None:
    """Keep the care instructions of whoever examined the person as a need that every post reads."""
    words = str(facts.get("health", {}).get("instructions") or "").strip()
    if words:
        people.record_fact(stay, held.Need(kind="care", text=_line(words)), by=by)


def facts_of(facts: Facts) -> list[held.Fact]:
    """What the steps say as facts of the person and the stay, each once. Two queries at most."""
    found = [
        *_of_identity(facts["identity"]),
        *_of_papers(facts),
        *_of_contacts(facts["dependants"]),
        *_of_rights(facts.get("rights", {}), facts.get("consular", {})),
    ]
    return [one for at, one in enumerate(found) if one not in found[:at]]


def _line(text: str) -> str:
    """Text as a line of a fact takes it."""
    return " ".join(text.split())[:LONGEST_LINE]


def _of_identity(identity: Mapping[str, Any]) -> Iterator[held.Fact]:
    number = str(identity.get("identity_number") or "").strip()
    # A document whose number nobody wrote down proves nothing to whoever looks later.
    by_word = identity["verified_by"] == "stated"
    unproven = by_word or (identity["verified_by"] == "document" and not number)
    yield held.Identified(state="claimed" if unproven else "known")
    for name in words_in(identity.get("aliases")):
        yield held.OtherName(kind="alias", text=name)
    if number:
        kind = identity.get("identity_paper") or "other"
        yield held.IdentityPaper(kind=kind, number=number[:40])
    yield held.Nationality(country=identity["nationality"])
    if language := identity.get("language"):
        yield held.Language(
            language=language[:100], interpreter=identity.get("interpreter") == "yes"
        )
    if identity["accommodation"] == "yes":
        words = _line(identity["accommodation_what"])
        yield held.Need(kind=identity.get("accommodation_kind") or "other", text=words)


def _of_papers(facts: Facts) -> Iterator[held.Fact]:
    papers = facts["documents"]
    document = next(one for one in rules().documents if one.title.zh == papers["basis"])
    photo = facts["identity"].get("photo_match")
    yield held.Basis(
        kind=document.code,
        number=papers["basis_number"][:100],
        issuer=papers["authority"],
        issued_on=papers["issued_on"],
        executed_at=papers["seized_at"],
        valid_to=papers.get("expires_on"),
        seal=papers["seal"] == "yes",
        matches=papers["names_match"] == "yes" and photo != "no",
        note=_line("、".join(papers.get("papers") or ())),
    )
    yield held.Authority(
        kind=papers["authority_kind"],
        name=papers["authority"],
        case_number=(papers.get("case_number") or "")[:60],
        since=papers["arrived_at"],
    )
    yield held.Charge(code=_charge(papers["reason"]), name=papers["reason"])
    others, case = co_defendants(facts), (papers.get("case_number") or "")[:60]
    for stay, name in others.here.items():
        yield held.CoDefendant(name=name, case_number=case, custody=stay)
    for name in others.elsewhere:
        yield held.CoDefendant(name=name, case_number=case)


def _charge(words: str) -> str:
    """The code of a charge as the table names it, with or without its last 罪; `other` for any other."""
    table = shipped.meanings("custos.charge")
    wanted = words.strip().removesuffix("罪")
    return next(
        (code for code, (zh, _en) in table.items() if zh.removesuffix("罪") == wanted), "other"
    )


def _of_contacts(told: Mapping[str, Any]) -> Iterator[held.Fact]:
    if told["has_dependants"] == "yes":
        for row in told.get("dependants") or ():
            yield held.Dependant(**row, cared_for=bool(row["carer"]))
    if told["contact_given"] == "yes":
        yield held.Contact(
            kind="emergency",
            name=told["contact_name"],
            relation=told.get("contact_relation") or "99",
            phone=(told.get("contact_phone") or "")[:40],
        )


_WISHES = {"yes": "wanted", "no": "refused"}


def _of_rights(rights: Mapping[str, Any], consular: Mapping[str, Any]) -> Iterator[held.Fact]:
    if name := rights.get("lawyer_name"):
        yield held.Lawyer(kind="appointed", name=name, firm=rights.get("lawyer_firm") or "")
    if wish := consular.get("consular_wish"):
        yield held.Consular(wish=_WISHES[wish])
    if is_number(passport := str(consular.get("passport") or "")):
        yield held.IdentityPaper(kind="passport", number=passport[:40])


def _dependants_told(told: Mapping[str, Any]) -> DependantsTold:
    """The entry in words; telephones stand with the person alone."""
    rows = told.get("dependants") or ()
    relation = (
        shipped.title(RELATIONS, told["contact_relation"]) if told.get("contact_relation") else ""
    )
    contact = " · ".join(one for one in (told.get("contact_name"), relation) if one)
    return DependantsTold(
        has_dependants=told["has_dependants"] == "yes",
        dependants="；".join(row["name"] for row in rows),
        carer="；".join(row["carer"] or gettext("nobody cares for them") for row in rows),
        relatives=told.get("relatives") or "",
        emergency_contact=contact or str(told.get("contact_none_why") or ""),
    )
