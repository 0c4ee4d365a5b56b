"""A draft's tabs are counted once while nobody changes it, and anew at once when somebody does."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.roster.access import reader_for
from matching.draft_counts import tab_counts
from matching.models import Objection, Proposal, ProposedPair
from matching.services.hand_edits import lock_pair, take_off
from matching.services.reviews import object_to_pair, take_back_objection
from matching.services.undoing import undo_latest
from tests.factories.matching import a_proposal
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_member, a_township, a_village
from tests.matching.test_publishing import LATER, a_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return a_draft(*[(a_child(name), a_helper(), a_helper(role=Role.CADRE)) for name in ("甲", "乙")])


@pytest.fixture
def county():
    return a_coordinator(a_county())


def counts(user, draft, before=None):
    fresh = [one and Proposal.objects.get(pk=one.pk) for one in (draft, before)]
    return tab_counts(reader_for(user, NOW), *fresh)


def first_pair(draft):
    return ProposedPair.objects.select_related("proposal").filter(proposal=draft).order_by("pk").first()


def test_counts_by_tab(draft, county):
    told = counts(county, draft)
    assert {tab: told[tab] for tab in ("all", "open", "held", "hand", "moved")} == {
        "all": 4, "open": 0, "held": 0, "hand": 0, "moved": 0,
    }  # fmt: skip


def test_a_second_look_asks_the_database_nothing(draft, county, django_assert_num_queries):
    reader, fresh = reader_for(county, NOW), Proposal.objects.get(pk=draft.pk)
    first = tab_counts(reader, fresh, None)
    with django_assert_num_queries(0):
        assert tab_counts(reader, fresh, None) == first


def test_a_change_by_hand_and_its_undo_are_counted_at_once(draft, county):
    counts(county, draft)
    pair = first_pair(draft)

    lock_pair(pair=pair, version=pair.version, is_locked=True, actor=county, now=LATER)
    assert counts(county, draft)["held"] == 1
    pair.refresh_from_db()
    take_off(pair=pair, version=pair.version, actor=county, now=LATER)
    assert counts(county, draft)["open"] == 1
    undo_latest(proposal=draft, actor=county, now=LATER)
    assert counts(county, draft)["open"] == 0


def test_an_objection_and_its_end_are_counted_at_once(draft, county):
    before = counts(county, draft)["hinted"]
    town = a_member(Role.TOWNSHIP_COORDINATOR, area=a_township())

    pair = first_pair(draft)
    objection = object_to_pair(pair=pair, reason="两家有过节", actor=town, reader=reader_for(town, NOW), now=LATER)
    assert counts(county, draft)["hinted"] == before + 1
    take_back_objection(objection=Objection.objects.get(pk=objection.pk), actor=town, now=LATER)
    assert counts(county, draft)["hinted"] == before


def test_what_moved_is_counted_anew_when_the_draft_before_changes(draft, county):
    later = a_proposal(draft.scheme)
    for pair in ProposedPair.objects.filter(proposal=draft):
        ProposedPair.objects.create(proposal=later, slot=pair.slot, child=pair.child, helper=pair.helper)
    assert counts(county, later, draft)["moved"] == 0

    pair = first_pair(draft)
    take_off(pair=pair, version=pair.version, actor=county, now=LATER)

    assert counts(county, later, draft)["moved"] == 1


def test_everybody_counts_their_own_places(draft, county):
    elsewhere = a_village(a_township(number=104, name="别处镇"), number=204, name="别处村")
    town = a_member(Role.TOWNSHIP_COORDINATOR, area=elsewhere.parent)
    assert (counts(county, draft)["all"], counts(town, draft)["all"]) == (4, 0)
