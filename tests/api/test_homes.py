"""Homes, rooms and bookings over the API: the same acts as on pages, the same limits."""

from __future__ import annotations

import pytest
import time_machine

from activities.models import Booking
from backend.accounts.models import Role
from tests.activities.test_homes import a_room
from tests.api.test_event_days import client_of
from tests.factories.roster import NOW, a_coordinator, a_county, a_helper, a_member, a_township, a_village

pytestmark = pytest.mark.django_db
TUESDAY = {"start_at": "2026-12-01T16:00:00+08:00", "end_at": "2026-12-01T17:00:00+08:00", "purpose": "HOMEWORK"}


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


def post(client, path, expected, **body):
    answer = client.post(f"/api/v1/{path}/", body, format="json")
    assert answer.status_code == expected, answer.content
    return answer.json()


def code_in(answer):
    return answer["errors"][0]["code"]


def test_a_room_gets_rooms_hours_and_equipment_and_a_room_is_changed():
    client = client_of(a_coordinator(a_county()))
    made = post(client, "homes", 201, name="桑木之家", area=a_village().public_id)
    home = f"homes/{made['id']}"
    room = post(client, f"{home}/add-room", 201, name="书屋", zone="READING", seats=12)["rooms"][0]
    hours = [{"weekday": 2, "start_minute": 480, "end_minute": 1080}]
    post(client, f"{home}/set-hours", 200, hours=hours)
    post(client, f"{home}/set-equipment", 200, name="电话", wanted=4, present=3)
    booking = post(client, "bookings", 201, room=room["id"], **TUESDAY)
    post(client, f"{home}/change-room", 200, room=room["id"], name="大书屋", zone="SCIENCE", seats=30)
    shown = client.get(f"/api/v1/{home}/").json()
    assert shown["rooms"] == [{"id": room["id"], "name": "大书屋", "zone": "SCIENCE", "seats": 30}]
    assert shown["opening_hours"] == hours
    assert shown["equipment"] == [{"name": "电话", "wanted": 4, "present": 3}]
    assert [row["id"] for row in client.get("/api/v1/bookings/").json()["results"]] == [booking["id"]]


def test_a_room_is_booked_every_week_or_not_at_all():
    room, client = a_room(), client_of(a_coordinator(a_county()))
    post(client, "bookings", 201, room=room.public_id, **TUESDAY | {
        "start_at": "2026-12-15T16:30:00+08:00", "end_at": "2026-12-15T17:30:00+08:00",
    })  # fmt: skip
    weekly = {"room": room.public_id, "until": "2026-12-22", **TUESDAY}
    refused = post(client, "bookings/weekly", 409, **weekly)
    assert code_in(refused) == "booking.taken_on"
    assert Booking.objects.count() == 1
    booked = post(client, "bookings/weekly", 201, **weekly | {"until": "2026-12-14"})
    assert [row["start_at"][:10] for row in booked] == ["2026-12-01", "2026-12-08"]
    assert code_in(post(client, "bookings/weekly", 400, **weekly | {"until": "2028-12-14"})) == "booking.too_many_weeks"
    gone = post(client, f"bookings/{booked[0]['id']}/cancel-following", 200)
    assert (gone["id"], Booking.objects.filter(state="ON").count()) == (booked[0]["id"], 1)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"start_at": "2026-12-01T16:07:00+08:00"}, 400),
        ({"start_at": "9999-12-31T23:00:00Z", "end_at": "9999-12-31T23:30:00Z", "until": "9999-12-31"}, 400),
        ({"start_at": "0001-01-01T00:00:00Z", "until": "0001-01-03"}, 400),
        ({"purpose": "DANCE"}, 400),
        ({"room": "0000000000000000"}, 404),
        ({"until": "soon"}, 400),
        ({"child": "x"}, 400),
    ],
)
def test_what_does_not_do_is_a_refusal_and_no_fault(changed, status):
    room, client = a_room(), client_of(a_coordinator(a_county()))
    body = {"room": room.public_id, "until": "2026-12-22", **TUESDAY} | changed
    post(client, "bookings/weekly", status, **body)
    assert not Booking.objects.exists()


def test_who_looks_after_another_place_sees_and_changes_nothing():
    room = a_room()
    home = room.home.public_id
    elsewhere = client_of(a_coordinator(a_township(number=105, name="桑木镇")))
    assert elsewhere.get(f"/api/v1/homes/{home}/").status_code == 404
    wanted = {"room": room.public_id, "name": "书屋", "zone": "READING", "seats": 5}
    post(elsewhere, f"homes/{home}/change-room", 404, **wanted)
    post(elsewhere, "bookings/weekly", 404, room=room.public_id, until="2026-12-22", **TUESDAY)
    director = client_of(a_member(Role.VILLAGE_DIRECTOR, area=a_village()))
    post(director, f"homes/{home}/change-room", 403, **wanted)
    assert client_of(a_helper().user).get(f"/api/v1/homes/{home}/").status_code == 403


def test_a_room_of_another_home_is_not_changed_under_this_ones_address():
    room, other = a_room(), a_room(home_name="另一家")
    client = client_of(a_coordinator(a_county()))
    wanted = {"room": other.public_id, "name": "书屋", "zone": "READING", "seats": 5}
    post(client, f"homes/{room.home.public_id}/change-room", 404, **wanted)
