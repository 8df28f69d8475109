"""A leader at the registers: what was recorded, counted in groups, printed; and a file's certified copy."""

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from django.conf import LazySettings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from custos.foundation.database import scope
from custos.foundation.documents import services as documents
from custos.foundation.documents.tests import samples
from custos.foundation.record.parties import Post
from tests import browsers, house
from tests.factories import SYSTEM, a_cell, a_detainee, a_facility, an_officer, somebody

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]


@pytest.fixture(params=[1440, 390])
def page(
    browser: Browser,
    live_site: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    settings: LazySettings,
) -> Iterator[Page]:
    """Signed in as the leader of a facility in which two people were admitted, on a desk or a handheld."""
    settings.ATTACHMENTS = tmp_path
    with scope.entered(SYSTEM):
        facility = a_facility()
        cell = a_cell(facility=facility)
        stay = a_detainee(in_cell=cell, name="𠮷田㐂")
        a_detainee(in_cell=cell, name="王小川")
        documents.issue(
            "D14-1",
            samples.ADMISSION,
            about=stay.record_subject(),
            facility=facility,
            by=an_officer(Post.ADMISSION),
            printed_by="陈安平",
        )
        leader = somebody(Post.LEADER, at=facility)
    context = browser.new_context(
        base_url=live_site, locale="zh-CN", viewport={"width": request.param, "height": 900}
    )
    cookie = house.cookie_of(leader)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_site}])
    yield context.new_page()
    context.close()


def shot(page: Page, name: str) -> None:
    """For whoever looks: build/screenshots."""
    browsers.SHOTS.mkdir(parents=True, exist_ok=True)
    width = (page.viewport_size or {"width": 0})["width"]
    page.screenshot(path=str(browsers.SHOTS / f"registers-{name}-{width}.png"))


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def saved(page: Page, words: str) -> str:
    """The text of the PDF that a link saves, without white space."""
    with page.expect_download() as begun:
        page.get_by_role("link", name=words).first.click()
    with pypdfium2.PdfDocument(begun.value.path()) as document:
        texts = [sheet.get_textpage().get_text_bounded() for sheet in document]
    return re.sub(r"[\s\u200b\ufffe]", "", "".join(texts))


def test_a_leader_counts_narrows_and_prints_a_register(page: Page) -> None:
    page.goto(reverse("registers"))
    expect(page.get_by_text("3 条记录")).to_be_visible()
    page.get_by_label("分组方式").select_option("person")
    page.get_by_role("button", name="筛选").click()
    groups = page.get_by_role("region", name="分组统计")
    expect(groups.get_by_text("王小川")).to_be_visible()
    shot(page, "groups")
    assert fits(page)
    groups.get_by_role("link", name="𠮷田㐂").click()
    expect(page.get_by_text("2 条记录")).to_be_visible()
    text = saved(page, "打印为PDF")
    assert "𠮷田㐂" in text
    assert "共2条" in text
    assert "王小川" not in text


def test_a_leader_issues_a_copy_of_a_file_and_saves_it(page: Page) -> None:
    page.goto(reverse("people"))
    page.get_by_text("𠮷田㐂").first.click()
    page.get_by_role("link", name="档案副本").click()
    page.get_by_role("button", name="出具副本").click()
    expect(page.get_by_text("请填写").first).to_be_visible()
    page.get_by_label("理由").fill("本人释放时申请")
    shot(page, "copy")
    assert fits(page)
    page.get_by_role("button", name="出具副本").click()
    expect(page.get_by_text("已出具。")).to_be_visible()
    shot(page, "files")
    text = saved(page, "D25-")
    assert "在押人员档案副本" in text
    assert "出具理由本人释放时申请" in text
