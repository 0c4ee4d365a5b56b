"""Rows of the helpers' sheet: teachers at the children's schools, cadres in their townships, elders and volunteers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from backend.demo.county import COUNTY_CODE, COUNTY_NAME, County, Place, School, near
from backend.demo.names import a_name
from backend.demo.people import Register, a_day, years_before
from backend.roster.vocabulary import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from backend.demo.sizes import Size

Row = dict[str, Any]
_KEY_LEVEL = 4
_PLACES_PER_HELPER = 1.78  # the mean limit times the share of valid background checks
_HOURS = (
    [[1, 840, 960], [3, 480, 1080]], [[2, 840, 1020], [4, 840, 1020]], [[5, 900, 1020]],
    [[3, 960, 1080], [6, 540, 690]],
    [[6, 480, 1080]], [[1, 960, 1080], [2, 960, 1080], [4, 960, 1080]],
)  # fmt: skip
_SUBJECTS = ("语文", "数学", "英语", "科学", "体育", "音乐", "美术")
_ELDER_KINDS = ("TEACHER", "TEACHER", "TEACHER", "CADRE", "SOLDIER", "EXPERT", "MODEL")
_COUNTY_OFFICES = ("清溪县民政局", "清溪县教育局")


@dataclass
class Crew:
    """What every helper's row is made with."""

    county: County
    register: Register
    chance: Random
    today: date

    def row(self, role: str, home: Place, township: Place, women: float, oldest: int = 59, youngest: int = 24) -> Row:
        """A person of a role living near a village, with a background check."""
        chance = self.chance
        sex = "F" if chance.random() < women else "M"
        born = a_day(chance, years_before(self.today, oldest), years_before(self.today, youngest))
        return {
            "name": a_name(chance, sex), "sex": sex, "id_number": self.register.id_number(born, sex),
            "birth_date": born.isoformat(), "phone": self.register.phone(), "email": self._mail(role), "roles": [role],
            "township": township.name, "township_code": township.code, "village": home.name, "village_code": home.code,
            "position": list(near(chance, home.point, 1500)), "skills": self._skills(), "hours": chance.choice(_HOURS),
            "total_limit": chance.choices([1, 2, 3], [20, 75, 5])[0],
            "share_permille": chance.choices([1000, 500], [95, 5])[0],
        } | self._clearance()  # fmt: skip

    def _mail(self, role: str) -> str:
        """One helper in twelve has no address: their invitations go out on paper."""
        return self.register.mail(role[:1].lower()) if self.chance.random() > 1 / 12 else ""

    def _skills(self) -> list[str]:
        return [word for word in SERVICES if self.chance.random() < 0.35]  # noqa: PLR2004 - two of five on average

    def _clearance(self) -> Row:
        """Nine in ten valid for the school year, a few near their end, a few over, a few never made."""
        kind = self.chance.choices(["valid", "near", "over", "none"], [920, 25, 35, 20])[0]
        if kind == "none":
            return {}
        ends = {
            "valid": self.today + timedelta(days=self.chance.randrange(270, 350)),
            "near": self.today + timedelta(days=self.chance.randrange(3, 28)),
            "over": self.today - timedelta(days=self.chance.randrange(5, 90)),
        }[kind]
        return {
            "clearance.result": "CLEAR",
            "clearance.issuer": "清溪县公安局",
            "clearance.issued_date": (ends - timedelta(days=364)).isoformat(),
            "clearance.expires_date": ends.isoformat(),
        }


def make_helpers(
    size: Size, county: County, children: list[Row], register: Register, chance: Random, today: date
) -> list[Row]:
    """Every helper's row, sized to where the children of the highest level are."""
    crew = Crew(county, register, chance, today)
    key = [row for row in children if row.get("heart_level") == _KEY_LEVEL]
    rows = list(_teachers(crew, size, key, children))
    rows += _cadres(crew, size, key)
    rows += _elders(crew, size)
    rows += _volunteers(crew, size)
    return rows


def shared_out(total: int, weights: Sequence[float], fixed: dict[int, int]) -> list[int]:
    """Whole numbers that sum to `total`, after the weights, with some fixed beforehand; nobody gets less than one."""
    free = [at for at in range(len(weights)) if at not in fixed]
    left = total - sum(fixed.values()) - len(free)
    scale = left / sum(weights[at] for at in free)
    exact = {at: weights[at] * scale for at in free}
    numbers = {at: 1 + int(value) for at, value in exact.items()} | fixed
    by_rest = sorted(free, key=lambda at: int(exact[at]) - exact[at])
    for at in by_rest[: total - sum(numbers.values())]:
        numbers[at] += 1
    return [numbers[at] for at in range(len(weights))]


