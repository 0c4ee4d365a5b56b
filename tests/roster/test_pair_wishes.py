"""Who asked for whom, and who is not to be paired: kept once, taken back, and read by the matching."""

from __future__ import annotations

import pytest

from backend.audit.models import AuditEntry
from backend.kernel.errors import InvalidMove
from backend.roster.models import Exclusion, PairWish
from backend.roster.services.pair_wishes import (
    PairIsExcluded,
    exclude_pair,
    lift_exclusion,
    wish_for_pair,
    withdraw_wish,
)
from matching.services.offers import decline_offer
from matching.translation.weighing import candidates_for
from tests.factories.matching import a_slot, an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper

pytestmark = pytest.mark.django_db


@pytest.fixture
def child():
    return a_child("唐有愿")


def test_a_wish_is_kept_once_with_who_asked(child):
    helper, actor = a_helper("罗被请"), a_coordinator(a_county())
    first = wish_for_pair(child=child, helper=helper, asked_by="GUARDIAN", actor=actor)
    again = wish_for_pair(child=child, helper=helper, asked_by="GUARDIAN", actor=actor)
    assert first.pk == again.pk
    assert AuditEntry.objects.filter(verb="wish.recorded").count() == 1
    wish_for_pair(child=child, helper=helper, asked_by="HELPER", actor=actor)
    assert PairWish.objects.get().asked_by == "HELPER"
    assert AuditEntry.objects.filter(verb="wish.recorded").count() == 2


def test_a_graver_reason_replaces_the_one_before(child):
    helper = a_helper()
    Exclusion.objects.create(child=child, helper=helper, reason="DECLINED")
    exclude_pair(child=child, helper=helper, reason="KIN", actor=None)
    assert Exclusion.objects.get().reason == "KIN"
    assert AuditEntry.objects.get(verb="exclusion.recorded").after["reason"] == "KIN"


def test_an_excluded_pair_cannot_be_wished_for_and_an_exclusion_ends_the_wish(child):
    helper = a_helper("罗被请")
    wish_for_pair(child=child, helper=helper, asked_by="CHILD", actor=None)
    row = exclude_pair(child=child, helper=helper, reason="KIN", actor=None)
    assert not PairWish.objects.exists()
    assert AuditEntry.objects.filter(verb="wish.withdrawn").exists()
    with pytest.raises(PairIsExcluded):
        wish_for_pair(child=child, helper=helper, asked_by="CHILD", actor=None)
    lift_exclusion(exclusion=row, actor=None)
    assert wish_for_pair(child=child, helper=helper, asked_by="CHILD", actor=None)


def test_taking_back_twice_is_refused_and_written_down_once(child):
    wish = wish_for_pair(child=child, helper=a_helper(), asked_by="CHILD", actor=None)
    withdraw_wish(wish=PairWish.objects.get(pk=wish.pk), actor=None)
    with pytest.raises(InvalidMove):
        withdraw_wish(wish=wish, actor=None)
    assert AuditEntry.objects.filter(verb="wish.withdrawn").count() == 1


def test_a_helper_who_declines_is_no_longer_wished_for():
    offer = an_offer()
    PairWish.objects.create(child=offer.child, helper=offer.helper, asked_by="GUARDIAN")
    decline_offer(offer=offer, reason="TOO_FAR", note="", actor=None, now=NOW)
    assert not PairWish.objects.exists()
    assert Exclusion.objects.get().reason == "DECLINED"


def test_between_equals_the_one_who_was_asked_for_comes_first_and_it_is_said(child):
    slot = a_slot(child)
    first, second = a_helper("安在前"), a_helper("朱被请")
    assert [one.helper_id for one in candidates_for(slot, now=NOW)] == [first.pk, second.pk]

    wish_for_pair(child=child, helper=second, asked_by="GUARDIAN", actor=None)

    best, rest = candidates_for(slot, now=NOW)
    assert (best.helper_id, rest.helper_id) == (second.pk, first.pk)
    assert ["wish", 100] in best.reasons
    assert best.points - rest.points == 100


def test_a_decline_goes_through_though_the_wish_is_withdrawn_in_the_same_moment(monkeypatch):
    offer = an_offer()
    wish = PairWish.objects.create(child=offer.child, helper=offer.helper, asked_by="GUARDIAN")
    monkeypatch.setattr(PairWish, "delete", lambda _self: (0, {}))  # gone between the look and the deed

    decline_offer(offer=offer, reason="TOO_FAR", note="", actor=None, now=NOW)

    assert Exclusion.objects.get().reason == "DECLINED"
    assert not AuditEntry.objects.filter(verb="wish.withdrawn", subject_id=wish.child.public_id).exists()
