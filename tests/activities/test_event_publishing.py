"""What was published stays what people know, and calling off tells who counts on the day, and nobody else."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from activities.event_selectors import event_days_on_hand, event_parts_of_event
from activities.models import DayNotice, DayPart
from activities.services import event_edits, event_publishing, event_seats
from backend.roster.access import reader_for
from backend.roster.models import Child
from tests.factories.events import SATURDAY, a_planned_day, fresh, published, with_children, with_hosts
from tests.factories.roster import NOW, a_child

pytestmark = pytest.mark.django_db
SUNDAY = SATURDAY + timedelta(days=1)


def renamed(event):
    """The draft gets another title and another date."""
    event = fresh(event)
    return event_edits.put_bounds(
        event=event, version=event.draft_version, values={"title": "新名字"}, date=date(2027, 3, 6), actor=None, now=NOW
    )


def test_a_changed_draft_changes_nothing_of_what_was_published_until_it_is_published_again():
    event = a_planned_day()
    helper = with_hosts(event, "palace1")["palace1"]
    published(event)
    event = renamed(event)

    assert (event.shown_title, event.shown_date) == ("爱心手拉手", SATURDAY)
    window = {"from_date": SATURDAY, "until_date": SATURDAY}
    assert event_parts_of_event(event.pk, **window).count() == 5
    assert event_parts_of_event(event.pk, from_date=date(2027, 3, 1), until_date=date(2027, 3, 31)).count() == 0
    assert list(event_days_on_hand(reader_for(helper.user, NOW), SATURDAY)) == [event]
    published(event)
    assert (fresh(event).shown_title, fresh(event).shown_date) == ("新名字", date(2027, 3, 6))
    assert event_parts_of_event(event.pk, **window).count() == 0


def test_a_part_that_ends_after_midnight_or_begins_at_it_stands_on_its_own_day():
    event = a_planned_day()
    published(event)
    part = DayPart.objects.filter(kind="SEGMENT").first()
    midnight = part.start_at.replace(hour=16, minute=0)  # of the Sunday, in Shanghai
    DayPart.objects.filter(pk=part.pk).update(start_at=midnight, end_at=midnight + timedelta(minutes=9))
    on = {day: {one.pk for one in event_parts_of_event(event.pk, from_date=day, until_date=day)}
          for day in (SATURDAY, SUNDAY)}  # fmt: skip
    assert (part.pk in on[SATURDAY], part.pk in on[SUNDAY]) == (False, True)


def test_calling_off_names_the_day_as_it_was_published():
    event = a_planned_day()
    with_hosts(event, "palace1")
    published(event)
    event_publishing.call_off(event=renamed(event), reason="台风", actor=None, now=NOW)
    assert DayNotice.objects.get(is_cancellation=True).lines == [
        {
            "zh": "12月5日的“爱心手拉手”取消了，不用来了。",
            "en": "“爱心手拉手” on 5 December is called off; please do not come.",
        }
    ]


def test_calling_off_tells_who_has_a_place_in_a_group_or_not_and_nobody_who_left():
    event = a_planned_day()
    children = with_children(event, 8)
    published(event)
    event_seats.leave(seat=event.seats.get(child=children[0]), actor=None)
    late = a_child()
    event_seats.sign_up(event=fresh(event), children=[late], actor=None, now=NOW)
    Child.objects.filter(pk=children[1].pk).update(state="MOVED_AWAY")
    assert event_publishing.told_if_called_off(event) == (0, 7)
    event_publishing.call_off(event=fresh(event), reason="台风", actor=None, now=NOW)
    told = set(DayNotice.objects.filter(is_cancellation=True).values_list("child_id", flat=True))
    assert told == {one.pk for one in children[2:]} | {late.pk}


def test_who_calls_off_with_an_old_page_open_tells_those_of_the_latest_version():
    event = a_planned_day()
    with_hosts(event, "palace1")
    published(event)
    old = fresh(event)
    event.hosts.all().delete()
    after = with_hosts(event, "palace2")["palace2"]
    event_edits.put(
        event=fresh(event), version=fresh(event).draft_version, part="supplies", value={"key": "w", "name": "水"},
        actor=None, now=NOW,
    )  # fmt: skip
    second = published(event)
    event_publishing.call_off(event=old, reason="台风", actor=None, now=NOW)
    notice = DayNotice.objects.get(is_cancellation=True)
    assert (notice.helper_id, notice.version_id) == (after.pk, second.pk)


def test_a_child_whose_file_was_closed_is_no_news_for_anybody():
    event = a_planned_day()
    children = with_children(event, 8)
    published(event)
    Child.objects.filter(pk=children[0].pk).update(state="DIED")
    event_seats.leave(seat=event.seats.get(child=children[0]), actor=None)
    event_seats.leave(seat=event.seats.get(child=children[1]), actor=None)
    assert [one.child_id for one in event_publishing.preview(fresh(event)).children] == [children[1].pk]


def test_the_preview_counts_who_has_a_place_and_no_group():
    event = a_planned_day()
    with_children(event, 8)
    assert event_publishing.preview(fresh(event)).ungrouped == 0
    event_seats.sign_up(event=fresh(event), children=[a_child(), a_child()], actor=None, now=NOW)
    assert event_publishing.preview(fresh(event)).ungrouped == 2


def test_parts_of_a_group_are_worked_out_once_however_many_children_it_has(monkeypatch):
    event = a_planned_day()
    with_children(event, 16)
    calls = []
    real = event_publishing.parts_of_group

    def counted(day, plan, group):
        calls.append(group)
        return real(day, plan, group)

    monkeypatch.setattr(event_publishing, "parts_of_group", counted)
    event_publishing.preview(fresh(event))
    assert sorted(calls) == ["g1", "g2", "g3", "g4"]
    assert all(one != other for one, other in pairwise(sorted(calls)))


def put_bounds(event, **values):
    event = fresh(event)
    return event_edits.put_bounds(event=event, version=event.draft_version, values=values, actor=None, now=NOW)


def removed(event, part, key):
    event = fresh(event)
    return event_edits.remove(event=event, version=event.draft_version, part=part, key=key, actor=None, now=NOW)


def test_a_new_title_is_a_change_of_every_line_it_stands_in():
    event = a_planned_day()
    with_hosts(event, "palace1")
    first = published(event)
    put_bounds(event, title="新名字")
    second = published(event)
    assert first.published_at < second.published_at
    assert {part.changed_at for part in event.parts.all()} == {second.published_at}
    assert {part.sequence for part in event.parts.all()} == {0}
    put_bounds(event, notes=["带水"])
    published(event)
    assert {part.changed_at for part in event.parts.all()} == {second.published_at}


def test_who_lost_a_group_and_not_the_place_is_not_told_to_stay_at_home():
    event = a_planned_day()
    children = with_children(event, 8)
    published(event)
    seat = event.seats.get(child=children[0])
    event.seats.filter(pk=seat.pk).update(group_key="")
    told = event_publishing.preview(fresh(event))
    assert (told.children, told.ungrouped) == ([], 1)
    put_bounds(event, notes=["带水"])
    published(event)
    event.seats.filter(pk=seat.pk).update(group_key="g1")
    assert [(one.child_id, one.kind) for one in event_publishing.preview(fresh(event)).children] == [
        (children[0].pk, "NEW")
    ]


def test_what_was_taken_out_of_the_day_stands_among_its_changes_by_its_name():
    event = a_planned_day()
    published(event)
    event = removed(event, "segments", "photo")
    plan = {**event.plan, "segments": [one for one in event.plan["segments"] if one["key"] != "photo"]}
    type(event).objects.filter(pk=event.pk).update(plan=plan)
    assert [zh for zh, _en in event_publishing.preview(fresh(event)).changes] == [
        "“全体合影”不办了（原定11:15-11:30）。"
    ]


def test_guests_whose_families_nobody_reaches_are_counted():
    event = a_planned_day()
    guest = event_seats.Guest("张小明", "越城区")
    event_seats.sign_up_guests(event=fresh(event), guests=[guest], actor=None, now=NOW)
    assert event_publishing.preview(fresh(event)).guests == 0  # nobody knows yet which group
    event.seats.update(group_key="g1")
    assert event_publishing.preview(fresh(event)).guests == 1
    published(event)
    put_bounds(event, notes=["带水"])
    assert event_publishing.preview(fresh(event)).guests == 0
    put_bounds(event, title="新名字")
    renamed(event)
    assert event_publishing.preview(fresh(event)).guests == 1
