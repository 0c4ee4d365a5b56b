"""A stand-in from a day to a day: access, duties, feed and messages move, and come back by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.models import BusyCalendar, BusySpan, Duty
from activities.services.duties import set_duty_time
from backend.accounts.models import Role
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.sweeper import sweep
from backend.roster.access import children_visible_to, reader_in_role
from backend.roster.models import Clearance, Exclusion, WeeklyHours
from matching.models import Pairing, StandIn
from matching.selectors import pairings_visible_to
from matching.services.pairings import end_pairing, resume_pairing, suspend_pairing, suspend_uncleared
from matching.services.stand_ins import begin_due, cancel_stand_in, end_due, plan_stand_in
from notifications.models import Message
from tests.factories.matching import a_pairing
from tests.factories.roster import NOW, TODAY, a_child, a_helper

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def sees(helper, child, now=NOW):
    return children_visible_to(reader_in_role(helper.user, Role.TEACHER, now)).filter(pk=child.pk).exists()


def planned(pairing, helper, first=TODAY, last=TODAY + 6 * DAY, **more):
    return plan_stand_in(
        pairing=pairing, helper=helper, from_date=first, until_date=last, actor=None, now=NOW, **more
    )  # fmt: skip


@pytest.fixture
def pairing():
    one = a_pairing(a_child("冉欣怡"))
    sweep(now=NOW)
    return one


@pytest.fixture
def other():
    return a_helper()


def test_the_child_is_the_stand_ins_at_once_and_the_helpers_again_by_itself(pairing, other):
    planned(pairing, other)
    assert (sees(other, pairing.child), sees(pairing.helper, pairing.child)) == (True, False)
    assert pairings_visible_to(reader_in_role(other.user, Role.TEACHER, NOW)).get().answering == other

    assert end_due(now=NOW + 6 * DAY) == 0
    assert end_due(now=NOW + 7 * DAY) == 1
    assert end_due(now=NOW + 7 * DAY) == 0

    assert (sees(other, pairing.child), sees(pairing.helper, pairing.child)) == (False, True)
    assert Pairing.objects.get().stand_in is None
    assert StandIn.objects.get().state == "OVER"


def test_one_that_is_planned_begins_on_its_day(pairing, other):
    planned(pairing, other, first=TODAY + 2 * DAY)
    assert not sees(other, pairing.child)
    assert [begin_due(now=NOW + days * DAY) for days in (1, 2, 2)] == [0, 1, 0]
    assert sees(other, pairing.child)


def test_duties_that_fall_into_the_days_move_and_those_not_done_come_back(pairing, other):
    duty = Duty.objects.get()
    set_duty_time(duty=duty, start_at=at(25), end_at=at(25, 10), actor=None, now=NOW)
    planned(pairing, other)
    sweep(now=NOW)
    duty.refresh_from_db()
    assert (duty.helper, duty.start_at, duty.sequence) == (other, at(25), 2)

    end_due(now=NOW + 7 * DAY)
    sweep(now=NOW + 7 * DAY)
    duty.refresh_from_db()
    assert duty.helper == pairing.helper


def test_what_is_due_after_the_last_day_stays_and_a_clashing_time_is_taken_off(pairing, other):
    duty = Duty.objects.get()
    Duty.objects.update(latest_date=TODAY + 10 * DAY)
    planned(pairing, other)
    sweep(now=NOW)
    duty.refresh_from_db()
    assert duty.helper == pairing.helper

    cancel_stand_in(stand_in=StandIn.objects.get(), actor=None, now=NOW)
    a_pairing(a_child(), other)
    sweep(now=NOW)
    for one in Duty.objects.filter(state="OPEN"):
        set_duty_time(duty=one, start_at=at(25), end_at=at(25, 10), actor=None, now=NOW)
    planned(pairing, other)
    sweep(now=NOW)
    duty.refresh_from_db()
    assert (duty.helper, duty.start_at) == (other, None)


def test_a_time_at_which_the_stand_in_is_busy_is_taken_off(pairing, other):
    duty = Duty.objects.get()
    set_duty_time(duty=duty, start_at=at(25), end_at=at(25, 10), actor=None, now=NOW)
    calendar = BusyCalendar.objects.create(
        helper=other, kind="FILE", state="LIVE", from_date=TODAY, until_date=TODAY + 30 * DAY, read_at=NOW
    )
    BusySpan.objects.create(calendar=calendar, start_at=at(25), end_at=at(25, 12))
    planned(pairing, other)
    sweep(now=NOW)
    duty.refresh_from_db()
    assert (duty.helper, duty.start_at) == (other, None)


@pytest.mark.parametrize(("start", "is_kept"), [(8 * 60, True), (17 * 60, False)])
def test_a_time_outside_the_stand_ins_usual_week_is_taken_off(pairing, other, start, is_kept):
    duty = Duty.objects.get()
    set_duty_time(duty=duty, start_at=at(25), end_at=at(25, 10), actor=None, now=NOW)
    WeeklyHours.objects.create(helper=other, weekday=at(25).isoweekday(), start_minute=start, end_minute=start + 6 * 60)
    planned(pairing, other)
    sweep(now=NOW)
    duty.refresh_from_db()
    assert (duty.helper, duty.start_at is not None) == (other, is_kept)


def at(day, hour=9):
    return datetime(2026, 11, day, hour - 8, tzinfo=UTC)


def test_both_are_told_at_both_ends_and_no_full_name(pairing, other):
    Message.objects.all().delete()
    planned(pairing, other)
    sweep(now=NOW)
    end_due(now=NOW + 7 * DAY)
    sweep(now=NOW + 7 * DAY)
    told = Message.objects.filter(channel="email").order_by("pk").values_list("kind", "helper")
    assert list(told) == [
        ("STAND_IN_BEGAN", other.pk), ("STAND_IN_FOR_YOU", pairing.helper_id), ("STAND_IN_OVER", other.pk),
        ("STAND_IN_BACK", pairing.helper_id),
    ]  # fmt: skip
    from notifications.inbox import letters_of

    for letter in letters_of(Message.objects.filter(channel="inbox"), language="en", now=NOW):
        assert "冉欣怡" not in letter.body + letter.subject
        assert "{" not in letter.body + letter.subject


def test_a_pairing_that_rests_is_looked_after_again(pairing, other):
    suspend_pairing(pairing=pairing, reason="住院", actor=None, now=NOW)
    planned(pairing, other)
    assert Pairing.objects.get().state == "ACTIVE"
    assert sees(other, pairing.child)


def test_a_pause_while_somebody_stands_in_closes_the_child_to_both_and_resuming_opens_it_to_the_stand_in(
    pairing, other
):
    planned(pairing, other)
    suspend_pairing(pairing=pairing, reason="家里有事", actor=None, now=NOW)
    assert not sees(other, pairing.child)
    resume_pairing(pairing=Pairing.objects.get(), actor=None, now=NOW)
    assert (sees(other, pairing.child), sees(pairing.helper, pairing.child)) == (True, False)


def test_the_end_of_the_pairing_ends_the_stand_in_too(pairing, other):
    planned(pairing, other)
    planned(pairing, a_helper(), first=TODAY + 9 * DAY, last=TODAY + 12 * DAY)
    end_pairing(pairing=Pairing.objects.get(), reason="调走了", actor=None, now=NOW)
    assert not sees(other, pairing.child)
    sweep(now=NOW)
    assert sorted(StandIn.objects.values_list("state", flat=True)) == ["CANCELLED", "OVER"]
    assert not sees(pairing.helper, pairing.child)


def test_whoever_stands_in_must_be_cleared_on_every_day(pairing, other):
    planned(pairing, other)
    Clearance.objects.filter(helper=pairing.helper).update(expires_date=TODAY - DAY)
    assert suspend_uncleared(now=NOW) == 0  # the stand-in is cleared
    Clearance.objects.filter(helper=other).update(expires_date=TODAY)
    assert end_due(now=NOW + DAY) == 1
    assert suspend_uncleared(now=NOW + DAY) == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda pairing, other: Clearance.objects.filter(helper=other).update(expires_date=TODAY), "helper.not_cleared"),
        (lambda pairing, other: Exclusion.objects.create(child=pairing.child, helper=other, reason="KIN"), "offer.pair_not_allowed"),
        (lambda pairing, other: planned(pairing, a_helper(), first=TODAY + 5 * DAY), "stand_in.there"),
        (lambda pairing, other: other.roles.update(role="CADRE"), "offer.pair_not_allowed"),
    ],
)  # fmt: skip
def test_who_may_not_stand_in_does_not(pairing, other, spoil, code):
    spoil(pairing, other)
    with pytest.raises(DomainError) as refused:
        planned(pairing, other)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("first", "last"), [(TODAY - DAY, TODAY), (TODAY + DAY, TODAY), (TODAY, TODAY + timedelta(days=181))]
)
def test_days_nobody_can_mean_are_refused(pairing, other, first, last):
    with pytest.raises(DomainError) as refused:
        planned(pairing, other, first=first, last=last)
    assert refused.value.code == "stand_in.wrong_days"


def test_nobody_stands_in_for_themselves_nor_for_what_has_ended(pairing, other):
    with pytest.raises(DomainError) as refused:
        planned(pairing, pairing.helper)
    assert refused.value.code == "stand_in.same"
    end_pairing(pairing=pairing, reason="x", actor=None, now=NOW)
    with pytest.raises(InvalidMove):
        planned(pairing, other)


def test_one_who_may_no_longer_when_the_day_comes_does_not_begin(pairing, other):
    planned(pairing, other, first=TODAY + 2 * DAY)
    Exclusion.objects.create(child=pairing.child, helper=other, reason="KIN")
    assert begin_due(now=NOW + 2 * DAY) == 0
    assert StandIn.objects.get().state == "CANCELLED"
    assert sees(pairing.helper, pairing.child)


def test_what_somebody_paused_rests_again_after_the_stand_in(pairing, other):
    suspend_pairing(pairing=pairing, reason="住院", actor=None, now=NOW)
    planned(pairing, other)
    assert sees(other, pairing.child)

    assert end_due(now=NOW + 7 * DAY) == 1

    one = Pairing.objects.get()
    assert (one.state, one.suspend_reason, one.suspended_until) == ("SUSPENDED", "住院", None)
    assert not sees(other, pairing.child) and not sees(pairing.helper, pairing.child)


@pytest.mark.parametrize(("days", "state"), [(20, "SUSPENDED"), (5, "ACTIVE")])
def test_a_pause_until_a_day_rests_again_only_where_the_day_has_not_come(pairing, other, days, state):
    suspend_pairing(pairing=pairing, reason="进修", actor=None, now=NOW, until=TODAY + days * DAY)
    one = planned(pairing, other)

    cancel_stand_in(stand_in=one, actor=None, now=NOW + 6 * DAY)

    found = Pairing.objects.get()
    assert found.state == state
    assert found.suspended_until == (TODAY + days * DAY if state == "SUSPENDED" else None)
    assert sees(pairing.helper, pairing.child) == (state == "ACTIVE")


def test_what_was_taken_up_on_purpose_meanwhile_does_not_rest_again(pairing, other):
    suspend_pairing(pairing=pairing, reason="住院", actor=None, now=NOW)
    planned(pairing, other)
    suspend_pairing(pairing=Pairing.objects.get(), reason="搬家", actor=None, now=NOW)
    resume_pairing(pairing=Pairing.objects.get(), actor=None, now=NOW)

    end_due(now=NOW + 7 * DAY)

    assert Pairing.objects.get().state == "ACTIVE"
    assert sees(pairing.helper, pairing.child)


def test_what_rested_for_want_of_a_check_is_asked_of_the_check_afterwards(pairing, other):
    Clearance.objects.filter(helper=pairing.helper).update(expires_date=TODAY - DAY)
    assert suspend_uncleared(now=NOW) == 1
    planned(Pairing.objects.get(), other)
    Clearance.objects.filter(helper=pairing.helper).update(expires_date=TODAY + 90 * DAY)

    end_due(now=NOW + 7 * DAY)

    assert Pairing.objects.get().state == "ACTIVE"
