"""A workbench while 2,000 tasks are open: the whole page over HTTP, as each post asks for it.

Half of the facility's tasks are asked of one post, the duty leader's, the others of four more. One process
serves, and one officer asks after the other.
"""

import http.client
import os
import time
from typing import Any

import psycopg

from benchmarks._place import database
from benchmarks._site import served, session
from custos.config.benching import Figure

TASKS, CELLS, PEOPLE = 2_000, 120, 600
TARGET_MS = 60
TRIES, WARMING = 60, 10
FACILITY = 101_001_001
#: What is noticed, and the post that is asked first.
_TYPES = (
    ("I29", "duty_leader"),
    ("I42b", "logistics"),
    ("I14", "medical"),
    ("I30", "case_officer"),
    ("I36", "reception"),
)


def run(scale: float = 1.0) -> list[Figure]:
    """Measure each post; `scale` is the share of the full number of requests."""
    with database():
        asked = _prepare()
        tries = max(20, round(TRIES * scale))
        os.environ["CUSTOS_DEMO"] = "1"  # a leader signs in without a second factor
        with served(1) as port:
            taken = {title: _times(port, session, tries) for title, session in asked.items()}
    return [
        Figure(f"workbench, {TASKS:,} open, {title}, p95", _p95(times), "ms", TARGET_MS, True)
        for title, times in taken.items()
    ]


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _times(port: int, session: str, tries: int) -> list[float]:
    """Milliseconds of each request to the last byte of its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": "localhost", "Cookie": f"sessionid={session}", "Accept-Language": "zh-CN"}
    times = []
    for _try in range(WARMING + tries):
        began = time.perf_counter()
        connection.request("GET", "/duty/", headers=headers)
        answer = connection.getresponse()
        page = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200 or b"data-key" not in page:
            raise RuntimeError(f"not what was to be measured: {answer.status}")
    connection.close()
    return times[WARMING:]


def _prepare() -> dict[str, str]:
    """A facility with people and open tasks; the session of whoever looks, by their post."""
    from custos.foundation import clock
    from custos.foundation.database import scope
    from custos.foundation.organizations.models import Organization
    from custos.foundation.record.jobs import ensure_partitions
    from custos.foundation.record.parties import Post

    ensure_partitions(clock.now().date())
    with scope.entered(scope.Scope.of_system("bench")):
        facility = Organization.objects.create(id=FACILITY, name="第一看守所", kind="KSS")
        _noticed(facility)
        asked = {post: session(facility, Post(post)) for _type, post in _TYPES}
    with psycopg.connect(os.environ["CUSTOS_OWNER_URL"], autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")
    return asked


def _noticed(facility: Any) -> None:
    """People in cells, and what a patrol noticed of them, which opens as many tasks."""
    from datetime import timedelta

    from custos.foundation import clock
    from custos.foundation.custody.models import Custody, Detainee
    from custos.foundation.organizations.models import Cell
    from custos.foundation.record.parties import Post
    from custos.prevention.duty.information import services as information
    from custos.prevention.duty.information.services import About
    from tests.factories import an_officer

    cells = Cell.objects.bulk_create(
        Cell(organization=facility, name=f"{serial:03}", capacity=12) for serial in range(CELLS)
    )
    people = Detainee.objects.bulk_create(
        Detainee(organization=facility, name=f"王小川{n}", sex="1") for n in range(PEOPLE)
    )
    stays = Custody.objects.bulk_create(
        Custody(
            detainee=person,
            organization=facility,
            number=f"{facility.pk}20260302{n:04}",
            basis="拘留证",
            basis_number="2026-17",
            admitted_at=clock.now() - timedelta(hours=n),
            cell=cells[n % CELLS],
        )
        for n, person in enumerate(people)
    )
    finders = {"I36": an_officer(Post.CASE_OFFICER)}
    patrol = an_officer(Post.PATROL)
    for number in range(TASKS):
        kind, _post = _TYPES[0 if number % 2 else 1 + number // 2 % (len(_TYPES) - 1)]
        about = About(custody=stays[number % PEOPLE].pk)
        if kind in ("I42b", "I29"):
            about = About(cell=cells[number % CELLS].pk)
        details = {"sort_of_paper": "application"} if kind == "I36" else {}
        information.observe(
            kind,
            "一句话说明情况。",
            facility=facility.pk,
            about=about,
            by=finders.get(kind, patrol),
            details={"defect": "light"} if kind == "I42b" else details,
        )
