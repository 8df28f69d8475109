"""People who are held already are brought in, in a browser: a faulty sheet, the mended one, confirmed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Page, expect

from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.organizations.models import Cell
from custos.foundation.record.parties import Post
from custos.management.reception.importing import sheets
from custos.management.reception.importing.tests.sheets_of import an_xlsx, rows_of
from tests import browsers, house
from tests.factories import SYSTEM, a_cell, a_facility, somebody

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]


@pytest.fixture
def cell() -> Cell:
    with scope.entered(SYSTEM):
        return a_cell(facility=a_facility())


@pytest.fixture
def page(
    browser: Browser, live_site: str, cell: Cell, tmp_path: Path, settings: LazySettings
) -> Iterator[Page]:
    """Signed in as the duty leader of the cell's facility."""
    settings.ATTACHMENTS = tmp_path
    with scope.entered(SYSTEM):
        cookie = house.cookie_of(somebody(Post.DUTY_LEADER, at=cell.organization))
    context = browser.new_context(
        base_url=live_site, locale="zh-CN", viewport={"width": 1440, "height": 900}
    )
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_site}])
    yield context.new_page()
    context.close()


def shot(page: Page, name: str) -> None:
    """For whoever looks: build/screenshots, on a desk and a handheld."""
    browsers.SHOTS.mkdir(parents=True, exist_ok=True)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        page.screenshot(path=browsers.SHOTS / f"import-{name}-{width}.png", full_page=True)


def send(page: Page, name: str, data: bytes) -> None:
    page.goto("/people/import/")
    page.set_input_files("[name=file]", {"name": name, "mimeType": sheets.XLSX, "buffer": data})
    page.get_by_role("button", name="检查表格").click()


def test_a_sheet_is_mended_and_then_everybody_comes(page: Page, cell: Cell) -> None:
    page.goto("/people/")
    page.get_by_role("link", name="从表格导入").click()
    with page.expect_download() as begun:
        page.get_by_role("link", name="空白模板").click()
    heading = (
        sheets.CalamineWorkbook.from_path(begun.value.path()).get_sheet_by_index(0).to_python()
    )
    assert "人员编号*" in heading[0]
    send(page, "人员.xlsx", b"PK\x03\x04 and then nothing")
    expect(page.locator("form.panel")).to_contain_text("文件不是 xlsx 或 CSV")
    shot(page, "sent")

    women = {"姓名": "李秀英", "性别": "女", "证件号码": "110105194912310021"}
    wrong = rows_of(cell.name, {"隔离组": "案1"}, women, {"出生日期": "1990年13月"})
    send(page, "人员.xlsx", an_xlsx(wrong))
    expect(page.locator("h1")).to_have_text("人员.xlsx")
    rows = page.locator(".listing tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("没有其他人属于隔离组“案1”")
    expect(rows.nth(1)).to_contain_text("男女分别羁押")
    expect(rows.nth(2)).to_contain_text("“1990年13月”不是日期")
    expect(page.get_by_role("button", name="导入", exact=True)).to_have_count(0)
    shot(page, "wrong")

    mended = rows_of(cell.name, {}, women | {"性别": "男"}, {"姓名": "𠮷田㐂"})
    send(page, "人员.xlsx", an_xlsx(mended))
    expect(page.locator(".listing")).to_contain_text("按“未核实”收录")
    page.get_by_role("button", name="导入", exact=True).first.click()
    decision = page.locator("dialog#bring")
    decision.locator("textarea").fill("由原管理系统转入")
    shot(page, "decision")
    decision.get_by_role("button", name="导入", exact=True).click()
    expect(page.locator(".listing tbody tr").nth(2)).to_contain_text("已导入")
    shot(page, "brought")
    with scope.entered(SYSTEM):
        assert Custody.objects.count() == 3
    page.get_by_role("link", name="𠮷田㐂").click()
    expect(page.locator("h1, .identity").first).to_contain_text("𠮷田㐂")

    send(page, "再来.xlsx", an_xlsx(mended))
    expect(page.locator(".notice")).to_contain_text("没有新增人员")
