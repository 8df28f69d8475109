"""All rows of a sheet held against each other and against who is here already.

Each question to the database is asked once for all rows. What is found stands in the rows; nothing is
written.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from custos.foundation import clock
from custos.foundation.codes.spelling import name_key
from custos.foundation.custody import arrival, bringing, codefendants, engine, held
from custos.foundation.custody import services as admission
from custos.foundation.custody.bringing import Newcomer, Pair
from custos.foundation.custody.codefendants import Coming
from custos.foundation.custody.people import facts
from custos.foundation.custody.words import in_words
from custos.foundation.database import secrecy
from custos.foundation.database.ids import new_id
from custos.foundation.errors import NotAllowed
from custos.foundation.organizations import queries as organizations
from custos.foundation.organizations.models import Cell, Organization
from custos.management.reception import documents
from custos.management.reception.admission.rules import Document
from custos.management.reception.importing.reading import Row
from custos.management.reception.models import BroughtRow

NEW, KNOWN, CHANGED, WRONG = "new", "known", "changed", "wrong"
#: A group of more than this is a mistake: everybody in it would need a cell of their own.
MOST_IN_GROUP = 50
#: What a file says of itself only.
_NOT_COMPARED = frozenset({"apart_group", "apart_kind"})
#: How a refusal of an admission names its fields.
_COLUMN_OF = {"arrived_at": "admitted_at"}


@dataclass(slots=True)
class Checked:
    """A sheet as it stands: its rows, the state of each, and who would be brought in."""

    rows: Sequence[Row]
    states: dict[int, str] = field(default_factory=dict)
    stays: dict[int, held.HeldStay] = field(default_factory=dict)
    people: list[Newcomer] = field(default_factory=list)
    numbers: dict[UUID, int] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How many rows are of each state."""
        return Counter(self.states.values())


def check(rows: Sequence[Row], facility: Organization, at: datetime) -> Checked:
    """Hold the rows of a sheet against each other and the record; twenty queries, however many rows."""
    found = Checked(rows)
    _find_twins(rows)
    here = held.by_numbers(facility.pk, [row.key for row in rows if row.key])
    fresh = []
    for row in rows:
        stay = here.get(row.key)
        if stay:
            found.stays[row.number] = stay
        else:
            fresh.append(row)
    _compare(found, facility)
    cells = {cell.name: cell for cell in organizations.cells(facility)}
    scheme = admission.number_scheme(facility.pk)
    known = documents.held_on(facility.kind)
    for row in fresh:
        _admissible(row, cells, known, scheme, at)
    _find_same_people(fresh, facility)
    _pair(found, fresh)
    _place(found, [row for row in fresh if not row.faults], cells, facility, at)
    for row in rows:
        if row.faults:
            found.states[row.number] = WRONG
        elif row.number not in found.stays:
            found.states[row.number] = NEW
    return found


