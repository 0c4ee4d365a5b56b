"""Rows of the children's sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import hypot
from typing import TYPE_CHECKING, Any

from backend.demo.county import COUNTY_NAME, County, Place, School, near
from backend.demo.names import a_given_name, a_name, a_surname
from backend.demo.people import Register, a_day, born_in_grade
from backend.roster.vocabulary import CATEGORIES, NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from backend.demo.sizes import Size

Row = dict[str, Any]
_GRADES = "一二三四五六七八九"
_CLASS_SIZE = 22
_WORKPLACES = ("广东", "浙江", "福建", "江苏", "上海", "重庆")
_TRADES = ("电子厂", "制衣厂", "建筑工地", "家具厂", "餐馆", "物流园")
_TEMPERS = ("安静", "开朗", "内向", "好动", "懂事", "倔强", "")
_LIKES = ("画画", "篮球", "唱歌", "看书", "跳绳", "下棋", "乒乓球", "种菜")
_STUDIES = ("", "成绩稳定", "数学跟不上", "作业常拖欠", "语文进步快", "偶尔迟到")
_ALERTS = ("", "", "", "", "", "带哮喘喷雾", "花生过敏", "容易低血糖", "夜里怕黑")
_RELATIONS = (("祖母", "F"), ("祖父", "M"), ("外祖母", "F"), ("外祖父", "M"), ("伯父", "M"), ("姑母", "F"))


@dataclass
class Enrolment:
    """How many pupils sit in each grade of each school, to number their classes."""

    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def class_name(self, school: School, grade: int) -> str:
        number = self.counts[school.name, grade] = self.counts.get((school.name, grade), 0) + 1
        word = f"{_GRADES[grade - 1]}年级" if grade <= len(_GRADES) else f"高{_GRADES[grade - 10]}"
        return f"{word}{1 + number // _CLASS_SIZE}班"


def make_children(size: Size, county: County, register: Register, chance: Random, today: date) -> list[Row]:
    """Every child's row; exactly `key_children` of them at heart level 4."""
    enrolment = Enrolment()
    levels = _levels(size, chance)
    weights = [place.weight for place in county.villages]
    homes = chance.choices(county.villages, weights, k=size.children)
    townships = {place.code: place for place in county.townships}
    rows = []
    for home, level in zip(homes, levels, strict=True):
        grade = _grade(chance, size)
        school = _school_for(chance, county, home, grade)
        rows.append(
            _child(register, chance, today, home, townships[home.township_code], school, grade, level, enrolment, size)
        )
    return rows


def _levels(size: Size, chance: Random) -> list[int | None]:
    """Heart levels in random order; one in thirty of the rest is not assessed yet."""
    rest = size.children - size.key_children
    others: list[int | None] = [*chance.choices([1, 2, 3, None], [30, 40, 27, 3], k=rest)]
    levels = [4] * size.key_children + others
    chance.shuffle(levels)
    return levels


def _grade(chance: Random, size: Size) -> int:
    grades = list(range(1, 7)) + (list(range(7, 10)) if size.junior_schools else [])
    grades += list(range(10, 13)) if size.senior_schools else []
    return chance.choices(grades, [1.0 if grade < 10 else 0.12 for grade in grades])[0]  # noqa: PLR2004 - senior years


def _school_for(chance: Random, county: County, home: Place, grade: int) -> School:
    """The nearest school of the grade; one child in ten goes to the next but one."""
    fitting = [school for school in county.schools if school.first <= grade <= school.final]
    in_township = [school for school in fitting if school.code[:9] == home.township_code] or fitting
    ranked = sorted(
        in_township, key=lambda school: hypot(school.point[0] - home.point[0], school.point[1] - home.point[1])
    )
    return ranked[1] if len(ranked) > 1 and chance.random() < 0.1 else ranked[0]  # noqa: PLR2004 - one in ten


