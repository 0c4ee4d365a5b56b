"""Changing a day by hand: what is refused names its field, and what is taken back is taken back whole."""

from __future__ import annotations

import copy
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.event_translation import is_rain_ready
from activities.event_words import rule_lines
from activities.models import DayHost
from activities.services import event_days, event_edits, event_groups
from tests.factories.events import a_planned_day, an_event_day, fresh, with_children, with_hosts
from tests.factories.roster import NOW, a_child, a_helper

pytestmark = pytest.mark.django_db
PERSON = {"key": "palace1", "name": "金老师", "roles": ["青少年宫老师"]}


def put(event, part, value):
    event = fresh(event)
    return event_edits.put(event=event, version=event.draft_version, part=part, value=value, actor=None, now=NOW)


def put_person(event, value, helper):
    event = fresh(event)
    return event_edits.put_person(
        event=event, version=event.draft_version, value=value, helper=helper, actor=None, now=NOW
    )


def remove(event, part, key):
    event = fresh(event)
    return event_edits.remove(event=event, version=event.draft_version, part=part, key=key, actor=None, now=NOW)


def undo(event):
    event = fresh(event)
    return event_edits.undo(event=event, version=event.draft_version, actor=None, now=NOW)


def hosts_of(event):
    return dict(event.hosts.values_list("key", "helper_id"))


def groups_of(event):
    return dict(event.seats.values_list("pk", "group_key"))


# --- taking back -------------------------------------------------------------------------------------------------


def test_who_was_removed_comes_back_as_the_helper_on_file():
    event = an_event_day()
    with_hosts(event, "palace1", "palace2")
    before = hosts_of(event)
    remove(event, "people", "palace1")
    assert set(hosts_of(event)) == {"palace2"}
    undo(event)
    assert hosts_of(event) == before


def test_a_helper_exchanged_for_another_comes_back_also_where_the_two_changed_parts():
    event = an_event_day()
    helpers = with_hosts(event, "palace1", "palace2")
    put_person(event, PERSON, a_helper())
    put_person(event, {**PERSON, "key": "palace2"}, helpers["palace1"])
    undo(event)
    undo(event)
    assert hosts_of(event) == {key: one.pk for key, one in helpers.items()}


def test_children_of_a_removed_group_stand_in_it_again():
    event = an_event_day()
    with_children(event, 8)
    before = groups_of(event)
    remove(event, "groups", "g1")
    assert "" in groups_of(event).values()
    undo(event)
    assert groups_of(event) == before


def test_dividing_and_moving_are_taken_back_one_by_one_with_the_sizes():
    event = an_event_day()
    with_children(event, 8)
    seat = event.seats.filter(group_key="g1").first()
    divided = groups_of(event)
    event_groups.move_seat(
        event=fresh(event), version=fresh(event).draft_version, seat=seat, group="g2", actor=None, now=NOW
    )
    assert [group["size"] for group in fresh(event).draft["groups"]] == [1, 3, 2, 2]
    undo(event)
    assert groups_of(event) == divided
    assert [group["size"] for group in fresh(event).draft["groups"]] == [2, 2, 2, 2]
    undo(event)
    assert set(groups_of(event).values()) == {""}


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "value", "place"),
    [
        ("groups", {"key": "g1", "name": None, "size": 3}, "groups.name"),
        ("groups", {"key": "g1", "name": 7, "size": 3}, "groups.name"),
        ("groups", {"key": "g1", "name": "长" * 121, "size": 3}, "groups.name"),
        ("groups", {"key": "组一", "name": "好", "size": 3}, "groups.key"),
        ("groups", {"key": None, "size": 3}, "groups.key"),
        ("places", {"key": "a b"}, "places.key"),
        ("segments", {"key": "x", "minutes": 9, "stations": [{"key": "一站"}]}, "segments.stations[0].key"),
        ("segments", {"key": "x", "minutes": 9, "stations": [{"key": "a", "name": None}]}, "segments.stations[0].name"),
        ("segments", {"key": "x", "minutes": 9, "stations": ["a"]}, "segments.stations[0]"),
        ("segments", {"key": "x", "minutes": 9, "stations": "ab"}, "segments.stations"),
    ],
)
def test_a_name_or_key_that_does_not_do_is_refused_by_its_field(part, value, place):
    with pytest.raises(event_days.DayMalformed) as refused:
        put(an_event_day(), part, value)
    assert refused.value.facts["place"] == place


@pytest.mark.parametrize("title", [None, "", "长" * 81, 7, ["a"]])
def test_a_title_that_does_not_do_is_refused(title):
    event = an_event_day()
    with pytest.raises(event_days.DayMalformed) as refused:
        event_edits.put_bounds(event=event, version=1, values={"title": title}, actor=None, now=NOW)
    assert refused.value.facts["place"] == "title"


