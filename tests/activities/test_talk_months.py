"""Which months of a term may be chosen for talks: those in which a week is left."""

from __future__ import annotations

from datetime import date

import pytest

from activities.translation import months_left, weeks_of

FIRST, LAST = date(2026, 9, 1), date(2027, 1, 15)


@pytest.mark.parametrize(
    ("today", "months"),
    [
        (date(2026, 8, 1), ["2026-09-01", "2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01"]),
        (date(2026, 11, 29), ["2026-11-01", "2026-12-01", "2027-01-01"]),
        # A Monday whose week belongs to December: nothing is left of November.
        (date(2026, 11, 30), ["2026-12-01", "2027-01-01"]),
        (date(2027, 1, 16), ["2027-01-01"]),
        (date(2027, 1, 18), []),
    ],
)
def test_a_month_without_a_week_left_is_not_offered(today, months):
    assert months_left(FIRST, LAST, today) == months
    for month in months:
        assert weeks_of([month], first=FIRST, last=LAST)
