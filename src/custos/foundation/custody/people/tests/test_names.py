"""Names cut into tokens, and what was typed read as tokens. Pure."""

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.custody.people import names, readings

SETS = Path(__file__).parent / "sets"


def rows(name: str) -> list[tuple[str, str]]:
    with (SETS / name).open(encoding="utf-8") as file:
        return [(row["name"], row["typed"]) for row in csv.DictReader(file)]


def blind(purpose: str, text: str) -> str:
    return f"{purpose}:{text}"


def finds(typed: str, tokens: Iterable[str], *, near: bool = False) -> bool:
    """Whether what was typed finds a person who has these tokens, as the queries ask."""
    held = set(tokens)
    wanted = names.read(typed, blind)
    exact = [[wanted.whole | wanted.part], *wanted.together]
    ways = [*exact, [wanted.near]] if near else exact
    return any(all(held & one for one in way) for way in ways)


@pytest.mark.parametrize(("name", "typed"), rows("polyphones.csv"))
def test_a_name_is_found_by_each_of_its_readings(name: str, typed: str) -> None:
    assert finds(typed, names.of_name(name))


@pytest.mark.parametrize(("name", "typed"), rows("typos.csv"))
def test_a_name_is_found_with_one_wrong_letter(name: str, typed: str) -> None:
    assert finds(typed, names.of_name(name), near=True)


@pytest.mark.parametrize(
    "typed",
    [
        "王小川",
        "王小",
        "小川",
        "川",
        "王",
        "wangxiaochuan",
        "wangxiao",
        "xiaochuan",
        "xiao",
        "wangxiaoc",
        "wangxiaochu",
        "wxc",
        "wx",
        "xc",
        "WangXiaoChuan",
        "wang xiaochuan",
        "wang xiao chuan",
        "王xiao",
        "ＷＸＣ",
        "王 小川",
    ],
)
def test_a_name_is_found_by_its_parts(typed: str) -> None:
    assert finds(typed, names.of_name("王小川"))


@pytest.mark.parametrize("typed", ["李小川", "wangda", "wxd", "川小", "chuanxiao", "xw", "王川"])
def test_what_is_not_in_a_name_does_not_find_it(typed: str) -> None:
    assert not finds(typed, names.of_name("王小川"))


@pytest.mark.parametrize("typed", ["王晓川", "王小穿", "旺小川", "黄小川", "王大川"])
def test_one_wrong_character_or_one_that_sounds_alike_is_forgiven(typed: str) -> None:
    tokens = names.of_name("王小川")
    assert not finds(typed, tokens)
    assert finds(typed, tokens, near=True)


LONG = "诺尔哈提·阿不都热依木"
PARTS_OF_LONG = (
    "诺尔哈提|阿不都热依木|诺尔哈提阿不都|诺尔哈提·阿不都热依木|nuoerhati|nuoerhatiabudu"
    "|abudureyimu|reyimu|neht"
)


@pytest.mark.parametrize("typed", PARTS_OF_LONG.split("|"))
def test_a_long_name_is_found_by_its_parts_with_or_without_its_dot(typed: str) -> None:
    assert finds(typed, names.of_name(LONG))


@pytest.mark.parametrize(
    "typed", ["john", "smith", "ohn", "johnsm", "John Smith", "smith john", "jo"]
)
def test_a_name_in_letters_is_found_by_its_parts(typed: str) -> None:
    assert finds(typed, names.of_name("John Smith"))


def test_accents_and_case_are_no_matter() -> None:
    assert finds("nguyen", names.of_name("Nguyễn Văn An"))


@pytest.mark.parametrize("rare", ["㐂", "𠮷", "㛃"])
def test_rare_characters_are_found_as_written(rare: str) -> None:
    assert finds(rare, names.of_name(f"王{rare}"))
    assert finds(f"王{rare}", names.of_name(f"王{rare}"))


CHARACTERS = st.text(
    st.sampled_from("王李单仇解曾小川国建明吕女绯鸢㐂𠮷阿木"), min_size=2, max_size=9
)


@given(CHARACTERS, st.data())
def test_every_part_of_every_name_finds_it(name: str, data: st.DataObject) -> None:
    tokens = names.of_name(name)
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    assert finds(name[start:end], tokens)
    read = [data.draw(st.sampled_from(one)) for one in readings.of_name(name)]
    if len(read) == len(name):
        spoken = "".join(read[start:end])
        assert finds(spoken, tokens), spoken


@pytest.mark.parametrize("typed", ["110101002202603020001", "0001", "020001", "603020001"])
@pytest.mark.parametrize("said", ["", "…", "尾号", "人员编号：", "尾号为 ", "后四位", "末4位 "])
def test_a_number_is_found_whole_and_by_its_end(said: str, typed: str) -> None:
    assert finds(said + typed, names.of_number("110101002202603020001"))


@pytest.mark.parametrize("typed", ["110101002202603020002", "110101002202603020010"])
def test_a_whole_number_forgives_one_digit(typed: str) -> None:
    tokens = names.of_number("110101002202603020001")
    assert not finds(typed, tokens)
    assert finds(typed, tokens, near=True)


