"""Names for searching and ordering: pinyin, with the readings surnames really have."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

# Characters whose reading as a surname differs from the everyday one.
SURNAME_READINGS = {
    "单": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "任": "ren", "查": "zha", "区": "ou", "朴": "piao",
    "盖": "ge", "尉": "yu", "乐": "yue", "华": "hua", "缪": "miao", "覃": "qin", "冼": "xian", "洗": "xian",
    "员": "yun", "尹": "yin", "翟": "zhai", "隗": "wei", "种": "chong", "晟": "cheng", "纪": "ji", "过": "guo",
    "葛": "ge", "牟": "mu", "宁": "ning", "车": "che", "幸": "xing", "柏": "bai", "折": "she", "黑": "he",
    "秘": "bi", "冉": "ran", "祭": "zhai", "召": "shao", "瞿": "qu", "卜": "bu", "万": "wan", "薄": "bo",
}  # fmt: skip


@lru_cache(maxsize=50_000)
def name_keys(name: str) -> tuple[str, str]:
    """
    (sort key, search text) of a Chinese name.

    The sort key is the likeliest pinyin; the search text holds it run together, its initials, and the same for
    the everyday reading of the surname where that differs.
    """
    if not name:
        return "", ""
    plain = [part.lower() for part in lazy_pinyin(name, style=Style.NORMAL)]
    likely = [SURNAME_READINGS.get(name[0], plain[0] if plain else ""), *plain[1:]]
    readings = [likely] if likely == plain else [likely, plain]
    forms = [form for reading in readings for form in ("".join(reading), "".join(part[:1] for part in reading))]
    return " ".join(likely)[:120], " ".join(dict.fromkeys([name, *forms]))[:240]
