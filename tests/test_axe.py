"""No page breaks a rule of axe-core or doesn't fit its screen: on a desk, in a guard room, in a hand.

Each page is opened once in each language, and looked at in each width. What a width does to a page is
layout, which is looked at everywhere. What axe finds hardly hangs on the language, the theme or the width,
so in English, of the dark and of a hand it is asked of a third of the pages, and of all by `make proof`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import browsers, house, samples, shell_pages
from tests.visitors import Visitor, seen_otherwise, visitors

AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
SHELL = ("/shell/", "/shell/list/", "/shell/object/", "/shell/form/")
LANGUAGES = ("zh-CN", "en-US")
DESK, GUARD_ROOM, HAND = 1440, 1024, 390
#: Two halves of the pages, so that none of the tests is long; a page more or less moves a few across.
HALVES = (0, 1)
#: Of so many pages axe is asked of one in English, in the dark and in a hand.
SAMPLED = 3

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

#: What depends on the theme; everything else is asked once.
COLOURS = ["color-contrast", "link-in-text-block"]

#: axe's verdict, and where: each violation with the elements that break the rule.
RUN = """async (only) => {
  const asked = only ? { runOnly: { type: 'rule', values: only } } : {};
  const found = await axe.run(document, { resultTypes: ['violations'], preload: false, ...asked });
  const where = (node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`;
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map(where).join(' | ')}`);
}"""

#: What doesn't fit: a page wider than its window; a main action that is cut off, or under something
#: else where one presses it; in a hand, what is too small to be pressed with gloves.
MISFITS = """async (hand) => {
  const found = [];
  // A chart is drawn again a frame after its room changed.
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame();
  const shown = (part) => part.checkVisibility({ visibilityProperty: true });
  const said = (part) => part.outerHTML.slice(0, 120);
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`wider than the window: ${wide}`);
  const main = document.querySelector('main') ?? document.body;
  // What can't be pressed yet lets the pointer through.
  const pressed = (part) => shown(part) && !part.disabled;
  const action = [...main.querySelectorAll('.btn-primary, .btn-danger')].find(pressed);
  if (action) {
    action.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = action.getBoundingClientRect();
    if (box.left < 0 || box.right > innerWidth + 1) found.push(`outside of the window: ${said(action)}`);
    if (action.scrollWidth > action.clientWidth + 1) found.push(`cut off: ${said(action)}`);
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (top && !action.contains(top)) found.push(`${said(top)} lies over ${said(action)}`);
  }
  // A table that is meant to be scrolled can be reached by keys, and says what it is.
  for (const part of document.querySelectorAll('.table-frame:not([tabindex]), .places')) {
    if (shown(part) && part.scrollWidth > part.clientWidth + 1) found.push(`cut off: ${said(part)}`);
  }
  for (const part of document.querySelectorAll('.chip')) {
    if (shown(part) && part.scrollWidth > part.clientWidth + 1) found.push(`reaches out: ${said(part)}`);
  }
  if (hand) {
    const kinds = '.btn, .tool, .places a, input, select, .rows a';
    for (const part of document.querySelectorAll(kinds)) {
      if (!shown(part) || ['hidden', 'radio', 'checkbox'].includes(part.type)) continue;
      if (part.getBoundingClientRect().height < 47.5) found.push(`too small to press: ${said(part)}`);
    }
  }
  scrollTo(0, 0);
  return found;
}"""

#: What stands so close together on a line that it reads as one word: the texts of two elements, an icon
#: and a text, a label and its field. Within a sentence punctuation may touch what it closes.
CROWDED = """(least) => {
  const found = [];
  const items = [];
  const closes = /[^\\p{L}\\p{N}]/u;
  const hidden = 'script, style, template, noscript, .sheet, select, textarea, pre, .visually-hidden';
  const up = (part, is) => part !== document.body && (is(part) || up(part.parentElement, is));
  // The head of a table of cards is there for screen readers alone.
  const clipped = (part) => part.clientWidth === 1 && getComputedStyle(part).clipPath !== 'none';
  const seen = (part) =>
    part.checkVisibility({ visibilityProperty: true }) && !part.closest(hidden) && !up(part, clipped);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Text) {
      const text = node.data.trim();
      if (!text || node.parentElement.closest('svg') || !seen(node.parentElement)) continue;
      const range = document.createRange();
      range.setStart(node, node.data.indexOf(text));
      range.setEnd(node, node.data.indexOf(text) + text.length);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
      if (boxes.length) items.push({ part: node.parentElement, first: boxes[0], last: boxes.at(-1), text });
    } else if (['svg', 'INPUT', 'SELECT'].includes(node.tagName) && seen(node)) {
      const box = node.getBoundingClientRect();
      if (box.width > 1) items.push({ part: node, first: box, last: box, text: '' });
    }
  }
  // A part with an edge of its own reaches as far as that, which is what its neighbour must keep from.
  const edged = (part) => {
    const style = getComputedStyle(part);
    const line = parseFloat(style.borderLeftWidth) || parseFloat(style.borderRightWidth);
    const apart = !['block', 'table-cell'].includes(style.display);
    return apart && (line > 0 || style.backgroundColor !== 'rgba(0, 0, 0, 0)');
  };
  // What is laid over something else stands where it was put.
  const laid = (part, common) =>
    part !== common && (getComputedStyle(part).position === 'absolute' || laid(part.parentElement, common));
  const reach = (item, common, side) => {
    let at = side === 'right' ? item.last.right : item.first.left;
    for (let part = item.part; part && part !== common; part = part.parentElement) {
      if (!edged(part)) continue;
      const box = part.getBoundingClientRect();
      at = side === 'right' ? Math.max(at, box.right) : Math.min(at, box.left);
    }
    return at;
  };
  for (let at = 1; at < items.length; at += 1) {
    const [one, next] = [items[at - 1], items[at]];
    const high = Math.min(one.last.bottom, next.first.bottom) - Math.max(one.last.top, next.first.top);
    const alongside = high > Math.min(one.last.height, next.first.height) / 2;
    if (one.part === next.part || !alongside || next.first.left < one.last.left) continue;
    if (one.text && next.text && (closes.test(one.text.at(-1)) || closes.test(next.text[0]))) continue;
    let common = one.part;
    while (!common.contains(next.part)) common = common.parentElement;
    if (laid(one.part, common) || laid(next.part, common)) continue;
    const [right, left] = [reach(one, common, 'right'), reach(next, common, 'left')];
    const signed = right > one.last.right || left < next.first.left;
    // Places of one control lie side by side, parted by a line.
    if (common.matches('.plan-measures')) continue;
    const place = common.outerHTML.slice(0, 80);
    const said = `"${one.text.slice(-12)}" and "${next.text.slice(0, 12)}" in ${place}`;
    if (left - right < (signed ? 2 * least : least)) found.push(`crowded: ${said}`);
  }
  return found;
}"""
#: Narrower than a space of the smallest text; from the edge of a sign it is twice as much.
LEAST_GAP = 2.6


@pytest.fixture
def site(live_site: str, settings: Any) -> str:
    settings.ROOT_URLCONF = "tests.shell_pages"
    settings.DEMO = True
    shell_pages.rows[:] = shell_pages.default_rows()
    return live_site


def violations(page: Page, *, dark: bool = True) -> list[str]:
    """What axe finds in the light, and of the colours in the dark."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = []
    for theme, only in (("light", None), ("dark", COLOURS)) if dark else (("light", None),):
        page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme; }", theme)
        page.wait_for_timeout(50)
        found += [f"{theme} {one}" for one in page.evaluate(RUN, only)]
    return found


