"""A wall board has room for what it says: large figures side by side, and for whom each row is."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser

from custos.foundation import clock
from custos.foundation.record.parties import Post
from tests import browsers

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

_SOURCE = Path(__file__).resolve().parents[1] / "src" / "custos"
STYLES = (
    _SOURCE / "foundation/ui/static/vendor/tabler.css",
    _SOURCE / "foundation/ui/static/ui/custos.css",
    _SOURCE / "web/workbenches/static/workbenches/workbenches.css",
)
TITLES = {
    "en": "Document of release received: let the person go",
    "zh-hans": "收到释放文书，须即办理出所",
}
POSTS = {"en": "Facility leader", "zh-hans": "值班所领导"}
#: Those whose names are the longest in one of the languages.
LONGEST = (Post.INTERROGATION, Post.PATROL, Post.RESIDENT_PROSECUTOR, Post.CASE_OFFICER)

#: Figures that lie on each other, rows that don't say for whom they are or how long is left, and posts
#: whose names are cut off.
FAULTS = """() => {
  const found = [];
  const figures = [...document.querySelectorAll('.board-figures > div')];
  const boxes = figures.map((one) => one.getBoundingClientRect());
  for (let at = 1; at < boxes.length; at += 1) {
    const [one, next] = [boxes[at - 1], boxes[at]];
    if (next.left < one.right + 4 && next.top < one.bottom && one.top < next.bottom)
      found.push(`${figures[at - 1].innerText} lies on ${figures[at].innerText}`);
  }
  for (const row of document.querySelectorAll('.board-tasks li')) {
    const end = row.getBoundingClientRect();
    for (const part of row.querySelectorAll('.board-whom, .moment-relative, .board-what b')) {
      const box = part.getBoundingClientRect();
      const cut = part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0;
      if (cut || box.right > end.right + 1 || box.bottom > end.bottom + 1 || !box.width)
        found.push(`no room for ${part.textContent}`);
    }
  }
  for (const post of document.querySelectorAll('.board-posts span')) {
    if (post.scrollWidth > post.clientWidth + 1) found.push(`no room for the post ${post.textContent}`);
  }
  return found;
}"""


def _drawn(language: str) -> str:
    now = clock.now()
    task = SimpleNamespace(
        id=uuid4(),
        title=TITLES[language],
        severity=1,
        tone="todo",
        state_title="To accept",
        wanted_by=now - timedelta(minutes=14),
        post_brief=POSTS[language],
    )
    row = SimpleNamespace(task=task, places="203", count=17)
    told = {
        "rows": [(row, True)] * 7,
        "plan": SimpleNamespace(areas=[], placed=[], left_out=0),
        "across": 1200,
        "down": 600,
        "roll": SimpleNamespace(held=560, present=555, out=125, adds_up=True, unplaced=0),
        "places": 648,
        "limits": SimpleNamespace(over=103, day=212, week=372, none=125),
        "now": now,
        "watched": 54,
        "missed": 12,
    }
    with translation.override(language):
        told["posts"] = [
            SimpleNamespace(brief=str(post.brief), on=2, needed=3, is_short=True)
            for post in LONGEST
        ]
        return render_to_string("workbenches/_board.html", told)


@pytest.mark.parametrize("language", TITLES)
def test_figures_stand_apart_and_each_row_says_for_whom(browser: Browser, language: str) -> None:
    styles = "".join(f"<style>{one.read_text(encoding='utf-8')}</style>" for one in STYLES)
    page = browser.new_page()
    page.set_content(
        f"<!doctype html><html lang='{language}' data-bs-theme='dark'><head>{styles}</head>"
        f"<body class='board'><main><h1>甲东市第一看守所</h1><div class='board-open'>"
        f"{_drawn(language)}</div></main></body></html>"
    )
    found = []
    for width, height in ((1920, 1080), (1440, 900), (1024, 768)):
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {one}" for one in page.evaluate(FAULTS)]
    page.close()
    assert found == []
