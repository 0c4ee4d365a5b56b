"""Programs that did not write the feed follow a visit that is handed to somebody else and comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from activities.models import Duty
from activities.services.duties import set_duty_time
from backend.accounts.models import Role
from backend.outbox.sweeper import sweep
from backend.roster.access import Reader
from matching.services.stand_ins import end_due, plan_stand_in
from notifications.feeds import render_feed
from notifications.models import Feed
from tests.calendars.followed import test_ical_js, test_libical, test_vdirsyncer_and_khal  # noqa: F401 - run here
from tests.calendars.seen import Seen, moment
from tests.factories.matching import a_pairing
from tests.factories.roster import NOW, TODAY, a_helper

START, END = (datetime(2026, 12, 1, hour, tzinfo=UTC) for hour in (6, 7))
_WEEK = timedelta(days=7)


@pytest.fixture
def steps(db):
    """The former helper's calendar: while it is theirs, while somebody stands in, and afterwards."""
    with time_machine.travel(NOW, tick=False):
        pairing = a_pairing()
        sweep(now=NOW)
        duty = Duty.objects.get()
        set_duty_time(duty=duty, start_at=START, end_at=END, actor=None, now=NOW)
        feed = Feed(kind="MINE", helper=pairing.helper)
        reader = Reader(user=pairing.helper.user, role=Role.TEACHER, helper_id=pairing.helper_id)
        bodies = [render_feed(feed, reader, today=TODAY)]
        plan_stand_in(
            pairing=pairing, helper=a_helper(), from_date=TODAY, until_date=TODAY + 2 * _WEEK, actor=None, now=NOW
        )
        sweep(now=NOW)
        bodies.append(render_feed(feed, reader, today=TODAY))
        end_due(now=NOW + 3 * _WEEK)
        sweep(now=NOW + 3 * _WEEK)
        bodies.append(render_feed(feed, reader, today=TODAY))
    seen = Seen(f"visit-{duty.public_id}@calendar.qianshou.invalid", moment(START), moment(END), "")
    return [(body, replace(seen, status=status)) for body, status in zip(bodies, STATUSES, strict=True)]


STATUSES = ("CONFIRMED", "CANCELLED", "CONFIRMED")
