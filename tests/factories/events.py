"""Event days for tests: the Zhuji day, its children, its hosts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count

from activities.models import DayHost, DayPart, DaySolve, EventDay
from activities.services.event_days import built_in_template, make_event_day
from activities.services.event_groups import divide_groups
from activities.services.event_listings import list_day
from activities.services.event_publishing import publish_day
from activities.services.event_seats import put_places, sign_up
from activities.services.event_solves import ask, solve_day
from tests.factories.planner import asked_once
from tests.factories.roster import NOW, a_child, a_county, a_helper, a_school

SATURDAY = date(2026, 12, 5)
_seconds = count(1)


def an_event_day(template="zhuji", **columns) -> EventDay:
    facts = {
        "title": "爱心手拉手", "date": SATURDAY, "begin": 540, "end": 720, "place": "", "actor": None, "now": NOW,
    }  # fmt: skip
    if "organisation" not in columns:
        facts["area"] = a_county()
    facts |= columns
    return make_event_day(template=built_in_template(template), **facts)


def fresh(event) -> EventDay:
    return EventDay.objects.select_related("area", "organisation__area").get(pk=event.pk)


def solved(event, kind="PLAN", **asked) -> DaySolve:
    """Ask and answer at once."""
    event = fresh(event)
    solve = ask(event=event, kind=kind, actor=None, now=NOW, **asked)
    with asked_once():
        solve_day(solve_id=solve.pk, clock=lambda: NOW, beat=lambda: None)
    solve.refresh_from_db()
    return solve


def a_planned_day(**columns) -> EventDay:
    event = an_event_day(**columns)
    assert solved(event).state == "DONE"
    return fresh(event)


def with_hosts(event, *keys):
    """Helpers on file as people of the day, by key."""
    helpers = {key: a_helper() for key in keys}
    DayHost.objects.bulk_create([DayHost(event=event, key=key, helper=one) for key, one in helpers.items()])
    return helpers


def with_children(event, number=8):
    """Left-behind children with a place, divided into groups."""
    schools = [a_school(), a_school(name="桑木小学")]
    children = [a_child(school=schools[n % 2], sex="FM"[n // 2 % 2]) for n in range(number)]
    sign_up(event=event, children=children, actor=None, now=NOW)
    divide_groups(event=fresh(event), version=fresh(event).draft_version, actor=None, now=NOW)
    return children


def published(event):
    event = fresh(event)
    later = NOW + timedelta(seconds=next(_seconds))
    return publish_day(event=event, version=event.draft_version, actor=None, now=later)


def with_a_child(event, child) -> EventDay:
    """A day as published without asking the planner: its line of the calendars, and one child with a place."""
    start = datetime(2026, 12, 5, 1, tzinfo=UTC)
    DayPart.objects.create(event=event, kind="DAY", name=event.title, place_name="少年宫", start_at=start,
                           end_at=start + timedelta(hours=3), created_at=NOW, changed_at=NOW)  # fmt: skip
    EventDay.objects.filter(pk=event.pk).update(state="PUBLISHED", latest_number=1, published_date=event.date)
    put_places(event=fresh(event), places=10, quotas={}, actor=None, now=NOW)
    sign_up(event=fresh(event), children=[child], actor=None, now=NOW)
    list_day(day_id=event.pk, now=NOW)
    return fresh(event)
