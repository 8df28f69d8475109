"""The pages of the shell in a browser: how much the first load weighs, and how soon an old PC may work.

Weight is what comes over the wire with an empty cache: page, styles, scripts, icons, as the running
site sends them. A ten-year-old PC is Chromium with its processor slowed six times; a page is usable when
the browser has finished loading it and has had half a second of quiet: no task of 50 ms, as "time to
interactive" is measured. Charts are apart: their library is loaded by pages that draw some.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from benchmarks._place import database
from benchmarks._site import browser, session, site
from custos.config.benching import Figure

SLOWED = 6
PEOPLE, CELLS, TASKS = 600, 50, 12
PAGES = (
    ("workbench", "patrol", "/duty/"),
    ("list of people", "duty_leader", "/people/"),
    ("person", "duty_leader", "/people/{stay}/"),
    ("facility", "duty_leader", "/facility/"),
    ("operations", "duty_leader", "/operations/"),
    ("admission", "duty_leader", "/reception/admit/"),
)
CHARTS = "/ui/figures/"

#: Milliseconds from the navigation's start until the page is loaded and quiet.
_USABLE = """() => new Promise((done) => {
  const long = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) long.push(one.startTime + one.duration);
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    const [page] = performance.getEntriesByType('navigation');
    const last = Math.max(page.domContentLoadedEventEnd, ...long);
    if (page.loadEventEnd && performance.now() - Math.max(last, page.loadEventEnd) > 500) done(last);
    else setTimeout(look, 50);
  };
  look();
})"""


def run(scale: float = 1.0) -> list[Figure]:
    """Measure everything; `scale` is the share of the full number of loads."""
    with database():
        sessions, stay = _world()
        gc.collect()
        with site() as address, browser() as chromium:

            def at(post: str, path: str) -> tuple[Any, str, str, str]:
                return chromium, address, sessions[post], path.format(stay=stay)

            figures = [
                Figure(f"first load, {name}", _weight(*at(post, path)) / 1000, "kB", 200, True)
                for name, post, path in PAGES
            ]
            charts = _weight(*at("duty_leader", CHARTS)) / 1000
            figures.append(Figure("first load, a page with charts", charts, "kB"))
            for name, post, path in PAGES:
                times = [_usable(*at(post, path)) for _ in range(max(3, round(9 * scale)))]
                median = sorted(times)[len(times) // 2] / 1000
                title = f"usable at 1/{SLOWED} of the processor, {name}"
                figures.append(Figure(title, median, "s", 2, True))
            return figures


def _world() -> tuple[dict[str, str], str]:
    """A facility with people and tasks; the sessions of its patrol and duty leader, and a stay."""
    from custos.foundation import clock
    from custos.foundation.custody.models import Custody, Detainee
    from custos.foundation.database import scope
    from custos.foundation.organizations.models import Cell, Organization
    from custos.foundation.record.jobs import ensure_partitions
    from custos.foundation.record.parties import Post
    from custos.prevention.devices import intake
    from custos.prevention.devices.tests.worlds import a_button, a_press

    now = clock.now()
    ensure_partitions(now.date())
    with scope.entered(scope.Scope.of_system("bench")):
        facility = Organization.objects.create(id=101_001_001, name="第一看守所", kind="KSS")
        cells = Cell.objects.bulk_create(
            Cell(organization=facility, name=f"{serial:03}", capacity=12)
            for serial in range(1, CELLS + 1)
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
                admitted_at=now - timedelta(hours=n),
                cell=cells[n % CELLS],
            )
            for n, person in enumerate(people)
        )
        intake.take([a_press(a_button(cell)) for cell in cells[:TASKS]])
        return {post: session(facility, post) for post in (Post.PATROL, Post.DUTY_LEADER)}, str(
            stays[0].pk
        )


@contextmanager
def _page(browser: Any, address: str, session: str) -> Iterator[tuple[Any, Any]]:
    """A page of a browser that has never been here, and its debugging session."""
    context = browser.new_context(base_url=address, viewport={"width": 1024, "height": 768})
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    yield page, context.new_cdp_session(page)
    context.close()


def _weight(browser: Any, address: str, session: str, path: str) -> float:
    """Bytes over the wire until the page has all that it asks for."""
    with _page(browser, address, session) as (page, debugger):
        sizes: list[float] = []
        debugger.send("Network.enable")
        debugger.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        page.wait_for_timeout(1500)
        return sum(sizes)


def _usable(browser: Any, address: str, session: str, path: str) -> float:
    """Milliseconds until the page is usable on a slow processor."""
    with _page(browser, address, session) as (page, debugger):
        debugger.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        page.goto(path)
        return float(page.evaluate(_USABLE))
