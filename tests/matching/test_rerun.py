"""Matching a draft once more, and a place that two drafts would publish."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.kernel.errors import InvalidMove, NotAllowed
from backend.roster.access import reader_for
from matching.models import MatchingRun, Offer, Proposal
from matching.services import proposals
from matching.services.proposals import SlotsOffered
from matching.services.rerun import match_again
from tests.factories.matching import a_proposal, a_slot, an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_token, a_township
from tests.matching.test_publishing import LATER, a_draft, publish

pytestmark = pytest.mark.django_db


def again(draft, user=None):
    user = user or a_coordinator(a_county())
    return match_again(draft=draft, actor=user, reader=reader_for(user, NOW), now=LATER)


def test_a_draft_is_matched_again_as_it_was():
    draft = a_proposal()
    MatchingRun.objects.filter(pk=draft.run_id).update(mode="repair", seed=77, fit_band=25, seconds_limit=9)
    draft = Proposal.objects.get(pk=draft.pk)
    run = again(draft)
    assert run.pk != draft.run_id
    assert (run.scheme, run.area, run.mode, run.seed, run.fit_band, run.seconds_limit, run.state) == (
        draft.scheme, draft.run.area, "repair", 77, 25, 9, "QUEUED",
    )  # fmt: skip


@pytest.mark.parametrize("state", ["PUBLISHED", "SUPERSEDED"])
def test_what_is_no_draft_any_more_is_not_matched_again(state):
    draft = a_proposal(state=state)
    with pytest.raises(InvalidMove):
        again(draft)
    assert MatchingRun.objects.count() == 1


def test_only_the_county_matches_again():
    with pytest.raises(NotAllowed):
        again(a_proposal(), a_coordinator(a_township()))


def test_programs_match_a_draft_again():
    draft = a_proposal()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator(a_county()))}")
    answer = client.post(f"/api/v1/proposals/{draft.public_id}/again/")
    assert (answer.status_code, MatchingRun.objects.filter(public_id=answer.json()["run"]).count()) == (201, 1)


def test_places_another_draft_published_are_counted_with_its_number():
    child = a_child()
    other = a_proposal()
    an_offer(child, proposal=other)
    draft = a_draft((child, a_helper(), a_helper(role=Role.CADRE)), is_bundled=False)
    user = a_coordinator(a_county())
    draft = Proposal.objects.select_related("scheme__term", "run__area").get(pk=draft.pk)
    plan = proposals.plan_publication(proposal=draft, reader=reader_for(user, NOW), now=LATER)
    assert (plan.asked, dict(plan.asked_elsewhere), len(plan.to_offer)) == (1, {other.number: 1}, 1)


@pytest.mark.parametrize("is_same_draft", [False, True])
def test_who_comes_second_learns_how_many_places_and_in_which_draft(monkeypatch, is_same_draft):
    """The other draft, or a wave of this one, goes out between the look and the writing."""
    child = a_child()
    other = a_proposal()
    draft = a_draft((child, a_helper(), a_helper(role=Role.CADRE)))
    faster = draft if is_same_draft else other
    as_planned = proposals._as_planned

    def meanwhile(proposal, pairs):
        Offer.objects.create(
            slot=a_slot(child), child=child, helper=a_helper(), proposal=faster, sent_at=LATER,
            expires_at=LATER + timedelta(days=7),
        )  # fmt: skip
        return as_planned(proposal, pairs)

    monkeypatch.setattr(proposals, "_as_planned", meanwhile)
    with pytest.raises(SlotsOffered) as refused:
        publish(draft)
    assert refused.value.facts == {"count": 1, "drafts": [faster.number], "named": [f"第 {faster.number} 稿"]}
    assert not Offer.objects.filter(proposal=draft).exists()
