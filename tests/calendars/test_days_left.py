"""Programs that did not write the feed follow a day whose only child of a school leaves it and comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.models import DayPart
from activities.services.event_listings import list_day
from activities.services.event_seats import leave, sign_up
from backend.accounts.models import Role
from backend.roster.access import reader_in_role
from notifications.feeds import render_feed
from notifications.models import Feed
from tests.calendars.followed import test_ical_js, test_libical, test_vdirsyncer_and_khal  # noqa: F401 - run here
from tests.calendars.seen import Seen, moment
from tests.factories.events import an_event_day, fresh, with_a_child
from tests.factories.roster import NOW, TODAY, a_child, a_coordinator, a_school

STATUSES = ("CONFIRMED", "CANCELLED", "CONFIRMED")


@pytest.fixture
def steps(db):
    """The school's calendar: while a child of it has a place, after it left, and once it came back."""
    school, child = a_school(), a_child(school=a_school())
    event = with_a_child(an_event_day(), child)
    feed = Feed(kind="SCHOOL", organisation=school)
    reader = reader_in_role(a_coordinator(), Role.COUNTY_COORDINATOR, NOW)
    bodies = [render_feed(feed, reader, today=TODAY)]
    leave(seat=event.seats.get(), actor=None)
    list_day(day_id=event.pk, now=NOW + timedelta(hours=1))
    bodies.append(render_feed(feed, reader, today=TODAY))
    sign_up(event=fresh(event), children=[child], actor=None, now=NOW)
    list_day(day_id=event.pk, now=NOW + timedelta(hours=2))
    bodies.append(render_feed(feed, reader, today=TODAY))
    part = DayPart.objects.get(event=event)
    seen = Seen(f"day-{part.public_id}@calendar.qianshou.invalid", moment(part.start_at), moment(part.end_at), "")
    return [(body, replace(seen, status=status)) for body, status in zip(bodies, STATUSES, strict=True)]
