"""Lists and details over HTTP: pages and the API, 50 requests a second over 50 connections.

The real server, as `custos serve` runs it, on a database with a million people in custody and a
million entries, as the application's role under row-level security. Each connection is another
officer of another facility, and asks once a second on its own beat, whether or not the answer
before has come: what waits is counted from when it was due.
"""

import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from benchmarks._place import database
from benchmarks._site import served
from custos.config.benching import Figure

CONNECTIONS, EACH_A_SECOND = 50, 1.0
FACILITIES, PEOPLE_EACH, CELLS_EACH = 700, 1_429, 130
#: So many latest entries has whoever is looked at in detail.
ENTRIES_OF_ONE = 60
SECONDS = 20.0
#: One process answers with one core at a time.
WORKERS = 2
#: A request that a busy server turns away counts as one that waited so long, in milliseconds.
TURNED_AWAY = 30_000.0


@dataclass
class Officer:
    """Who asks: a token for the API, a session for pages, and whom they look at."""

    token: str
    session: str
    custody: UUID


def run(scale: float = 1.0) -> list[Figure]:
    """Measure everything; `scale` is the share of the full size."""
    with database():
        officers, above = _prepare(max(10, round(FACILITIES * scale)))
        with served(WORKERS) as port:
            return _figures(port, officers, above, max(4.0, SECONDS * scale))


def _figures(port: int, officers: list[Officer], above: Officer, seconds: float) -> list[Figure]:
    ways: tuple[tuple[str, float, Callable[[Officer], Any]], ...] = (
        ("list by API", 30, lambda one: ("/api/v1/people", _token(one))),
        ("detail by API", 60, lambda one: (f"/api/v1/people/{one.custody}", _token(one))),
        (
            "timeline by API",
            60,
            lambda one: (f"/api/v1/people/{one.custody}/timeline", _token(one)),
        ),
        ("list page", 30, lambda one: ("/people/", _session(one))),
        ("detail page", 60, lambda one: (f"/people/{one.custody}/", _session(one))),
    )
    figures = []
    for name, target, what in ways:
        asked = [what(officer) for officer in officers]
        _load(port, asked, 2.0)
        times = _load(port, asked, seconds)
        figures += [
            Figure(f"{name}, median", _at(times, 0.5), "ms"),
            Figure(f"{name}, p95", _at(times, 0.95), "ms", target, True),
        ]
        if away := times.count(TURNED_AWAY):
            figures.append(Figure(f"{name}, turned away", 100 * away / len(times), "%"))
    whole = [("/api/v1/people", _token(above))]
    _load(port, whole, 2.0)
    return [
        *figures,
        Figure("list by API, the whole country", _at(_load(port, whole, 5.0), 0.95), "ms"),
    ]


def _token(one: Officer) -> dict[str, str]:
    return {"Authorization": f"Bearer {one.token}"}


def _session(one: Officer) -> dict[str, str]:
    return {"Cookie": f"sessionid={one.session}"}


def _at(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


# ---------------------------------------------------------------------- asking


def _load(
    port: int, asked: list[tuple[str, dict[str, str]]], seconds: float, pause: float = 1.0
) -> list[float]:
    """Milliseconds of every request, from when it was due to the last byte of its answer.

    Raises `RuntimeError` where an answer is neither what was asked for nor "busy" (503).
    """
    times: list[list[float]] = [[] for _ in asked]
    wrong: list[str] = []
    start = time.perf_counter() + 0.5
    end = start + seconds

    def ask(number: int) -> None:
        path, headers = asked[number]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due = start + pause * number / len(asked) / EACH_A_SECOND
        while due < end:
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            connection.request("GET", path, headers={"Host": "localhost", **headers})
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 503):
                wrong.append(f"{path}: {answer.status}")
                return
            taken = (time.perf_counter() - due) * 1000
            times[number].append(taken if answer.status == 200 else TURNED_AWAY)
            due += pause / EACH_A_SECOND
        connection.close()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"not what was to be measured: {wrong[0]}")
    return [one for own in times for one in own]


# ---------------------------------------------------------------------- what is asked about


