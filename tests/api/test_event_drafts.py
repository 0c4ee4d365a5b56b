"""Rules, order, templates and the rest of a day's draft over the API."""

from __future__ import annotations

import json

import pytest
import time_machine

from activities.models import DayTemplate, EventDay
from tests.activities.test_homes import a_room
from tests.api.test_event_children import get
from tests.api.test_event_days import client_of, post
from tests.factories.events import an_event_day, fresh
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_township

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def county():
    return client_of(a_coordinator(a_county()))


def test_a_day_takes_a_rule_less_seriously_and_again_as_usual(county):
    event = an_event_day()
    usual = {row["rule"]: (row["level"], row["usual"]) for row in get(county, event, "rules")}
    assert usual["window"] == ("forbid", "forbid")
    assert "known" not in usual
    told = post(county, event, "rules", version=1, rules={"window": "warn"})
    assert [row["rule"] for row in told if row["level"] != row["usual"]] == ["window"]
    post(county, event, "rules", version=2, rules={})
    assert "rules" not in fresh(event).draft
    for rules in ({"known": "warn"}, {"no_such": "warn"}):
        post(county, event, "rules", 400, version=3, rules=rules)
    post(county, event, "rules", 400, version=3, rules={"window": "perhaps"})


def test_the_order_of_segments_is_the_organisers_own(county):
    event = an_event_day()
    file = post(county, event, "move-part", version=1, part="segments", key="play", to=0)
    assert [one["key"] for one in file["draft"]["segments"]][:2] == ["play", "ice"]
    post(county, event, "move-part", 400, version=2, part="no-such", key="play", to=0)


def test_rules_in_the_way_are_given_up_together(county):
    event = an_event_day()
    both = [
        {"rule": "day_bounds", "keys": [], "values": {"end": 780}},
        {"rule": "host_count", "keys": ["青少年宫老师"], "values": {"count": 1}},
    ]
    file = post(county, event, "give-up-all", version=1, relaxations=both)
    assert (file["draft"]["end"], file["draft"]["people"][-1]["roles"]) == ("13:00", ["青少年宫老师"])
    post(county, event, "give-up-all", 409, version=2, relaxations=[{"rule": "host_count", "keys": [], "values": {}}])


def test_rain_that_is_over_asks_for_a_new_plan(county):
    event = an_event_day()
    EventDay.objects.filter(pk=event.pk).update(draft=event.draft | {"is_raining": True})
    assert post(county, event, "rain-over", 202, version=1)["kind"] == "PLAN"
    assert "is_raining" not in fresh(event).draft


def test_a_day_is_shown_to_everybody_and_a_draft_is_dropped(county):
    event = an_event_day()
    assert post(county, event, "programme", is_public=True)["is_public"] is True
    assert post(county, event, "programme", is_public=False)["is_public"] is False
    post(county, event, "drop", 204)
    assert not EventDay.objects.filter(pk=event.pk).exists()


def test_a_kept_template_begins_a_day_and_is_thrown_away_by_its_place_only(county):
    event = an_event_day()
    kept = post(county, event, "keep-as-template", 201, name="秋天\u2028的一天")
    assert kept | {"id": ""} == {"id": "", "name": "秋天的一天", "is_built_in": False, "is_mine": True}
    town = client_of(a_coordinator(a_township()))
    rows = town.get("/api/v1/event-day-templates/").json()
    assert [row["id"] for row in rows][:1] == ["zhuji"]
    assert rows[-1] == kept | {"is_mine": False}
    body = {"template": kept["id"], "owner": a_township().public_id, "title": "一天", "date": "2026-12-05",
            "begin": "09:00", "end": "12:00"}  # fmt: skip
    assert town.post("/api/v1/event-days/", body, format="json").status_code == 201
    forget = f"/api/v1/event-day-templates/{kept['id']}/forget/"
    assert town.post(forget).status_code == 404
    assert county.post(forget).status_code == 204
    assert not DayTemplate.objects.exists()


def test_a_template_is_not_called_after_a_child(county):
    a_child("冉欣怡")
    answer = post(county, an_event_day(), "keep-as-template", 400, name="冉欣怡的生日")
    assert answer["errors"][0]["code"] == "event_day.child_named"


def test_a_room_of_a_home_becomes_a_place(county):
    event, room = an_event_day(), a_room()
    file = post(county, event, "use-room", version=1, room=room.public_id)
    assert file["rooms"] == [{"key": file["draft"]["places"][-1]["key"], "room": room.public_id}]
    post(county, event, "use-room", 409, version=2, room=room.public_id)
    post(county, event, "use-room", 404, version=2, room="z" * 16)


ACTS = (
    "sign-up-guests", "leave", "places", "consents", "withdraw-consent", "move", "move-effect", "wish", "forget-wish",
    "rules", "move-part", "give-up-all", "rain-over", "programme", "use-room", "keep-as-template",
)  # fmt: skip
BAD = "\ud800\x00\u2028"
BODIES = (
    {}, [], None, "x", {"version": 10**30}, {"version": 1, "rules": {BAD: "warn"}}, {"version": 1, "rules": BAD},
    {"version": 1, "part": "segments", "key": BAD, "to": 0}, {"version": 1, "relaxations": [{BAD: BAD}]},
    {"version": 1, "relaxations": [{"rule": "length", "keys": [BAD], "values": {BAD: 10**20}}]},
    {"guests": [{"name": BAD, "from_place": BAD}]}, {"guests": [{"name": "张", "birth_date": "0001-01-01"}]},
    {"seat": BAD}, {"seat": BAD, "purpose": "PHOTO"}, {"seat": BAD, "group": BAD, "version": 1},
    {"one": BAD, "other": BAD, "kind": "APART"}, {"wish": BAD}, {"name": BAD}, {"version": 1, "room": BAD},
    {"places": 2000, "quotas": [{"school": BAD, "places": 1}]}, {"places": 10**12},
    {"seats": [BAD], "purposes": ["PHOTO"], "given_by": BAD, "given_date": "2026-11-01"},
)  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_no_body_makes_a_fault(county, act):
    event = an_event_day()
    url = f"/api/v1/event-days/{event.public_id}/{act}/"
    for body in BODIES:
        answer = county.generic("POST", url, json.dumps(body), content_type="application/json")
        assert answer.status_code < 500, (body, answer.content[:300])
