"""Classmates as helpers: who may help, who is asked in their stead, what ends it, and that no list shows a child."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from backend.accounts.models import Role
from backend.roster.access import buddies_visible_to, helpers_visible_to, reader_for
from backend.roster.models import CareLink, Child, Clearance, Consent, Exclusion, Helper, TeachingPost
from backend.roster.services.buddies import keep_buddies
from matching.handlers import on_child_left, on_consent_withdrawn, on_helper_left
from matching.models import HelperLoad, Offer, Pairing, ProposedPair, Scheme
from matching.selectors import offers_visible_to, pairings_visible_to
from matching.services.buddies import NO_LEADER, ensure_buddies
from matching.services.offers import accept_offer, decline_offer
from matching.services.pairings import suspend_uncleared
from matching.services.proposals import plan_publication
from matching.translation import rule_broken_by
from tests.factories.matching import a_proposal, a_scheme, a_slot
from tests.factories.roster import (
    NOW,
    a_child,
    a_class,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_township,
    a_village,
)
from tests.matching.test_publishing import LATER, publish
from tests.matching.test_races import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme():
    a_scheme()
    return Scheme.objects.select_related("term", "county").get(key="study-buddy")


def needing(name="孩子甲", **columns):
    return a_child(name, needs=["学习辅导"], **columns)


def a_teacher(*, is_head=False, **columns):
    teacher = a_helper(role=Role.TEACHER, **columns)
    TeachingPost.objects.create(helper=teacher, school_class=a_class(), is_head=is_head)
    return teacher


def a_draft(scheme, child, buddy_child):
    ensure_buddies(scheme=scheme, area=scheme.county, now=NOW)
    draft = a_proposal(scheme)
    slot = a_slot(child, kind="buddy", scheme=scheme)
    ProposedPair.objects.create(proposal=draft, slot=slot, child=child, helper=buddy_child.as_buddy, fit=500)
    return draft


def asked(scheme):
    """(teacher, offer) of one pair of classmates who was offered to the class teacher."""
    child, other = needing(), a_child("孩子乙")
    teacher = a_teacher(is_head=True)
    publish(a_draft(scheme, child, other))
    return teacher, Offer.objects.get()


def test_rows_follow_the_files_and_a_second_run_changes_nothing(scheme):
    ready, without, child = a_child("孩子甲"), a_child("孩子乙", has_consent=False), a_child("孩子丙")

    assert keep_buddies(area=scheme.county, now=NOW) == 2
    assert keep_buddies(area=scheme.county, now=NOW) == 0
    Child.objects.filter(pk=ready.pk).update(name="孩子新", sex="M")
    Consent.objects.filter(child=child).update(withdrawn_at=NOW)
    assert keep_buddies(area=scheme.county, now=NOW) == 2

    rows = Helper.objects.exclude(peer_child=None).order_by("peer_child_id")
    assert [(row.peer_child, row.name, row.sex, row.state, row.total_limit) for row in rows] == [
        (ready, "孩子新", "M", "ACTIVE", 1),
        (child, "孩子丙", "F", "LEFT", 1),
    ]
    assert {(row.unit, row.village, row.township) for row in rows} == {(ready.school, a_village(), a_township())}
    assert not hasattr(without, "as_buddy")


def test_no_row_is_made_for_a_scheme_without_classmates_or_for_the_grown():
    two_to_one = a_scheme()
    a_child(birth_date=date(2008, 11, 23))

    assert ensure_buddies(scheme=two_to_one, area=a_county(), now=NOW) == 0
    assert keep_buddies(area=a_county(), now=NOW) == 0


def test_a_child_who_needs_study_help_helps_nobody_in_study_but_hand_in_hand(scheme):
    child, needs_too, free = needing(), needing("孩子乙"), a_child("孩子丙")
    elsewhere = a_child("孩子丁", school_class=a_class(name="五(1)班", grade=5))
    keep_buddies(area=scheme.county, now=NOW)
    hand_in_hand = Scheme.objects.select_related("term", "county").get(key="peers-hand-in-hand")

    def rule(book, who):
        slot = a_slot(child, kind="buddy", scheme=book)
        return rule_broken_by(slot=slot, helper_id=who.as_buddy.pk, now=NOW)

    assert [rule(scheme, who) for who in (needs_too, free, elsewhere, child)] == ["role", "", "reach", "role"]
    assert [rule(hand_in_hand, who) for who in (needs_too, free, elsewhere, child)] == ["", "", "", "excluded"]


def test_a_consent_withdrawn_since_the_run_keeps_a_classmate_out(scheme):
    child, other = needing(), a_child("孩子乙")
    keep_buddies(area=scheme.county, now=NOW)
    Consent.objects.filter(child=other).update(withdrawn_at=NOW)

    slot = a_slot(child, kind="buddy", scheme=scheme)

    assert rule_broken_by(slot=slot, helper_id=other.as_buddy.pk, now=NOW) == "role"


def test_classmates_are_in_no_list_of_helpers(scheme):
    child = a_child("孩子乙")
    keep_buddies(area=scheme.county, now=NOW)
    school = a_member(Role.SCHOOL_COORDINATOR, organisation=child.school)
    other_town = a_coordinator(a_township(number=102, name="别的镇"))

    for user in (a_coordinator(), school, a_member(Role.AUDITOR)):
        assert not helpers_visible_to(reader_for(user, NOW)).exists()
    assert [one.peer_child for one in buddies_visible_to(reader_for(school, NOW))] == [child]
    assert not buddies_visible_to(reader_for(other_town, NOW)).exists()
    assert not buddies_visible_to(reader_for(a_member(Role.AUDITOR), NOW)).exists()


def test_the_class_teacher_is_asked_and_holds_no_place_for_it(scheme):
    a_teacher()
    teacher, offer = asked(scheme)

    assert (offer.leader, offer.asked, offer.helper.name) == (teacher, teacher, "孩子乙")
    assert set(HelperLoad.objects.values_list("helper", flat=True)) == {offer.helper_id}
    assert list(offers_visible_to(reader_for(teacher.user, NOW))) == [offer]


def test_without_a_teacher_who_is_cleared_the_pair_is_told_as_not_publishable(scheme):
    child, other = needing(), a_child("孩子乙")
    a_teacher(is_head=True, is_cleared=False)
    draft = a_draft(scheme, child, other)
    reader = reader_for(a_coordinator(), NOW)

    plan = plan_publication(proposal=draft, reader=reader, now=LATER)
    assert (plan.to_offer, [code for _pair, code in plan.broken]) == ([], [NO_LEADER])

    second = a_teacher()
    publish(draft)
    assert Offer.objects.get().leader == second


def test_a_yes_gives_the_teacher_the_child_and_nothing_of_the_classmate(scheme):
    teacher, offer = asked(scheme)

    pairing = accept_offer(offer=offer, actor=teacher.user, now=LATER)

    link = CareLink.objects.get()
    assert (link.helper, link.child, link.role) == (teacher, offer.child, Role.TEACHER)
    assert (pairing.leader, pairing.answering) == (teacher, teacher)
    assert list(pairings_visible_to(reader_for(teacher.user, NOW))) == [pairing]
    assert HelperLoad.objects.get(scheme=scheme, helper=offer.helper).active == 1
    assert not HelperLoad.objects.filter(helper=teacher).exists()


def test_a_teachers_no_leaves_the_children_free_and_asks_the_next_teacher(scheme):
    first, offer = asked(scheme)
    second = a_teacher()

    decline_offer(offer=offer, reason="TOO_MANY", actor=first.user, now=LATER)
    assert not Exclusion.objects.exists()

    again = a_draft(scheme, offer.child, offer.helper.peer_child)
    publish(again)
    assert Offer.objects.get(proposal=again).leader == second


def test_two_children_who_do_not_fit_are_kept_apart(scheme):
    teacher, offer = asked(scheme)

    decline_offer(offer=offer, reason="UNFIT", actor=teacher.user, now=LATER)

    assert (Exclusion.objects.get().child, Exclusion.objects.get().helper) == (offer.child, offer.helper)


def test_the_teachers_check_counts_and_the_classmate_needs_none(scheme):
    teacher, offer = asked(scheme)
    accept_offer(offer=offer, actor=teacher.user, now=LATER)

    assert suspend_uncleared(now=LATER) == 0
    Clearance.objects.filter(helper=teacher).update(expires_date=NOW.date() - timedelta(days=1))
    assert suspend_uncleared(now=LATER) == 1


@pytest.mark.parametrize("which", ["child", "buddy", "leader", "consent"])
def test_it_ends_when_either_child_or_the_teacher_goes(scheme, which):
    teacher, offer = asked(scheme)
    accept_offer(offer=offer, actor=teacher.user, now=LATER)
    buddy = offer.helper.peer_child_id

    if which == "leader":
        on_helper_left(event_id=1, payload={"helper_id": teacher.pk}, now=LATER)
    elif which == "consent":
        on_consent_withdrawn(event_id=1, payload={"child_id": buddy, "purpose": "MATCHING"}, now=LATER)
    else:
        left = offer.child_id if which == "child" else buddy
        on_child_left(event_id=1, payload={"child_id": left, "state": "MOVED"}, now=LATER)

    assert Pairing.objects.get().state == "ENDED"
    assert not CareLink.objects.filter(ended_at=None).exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twenty_who_keep_buddies_at_once_leave_one_row_per_child():
    county = a_county()
    kept = [a_child(f"孩子{number}") for number in range(6)]
    keep_buddies(area=county, now=NOW)
    Child.objects.filter(pk__in=[child.pk for child in kept[:3]]).update(name="改了名")
    leaving, coming = kept[5], a_child("新来的")
    Consent.objects.filter(child=leaving).update(withdrawn_at=NOW)

    answers = all_at_once(lambda _n: keep_buddies(area=county, now=NOW), list(range(20)))

    assert all(isinstance(answer, int) for answer in answers)
    rows = Helper.objects.exclude(peer_child=None)
    assert sorted(rows.values_list("peer_child_id", flat=True)) == sorted(one.pk for one in (*kept, coming))
    assert rows.filter(name="改了名").count() == 3
    assert list(rows.filter(state="LEFT").values_list("peer_child_id", flat=True)) == [leaving.pk]