def test_signs_that_break_pages_and_databases_never_reach_the_draft():
    event = put(an_event_day(), "groups", {"key": "g1", "name": "彩\x00虹\u202e\ud800队\u2028", "size": 3})
    assert event.draft["groups"][0]["name"] == "彩虹队"


def test_the_only_group_of_a_segment_is_not_removed_behind_its_back():
    event = put(an_event_day(), "segments", {"key": "solo", "name": "领唱", "minutes": 9, "groups": ["g2"]})
    with pytest.raises(event_edits.OnlyGroup) as refused:
        remove(event, "groups", "g2")
    assert refused.value.facts == {"what": "领唱"}
    put(event, "segments", {"key": "solo", "name": "领唱", "minutes": 9, "groups": ["g1", "g2"]})
    assert [one["key"] for one in remove(event, "groups", "g2").draft["groups"]] == ["g1", "g3", "g4"]


def test_a_helper_who_is_called_like_a_child_may_lead_and_nobody_else_is_written_so():
    a_child("冉欣怡")
    event = an_event_day()
    put_person(event, PERSON, a_helper("冉欣怡"))
    assert fresh(event).draft["people"][0]["name"] == "冉欣怡"
    with pytest.raises(event_days.ChildNamed):
        put_person(event, {**PERSON, "key": "palace2", "roles": ["陪冉欣怡的"]}, a_helper("王五"))
    other = an_event_day(title="另一天")
    with pytest.raises(event_days.ChildNamed):
        put_person(other, {**PERSON, "name": "冉欣怡"}, None)


def test_a_refused_helper_leaves_draft_and_hosts_as_they_were():
    event = an_event_day()
    helper = with_hosts(event, "palace1")["palace1"]
    with pytest.raises(event_edits.HelperThere):
        put_person(event, {**PERSON, "key": "palace2"}, helper)
    assert (hosts_of(event), fresh(event).draft_version) == ({"palace1": helper.pk}, 1)
    assert DayHost.objects.count() == 1


def statements_of(act):
    with CaptureQueriesContext(connection) as seen:
        act()
    return [one["sql"] for one in seen.captured_queries]


def writes_in(statements):
    return [sql for sql in statements if sql.startswith(("UPDATE", "DELETE", "INSERT")) and "activities_" in sql]


def test_the_days_own_row_is_written_before_any_other_that_two_may_hold():
    event = an_event_day()
    with_hosts(event, "palace1", "palace2")
    with_children(event, 8)
    helper = a_helper()
    for act in (
        lambda: remove(event, "people", "palace2"),
        lambda: remove(event, "groups", "g1"),
        lambda: put_person(event, PERSON, helper),
        lambda: undo(event),
    ):
        assert writes_in(statements_of(act))[0].startswith('UPDATE "activities_eventday"')


def test_names_of_children_are_looked_through_before_any_row_is_held():
    event, helper = an_event_day(), a_helper()
    lines = statements_of(lambda: put_person(event, {**PERSON, "roles": ["领唱"]}, helper))
    names = [n for n, sql in enumerate(lines) if 'FROM "roster_child"' in sql]
    assert names
    assert not [sql for sql in lines[: max(names)] if sql.startswith(("SAVEPOINT", "UPDATE", "INSERT"))]


# --- a plan beside a draft that changes ---------------------------------------------------------------------------


def said_of(event):
    return [(line.code, line.zh) for line in rule_lines(event, event.plan)]


def test_who_is_taken_out_of_the_day_is_taken_out_of_its_plan_and_comes_back_with_it():
    event = a_planned_day()
    before = (event.plan, event.rain_plan)
    assert is_rain_ready(event)
    led = next(post for one in event.plan["segments"] for post in one["posts"] if post["hosts"])["hosts"][0]
    event = remove(event, "people", led)
    assert led not in json.dumps([event.plan, event.rain_plan])
    assert {code for code, _zh in said_of(event)} == {"host_count"}
    event = undo(event)
    assert (event.plan, event.rain_plan) == before
    assert is_rain_ready(event)


def test_an_item_taken_out_leaves_the_rest_as_planned_and_ready_for_rain():
    event = a_planned_day()
    event = remove(event, "segments", "photo")
    assert [one["key"] for one in event.plan["segments"]] == ["ice", "games", "play", "gifts"]
    assert said_of(event) == []
    assert is_rain_ready(event)


def test_a_station_or_a_place_taken_out_is_missed_by_its_name():
    event = a_planned_day()
    games = copy.deepcopy(event.draft["segments"][1])
    games["stations"] = games["stations"][1:]
    event = put(event, "segments", games)
    assert said_of(event) == []
    event = remove(event, "places", "hall")
    assert {code for code, _zh in said_of(event)} <= {"place_fits", "open_air"}
    assert not any("hall" in zh for _code, zh in said_of(event))
