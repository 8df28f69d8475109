"""Every template with realistic data: what its PDF says, compared with values typed by hand."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pypdfium2
import pytest

from custos.foundation.documents import catalogue, naming, rendering
from custos.foundation.documents.catalogue import Template
from custos.foundation.documents.contents import Content
from custos.foundation.documents.naming import Word
from custos.foundation.documents.rendering import Sheet
from custos.foundation.documents.tests.samples import AFTERNOON, SAMPLES
from custos.foundation.errors import Conflict, Missing

_FACILITIES = {"KSS": "甲东市第一看守所", "JLS": "甲东市拘留所", "QJS": "甲东市强制隔离戒毒所"}
RECORD = "0197 5B2C 4F3A 7D10 8A3B 1C2D 3E4F 5A6B"
A4 = (595, 842)


def _set(code: str, **more: Any) -> tuple[Template, Content, Word | None, Sheet]:
    content, kind = SAMPLES[code]
    template = catalogue.in_force(code, date(2026, 3, 2))
    word = naming.word_at(getattr(content, "stage", ""))
    sheet = Sheet(
        _FACILITIES[kind], kind, AFTERNOON, "陈安平（收押）", f"{template.mark}〔2026〕12号", RECORD
    )
    return template, content, word, replace(sheet, **more)


def _pages(pdf: bytes) -> list[str]:
    """The text of each page, without the white space that comes of lines being broken."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_bounded() for page in document]
    # Where a line is broken within a word, PDFium says U+FFFE.
    return [re.sub(r"[\s\u200b\ufffe]", "", text) for text in texts]


def _text(code: str) -> str:
    return "".join(_pages(rendering.pdf(*_set(code))))


