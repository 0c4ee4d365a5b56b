"""The life of an offer: one answer, and only while everything that made it right still is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from backend.audit.models import AuditEntry
from backend.kernel.errors import InvalidMove
from backend.outbox.models import OutboxEvent
from backend.outbox.sweeper import sweep
from backend.roster.access import children_visible_to, reader_for
from backend.roster.models import CareLink, Child, Clearance, Exclusion, HelperRole
from backend.roster.services.pair_wishes import exclude_pair
from matching.models import HelperLoad, Offer, Pairing
from matching.services.loads import HelperFull
from matching.services.offers import (
    ChildNotFree,
    HelperNotCleared,
    OfferNotOpen,
    PairNotAllowed,
    SlotTaken,
    accept_offer,
    decline_offer,
    lapse_due_offers,
    withdraw_offer,
)
from matching.services.pairings import (
    NotClearedNow,
    end_pairing,
    resume_cleared,
    resume_pairing,
    suspend_pairing,
    suspend_uncleared,
)
from tests.factories.matching import a_pairing, a_slot, an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_helper, a_school, a_township, a_village

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def loads(helper):
    return {row.scheme_id is None: (row.active, row.offered) for row in HelperLoad.objects.filter(helper=helper)}


def test_accepting_opens_a_pairing_and_the_childs_file():
    offer = an_offer()

    pairing = accept_offer(offer=offer, actor=offer.helper.user, now=LATER)

    offer.refresh_from_db()
    assert (offer.state, offer.answered_at, pairing.state) == (Offer.State.ACCEPTED, LATER, Pairing.State.ACTIVE)
    assert loads(offer.helper) == {True: (1, 0), False: (1, 0)}
    reader = reader_for(offer.helper.user, LATER)
    assert list(children_visible_to(reader)) == [offer.child]
    assert OutboxEvent.objects.get(name="offer.accepted").payload["pairing_id"] == pairing.pk
    assert AuditEntry.objects.filter(verb="offer.accepted", subject_id=offer.public_id).count() == 1


def test_accepting_twice_is_refused_and_changes_nothing():
    offer = an_offer()
    accept_offer(offer=offer, actor=None, now=LATER)

    with pytest.raises(OfferNotOpen) as refused:
        accept_offer(offer=offer, actor=None, now=LATER)

    assert refused.value.facts == {"state": "ACCEPTED"}
    assert Pairing.objects.count() == 1
    assert loads(offer.helper) == {True: (1, 0), False: (1, 0)}


@pytest.mark.parametrize("answer", ["withdraw", "decline", "lapse"])
def test_accepting_after_another_answer_is_refused(answer):
    offer = an_offer()
    if answer == "withdraw":
        withdraw_offer(offer=offer, actor=None, now=LATER)
    elif answer == "decline":
        decline_offer(offer=offer, reason="TOO_FAR", actor=None, now=LATER)
    else:
        lapse_due_offers(now=NOW + timedelta(days=8))

    with pytest.raises(OfferNotOpen):
        accept_offer(offer=offer, actor=None, now=LATER)
    assert not Pairing.objects.exists()


def test_accepting_past_the_deadline_is_refused_before_the_sweep_has_run():
    offer = an_offer()

    with pytest.raises(OfferNotOpen) as refused:
        accept_offer(offer=offer, actor=None, now=NOW + timedelta(days=7))

    assert refused.value.facts == {"state": "LAPSED"}


def test_a_helper_at_the_limit_cannot_accept_and_the_offer_stays_open():
    helper = a_helper(total_limit=1)
    a_pairing(helper=helper)
    offer = an_offer(helper=helper, is_held=False)

    with pytest.raises(HelperFull) as refused:
        accept_offer(offer=offer, actor=None, now=LATER)

    assert refused.value.facts == {"limit": 1}
    offer.refresh_from_db()
    assert offer.state == Offer.State.SENT


def test_a_lowered_limit_counts_at_acceptance():
    helper = a_helper(total_limit=2)
    a_pairing(helper=helper)
    offer = an_offer(helper=helper)
    type(helper).objects.filter(pk=helper.pk).update(total_limit=1)

    with pytest.raises(HelperFull):
        accept_offer(offer=offer, actor=None, now=LATER)


def test_a_clearance_that_ended_since_publishing_stops_the_acceptance():
    offer = an_offer()
    Clearance.objects.filter(helper=offer.helper).update(expires_date=date(2026, 11, 22))

    with pytest.raises(HelperNotCleared):
        accept_offer(offer=offer, actor=None, now=LATER)


def test_a_clearance_nobody_confirmed_does_not_count():
    offer = an_offer()
    Clearance.objects.filter(helper=offer.helper).update(confirmed_at=None, confirmed_by=None)

    with pytest.raises(HelperNotCleared):
        accept_offer(offer=offer, actor=None, now=LATER)


@pytest.mark.parametrize("what", ["moved", "no consent"])
def test_a_child_who_is_no_longer_free_stops_the_acceptance(what):
    offer = an_offer()
    if what == "moved":
        Child.objects.filter(pk=offer.child_id).update(state=Child.State.MOVED)
    else:
        offer.child.consents.update(withdrawn_at=NOW)

    with pytest.raises(ChildNotFree):
        accept_offer(offer=offer, actor=None, now=LATER)


def test_the_same_person_never_takes_two_places_of_one_child():
    child, helper = a_child(), a_helper()
    HelperRole.objects.create(helper=helper, role="CADRE")
    a_pairing(child, helper)
    other = a_slot(child, kind="cadre")
    offer = Offer.objects.create(
        slot=other, child=child, helper=helper, proposal=Offer.objects.get().proposal, sent_at=NOW,
        expires_at=NOW + timedelta(days=7),
    )  # fmt: skip

    with pytest.raises(SlotTaken):
        accept_offer(offer=offer, actor=None, now=LATER)


def test_declining_frees_the_place_and_is_remembered():
    offer = an_offer()

    decline_offer(offer=offer, reason="KIN", actor=None, now=LATER, note="外甥女")

    offer.refresh_from_db()
    assert (offer.state, offer.decline_reason, offer.note) == (Offer.State.DECLINED, "KIN", "外甥女")
    assert loads(offer.helper) == {True: (0, 0), False: (0, 0)}
    assert Exclusion.objects.get(child=offer.child, helper=offer.helper).reason == Exclusion.Reason.KIN


def test_lapsing_closes_only_what_is_due_and_may_run_twice():
    due, open_one = an_offer(), an_offer(expires_at=NOW + timedelta(days=20))

    assert [lapse_due_offers(now=NOW + timedelta(days=8)), lapse_due_offers(now=NOW + timedelta(days=8))] == [1, 0]

    states = dict(Offer.objects.values_list("pk", "state"))
    assert states == {due.pk: Offer.State.LAPSED, open_one.pk: Offer.State.SENT}
    assert loads(due.helper) == {True: (0, 0), False: (0, 0)}


def test_ending_a_pairing_frees_the_place_and_closes_the_file():
    pairing = a_pairing()

    end_pairing(pairing=pairing, reason="搬家", actor=None, now=LATER)

    assert loads(pairing.helper) == {True: (0, 0), False: (0, 0)}
    assert not children_visible_to(reader_for(pairing.helper.user, LATER)).exists()
    assert CareLink.objects.get().ended_at == LATER


def test_every_open_pairing_has_its_care_link_and_no_other_exists():
    kept, ended = a_pairing(), a_pairing()
    end_pairing(pairing=ended, reason="-", actor=None, now=LATER)

    live = set(CareLink.objects.filter(ended_at=None).values_list("source_id", "child_id", "helper_id"))
    assert live == {(kept.public_id, kept.child_id, kept.helper_id)}


def test_a_pairing_rests_while_its_helpers_background_check_does_not_hold():
    pairing, other = a_pairing(), a_pairing()
    Clearance.objects.filter(helper=pairing.helper).update(expires_date=date(2026, 11, 22))

    assert [suspend_uncleared(now=LATER), suspend_uncleared(now=LATER)] == [1, 0]

    states = dict(Pairing.objects.values_list("pk", "state"))
    assert states == {pairing.pk: Pairing.State.SUSPENDED, other.pk: Pairing.State.ACTIVE}
    assert not children_visible_to(reader_for(pairing.helper.user, LATER)).exists()
    assert loads(pairing.helper) == {True: (1, 0), False: (1, 0)}

    Clearance.objects.filter(helper=pairing.helper).update(expires_date=date(2027, 8, 31))
    assert [resume_cleared(now=LATER), resume_cleared(now=LATER)] == [1, 0]
    assert list(children_visible_to(reader_for(pairing.helper.user, LATER))) == [pairing.child]


def test_a_pairing_paused_by_a_person_is_not_resumed_by_the_sweep():
    pairing = a_pairing()
    suspend_pairing(pairing=pairing, reason="生病", actor=None, now=LATER)

    assert resume_cleared(now=LATER) == 0
    with pytest.raises(InvalidMove):
        suspend_pairing(pairing=pairing, reason="再停", actor=None, now=LATER)


@pytest.mark.parametrize("what", ["asked not to", "moved away", "another school"])
def test_what_changed_between_the_two_since_publishing_stops_the_acceptance(what):
    offer = an_offer()
    if what == "asked not to":
        exclude_pair(child=offer.child, helper=offer.helper, reason="ASKED_NOT_TO", actor=None)
    else:
        far = a_village(a_township(number=109, name="桑木镇"), number=209, name="青杠坡村")
        columns = {"village": far, "school": a_school(far, name="桑木小学")}
        Child.objects.filter(pk=offer.child_id).update(**columns)

    with pytest.raises(PairNotAllowed):
        accept_offer(offer=offer, actor=None, now=LATER)
    assert not Pairing.objects.exists()


def test_an_exclusion_takes_the_open_offer_back():
    offer = an_offer()
    exclude_pair(child=offer.child, helper=offer.helper, reason="ASKED_NOT_TO", actor=None)

    sweep(now=timezone.now())

    offer.refresh_from_db()
    assert offer.state == Offer.State.WITHDRAWN
    assert loads(offer.helper) == {True: (0, 0), False: (0, 0)}


def test_shortly_after_midnight_in_shanghai_a_check_of_today_counts():
    midnight = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # 00:30 on the 24th
    offer = an_offer(sent_at=midnight)
    Clearance.objects.filter(helper=offer.helper).update(issued_date=date(2026, 11, 24))

    assert accept_offer(offer=offer, actor=None, now=midnight + timedelta(minutes=1)).state == Pairing.State.ACTIVE


def test_nobody_takes_up_a_pairing_whose_helper_is_not_cleared():
    pairing = a_pairing()
    pairing.helper.clearances.update(expires_date=LATER.date() - timedelta(days=1))
    suspend_uncleared(now=LATER)
    pairing.refresh_from_db()
    with pytest.raises(NotClearedNow):
        resume_pairing(pairing=pairing, actor=a_coordinator(), now=LATER)
    pairing.refresh_from_db()
    assert pairing.state == "SUSPENDED"
