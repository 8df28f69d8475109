"""What the engine asks about somebody who is to leave, read from the file, the stay and the case."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from custos.foundation import clock
from custos.foundation.codes import shipped
from custos.foundation.codes.spelling import same_number
from custos.foundation.custody import place_queries
from custos.foundation.custody import queries as custody
from custos.foundation.custody.models import Custody
from custos.foundation.custody.people import queries as people
from custos.foundation.custody.people.ending import REPLACED, REVOKED
from custos.foundation.custody.queries import PersonShown
from custos.foundation.organizations import queries as organizations
from custos.management.reception.documents import title_of
from custos.management.reception.models import Release
from custos.management.reception.release import engine
from custos.management.reception.release.rules import rules


def facts_of(
    case: Release, person: PersonShown, now: datetime, officers: tuple[str, ...] | None = None
) -> engine.Facts:
    """All facts about a case, as they are just now. Four queries, five where leave counts."""
    held = people.file_of(person.custody_id, person.records)
    authority = held.one("authority")
    elsewhere = custody.present().filter(detainee__in=person.records).exclude(pk=person.custody_id)
    way = rules().exit(case.way)
    counts_leave = bool(way and way.ends_on_day)
    since = now - timedelta(minutes=rules().identity_minutes)
    bases = _bases(person.basis, person.basis_number, held.documents)
    return engine.Facts(
        exit=case.way,
        facility=organizations.organization(person.organization_id).kind,
        day=clock.day_of(now),
        names=frozenset([person.name, *(known.fact.text for known in held.of("name"))]),
        bases=bases,
        authority=authority.name if authority else "",
        paper=paper_of(case),
        receiver=case.receiver,
        other_stays=elsewhere.count(),
        leave_until=place_queries.last_back(person.custody_id, "leave") if counts_leave else None,
        compared=frozenset(
            one["ref"] for one in case.compared if datetime.fromisoformat(one["at"]) >= since
        ),
        device=_verdict(case, since),
        searched=_searched(case, bases),
        officers=officers,
    )


def _searched(case: Release, bases: tuple[engine.Basis, ...]) -> bool:
    """Whether others were looked for since a document of the file ended otherwise than by this release."""
    if case.searched is None:
        return False
    at = datetime.fromisoformat(case.searched["at"])
    return not any(one.ended_at and one.ended_at > at for one in bases)


def paper_of(case: Release) -> engine.Paper | None:
    """The document of release as it was received."""
    said = case.paper
    if said is None:
        return None
    return engine.Paper(
        number=said["number"],
        issuer=said["issuer"],
        name=said["name"],
        ends=tuple(said["ends"]),
        seal=said["seal"],
        matches=said["matches"],
    )


def _verdict(case: Release, since: datetime) -> str:
    said = case.device
    return said["verdict"] if said and datetime.fromisoformat(said["at"]) >= since else ""


def bases_of(person: PersonShown) -> tuple[engine.Basis, ...]:
    """The documents on which somebody is or was held, that of the admission first. One query."""
    return _bases(person.basis, person.basis_number, people.ever(person.custody_id, "basis"))


def grounds_of(stay: Custody) -> list[engine.Basis]:
    """The documents on which somebody is held today. Two queries."""
    bases, authority = _on_file(stay)
    return engine.grounds(bases, clock.today(), authority)


def grounds_beside(stay: Custody, paper_issuer: str) -> list[engine.Basis]:
    """The same without what a paper of the clock by an authority has ended. Two queries."""
    bases, authority = _on_file(stay)
    return engine.grounds_beside(paper_issuer, bases, clock.today(), authority)


def _on_file(stay: Custody) -> tuple[tuple[engine.Basis, ...], str]:
    bases = _bases(stay.basis, stay.basis_number, people.ever(stay.pk, "basis"))
    known = [one.fact.name for one in people.ever(stay.pk, "authority") if one.until is None]
    return bases, known[-1] if known else ""


def grounds_in(
    held: people.PersonFile, person: PersonShown, *, without: UUID | None = None, how: str = REVOKED
) -> list[engine.Basis]:
    """The same of a file that was read already, or once a document of it has ended so. Asks nothing."""
    authority, now = held.one("authority"), clock.now()
    documents = [
        replace(one, until=now, ended_how=how) if one.id == without else one
        for one in held.documents
    ]
    bases = _bases(person.basis, person.basis_number, documents)
    return engine.grounds(bases, clock.day_of(now), authority.name if authority else "")


def named(grounds: Iterable[engine.Basis], person: PersonShown) -> list[str]:
    """Documents by their names and numbers, in the reader's language."""
    found = list(grounds)
    titles = titles_of(found, person.basis)
    return [f"{title} {one.number}" for title, one in zip(titles, found, strict=True)]


def titles_of(grounds: Iterable[engine.Basis], admitted_on: str) -> list[str]:
    """The names of documents in the reader's language; `admitted_on` is that of the admission."""
    return [
        title_of(admitted_on) if one.main else shipped.title("custos.basis", one.kind)
        for one in grounds
    ]


def _bases(basis: str, number: str, documents: Iterable[people.Held]) -> tuple[engine.Basis, ...]:
    kind = code_of(basis)
    main = engine.Basis(kind, number, main=True)
    found = [
        engine.Basis(
            one.fact.kind,
            one.fact.number,
            one.fact.issuer,
            one.fact.valid_to,
            one.since,
            ended=one.until is not None,
            ended_at=one.until,
            by_paper=one.ended_how in (REVOKED, REPLACED),
            executed_on=clock.day_of(one.fact.executed_at) if one.fact.executed_at else None,
        )
        for one in documents
    ]
    # The document of the admission may have been recorded with its particulars; then it is that one.
    same = [one for one in found if one.kind == kind and same_number(one.number, number)]
    others = [one for one in found if one not in same]
    return (*(replace(one, main=True) for one in same), *([] if same else [main]), *others)


def code_of(basis: str) -> str:
    """The code of a document by its Chinese name, as an admission keeps it; `other` for one unknown."""
    known = shipped.meanings("custos.basis")
    return next((code for code, (zh, _en) in known.items() if zh == basis), "other")
