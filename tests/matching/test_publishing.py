"""Publishing asks whom it may, and never somebody without a place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.accounts.models import Role
from backend.kernel.errors import InvalidMove, NotAllowed
from backend.roster.access import reader_for
from backend.roster.models import Area
from matching.models import HelperLoad, Offer, Proposal, ProposedPair
from matching.services.deadlines import deadline_after
from matching.services.proposals import NothingToPublish, plan_publication, publish_proposal
from tests.factories.matching import a_proposal, a_scheme, a_slot, an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_township

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def a_draft(*pairs, is_bundled=True):
    """A proposal of (child, teacher or None, cadre or None)."""
    scheme = a_scheme()
    type(scheme).objects.filter(pk=scheme.pk).update(is_bundled=is_bundled)
    proposal = a_proposal(type(scheme).objects.get(pk=scheme.pk))
    for child, teacher, cadre in pairs:
        for kind, helper in (("teacher", teacher), ("cadre", cadre)):
            slot = a_slot(child, kind=kind)
            ProposedPair.objects.create(proposal=proposal, slot=slot, child=child, helper=helper, fit=500)
    return proposal


def publish(proposal, user=None, **options):
    user = user or a_coordinator()
    proposal = Proposal.objects.select_related("scheme__term", "run__area").get(pk=proposal.pk)
    return publish_proposal(proposal=proposal, actor=user, reader=reader_for(user, NOW), now=LATER, **options)


def test_a_wave_makes_offers_and_holds_their_places():
    child, teacher, cadre = a_child(), a_helper(), a_helper(role=Role.CADRE)

    offers = publish(a_draft((child, teacher, cadre)), days=3)

    assert {(offer.helper, offer.state) for offer in offers} == {(teacher, "SENT"), (cadre, "SENT")}
    assert {offer.expires_at for offer in offers} == {deadline_after(LATER, days=3)}
    assert set(HelperLoad.objects.values_list("active", "offered")) == {(0, 1)}
    assert Proposal.objects.get().state == Proposal.State.PUBLISHED


def test_a_draft_is_published_once():
    draft = a_draft((a_child(), a_helper(), a_helper(role=Role.CADRE)))
    publish(draft)

    with pytest.raises(InvalidMove):
        publish(draft)
    assert Offer.objects.count() == 2


def test_a_helper_filled_meanwhile_is_not_asked_and_neither_is_the_other_half():
    teacher, cadre = a_helper(total_limit=1), a_helper(role=Role.CADRE, total_limit=2)
    first, second = a_child(), a_child()
    other = a_helper()
    draft = a_draft((first, teacher, cadre), (second, other, cadre))
    an_offer(helper=teacher)

    offers = publish(draft)

    assert {(offer.child, offer.helper) for offer in offers} == {(second, other), (second, cadre)}
    assert HelperLoad.objects.get(helper=cadre, scheme=None).offered == 1


def test_with_nobody_left_to_ask_nothing_is_published():
    teacher = a_helper(total_limit=1)
    draft = a_draft((a_child(), teacher, a_helper(role=Role.CADRE)))
    an_offer(helper=teacher)

    with pytest.raises(NothingToPublish):
        publish(draft)
    assert Proposal.objects.get(pk=draft.pk).state == Proposal.State.OPEN


def test_a_pair_broken_since_takes_its_other_half_along():
    child, teacher, cadre = a_child(), a_helper(), a_helper(role=Role.CADRE)
    draft = a_draft((child, teacher, cadre), (a_child(), a_helper(), a_helper(role=Role.CADRE)))
    teacher.clearances.all().delete()

    user = a_coordinator()
    plan = plan_publication(
        proposal=Proposal.objects.select_related("scheme__term", "run__area").get(pk=draft.pk),
        reader=reader_for(user, NOW), now=LATER,
    )  # fmt: skip

    assert sorted(code for _pair, code in plan.broken) == ["clearance", "other_half"]
    assert len(plan.to_offer) == 2


def test_townships_publish_their_own_part_when_the_county_lets_them():
    user = a_coordinator(a_township())
    draft = a_draft((a_child(), a_helper(), a_helper(role=Role.CADRE)))
    with pytest.raises(NotAllowed):
        publish(draft, user)

    Area.objects.filter(pk=a_county().pk).update(townships_may_publish=True)

    assert len(publish(draft, user)) == 2
    assert Proposal.objects.get(pk=draft.pk).state == Proposal.State.OPEN


def test_of_somebody_whose_limit_fell_the_better_pair_is_offered():
    """Two children, one place by now: one is asked for, the other said to be beyond the limit."""
    teacher = a_helper(total_limit=9)
    draft = a_draft(
        *((child, teacher, a_helper(role=Role.CADRE)) for child in (a_child("低"), a_child("高"))),
        is_bundled=False,
    )
    type(teacher).objects.filter(pk=teacher.pk).update(total_limit=1)
    ProposedPair.objects.filter(child__name="低").update(fit=100)
    draft = Proposal.objects.select_related("scheme__term", "scheme__county", "run__area").get(pk=draft.pk)
    plan = plan_publication(proposal=draft, reader=reader_for(a_coordinator(a_county()), NOW), now=LATER)
    assert [(pair.child.name, code) for pair, code in plan.broken] == [("低", "limit")]
    assert "高" in {pair.child.name for pair in plan.to_offer if pair.helper == teacher}
