"""Somebody has the place by now: whoever was asked for it and has not answered is asked no more, and told kindly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from backend.outbox.sweeper import sweep
from backend.roster.access import reader_for
from backend.roster.models import Membership
from matching.models import HelperLoad, Offer, Pairing, Slot, Vacancy
from matching.services.offers import accept_offer, withdraw_filled_offers
from matching.services.renewals import plan_renewal, renew
from notifications.models import Message
from notifications.reminders import remind_everybody
from notifications.sending import claim_due_message, send_message
from notifications.services import OfferClosed, mint_offer_link
from tests.factories.matching import a_pairing, a_scheme, an_offer
from tests.factories.roster import NOW, a_coordinator, a_county, a_helper

pytestmark = pytest.mark.django_db
SPRING = datetime(2027, 2, 20, 2, 0, tzinfo=UTC)
LATE = NOW + timedelta(hours=130)


@pytest.fixture
def offer():
    """An open offer of a place somebody else has come to hold."""
    one = an_offer()
    other = a_pairing()
    Pairing.objects.filter(pk=other.pk).update(slot=one.slot, child=one.child)
    return one


@pytest.fixture
def reader():
    user = a_coordinator(a_county())
    Membership.objects.filter(user=user).update(expires_at=SPRING + timedelta(days=90))
    return reader_for(user, SPRING)


def kinds():
    return set(Message.objects.exclude(kind="PAIRING_ENDED").values_list("kind", flat=True))


def in_spring(pairing, helper):
    """An offer of the next term for the same place of the same child."""
    new = a_scheme(now=SPRING)
    slot = next(one for one in _slots(new, pairing.child_id) if one.rule.key == pairing.slot.rule.key)
    asked = an_offer(pairing.child, helper, sent_at=SPRING)
    Offer.objects.filter(pk=asked.pk).update(slot=slot)
    asked.refresh_from_db()
    return asked


def _slots(scheme, child_id):
    from matching.services.schemes import ensure_slots

    ensure_slots(scheme, [child_id])
    return list(Slot.objects.filter(rule__scheme=scheme, child=child_id))


def test_nobody_is_reminded_of_a_place_that_is_filled(offer):
    remind_everybody(now=LATE)
    assert "OFFER_REMINDER" not in kinds()
    with pytest.raises(OfferClosed):
        mint_offer_link(offer=offer, way="MAIL", actor=None, now=NOW)


def test_the_offer_is_taken_back_once_its_load_is_given_back_and_the_helper_is_told_why(offer):
    assert withdraw_filled_offers(now=NOW) == 1
    assert withdraw_filled_offers(now=NOW) == 0
    offer.refresh_from_db()
    assert (offer.state, offer.note, offer.answered_by) == ("WITHDRAWN", "slot.filled", None)
    assert set(HelperLoad.objects.filter(helper=offer.helper).values_list("offered", flat=True)) == {0}
    sweep(now=NOW)
    assert {(one.kind, one.helper) for one in Message.objects.filter(offer=offer)} == {("OFFER_FILLED", offer.helper)}
    assert not Vacancy.objects.exists()


def test_an_offer_of_a_free_place_stays():
    one = an_offer()
    ended = a_pairing()
    Pairing.objects.filter(pk=ended.pk).update(slot=one.slot, state="ENDED")
    assert withdraw_filled_offers(now=NOW) == 0
    assert Offer.objects.get(pk=one.pk).state == "SENT"


def test_a_message_on_its_way_ends_without_being_sent(offer):
    from notifications.handlers import tell_of_offers

    tell_of_offers(Offer.objects.filter(pk=offer.pk), now=NOW)
    send_message(claim_due_message(now=NOW), now=NOW)
    assert Message.objects.get(channel="email").state == "EXPIRED"


def test_renewing_asks_nobody_else_for_the_place_any_more(reader):
    pairing = a_pairing()
    asked = in_spring(pairing, a_helper())
    plan = plan_renewal(scheme=pairing.slot.rule.scheme, reader=reader, now=SPRING)
    assert renew(plan=plan, actor=None, now=SPRING)["kept"] == 1
    sweep(now=SPRING)
    asked.refresh_from_db()
    assert (asked.state, asked.note) == ("WITHDRAWN", "slot.filled")
    assert "OFFER_FILLED" in kinds()


def test_whoever_is_asked_anew_for_the_child_they_have_keeps_it_and_is_told_of_no_loss(reader, visitor):
    pairing = a_pairing()
    asked = in_spring(pairing, pairing.helper)
    link = mint_offer_link(offer=asked, way="COPY", actor=None, now=SPRING).removeprefix(settings.PUBLIC_URL)
    plan = plan_renewal(scheme=pairing.slot.rule.scheme, reader=reader, now=SPRING)
    assert renew(plan=plan, actor=None, now=SPRING)["kept"] == 1
    sweep(now=SPRING)
    assert not {"OFFER_FILLED", "OFFER_WITHDRAWN"} & kinds()
    assert "您已经带着这个孩子" in visitor().get(link).content.decode()


def test_a_pairing_whose_next_place_somebody_else_has_accepted_ends_and_stops_no_other(reader):
    pairing, goes_on = a_pairing(), a_pairing()
    scheme = pairing.slot.rule.scheme
    before = plan_renewal_with_both(pairing, goes_on, reader)
    accept_offer(offer=in_spring(pairing, a_helper()), actor=None, now=SPRING)

    assert dict(renew(plan=before, actor=None, now=SPRING)) == {"kept": 1, "ended": 1}
    ended = Pairing.objects.get(pk=pairing.pk)
    assert (ended.state, ended.end_reason) == ("ENDED", "renewal.ends:taken")
    assert plan_renewal(scheme=scheme, reader=reader, now=SPRING).keeps == []


def plan_renewal_with_both(pairing, goes_on, reader):
    a_scheme(now=SPRING)
    plan = plan_renewal(scheme=pairing.slot.rule.scheme, reader=reader, now=SPRING)
    assert {one.pk for one in plan.keeps} == {pairing.pk, goes_on.pk}
    return plan


def test_it_is_shown_before_renewing(reader):
    pairing = a_pairing()
    accept_offer(offer=in_spring(pairing, a_helper()), actor=None, now=SPRING)
    plan = plan_renewal(scheme=pairing.slot.rule.scheme, reader=reader, now=SPRING)
    assert [(one.pk, why) for one, why in plan.ends] == [(pairing.pk, "taken")]


def test_signed_in_the_helper_sees_no_question_that_cannot_be_answered(offer, visitor):
    client = visitor(offer.helper.user)
    assert "看邀请" not in client.get("/week/").content.decode()
    assert "看邀请" not in client.get("/my/children/").content.decode()
    page = client.get(f"/my/offers/{offer.public_id}/").content.decode()
    assert "这个名额已经有人了" in page
    assert "我愿意" not in page
