"""Event days over the API: the same acts as on pages, the same limits."""

from __future__ import annotations

import json

import pytest
import time_machine
from rest_framework.test import APIClient

from activities.models import DaySolve, EventDay
from activities.services.event_solves import solve_day
from tests.factories.events import a_planned_day, an_event_day, fresh, published, solved, with_children, with_hosts
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_token, a_township

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def post(client, event, act, expected=200, **body):
    answer = client.post(f"/api/v1/event-days/{event.public_id}/{act}/", body, format="json")
    assert answer.status_code == expected, answer.content
    return answer.json() if answer.content else None


def test_a_day_from_template_to_version():
    client = client_of(a_coordinator(a_county()))
    body = {
        "template": "zhuji",
        "owner": a_county().public_id,
        "title": "手拉手",
        "date": "2026-12-05",
        "begin": "09:00",
        "end": "12:00",
    }
    made = client.post("/api/v1/event-days/", body, format="json")
    assert made.status_code == 201
    event = EventDay.objects.get()
    renamed = post(
        client, event, "put-part", part="groups", value={"key": "g1", "name": "彩虹队", "size": 12}, version=1
    )
    assert renamed["version"] == 2
    stale = client.post(
        f"/api/v1/event-days/{event.public_id}/remove-part/",
        {"part": "groups", "key": "g2", "version": 1},
        format="json",
    )
    assert (stale.status_code, stale.json()["errors"][0]["code"]) == (409, "event_day.changed")
    post(client, event, "solve", 202, kind="PLAN")
    solve_day(solve_id=DaySolve.objects.get().pk, clock=lambda: NOW, beat=lambda: None)
    url = f"/api/v1/event-days/{event.public_id}"
    assert client.get(f"{url}/solving/").json()["state"] == "DONE"
    assert client.get(f"{url}/check/").json() == {"valid": True, "violations": []}
    file = client.get(f"{url}/").json()
    post(client, event, "place", segment="play", start=600, version=file["version"])
    assert not client.get(f"{url}/check/").json()["valid"]
    post(client, event, "undo", version=fresh(event).draft_version)
    post(client, event, "lock", segment="play", is_locked=True, version=fresh(event).draft_version)
    post(client, event, "basics", values={"title": "手拉手"}, date="2026-12-06", version=fresh(event).draft_version)
    assert client.get(f"{url}/preview/").json()["number"] == 1
    assert post(client, event, "publish", 201, version=fresh(event).draft_version)["number"] == 1
    assert [row["number"] for row in client.get(f"{url}/versions/").json()] == [1]
    assert post(client, event, "call-off", reason="台风要来")["state"] == "CANCELLED"


def test_who_does_not_plan_there_sees_nothing():
    event = a_planned_day()
    client = client_of(a_coordinator(a_township()))
    assert client.get("/api/v1/event-days/").json()["results"] == []
    for path in ("", "check/", "preview/", "versions/", "seats/", "solving/"):
        assert client.get(f"/api/v1/event-days/{event.public_id}/{path}").status_code == 404
    body = {
        "template": "zhuji",
        "owner": a_county().public_id,
        "title": "x",
        "date": "2026-12-05",
        "begin": "09:00",
        "end": "12:00",
    }
    assert client.post("/api/v1/event-days/", body, format="json").status_code == 403


def test_a_host_calls_the_children_by_given_names_and_ticks():
    event = a_planned_day()
    children = with_children(event, 8)
    helper = with_hosts(event, "palace1")["palace1"]
    published(event)
    client = client_of(helper.user)
    seats = client.get(f"/api/v1/event-days/{event.public_id}/seats/").json()
    assert {row["called"] for row in seats} == {child.name[1:] for child in children}
    assert set(seats[0]) == {"id", "called", "state", "group", "is_present"}
    tick = {"id": "device-a-1", "seat": seats[0]["id"], "present": True, "at": "2026-11-23T10:00:00+08:00"}
    assert post(client, event, "ticks", ticks=[tick]) == {"kept": ["device-a-1"]}
    assert client_of(a_helper().user).get(f"/api/v1/event-days/{event.public_id}/seats/").status_code == 404


def test_signing_up_takes_only_ones_own_children():
    event, child = a_planned_day(), a_child()
    town = client_of(a_coordinator(a_township()))
    assert post(town, event, "sign-up", children=[child.public_id]) == {"new": 1}
    other = client_of(a_coordinator(a_township(number=105, name="桑木镇")))
    post(other, event, "sign-up", 403, children=[child.public_id])


