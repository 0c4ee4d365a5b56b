"""Which days are worked."""

from __future__ import annotations

from datetime import date

import pytest

from backend.kernel.workdays import is_published, is_working_day, latest_working_day


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 11, 23), True),  # Monday
        (date(2026, 11, 28), False),  # Saturday
        (date(2026, 10, 1), False),  # National Day, a Thursday
        (date(2026, 10, 10), True),  # a Saturday made up for
    ],
)
def test_the_official_list_is_followed(day, is_worked):
    assert is_working_day(day) is is_worked


def test_years_without_a_list_follow_the_weekday():
    assert not is_published(2099)
    assert is_working_day(date(2099, 1, 2))
    assert not is_working_day(date(2099, 1, 3))


def test_our_own_table_wins():
    assert is_working_day(date(2026, 11, 28), own={date(2026, 11, 28): True})
    assert not is_working_day(date(2026, 11, 23), own={date(2026, 11, 23): False})


def test_the_last_working_day_of_a_window():
    assert latest_working_day(date(2026, 11, 16), date(2026, 11, 29)) == date(2026, 11, 27)
    assert latest_working_day(date(2026, 11, 27), date(2026, 11, 27)) == date(2026, 11, 27)


def test_a_window_without_a_working_day_gives_its_end():
    assert latest_working_day(date(2026, 11, 28), date(2026, 11, 29)) == date(2026, 11, 29)


def test_a_window_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="before"):
        latest_working_day(date(2026, 11, 29), date(2026, 11, 28))
