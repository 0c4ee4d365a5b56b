"""The pages of homes: booking, and the sheet for the wall."""

from __future__ import annotations

import pytest

from activities.models import Booking, Home
from activities.services.homes import add_room
from tests.activities.test_homes import a_room, at
from tests.factories.roster import NOW, a_coordinator, a_county, a_member, a_school, a_village

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


def test_a_room_is_changed_and_what_is_booked_stays(visitor):
    room = a_room()
    client = visitor(a_coordinator())
    client.post(f"/homes/{room.home.public_id}/", BOOK | {"room": room.public_id})
    edit = f"/homes/{room.home.public_id}/edit/"
    assert 'value="阅览室"' in client.get(f"{edit}?room={room.public_id}").content.decode()
    changed = {"what": "room", "room": room.public_id, "room-name": "图书室", "room-zone": "CULTURE", "room-seats": 30}
    assert client.post(edit, changed).status_code == 302
    room.refresh_from_db()
    assert (room.name, room.zone, room.seats, room.bookings.count()) == ("图书室", "CULTURE", 30, 1)
    second = add_room(home=room.home, name="电话间", zone="FAMILY", seats=4, actor=None)
    page = client.post(edit, changed | {"room": second.public_id}).content.decode()
    assert "叫这个名字" in page
    assert client.get(f"{edit}?room=0000000000000000").status_code == 404


def test_a_room_is_booked_every_week_or_not_at_all(visitor):
    room = a_room()
    client, other = visitor(a_coordinator()), a_coordinator()
    url = f"/homes/{room.home.public_id}/"
    weekly = BOOK | {"room": room.public_id, "until": "2026-12-29"}
    visitor(other).post(url, BOOK | {"room": room.public_id, "day": "2026-12-15", "start": "14:30"})
    page = client.post(url, weekly).content.decode()
    assert "2026-12-15" in page
    assert other.display_name in page
    assert Booking.objects.count() == 1
    assert client.post(url, weekly | {"start": "16:00", "end": "17:00"}).status_code == 302
    days = Booking.objects.filter(start_at__hour=16).order_by("start_at").values_list("start_at__date", flat=True)
    assert [str(day) for day in days] == ["2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22", "2026-12-29"]
    for until in ("2026-11-30", "2030-01-01"):
        assert client.post(url, weekly | {"start": "10:00", "end": "11:00", "until": until}).status_code == 200
    assert Booking.objects.count() == 6


def test_homes_are_searched_and_belong_to_a_school(visitor):
    client = visitor(a_coordinator())
    school = a_school(name="桑木小学")
    made = {"name": "桑木之家", "kind": "ROOMS", "area": a_village().public_id, "organisation": school.public_id}
    client.post("/homes/", made)
    client.post("/homes/", {"name": "别的家", "kind": "BOARDING", "area": a_village().public_id})
    assert Home.objects.get(name="桑木之家").organisation == school
    for found in ({"q": "桑木小"}, {"kind": "ROOMS"}):
        page = client.get("/homes/", found).content.decode()
        assert ("桑木之家" in page, "别的家" in page) == (True, False)


def test_many_homes_come_by_the_page(visitor):
    Home.objects.bulk_create(
        [Home(name=f"第{n}个家", kind="ROOMS", area=a_village(), created_at=NOW) for n in range(60)]
    )
    client = visitor(a_coordinator())
    assert client.get("/homes/").content.decode().count("data-row") == 50
    assert client.get("/homes/?page=2").content.decode().count("data-row") == 10


def test_the_form_of_hours_begins_with_the_hours_there_are(visitor):
    """Whoever moves the closing hour need not tick seven days anew."""
    room = a_room()
    page = visitor(a_coordinator(a_county())).get(f"/homes/{room.home.public_id}/edit/")
    form = page.context["forms"]["hours"]
    assert form.initial == {"days": [1, 2, 3, 4, 5, 6, 7], "start": "08:00", "end": "18:00"}
    assert page.content.decode().count("checked") == 7


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "abc", "2026-13-40"])
def test_a_week_no_calendar_has_is_this_week(visitor, day):
    client, home = visitor(a_coordinator()), a_room().home
    for page in ("", "wall/"):
        assert "11月23日起的一周" in client.get(f"/homes/{home.public_id}/{page}?day={day}").content.decode()


def test_days_with_other_hours_are_set_apart_and_closed_apart(visitor):
    """Mondays to Fridays after school, Saturdays in the morning: saving one leaves the other."""
    client, home = visitor(a_coordinator()), a_room().home
    url = f"/homes/{home.public_id}/edit/"
    client.post(url, {"what": "hours", "hours-days": [6], "hours-start": "09:00", "hours-end": "12:00"})
    closed = {"what": "hours", "hours-days": [7], "hours-is_closed": "on", "hours-start": "08:00", "hours-end": "18:00"}
    assert client.post(url, closed).status_code == 302
    spans = {row.weekday: (row.start_minute, row.end_minute) for row in home.opening_hours.all()}
    assert spans == dict.fromkeys(range(1, 6), (480, 1080)) | {6: (540, 720)}
    assert client.get(url).context["forms"]["hours"].initial["days"] == [1, 2, 3, 4, 5]


def test_the_rest_of_a_weekly_booking_is_given_back_at_once_and_the_week_stays_in_sight(visitor):
    room, client = a_room(), visitor(a_coordinator())
    client.post(f"/homes/{room.home.public_id}/", BOOK | {"room": room.public_id, "until": "2026-12-22"})
    second = Booking.objects.order_by("start_at")[1]
    assert "以后每周的也取消" in text(client.get(f"/homes/{room.home.public_id}/?day=2026-12-08"))
    assert "以后每周的也取消" not in text(client.get(f"/homes/{room.home.public_id}/?day=2026-12-22"))
    done = client.post(f"/homes/bookings/{second.public_id}/cancel/", {"do": "following"})
    assert done["Location"] == f"/homes/{room.home.public_id}/?day=2026-12-08"
    assert "已取消 3 周" in text(client.get(done["Location"]))
    assert list(Booking.objects.filter(state="ON").values_list("start_at", flat=True)) == [at("14:00")]


def test_a_booking_refused_shows_the_week_it_was_for_and_none_is_made_in_another_decade(visitor):
    room, client = a_room(), visitor(a_coordinator())
    url = f"/homes/{room.home.public_id}/"
    client.post(url, BOOK | {"room": room.public_id, "day": "2026-12-15"})
    again = text(client.post(url, BOOK | {"room": room.public_id, "day": "2026-12-15"}))
    assert "12月14日起的一周" in again
    assert "最远只能订一年内的" in text(client.post(url, BOOK | {"room": room.public_id, "day": "2099-12-01"}))
    assert Booking.objects.count() == 1


def text(answer):
    return answer.content.decode()
