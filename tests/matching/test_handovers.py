"""A child passes to another helper, or somebody who stops leaves all places free."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.outbox.sweeper import sweep
from backend.roster.access import children_visible_to, reader_in_role
from backend.roster.models import Clearance
from matching.models import HelperLoad, Offer, Pairing, Vacancy
from matching.services.handovers import hand_over as hand
from matching.services.handovers import release_helper
from matching.services.loads import HelperFull
from matching.services.offers import HelperNotCleared
from tests.factories.matching import a_pairing
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper

pytestmark = pytest.mark.django_db


def hand_over(pairing, helper, **more):
    facts = {"note": "每周三下午在家", "agreed": "电话里说好的", "actor": a_coordinator(a_county()), "now": NOW}
    return hand(pairing=pairing, helper=helper, **facts | more)


def sees(helper, child):
    return children_visible_to(reader_in_role(helper.user, Role.TEACHER, NOW)).filter(pk=child.pk).exists()


def test_one_ends_the_other_begins_and_the_place_is_never_free():
    old, other = a_pairing(), a_helper()
    fresh = hand_over(old, other)
    sweep(now=NOW)
    old.refresh_from_db()
    assert (old.state, old.end_reason) == ("ENDED", "handed_over")
    assert (fresh.state, fresh.helper, fresh.slot, fresh.took_over_from) == ("ACTIVE", other, old.slot, old)
    assert fresh.handover_note == "每周三下午在家"
    assert (sees(other, old.child), sees(old.helper, old.child)) == (True, False)
    assert not Vacancy.objects.exists()
    held = HelperLoad.objects.filter(scheme=None).values_list("helper", "active", "offered")
    assert set(held) == {(old.helper_id, 0, 0), (other.pk, 1, 0)}


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda other: Clearance.objects.filter(helper=other).delete(), HelperNotCleared),
        (lambda other: type(other).objects.filter(pk=other.pk).update(total_limit=0), HelperFull),
    ],
)
def test_who_cannot_take_over_leaves_everything_as_it_was(spoil, error):
    old, other = a_pairing(), a_helper()
    spoil(other)
    with pytest.raises(error):
        hand_over(old, other)
    old.refresh_from_db()
    assert (old.state, Offer.objects.count(), Pairing.objects.count()) == ("ACTIVE", 1, 1)
    assert sees(old.helper, old.child)


def test_whoever_stops_leaves_every_place_free_to_be_filled():
    helper = a_helper()
    pairings = [a_pairing(a_child(), helper), a_pairing(a_child(), helper)]
    other = a_pairing()
    assert release_helper(pairings=pairings, reason="调走了", actor=None, now=NOW) == 2
    assert release_helper(pairings=pairings, reason="调走了", actor=None, now=NOW) == 0
    sweep(now=NOW)
    assert set(Vacancy.objects.values_list("slot", flat=True)) == {one.slot_id for one in pairings}
    other.refresh_from_db()
    assert other.state == "ACTIVE"
