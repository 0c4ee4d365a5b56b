"""What every invented person has: a valid ID number of a county that does not exist, and a phone."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from stdnum.cn import ric

from backend.demo.county import COUNTY_CODE

if TYPE_CHECKING:
    from random import Random

_PHONE_START = "19900"


@dataclass
class Register:
    """Hands out ID numbers, phones and addresses, none twice."""

    chance: Random
    _ids: set[str] = field(default_factory=set)
    _phones: set[str] = field(default_factory=set)
    _mails: int = 0

    def id_number(self, born: date, sex: str) -> str:
        """18 places whose date, sex and check digit fit."""
        while True:
            order = self.chance.randrange(0, 499) * 2 + (1 if sex == "M" else 2)
            start = f"{COUNTY_CODE}{born:%Y%m%d}{order:03d}"
            number = start + ric.calc_check_digit(start + "0")
            if number not in self._ids:
                self._ids.add(number)
                return number

    def phone(self) -> str:
        while True:
            number = f"{_PHONE_START}{self.chance.randrange(10**6):06d}"
            if number not in self._phones:
                self._phones.add(number)
                return number

    def mail(self, prefix: str) -> str:
        """An address under a top-level domain that can never exist."""
        self._mails += 1
        return f"{prefix}{self._mails:05d}@qianshou.example"


def a_day(chance: Random, earliest: date, latest: date) -> date:
    return earliest + timedelta(days=chance.randrange((latest - earliest).days + 1))


def years_before(day: date, years: int) -> date:
    """The same day some years earlier; 29 February becomes the 28th where it must."""
    year = day.year - years
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def school_year_of(today: date) -> int:
    """The year in which the present school year began."""
    return today.year if today.month >= 8 else today.year - 1  # noqa: PLR2004 - August


def born_in_grade(chance: Random, grade: int, today: date) -> date:
    """A birth date of somebody in a grade: six years old by the end of August for the first."""
    begin = school_year_of(today) - grade - 6
    return a_day(chance, date(begin, 9, 1), min(date(begin + 1, 8, 31), today))
