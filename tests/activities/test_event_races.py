"""Several coordinators at one day: one wins, the others are told; the last place goes to one child."""

from __future__ import annotations

import pytest

from activities.models import DayNotice, DayPart, DaySolve, DayVersion
from activities.services import event_edits, event_seats, event_solves
from activities.services.event_publishing import call_off, publish_day
from backend.outbox.models import OutboxEvent
from tests.activities.test_talk_races import all_at_once
from tests.factories.events import a_planned_day, an_event_day, fresh, with_hosts
from tests.factories.roster import NOW, a_child, a_helper

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_ten_publish_and_everybody_is_told_once():
    event = a_planned_day()
    publish = lambda: publish_day(event=event, version=event.draft_version, actor=None, now=NOW).number  # noqa: E731
    answers = all_at_once(*[publish] * 10)

    assert sorted(map(str, answers)) == ["1", *["event_day.changed"] * 9]
    assert (DayVersion.objects.count(), OutboxEvent.objects.filter(name="event_day.published").count()) == (1, 1)


def test_two_change_one_draft_and_one_is_told():
    event = an_event_day()

    def put(name):
        value = {"key": "g1", "name": name, "size": 12}
        changed = event_edits.put(event=event, version=1, part="groups", value=value, actor=None, now=NOW)
        return changed.draft["groups"][0]["name"]

    answers = all_at_once(lambda: put("彩虹队"), lambda: put("向阳队"))
    assert answers.count("event_day.changed") == 1
    assert fresh(event).draft["groups"][0]["name"] in answers
    assert fresh(event).steps.count() == 1


def test_ten_ask_the_planner_and_it_is_asked_once():
    event = an_event_day()
    ask = lambda: event_solves.ask(event=event, kind="PLAN", actor=None, now=NOW).kind  # noqa: E731
    answers = all_at_once(*[ask] * 10)
    assert sorted(answers) == ["PLAN", *["event_day.solve_open"] * 9]
    assert DaySolve.objects.count() == 1


def test_the_last_place_goes_to_one_child():
    event = an_event_day()
    event_seats.put_places(event=event, places=1, quotas={}, actor=None, now=NOW)
    children = [a_child() for _ in range(6)]
    all_at_once(
        *[lambda one=one: event_seats.sign_up(event=event, children=[one], actor=None, now=NOW) for one in children]
    )
    states = list(event.seats.values_list("state", flat=True))
    assert (len(states), states.count("PLACE")) == (6, 1)


def test_a_day_called_off_while_another_publishes_is_off_for_everybody_it_was_published_to():
    event = a_planned_day()
    first = publish_day(event=event, version=event.draft_version, actor=None, now=NOW)
    helper = with_hosts(event, "palace1")["palace1"]
    draft = put_supply(event)
    old = fresh(event)
    answers = all_at_once(
        lambda: publish_day(event=draft, version=draft.draft_version, actor=None, now=NOW).number,
        lambda: call_off(event=old, reason="台风要来", actor=None, now=NOW).state,
    )
    assert answers[1] == "CANCELLED"
    assert fresh(event).state == "CANCELLED"
    off = DayNotice.objects.filter(is_cancellation=True)
    if answers[0] == 2:
        assert [(one.helper_id, one.version.number) for one in off] == [(helper.pk, 2)]
    else:
        assert (answers[0], list(off), first.number) == ("event_day.cancelled", [], 1)
    assert not DayPart.objects.filter(state="ON").exists()


def put_supply(event):
    value = {"key": "water", "name": "水"}
    version = fresh(event).draft_version
    return event_edits.put(event=fresh(event), version=version, part="supplies", value=value, actor=None, now=NOW)


def test_a_person_removed_and_changed_at_once_ends_one_way_or_the_other():
    event = an_event_day()
    with_hosts(event, "palace1")
    value = {"key": "palace1", "name": "金老师", "roles": ["青少年宫老师"]}
    helper = a_helper()
    common = {"event": event, "version": 1, "actor": None, "now": NOW}
    answers = all_at_once(
        lambda: event_edits.remove(part="people", key="palace1", **common).draft_version,
        lambda: event_edits.put_person(value=value, helper=helper, **common).draft_version,
    )
    assert sorted(map(str, answers)) == ["2", "event_day.changed"]
    is_there = "palace1" in {one["key"] for one in fresh(event).draft["people"]}
    assert event.hosts.exists() == is_there
