"""Questions about people: who is found, what is known of them, who may be the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from custos.foundation import clock
from custos.foundation.accounts import access
from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people import facts, names, sealing
from custos.foundation.custody.people.keeping import restored
from custos.foundation.custody.people.models import FactRow, Token
from custos.foundation.database import scope, secrecy
from custos.foundation.record import sealing as record_sealing

#: How many of those who are one wrong letter away stand behind those who are not.
MOST_NEAR = 50
#: Sorts of need (`custos.need`) of somebody who doesn't move about like others.
AIDS = ("aid", "mobility")


def unsealed(stays: QuerySet[Custody], *, finishing: bool = False) -> QuerySet[Custody]:
    """Those of some stays that law doesn't seal: SL2025 136 and what else `rules/sealing.yaml` says.

    `finishing`: those that have just ended, too, whose release is being finished.
    """
    bases = sealing.sealed_bases(clock.today())
    ended = {"ended_at__lt": _finished()} if finishing else {"ended_at__isnull": False}
    return stays.exclude(**ended, basis__in=bases)


def _finished() -> datetime:
    """When a stay has to have ended for its release to be finished."""
    return clock.now() - timedelta(hours=sealing.rules().paperwork_hours)


def sealed(stays: QuerySet[Custody]) -> QuerySet[Custody]:
    """The others: those of some stays that law seals."""
    return stays.filter(ended_at__isnull=False, basis__in=sealing.sealed_bases(clock.today()))


@record_sealing.says
def _about_sealed_stays() -> Exists | None:
    """What holds of an entry or a paper that nobody reads: its stay is sealed, and its release finished."""
    bases = sealing.sealed_bases(clock.today())
    stays = Custody.objects.filter(pk=OuterRef("custody_id"), basis__in=bases)
    return Exists(stays.filter(ended_at__lt=_finished())) if bases else None


def sealed_by_number(number: str) -> list[Custody]:
    """The sealed stays of the scope that have this custody number, or whose person has this document.

    For a lawful request only, on which two officers have decided; nobody else asks. At most 50, the
    latest first; the people are noted in the access log. Two queries.
    """
    tokens = {f"n{number}", *names.of_document(number, citizen=False, blind=secrecy.blind)}
    tokens |= {one for one in names.of_number(number) if one.startswith("n")}
    held = Token.objects.visible_to(scope.current()).filter(token__in=sorted(tokens))
    people = list(held.values_list("detainee_id", flat=True).distinct())
    roots = Q(detainee__in=people) | Q(detainee__merged_into__in=people)
    found = sealed(_visible()).filter(roots).select_related("detainee", "organization")
    stays = list(found.order_by("-admitted_at", "-id")[:50])
    access.note(stay.detainee_id for stay in stays)
    return stays


# ------------------------------------------------------------------ finding


def find(words: str, limit: int) -> list[UUID]:
    """Stays of the people whom the words are about: whole names and numbers, parts, then past stays
    that aren't sealed, then what is one wrong letter away. A person stands there once, by their present
    stay or else a past one. At most two queries.

    Of those in custody, and of those who were, a name that is commonly read as what was typed stands
    before one that may be read so, then all of a name before its beginning before its parts (`names.rank`).
    Those who are alike in this come as the latest arrivals do in one facility, over several in no order.
    """
    try:
        return list(unsealed(_visible()).filter(pk=UUID(words)).values_list("pk", flat=True))
    except ValueError:
        pass
    wanted = names.read(words, secrecy.blind)
    arms = _exact(wanted, words)
    found = _first_of(arms, limit, words) if arms else {}
    if len(found) < limit and wanted.near:
        near = _first_of([_Arm([wanted.near], True), _Arm([wanted.near], False)], limit)
        found = found | {root: stay for root, stay in near.items() if root not in found}
    return list(found.values())[:limit]


def _visible() -> QuerySet[Custody]:
    return Custody.objects.visible_to(scope.current())


@dataclass(frozen=True, slots=True)
class _Arm:
    """One way to be found: of each set of tokens a person has one. `cell` finds by place instead.

    `led` says that the first set is looked up first, whatever the others are.
    """

    sets: Sequence[Iterable[str]]
    present: bool
    cell: str = ""
    led: bool = False


def _exact(wanted: names.Wanted, words: str) -> list[_Arm]:
    ways: list[Sequence[Iterable[str]]] = [[one] for one in (wanted.whole, wanted.part) if one]
    ways += wanted.together
    # Signs that make no token find nobody.
    ways = [way for way in ways if way and all(way)]
    arms = [_Arm(way, True) for way in ways]
    if wanted.surnames:
        # Else many who may be read so would leave no place for whoever is. A surname alone is led by
        # itself, for each of its bearers fits; of a longer name hardly any does.
        sets = [wanted.surnames, wanted.whole | wanted.part]
        arms.insert(0, _Arm(sets if wanted.surname_alone else sets[::-1], True, led=True))
    if words and scope.current().lowest == scope.current().highest:
        arms.append(_Arm([], True, words))
    return arms + [_Arm(way, False) for way in ways]


def _first_of(arms: Sequence[_Arm], limit: int, words: str = "") -> dict[UUID, UUID]:
    """The first people of some ways to be found, as a person's root and a stay. One query.

    Where words are given, by how well the name fits them; else in the order of the ways.
    """
    # A person may be found in several ways, and by several tokens of one.
    most = limit * 3
    parts, values = [], []
    for rank, arm in enumerate(arms):
        text, given = _statement(arm, rank, most)
        parts.append(f"({text})")
        values += given
    with connection.cursor() as cursor:
        ways = " UNION ALL ".join(parts)
        cursor.execute(f"SELECT * FROM ({ways}) AS found LIMIT {most}", values)  # noqa: S608
        rows = sorted(
            cursor.fetchall(),
            key=lambda row: (
                not arms[row[0]].present,
                names.rank(words, row[3]) if words else (),
                row[0],
            ),
        )
    found: dict[UUID, UUID] = {}
    for _rank, root, stay, _name in rows:
        found.setdefault(root, stay)
    return found


def _statement(arm: _Arm, rank: int, most: int) -> tuple[str, list[Any]]:
    """One arm in SQL. Its names are this module's own; what was typed is given apart.

    A row of a token leads to the person's other tokens and stays one by one (LATERAL … LIMIT 1), and the
    first ones end it. The planner, which takes conditions of row-level security for one row in two
    hundred, would rather join all people of a country first.
    """
    seen = scope.current()
    one_place = seen.lowest == seen.highest
    where, values = "{0}.organization_id = %s", [seen.lowest]
    if not one_place:
        where = "{0}.organization_id >= %s AND {0}.organization_id <= %s"
        values = [seen.lowest, seen.highest]
    ended = "c.ended_at IS NULL" if arm.present else "c.ended_at IS NOT NULL AND c.basis <> ALL(%s)"
    given: list[Any] = [rank]
    sql = "SELECT %s, COALESCE(d.merged_into_id, d.id), c.id, d.name FROM "
    if arm.cell:
        sql += "custody_custody c JOIN custody_detainee d ON d.id = c.detainee_id"
        sql += " JOIN organizations_cell p ON p.id = c.cell_id"
        sql += f" WHERE {where.format('c')} AND upper(p.name) = upper(%s) AND {ended}"
        given += [*values, arm.cell]
    else:
        # The one with the fewest and longest tokens has the fewest people.
        sets = [sorted(one) for one in arm.sets]
        if not arm.led:
            sets.sort(key=lambda one: (len(one), -max(map(len, one))))
        first, *others = sets
        sql += "custody_token t"
        for number, other in enumerate(others):
            sql += " CROSS JOIN LATERAL (SELECT FROM custody_token o WHERE o.token = ANY(%s)"
            sql += " AND o.organization_id = t.organization_id AND o.detainee_id = t.detainee_id"
            sql += f" LIMIT 1) o{number}"
            given.append(other)
        sql += " CROSS JOIN LATERAL (SELECT c.id, c.admitted_at FROM custody_custody c"
        sql += f" WHERE c.detainee_id = t.detainee_id AND {where.format('c')} AND {ended}"
        sql += " ORDER BY c.admitted_at DESC LIMIT 1) c"
        given += values
        if not arm.present:
            given.append(sorted(sealing.sealed_bases(clock.today())))
        sql += " CROSS JOIN LATERAL (SELECT d.id, d.merged_into_id, d.name FROM custody_detainee d"
        sql += f" WHERE d.id = t.detainee_id LIMIT 1) d WHERE t.token = ANY(%s) AND {where.format('t')}"
        given += [first, *values]
    # The rows of one facility are few enough to be put in order; those of a country are not.
    order = " ORDER BY c.admitted_at DESC, c.id DESC" if one_place else ""
    return f"{sql}{order} LIMIT {most}", given


def matching(stays: QuerySet[Custody], words: str) -> QuerySet[Custody]:
    """Those of some stays whose person, number or identifier these words are about.

    Where nobody is found so, those who are one wrong letter away. One query of its own.
    """
    try:
        return stays.filter(pk=UUID(words))
    except ValueError:
        pass
    wanted = names.read(words, secrecy.blind)
    if not wanted:
        return stays.none()
    exact = _having([wanted.whole | wanted.part])
    for way in wanted.together:
        exact |= _having(way)
    if wanted.near and not stays.filter(exact).exists():
        return stays.filter(_having([wanted.near]))
    return stays.filter(exact)


def _having(sets: Iterable[Iterable[str]]) -> Q:
    found = Q()
    for one in sets:
        tokens = Token.objects.visible_to(scope.current()).filter(token__in=sorted(one))
        found &= Q(detainee_id__in=tokens.values("detainee_id"))
    return found


# ------------------------------------------------------------------ what is known


@dataclass(frozen=True, slots=True)
class Known:
    """One fact that holds, with its row's identifier and since when it stands there."""

    id: UUID
    fact: Any
    since: datetime
    custody_id: UUID | None

    @property
    def words(self) -> str:
        """The fact in one line."""
        return str(self.fact.words())

    @property
    def title(self) -> Any:
        """What sort of fact it is."""
        return self.fact.title


