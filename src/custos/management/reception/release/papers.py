"""What the facility issues when somebody leaves: certificates, filled in from what is on the file.

Nobody waits for a certificate because something isn't on the file: then it says where that is to be found.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import translation

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.custody import queries as custody
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.queries import PersonShown
from custos.foundation.documents import contents
from custos.foundation.documents import services as documents
from custos.foundation.documents.models import Issued
from custos.foundation.organizations import queries as organizations
from custos.management.reception.models import Release
from custos.management.reception.release.engine import Basis, left
from custos.management.reception.release.rules import Exit, rules
from custos.management.timelimits import queries as limits

#: Where the file doesn't say it.
_SEE_PAPER, _SEE_DECISION = "见释放文书", "见决定书"
_ARREST = frozenset({"arrest_warrant", "arrest_decision"})


def issue(
    case: Release,
    way: Exit,
    person: PersonShown,
    bases: tuple[Basis, ...],
    *,
    at: datetime,
    by: Acting,
    because: UUID,
) -> list[Issued]:
    """Issue every certificate of a way out, within the deed that ends the stay."""
    facility = organizations.organization(person.organization_id)
    made = []
    for out in way.out:
        if not out.code:
            continue
        said = _CONTENTS[out.code](case, way, person, bases, at)
        with translation.override("zh-hans"):
            paper = documents.issue(
                out.code,
                said,
                about=custody.subject_of(case.custody_id),
                facility=facility,
                by=by.actor,
                printed_by=f"{by.staff.name}（{by.post.title}）",
                because=because,
            )
        made.append(paper)
    return made


#: What the receipt on a certificate says was counted out to whoever leaves, by what has to be ready for it.
_COUNTED_OUT = {"property": "随身财物", "money": "现金和账户余额"}


def _about(person: PersonShown, stage: str, case: Release) -> dict[str, Any]:
    unready = {item.id for item in left(case.way, frozenset(case.ready))}
    return {
        "left": "、".join(words for item, words in _COUNTED_OUT.items() if item in unready),
        "stage": stage,
        "person": contents.Person(
            name=person.name,
            sex=contents.Sex(person.sex),
            born=person.born,
            number=person.number,
        ),
    }


def _main(bases: tuple[Basis, ...]) -> Basis:
    """The document in force on which somebody is held: the latest recorded, or that of the admission.

    Papers of the case hold nobody, and neither does what nobody knows the kind of.
    """
    holding = [one for one in bases if rules().holding(one.kind) and one.kind != "other"]
    standing = [one for one in holding if not one.ended] or holding or list(bases)
    return standing[-1]


#: What each measure of the clock is called on a certificate.
_MEASURES = {
    "criminal_detention": "刑事拘留",
    "procuratorate_detention": "刑事拘留",
    "supervision_detention": "刑事拘留",
    "arrest": "逮捕",
}


def _measure(person: PersonShown, basis: Basis) -> tuple[str, date]:
    """The measure in force and the day on which it was carried out: as the clock has it from the papers,
    else as the document of custody says it.
    """
    taken = [
        paper
        for paper in limits.papers_of(person.custody_id)
        if paper.counts and paper.type in _MEASURES
    ]
    if taken:
        return _MEASURES[taken[-1].type], taken[-1].happened_on
    return "逮捕" if basis.kind in _ARREST else "刑事拘留", _executed_on(basis, person)


def _charges(person: PersonShown) -> str:
    held = people.file_of(person.custody_id, person.records).of("charge")
    return "、".join(known.fact.name or known.fact.meaning("code") for known in held)


def _executed_on(basis: Basis, person: PersonShown) -> date:
    return basis.executed_on or clock.day_of(person.admitted_at)


def _from(case: Release) -> str:
    said = case.paper or {}
    return "".join(said.get(part, "") for part in ("issuer", "number"))


def _released(
    case: Release, way: Exit, person: PersonShown, bases: tuple[Basis, ...], at: datetime
) -> contents.Released:
    measure, carried_out = _measure(person, _main(bases))
    return contents.Released(
        **_about(person, "S20" if measure == "逮捕" else "S10", case),
        charge=_charges(person) or _SEE_PAPER,
        measure=measure,
        measure_on=carried_out,
        ground=way.title.zh,
        article=way.article,
        notice=_from(case),
        released_at=at,
    )


def _term_served(
    case: Release, _way: Exit, person: PersonShown, bases: tuple[Basis, ...], at: datetime
) -> contents.TermServed:
    basis = next((one for one in bases if one.kind.startswith("execution") and not one.ended), None)
    basis = basis or _main(bases)
    judgment = next((one for one in bases if one.kind in ("judgment", "ruling")), None)
    return contents.TermServed(
        **_about(person, "S81", case),
        charge=_charges(person) or "见判决书",
        court=basis.issuer or "见判决书",
        judgment=judgment.number if judgment else basis.number,
        sentence="见判决书",
        begins_on=_executed_on(basis, person),
        ends_on=basis.valid_to or clock.day_of(at),
        released_at=at,
    )


def _detention(
    case: Release, way: Exit, person: PersonShown, bases: tuple[Basis, ...], at: datetime
) -> contents.DetentionEnded:
    basis = _main(bases)
    judicial = basis.kind == "judicial_detention"
    begins, ends = _executed_on(basis, person), basis.valid_to or clock.day_of(at)
    return contents.DetentionEnded(
        **_about(person, "judicial_detention" if judicial else "administrative_detention", case),
        reason=_charges(person) or _SEE_DECISION,
        authority=basis.issuer or _SEE_DECISION,
        decision=basis.number,
        measure="司法拘留" if judicial else "行政拘留",
        days=min(20, max(1, (ends - begins).days)),
        begins_on=begins,
        ends_on=ends,
        ground=way.title.zh,
        released_at=at,
    )


def _treatment(
    case: Release, way: Exit, person: PersonShown, bases: tuple[Basis, ...], at: datetime
) -> contents.TreatmentEnded:
    basis = _main(bases)
    begins, ends = _executed_on(basis, person), basis.valid_to or clock.day_of(at)
    months = (ends.year - begins.year) * 12 + ends.month - begins.month
    return contents.TreatmentEnded(
        **_about(person, "compulsory_treatment", case),
        authority=basis.issuer or _SEE_DECISION,
        decision=basis.number,
        months=min(36, max(1, months)),
        begins_on=begins,
        ends_on=ends,
        ground=f"{way.title.zh}（{_from(case)}）",
        released_at=at,
    )


_Content = Callable[[Release, Exit, PersonShown, tuple[Basis, ...], datetime], contents.Content]

_CONTENTS: dict[str, _Content] = {
    "D12-1": _released,
    "D12-2": _term_served,
    "D21-1": _detention,
    "D22-1": _treatment,
}
