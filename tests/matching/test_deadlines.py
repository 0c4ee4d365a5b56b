"""Offers end in the evening, never sooner than promised."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from matching.services.deadlines import deadline_after

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("sent", "days", "ends"),
    [
        ("2026-11-30 03:12", 7, "2026-12-07 20:00"),
        ("2026-11-30 10:00", 1, "2026-12-01 20:00"),
        ("2026-11-30 20:00", 3, "2026-12-03 20:00"),
        ("2026-11-30 20:01", 3, "2026-12-04 20:00"),
        ("2026-11-30 23:59", 1, "2026-12-02 20:00"),
    ],
)
def test_an_offer_ends_on_the_evening_after_the_days_it_was_promised(sent, days, ends):
    now = datetime.fromisoformat(sent).replace(tzinfo=SHANGHAI)
    assert f"{deadline_after(now, days=days).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" == ends


def test_the_hour_is_one_setting(settings):
    settings.OFFER_ENDS_HOUR = 18
    now = datetime(2026, 11, 30, 18, 30, tzinfo=SHANGHAI)
    assert deadline_after(now, days=2).isoformat() == "2026-12-03T10:00:00+00:00"