def test_a_person_put_without_a_word_of_the_helper_stays_that_helper():
    event = a_planned_day()
    helper = with_hosts(event, "palace1")["palace1"]
    client = client_of(a_coordinator(a_county()))
    value = {"key": "palace1", "name": "随便", "roles": ["青少年宫老师"]}
    file = post(client, event, "put-part", part="people", value=value, version=fresh(event).draft_version)
    assert event.hosts.get().helper == helper
    assert file["draft"]["people"][0]["name"] == helper.name
    post(client, event, "put-part", part="people", value=value, helper="", version=fresh(event).draft_version)
    assert not event.hosts.exists()


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("put-part", {"part": "groups", "value": {"key": "g1", "name": None, "size": 3}}),
        ("put-part", {"part": "groups", "value": {"key": "g1", "name": "长" * 3000, "size": 3}}),
        ("put-part", {"part": "people", "value": {"name": "x"}}),
        ("put-part", {"part": "people", "value": {"key": ["a"]}, "helper": ""}),
        ("basics", {"values": {"title": "长" * 200}}),
        ("basics", {"values": {"title": None}}),
    ],
)
def test_what_does_not_do_is_a_refusal_and_no_fault(act, body):
    event = a_planned_day()
    client = client_of(a_coordinator(a_county()))
    answer = post(client, event, act, 400, **body, version=event.draft_version)
    assert answer["errors"][0]["code"] == "event_day.malformed"


def test_ticks_are_read_alike_by_program_and_page():
    event = a_planned_day()
    with_children(event, 8)
    client = client_of(a_coordinator(a_county()))
    for ticks in ([{"id": "device-a-1", "seat": "x", "present": True, "at": "2026-12-05T09:00:00"}], "x", None, [1]):
        answer = post(client, event, "ticks", 400, ticks=ticks)
        assert answer["errors"][0]["code"] == "day_tick.malformed"


def test_only_children_the_day_could_be_for_are_signed_up():
    event, child = a_planned_day(area=a_township(number=105, name="桑木镇")), a_child()
    client = client_of(a_coordinator(a_county()))
    post(client, event, "sign-up", 403, children=[child.public_id])
    assert not event.seats.exists()


def test_no_sign_a_program_sends_makes_a_fault():
    """Half a character is JSON as well as any, and no database takes it."""
    event = an_event_day(end=660)
    answer = solved(event).answer["relax"][0]
    client = client_of(a_coordinator(a_county()))
    bad = "水\ud800\x00\u2028"

    def send(act, **body):
        body["version"] = fresh(event).draft_version
        url = f"/api/v1/event-days/{event.public_id}/{act}/"
        return client.generic("POST", url, json.dumps(body), content_type="application/json").status_code

    assert send("give-up", relaxation={**answer, "sentence": bad, "sentence_en": bad}) == 200
    value = {"key": "g1", "name": bad, "size": 3}
    assert send("put-part", part="groups", value=value) == 200
    assert send("basics", values={"title": bad, "notes": [bad], "equipment": {bad: 3}}) == 200
    assert send("put-part", part=bad, value=value) == 400
    assert send("put-part", part="groups", value={**value, bad: 1}) == 400
    assert send("put-part", part="groups", value={**value, "key": bad}) == 400
    assert send("put-part", part="supplies", value={"key": "w", "name": "水", "brought_by": bad}) == 200
    draft = fresh(event).draft
    assert (draft["groups"][0]["name"], draft["title"], draft["equipment"]["水"]) == ("水", "水", 3)
    assert fresh(event).steps.filter(about="水").exists()


def test_a_host_answers_for_the_day_and_its_planner_reads_it():
    planner, event = client_of(a_coordinator(a_county())), a_planned_day()
    helper = with_hosts(event, "palace1")["palace1"]
    published(event)
    host = client_of(helper.user)
    post(host, event, "answer", 204, answer="DECLINED")
    rows = planner.get(f"/api/v1/event-days/{event.public_id}/answers/").json()
    assert {(row["helper"], row["answer"]) for row in rows} == {(helper.public_id, "DECLINED")}
    assert [row["segment"] for row in rows] == [part.segment_key for part in helper.day_parts.order_by("start_at")]
    post(host, event, "answer", 400, answer="")
    post(client_of(a_helper().user), event, "answer", 404, answer="ACCEPTED")
    assert host.get(f"/api/v1/event-days/{event.public_id}/answers/").status_code == 403
    elsewhere = client_of(a_coordinator(a_township()))
    assert elsewhere.get(f"/api/v1/event-days/{event.public_id}/answers/").status_code == 404