def arrived(page: Page) -> None:
    """Wait for what the shell fetches by itself, which is part of the page."""
    if page.locator("#bell").count():
        page.locator("#bell [data-unread]").wait_for(state="attached")


def faults(page: Page, *, axe: bool = True, everywhere: bool = True) -> list[str]:
    """Everything that is wrong with a page that was just opened; without `axe` what doesn't fit, and
    with it in the dark and in a hand too where it is asked `everywhere`.
    """
    arrived(page)
    found = violations(page, dark=everywhere) if axe else []
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    for width in (DESK, GUARD_ROOM, HAND):
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width} {one}" for one in page.evaluate(MISFITS, width == HAND)]
        found += [f"{width} {one}" for one in page.evaluate(CROWDED, LEAST_GAP)]
    if axe and everywhere:
        found += [f"{HAND} {one}" for one in violations(page, dark=False)]
    page.set_viewport_size({"width": DESK, "height": 900})
    return found


def half_of(everybody: list[Visitor], half: int) -> list[Visitor]:
    """Every second page, by whoever opens it."""
    turns = iter(range(10_000))
    return [
        Visitor(one.cookies, tuple(path for path in one.pages if next(turns) % 2 == half))
        for one in everybody
    ]


def _everybody() -> list[Visitor]:
    """Who opens which pages, those of the shell's own tests among them."""
    everybody = visitors(house.furnished())
    everybody[0] = Visitor(everybody[0].cookies, (*everybody[0].pages, *SHELL))
    return everybody


def opened(context: BrowserContext, site: str, cookies: dict[str, str]) -> None:
    """Sit down at the browser as somebody else."""
    context.clear_cookies()
    context.add_cookies(
        [{"name": name, "value": value, "url": site} for name, value in cookies.items()]
    )


@pytest.fixture
def page(browser: Browser, site: str, language: str) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site,
        viewport={"width": DESK, "height": 900},
        locale=language,
        reduced_motion="reduce",  # colours on their way from one theme to the other are neither
    )
    opened = context.new_page()
    failed: list[str] = []
    opened.on("pageerror", lambda error: failed.append(f"{opened.url}: {error.message}"))
    yield opened
    context.close()
    assert failed == [], "a script of the page fails"


def _require_none(found: dict[str, list[str]]) -> None:
    wrong: dict[str, list[str]] = {}
    for path, rules in found.items():
        for rule in rules:
            wrong.setdefault(rule, []).append(path)
    assert not wrong, "\n".join(f"{rule}\n  on {paths}" for rule, paths in wrong.items())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("half", HALVES)
