"""Townships and schools look through their part and object; the county decides before anybody is asked."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.kernel.errors import InvalidMove, NotAllowed
from backend.roster.access import reader_for
from backend.roster.models import Exclusion
from matching.draft_history import history_of
from matching.draft_selectors import objections_visible_to, review_parts, reviews_visible_to
from matching.models import Objection, Offer, Proposal, ProposedPair
from matching.services.hand_edits import lock_pair
from matching.services.proposals import NothingToPublish, plan_publication
from matching.services.reviews import (
    NothingToObjectTo,
    ObjectionStands,
    object_to_pair,
    overrule_objection,
    review_proposal,
    take_back_objection,
    uphold_objection,
)
from matching.services.undoing import undo_latest
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_member, a_school, a_township
from tests.matching.test_publishing import LATER, a_draft, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    made = a_draft((a_child(), a_helper(), a_helper(role=Role.CADRE)))
    return Proposal.objects.select_related("scheme__term", "run__area").get(pk=made.pk)


def reader_of(user):
    return reader_for(user, NOW)


def town():
    return a_member(Role.TOWNSHIP_COORDINATOR, area=a_township())


def teacher_pair(draft):
    return ProposedPair.objects.select_related("proposal").get(proposal=draft, slot__rule__key="teacher")


def object_to(draft, user=None):
    user = user or town()
    return object_to_pair(pair=teacher_pair(draft), reason="两家有过节", actor=user, reader=reader_of(user), now=LATER)


def test_everybody_counts_the_looks_at_their_own_part(draft):
    user, school = town(), a_member(Role.SCHOOL_COORDINATOR, organisation=teacher_pair(draft).child.school)
    review_proposal(proposal=draft, actor=user, reader=reader_of(user), now=NOW)
    review_proposal(proposal=draft, actor=school, reader=reader_of(school), now=LATER)
    elsewhere = a_member(Role.TOWNSHIP_COORDINATOR, area=a_township(number=103, name="别处镇"))

    counts = [reviews_visible_to(reader_of(one), draft).count() for one in (a_coordinator(), user, school, elsewhere)]

    assert counts == [2, 2, 1, 0]


def test_the_county_sees_who_has_looked_through_its_part(draft):
    user = town()
    review_proposal(proposal=draft, actor=user, reader=reader_of(user), now=NOW)
    review_proposal(proposal=draft, actor=user, reader=reader_of(user), now=LATER)
    school = a_member(Role.SCHOOL_COORDINATOR, organisation=teacher_pair(draft).child.school)
    review_proposal(proposal=draft, actor=school, reader=reader_of(school), now=LATER)

    parts = review_parts(reader_of(a_coordinator()), draft)

    assert [(part.kind, part.places, part.reviewed_by, part.reviewed_at) for part in parts] == [
        ("SCHOOL", 2, school.display_name, LATER),
        ("TOWNSHIP", 2, user.display_name, LATER),
    ]


def test_the_county_reviews_nothing_and_a_published_draft_is_past_review(draft):
    user = a_coordinator()
    with pytest.raises(NotAllowed):
        review_proposal(proposal=draft, actor=user, reader=reader_of(user), now=NOW)
    Proposal.objects.update(state="PUBLISHED")
    user = town()
    with pytest.raises(InvalidMove):
        review_proposal(proposal=draft, actor=user, reader=reader_of(user), now=NOW)


def test_an_objected_pair_and_its_other_half_are_not_offered(draft):
    object_to(draft)
    with pytest.raises(ObjectionStands):
        object_to(draft)

    plan = plan_publication(proposal=draft, reader=reader_of(a_coordinator()), now=LATER)

    assert sorted(code for _pair, code in plan.broken) == ["objected", "other_half"]
    with pytest.raises(NothingToPublish):
        publish(draft)
    assert not Offer.objects.exists()


def test_overruled_with_a_reason_it_is_offered(draft):
    objection, user = object_to(draft), a_coordinator()
    overrule_objection(objection=objection, reason="已当面说和", actor=user, reader=reader_of(user), now=LATER)

    assert len(publish(draft)) == 2
    with pytest.raises(InvalidMove):
        overrule_objection(objection=objection, reason="再定一次", actor=user, reader=reader_of(user), now=LATER)


def test_upheld_the_two_are_excluded_and_the_place_is_open(draft):
    helper, user = teacher_pair(draft).helper, a_coordinator()
    uphold_objection(objection=object_to(draft), actor=user, reader=reader_of(user), now=LATER)

    pair = teacher_pair(draft)
    assert (pair.helper, pair.origin, pair.version) == (None, "HAND", 2)
    assert Exclusion.objects.get(child=pair.child, helper=helper).reason == "ASKED_NOT_TO"
    assert Objection.objects.get().state == "UPHELD"


def test_a_decision_is_no_step_and_bars_none_before_it(draft):
    user = a_coordinator()
    cadre = ProposedPair.objects.get(proposal=draft, slot__rule__key="cadre")
    lock_pair(pair=cadre, version=1, is_locked=True, actor=user, now=NOW)
    uphold_objection(objection=object_to(draft), actor=user, reader=reader_of(user), now=LATER)

    undone = undo_latest(proposal=draft, actor=user, now=LATER)

    assert [edit.pair for edit in undone.edits] == [cadre]
    assert teacher_pair(draft).helper is None
    assert [step.verb for step in history_of(reader_of(user), teacher_pair(draft))] == ["pair.objected"]


def test_only_who_objected_takes_it_back_and_only_the_county_decides(draft):
    user = town()
    objection = object_to(draft, user)
    stranger = town()
    with pytest.raises(NotAllowed):
        take_back_objection(objection=objection, actor=stranger, now=LATER)
    with pytest.raises(NotAllowed):
        uphold_objection(objection=objection, actor=user, reader=reader_of(user), now=LATER)

    take_back_objection(objection=objection, actor=user, now=LATER)

    assert len(publish(draft)) == 2


def test_what_stands_or_is_open_cannot_be_objected_to(draft):
    ProposedPair.objects.filter(pk=teacher_pair(draft).pk).update(origin="KEPT")
    with pytest.raises(NothingToObjectTo):
        object_to(draft)
    ProposedPair.objects.filter(pk=teacher_pair(draft).pk).update(origin="SOLVER", helper=None)
    with pytest.raises(NothingToObjectTo):
        object_to(draft)


def test_another_township_sees_neither_the_part_nor_the_objection(draft):
    object_to(draft)
    stranger = a_member(Role.TOWNSHIP_COORDINATOR, area=a_township(number=108, name="别的镇"))

    assert review_parts(reader_of(stranger), draft) == []
    assert not objections_visible_to(reader_of(stranger)).exists()
    assert objections_visible_to(reader_of(a_coordinator(a_county()))).count() == 1
    assert a_school