def _child(
    register: Register, chance: Random, today: date, home: Place, township: Place, school: School, grade: int,
    level: int | None, enrolment: Enrolment, size: Size,
) -> Row:  # fmt: skip
    sex = chance.choices("MF", [317, 249])[0]
    born = born_in_grade(chance, grade, today)
    surname = a_surname(chance)
    point = near(chance, home.point, 1200)
    row: Row = {
        "name": surname + a_given_name(chance, sex), "sex": sex, "id_number": register.id_number(born, sex),
        "birth_date": born.isoformat(), "county": COUNTY_NAME,
        "township": township.name, "township_code": township.code,
        "village": home.name, "village_code": home.code, "position": list(point),
        "address": f"{home.name}{chance.choice('一二三四五六七八')}组 {chance.randrange(1, 90)} 号",
        "school": school.name, "school_code": school.code, "grade": grade,
        "class_name": enrolment.class_name(school, grade), "is_boarding": chance.randrange(1000) < size.boarding,
    }  # fmt: skip
    row |= _about(chance, level, today)
    row |= dict(_parents(register, chance, surname))
    row |= _carer(register, chance, today, surname, home)
    return row | _assessed(chance, level, today) | _consent(chance, row, level, today)


def _about(chance: Random, level: int | None, today: date) -> Row:
    likely = 0.55 if level == 4 else 0.2  # noqa: PLR2004 - the level that asks for most
    return {
        "categories": sorted(word for word in CATEGORIES[1:5] if chance.random() < likely * 0.2),
        "needs": [word for word in NEEDS if chance.random() < likely],
        "personality": chance.choice(_TEMPERS),
        "interests": "、".join(chance.sample(_LIKES, 2)),
        "care_alert": chance.choice(_ALERTS),
        "study_state": chance.choice(_STUDIES),
        "away_reason": "务工",
        "away_since_date": a_day(chance, today - timedelta(days=2200), today - timedelta(days=120)).isoformat(),
    }


def _parents(register: Register, chance: Random, surname: str) -> Iterator[tuple[str, Any]]:
    where = f"{chance.choice(_WORKPLACES)}某{chance.choice(_TRADES)}"
    for part, name in (("father", surname + a_given_name(chance, "M")), ("mother", a_name(chance, "F"))):
        if chance.random() < 0.95:  # noqa: PLR2004 - one parent in twenty is not known
            yield f"{part}.name", name
            yield f"{part}.phone", register.phone()
            yield f"{part}.workplace", where


def _carer(register: Register, chance: Random, today: date, surname: str, home: Place) -> Row:
    relation, sex = chance.choices(_RELATIONS, [40, 25, 14, 9, 6, 6])[0]
    own = surname if relation in ("祖父", "伯父", "姑母") else a_surname(chance)
    old = relation.endswith(("祖母", "祖父"))
    return {
        "carer.kind": "DELEGATED",
        "carer.name": own + a_given_name(chance, sex),
        "carer.relation": relation,
        "carer.birth_year": today.year - chance.randrange(55, 78) if old else today.year - chance.randrange(32, 50),
        "carer.occupation": "务农",
        "carer.health": chance.choice(("好", "一般", "有慢性病")),
        "carer.address": home.name,
        "carer.phone": register.phone(),
        "carer.rating": chance.choices(["GOOD", "FAIR", "POOR"], [60, 33, 7])[0],
    }


def _assessed(chance: Random, level: int | None, today: date) -> Row:
    if level is None:
        return {}
    scores = [min(4, max(1, level + chance.choice((-1, 0, 0, 1)))) for _ in range(5)]
    kind = chance.choices([3, 2, 1], [80, 17, 3])[0]
    severity = chance.choice((1, 2, 3)) if level == 4 and chance.random() < 0.3 else None  # noqa: PLR2004 - see the scale
    return {
        "assessed_date": (today - timedelta(days=chance.randrange(20, 120))).isoformat(),
        "heart_level": level,
        "aspects": dict(zip(("mind", "body", "study", "guardianship", "fifth"), scores, strict=True)),
        "guardianship": [kind, severity],
    }


def _consent(chance: Random, row: Row, level: int | None, today: date) -> Row:
    """Nearly every guardian of a key child has signed; of the others two in three."""
    if chance.random() > (0.992 if level == 4 else 0.66):  # noqa: PLR2004 - see above
        return {}
    signed = today - timedelta(days=chance.randrange(5, 60))
    return {"consent": True, "consent_date": signed.isoformat(), "consent_by": row["carer.name"]}
