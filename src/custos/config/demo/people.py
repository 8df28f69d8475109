"""Invented people: who somebody is, whom they have, what they need. Pure.

Nothing here says or lets guess at ethnicity, religion or political opinion. Names and numbers belong to
nobody: see `names`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from custos.config.demo.names import POLYPHONIC, RARE, a_citizens_number, a_name, a_telephone
from custos.foundation.custody.people import facts

#: Country, language, a name as it is read out here, the name in its own script.
_FOREIGNERS = (
    ("VN", "越南语", "阮文海", "NGUYEN VAN HAI"),
    ("VN", "越南语", "陈氏兰", "TRAN THI LAN"),
    ("MM", "缅甸语", "吴登昂", "THEIN AUNG"),
    ("MM", "缅甸语", "玛钦梅", "KHIN MAY"),
    ("LA", "老挝语", "坎蓬", "KHAMPHONE S."),
    ("NG", "英语", "奥卡福·埃梅卡", "OKAFOR EMEKA"),
    ("RU", "俄语", "伊万·索科洛夫", "IVAN SOKOLOV"),
    ("KR", "韩语", "金民俊", "KIM MINJUN"),
    ("PH", "英语", "玛丽亚·桑托斯", "MARIA SANTOS"),
    ("PK", "英语", "阿里·汗", "ALI KHAN"),
    ("TH", "泰语", "颂猜", "SOMCHAI P."),
    ("KH", "高棉语", "宋帕", "SOK PHEA"),
)
_WOMEN_ABROAD = frozenset({"陈氏兰", "玛钦梅", "玛丽亚·桑托斯"})
_NEEDS = (
    ("care", "每日两次胰岛素，按时叫医生"),
    ("care", "高血压，每日晨起量血压，药由医生发放"),
    ("care", "哮喘，随时可取吸入器"),
    ("care", "癫痫病史，睡下铺"),
    ("diet", "糖尿病饮食，少糖少盐"),
    ("diet", "素食，本人请求"),
    ("diet", "对花生过敏"),
    ("diet", "软食，牙齿缺失"),
    ("aid", "老花镜"),
    ("aid", "拐杖，活动时由人陪同"),
    ("mobility", "上下楼须搀扶，安排一层"),
    ("hearing", "左耳听力差，当面说话"),
    ("sight", "高度近视，离镜看不清"),
    ("reading", "不识字，文书须宣读并说明"),
)
_ALIASES = (("nickname", "小"), ("nickname", "阿"), ("nickname", "老"))
_FIRMS = ("正衡", "明理", "同舟", "三江", "知行", "方圆")
_KIN = (("51", "父亲"), ("52", "母亲"), ("10", "配偶"), ("71", "兄"), ("77", "妹妹"))


@dataclass(slots=True)
class Person:
    """Who somebody is: name, sex (GB/T 2261.1), date of birth, and the facts that stay with them."""

    name: str
    sex: str
    born: date | None
    facts: list[facts.Fact]
    foreign: bool = False


def grown_up(chance: Random, today: date, sex: str, *, serial: int = 1000) -> Person:
    """An adult who is a citizen. The first few of a `serial` have the names that are hard to find by."""
    surname = POLYPHONIC[serial] if serial < len(POLYPHONIC) else ""
    at = serial - len(POLYPHONIC)
    rare = RARE[at] if 0 <= at < len(RARE) else ""
    born = _born(chance, today, 19, 66)
    return _citizen(chance, a_name(chance, sex, surname=surname, rare=rare), sex, born)


def minor(chance: Random, today: date, sex: str) -> Person:
    """Somebody of seventeen, with a guardian."""
    # Nobody turns eighteen while the demo is looked at: a birthday would part those of one cell.
    born = min(_born(chance, today, 17, 17) + timedelta(days=60), _years_before(today, 17))
    person = _citizen(chance, a_name(chance, sex), sex, born)
    name = f"{person.name[0]}{a_name(chance, '2')[1:]}"
    guardian = facts.Contact(
        kind="guardian", name=name, relation="52", phone=a_telephone(chance), note="法定代理人"
    )
    person.facts = [one for one in person.facts if one.sort not in ("dependant", "lawyer")]
    person.facts += [guardian, _lawyer(chance, "legal_aid")]
    return person


def foreigner(chance: Random, today: date, serial: int) -> Person:
    """Somebody from abroad who needs an interpreter."""
    country, language, name, written = _FOREIGNERS[serial % len(_FOREIGNERS)]
    sex = "2" if name in _WOMEN_ABROAD else "1"
    passport = f"{country[0]}{chance.randrange(10_000_000):07}"
    wish = chance.choice(("wanted", "wanted", "refused", "undecided"))
    known: list[facts.Fact] = [
        facts.Identified(state="known", how="护照与签证记录核对"),
        facts.OtherName(kind="foreign", text=written),
        facts.IdentityPaper(kind="passport", number=passport, issuer=f"{country}"),
        facts.Nationality(country=country),
        facts.Language(language=language, interpreter=True),
        facts.Consular(wish=wish, note="本人书面表示"),
        facts.Contact(kind="family", name=written.split()[0], relation="50", note="在境外"),
        _lawyer(chance, "legal_aid"),
    ]
    return Person(name, sex, _born(chance, today, 21, 55), known, foreign=True)


def unknown(chance: Random, serial: int) -> Person:
    """Somebody of whom nobody knows who they are, under a working name."""
    called = ("阿贵", "老三", "小东")[serial % 3]
    known: list[facts.Fact] = [
        facts.Identified(state="unknown", how="无证件，指纹比对无结果，暂用名"),
        facts.OtherName(kind="claimed", text=called),
        _lawyer(chance, "duty"),
    ]
    return Person(f"无名氏{'甲乙丙丁'[serial % 4]}", "1", None, known)


def _years_before(today: date, years: int) -> date:
    return date(today.year - years, today.month, min(today.day, 28))


def _born(chance: Random, today: date, youngest: int, oldest: int) -> date:
    """A date of birth of somebody who is so many years old today, within a year."""
    latest, earliest = _years_before(today, youngest), _years_before(today, oldest + 1)
    return earliest + timedelta(days=chance.randrange(2, (latest - earliest).days))


def _citizen(chance: Random, name: str, sex: str, born: date) -> Person:
    known = [*_identity(chance, name, sex, born), *_family(chance, name, sex)]
    if chance.random() < 0.25:
        kind, text = chance.choice(_NEEDS)
        known.append(facts.Need(kind=kind, text=text))
    if chance.random() < 0.01:
        known += [
            facts.Language(language="手语", interpreter=True),
            facts.Need(kind="hearing", text="听不见，讯问、告知须有手语翻译"),
        ]
    if chance.random() < 0.6:
        known.append(
            _lawyer(chance, chance.choice(("appointed", "appointed", "legal_aid", "duty")))
        )
    return Person(name, sex, born, known)


def _identity(chance: Random, name: str, sex: str, born: date) -> Iterator[facts.Fact]:
    stated = chance.random() < 0.04
    state, how = ("claimed", "本人自报，待核实") if stated else ("known", "居民身份证核对")
    yield facts.Identified(state=state, how=how)
    number = a_citizens_number(chance, sex, born)
    yield facts.IdentityPaper(kind="resident_id", number=number, issuer="")
    yield facts.Nationality(country="CN")
    if chance.random() < 0.12:
        kind, begins = chance.choice(_ALIASES)
        yield facts.OtherName(kind=kind, text=f"{begins}{name[-1]}")
    elif chance.random() < 0.04:
        yield facts.OtherName(kind="former", text=a_name(chance, sex, surname=name[0]))


def _family(chance: Random, name: str, sex: str) -> Iterator[facts.Fact]:
    relation, _title = chance.choice(_KIN)
    other = a_name(chance, chance.choice("12"), surname=name[0] if relation != "10" else "")
    yield facts.Contact(
        kind="emergency", name=other, relation=relation, phone=a_telephone(chance), note=""
    )
    if chance.random() < (0.35 if sex == "2" else 0.15):
        carer = chance.choice(("外祖母", "祖父母", "配偶", "姐姐", ""))
        yield facts.Dependant(
            name=f"{name[0]}{chance.choice('小子晨宇涵轩朵')}{chance.choice('宝妍泽阳')}",
            relation=chance.choice(("20", "30")),
            born=date(chance.randint(2012, 2024), chance.randint(1, 12), chance.randint(1, 28)),
            place="家中" if carer else "社区暂为安置",
            carer=carer,
            cared_for=bool(carer),
        )


def _lawyer(chance: Random, kind: str) -> facts.Lawyer:
    firm = (
        "法律援助中心（演示）"
        if kind != "appointed"
        else f"{chance.choice(_FIRMS)}律师事务所（演示）"
    )
    return facts.Lawyer(
        kind=kind,
        name=a_name(chance, chance.choice("12")),
        firm=firm,
        licence=f"99{chance.randrange(10**12):012}",
        phone=a_telephone(chance),
    )
