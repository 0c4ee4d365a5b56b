"""A room of a home becomes a place of a day on a page of its own, and its home shows that it is held."""

from __future__ import annotations

from activities.services import homes
from tests.activities.test_event_rooms import a_day_in, at, publish
from tests.activities.test_homes import a_room
from tests.factories.events import SATURDAY, an_event_day, fresh
from tests.factories.roster import NOW, a_coordinator, a_township
from tests.web.event_pages import text_of, the_county


def test_a_room_is_chosen_among_those_one_sees(visitor):
    client, event, room = visitor(the_county()), an_event_day(), a_room()
    url = f"/days/{event.public_id}/rooms/"
    assert "水狮坝之家·阅览室" in text_of(client.get(url))
    assert client.post(url, {"version": 1, "room": room.public_id}).status_code == 302
    assert fresh(event).rooms.get().room == room
    assert "没有别的房间可用" in text_of(client.get(url))
    assert client.post(url, {"version": 2, "room": room.public_id}).status_code == 200


def test_a_room_elsewhere_is_no_choice(visitor):
    room, township = a_room(), a_township(number=105, name="桑木镇")
    event = an_event_day(area=township)
    client = visitor(a_coordinator(township))
    answer = client.post(f"/days/{event.public_id}/rooms/", {"version": 1, "room": room.public_id})
    assert (answer.status_code, event.rooms.count()) == (200, 0)


def test_a_taken_room_is_said_before_publishing_and_a_held_one_has_no_button(visitor):
    client, room = visitor(the_county()), a_room()
    event = a_day_in(room)
    homes.book_room(
        room=room, purpose="READING", start_at=at("11:00", SATURDAY), end_at=at("12:00", SATURDAY), actor=a_coordinator(),
        now=NOW,
    )  # fmt: skip
    publish(event)
    page = text_of(client.get(f"/homes/{room.home.public_id}/?day={SATURDAY}"))
    assert "阅览室·活动" in page
    assert page.count("/cancel/") == 1
    other = a_day_in(a_room_of(room))
    page = text_of(client.get(f"/days/{other.public_id}/publish/"))
    assert "水狮坝之家·阅览室从09:00到10:00已被" in page
    assert "发布第" not in page


def a_room_of(room):
    """The same room, for another day."""
    return type(room).objects.select_related("home").get(pk=room.pk)
