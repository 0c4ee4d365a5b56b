"""The pages of homes: booking, and the sheet for the wall."""

from __future__ import annotations

from activities.models import Booking, Home
from tests.activities.test_homes import a_room, at
from tests.factories.roster import a_coordinator, a_county, a_member, a_village

BOOK = {"purpose": "READING", "day": "2026-12-01", "start": "14:00", "end": "15:00"}


def test_a_home_is_put_on_file_and_gets_a_room_hours_and_equipment(visitor):
    client = visitor(a_coordinator())
    made = client.post("/homes/", {"name": "水狮坝之家", "kind": "ROOMS", "area": a_village().public_id})
    home = Home.objects.get()
    assert made["Location"] == f"/homes/{home.public_id}/edit/"
    for posted in (
        {"what": "room", "room-name": "阅览室", "room-zone": "READING", "room-seats": 20},
        {"what": "hours", "hours-days": [1, 2, 3], "hours-start": "08:00", "hours-end": "18:00"},
        {"what": "equipment", "equipment-name": "电话", "equipment-wanted": 4, "equipment-present": 3},
    ):
        assert client.post(made["Location"], posted).status_code == 302
    page = client.get(made["Location"]).content.decode()
    assert all(word in page for word in ("阅览室", "08:00–18:00", "电话 3/4"))


def test_booking_shows_in_the_week_and_on_the_wall_without_names(visitor):
    room, user = a_room(), a_coordinator()
    client = visitor(user)
    done = client.post(f"/homes/{room.home.public_id}/", BOOK | {"room": room.public_id})
    assert done.status_code == 302
    assert Booking.objects.get().start_at == at("14:00")
    week = client.get(done["Location"]).content.decode()
    assert "14:00–15:00" in week
    wall = client.get(f"/homes/{room.home.public_id}/wall/?day=2026-12-01").content.decode()
    main = wall[wall.index("<table") :]
    assert "14:00–15:00" in main
    assert user.display_name not in main


def test_who_comes_second_reads_who_has_it(visitor):
    room = a_room()
    first, second = a_coordinator(), a_coordinator()
    visitor(first).post(f"/homes/{room.home.public_id}/", BOOK | {"room": room.public_id})
    page = visitor(second).post(f"/homes/{room.home.public_id}/", BOOK | {"room": room.public_id})
    assert first.display_name in page.content.decode()
    assert Booking.objects.count() == 1


def test_a_home_elsewhere_is_not_there(visitor):
    room = a_room()
    stranger = visitor(a_coordinator(a_county("529902", "云河县")))
    assert stranger.get(f"/homes/{room.home.public_id}/").status_code == 404


def test_a_director_books_but_puts_no_home_on_file(visitor):
    room = a_room()
    client = visitor(a_member("VILLAGE_DIRECTOR", area=a_village()))
    assert client.post(f"/homes/{room.home.public_id}/", BOOK | {"room": room.public_id}).status_code == 302
    assert client.post("/homes/", {"name": "x", "kind": "ROOMS", "area": a_village().public_id}).status_code == 404
    assert client.get(f"/homes/{room.home.public_id}/edit/").status_code == 404
