"""An admission as the posts live it, in a browser: at each kind of facility, a refusal, a deferral."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from custos.foundation.accounts.acting import Acting
from custos.foundation.custody.models import Custody
from custos.foundation.database import scope
from custos.foundation.record.models import Entry
from custos.foundation.record.parties import Post, StaffKind
from custos.management.reception.models import Arrival
from custos.management.reception.tests.admissions import BASES, typed
from tests import browsers, factories, house

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not browsers.there(), reason=browsers.NEEDED),
]

CARE = ("health", "injuries")
BEFORE = ("documents", "identity")
AFTER = (
    "screening", "search", "property", "rights", "family", "dependants", "picture", "file",
)  # fmt: skip


class Shift:
    """A facility with a cell, an officer and a doctor who are signed in."""

    def __init__(self, kind: str) -> None:
        with scope.entered(factories.SYSTEM):
            self.kind, self.facility = kind, factories.a_facility(kind)
            self.cell = factories.a_cell(facility=self.facility)
            self.officer = factories.somebody(Post.ADMISSION, at=self.facility)
            self.doctor = factories.somebody(Post.MEDICAL, StaffKind.CLINICIAN, at=self.facility)

    def told(self, **changed: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
        return typed(self.kind, self.cell.pk, **changed)


@contextmanager
def desk(
    browser: Browser, site: str, acting: Acting, *, width: int = 1440, scripts: bool = True
) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site,
        viewport={"width": width, "height": 900},
        locale="zh-CN",
        java_script_enabled=scripts,
    )
    with scope.entered(factories.SYSTEM):
        cookie = house.cookie_of(acting)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
    yield context.new_page()
    context.close()


def shot(page: Page, name: str) -> None:
    """For people to look at."""
    browsers.SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=browsers.SHOTS / f"admission-{name}.png", full_page=True)


def fill(page: Page, where: str, step: str, answers: dict[str, list[str]]) -> None:
    """Fill in a step and go on."""
    page.goto(f"{where}{step}/")
    for name, several in answers.items():
        for value in several:
            control = page.locator(f"[name='{name}']")
            kind = control.first.get_attribute("type")
            if control.first.evaluate("e => e.tagName") == "SELECT":
                control.select_option(value)
            elif kind in ("radio", "checkbox"):
                chosen = (
                    f"[name='{name}'][value='{value}']" if value != "on" else f"[name='{name}']"
                )
                page.locator(chosen).check()
            else:
                control.fill(value)
    page.locator("form[data-kept] .btn-primary").click()
    page.wait_for_load_state()


def take_cell(page: Page, where: str, cell: str) -> None:
    """Choose a cell, look at both sides, confirm and go on."""
    page.goto(f"{where}cell/")
    page.locator(f"[name=cell][value='{cell}']").check()
    page.locator("form[data-kept] .btn-primary").click()
    seen = page.locator("[name=cell_seen]")
    expect(seen).to_be_visible()
    shot(page, "cell-sides")
    seen.check()
    page.locator("form[data-kept] .btn-primary").click()
    page.wait_for_url("**/risk/")


def begun(page: Page, name: str = "王小川") -> str:
    """Put somebody on the board, begin the admission; its address."""
    page.goto("/reception/arrivals/")
    page.select_option("[name=sort]", "new")
    page.fill("[name=name]", name)
    page.fill("[name=brought_by]", "城关派出所")
    page.locator("form.panel .btn-primary").click()
    page.get_by_role("button", name=f"收押 {name}").click()
    page.wait_for_url("**/wizard/admission/**/documents/")
    return page.url.removesuffix("documents/")


def test_who_goes_back_to_a_step_sees_what_is_saved_and_not_what_they_had_typed(
    browser: Browser, live_site: str
) -> None:
    shift = Shift("KSS")
    with scope.entered(factories.SYSTEM):
        colleague = factories.somebody(Post.ADMISSION, at=shift.facility)
    with (
        desk(browser, live_site, shift.officer) as officer,
        desk(browser, live_site, colleague) as other,
    ):
        where = begun(officer)
        officer.goto(f"{where}identity/")
        officer.fill("[name=name]", "王小川")
        expect(officer.locator("#saved")).to_contain_text("已保存")
        officer.goto("/reception/")
        other.goto(f"{where}identity/")
        other.fill("[name=name]", "王晓川")
        expect(other.locator("#saved")).to_contain_text("已保存")
        officer.go_back()
        officer.wait_for_url("**/identity/")
        expect(officer.locator("[name=name]")).to_have_value("王晓川")
        officer.fill("[name=name]", "王晓川（自报）")
        expect(officer.locator("#saved")).to_contain_text("已保存")


@pytest.mark.parametrize("kind", ["KSS", "JLS", "QJS", "SQJ", "QFC"])
def test_somebody_is_admitted_by_officer_and_doctor(
    browser: Browser, live_site: str, kind: str
) -> None:
    shift = Shift(kind)
    told = shift.told()
    with (
        desk(browser, live_site, shift.officer) as officer,
        desk(browser, live_site, shift.doctor) as doctor,
    ):
        where = begun(officer)
        options = officer.locator("[name=basis] option").all_inner_texts()
        assert BASES[kind] in options
        assert ("拘留证" in options) == (kind == "KSS")
        assert not any("劳动教养" in option for option in options)
        fill(officer, where, "decision", {})
        expect(officer.locator(".panel")).to_contain_text(
            "请先完成：法律文书审查、身份核实、健康检查"
        )
        for step in BEFORE:
            fill(officer, where, step, told[step])
        officer.goto(f"{where}health/")
        expect(officer.locator(".panel")).to_contain_text("这一步由医务岗填写和查看")
        for step in CARE:
            fill(doctor, where, step, told[step])
        for step in ("decision", *AFTER):
            fill(officer, where, step, told[step])
        take_cell(officer, where, str(shift.cell.pk))
        if kind == "KSS":
            officer.goto("/reception/")
            shot(officer, "board-1440")
        officer.goto(f"{where}review/")
        assert "青霉素" not in officer.locator("main").inner_text()
        shot(officer, f"review-{kind}-1440")
        officer.get_by_role("button", name="办结").click()
        officer.wait_for_url("**/people/**")
        # What was done at the door happened before what followed from it, and stands behind that.
        officer.goto(f"{officer.url}?order=recorded")
        expect(officer.locator("main")).to_contain_text("权利义务已告知")
        shot(officer, f"person-{kind}-1440")
    with scope.entered(factories.SYSTEM):
        stay = Custody.objects.get(organization=shift.facility)
        assert stay.basis == BASES[kind]
        assert (
            Entry.objects.filter(custody_id=stay.pk, kind="admission.health_checked").count() == 1
        )


def test_somebody_without_papers_is_refused_with_a_notice(browser: Browser, live_site: str) -> None:
    shift = Shift("KSS")
    told = shift.told(documents={"basis": "none"})
    short = {
        name: told["documents"][name]
        for name in ("arrived_at", "basis", "authority", "escort", "second_officer")
    }
    with desk(browser, live_site, shift.officer) as page:
        where = begun(page)
        fill(page, where, "documents", short)
        fill(page, where, "identity", told["identity"])
        fill(page, where, "injuries", told["injuries"])
        page.goto(f"{where}decision/")
        outcomes = page.locator("[name=outcome] option").all_inner_texts()
        assert outcomes == ["请选择", "不予收押，出具书面通知"]
        shot(page, "refusal-1440")
        fill(page, where, "decision", {"outcome": ["refused"]})
        expect(page.locator("[data-faults]")).to_contain_text("通知书接收人")
        said = {
            "outcome": ["refused"],
            "reason_code": ["KR-9-DOCUMENT"],
            "notice_received_by": ["李警官"],
        }
        fill(page, where, "decision", said)
        page.goto(f"{where}review/")
        page.get_by_role("button", name="办结").click()
        page.wait_for_url("**/reception/notices/**")
        expect(page.locator("main")).to_contain_text("不予收押通知书")
        expect(page.locator("main")).to_contain_text("交送押人员")
        page.goto("/reception/")
        expect(page.locator("main")).to_contain_text("没有预告到所的人")
    with scope.entered(factories.SYSTEM):
        assert not Custody.objects.exists()
        assert Arrival.objects.get().outcome == "refused"


def test_somebody_ill_is_deferred_to_a_hospital_without_any_script(
    browser: Browser, live_site: str
) -> None:
    shift = Shift("QJS")
    ill = {"conclusion": "hospital", "found": ["serious_illness"], "instructions": "立即送医"}
    told = shift.told(health=ill)
    with (
        desk(browser, live_site, shift.officer, scripts=False) as officer,
        desk(browser, live_site, shift.doctor, scripts=False) as doctor,
    ):
        officer.goto("/wizard/admission/")
        officer.get_by_role("button", name="新建").or_(
            officer.locator("main form button")
        ).first.click()
        officer.wait_for_url("**/documents/")
        where = officer.url.removesuffix("documents/")
        for step in BEFORE:
            fill(officer, where, step, told[step])
        for step in CARE:
            fill(doctor, where, step, told[step])
        officer.goto(f"{where}decision/")
        assert "收押" not in officer.locator("[name=outcome] option").all_inner_texts()
        expect(officer.locator("main")).to_contain_text("照护要求：立即送医")
        said = {
            "outcome": ["deferred"],
            "hospital": ["市一院"],
            "deferred_until": ["出院后由办案单位"],
        }
        fill(officer, where, "decision", said)
        officer.goto(f"{where}review/")
        officer.get_by_role("button", name="办结").click()
        officer.wait_for_url("**/reception/")
    with scope.entered(factories.SYSTEM):
        assert Arrival.objects.get().outcome == "deferred"
        assert not Custody.objects.exists()


@pytest.mark.parametrize("width", [1440, 390])
def test_injuries_are_listed_drawn_and_photographed(
    browser: Browser, live_site: str, width: int, tmp_path: Path
) -> None:
    shift = Shift("KSS")
    photo = tmp_path / "arm.jpg"
    Image.new("RGB", (320, 240), "#b08070").save(photo)
    with desk(browser, live_site, shift.officer, width=width) as page:
        where = begun(page)
        shot(page, f"documents-{width}")
        said = {
            "injured": ["yes"], "list-0-region": ["left_hand"], "list-0-sort": ["restraint_mark"],
            "list-0-size_mm": ["35"], "list-0-words": ["新鲜，环形"],
        }  # fmt: skip
        fill(page, where, "injuries", said)
        expect(page.locator("[data-faults]")).to_contain_text("三方签名")
        page.select_option("[name=list-1-region]", "upper_back")
        page.select_option("[name=list-1-sort]", "bruise")
        page.locator("form[data-kept] .btn-primary").click()
        expect(page.locator(".bodymap svg title")).to_contain_text("2: 上背部 · 瘀伤")
        page.locator("[name=photo]").set_input_files(photo)
        page.get_by_role("button", name="添加照片").click()
        picture = page.locator(".photos img")
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 320)
        false = tmp_path / "false.jpg"
        false.write_text("not a photo")
        page.locator("[name=photo]").set_input_files(false)
        page.get_by_role("button", name="添加照片").click()
        expect(page.locator("body")).to_contain_text("JPEG、PNG、WebP")
        assert page.locator("[name=list-1-region]").input_value() == "upper_back"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shot(page, f"injuries-{width}")
        page.goto(f"{where}decision/")
        shot(page, f"decision-{width}")
        page.goto("/reception/")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shot(page, f"board-small-{width}")
