"""Names that belong to nobody: put together by chance from common characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

# Common surnames with rough weights, so that a school sounds like a school.
_SURNAMES = {
    "王": 70, "李": 70, "张": 66, "刘": 52, "陈": 48, "杨": 44, "黄": 22, "赵": 22, "周": 24, "吴": 22, "徐": 16,
    "孙": 14,
    "马": 12, "朱": 12, "胡": 14, "郭": 10, "何": 16, "林": 8, "罗": 20, "高": 8, "梁": 8, "郑": 8, "谢": 12, "宋": 8,
    "唐": 10, "许": 6, "韩": 5, "冯": 10, "邓": 10, "曹": 5, "彭": 8, "曾": 8, "萧": 3, "田": 8, "董": 5, "袁": 10,
    "潘": 6, "于": 4, "蒋": 6, "蔡": 4, "余": 8, "杜": 6, "叶": 4, "程": 5, "苏": 4, "魏": 4, "吕": 3, "丁": 3, "任": 8,
    "沈": 2, "姚": 4, "卢": 4, "姜": 2, "崔": 2, "钟": 4, "谭": 5, "陆": 2, "汪": 4, "范": 4, "金": 2, "石": 4, "廖": 5,
    "贾": 2, "夏": 4, "韦": 3, "付": 4, "方": 3, "白": 2, "邹": 4, "孟": 2, "熊": 4, "秦": 3, "邱": 3, "江": 4, "尹": 2,
    "薛": 2, "段": 2, "雷": 4, "侯": 2, "龙": 3, "史": 1, "陶": 3, "黎": 3, "贺": 2, "顾": 1, "毛": 2, "郝": 1, "龚": 2,
    "邵": 1, "万": 2, "钱": 1, "严": 2, "覃": 2, "武": 1, "戴": 2, "莫": 2, "孔": 1, "向": 2, "汤": 2, "解": 1, "单": 1,
}  # fmt: skip
_BOYS = "伟强磊军勇杰涛明超鹏飞亮浩宇轩辰逸航睿泽昊博文俊杰凯瑞阳旭东林峰松柏江海川山石岩田禾毅志远建国平安康宁乐童"
_GIRLS = "芳娜敏静秀英丽霞燕玲雪梅兰竹菊莲荷桂花萍红艳蓉欣怡雨涵梦琪诗婷佳倩思语可心妍晴月星云彩霞凤春秋香玉珍珠"
_BOTH = "小子文晓雨嘉一天新春秋冬夏永学成金玉清正中和思欣"


def a_surname(chance: Random) -> str:
    return chance.choices(list(_SURNAMES), list(_SURNAMES.values()))[0]


def a_given_name(chance: Random, sex: str) -> str:
    """One character in five names, else two."""
    own = _BOYS if sex == "M" else _GIRLS
    if chance.random() < 0.2:  # noqa: PLR2004 - one in five
        return chance.choice(own)
    first = chance.choice(_BOTH if chance.random() < 0.4 else own)  # noqa: PLR2004 - two in five
    second = chance.choice(own)
    return first + second


def a_name(chance: Random, sex: str) -> str:
    return a_surname(chance) + a_given_name(chance, sex)


_VILLAGE_FIRST = "长土水石青白黄红金银龙凤虎马牛羊松柏竹桃李杏梅桂茶枫柳大小上下新老双三五七九高平清甘官杨罗陈王周田"
_VILLAGE_SECOND = "坝坪沟湾坡岭溪河塘井桥寨屯坳垭堡岩洞林园庄田坨垇冲口"
_TOWNSHIP_SECOND = "城江溪坝平河山岭桥坪安乐泉塘关隆和兴丰源"


def a_village_name(chance: Random, taken: set[str]) -> str:
    """A village name not used before."""
    while True:
        name = chance.choice(_VILLAGE_FIRST) + chance.choice(_VILLAGE_SECOND) + "村"
        if name not in taken:
            taken.add(name)
            return name


def a_township_name(chance: Random, taken: set[str]) -> str:
    """A township name not used before; two in three are towns."""
    while True:
        name = chance.choice(_VILLAGE_FIRST) + chance.choice(_TOWNSHIP_SECOND)
        if name not in taken:
            taken.add(name)
            return name + ("镇" if chance.random() < 0.66 else "乡")  # noqa: PLR2004 - two in three
