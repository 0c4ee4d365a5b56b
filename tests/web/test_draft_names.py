"""A draft is called by its number; one of a repair says that it is one, wherever it is listed."""

from __future__ import annotations

import pytest
from django.utils import translation

from matching.models import MatchingRun, Proposal
from matching.services.draft_words import draft_name
from tests.factories.matching import a_proposal, a_scheme, a_slot, an_offer
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper


@pytest.fixture
def repair():
    """The second draft of a scheme, made by a repair, with one open offer."""
    scheme = a_scheme()
    a_proposal(scheme)
    draft = a_proposal(scheme)
    MatchingRun.objects.filter(pk=draft.run_id).update(mode="repair")
    draft.run.refresh_from_db()
    slot = a_slot(a_child(), scheme=scheme)
    draft.pairs.create(slot=slot, child=slot.child, helper=a_helper())
    return draft


@pytest.fixture
def desk(visitor):
    return visitor(a_coordinator(a_county()))


def test_its_own_page_and_the_lists_call_it_a_repair(desk, repair):
    an_offer(proposal=repair)
    pages = ("/runs/", "/offers/", f"/runs/{repair.run.public_id}/", "/today/")
    for page in (
        *pages,
        *(f"/proposals/{repair.public_id}/{part}" for part in ("", "publish/", "what-if/", "reviews/")),
    ):
        text = desk.get(page).content.decode()
        assert "补派 2 号方案" in text, page
        assert "第 2 稿" not in text, page


def test_a_draft_that_was_replaced_names_the_draft_that_replaced_it_and_not_a_repair(desk, repair):
    old = repair.scheme.proposals.get(number=1)
    Proposal.objects.filter(pk=old.pk).update(state="SUPERSEDED")
    MatchingRun.objects.filter(pk=repair.run_id).update(is_automatic=True)
    assert "取代，只能看" not in desk.get(f"/proposals/{old.public_id}/").content.decode()
    a_proposal(repair.scheme)
    text = desk.get(f"/proposals/{old.public_id}/").content.decode()
    assert "这一稿已被第 3 稿取代，只能看。" in text


def test_in_english_it_is_a_repair_too(repair):
    with translation.override("en"):
        assert draft_name(repair) == "repair 2"
