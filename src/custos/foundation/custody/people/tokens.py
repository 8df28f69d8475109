"""Writing the tokens by which people are found, in the transaction of what changed."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q

from custos.foundation.custody.models import Custody, Detainee
from custos.foundation.custody.people import names
from custos.foundation.custody.people.facts import Fact, IdentityPaper, OtherName
from custos.foundation.custody.people.keeping import restored
from custos.foundation.custody.people.models import FactRow, Token
from custos.foundation.database import secrecy

T = TypeVar("T")

#: Sorts of facts that people are found by.
FOUND_BY = frozenset({"name", "identity"})


def of_new(people: Iterable[tuple[Detainee, Sequence[str]]]) -> None:
    """Make people findable who were not there before, each with the numbers of their stays."""
    of_brought((person, numbers, ()) for person, numbers in people)


_LOAD = """
INSERT INTO custody_token (token, organization_id, detainee_id)
SELECT unnest(p.tokens), p.organization, p.id
  FROM json_to_recordset(%s) AS p (id uuid, organization bigint, tokens text[])
"""
#: Some thirty tokens a person: so many of them stand in memory at once.
_AT_ONCE = 1_000


def of_brought(people: Iterable[tuple[Detainee, Sequence[str], Sequence[Fact]]]) -> None:
    """Make people findable who were not there before, by their numbers and by what is known of them.

    One query for each thousand.
    """
    for some in _batched(people, _AT_ONCE):
        found = [
            {
                "id": person.pk,
                "organization": person.organization_id,
                "tokens": list(
                    names.of_person(
                        [
                            person.name,
                            *(one.text for one in known if isinstance(one, OtherName)),
                        ],
                        numbers,
                        [
                            (one.number, one.citizen)
                            for one in known
                            if isinstance(one, IdentityPaper)
                        ],
                        secrecy.blind,
                    )
                ),
            }
            for person, numbers, known in some
        ]
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [orjson.dumps(found).decode()])


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    # `itertools.batched` comes with Python 3.12.
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def rewrite(roots: Iterable[UUID]) -> None:
    """Bring the tokens of some people up to what is known of them now; seven queries at most.

    Records that were found to be of one person are all found by whatever is known of any. `roots` are
    those that the others read as. Sees no more than the scope does.
    """
    wanted = list(roots)
    records = list(Detainee.objects.filter(Q(pk__in=wanted) | Q(merged_into__in=wanted)))
    ids = [record.pk for record in records]
    facts = [
        (row.detainee_id, restored(row))
        for row in FactRow.objects.filter(detainee__in=ids, until=None, sort__in=FOUND_BY)
    ]
    stays = list(Custody.objects.filter(detainee__in=ids).values_list("detainee_id", "number"))
    held: dict[UUID, set[str]] = {}
    for detainee, token in Token.objects.filter(detainee_id__in=ids).values_list(
        "detainee_id", "token"
    ):
        held.setdefault(detainee, set()).add(token)
    due: dict[UUID, set[str]] = {}
    for record in records:
        root = record.merged_into_id or record.pk
        one = {r.pk for r in records if (r.merged_into_id or r.pk) == root}
        said = [fact for detainee, fact in facts if detainee in one]
        due[record.pk] = names.of_person(
            [
                *(r.name for r in records if r.pk in one),
                *(fact.text for fact in said if fact.sort == "name"),
            ],
            [number for detainee, number in stays if detainee in one],
            [(fact.number, fact.citizen) for fact in said if fact.sort == "identity"],
            secrecy.blind,
        )
    for_good = Q(pk__in=[])
    for detainee, tokens in held.items():
        if gone := tokens - due[detainee]:
            for_good |= Q(detainee_id=detainee, token__in=gone)
    if for_good != Q(pk__in=[]):
        Token.objects.filter(for_good).delete()
    Token.objects.bulk_create(
        Token(token=token, organization_id=record.organization_id, detainee_id=record.pk)
        for record in records
        for token in sorted(due[record.pk] - held.get(record.pk, set()))
    )
