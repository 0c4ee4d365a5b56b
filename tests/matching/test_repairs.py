"""Freed places are offered on: once to each person, by itself where the scheme says so, and never for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.jobs.models import Job
from backend.kernel.errors import NotAllowed
from backend.outbox.sweeper import sweep
from backend.roster.access import reader_for
from backend.roster.services.children import close_file
from matching.models import HelperLoad, MatchingRun, Offer, Pairing, Proposal, Scheme, Vacancy
from matching.services import repairs
from matching.services.offers import accept_offer, decline_offer, lapse_due_offers, withdraw_offer
from matching.services.pairings import end_long_suspended, end_pairing, suspend_pairing
from matching.services.proposals import publish_proposal
from matching.services.repairs import (
    NothingSuggested,
    accept_suggestions,
    repair_places,
    retry_vacancy,
)
from tests.factories.matching import a_scheme
from tests.factories.roster import NOW, a_child, a_coordinator, a_helper, a_township
from tests.matching.test_publishing import a_draft
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_one_time():
    """Facts are written at the time of the offers, not of the machine."""
    with time_machine.travel(NOW + timedelta(minutes=30), tick=False):
        yield


def offers_on(how):
    Scheme.objects.update(offers_on=how)


def a_published_child(*, teachers=2, cadres=2):
    """A child asked for by one of `teachers` and one of `cadres`; the others are free."""
    child = a_child()
    teachers = [a_helper(total_limit=1) for _ in range(teachers)]
    cadres = [a_helper(role=Role.CADRE, total_limit=1) for _ in range(cadres)]
    draft = a_draft((child, teachers[0], cadres[0]))
    user = a_coordinator()
    proposal = Proposal.objects.select_related("scheme__term", "run__area").get(pk=draft.pk)
    publish_proposal(proposal=proposal, actor=user, reader=reader_for(user, NOW), now=NOW)
    do_background_work()
    return child, teachers, cadres


def offer_of(helper, state="SENT"):
    return Offer.objects.get(helper=helper, state=state)


def test_the_other_half_is_offered_on_by_itself_and_never_to_the_decliner():
    child, teachers, cadres = a_published_child()
    accept_offer(offer=offer_of(cadres[0]), actor=None, now=LATER)
    decline_offer(offer=offer_of(teachers[0]), reason="TOO_MANY", actor=None, now=LATER)

    do_background_work()

    assert offer_of(teachers[1]).child == child
    assert not Offer.objects.filter(helper=cadres[1]).exists()
    assert Vacancy.objects.get().state == Vacancy.State.OFFERED
    assert list(Pairing.objects.values_list("helper", "state")) == [(cadres[0].pk, "ACTIVE")]
    assert HelperLoad.objects.get(helper=teachers[0], scheme=None).offered == 0
    run = MatchingRun.objects.get(is_automatic=True)
    assert (run.state, run.mode, run.requested_by) == ("DONE", "repair", None)


def test_a_child_nobody_has_accepted_gets_a_suggestion_that_a_person_accepts():
    child, teachers, _cadres = a_published_child()
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()

    vacancy = Vacancy.objects.get()
    assert (vacancy.state, vacancy.pair.helper) == (Vacancy.State.FOUND, teachers[1])
    assert not Offer.objects.filter(helper=teachers[1]).exists()

    user = a_coordinator()
    accept_suggestions(vacancies=[vacancy], actor=user, reader=reader_for(user, NOW), now=LATER)

    assert offer_of(teachers[1]).child == child
    vacancy.refresh_from_db()
    assert (vacancy.state, vacancy.settled_by) == (Vacancy.State.OFFERED, user)
    with pytest.raises(NothingSuggested):
        accept_suggestions(vacancies=[vacancy], actor=user, reader=reader_for(user, NOW), now=LATER)


def test_a_suggestion_goes_out_once_the_other_person_has_accepted():
    _child, teachers, cadres = a_published_child()
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()
    assert not Offer.objects.filter(helper=teachers[1]).exists()

    accept_offer(offer=offer_of(cadres[0]), actor=None, now=LATER)
    do_background_work()

    assert offer_of(teachers[1])


@pytest.mark.parametrize(("how", "asked"), [("AUTOMATIC", True), ("HALVES", False), ("SUGGEST", False)])
def test_the_scheme_says_what_goes_out_by_itself(how, asked):
    _child, teachers, _cadres = a_published_child()
    offers_on(how)
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()

    assert Offer.objects.filter(helper=teachers[1]).exists() is asked


def test_with_nobody_left_the_reason_stands_and_nothing_turns_in_circles():
    _child, teachers, cadres = a_published_child(teachers=1)
    accept_offer(offer=offer_of(cadres[0]), actor=None, now=LATER)
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()

    vacancy = Vacancy.objects.get()
    assert (vacancy.state, vacancy.pair.helper) == (Vacancy.State.NOBODY, None)
    assert vacancy.pair.certificate.short == 1
    assert not Job.objects.filter(state=Job.State.QUEUED, task="matching.tasks.repair_places").exists()
    assert AuditEntry.objects.filter(verb="vacancy.nobody", subject_id=vacancy.public_id).count() == 1

    newcomer = a_helper()
    retry_vacancy(vacancy=vacancy, actor=a_coordinator(), now=LATER)
    do_background_work()

    assert offer_of(newcomer)


def test_both_halves_free_again_are_asked_for_together_or_not_at_all():
    _child, teachers, cadres = a_published_child(teachers=1)
    offers_on("AUTOMATIC")
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    withdraw_offer(offer=offer_of(cadres[0]), actor=None, now=LATER, reason="x")
    do_background_work()

    assert not Offer.objects.filter(state="SENT").exists()
    assert set(Vacancy.objects.values_list("state", flat=True)) == {"NOBODY"}


def test_whoever_let_an_offer_lapse_is_not_asked_for_this_child_again():
    _child, teachers, cadres = a_published_child()
    accept_offer(offer=offer_of(cadres[0]), actor=None, now=LATER)

    lapse_due_offers(now=NOW + timedelta(days=8))
    do_background_work()

    assert offer_of(teachers[1])
    assert Offer.objects.filter(helper=teachers[0]).count() == 1


def test_an_ended_pairing_is_offered_on_to_somebody_else():
    _child, teachers, cadres = a_published_child()
    accept_offer(offer=offer_of(cadres[0]), actor=None, now=LATER)
    pairing = accept_offer(offer=offer_of(teachers[0]), actor=None, now=LATER)
    do_background_work()

    end_pairing(pairing=pairing, reason="调走", actor=None, now=LATER)
    do_background_work()

    assert offer_of(teachers[1])
    assert Offer.objects.filter(helper=teachers[0]).count() == 1


def test_a_long_pause_ends_only_where_the_scheme_offers_everything_on():
    _child, teachers, cadres = a_published_child()
    for helper in (teachers[0], cadres[0]):
        accept_offer(offer=offer_of(helper), actor=None, now=LATER)
    pairing = Pairing.objects.get(helper=teachers[0])
    suspend_pairing(pairing=pairing, reason="借调", actor=None, now=LATER)
    late = LATER + timedelta(days=31)

    assert end_long_suspended(now=late) == 0
    offers_on("AUTOMATIC")
    assert [end_long_suspended(now=late - timedelta(days=2)), end_long_suspended(now=late)] == [0, 1]

    do_background_work()
    assert offer_of(teachers[1])


def test_a_child_who_left_is_offered_to_nobody():
    child, _teachers, _cadres = a_published_child()
    close_file(child=child, state="MOVED", reason="进城", actor=None)
    do_background_work()

    assert set(Offer.objects.values_list("state", flat=True)) == {"WITHDRAWN"}
    assert not Vacancy.objects.exclude(state="CLOSED").exists()


def test_places_freed_together_are_repaired_in_one_run():
    first, second = a_published_child(), a_published_child()
    offers_on("AUTOMATIC")
    for _child, teachers, _cadres in (first, second):
        decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    sweep(now=LATER)
    assert Job.objects.filter(state="QUEUED", task="matching.tasks.repair_places").count() == 1
    do_background_work()

    assert MatchingRun.objects.filter(is_automatic=True).count() == 1
    asked_again = Offer.objects.filter(state="SENT", slot__rule__key="teacher")
    assert {offer.child for offer in asked_again} == {first[0], second[0]}


def test_the_job_may_run_twice():
    _child, teachers, _cadres = a_published_child()
    offers_on("AUTOMATIC")
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()
    job = Job.objects.get(task="matching.tasks.repair_places")

    repair_places(scheme_id=a_scheme().pk, job_id=job.public_id, clock=lambda: LATER, beat=lambda: None)
    repair_places(scheme_id=a_scheme().pk, job_id="another", clock=lambda: LATER, beat=lambda: None)

    assert MatchingRun.objects.filter(is_automatic=True).count() == 1
    assert Offer.objects.filter(helper=teachers[1]).count() == 1


def test_a_place_asked_for_often_enough_waits_for_a_person(monkeypatch):
    monkeypatch.setattr(repairs, "MOST_ASKED", 1)
    _child, teachers, _cadres = a_published_child(teachers=3)
    offers_on("AUTOMATIC")
    for _helper in teachers[:2]:
        decline_offer(offer=offer_of(Offer.objects.get(state="SENT", slot__rule__key="teacher").helper), reason="OTHER",
                      actor=None, now=LATER)  # fmt: skip
        do_background_work()

    assert Vacancy.objects.get(state="FOUND").pair.helper_id in {helper.pk for helper in teachers}
    assert not Offer.objects.filter(state="SENT", slot__rule__key="teacher").exists()


def test_townships_accept_suggestions_only_where_the_county_lets_them():
    _child, teachers, _cadres = a_published_child()
    decline_offer(offer=offer_of(teachers[0]), reason="OTHER", actor=None, now=LATER)
    do_background_work()
    user = a_coordinator(a_township())

    with pytest.raises(NotAllowed):
        accept_suggestions(vacancies=Vacancy.objects.all(), actor=user, reader=reader_for(user, NOW), now=LATER)