#: What a person would look for on each paper, typed by hand.
SAYS = {
    "D09": [
        "羁押期限即将届满通知书限通〔2026〕12号甲东市公安局城关分局：",
        "你单位办理的涉嫌盗窃一案，犯罪嫌疑人𠮷田㐂子（性别女，出生日期1990年5月1日，"
        "人员编号330181111202603020001），自2026年1月15日起被羁押，现依据甲公（城）捕字〔2026〕9号逮捕证"
        "羁押于本所。依照《中华人民共和国刑事诉讼法》第一百五十六条，其侦查羁押期限将于2026年3月15日届满。",
        "请在届满之前依法作出决定，将延长期限、移送案件或者释放、变更强制措施的法律文书送达本所。",
        "抄送：驻甲东市第一看守所检察室",
        "□延长期限□移送案件□释放、变更强制措施",
    ],
    "D10": [
        "超期羁押报告超报〔2026〕12号甲东市人民检察院：",
        "由甲东市公安局城关分局办理，自2026年1月15日起被羁押，现依据甲公（城）捕字〔2026〕9号逮捕证羁押于本所。",
        "其侦查羁押期限已于2026年3月15日届满，",
        "本所已采取的措施：2026年3月8日书面通知办案机关，3月14日再次电话催告。",
    ],
    "D12-1": [
        "释放证明书释证〔2026〕12号",
        "兹有𠮷田㐂子，性别女，出生日期1990年5月1日，住址甲东省甲东市城关区和平路18号院3号楼2单元401室，"
        "证件号码居民身份证11010519491231002X，因涉嫌盗窃罪，于2026年1月15日被执行逮捕。"
        "现因人民检察院决定不起诉，根据《中华人民共和国刑事诉讼法》第一百七十八条的规定及"
        "甲东市人民检察院甲检释通〔2026〕7号释放通知书，于2026年3月2日14时05分予以释放。特此证明。",
        "甲东市第一看守所2026年3月2日",
    ],
    "D12-2": [
        "刑满释放证明书刑释证〔2026〕12号",
        "兹有诺尔哈提·阿不都热依木，性别男，",
        "因犯危险驾驶罪，经甲东市城关区人民法院以(2025)甲0102刑初33号刑事判决书判处拘役四个月，"
        "附加刑：罚金人民币五千元，刑期自2025年11月3日起至2026年3月2日止。现执行期满，"
        "于2026年3月2日14时05分予以释放。特此证明。",
    ],
    "D14-1": [
        "甲东市第一看守所收押登记表收登〔2026〕12号",
        "姓名𠮷田㐂子性别女",
        "身份犯罪嫌疑人",
        "法律文书拘留证文书号甲公（城）拘字〔2026〕12号",
        "到案时间2026年3月1日22时10分到案地点甲东市城关区火车站广场",
        "送到时间2026年3月2日9时30分收押时间2026年3月2日14时05分",
        "体表伤情右前臂外侧有一处新鲜擦伤，详见体表检查登记表",
        "吉小满女6甲东市城关区和平路18号院外祖母吉田氏",
        "吉田氏母亲13800000000",
        "送押人员高志远、林小燕",
        "收押人员陈安平、周文静",
    ],
    "D14-2": [
        "健康检查笔录健检〔2026〕12号",
        "体温36.6℃脉搏78次/分血压128/82mmHg血常规未见异常",
        "妊娠检测阴性",
        "青霉素过敏",
        "可以收押，按糖尿病专案管理，七日内复查空腹血糖。",
        "检查医生何静波",
    ],
    "D14-3": [
        "体表检查登记表体检〔2026〕12号",
        "1正面右前臂外侧擦伤，结痂3cm×1cmP-0301",
        "2背面左肩胛皮下青紫直径2cm—",
        "前天在火车站跑的时候自己摔的，没有人打我。",
        "到案前已有此伤，见执法记录仪录像。",
        "伤情轻微，与所述摔倒相符，已消毒包扎。",
    ],
    "D14-4": [
        "财物登记表（收据）财登〔2026〕12号",
        "1手机1部黑色，屏幕左下角碎裂代为保管F-20260302-01",
        "3羽绒服1件蓝色，无帽本人使用—",
        "¥10,234.50人民币（大写）壹万零贰佰叁拾肆元伍角整",
    ],
    "D14-5": [
        "不予收押通知书不收〔2026〕12号甲东市公安局城关分局：",
        "你单位于2026年3月2日14时05分送来的𠮷田㐂子（性别女，出生日期1990年5月1日），所持文书："
        "甲公（城）拘字〔2026〕9号拘留证。经审查：怀孕。依照看守所条例第10条，决定不予收押。"
        "说明：怀孕五个月，医院证明附后。",
        "送押人员及单位：",
    ],
    "D15": [
        "权利义务告知书权告〔2026〕12号",
        "𠮷田㐂子：您已由甲东市第一看守所收押。",
        "没有委托辩护人的，可以约见值班律师",
        "有权约见驻所检察官",
        "以上内容已用汉语向我宣读，文本已交给我，我已知悉。告知时间：2026年3月2日14时05分告知民警：周文静",
    ],
    "D21-1": [
        "解除拘留证明书解拘证〔2026〕12号",
        "被拘留人𠮷田㐂子，性别女，",
        "因盗窃，由甲东市公安局城关分局以甲公（城）行罚决字〔2026〕88号行政处罚决定书决定行政拘留10日，"
        "自2026年2月20日起至2026年3月2日止，在本所执行。现因拘留期满，依照《拘留所条例》的规定，"
        "于2026年3月2日14时05分解除拘留。特此证明。",
        "甲东市拘留所2026年3月2日",
    ],
    "D22-1": [
        "解除强制隔离戒毒证明书解戒证〔2026〕12号",
        "戒毒人员𠮷田㐂子，性别女，",
        "决定强制隔离戒毒24个月，自2024年3月3日起至2026年3月2日止。现因强制隔离戒毒期满，"
        "依照《戒毒条例》第三十四条的规定，于2026年3月2日14时05分解除强制隔离戒毒。",
        "社区康复：责令到甲东市城关区接受社区康复，期限三年。",
    ],
    "D22-2": [
        "强制隔离戒毒诊断评估表诊评〔2026〕12号",
        "评估阶段执行满一年评估日期2025年3月10日",
        "评估合格，建议提前解除。",
        "评估人员何静波",
        "戒毒人员本人𠮷田㐂子",
    ],
    "D25": [
        "在押人员档案副本档副〔2026〕12号",
        "收押时间2026年3月2日14时05分记录条数40",
        "1002026-03-0214:05收押第0次",
        "谈话教育（已更正）",
        "（内容已依法删除）",
        "兹证明以上副本与记录一致。",
    ],
    "D26": [
        "甲东市第一看守所收押台账",
        "范围：2026年3月共60条",
        "2026-03-0214:05𠮷田㐂子330181111202603020059收押拘留证，A101A1011",
    ],
}


