"""Finding people by name: how long it takes and whom it finds, among a million in custody.

`custody.queries.search` as pages call it, as the application's role under row-level security: once
by an officer of one facility, and once by somebody who sees the whole country. Who is looked for is
drawn by chance; what is typed is their name, a part of it, how it is read, its first letters, their
custody number, a citizen's number, and readings with one wrong letter. Surnames come as often as their
rank has it, so that the commonest names are borne by hundreds.

Found is who stands among the first 200 of their facility. The sets of typos and of readings that
dictionaries get wrong are those of the tests, beside them in the repository.
"""

import csv
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from benchmarks._place import database
from custos.config.benching import Figure

PEOPLE, EACH = 1_000_000, 1_429
ASKED = 1_000
MOST = 200
SETS = Path(__file__).resolve().parents[1] / "src/custos/foundation/custody/people/tests/sets"

#: By rank, the first of them the commonest; then characters of given names.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁"
    "任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷黎史龙陶贺毛郝顾龚邵万覃武钱戴严"
    "莫孔向常单仇解查朴区盖翟"
)
_GIVEN = (
    "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建国志文海峰芳娜敏静丽娟艳霞秀燕玲"
    "桂红梅莉倩雪慧颖洁婷玉萍琳璐悦欣怡晶莹蓉露瑶佳小川春生铁山远栋晓东大中天成福贵安康乐家庆祥瑞德仁义"
    "和永长清水云石松柏青少卿子轩一诺思雨晨曦泽宏立新爱民保卫学农世昌有才金宝银花巧凤兰英珍香月桃荣"
)
_DAY = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be looked for."""

    stay: UUID
    facility: int
    name: str
    number: str
    citizen: str


def run(scale: float = 1.0) -> list[Figure]:
    """Measure everything; `scale` is the share of the full size."""
    with database():
        chance = Random(20260302)
        began = time.perf_counter()
        known = _people(
            chance, max(EACH, round(PEOPLE * scale)), samples=max(50, round(ASKED * scale))
        )
        loaded = time.perf_counter() - began
        with psycopg.connect(os.environ["CUSTOS_OWNER_URL"]) as owner:
            row = owner.execute(
                "SELECT count(*), pg_total_relation_size('custody_token') FROM custody_token"
            ).fetchone()
            assert row is not None
        figures = [
            Figure("people", max(EACH, round(PEOPLE * scale)), "people"),
            Figure("tokens each", row[0] / max(EACH, round(PEOPLE * scale)), "rows"),
            Figure("tokens and their indexes", row[1] / 2**30, "GiB"),
            Figure("loading", loaded, "s"),
        ]
        return figures + _measured(chance, known)


# ------------------------------------------------------------------ who is there


def _person(chance: Random, weights: list[float]) -> str:
    given = "".join(chance.choice(_GIVEN) for _ in range(chance.choice((1, 2, 2, 2))))
    return chance.choices(_SURNAMES, cum_weights=weights)[0] + given


def _weights() -> list[float]:
    total, found = 0.0, []
    for rank in range(1, len(_SURNAMES) + 1):
        total += 1 / rank**0.8
        found.append(total)
    return found


def _citizen(chance: Random) -> str:
    from custos.foundation.codes.identity import check_character

    first = f"9901{chance.randrange(100):02}{chance.randrange(1950, 2008)}"
    first += f"{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}{chance.randrange(1000):03}"
    return first + check_character(first)


def _people(chance: Random, count: int, samples: int) -> list[Person]:
    """Fill the tables as their owner, by COPY; returns those who will be looked for."""
    from custos.foundation.custody.people import names
    from custos.foundation.database import scope, secrecy
    from custos.foundation.database.ids import new_id
    from custos.foundation.organizations.models import Organization

    of_name = cache(names.of_name)
    weights = _weights()
    places = [101_001_001 + n // 900 * 1000 + n % 900 for n in range(-(-count // EACH))]
    wanted = set(chance.sample(range(count), samples))
    sets = _set("polyphones.csv") + _set("typos.csv")
    special = dict(enumerate(dict.fromkeys(name for name, _typed in sets)))
    known: list[Person] = []
    with scope.entered(scope.Scope.of_system("bench")):
        Organization.objects.bulk_create(
            Organization(id=place, name=f"Centre {place}", kind="KSS") for place in places
        )
    with psycopg.connect(os.environ["CUSTOS_OWNER_URL"], autocommit=True) as owner:
        owner.execute("ALTER TABLE custody_token DROP CONSTRAINT custody_token_pkey")
        owner.execute("DROP INDEX custody_tokens_of")
        rows: dict[str, list[tuple[Any, ...]]] = {"detainee": [], "custody": [], "token": []}

        def write() -> None:
            _copy(owner, "custody_detainee (id, organization_id, name, sex)", rows["detainee"])
            _copy(
                owner,
                "custody_custody (id, detainee_id, organization_id, number, basis, basis_number,"
                " admitted_at)",
                rows["custody"],
            )
            _copy(owner, "custody_token (token, organization_id, detainee_id)", rows["token"])
            for one in rows.values():
                one.clear()

        for serial in range(count):
            place = places[serial // EACH]
            person, stay = new_id(), new_id()
            name = special.get(serial) or _person(chance, weights)
            number, citizen = f"{place}20260302{serial % EACH:04}", _citizen(chance)
            rows["detainee"].append((person, place, name, "1"))
            rows["custody"].append((stay, person, place, number, "拘留证", "1", _DAY))
            tokens = of_name(name) | names.of_number(number)
            tokens |= names.of_document(citizen, citizen=True, blind=secrecy.blind)
            rows["token"] += [(token, place, person) for token in tokens]
            if serial in wanted or serial in special:
                known.append(Person(stay, place, name, number, citizen))
            if len(rows["detainee"]) == 20_000:
                write()
        write()
        owner.execute(
            "ALTER TABLE custody_token ADD PRIMARY KEY (token, organization_id, detainee_id)"
        )
        owner.execute("CREATE INDEX custody_tokens_of ON custody_token (detainee_id)")
        owner.execute("VACUUM ANALYZE")
    return known


def _copy(owner: Any, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with owner.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _set(name: str) -> list[tuple[str, str]]:
    with (SETS / name).open(encoding="utf-8") as file:
        return [(row["name"], row["typed"]) for row in csv.DictReader(file)]


# ------------------------------------------------------------------ what is typed


def _read(chance: Random, name: str) -> list[str]:
    from custos.foundation.custody.people import readings

    return [chance.choice(one) for one in readings.of_name(name)]


def _typo(chance: Random, word: str) -> str:
    at, letter = chance.randrange(1, len(word) - 1), chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice(
        (
            word[:at] + letter + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )


#: Ways to type somebody, their name and whether all must be found (else 99.5 of 100).
_WAYS: tuple[tuple[str, Callable[[Random, Person], str], float], ...] = (
    ("exact", lambda _chance, one: one.name, 100),
    ("prefix", lambda _chance, one: one.name[:2], 100),
    ("contains", lambda _chance, one: one.name[1:], 100),
    ("pinyin", lambda chance, one: "".join(_read(chance, one.name)), 100),
    ("initials", lambda chance, one: "".join(part[0] for part in _read(chance, one.name)), 100),
    ("custody number", lambda _chance, one: one.number, 100),
    ("citizen's number", lambda _chance, one: one.citizen, 100),
    ("one wrong letter", lambda chance, one: _typo(chance, "".join(_read(chance, one.name))), 99.5),
)


def _measured(chance: Random, known: list[Person]) -> list[Figure]:
    from custos.foundation.database.scope import HIGHEST, LOWEST

    figures = []
    every: dict[str, list[float]] = {"facility": [], "country": []}
    for name, typed_as, least in _WAYS:
        asked = [(one, typed_as(chance, one)) for one in known if not one.name.isascii()]
        found = sum(
            one.stay in _search(typed, one.facility, one.facility, MOST)[0] for one, typed in asked
        )
        for where in every:
            times = []
            for one, typed in asked:
                low, high = (one.facility,) * 2 if where == "facility" else (LOWEST, HIGHEST)
                times.append(_search(typed, low, high, 7)[1])
            every[where] += times
            figures.append(_p95(f"{name}, {where}", times))
        figures.append(Figure(f"{name}, found", found / len(asked) * 100, "of 100", least))
    for name, least in (("polyphones", 100.0), ("typos", 99.5)):
        rows = _set(f"{name}.csv")
        by_name = {one.name: one for one in reversed(known)}
        hit = sum(
            by_name[who].stay
            in _search(typed, by_name[who].facility, by_name[who].facility, MOST)[0]
            for who, typed in rows
        )
        figures.append(Figure(f"set of {name}, found", hit / len(rows) * 100, "of 100", least))
    return figures + [_p95(f"all of these, {where}", times) for where, times in every.items()]


def _p95(name: str, times: list[float]) -> Figure:
    return Figure(f"{name}, p95", sorted(times)[int(len(times) * 0.95)] * 1000, "ms", 10, True)


def _search(typed: str, lowest: int, highest: int, limit: int) -> tuple[set[UUID], float]:
    """Whom one search finds, and how long it took, in seconds."""
    from custos.foundation.custody import queries
    from custos.foundation.database import scope

    with scope.entered(scope.Scope(lowest, highest, frozenset({1}), "system:bench")):
        began = time.perf_counter()
        found = queries.search(typed, limit)
        took = time.perf_counter() - began
    return {one.custody_id for one in found}, took