def _find_twins(rows: Sequence[Row]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if row.key and row.key in first:
            row.wrong(
                "number",
                "twice",
                _("Row %(row)s has this number already."),
                _("One stay is one row. Delete the one that is wrong."),
                row=first[row.key],
            )
        elif row.key:
            first[row.key] = row.number


# ------------------------------------------------------------------ those who are here by their number


def digests(row: Row) -> dict[str, str]:
    """What each filled column of a row says, so that it is known again and nothing is read of it."""
    return {
        key: secrecy.blind(f"import.{key}", text)[:12]
        for key, text in row.says.items()
        if text and key not in _NOT_COMPARED
    }


def _compare(found: Checked, facility: Organization) -> None:
    """Say of each stay that is here whether the row says what it said when it was brought in."""
    before = dict(
        BroughtRow.objects.filter(
            organization_id=facility.pk, custody_id__in=[s.custody_id for s in found.stays.values()]
        ).values_list("custody_id", "says")
    )
    for row in found.rows:
        stay = found.stays.get(row.number)
        if stay is None:
            continue
        found.states[row.number] = KNOWN
        if stay.ended:
            # Of a stay that is over nothing is said; a file that brought it in comes again unharmed.
            if stay.custody_id not in before:
                row.wrong(
                    "number",
                    "taken",
                    _("This number belongs to another stay here."),
                    _("Whoever comes again has a new number."),
                )
            continue
        differs = _differing(row, stay, before.get(stay.custody_id))
        if differs:
            found.states[row.number] = CHANGED
        for key in differs:
            row.notes.append(
                NotAllowed(
                    "import.differs",
                    _("This differs from what was brought in. Nothing is written over."),
                    field=key,
                    mend=_("If the file is right, record it on the person's page."),
                )
            )


def _differing(row: Row, stay: held.HeldStay, before: dict[str, str] | None) -> list[str]:
    """The columns in which a row says something else than when it was brought in, or else admitted."""
    if before is None:
        return [
            key
            for key, value in stay.said.items()
            if row.values[key] is not None and row.values[key] != value
        ]
    now = digests(row)
    return [key for key in row.says if key not in _NOT_COMPARED and now.get(key) != before.get(key)]


# ------------------------------------------------------------------ newcomers one by one


def _admissible(
    row: Row,
    cells: Mapping[str, Cell],
    known: Sequence[Document],
    scheme: str,
    at: datetime,
) -> None:
    says = row.values
    if says["cell"]:
        cell = cells.get(says["cell"])
        if cell is None or cell.out_of_use:
            row.wrong(
                "cell",
                "cell",
                _("There is no cell “%(cell)s” in use here."),
                _("Write the cell's name as the bed map has it."),
                cell=says["cell"],
            )
        else:
            says["cell_id"] = cell.pk
    if says["basis"]:
        title = next((d.title.zh for d in known if says["basis"] in (d.title.zh, d.title.en)), None)
        if title is None:
            row.wrong(
                "basis",
                "basis",
                _("On this document nobody is admitted here."),
                _("Known are: %(known)s."),
                known="、".join(one.title.zh for one in known),
            )
        else:
            says["basis"] = title
    if says["sex"] in ("0", "9"):
        row.wrong(
            "sex",
            "sex",
            _("A place in a cell needs the sex."),
            _("Write 男 or 女."),
        )
    # What is missing has been told; here only what is there can be wrong.
    found = admission.faults_of(
        says["name"] or "—",
        says["basis"] or "—",
        says["basis_number"] or "—",
        row.key or "—",
        says["born"],
        says["admitted_at"] or at,
    )
    found += admission.faults_of_number(row.key, scheme)
    for error in found:
        error.field = _COLUMN_OF.get(error.field, error.field)
    row.faults += found
    if says["admitted_at"] and says["born"]:
        row.faults += [
            NotAllowed(
                f"custody.{one.rule.id}",
                _("%(rule)s (%(source)s)."),
                field="born",
                mend=_("Check the date of birth and the time of admission."),
                rule=_Words(one.rule.title),
                source=_Words(one.rule.source),
            )
            for one in arrival.objections(
                says["born"], clock.day_of(says["admitted_at"]), clock.day_of(at)
            )
            if one.rule.under_years and one.rule.effect == "block"
        ]


class _Words:
    """A title of a rule, in the language of whoever reads it."""

    def __init__(self, titles: engine.Titles) -> None:
        self._titles = titles

    def __str__(self) -> str:
        return in_words(self._titles)


# ------------------------------------------------------------------ the same person twice


def _find_same_people(fresh: Sequence[Row], facility: Organization) -> None:
    """Nobody is in two places: the same document and name twice is wrong, one of the two is told."""
    papers = {row.number: number for row in fresh if (number := _paper(row))}
    here = held.by_papers(facility.pk, set(papers.values()))
    names = held.by_names(facility.pk)
    first: dict[str, Row] = {}
    first_named: dict[tuple[Any, ...], Row] = {}
    for row in fresh:
        paper, name = papers.get(row.number, ""), row.values["name"]
        if paper and (other := first.get(paper)):
            _same_paper(row, str(other.number), same=other.values["name"] == name)
        elif paper and (holders := here.get(paper)):
            same = next((one for one in holders if one[0] == name), None)
            _same_paper(row, (same or holders[0])[1], same=same is not None, here=True)
        if paper:
            first.setdefault(paper, row)
        if not (name and row.values["born"]):
            continue
        alike = (name_key(name), row.values["sex"], row.values["born"])
        if alike in names:
            _same_name(row, names[alike], here=True)
        elif alike in first_named and not paper:
            _same_name(row, str(first_named[alike].number))
        first_named.setdefault(alike, row)


def _paper(row: Row) -> str:
    number = row.values["identity_number"]
    return "".join(c for c in number.upper() if c.isalnum()) if number else ""


def _same_paper(row: Row, other: str, *, same: bool, here: bool = False) -> None:
    if same:
        row.wrong(
            "identity_number",
            "same_person",
            _("%(other)s is a person of this name with this document.")
            if here
            else _("Row %(other)s is a person of this name with this document."),
            _("Nobody is in custody twice. Delete the row that is wrong."),
            other=other,
        )
    else:
        row.notes.append(
            NotAllowed(
                "import.same_paper",
                _("%(other)s, of another name, has the same document number.")
                if here
                else _("Row %(other)s, of another name, has the same document number."),
                field="identity_number",
                mend=_("Compare both documents."),
                other=other,
            )
        )


def _same_name(row: Row, other: str, *, here: bool = False) -> None:
    row.notes.append(
        NotAllowed(
            "import.same_name",
            _("%(other)s here has the same name, sex and date of birth.")
            if here
            else _("Row %(other)s has the same name, sex and date of birth."),
            field="name",
            mend=_("Make sure that these are two people."),
            other=other,
        )
    )


# ------------------------------------------------------------------ who is kept apart


def _pair(found: Checked, fresh: Sequence[Row]) -> None:
    for row in fresh:
        found.numbers[row.values.setdefault("id", new_id())] = row.number
    groups: dict[str, list[Row]] = {}
    for row in found.rows:
        stay = found.stays.get(row.number)
        if row.values["apart_group"] and not (stay and stay.ended):
            groups.setdefault(row.values["apart_group"], []).append(row)
    for name, members in groups.items():
        kinds = {row.values["apart_kind"] or engine.CODEFENDANTS for row in members}
        for row in members:
            if len(members) == 1 and row.number not in found.stays:
                row.wrong(
                    "apart_group",
                    "alone",
                    _("Nobody else of this file is in group “%(group)s”."),
                    _("Write the same group in the row of each of them."),
                    group=name,
                )
            elif len(members) > MOST_IN_GROUP:
                row.wrong(
                    "apart_group",
                    "crowd",
                    _("Group “%(group)s” has %(count)s people; at most %(limit)s are kept apart."),
                    _("A group is those of one case or quarrel."),
                    group=name,
                    count=len(members),
                    limit=MOST_IN_GROUP,
                )
            elif len(kinds) > 1:
                row.wrong(
                    "apart_kind",
                    "kinds",
                    _("Group “%(group)s” is kept apart for more than one reason."),
                    _("Write one reason for the whole group, or make two groups."),
                    group=name,
                )
        if 1 < len(members) <= MOST_IN_GROUP and len(kinds) == 1:
            found.pairs += _pairs_of(found, members, kinds.pop(), name)


def _pairs_of(found: Checked, members: Sequence[Row], kind: str, name: str) -> list[Pair]:
    """Pairs of a group of which one at least is new."""

    def stay_of(row: Row) -> UUID:
        stay = found.stays.get(row.number)
        return stay.custody_id if stay else row.values["id"]

    return [
        Pair(stay_of(one), stay_of(other), kind, name)
        for one, other in combinations(members, 2)
        if one.number not in found.stays or other.number not in found.stays
    ]


def _pair_by_papers(found: Checked, facility: Organization) -> None:
    """Pairs with whoever is here whose papers name somebody of the sheet. Source: 看守所条例 第14条."""
    coming = {
        one.id: Coming(
            (one.name, *(fact.text for fact in one.facts if isinstance(fact, facts.OtherName))),
            next((f.case_number for f in one.facts if isinstance(f, facts.Authority)), ""),
        )
        for one in found.people
    }
    known = {frozenset((pair.one, pair.other)) for pair in found.pairs}
    found.pairs += [
        Pair(one, other, engine.CODEFENDANTS, codefendants.reason_of(case))
        for one, other, case in codefendants.naming(facility.pk, coming)
        if frozenset((one, other)) not in known
    ]


# ------------------------------------------------------------------ cells


def _place(
    found: Checked,
    ready: Sequence[Row],
    cells: Mapping[str, Cell],
    facility: Organization,
    at: datetime,
) -> None:
    by_id = {cell.pk: cell for cell in cells.values()}
    found.people = [_newcomer(row) for row in ready]
    _pair_by_papers(found, facility)
    wanted = {one.cell: by_id[one.cell] for one in found.people}
    against = bringing.objections(found.people, found.pairs, wanted, facility.pk, at)
    others = held.numbers_of(
        {ref for some in against.values() for one in some for ref in one.others}
    )
    for row, one in zip(ready, found.people, strict=True):
        for said in against[one.id]:
            if said.rule.effect == "record":
                continue
            error = NotAllowed(
                f"custody.{said.rule.id}",
                _("%(rule)s (%(source)s)%(whom)s."),
                field="cell",
                mend=_("Write another cell, or correct what is wrong about the person.")
                if said.rule.effect == "block"
                else "",
                rule=_Words(said.rule.title),
                source=_Words(said.rule.source),
                whom=_Whom(said.others, found.numbers, others),
            )
            (row.faults if said.rule.effect == "block" else row.notes).append(error)


def _newcomer(row: Row) -> Newcomer:
    says = row.values
    return Newcomer(
        name=says["name"].strip(),
        sex=says["sex"],
        born=says["born"],
        number=row.key,
        basis=says["basis"],
        basis_number=says["basis_number"],
        admitted_at=says["admitted_at"],
        cell=says["cell_id"],
        facts=tuple(row.known),
        id=says["id"],
    )


class _Whom:
    """With whom a rule collides: rows of the file, and numbers of those who are here."""

    _MOST = 3

    def __init__(
        self, refs: Sequence[UUID], rows: Mapping[UUID, int], here: Mapping[UUID, str]
    ) -> None:
        self._rows = [rows[ref] for ref in refs if ref in rows]
        self._here = [here[ref] for ref in refs if ref in here and ref not in rows]

    def __str__(self) -> str:
        said = [str(_("row %(row)s") % {"row": row}) for row in self._rows[: self._MOST]]
        said += self._here[: self._MOST]
        return (
            str(pgettext_lazy("collides with", ": %(whom)s") % {"whom": "、".join(said)})
            if said
            else ""
        )