def _numbers(count: int) -> list[int]:
    """Facilities in ten provinces of ten cities."""
    return [
        100_000_000 + (1 + n % 10) * 1_000_000 + (1 + n // 10 % 10) * 1_000 + 1 + n // 100
        for n in range(count)
    ]


_CELLS = """
INSERT INTO organizations_cell
    (id, organization_id, name, sex, kind, capacity, out_of_use, out_of_use_reason)
SELECT md5('cell' || o || n)::uuid, o, lpad(n::text, 3, '0'), '1', 'ordinary', 12, false, ''
FROM unnest(%(facilities)s::bigint[]) AS o, generate_series(1, %(cells)s) AS n
"""
_DETAINEES = """
INSERT INTO custody_detainee (id, organization_id, name, sex, born)
SELECT md5('person' || o || n)::uuid, o, '王小川', '1', date '1990-05-01'
FROM unnest(%(facilities)s::bigint[]) AS o, generate_series(1, %(people)s) AS n
"""
_CUSTODIES = """
INSERT INTO custody_custody
    (id, detainee_id, organization_id, number, basis, basis_number, admitted_at, cell_id)
SELECT md5('stay' || o || n)::uuid, md5('person' || o || n)::uuid, o, o || lpad(n::text, 6, '0'),
    '拘留证', n::text, now() - (n + 1 + random()) * interval '1 hour',
    md5('cell' || o || (n %% %(cells)s + 1))::uuid
FROM unnest(%(facilities)s::bigint[]) AS o, generate_series(1, %(people)s) AS n
"""
_STAYS = """
INSERT INTO custody_cellstay (id, custody_id, organization_id, cell_id, during)
SELECT md5('place' || c.id)::uuid, c.id, c.organization_id, c.cell_id, tstzrange(c.admitted_at, NULL)
FROM custody_custody c WHERE c.organization_id = ANY (%(facilities)s)
"""


def _prepare(count: int) -> tuple[list[Officer], Officer]:
    from django.db import connection

    from custos.foundation.database import scope
    from custos.foundation.organizations.models import Organization
    from custos.foundation.record.parties import Post

    facilities = _numbers(count)
    with scope.entered(scope.Scope.of_system("bench")):
        Organization.objects.create(id=100_000_000, name="country")
        Organization.objects.bulk_create(
            Organization(id=number, name=f"Centre {number}", kind="KSS") for number in facilities
        )
        values = {"facilities": facilities, "cells": CELLS_EACH, "people": PEOPLE_EACH}
        with connection.cursor() as cursor:
            for statement in (_CELLS, _DETAINEES, _CUSTODIES):
                cursor.execute(statement, values)
            # Only where somebody looks: the constraint that nobody is in two places is dear to load.
            cursor.execute(_STAYS, {"facilities": facilities[:CONNECTIONS]})
    # Before entries: each officer's person is in the last facility that it is given.
    officers = [_officer(facilities[n % count], Post.CASE_OFFICER, n) for n in range(CONNECTIONS)]
    _entries(facilities, officers)
    above = _officer(100_000_000, Post.OVERSIGHT, CONNECTIONS, of=facilities[0])
    with psycopg.connect(os.environ["CUSTOS_OWNER_URL"], autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")
    connection.close()
    return officers, above


def _officer(number: int, post: Any, serial: int, *, of: int | None = None) -> Officer:
    from django.test import Client

    from custos.foundation.accounts import queries as accounts
    from custos.foundation.accounts import services as staffing
    from custos.foundation.api import scopes
    from custos.foundation.api import services as tokens
    from custos.foundation.custody.models import Custody
    from custos.foundation.database import scope
    from custos.foundation.organizations.models import Organization
    from custos.foundation.record.parties import Actor, StaffKind

    with scope.entered(scope.Scope.of_system("bench")):
        user = staffing.make_account(f"officer-{serial}", None)
        staffing.post_staff(
            user,
            name="赵敏",
            kind=StaffKind.OFFICER,
            organization=Organization.objects.get(pk=number),
            post=post,
            by=Actor.system("bench"),
        )
        acting = accounts.acting_of(user)
        if acting is None:
            raise RuntimeError("an officer without a post")
        _token_row, secret = tokens.make_personal(acting, "bench", wanted=scopes.SCOPES)
        custody = Custody.objects.filter(organization_id=of or number).order_by("id")[serial]
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return Officer(secret, client.cookies["sessionid"].value, custody.pk)


def _entries(facilities: list[int], officers: list[Officer]) -> None:
    """As many entries as people, and a long file for those who are looked at."""
    from custos.foundation.custody.models import Custody
    from custos.foundation.database import scope
    from custos.foundation.record import services as record

    with scope.entered(scope.Scope.of_system("bench")):
        stays = Custody.objects.filter(pk__in=[one.custody for one in officers])
        looked_at = list(stays.values_list("organization_id", "detainee_id", "id", "cell_id"))
        record.append_many(_drafts(facilities, looked_at))


def _drafts(facilities: list[int], looked_at: list[tuple[Any, ...]]) -> Iterator[Any]:
    from datetime import timedelta
    from hashlib import md5

    from custos.foundation import clock
    from custos.foundation.database.ids import new_id
    from custos.foundation.record import services as record
    from custos.foundation.record.kinds import Corrected
    from custos.foundation.record.parties import Actor, ActorKind, Post, StaffKind, Subject

    officer = Actor(ActorKind.STAFF, str(new_id()), Post.PATROL, StaffKind.OFFICER)
    at = clock.now() - timedelta(minutes=5)
    payload = Corrected(
        entry=new_id(), wrong="巡视正常", right="巡视正常，一人未睡", reason="当班核对"
    )
    for number in facilities:
        for n in range(1, PEOPLE_EACH + 1):
            person, stay = (
                UUID(md5(f"{what}{number}{n}".encode()).hexdigest()) for what in ("person", "stay")
            )
            yield record.draft(payload, about=Subject(number, person, stay), by=officer, at=at)
    for number, person, stay, cell in looked_at:
        for n in range(ENTRIES_OF_ONE):
            about = Subject(number, person, stay) if n % 3 else Subject(number, cell_id=cell)
            yield record.draft(payload, about=about, by=officer, at=at + timedelta(seconds=n))
