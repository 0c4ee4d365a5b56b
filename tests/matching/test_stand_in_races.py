"""Many press at once: one stands in, one takes over, one question waits, a renewal happens once; on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from matching.models import HelperLoad, OfferQuestion, Pairing, StandIn
from matching.services.handovers import hand_over
from matching.services.questions import ask_about_offer
from matching.services.stand_ins import begin_due, cancel_stand_in, plan_stand_in
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, TODAY, a_helper
from tests.matching.test_races import all_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
DAY = timedelta(days=1)
CALLERS = 40


def test_of_many_stand_ins_for_the_same_days_one_begins():
    pairing, others = a_pairing(), [a_helper() for _each in range(CALLERS)]

    def plan(helper):
        return plan_stand_in(
            pairing=pairing, helper=helper, from_date=TODAY, until_date=TODAY + DAY, actor=None, now=NOW
        ).state  # fmt: skip

    answers = all_at_once(plan, others)
    assert (answers.count("RUNNING"), answers.count("stand_in.there")) == (1, CALLERS - 1)
    assert Pairing.objects.get().stand_in == StandIn.objects.get().helper


def test_of_many_handovers_one_takes_over_and_every_place_is_counted():
    pairing, others = a_pairing(), [a_helper() for _each in range(CALLERS)]

    def hand(helper):
        return hand_over(pairing=pairing, helper=helper, note="", agreed="说好的", actor=None, now=NOW).pk

    answers = all_at_once(hand, others)
    assert len([answer for answer in answers if isinstance(answer, int)]) == 1
    fresh = Pairing.objects.get(state="ACTIVE")
    held = HelperLoad.objects.filter(scheme=None).exclude(active=0, offered=0)
    assert list(held.values_list("helper", "active", "offered")) == [(fresh.helper_id, 1, 0)]


def test_one_question_waits_however_many_press():
    offer = an_offer()
    answers = all_at_once(
        lambda n: ask_about_offer(offer=offer, text=f"问 {n}", actor=None, now=NOW).pk, list(range(CALLERS))
    )
    assert answers.count("question.asked_already") == CALLERS - 1
    assert OfferQuestion.objects.count() == 1


def test_begin_and_cancel_at_once_leave_one_of_the_two():
    pairing = a_pairing()
    one = plan_stand_in(
        pairing=pairing, helper=a_helper(), from_date=TODAY + DAY, until_date=TODAY + 2 * DAY, actor=None, now=NOW
    )

    def press(number):
        if number % 2:
            return begin_due(now=NOW + DAY)
        cancel_stand_in(stand_in=one, actor=None, now=NOW + DAY)
        return "off"

    all_at_once(press, list(range(CALLERS)))
    one.refresh_from_db()
    pairing.refresh_from_db()
    assert one.state in {"CANCELLED", "OVER"}
    assert pairing.stand_in is None