def _teachers(crew: Crew, size: Size, key: list[Row], children: list[Row]) -> Iterator[Row]:
    needed = Counter(row["school"] for row in key)
    classes: dict[str, list[str]] = {}
    for row in children:
        classes.setdefault(row["school"], []).append(row["class_name"])
    schools = crew.county.schools
    weights = [(needed[school.name] + 0.5) * crew.chance.lognormvariate(0, 0.12) for school in schools]
    fixed = {
        at: max(1, round(needed[school.name] * crew.chance.uniform(0.5, 0.8) / _PLACES_PER_HELPER))
        for at, school in enumerate(schools)
        if school.is_short
    }
    for school, number in zip(schools, shared_out(size.teachers, weights, fixed), strict=True):
        yield from _staff(crew, school, number, sorted(set(classes.get(school.name, []))))


def _staff(crew: Crew, school: School, number: int, classes: list[str]) -> Iterator[Row]:
    """The teachers of one school; the first ones head its classes."""
    township = next(place for place in crew.county.townships if place.code == school.code[:9])
    homes = [place for place in crew.county.villages if place.township_code == township.code]
    for order in range(number):
        row = crew.row("TEACHER", crew.chance.choice(homes), township, women=0.12 if school.is_women_short else 0.58)
        yield row | _at_school(school) | {"classes": _posts(crew, classes, order)}


def _posts(crew: Crew, classes: list[str], order: int) -> list[list[Any]]:
    if not classes:
        return []
    own = classes[order] if order < len(classes) else None
    also = crew.chance.sample(classes, min(len(classes), crew.chance.randrange(0 if own else 1, 3)))
    names = sorted({*also, own} - {None}, key=str)
    subject = crew.chance.choice(_SUBJECTS)
    return [[name, subject, name == own] for name in names]


def _at_school(school: School) -> Row:
    return {"unit": school.name, "unit_kind": "SCHOOL", "unit_code": school.code}


def _cadres(crew: Crew, size: Size, key: list[Row]) -> Iterator[Row]:
    """Cadres of village committees, township offices and two county offices, all living in a village."""
    townships = crew.county.townships
    needed = Counter(row["township_code"] for row in key)
    weights = [(needed[place.code] + 0.5) * crew.chance.lognormvariate(0, 0.08) for place in townships]
    fixed = {
        at: round(needed[place.code] * 0.93 / _PLACES_PER_HELPER)
        for at, place in enumerate(townships)
        if place.code in crew.county.short_townships
    }
    for township, number in zip(townships, shared_out(size.cadres, weights, fixed), strict=True):
        homes = [place for place in crew.county.villages if place.township_code == township.code]
        for home in crew.chance.choices(homes, [place.weight for place in homes], k=number):
            yield crew.row("CADRE", home, township, women=0.38) | _office(crew, home, township)


def _office(crew: Crew, home: Place, township: Place) -> Row:
    kind = crew.chance.choices(["village", "township", "county"], [60, 35, 5])[0]
    if kind == "village":
        return {"unit": f"{home.name}村民委员会", "unit_kind": "VILLAGE_COMMITTEE", "unit_code": home.code}
    if kind == "township":
        return {"unit": f"{township.name}人民政府", "unit_kind": "OFFICE", "unit_code": township.code}
    return {"unit": crew.chance.choice(_COUNTY_OFFICES), "unit_kind": "OFFICE", "unit_code": COUNTY_CODE}


def _elders(crew: Crew, size: Size) -> Iterator[Row]:
    central = crew.county.schools[: len(crew.county.townships)]
    for order in range(size.elders):
        school = central[order % len(central)]
        township = crew.county.townships[order % len(central)]
        home = _home_in(crew, township)
        row = crew.row("ELDER", home, township, women=0.4, oldest=78, youngest=61)
        yield row | _at_school(school) | {"elder_kind": crew.chance.choice(_ELDER_KINDS)}


def _volunteers(crew: Crew, size: Size) -> Iterator[Row]:
    for _order in range(size.volunteers):
        township = crew.chance.choice(crew.county.townships)
        row = crew.row("VOLUNTEER", _home_in(crew, township), township, women=0.6, oldest=45, youngest=19)
        unit = {"unit": f"{COUNTY_NAME}志愿者协会", "unit_kind": "ASSOCIATION", "unit_code": COUNTY_CODE}
        yield row | unit


def _home_in(crew: Crew, township: Place) -> Place:
    return crew.chance.choice([place for place in crew.county.villages if place.township_code == township.code])