@dataclass(frozen=True, slots=True)
class PersonFile:
    """Everything that holds of a person and one stay, by sort, in the order in which it was recorded.

    `documents`: all legal documents of the stay, those that have ended too, oldest first.
    """

    facts: dict[str, list[Known]]
    documents: tuple["Held", ...] = ()

    def of(self, *sorts: str) -> list[Known]:
        """The facts of some sorts, in their order."""
        return [known for sort in sorts for known in self.facts.get(sort, [])]

    def one(self, sort: str) -> Any:
        """The fact of a sort that holds once; None where nothing is known."""
        held = self.facts.get(sort)
        return held[-1].fact if held else None

    @property
    def needs(self) -> list[str]:
        """Short words for the signs of a chip: what whoever opens the door has to know."""
        return _signs(known.fact for known in self.of("language", "need"))


def _signs(told: Iterable[Any]) -> list[str]:
    found = list(told)
    spoken = [one for one in found if one.sort == "language"][-1:]
    signs = [one.words().rpartition(" · ")[2] for one in spoken if one.interpreter]
    return signs + [one.meaning("kind") for one in found if one.sort == "need"]


def needing(detainee: Any) -> QuerySet[FactRow, Any]:
    """What holds of somebody that a chip has a sign for: sort, words and since when, a row each."""
    rows = FactRow.objects.visible_to(scope.current()).filter(detainee=detainee, until=None)
    rows = rows.filter(sort__in=("language", "need"))
    return rows.values(one=JSONObject(sort="sort", says="says", since="since"))


