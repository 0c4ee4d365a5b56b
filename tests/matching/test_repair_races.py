"""Freed places and publications at the same moment: each place is asked for once, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from backend.outbox.sweeper import sweep
from backend.roster.access import reader_for
from matching.models import HelperLoad, MatchingRun, Offer, Proposal, ProposedPair, Scheme, Vacancy
from matching.services.offers import decline_offer, lapse_due_offers
from matching.services.proposals import publish_proposal
from matching.services.repairs import accept_suggestions, repair_places, settle_repair
from tests.factories.matching import a_proposal, a_scheme
from tests.factories.roster import NOW, a_coordinator, a_helper
from tests.matching.test_races import AT_ONCE, all_at_once
from tests.matching.test_repairs import LATER, a_published_child, offer_of
from tests.scenarios.background import do_background_work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture(autouse=True)
def _at_one_time():
    with time_machine.travel(NOW + timedelta(minutes=30), tick=False):
        yield


def loads_are_right():
    """What the load rows say is what the offers and pairings say."""
    for load in HelperLoad.objects.filter(scheme=None):
        sent = Offer.objects.filter(helper=load.helper, state="SENT").count()
        assert (load.offered, load.active) == (sent, 0)


def test_a_decline_while_a_coordinator_publishes_asks_for_each_place_once():
    children = [a_published_child(teachers=2, cadres=1) for _ in range(4)]
    Scheme.objects.update(offers_on="AUTOMATIC")
    scheme, user = a_scheme(), a_coordinator()
    # A newer draft that gives each child's teacher place to the free teacher.
    draft = a_proposal(scheme)
    for child, teachers, _cadres in children:
        slot = Offer.objects.get(helper=teachers[0], state="SENT").slot
        ProposedPair.objects.create(proposal=draft, slot=slot, child=child, helper=teachers[1], fit=1)
    draft = Proposal.objects.select_related("scheme__term", "run__area").get(pk=draft.pk)
    jobs = [("decline", offer_of(teachers[0])) for _child, teachers, _cadres in children]
    jobs += [("publish", None)] * 4 + [("repair", number) for number in range(AT_ONCE - 8)]

    def act(job):
        what, about = job
        if what == "decline":
            decline_offer(offer=about, reason="OTHER", actor=None, now=LATER)
        elif what == "publish":
            publish_proposal(proposal=draft, actor=user, reader=reader_for(user, NOW), now=LATER)
        else:
            sweep(now=LATER)

    all_at_once(act, jobs)
    do_background_work()

    sent = list(Offer.objects.filter(state="SENT", slot__rule__key="teacher").values_list("slot", flat=True))
    assert len(sent) == len(set(sent)) == 4
    assert not Vacancy.objects.filter(state__in=["WAITING", "FOUND"]).exists()
    loads_are_right()


def test_two_sweeps_of_lapsed_offers_at_once_leave_one_vacancy_each():
    for _ in range(3):
        a_published_child()

    def lapse_and_tell(_number):
        done = lapse_due_offers(now=NOW + timedelta(days=8))
        sweep(now=LATER)
        return done

    lapsed = sum(all_at_once(lapse_and_tell, list(range(AT_ONCE))))
    do_background_work()

    assert lapsed == 6
    assert Vacancy.objects.count() == Vacancy.objects.values("slot").distinct().count() == 6
    loads_are_right()


def test_jobs_and_a_person_at_once_ask_each_person_once():
    a_scheme()
    Scheme.objects.update(offers_on="SUGGEST")
    children = [a_published_child() for _ in range(3)]
    for _child, teachers, _cadres in children:
        decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()
    run = MatchingRun.objects.select_related("scheme").get(is_automatic=True)
    Scheme.objects.update(offers_on="AUTOMATIC")
    user = a_coordinator()
    found = list(Vacancy.objects.filter(state="FOUND"))
    assert len(found) == 3

    def act(number):
        if number % 2:
            return len(settle_repair(run=run, now=LATER))
        return len(accept_suggestions(vacancies=found, actor=user, reader=reader_for(user, NOW), now=LATER))

    all_at_once(act, list(range(AT_ONCE)))
    do_background_work()

    sent = list(Offer.objects.filter(state="SENT", slot__rule__key="teacher").values_list("slot", "helper"))
    assert len(sent) == len({slot for slot, _helper in sent}) == len({helper for _slot, helper in sent}) == 3
    loads_are_right()


def test_one_job_on_two_workers_makes_one_proposal():
    _child, teachers, _cadres = a_published_child()
    Scheme.objects.update(offers_on="AUTOMATIC")
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    sweep(now=LATER)
    scheme_id = a_scheme().pk

    def repair(_number):
        run = repair_places(scheme_id=scheme_id, job_id="one", clock=lambda: LATER, beat=lambda: None)
        return run.state if run else ""

    all_at_once(repair, [0, 1])

    do_background_work()
    assert Offer.objects.filter(helper=teachers[1]).count() == 1
    assert Proposal.objects.filter(run__is_automatic=True).count() == 1
    loads_are_right()


def test_a_newcomer_is_found_for_a_place_nobody_could_fill():
    _child, teachers, _cadres = a_published_child(teachers=1)
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()
    assert Vacancy.objects.get().state == "NOBODY"
    a_helper()
    _other, others, _their_cadres = a_published_child(teachers=1)
    decline_offer(offer=offer_of(others[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()

    # The next repair of the scheme looks at what stayed open too.
    assert list(Vacancy.objects.values_list("state", flat=True)) == ["FOUND", "FOUND"]
