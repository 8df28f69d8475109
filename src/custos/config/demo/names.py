"""Invented names and numbers. Common surnames and given-name characters, put together by chance."""

from datetime import date
from random import Random

from custos.foundation.codes.identity import check_character

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷"
    "黎史龙陶贺毛郝顾龚邵万覃武钱戴严莫孔向常单仇解查朴区盖翟"
)
#: Surnames that are read otherwise than the character alone, and those of two characters.
POLYPHONIC = (
    "单",
    "仇",
    "解",
    "区",
    "曾",
    "查",
    "朴",
    "盖",
    "翟",
    "乐",
    "任",
    "缪",
    "尉迟",
    "万俟",
)
_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建国志文海峰"
_FEMALE = "芳娜敏静丽娟艳霞秀燕玲桂红梅莉倩雪慧颖洁婷玉萍琳璐悦欣怡晶莹蓉露瑶佳"

RARE = ("㐂", "𠮷")

#: Regions by which no number was ever issued: none begins with 98 or 99.
_REGIONS = ("980103", "980211", "990102", "990104", "990205", "990226")


def a_name(chance: Random, sex: str, *, surname: str = "", rare: str = "") -> str:
    """A name for a sex (GB/T 2261.1); one in four hundred has a character that fonts may lack."""
    given = _FEMALE if sex == "2" else _MALE
    surname = surname or chance.choice(_SURNAMES)
    name = surname + "".join(chance.choice(given) for _ in range(chance.choice((1, 2, 2))))
    if rare or chance.random() < 1 / 400:
        name = surname + (rare or chance.choice(RARE))
    return name


def a_citizens_number(chance: Random, sex: str, born: date) -> str:
    """A number of the citizens' form (GB 11643) that nobody has; one in eighty is mistyped."""
    serial = chance.randrange(100, 499) * 2 + (sex == "1")
    first = f"{chance.choice(_REGIONS)}{born:%Y%m%d}{serial}"
    check = check_character(first)
    if chance.random() < 1 / 80:
        check = "7" if check != "7" else "3"
    return first + check


def a_telephone(chance: Random) -> str:
    """Eleven digits as a mobile number has, beginning as none does."""
    return f"100{chance.randrange(10**8):08}"
