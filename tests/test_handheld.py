"""A patrol officer records at cell doors, with the network and without it; what waits is sent once.

In Chromium, with the browser's own network switched off and on. The device's storage, its service worker
and its encryption are the real ones.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import orjson
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from custos.foundation import clock
from custos.foundation.accounts.acting import Acting
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record import queries as entries
from custos.foundation.record.models import Payload
from custos.foundation.record.parties import Post, StaffKind
from custos.prevention.duty.information.models import Observation
from custos.prevention.duty.models import Task
from tests import browsers, factories, house
from tests.test_api import a_photo

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

SOON = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.running() as running:
        yield running


class Scene:
    """A facility with one cell and two people in it, and the officers who walk there."""

    def __init__(self) -> None:
        with scope.entered(factories.SYSTEM):
            self.facility = factories.a_facility()
            self.cell: Cell = factories.a_cell(facility=self.facility)
            self.stays = [
                factories.a_detainee(in_cell=self.cell, name=name) for name in ("王小川", "赵铁山")
            ]
            self.patrol = factories.somebody(Post.PATROL, at=self.facility)
            self.other = factories.somebody(Post.PATROL, StaffKind.AUXILIARY, at=self.facility)

    def recorded(self) -> list[str]:
        """What the server has, oldest first, each with its tasks."""
        with scope.entered(factories.SYSTEM):
            rows = Observation.objects.filter(organization_id=self.facility.pk).order_by("id")
            return [row.type_id for row in rows]

    def tasks(self) -> int:
        with scope.entered(factories.SYSTEM):
            return Task.objects.filter(organization_id=self.facility.pk).count()


@pytest.fixture
def scene(live_site: str) -> Scene:
    return Scene()


def opened(browser: Browser, site: str, who: Acting) -> tuple[BrowserContext, Page]:
    context = browser.new_context(
        base_url=site, locale="zh-CN", viewport={"width": 390, "height": 844}, has_touch=True
    )
    sign_in(context, site, who)
    page = context.new_page()
    page.goto("/handheld/")
    page.locator("main[data-kept-offline]").wait_for(state="attached", timeout=SOON)
    return context, page


def sign_in(context: BrowserContext, site: str, who: Acting) -> None:
    context.add_cookies([{"name": "sessionid", "value": house.cookie_of(who), "url": site}])


def record(page: Page, type_id: str, words: str, whom: str = "王小川") -> None:
    """Three taps and a sentence, standing at the cell: what, whom, and that it is to be saved."""
    page.locator(f"[data-type={type_id}]").click()
    page.get_by_role("button", name=whom).click()
    page.get_by_label("你看到了什么，用一句话说").fill(words)
    page.get_by_role("button", name="保存并上报").click()
    page.locator(".hand-type").first.wait_for()


def test_what_is_still_on_its_way_is_not_said_to_be_lacking(
    browser: Browser, live_site: str, scene: Scene
) -> None:
    context = browser.new_context(base_url=live_site, locale="zh-CN")
    sign_in(context, live_site, scene.patrol)
    page = context.new_page()
    held: list[Route] = []
    page.route("**/handheld/data/", lambda route: held.append(route))
    page.goto("/handheld/")
    with page.expect_request("**/handheld/data/"):
        pass
    expect(page.locator("#hand-step")).to_be_empty()
    held.pop().abort()
    expect(page.locator("#hand-step")).to_contain_text("本机还没有")
    context.close()


def state(page: Page) -> str:
    return page.locator("#hand-state").inner_text()


def test_any_type_is_recorded_by_three_taps_and_a_sentence(
    browser: Browser, live_site: str, scene: Scene
) -> None:
    context, page = opened(browser, live_site, scene.patrol)
    page.locator(".hand-cell", has_text=scene.cell.name).click()
    record(page, "I14", "把餐盘推开，说不想吃。")
    expect(page.locator("#hand-state")).to_contain_text("全部已上报", timeout=SOON)
    assert scene.recorded() == ["I14"]
    assert scene.tasks() == 1
    page.goto("/duty/reported/")
    expect(page.locator("table")).to_contain_text("拒绝进餐")
    context.close()


def test_a_shift_without_a_network_is_sent_later_once_and_whole(
    browser: Browser, live_site: str, scene: Scene
) -> None:
    context, page = opened(browser, live_site, scene.patrol)
    context.set_offline(True)
    page.reload()
    page.locator(".hand-cell", has_text=scene.cell.name).click()
    for words in ("第一条", "第二条", "第三条"):
        record(page, "I14", words, "赵铁山")
    expect(page.locator("#hand-state")).to_contain_text("离线 · 3 条待上报")
    page.reload()  # the device was switched off and on again
    expect(page.locator("#hand-state")).to_contain_text("离线 · 3 条待上报")
    assert scene.recorded() == []

    # The answer to the first is lost on its way back: the server has it, the device doesn't know.
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.request.url)
        route.fetch()
        return route.abort()

    context.route("**/handheld/send/", lose_first)
    context.set_offline(False)
    expect(page.locator("#hand-state")).to_contain_text("在线 · 全部已上报", timeout=2 * SOON)
    assert lost
    assert scene.recorded() == ["I14"] * 3
    assert scene.tasks() == 3
    context.close()


def test_a_photo_waits_too_and_a_device_whose_clock_is_a_day_wrong_says_when_it_was(
    browser: Browser, live_site: str, scene: Scene
) -> None:
    context, page = opened(browser, live_site, scene.patrol)
    wrong = clock.now() - timedelta(days=1)
    context.clock.set_system_time(wrong)
    page.reload()
    page.locator(".hand-cell", has_text=scene.cell.name).click()
    context.set_offline(True)
    record(page, "I14", "第一条")
    page.locator("[data-type=I14]").click()
    page.get_by_role("button", name="赵铁山").click()
    page.get_by_label("你看到了什么，用一句话说").fill("餐盘原样退回。")
    page.locator("#hand-photo").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": a_photo()}
    )
    expect(page.locator(".hand-photo")).to_contain_text("1 张")
    page.get_by_role("button", name="保存并上报").click()
    record(page, "I14", "第三条")
    expect(page.locator("#hand-state")).to_contain_text("离线 · 3 条待上报")
    context.set_offline(False)
    expect(page.locator("#hand-state")).to_contain_text("在线 · 全部已上报", timeout=2 * SOON)
    context.close()

    with scope.entered(factories.SYSTEM):
        rows = list(Observation.objects.order_by("recorded_at"))
        lines = entries.lines_of([row.entry_id for row in rows])
        said = [Payload.objects.get(pk=row.entry_id) for row in rows]
    assert len(rows) == 3
    assert [len(lines[row.entry_id].attachments) for row in rows] == [0, 1, 0]
    assert scene.tasks() == 3
    for row, payload in zip(rows, said, strict=True):
        assert abs(row.occurred_at - clock.now()) < timedelta(minutes=5), "by the server's clock"
        assert row.occurred_at <= row.recorded_at
        claimed = datetime.fromisoformat(orjson.loads(bytes(payload.body))["claimed_at"])
        assert abs(claimed - wrong) < timedelta(minutes=5), "and what the device said is kept"


def test_a_device_that_comes_back_with_two_hundred_records_of_which_some_are_known_doubles_none(
    browser: Browser, live_site: str, scene: Scene
) -> None:
    context, page = opened(browser, live_site, scene.patrol)
    ids = [str(uuid4()) for _ in range(200)]
    known = page.evaluate(_SENT_WITHOUT_AN_ANSWER, [ids[::5], str(scene.stays[0].pk)])
    assert known == 40
    assert len(scene.recorded()) == 40
    context.set_offline(True)
    page.evaluate(_KEPT_IN_THE_DEVICE, [ids, str(scene.stays[0].pk)])
    page.reload()
    expect(page.locator("#hand-state")).to_contain_text("离线 · 200 条待上报")
    context.set_offline(False)
    expect(page.locator("#hand-state")).to_contain_text("在线 · 全部已上报", timeout=6 * SOON)
    assert scene.recorded() == ["I14"] * 200
    assert scene.tasks() == 200
    with scope.entered(factories.SYSTEM):
        assert set(map(str, Observation.objects.values_list("client_id", flat=True))) == set(ids)
    context.close()


#: The module that the page itself keeps records with, and a record as it makes one.
_STORE = """
const parts = performance.getEntriesByType("resource").map((one) => one.name);
const store = await import(parts.find((one) => one.includes("handheld/store")));
const { me } = await store.keptData();
const began = Date.now() - 8 * 3600 * 1000;
const made = (client, at) => ({
  me, client, type: "I14", title: "x", text: `第${at}条`, details: {}, custody,
  observed: new Date(began + Number.parseInt(client.slice(0, 4), 16) * 100).toISOString(),
});
"""
_SENT_WITHOUT_AN_ANSWER = f"""
async ([ids, custody]) => {{
  {_STORE}
  const main = document.getElementById("main");
  const {{ token }} = await (await fetch(`${{main.dataset.url}}?only=me`)).json();
  let taken = 0;
  for (const client of ids) {{
    const form = new FormData();
    form.append("record", JSON.stringify(made(client, client)));
    const headers = {{ Accept: "application/json", "X-CSRFToken": token }};
    taken += (await fetch(main.dataset.send, {{ method: "POST", body: form, headers }})).ok;
  }}
  sessionStorage.setItem("began", String(began));
  return taken;
}}
"""
_KEPT_IN_THE_DEVICE = f"""
async ([ids, custody]) => {{
  {_STORE.replace("Date.now() - 8 * 3600 * 1000", 'Number(sessionStorage.getItem("began"))')}
  for (const client of ids) await store.enqueue(made(client, client), []);
}}
"""


def test_a_colleague_who_takes_the_device_neither_reads_nor_sends_what_waits(
    browser: Browser, live_site: str, scene: Scene
) -> None:
    context, page = opened(browser, live_site, scene.patrol)
    page.locator(".hand-cell", has_text=scene.cell.name).click()
    context.set_offline(True)
    record(page, "I30", "有人低声威胁同监室人员。")
    context.clear_cookies()
    sign_in(context, live_site, scene.other)
    context.set_offline(False)
    page.goto("/handheld/")
    expect(page.locator("#hand-state")).to_contain_text("同事的 1 条待其本人上报", timeout=SOON)
    assert scene.recorded() == []
    assert "威胁" not in page.content()
    context.clear_cookies()
    sign_in(context, live_site, scene.patrol)
    page.goto("/handheld/")
    expect(page.locator("#hand-state")).to_contain_text("在线 · 全部已上报", timeout=SOON)
    assert scene.recorded() == ["I30"]
    context.close()


def test_what_the_device_keeps_is_unreadable_and_its_list_goes_at_sign_out(
    browser: Browser, live_site: str, scene: Scene
) -> None:
    context, page = opened(browser, live_site, scene.patrol)
    page.locator(".hand-cell", has_text=scene.cell.name).click()
    context.set_offline(True)
    record(page, "I14", "把餐盘推开。")
    kept = page.evaluate(_ALL_KEPT)
    assert "王小川" not in kept
    assert "餐盘" not in kept
    assert "custos-holder-handheld" in kept
    context.set_offline(False)
    expect(page.locator("#hand-state")).to_contain_text("全部已上报", timeout=SOON)
    context.clear_cookies()  # signed out, at whatever page
    page.goto("/account/login/")
    page.wait_for_function(
        "indexedDB.databases().then((all) => all.every((one) => !one.name.startsWith('custos-holder')))",
        timeout=SOON,
    )
    context.close()


_ALL_KEPT = """
async () => {
  const said = [];
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((done) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
    });
    for (const store of database.objectStoreNames) {
      const rows = await new Promise((done) => {
        const asked = database.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
      });
      const text = (value) => JSON.stringify(value, (key, inner) =>
        inner instanceof ArrayBuffer ? new TextDecoder().decode(inner) : inner);
      said.push(name, store, ...rows.map(text));
    }
    database.close();
  }
  for (const cache of await caches.keys()) {
    const kept = await caches.open(cache);
    for (const request of await kept.keys()) said.push(await (await kept.match(request)).text());
  }
  return said.join("\\n");
}
"""