def aided(detainees: Iterable[UUID]) -> set[UUID]:
    """Those of these people who need an aid or help to move about. One query; names nobody."""
    rows = FactRow.objects.visible_to(scope.current()).filter(
        detainee__in=list(detainees), until=None, sort="need", says__kind__in=AIDS
    )
    return set(rows.values_list("detainee_id", flat=True))


def needs_of(told: Iterable[Mapping[str, Any]]) -> list[str]:
    """The signs that such rows say: an interpreter, then needs by their kind, as they were told."""
    found = sorted(told, key=lambda one: str(one["since"]))
    return _signs(facts.SORTS[one["sort"]].model_validate(one["says"]) for one in found)


def is_care(told: Mapping[str, Any]) -> bool:
    """Whether such a row says how staff are to care for somebody: no aid, diet or reading."""
    return told["sort"] == "need" and told["says"]["kind"] in ("care", "company")


def care_of(told: Iterable[Mapping[str, Any]]) -> list[str]:
    """What such rows say that the staff is to do for somebody, in words: needs, no language."""
    found = sorted(told, key=lambda one: str(one["since"]))
    return [
        facts.SORTS[one["sort"]].model_validate(one["says"]).words()
        for one in found
        if one["sort"] == "need"
    ]


def file_of(custody: UUID, records: Iterable[UUID]) -> PersonFile:
    """What holds of a stay, and of the person who has these records. One query.

    Whoever shows it has asked for the person by `custody.queries.person()`, which notes them and gives
    their records.
    """
    of_person = Q(custody=None, detainee__in=list(records))
    rows = (
        FactRow.objects.visible_to(scope.current())
        .filter(Q(custody=custody) | of_person)
        .filter(Q(until=None) | Q(custody=custody, sort="basis"))
        .order_by("since", "id")
    )
    found: dict[str, list[Known]] = {}
    documents = []
    for row in rows:
        fact = restored(row)
        if row.sort == "basis":
            documents.append(Held(row.pk, fact, row.since, row.until, row.ended_how))
        if row.until is None:
            known = Known(row.pk, fact, row.since, row.custody_id)
            found.setdefault(row.sort, []).append(known)
    return PersonFile(found, tuple(documents))