def test_no_page_breaks_a_rule_and_every_page_fits(
    page: Page, site: str, language: str, half: int
) -> None:
    found: dict[str, list[str]] = {}
    for one in half_of(_everybody(), half):
        opened(page.context, site, one.cookies)
        for path in one.pages:
            page.goto(path)
            first = language == LANGUAGES[0]
            sampled = samples.takes(SAMPLED, "axe", len(found))
            found[path] = faults(page, axe=first or sampled, everywhere=first and sampled)
    _require_none(found)


@pytest.mark.proof
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_breaks_a_rule_in_the_dark_or_in_a_hand_in_either_language(
    page: Page, site: str, language: str
) -> None:
    found: dict[str, list[str]] = {}
    for one in _everybody():
        opened(page.context, site, one.cookies)
        for path in one.pages:
            page.goto(path)
            arrived(page)
            page.set_viewport_size({"width": DESK, "height": 900})
            found[path] = violations(page)
            page.set_viewport_size({"width": HAND, "height": 900})
            found[path] += [f"{HAND} {one}" for one in violations(page)]
    _require_none(found)


@pytest.mark.parametrize("language", LANGUAGES[:1])
def test_no_page_breaks_a_rule_as_other_posts_see_it(page: Page, site: str, language: str) -> None:
    lived_in = house.furnished()
    found: dict[str, list[str]] = {}
    for one in seen_otherwise(lived_in):
        opened(page.context, site, one.cookies)
        for path in one.pages:
            assert page.goto(path).status == 200, path  # type: ignore[union-attr]
            found.setdefault(path, []).extend(faults(page))
    _require_none(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_menu_and_no_dialog_breaks_a_rule(page: Page, site: str, language: str) -> None:
    lived_in = house.furnished()
    opened(page.context, site, visitors(lived_in)[0].cookies)
    found: dict[str, list[str]] = {}
    for opener in ("#bell > summary", "#account > summary", ".acting > summary"):
        page.goto("/people/")
        page.locator(opener).click()
        found[opener] = violations(page)
    page.goto(f"/duty/?task={lived_in.task}")
    page.locator("[data-opens=withdraw]").click()
    found["the dialog of a decision"] = violations(page)
    _require_none(found)


def test_what_does_not_fit_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": HAND, "height": 900})
    page.set_content(
        "<!doctype html><main><div style='width: 900px'>x</div>"
        "<button class='btn btn-primary' style='position: absolute; top: 9px'>Do</button>"
        "<div style='position: absolute; top: 0; width: 200px; height: 60px'>over</div></main>"
    )
    wrong = " ".join(page.evaluate(MISFITS, True))
    for said in ("wider than the window", "lies over", "too small to press"):
        assert said in wrong
    page.close()


def test_a_table_that_is_cut_off_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": GUARD_ROOM, "height": 900})
    page.set_content(
        "<!doctype html><main><div class='table-frame' style='overflow-x: auto'>"
        "<table style='width: 1400px'><tr><td>x</td></tr></table></div></main>"
    )
    assert "cut off" in " ".join(page.evaluate(MISFITS, False))
    page.close()


def test_a_sign_that_reaches_out_of_its_chip_is_found(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": DESK, "height": 900})
    page.set_content(
        "<!doctype html><main><a class='chip' style='display: flex; width: 200px'>"
        "<span style='white-space: nowrap'>outside: Court hearing, overdue since 07:47</span></a></main>"
    )
    assert "reaches out" in " ".join(page.evaluate(MISFITS, False))
    page.close()


@pytest.mark.parametrize(
    ("shown", "crowded"),
    [
        ("<b>甲</b><i>乙</i>", True),
        ("<b>甲</b> <i>乙</i>", False),
        ("<b>3</b>人", True),
        ("<b>甲</b>，<i>乙</i>", False),
        ("<b>甲</b><i style='margin-left: 8px'>乙</i>", False),
        ("<svg class='icon' width='16' height='16'></svg>甲", True),
        ("甲<span style='border: 1px solid; padding: 0 8px'>乙</span>", True),
        ("甲 <span style='border: 1px solid; padding: 0 8px'>乙</span>", True),
        ("甲 <span style='border: 1px solid; margin-left: 4px'>乙</span>", False),
        ("<b>甲</b><br><i>乙</i>", False),
        ("<label>甲</label><input>", True),
    ],
)
def test_what_touches_on_a_line_is_found(browser: Browser, shown: str, crowded: bool) -> None:
    page = browser.new_page()
    page.set_content(f"<!doctype html><main><p>{shown}</p></main>")
    assert bool(page.evaluate(CROWDED, LEAST_GAP)) is crowded
    page.close()


def test_axe_finds_what_it_is_for(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<!doctype html><html><body><img src='x'><input></body></html>")
    wrong = " ".join(violations(page))
    assert "image-alt" in wrong
    assert "label" in wrong
    page.close()
