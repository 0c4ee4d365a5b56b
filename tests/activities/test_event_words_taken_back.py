"""What a guardian takes back stops at once: the child leaves the list and its papers, or nobody takes its picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.event_selectors import missing_consents, seats_taken_back, seats_without_photos
from activities.models import EventDay
from activities.services import event_seats
from activities.services.event_publishing import call_off
from backend.outbox.models import OutboxEvent
from backend.outbox.sweeper import sweep
from backend.roster.access import reader_for
from backend.roster.models import Consent
from backend.web.shared.day_seats import named_seats
from notifications.kinds import kind_of
from notifications.models import Message
from notifications.texts import facts_of, filled
from tests.factories.events import SATURDAY, a_planned_day, an_event_day, fresh, published, with_children
from tests.factories.roster import NOW, a_child, a_coordinator

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def agreed(seat, *purposes):
    facts = {"given_by": "外婆", "given_date": NOW.date(), "actor": None}
    event_seats.record_consents(seats=[seat], purposes=purposes, **facts)


def taken_back(seat, purpose="TAKE_PART", *, now=NOW):
    event_seats.withdraw_consent(seat=seat, purpose=purpose, actor=None, now=now)


@pytest.fixture
def day():
    """Published, eight children in groups, all agreed to everything."""
    event = a_planned_day()
    with_children(event, 8)
    for seat in event.seats.all():
        agreed(seat, "TAKE_PART", "PHOTO", "CARE")
    version = published(event)
    return fresh(event), version


def on_paper(event, version):
    return {seat.pk for seat in named_seats(reader_for(a_coordinator(), NOW), event, version)}


def test_who_may_not_take_part_any_more_is_on_no_list_and_no_paper(day):
    event, version = day
    seat = event.seats.order_by("pk").first()
    assert seat.pk in on_paper(event, version)
    taken_back(seat)
    seat.refresh_from_db()
    assert (seat.state, seat.group_key, seats_taken_back(event)) == ("GONE", "", {seat.pk})
    for paper in (version, None):
        assert on_paper(event, paper) == set(event.seats.values_list("pk", flat=True)) - {seat.pk}


def test_whoever_waited_first_moves_up(day):
    event, _version = day
    places = event.seats.filter(state="PLACE").count()
    event_seats.put_places(event=event, places=places, quotas={}, actor=None, now=NOW)
    waiting = a_child()
    event_seats.sign_up(event=event, children=[waiting], actor=None, now=NOW + DAY)
    assert event.seats.get(child=waiting).state == "WAITING"
    taken_back(event.seats.order_by("pk").first())
    assert event.seats.get(child=waiting).state == "PLACE"
    assert OutboxEvent.objects.get(name="event_day.word_taken_back").payload["moved_up"] == 1


@pytest.mark.parametrize(("moved_up", "is_said"), [(1, True), (0, False), (None, False)])
def test_that_somebody_moved_up_is_said_where_somebody_did(day, moved_up, is_said):
    event, _version = day
    about = {"day_id": event.pk} | ({} if moved_up is None else {"moved_up": moved_up})
    message = Message(kind="DAY_WORD_TAKEN_BACK", about=about)
    for language, words in (("zh-hans", "候补的补上来了"), ("en", "whoever waited first has moved up")):
        facts = facts_of(message, language=language, now=NOW)
        body = filled(kind_of(message.kind).text(language), facts).body
        assert (words in body, "{" in body) == (is_said, False)


def test_who_plans_the_day_is_told_once_and_not_who_the_child_is(day):
    event, _version = day
    planner, seat = a_coordinator(), event.seats.order_by("pk").first()
    for _again in range(2):
        taken_back(seat)
    sweep(now=NOW)
    message = Message.objects.get(kind="DAY_WORD_TAKEN_BACK", channel="inbox", account=planner)
    assert message.about == {"day_id": event.pk, "seat_id": seat.pk, "moved_up": 0}
    assert OutboxEvent.objects.filter(name="event_day.word_taken_back").count() == 1


def test_whoever_is_signed_up_again_is_asked_anew(day):
    event, _version = day
    seat = event.seats.order_by("pk").first()
    taken_back(seat)
    event_seats.sign_up(event=event, children=[seat.child], actor=None, now=NOW + DAY)
    assert (seats_taken_back(event), seat.pk in missing_consents(event)) == (set(), True)
    agreed(seat, "TAKE_PART")
    taken_back(seat, now=NOW + 2 * DAY)
    assert seats_taken_back(event) == {seat.pk}


def test_what_was_given_again_counts(day):
    event, _version = day
    seat = event.seats.order_by("pk").first()
    taken_back(seat, "CARE")
    agreed(seat, "CARE")
    assert (seats_taken_back(event), missing_consents(event)[seat.pk]) == (set(), [])


def test_of_a_day_that_is_over_or_off_the_list_stays_as_it_was(day):
    event, _version = day
    first, second = event.seats.order_by("pk")[:2]
    over = datetime(SATURDAY.year, SATURDAY.month, SATURDAY.day, tzinfo=UTC) + DAY
    taken_back(first, now=over)
    call_off(event=event, reason="大雪封路", actor=None, now=NOW)
    taken_back(EventDay.objects.get(pk=event.pk).seats.get(pk=second.pk))
    assert set(event.seats.values_list("state", flat=True)) == {"PLACE"}
    assert not OutboxEvent.objects.filter(name="event_day.word_taken_back").exists()


def test_pictures_are_of_those_whose_guardian_agreed_and_of_nobody_else(day):
    event, _version = day
    first, second = event.seats.order_by("pk")[:2]
    assert seats_without_photos(event) == set()
    taken_back(first, "PHOTO")
    late = a_child()
    event_seats.put_places(event=event, places=20, quotas={}, actor=None, now=NOW)
    event_seats.sign_up(event=event, children=[late], actor=None, now=NOW)
    assert seats_without_photos(event) == {first.pk, event.seats.get(child=late).pk}
    assert [seat.pk for seat in named_seats(reader_for(a_coordinator(), NOW), event) if seat.is_without_photos] != []
    assert (first.state, second.pk in seats_without_photos(event)) == ("PLACE", False)


def test_pictures_taken_back_on_the_childs_file_count_for_the_day_until_they_are_allowed_again(day):
    event, _version = day
    seat = event.seats.order_by("pk").first()
    facts = {"child": seat.child, "purpose": "PHOTO", "text_version": "1", "given_by": "外婆"}
    Consent.objects.create(**facts, given_date=NOW.date() - 30 * DAY, withdrawn_at=NOW - 2 * DAY)
    assert seats_without_photos(event) == set()
    Consent.objects.create(**facts, given_date=NOW.date() - DAY, withdrawn_at=NOW + DAY)
    assert (seats_without_photos(event), missing_consents(event)[seat.pk]) == ({seat.pk}, ["拍照和刊登"])
    Consent.objects.create(**facts, given_date=NOW.date())
    assert seats_without_photos(event) == set()


def test_whoever_had_left_already_is_no_news(day):
    event, _version = day
    seat = event.seats.order_by("pk").first()
    event_seats.leave(seat=seat, actor=None)
    taken_back(seat)
    assert not OutboxEvent.objects.filter(name="event_day.word_taken_back").exists()


def test_a_draft_loses_the_child_too():
    event = an_event_day()
    with_children(event, 8)
    seat = event.seats.order_by("pk").first()
    agreed(seat, "TAKE_PART")
    taken_back(seat)
    seat.refresh_from_db()
    assert seat.state == "GONE"