@dataclass(frozen=True, slots=True)
class Held:
    """A fact of a stay, from when it held, and until when; None where it still holds.

    `ended_how`: how a document that held somebody ended (`ending.HOW`); empty where nobody kept it.
    """

    id: UUID
    fact: Any
    since: datetime
    until: datetime | None
    ended_how: str = ""


def ever(custody: UUID, sort: str) -> list[Held]:
    """All facts of one sort that were recorded of a stay, those that no longer hold too, oldest first.

    One query.
    """
    rows = FactRow.objects.visible_to(scope.current()).filter(custody=custody, sort=sort)
    return [
        Held(row.pk, restored(row), row.since, row.until, row.ended_how)
        for row in rows.order_by("since", "id")
    ]


def documents_ended(custodies: Iterable[UUID]) -> dict[UUID, datetime]:
    """Those of some stays of whose file a document ended or was put right, and when the last one was.

    Of all others what they were admitted on still stands. One query; names nobody.
    """
    rows = FactRow.objects.visible_to(scope.current()).filter(
        custody__in=list(custodies), sort="basis", until__isnull=False
    )
    return dict(
        rows.values("custody_id").annotate(last=Max("until")).values_list("custody_id", "last")
    )


@dataclass(frozen=True, slots=True)
class Term:
    """A document of a running stay with its last day."""

    custody_id: UUID
    organization_id: int
    kind: str
    ends_on: date


