"""A county that does not exist: townships, villages and schools on a plane grid in metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.demo.names import a_township_name, a_village_name

if TYPE_CHECKING:
    from random import Random

    from backend.demo.sizes import Size

COUNTY_CODE = "529981"  # no county has it
COUNTY_NAME = "清溪县"
_WIDE_M, _HIGH_M = 62_000, 54_000
_GRID = 6
Point = tuple[int, int]


@dataclass(frozen=True)
class Place:
    """A township or a village. `weight` says how many of the children live there."""

    code: str
    name: str
    point: Point
    weight: float = 1.0

    @property
    def township_code(self) -> str:
        return self.code[:9]


@dataclass(frozen=True)
class School:
    """A school for grades `first`..`final`; `code` is the area it stands in."""

    name: str
    code: str
    point: Point
    first: int
    final: int
    is_short: bool = False
    is_women_short: bool = False


@dataclass(frozen=True)
class County:
    townships: tuple[Place, ...]
    villages: tuple[Place, ...]
    schools: tuple[School, ...]
    short_townships: frozenset[str]


def near(chance: Random, point: Point, spread_m: int) -> Point:
    """A point around another, most within `spread_m`."""
    return (
        max(0, round(chance.gauss(point[0], spread_m / 2))),
        max(0, round(chance.gauss(point[1], spread_m / 2))),
    )


def make_county(size: Size, chance: Random) -> County:
    """Places of one demo; the same seed gives the same county."""
    taken: set[str] = set()
    townships = _townships(size, chance, taken)
    villages = _villages(size, chance, townships, taken)
    schools = _schools(size, chance, townships, villages)
    short = frozenset(place.code for place in chance.sample(townships, size.short_townships))
    return County(tuple(townships), tuple(villages), tuple(schools), short)


def _townships(size: Size, chance: Random, taken: set[str]) -> list[Place]:
    cells = [(x, y) for x in range(_GRID) for y in range(_GRID)]
    chosen = chance.sample(cells, size.townships)
    step_x, step_y = _WIDE_M // _GRID, _HIGH_M // _GRID
    return [
        Place(
            f"{COUNTY_CODE}{101 + number:03d}",
            a_township_name(chance, taken),
            near(chance, (x * step_x + step_x // 2, y * step_y + step_y // 2), 1500),
            chance.lognormvariate(0, 0.45),
        )
        for number, (x, y) in enumerate(chosen)
    ]


def _villages(size: Size, chance: Random, townships: list[Place], taken: set[str]) -> list[Place]:
    homes = list(townships) * (size.villages // len(townships))
    homes += chance.choices(townships, [place.weight for place in townships], k=size.villages - len(homes))
    numbers: dict[str, int] = {}
    villages = []
    for home in homes:
        numbers[home.code] = numbers.get(home.code, 200) + 1
        villages.append(
            Place(
                f"{home.code}{numbers[home.code]:03d}",
                a_village_name(chance, taken),
                near(chance, home.point, 5200),
                home.weight * chance.lognormvariate(0, 0.6),
            )
        )
    return villages


def _schools(size: Size, chance: Random, townships: list[Place], villages: list[Place]) -> list[School]:
    central = [School(f"{place.name}中心小学", place.code, near(chance, place.point, 300), 1, 6) for place in townships]
    largest = sorted(villages, key=lambda place: -place.weight)[: size.village_schools]
    village = [School(f"{place.name}小学", place.code, near(chance, place.point, 200), 1, 6) for place in largest]
    homes = townships[: size.junior_schools]
    junior = [School(f"{place.name}初级中学", place.code, near(chance, place.point, 500), 7, 9) for place in homes]
    seat = max(townships, key=lambda place: place.weight)
    senior = [
        School(f"清溪县第{word}高级中学", seat.code, near(chance, seat.point, 1500), 10, 12)
        for word in "一二三四五"[: size.senior_schools]
    ]
    schools = central + village + junior + senior
    short = set(chance.sample(range(len(central), len(central) + len(village)), size.short_schools))
    women_short = chance.choice([n for n in range(len(schools) - size.senior_schools) if n not in short])
    return [
        School(item.name, item.code, item.point, item.first, item.final, n in short, n == women_short)
        for n, item in enumerate(schools)
    ]