CITIZEN = "11010519491231002X"


@pytest.mark.parametrize("typed", [CITIZEN, CITIZEN.lower(), "110105", "11010519491231"])
def test_a_citizens_number_is_found_by_what_is_blind_of_it(typed: str) -> None:
    assert finds(typed, names.of_document(CITIZEN, citizen=True, blind=blind))


@pytest.mark.parametrize("typed", ["1101051949", "110106", "31002X"])
def test_other_parts_of_a_citizens_number_find_nobody(typed: str) -> None:
    assert not finds(typed, names.of_document(CITIZEN, citizen=True, blind=blind), near=True)


def test_a_citizens_number_forgives_one_digit() -> None:
    tokens = names.of_document(CITIZEN, citizen=True, blind=blind)
    assert finds("11010519491231003X", tokens, near=True)
    assert finds("11010519491321002X", tokens, near=True)


def test_no_token_holds_a_documents_number() -> None:
    tokens = names.of_document(CITIZEN, citizen=True, blind=lambda *_said: "blind")
    assert tokens == {"bblind", "cblind", "dblind"}


@pytest.mark.parametrize("typed", ["", "   ", "·", "'", "🎉", "\u202e"])
def test_what_is_no_word_looks_for_nobody(typed: str) -> None:
    assert not names.read(typed, blind)


@given(st.text(max_size=64))
def test_whatever_is_typed_can_be_read_and_stays_small(typed: str) -> None:
    wanted = names.read(typed, blind)
    assert len(wanted.near) < 3_000
    assert all(len(token) <= 255 for token in wanted.whole | wanted.part | wanted.near)


@given(st.text(min_size=1, max_size=200))
def test_whatever_a_name_is_its_tokens_fit(name: str) -> None:
    assert all(0 < len(token) <= 255 for token in names.of_name(name))


def test_letters_are_cut_into_syllables_in_each_way() -> None:
    assert readings.cuts("xian")[0] == ("xian",)
    assert ("xi", "an") in readings.cuts("xian")


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def edits(typed: str) -> set[str]:
    """Everything one letter away, made the plain way."""
    cut = [(typed[:at], typed[at:]) for at in range(len(typed) + 1)]
    found = {a + b[1:] for a, b in cut if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in cut if len(b) > 1}
    found |= {a + c + b[1:] for a, b in cut if b for c in LETTERS}
    found |= {a + c + b for a, b in cut for c in LETTERS}
    return found - {typed}


def can_be_read(letters: str) -> bool:
    return any(cut[-1] in readings.syllables() for cut in readings.cuts(letters))


@pytest.mark.parametrize("typed", ["xian", "wangli", "wngli", "shanxgi", "lvbu", "q", "zzz"])
def test_neighbours_are_all_that_can_be_read_one_letter_away(typed: str) -> None:
    assert readings.neighbours(typed) == {one for one in edits(typed) if can_be_read(one)}


#: Surnames with how they are commonly read, and a reading that dictionaries have beside it.
POLYPHONES = [
    ("方", "fang", "wang"),
    ("单", "shan", "dan"),
    ("曾", "zeng", "ceng"),
    ("解", "xie", "jie"),
]
POLYPHONES += [
    ("查", "zha", "cha"),
    ("仇", "qiu", "chou"),
    ("翟", "zhai", "di"),
    ("朴", "piao", "pu"),
]
COMMON = {
    "wang": "王汪",
    "dan": "但",
    "jie": "揭",
    "cha": "茶",
    "chou": "丑",
    "di": "狄",
    "pu": "蒲",
}
GIVEN = st.text(alphabet="小川明国建华军芳丽伟", min_size=1, max_size=2)


@pytest.mark.parametrize(("surname", "usual", "beside"), POLYPHONES)
@given(given_name=GIVEN, other=GIVEN, data=st.data())
def test_a_reading_that_is_not_the_common_one_ranks_below(
    surname: str, usual: str, beside: str, given_name: str, other: str, data: st.DataObject
) -> None:
    name = surname + given_name
    assert names.rank(usual, name) < names.rank(beside, name)
    for common in COMMON.get(beside, ""):
        typed = beside + data.draw(st.sampled_from(["", "xiao", "ming", "x"]))
        if finds(typed, names.of_name(name)) and finds(typed, names.of_name(common + other)):
            assert names.rank(typed, common + other) < names.rank(typed, name)


@pytest.mark.parametrize(
    ("typed", "best", "next_best"),
    [
        ("wang", "王", "王小川"),
        ("wang", "王小川", "李旺"),
        ("wang", "李旺", "方小川"),
        ("wangfang", "王芳", "方芳"),
        ("wf", "王芳", "方芳"),
        ("王", "王小川", "李王川"),
        ("aidi", "Aidi", "Aidila"),
    ],
)
def test_the_common_reading_then_all_then_the_beginning_then_a_part(
    typed: str, best: str, next_best: str
) -> None:
    assert names.rank(typed, best) < names.rank(typed, next_best)


def test_of_numbers_nobody_stands_before_another() -> None:
    assert names.rank("2026001", "王小川") == names.rank("2026001", "方小川")