def terms_ending(kinds: Iterable[str], by: date, custody: UUID | None = None) -> list[Term]:
    """Documents of some kinds on which people are held and whose last day is `by` or before; of one stay
    where it is named. One query; names nobody.
    """
    rows = FactRow.objects.visible_to(scope.current()).filter(
        sort="basis",
        until=None,
        custody__ended_at=None,
        says__kind__in=list(kinds),
        says__valid_to__lte=by.isoformat(),
    )
    rows = rows.exclude(says__valid_to=None)  # of JSON, null comes before any day
    if custody is not None:
        rows = rows.filter(custody=custody)
    return [
        Term(
            row.custody_id,
            row.organization_id,
            row.says["kind"],
            date.fromisoformat(row.says["valid_to"]),
        )
        for row in rows
        if row.custody_id
    ]


def photo_of(records: Iterable[UUID]) -> facts.Photo | None:
    """The photo of the person who has these records; None where there is none. One query."""
    row = (
        FactRow.objects.visible_to(scope.current())
        .filter(sort="photo", until=None, detainee__in=list(records))
        .order_by("-since")
        .first()
    )
    photo: facts.Photo | None = restored(row) if row else None
    return photo


def past_stays_of(records: Iterable[UUID], but: UUID) -> list[Custody]:
    """The other stays of the person who has these records, as far as law doesn't seal them.

    Latest first, at most 50. One query.
    """
    stays = unsealed(_visible()).filter(detainee__in=list(records))
    return list(stays.exclude(pk=but).select_related("organization").order_by("-admitted_at")[:50])


def records(wanted: Iterable[UUID]) -> list[Detainee]:
    """Some records of people, as they were written; noted in the access log. One query."""
    found = Detainee.objects.visible_to(scope.current()).filter(pk__in=list(wanted))
    people = list(found.select_related("organization").order_by("pk"))
    access.note(person.pk for person in people)
    return people


# ------------------------------------------------------------------ who may be the same

SAME_NUMBER, SAME_NAME = "number", "name"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Somebody who may be the same person, and why: `number` of a document, or `name` and birth."""

    detainee_id: UUID
    custody_id: UUID
    name: str
    born: date | None
    organization: str
    why: str


_DUPLICATES = """
SELECT DISTINCT ON (COALESCE(d.merged_into_id, d.id))
       COALESCE(d.merged_into_id, d.id), c.id, d.name, d.born, o.name, left(mine.token, 1) = 'b'
FROM custody_token mine
JOIN custody_detainee me ON me.id = mine.detainee_id
JOIN custody_token theirs ON theirs.token = mine.token AND theirs.detainee_id <> mine.detainee_id
JOIN custody_detainee d ON d.id = theirs.detainee_id
JOIN custody_custody c ON c.detainee_id = d.id
JOIN organizations_organization o ON o.id = c.organization_id
WHERE mine.detainee_id = %(root)s AND left(mine.token, 1) IN ('b', 'H', 'L')
  AND theirs.organization_id >= %(lowest)s AND theirs.organization_id <= %(highest)s
  AND COALESCE(d.merged_into_id, d.id) <> %(root)s
  AND (left(mine.token, 1) = 'b' OR (d.born = me.born AND d.sex = me.sex))
  AND (c.ended_at IS NULL OR c.basis <> ALL(%(sealed)s))
ORDER BY COALESCE(d.merged_into_id, d.id), left(mine.token, 1) = 'b' DESC, c.ended_at DESC NULLS FIRST
LIMIT 20
"""


def duplicates_of(root: UUID) -> list[Duplicate]:
    """Who in the scope may be the same person: one number of a document, or one name and one birth.

    Shown to people who look; nothing follows by itself. At most 20. One query.
    """
    seen = scope.current()
    with connection.cursor() as cursor:
        cursor.execute(
            _DUPLICATES,
            {
                "root": root,
                "lowest": seen.lowest,
                "highest": seen.highest,
                "sealed": sorted(sealing.sealed_bases(clock.today())),
            },
        )
        rows = cursor.fetchall()
    if access.withheld():
        return []
    access.note(row[0] for row in rows)
    return [
        Duplicate(root, stay, name, born, place, SAME_NUMBER if by_number else SAME_NAME)
        for root, stay, name, born, place, by_number in sorted(rows, key=lambda row: not row[5])
    ]
