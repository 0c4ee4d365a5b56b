"""Two hundred people press at once: exactly what fits is accepted, on either database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from backend.kernel.errors import DomainError
from matching.models import HelperLoad, Offer, Pairing
from matching.services.offers import OfferNotOpen, accept_offer, decline_offer
from tests.factories.matching import an_offer
from tests.factories.roster import NOW, a_helper

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

CALLERS, AT_ONCE = 200, 20
LATER = NOW + timedelta(hours=1)


def all_at_once(call, jobs):
    """Run `call(job)` for every job from `AT_ONCE` threads that start together; answers what each gave or raised."""
    gate = Barrier(AT_ONCE)

    def worker(mine):
        gate.wait()
        try:
            return [attempt(call, job) for job in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [
            answer for answers in pool.map(worker, [jobs[at::AT_ONCE] for at in range(AT_ONCE)]) for answer in answers
        ]


def attempt(call, job):
    try:
        return call(job)
    except DomainError as refused:
        return refused.code


def test_two_hundred_accepts_of_one_offer_make_one_pairing():
    offer = an_offer()

    answers = all_at_once(lambda _n: accept_offer(offer=offer, actor=None, now=LATER).pk, list(range(CALLERS)))

    assert sorted(str(answer) for answer in answers if answer != OfferNotOpen.code) == [str(Pairing.objects.get().pk)]
    assert answers.count(OfferNotOpen.code) == CALLERS - 1
    assert list(HelperLoad.objects.values_list("active", "offered")) == [(1, 0), (1, 0)]


def test_two_hundred_offers_of_one_helper_fill_the_limit_and_no_more():
    helper = a_helper(total_limit=3)
    offers = [an_offer(helper=helper, is_held=False) for _ in range(CALLERS)]

    answers = all_at_once(lambda offer: accept_offer(offer=offer, actor=None, now=LATER).public_id, offers)

    assert len([answer for answer in answers if answer != "helper.full"]) == 3
    assert answers.count("helper.full") == CALLERS - 3
    assert Pairing.objects.count() == Offer.objects.filter(state=Offer.State.ACCEPTED).count() == 3
    assert HelperLoad.objects.get(scheme=None).active == 3


def test_accept_and_decline_at_once_leave_one_answer():
    offers = [an_offer() for _ in range(AT_ONCE)]
    jobs = [(offer, way) for offer in offers for way in ("accept", "decline")]

    def answer(job):
        offer, way = job
        if way == "accept":
            return accept_offer(offer=offer, actor=None, now=LATER) and "done"
        return decline_offer(offer=offer, reason="OTHER", actor=None, now=LATER) and "done"

    answers = all_at_once(answer, jobs)

    assert answers.count("done") == answers.count(OfferNotOpen.code) == AT_ONCE
    accepted = set(Offer.objects.filter(state=Offer.State.ACCEPTED).values_list("pk", flat=True))
    assert set(Pairing.objects.values_list("offer_id", flat=True)) == accepted