def test_the_notice_of_a_limit_and_its_receipt_stand_on_one_sheet() -> None:
    assert len(_pages(rendering.pdf(*_set("D09")))) == 1


def test_a_limit_of_hours_is_announced_to_the_hour() -> None:
    """HX2006 4: a day of detention is 24 hours."""
    template, content, word, sheet = _set("D09")
    said = content.model_copy(update={"ends_hour": "9时30分", "copy_to": ""})
    text = "".join(_pages(rendering.pdf(template, said, word, sheet)))
    assert "将于2026年3月15日9时30分届满。" in text
    assert "抄送" not in text


@pytest.mark.parametrize("code", SAYS)
def test_a_paper_says_what_was_typed(code: str) -> None:
    text = _text(code)
    for words in SAYS[code]:
        assert words in text, f"{words}\n\n{text}"


def test_every_template_is_tried() -> None:
    assert set(SAYS) == set(SAMPLES) == {one.code for one in catalogue.load().templates}


@pytest.mark.parametrize("code", SAYS)
def test_the_same_input_gives_the_same_bytes(code: str) -> None:
    first = rendering.pdf(*_set(code))
    assert rendering.pdf(*_set(code)) == first
    assert rendering.pdf(*_set(code, record="0000")) != first


@pytest.mark.parametrize("code", SAYS)
def test_a_paper_is_tagged_pdf_a_on_a4_sheets(code: str) -> None:
    made = rendering.pdf(*_set(code))
    assert re.search(rb"<pdfaid:part>2</pdfaid:part>", made)
    assert re.search(rb"<pdfaid:conformance>A</pdfaid:conformance>", made)
    assert b"/StructTreeRoot" in made
    with pypdfium2.PdfDocument(made) as document:
        sizes = {tuple(round(side) for side in sorted(page.get_size())) for page in document}
    assert sizes == {A4}


#: Papers whose words were put right.
SECOND = {"D09": 2, "D10": 2}


@pytest.mark.parametrize("code", SAYS)
def test_every_sheet_says_which_it_is_and_what_leads_back_to_the_record(code: str) -> None:
    pages = _pages(rendering.pdf(*_set(code)))
    for number, page in enumerate(pages, 1):
        assert f"第{number}页共{len(pages)}页" in page
        version = SECOND.get(code, 1)
        assert f"{code}·第{version}版·记录号01975B2C4F3A7D108A3B1C2D3E4F5A6B" in page
        assert "陈安平（收押）2026年3月2日14时05分" in page


@pytest.mark.parametrize("code", ["D12-1", "D12-2", "D14-1", "D14-2", "D14-3", "D14-4", "D22-2"])
def test_an_ordinary_form_or_certificate_fits_on_one_sheet(code: str) -> None:
    assert len(_pages(rendering.pdf(*_set(code)))) == 1


def test_nothing_is_cut_however_long_it_is() -> None:
    _template, content, _word, _sheet = _set("D14-1")
    long = "小㐂" * 60
    name = "诺尔哈提·阿不都热依木" * 6
    number = "330181111" * 40  # longer than any cell is wide
    said = content.model_dump()
    said["aliases"], said["person"]["name"], said["basis_number"] = long, name, number
    said["injuries"] = "右前臂外侧有一处新鲜擦伤。" * 200
    made = rendering.pdf(_template, type(content).model_validate(said), _word, _sheet)
    text = "".join(page.split("D14-1·")[0] for page in _pages(made))
    assert long in text
    assert name in text
    assert number in text
    assert text.count("右前臂外侧有一处新鲜擦伤。") == 200
    with pypdfium2.PdfDocument(made) as document:
        for page in document:
            glyphs = page.get_textpage()
            right = max(glyphs.get_charbox(at)[2] for at in range(glyphs.count_chars()))
            assert right <= 595 - 50  # 20 mm at the right is 56.7 pt; a comma may hang a little


