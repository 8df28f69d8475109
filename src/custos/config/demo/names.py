"""Invented names. Common surnames and given-name characters, put together by chance."""

from random import Random

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷"
    "黎史龙陶贺毛郝顾龚邵万覃武钱戴严莫孔向常单仇解查朴区盖翟"
)
_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建国志文海峰"
_FEMALE = "芳娜敏静丽娟艳霞秀燕玲桂红梅莉倩雪慧颖洁婷玉萍琳璐悦欣怡晶莹蓉露瑶佳"

_RARE = ("㐂", "𠮷")


def a_name(chance: Random, sex: str) -> str:
    """A name for a sex (GB/T 2261.1); one in four hundred has a character that fonts may lack."""
    given = _FEMALE if sex == "2" else _MALE
    name = chance.choice(_SURNAMES) + "".join(
        chance.choice(given) for _ in range(chance.choice((1, 2, 2)))
    )
    if chance.random() < 1 / 400:
        name = name[0] + chance.choice(_RARE)
    return name
