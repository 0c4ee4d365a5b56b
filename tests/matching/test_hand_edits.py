"""Changing a draft by hand: hard rules refuse, nobody overwrites silently, and the next run keeps what was locked."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.kernel.errors import InvalidMove
from matching.models import Offer, Proposal, ProposedPair, Scheme
from matching.services.choosing import candidates_in_scope
from matching.services.hand_edits import NobodyThere, PairChanged, RuleBroken, StandsAlready, lock_pair, put_helper
from matching.services.hand_edits import take_off as take
from matching.translation.weighing import candidates_for
from tests.factories.matching import a_pairing, a_scheme, a_slot, an_offer
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_school, a_township, a_village
from tests.matching.test_publishing import LATER, a_draft, publish
from tests.matching.test_races import all_at_once

pytestmark = pytest.mark.django_db


def a_pair(**facts):
    draft = a_draft((a_child(), a_helper(), a_helper(role=Role.CADRE)), **facts)
    return ProposedPair.objects.select_related("proposal", "slot").get(proposal=draft, slot__rule__key="teacher")


def put(pair, helper, *, version=None, actor=None):
    version = version or ProposedPair.objects.values_list("version", flat=True).get(pk=pair.pk)
    return put_helper(pair=pair, helper=helper, version=version, actor=actor or a_coordinator(), now=LATER)


def test_putting_somebody_else_there_locks_counts_and_is_noted():
    pair, other = a_pair(), a_helper("换上的")
    before = pair.helper

    put(pair, other)

    pair.refresh_from_db()
    assert (pair.helper, pair.origin, pair.is_locked, pair.version) == (other, "HAND", True, 2)
    assert Proposal.objects.get().hand_edits == 1
    entry = AuditEntry.objects.get(verb="pair.put")
    assert (entry.before, entry.after) == ({"helper": before.public_id}, {"helper": other.public_id})


@pytest.mark.parametrize("rule", ["role", "clearance", "reach", "excluded", "limit", "same_person"])
def test_a_hard_rule_refuses_and_is_named(rule):
    pair = a_pair()
    other = a_helper()
    if rule == "role":
        other = a_helper(role=Role.ELDER)
    elif rule == "clearance":
        other.clearances.all().delete()
    elif rule == "reach":
        far = a_village(a_township(number=109, name="桑木镇"), number=209, name="青杠坡村")
        other = a_helper(unit=a_school(far, name="桑木小学"), village=far)
    elif rule == "excluded":
        pair.child.exclusions.create(helper=other, reason="DECLINED")
    elif rule == "limit":
        other = a_helper(total_limit=1)
        an_offer(helper=other)
    else:
        other.roles.create(role="CADRE")
        ProposedPair.objects.filter(proposal=pair.proposal, slot__rule__key="cadre").update(helper=other)

    with pytest.raises(RuleBroken) as refused:
        put(pair, other)

    assert refused.value.facts == {"rule": rule}
    pair.refresh_from_db()
    assert (pair.version, pair.origin) == (1, "SOLVER")


def test_what_the_draft_gives_a_helper_counts_against_the_limit():
    pair, other = a_pair(), a_helper(total_limit=1)
    slot = a_slot(a_child(), kind="teacher")
    ProposedPair.objects.create(proposal=pair.proposal, slot=slot, child=slot.child, helper=other)

    with pytest.raises(RuleBroken):
        put(pair, other)


def test_a_stale_version_is_refused_with_both_values():
    pair, first, second = a_pair(), a_helper("先到的"), a_helper("后到的")
    who = a_coordinator()
    put(pair, first, actor=who)

    with pytest.raises(PairChanged) as refused:
        put(pair, second, version=1)

    assert refused.value.facts == {"who": who.display_name, "when": LATER, "theirs": "先到的", "yours": "后到的"}
    pair.refresh_from_db()
    assert pair.helper == first


def test_taking_off_opens_the_place_and_its_other_half_is_not_offered_alone():
    pair = a_pair()
    take(pair=pair, version=1, actor=a_coordinator(), now=LATER)

    pair.refresh_from_db()
    assert (pair.helper, pair.origin, pair.fit) == (None, "HAND", 0)
    with pytest.raises(NobodyThere):
        take(pair=pair, version=2, actor=a_coordinator(), now=LATER)
    with pytest.raises(Exception, match="nobody to ask"):
        publish(pair.proposal)
    assert not Offer.objects.exists()


def test_what_stands_and_what_is_published_cannot_be_changed():
    pair = a_pair()
    ProposedPair.objects.filter(pk=pair.pk).update(origin="KEPT", is_locked=True)
    with pytest.raises(StandsAlready):
        lock_pair(pair=pair, is_locked=False, version=1, actor=a_coordinator(), now=LATER)

    Proposal.objects.update(state="PUBLISHED")
    with pytest.raises(InvalidMove):
        take(pair=pair, version=1, actor=a_coordinator(), now=LATER)


def test_candidates_are_ranked_and_forbidden_ones_left_out():
    scheme = a_scheme()
    slot = a_slot(a_child(), kind="teacher", scheme=scheme)
    allowed = {a_helper().pk for _ in range(3)}
    a_helper(role=Role.CADRE)
    uncleared = a_helper()
    uncleared.clearances.all().delete()

    found = candidates_for(slot, now=NOW)

    assert {one.helper_id for one in found} == allowed
    assert [one.points for one in found] == sorted((one.points for one in found), reverse=True)
    assert all(sum(points for _code, points in one.reasons) == one.points for one in found)


def test_candidates_are_of_the_readers_scope():
    from backend.roster.access import reader_for

    place = a_neighbourhood()
    pair = a_pair()
    reader = reader_for(place.users[Role.COUNTY_COORDINATOR], NOW)
    assert {helper for helper, _one in candidates_in_scope(reader, pair, now=NOW)}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_hands_at_once_leave_one_change_and_tell_the_others():
    pair = a_pair()
    helpers = [a_helper() for _ in range(20)]

    answers = all_at_once(lambda helper: put(pair, helper, version=1).version, helpers)

    assert sorted(map(str, answers)) == ["2", *["pair.changed_meanwhile"] * 19]
    assert Proposal.objects.get().hand_edits == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_hands_never_give_one_persons_last_place_away_twice():
    other = a_helper(total_limit=1)
    draft = a_draft(*((a_child(), a_helper(), a_helper(role=Role.CADRE)) for _ in range(20)))
    pairs = list(ProposedPair.objects.filter(proposal=draft, slot__rule__key="teacher").select_related("proposal"))

    answers = all_at_once(lambda pair: put(pair, other, version=1).pk, pairs)

    assert answers.count("pair.rule_broken") == 19
    assert ProposedPair.objects.filter(proposal=draft, helper=other).count() == 1


def test_a_pairing_elsewhere_is_no_reason_to_refuse():
    pair, other = a_pair(), a_helper(total_limit=2)
    a_pairing(a_child(), other)

    assert put(pair, other).helper == other
    assert a_county()


def a_sibling_draft(run, helper, **scheme):
    """The draft of another scheme of the same run that gives somebody a place."""
    two = a_scheme()
    other = next(one for one in Scheme.objects.filter(county=two.county) if one.key == "proxy-parent")
    Scheme.objects.filter(pk=other.pk).update(**scheme)
    other.refresh_from_db()
    draft = Proposal.objects.create(run=run, scheme=other, number=1, created_at=LATER)
    slot = a_slot(a_child(), kind="proxy", scheme=other)
    return ProposedPair.objects.create(proposal=draft, slot=slot, child=slot.child, helper=helper)


def test_of_a_joint_run_every_draft_counts_against_the_limit():
    pair, other = a_pair(), a_helper(total_limit=1)
    a_sibling_draft(pair.proposal.run, other)
    with pytest.raises(RuleBroken) as refused:
        put(pair, other)
    assert refused.value.facts == {"rule": "limit"}


def test_a_sibling_draft_that_counts_for_nothing_takes_no_place():
    pair, other = a_pair(), a_helper(total_limit=1)
    a_sibling_draft(pair.proposal.run, other, counts_towards_total=False)
    put(pair, other)
    pair.refresh_from_db()
    assert pair.helper == other


def test_nobody_is_put_beside_a_child_a_sibling_draft_gives_them():
    pair, other = a_pair(), a_helper()
    sibling = a_sibling_draft(pair.proposal.run, other)
    slot = a_slot(pair.child, kind="proxy", scheme=sibling.slot.rule.scheme)
    ProposedPair.objects.filter(pk=sibling.pk).update(slot=slot, child=pair.child)
    with pytest.raises(RuleBroken) as refused:
        put(pair, other)
    assert refused.value.facts == {"rule": "same_person"}
