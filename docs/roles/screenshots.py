"""Take the pictures of these pages anew from a running demo.

    make demo DEMO="--port 8444"                                   in one terminal
    .venv/bin/python docs/roles/screenshots.py http://localhost:8444   in another

Each picture is a page as one role sees it, in Chinese, reduced to few colours so that it stays small. The
pages of an admission belong to a draft that is begun for them in the demo; nothing of it is recorded. So
that two records of one person can be compared, somebody is admitted there twice: use a demo of your own.
"""

import io
import re
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent / "images"
BEIJING = ZoneInfo("Asia/Shanghai")
#: How a cell is called.
CELL = re.compile(r"^\s*\d{3}\s*$")
SIZE = {"width": 1280, "height": 800}
COLOURS, MOST_BYTES = 64, 120_000
Look = Callable[[Page], None]


def keep(page: Page, name: str) -> None:
    """Keep a picture of what is seen; fewer colours where it would be too big."""
    page.evaluate("document.fonts.ready")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (COLOURS, COLOURS // 2, COLOURS // 4):
        made = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
        if made.tell() <= MOST_BYTES:
            break
    HERE.mkdir(exist_ok=True)
    (HERE / f"{name}.png").write_bytes(made.getvalue())
    print(f"{name}.png  {made.tell() // 1000} kB")


def seen_by(browser: Browser, site: str, role: str, look: Look) -> None:
    """Sign in as a role of the demo and look."""
    context = browser.new_context(base_url=site, viewport=SIZE, locale="zh-CN")
    page = context.new_page()
    page.goto("/account/login/")
    page.locator(f"button[value='{role}']").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    look(page)
    context.close()


def admission(page: Page) -> None:
    """The board, the papers, and the cell with what is proposed and who is there."""
    page.goto("/reception/arrivals/")
    page.fill("[name=name]", "王小川")
    page.fill("[name=brought_by]", "城关派出所")
    page.locator("form.panel .btn-primary").click()
    page.wait_for_url("**/reception/")
    keep(page, "reception-board")
    page.get_by_role("button", name="收押 王小川").last.click()
    page.wait_for_url("**/wizard/admission/**/documents/")
    keep(page, "admission-documents")
    where = page.url.removesuffix("documents/")
    page.goto(f"{where}identity/")
    page.fill("[name=name]", "王小川")
    page.select_option("[name=sex]", "1")
    page.fill("[name=born]", "1990-05-01")
    page.select_option("[name=verified_by]", "document")
    page.locator("[name=accommodation][value=no]").check()
    page.locator("form[data-kept] .btn-primary").click()
    page.wait_for_url("**/health/")
    page.goto(f"{where}cell/")
    keep(page, "admission-cells")
    page.locator("[name=cell]:enabled").first.check()
    page.locator("form[data-kept] .btn-primary").click()
    page.locator("[name=cell_seen]").scroll_into_view_if_needed()
    keep(page, "admission-both-sides")


def case_officer(page: Page) -> None:
    """A person's file, the proposal of a move, and with whom they may be."""
    page.goto("/people/")
    page.locator("tbody a").first.click()
    page.wait_for_url("**/people/*-*/")
    keep(page, "person-file")
    file = page.url
    page.goto(f"{file}move/")
    keep(page, "move-cells")
    page.goto(f"{file}apart/")
    keep(page, "person-apart")


def doctor(page: Page) -> None:
    """The health check of somebody at the door."""
    page.goto("/reception/")
    page.get_by_role("link", name="继续").last.click()
    page.wait_for_url("**/wizard/admission/**")
    page.goto(page.url.rstrip("/").rpartition("/")[0] + "/health/")
    keep(page, "admission-health")


def sheet_of(cell: str) -> bytes:
    """A sheet of five people for a cell: one row has a remark, and some are wrong."""
    people = (
        ("郑学义", "男", "1990-05-01", ""),
        ("冯建军", "男", "1988-11-20", "110105194912310021"),
        ("何志强", "男", "1979-03-12", ""),
        ("宋玉兰", "女", "1992-07-08", ""),
        ("罗永福", "男", "1990年13月", ""),
    )
    rows = [
        [
            "人员编号",
            "姓名",
            "性别",
            "出生日期",
            "证件号码",
            "法律文书",
            "文书号",
            "入所时间",
            "监室",
        ]
    ]
    for serial, one in enumerate(people, 1):
        rows.append([f"A202600{serial}", *one, "逮捕证", f"{serial}号", "2026-02-02 09:30", cell])
    return "\n".join(map(",".join, rows)).encode()


def bringing(page: Page) -> None:
    """What was found in a sheet of people who are held already; nobody is brought in by it."""
    page.goto("/people/")
    cell = page.locator("tbody td").filter(has_text=CELL).first.inner_text()
    page.goto("/people/import/")
    name = "在押人员.csv"
    page.set_input_files(
        "[name=file]", {"name": name, "mimeType": "text/csv", "buffer": sheet_of(cell)}
    )
    page.locator("form.panel .btn-primary").click()
    page.wait_for_url("**/people/import/*-*/")
    keep(page, "people-sheet")


def leaving(page: Page) -> None:
    """Who is to leave, and what speaks against letting somebody leave."""
    page.goto("/releases/")
    keep(page, "releases")
    page.locator("tbody a[href*='/releases/']").first.click()
    page.wait_for_url("**/releases/*-*/")
    keep(page, "release-gate")


def settling(page: Page) -> None:
    """The assessment by which somebody's transition period ends."""
    page.goto("/people/")
    file = page.locator("tbody a[href*='/people/']").first.get_attribute("href")
    page.goto(f"{file}apart/transition/")
    keep(page, "transition-end")


def twice(page: Page) -> None:
    """Somebody who is admitted under two numbers; no picture."""
    for serial in ("0001", "0002"):
        page.goto("/reception/admit/")
        page.fill("[name=name]", "孟庆林")
        page.select_option("[name=sex]", "1")
        page.fill("[name=born]", "1984-09-17")
        page.fill("[name=number]", f"10100100120261124{serial}")
        page.select_option("[name=basis]", "拘留证")
        page.fill("[name=basis_number]", f"京公拘字〔2026〕{serial}号")
        page.fill("[name=arrived_at]", f"{datetime.now(BEIJING):%Y-%m-%dT00:05}")
        page.select_option("[name=cell]", index=1)
        page.fill("[name=reason]", "过渡监室暂满")
        page.locator("form.panel .btn-primary").click()
        page.locator("button[value=record]").click()
        page.wait_for_url("**/people/*-*/")


def merging(page: Page) -> None:
    """Two records that may be of one person, side by side."""
    page.goto("/people/")
    page.get_by_role("link", name="孟庆林").first.click()
    page.wait_for_url("**/people/*-*/")
    page.locator("a[href*='/same/']").first.click()
    page.wait_for_url("**/same/**")
    keep(page, "two-records")


def clock(page: Page) -> None:
    """Everybody by the time that is left, and the clock of whoever has least."""
    page.goto("/limits/")
    keep(page, "limits-board")
    page.locator("tbody a[href*='/limits/']").first.click()
    page.wait_for_url("**/people/*-*/limits/")
    keep(page, "limits-clock")


def of(address: str, name: str) -> Look:
    """One page as it stands."""

    def look(page: Page) -> None:
        answer = page.goto(address)
        if answer is None or not answer.ok:
            sys.exit(f"{address} isn't shown to this role")
        keep(page, name)

    return look


PICTURES: tuple[tuple[str, Look], ...] = (
    ("admission", admission),
    ("doctor", doctor),
    ("case", case_officer),
    ("case", settling),
    ("patrol", of("/duty/", "patrol-tasks")),
    ("case", of("/duty/", "case-tasks")),
    ("doctor", of("/duty/", "doctor-tasks")),
    ("duty-leader", of("/duty/", "duty-leader-tasks")),
    ("escort", of("/duty/", "escort-tasks")),
    ("escort", of("/movements/", "out-and-back")),
    ("prosecutor", clock),
    ("leader", of("/roll/", "roll-and-counts")),
    ("leader", of("/facility/", "facility")),
    ("leader", of("/people/sealed/", "sealed-records")),
    ("admission", twice),
    ("leader", merging),
    ("duty-leader", bringing),
    ("admission", leaving),
)


def main() -> None:
    """Take them all."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        for role, look in PICTURES:
            seen_by(browser, sys.argv[1], role, look)


if __name__ == "__main__":
    main()