def test_what_is_typed_is_never_read_as_markup() -> None:
    template, content, word, sheet = _set("D12-1")
    trick = '#panic("x") *粗* $x$ \\ <a> @b'
    said = content.model_copy(update={"ground": trick})
    assert trick.replace(" ", "") in "".join(_pages(rendering.pdf(template, said, word, sheet)))


@pytest.mark.parametrize("code", ["D12-1", "D12-2", "D21-1", "D22-1"])
def test_a_receipt_names_what_was_not_handed_over(code: str) -> None:
    template, content, word, sheet = _set(code)
    whole = "".join(_pages(rendering.pdf(template, content, word, sheet)))
    assert "已当面点清。" in whole
    assert "尚未交付" not in whole
    later = content.model_copy(update={"left": "随身财物"})
    text = "".join(_pages(rendering.pdf(template, later, word, sheet)))
    assert "随身财物尚未交付，由本所另行交付、双方另行签收；其余已当面点清。" in text


def test_a_draft_says_so_and_an_issued_paper_does_not() -> None:
    assert "草稿" in _pages(rendering.pdf(*_set("D12-1", number="", record="")))[0]
    assert "草稿" not in _text("D12-1")


def test_what_a_suspect_is_told_of_is_not_what_a_convict_is() -> None:
    template, content, _word, sheet = _set("D15")
    told = {}
    for stage in ("S10", "S81"):
        said = content.model_copy(update={"stage": stage})
        made = rendering.pdf(template, said, naming.word_at(stage), sheet)
        told[stage] = "".join(_pages(made))
    assert "值班律师" in told["S10"]
    assert "减刑、假释" not in told["S10"]
    assert "值班律师" not in told["S81"]
    assert "减刑、假释" in told["S81"]


def test_the_picture_of_a_paper_shows_its_pages() -> None:
    pictures = rendering.pictures(*_set("D15"))
    assert len(pictures) == 3
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


# ---------------------------------------------------------------------- rare characters


def test_rare_characters_have_a_shape_here() -> None:
    assert rendering.lacking("㐂𠮷镕喆") == ""


def test_without_a_chinese_font_of_the_system_a_rare_name_is_refused_by_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rendering, "_fallbacks", lambda: ())
    assert rendering.lacking("㐂") == ""
    assert rendering.lacking("㐂𠮷") == "𠮷"
    with pytest.raises(Conflict, match="no_shape") as refused:
        rendering.pdf(*_set("D12-1"))
    assert "U+20BB7" in refused.value.message


def test_without_our_fonts_no_paper_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(rendering, "FONTS", tmp_path)
    with pytest.raises(Missing, match="no_fonts"):
        rendering.pdf(*_set("D12-1"))


# ---------------------------------------------------------------------- the register of templates


def test_the_codes_are_those_of_the_catalogue_of_documents() -> None:
    titles = {one.code: one.title.zh for one in catalogue.load().templates}
    assert titles == {
        "D09": "羁押期限即将届满通知书",
        "D10": "超期羁押报告",
        "D12-1": "释放证明书",
        "D12-2": "刑满释放证明书",
        "D14-1": "收押登记表",
        "D14-2": "健康检查笔录",
        "D14-3": "体表检查登记表",
        "D14-4": "财物登记表（收据）",
        "D14-5": "不予收押通知书",
        "D15": "权利义务告知书",
        "D21-1": "解除拘留证明书",
        "D22-1": "解除强制隔离戒毒证明书",
        "D22-2": "强制隔离戒毒诊断评估表",
        "D25": "在押人员档案副本",
        "D26": "台账",
    }


@pytest.mark.parametrize(
    "change",
    [{"code": "D99"}, {"layout": "no_such"}, {"words": ["citizen"]}, {"kinds": ["XXX"]}],
)
def test_a_template_that_names_what_is_not_there_is_refused(change: dict[str, Any]) -> None:
    plain = catalogue.load().templates[0].model_dump()
    Template.model_validate(plain)
    with pytest.raises(ValueError, match=r"D\d"):
        Template.model_validate(plain | change)


def test_a_template_is_in_force_from_its_day_on() -> None:
    assert catalogue.in_force("D21-1", date(2012, 4, 1)).layout == "detention_ended"
    with pytest.raises(Missing):
        catalogue.in_force("D21-1", date(2012, 3, 31))
