"""Who comes: places, priority, schools, the waiting list, groups, consent, ticks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.event_selectors import seats_visible_to
from activities.handlers import on_child_left
from activities.models import DayConsent, DayTick
from activities.services import event_groups, event_seats, event_ticks
from activities.services.event_seats import Guest
from activities.services.event_ticks import Tick, TicksMalformed, keep_ticks, presence_of, read_ticks
from backend.accounts.models import Role
from backend.outbox.models import OutboxEvent
from backend.roster.access import reader_for
from tests.factories.events import a_planned_day, an_event_day, fresh, published, with_children
from tests.factories.roster import (
    NOW,
    TODAY,
    a_child,
    a_coordinator,
    a_county,
    a_guardian,
    a_member,
    a_school,
    a_township,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def places(event, number, quotas=None):
    return event_seats.put_places(event=event, places=number, quotas=quotas or {}, actor=None, now=NOW)


def states(event):
    return list(event.seats.order_by("signed_at", "pk").values_list("state", flat=True))


def test_left_behind_children_come_before_guests_until_the_day_is_published():
    event = an_event_day()
    places(event, 2)
    event_seats.sign_up_guests(
        event=event, guests=[Guest("越小一", "越城区"), Guest("越小二", "越城区")], actor=None, now=NOW
    )
    assert states(event) == ["PLACE", "PLACE"]
    event_seats.sign_up(event=event, children=[a_child()], actor=None, now=LATER)
    assert states(event) == ["PLACE", "WAITING", "PLACE"]


def test_once_published_a_place_is_kept_and_the_next_free_one_goes_to_a_left_behind_child():
    event = a_planned_day()
    places(event, 2)
    event_seats.sign_up_guests(
        event=event, guests=[Guest("越小一", "越城区"), Guest("越小二", "越城区")], actor=None, now=NOW
    )
    published(event)
    event_seats.sign_up_guests(event=event, guests=[Guest("越小三", "越城区")], actor=None, now=LATER)
    event_seats.sign_up(event=event, children=[a_child()], actor=None, now=LATER + timedelta(hours=1))
    assert states(event) == ["PLACE", "PLACE", "WAITING", "WAITING"]
    event_seats.leave(seat=event.seats.order_by("pk").first(), actor=None)
    assert states(event) == ["GONE", "PLACE", "WAITING", "PLACE"]


def test_a_school_has_its_number_of_places():
    event = an_event_day()
    one, other = a_school(), a_school(name="桑木小学")
    places(event, 10, {one: 1})
    event_seats.sign_up(
        event=event, children=[a_child(school=one), a_child(school=one), a_child(school=other)], actor=None, now=NOW
    )
    assert states(event) == ["PLACE", "WAITING", "PLACE"]
    places(fresh(event), 10, {one: 2})
    assert states(event) == ["PLACE", "PLACE", "PLACE"]


def test_signing_up_twice_does_no_harm_and_who_left_comes_back_at_the_end():
    event, child = an_event_day(), a_child()
    assert event_seats.sign_up(event=event, children=[child], actor=None, now=NOW) == 1
    assert event_seats.sign_up(event=event, children=[child], actor=None, now=NOW) == 0
    event_seats.leave(seat=event.seats.get(), actor=None)
    assert event_seats.sign_up(event=event, children=[child], actor=None, now=LATER) == 1
    assert event.seats.get().state == "PLACE"


def test_siblings_stay_together_and_wishes_are_kept():
    event = an_event_day()
    children = with_children(event, 12)
    for child in children[:2]:
        a_guardian(child, phone_hash="same")
    seats = list(event.seats.order_by("pk"))
    event_groups.note_day_wish(one=seats[2], other=seats[3], kind="APART", actor=None)
    with pytest.raises(event_groups.WishExists):
        event_groups.note_day_wish(one=seats[3], other=seats[2], kind="TOGETHER", actor=None)
    found = event_groups.divide_groups(event=fresh(event), version=fresh(event).draft_version, actor=None, now=NOW)
    where = dict(event.seats.values_list("pk", "group_key"))
    assert where[seats[0].pk] == where[seats[1].pk]
    assert where[seats[2].pk] != where[seats[3].pk]
    assert found.goals["apart"] == found.goals["siblings"] == 0
    assert [group["size"] for group in fresh(event).draft["groups"]] == [3, 3, 3, 3]


def test_too_few_children_make_no_groups():
    event = an_event_day()
    event_seats.sign_up(event=event, children=[a_child()], actor=None, now=NOW)
    with pytest.raises(event_groups.TooFewChildren):
        event_groups.divide_groups(event=event, version=1, actor=None, now=NOW)


def test_a_consent_stands_once_for_each_purpose_and_can_be_taken_back():
    event = an_event_day()
    with_children(event, 8)
    seat = event.seats.first()
    facts = {"seat": seat, "purpose": "PHOTO", "given_by": "祖母", "given_date": TODAY, "actor": None}
    event_seats.record_consent(**facts)
    with pytest.raises(event_seats.ConsentThere):
        event_seats.record_consent(**facts)
    event_seats.withdraw_consent(seat=seat, purpose="PHOTO", actor=None, now=NOW)
    assert event_seats.record_consent(**facts).pk


def test_papers_of_many_children_are_noted_together_or_not_at_all(monkeypatch):
    event = an_event_day()
    with_children(event, 8)
    seats, actor = list(event.seats.order_by("pk")[:2]), a_coordinator()
    facts = {"given_by": "外婆", "given_date": NOW.date(), "actor": actor}
    event_seats.record_consent(seat=seats[0], purpose="PHOTO", **facts)
    noted, kept = [], event_seats.record

    def breaks_off(**entry):
        noted.append(entry)
        if len(noted) == 2:
            raise RuntimeError("the disk is full")
        return kept(**entry)

    many = {"seats": seats, "purposes": ["PHOTO", "TAKE_PART", "PHOTO"], **facts}
    with monkeypatch.context() as patch:
        patch.setattr(event_seats, "record", breaks_off)
        with pytest.raises(RuntimeError):
            event_seats.record_consents(**many)
    assert DayConsent.objects.count() == 1
    assert event_seats.record_consents(**many) == 3
    assert event_seats.record_consents(**many) == 0
    assert DayConsent.objects.count() == 4


def test_the_later_tick_counts_both_are_kept_and_sending_again_does_no_harm():
    event = an_event_day()
    with_children(event, 8)
    seat = event.seats.first()
    early = Tick("device-a-1", seat.public_id, True, NOW - timedelta(minutes=9))
    late = Tick("device-b-1", seat.public_id, False, NOW - timedelta(minutes=3))
    other = Tick("device-b-2", "z" * 16, True, NOW)
    assert keep_ticks(event=event, ticks=[late], actor=None, now=NOW) == ["device-b-1"]
    assert keep_ticks(event=event, ticks=[early, late, other], actor=None, now=NOW) == [
        "device-a-1",
        "device-b-1",
        "device-b-2",
    ]
    assert DayTick.objects.count() == 2
    assert presence_of(event) == {seat.pk: False}


def test_a_clock_that_is_ahead_does_not_win_for_ever():
    event = an_event_day()
    with_children(event, 8)
    seat = event.seats.first()
    keep_ticks(
        event=event, ticks=[Tick("device-a-1", seat.public_id, True, NOW + timedelta(days=9))], actor=None, now=NOW
    )
    keep_ticks(event=event, ticks=[Tick("device-b-1", seat.public_id, False, LATER)], actor=None, now=LATER)
    assert presence_of(event) == {seat.pk: False}


@pytest.mark.parametrize(
    "node",
    [None, {}, ["x"], [{"id": "short", "seat": "a", "present": True, "at": "2026-12-05T09:00:00+08:00"}],
     [{"id": "device-a-1", "seat": "a", "present": "yes", "at": "2026-12-05T09:00:00+08:00"}],
     [{"id": "device-a-1", "seat": "a", "present": True, "at": "2026-12-05T09:00:00"}],
     [{"id": "device-a-1", "seat": "a", "present": True, "at": "today"}]],
)  # fmt: skip
def test_ticks_that_are_none_are_refused(node):
    with pytest.raises(TicksMalformed):
        read_ticks(node)


def test_a_page_without_script_keeps_only_what_changed():
    event = an_event_day()
    with_children(event, 8)
    ids = list(event.seats.values_list("public_id", flat=True))
    facts = {"event": event, "shown": set(ids), "actor": None, "now": NOW}
    assert event_ticks.tick_by_form(present=set(ids[:3]), before=set(), **facts) == 3
    assert event_ticks.tick_by_form(present=set(ids[:3]), before=set(ids[:3]), **facts) == 0
    assert event_ticks.tick_by_form(present=set(ids[:2]), before=set(ids[:3]), **facts) == 1
    assert sum(presence_of(event).values()) == 2
    assert DayTick.objects.count() == 4


def test_a_form_that_was_open_long_does_not_undo_what_a_phone_noted_meanwhile():
    event = an_event_day()
    with_children(event, 8)
    seat, other = event.seats.order_by("pk")[:2]
    keep_ticks(event=event, ticks=[Tick("device-a-1", seat.public_id, True, NOW)], actor=None, now=NOW)
    event_ticks.tick_by_form(
        event=event, shown={seat.public_id, other.public_id}, before=set(), present={other.public_id}, actor=None,
        now=LATER,
    )  # fmt: skip
    assert presence_of(event) == {seat.pk: True, other.pk: True}


def test_an_id_one_device_gave_keeps_no_tick_of_another_child_from_being_noted():
    event = an_event_day()
    with_children(event, 8)
    seat, other = event.seats.order_by("pk")[:2]
    ticks = [Tick("device-a-1", one.public_id, True, NOW) for one in (seat, other, seat)]
    keep_ticks(event=event, ticks=ticks, actor=None, now=NOW)
    assert presence_of(event) == {seat.pk: True, other.pk: True}
    assert DayTick.objects.count() == 2


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_no_calendar_can_hold_is_refused(at):
    with pytest.raises(TicksMalformed):
        read_ticks([{"id": "device-a-1", "seat": "a", "present": True, "at": at}])


def test_guests_are_seen_by_the_school_they_are_of_by_who_signed_them_up_and_by_who_plans_the_day():
    event = an_event_day()
    mine, other = a_school(), a_school(name="桑木小学")
    clerk = a_member(Role.TOWNSHIP_COORDINATOR, area=a_township())
    sign = {"event": event, "now": NOW}
    event_seats.sign_up_guests(guests=[Guest("越小一", "")], school=mine, actor=None, **sign)
    event_seats.sign_up_guests(guests=[Guest("越小二", "")], school=other, actor=None, **sign)
    event_seats.sign_up_guests(guests=[Guest("越小三", "")], actor=clerk, **sign)

    def seen_by(user):
        return {seat.guest_name for seat in seats_visible_to(reader_for(user, NOW), event)}

    assert seen_by(a_member(Role.SCHOOL_COORDINATOR, organisation=mine)) == {"越小一"}
    assert seen_by(clerk) == {"越小三"}
    assert seen_by(a_coordinator(a_county())) == {"越小一", "越小二", "越小三"}


def test_a_child_who_leaves_the_roster_gives_its_place_to_the_next():
    event, child = an_event_day(), a_child()
    places(event, 1)
    event_seats.sign_up(event=event, children=[child], actor=None, now=NOW)
    event_seats.sign_up(event=event, children=[a_child()], actor=None, now=LATER)
    assert states(event) == ["PLACE", "WAITING"]
    for _twice in range(2):
        on_child_left(event_id=1, payload={"child_id": child.pk, "state": "MOVED_AWAY"}, now=NOW)
        assert states(event) == ["GONE", "PLACE"]


def test_what_was_stays_when_a_child_leaves_the_roster():
    event, child = an_event_day(), a_child()
    event_seats.sign_up(event=event, children=[child], actor=None, now=NOW)
    on_child_left(event_id=1, payload={"child_id": child.pk, "state": "CLOSED"}, now=NOW + timedelta(days=300))
    assert states(event) == ["PLACE"]


def test_a_list_of_a_published_day_that_changes_is_a_fact_for_the_calendars_of_schools():
    event = a_planned_day()
    event_seats.sign_up(event=fresh(event), children=[a_child()], actor=None, now=NOW)
    facts = OutboxEvent.objects.filter(name="event_day.seats_changed")
    assert not facts.exists()
    published(event)
    event_seats.sign_up(event=fresh(event), children=[a_child()], actor=None, now=NOW)
    assert [one.payload for one in facts] == [{"day_id": event.pk}]
