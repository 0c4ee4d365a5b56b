"""Homes: booking a room without clash, on either database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from activities.models import BookedSlot, Booking
from activities.place_selectors import homes_visible_to
from activities.services.homes import (
    BookingPast,
    BookingTimes,
    HomeClosed,
    NameTaken,
    RoomTaken,
    add_room,
    book_room,
    cancel_booking,
    make_home,
    set_opening_hours,
)
from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.roster.access import reader_for
from tests.factories.roster import NOW, a_coordinator, a_county, a_helper, a_member, a_township, a_village

TUESDAY = date(2026, 12, 1)


def a_room(**columns):
    home = make_home(name=columns.pop("home_name", "水狮坝之家"), kind="ROOMS", area=a_village(), actor=None, now=NOW)
    set_opening_hours(home=home, hours=dict.fromkeys(range(1, 8), (480, 1080)), actor=None)
    return add_room(home=home, name="阅览室", zone="READING", seats=20, actor=None)


def at(clock: str, day: date = TUESDAY) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def booked(room, start="14:00", end="15:00", **columns):
    facts = {"purpose": "READING", "actor": None, "now": NOW} | columns
    return book_room(room=room, start_at=at(start), end_at=at(end), **facts)


@pytest.mark.django_db
def test_touching_bookings_stand_side_by_side_and_overlapping_ones_do_not():
    room = a_room()
    booked(room, actor=a_coordinator())
    booked(room, "15:00", "16:00")
    booked(room, "13:00", "14:00")
    for start, end in (("14:45", "15:15"), ("13:45", "14:15"), ("14:15", "14:30"), ("12:00", "17:00")):
        with pytest.raises(RoomTaken):
            booked(room, start, end)
    assert (Booking.objects.count(), BookedSlot.objects.count()) == (3, 12)


@pytest.mark.django_db
def test_who_comes_later_is_told_who_has_it_until_when():
    room, owner = a_room(), a_coordinator()
    booked(room, actor=owner)
    with pytest.raises(RoomTaken) as taken:
        booked(room, "14:30", "15:30")
    assert taken.value.facts == {"start": "14:00", "end": "15:00", "who": owner.display_name}


@pytest.mark.django_db
def test_another_room_is_free():
    room = a_room()
    booked(room)
    booked(add_room(home=room.home, name="活动室", zone="CULTURE", seats=40, actor=None))


@pytest.mark.django_db
def test_a_room_given_back_can_be_taken():
    room = a_room()
    first = booked(room)
    cancel_booking(booking=first, actor=None, now=NOW)
    booked(room)
    with pytest.raises(BookingPast):
        cancel_booking(booking=first, actor=None, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "end", "error"),
    [
        ("14:00", "14:00", BookingTimes),
        ("15:00", "14:00", BookingTimes),
        ("14:05", "15:00", BookingTimes),
        ("06:00", "07:00", HomeClosed),
        ("17:00", "19:00", HomeClosed),
    ],
)
def test_times_that_do_not_do(start, end, error):
    with pytest.raises(error):
        booked(a_room(), start, end)


@pytest.mark.django_db
def test_nothing_is_booked_in_the_past_or_on_a_closed_day():
    room = a_room()
    with pytest.raises(BookingPast):
        booked(room, now=at("14:30"))
    set_opening_hours(home=room.home, hours={1: (480, 1080)}, actor=None)
    with pytest.raises(HomeClosed):
        booked(room)


@pytest.mark.django_db
def test_the_database_itself_keeps_two_bookings_apart():
    booking = booked(a_room())
    with pytest.raises(IntegrityError), transaction.atomic():
        BookedSlot.objects.create(room=booking.room, booking=booking, start_at=at("14:15"))


@pytest.mark.django_db
def test_one_name_once():
    room = a_room()
    with pytest.raises(NameTaken):
        add_room(home=room.home, name="阅览室", zone="READING", seats=20, actor=None)
    with pytest.raises(NameTaken):
        a_room()


@pytest.mark.django_db
def test_homes_are_seen_by_those_who_look_after_the_area():
    home = a_room().home
    near = [a_coordinator(), a_coordinator(a_township()), a_member(Role.VILLAGE_DIRECTOR, area=a_village())]
    far = [a_coordinator(a_county("529902", "云河县")), a_helper().user]
    assert [list(homes_visible_to(reader_for(user, NOW))) for user in near] == [[home]] * 3
    assert [list(homes_visible_to(reader_for(user, NOW))) for user in far] == [[], []]


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
@pytest.mark.parametrize("times", [("14:00", "15:00"), ("14:30", "15:30")], ids=["same", "overlapping"])
def test_of_two_who_book_at_once_one_gets_it(times):
    room = a_room()
    gate, answers = Barrier(2), []

    def book(start, end):
        gate.wait()
        try:
            answers.append(booked(room, start, end).pk)
        except DomainError as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    for _ in range(10):
        answers.clear()
        threads = [Thread(target=book, args=span) for span in (("14:00", "15:00"), times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(isinstance(answer, int) for answer in answers) == [False, True]
        assert "booking.taken" in answers
        cancel_booking(booking=Booking.objects.get(state="ON"), actor=None, now=NOW)
