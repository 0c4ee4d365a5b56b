"""Undo goes back one step after the other to the draft's beginning, and never takes back what somebody else did."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.accounts.models import Role
from matching.models import PairEdit, Proposal, ProposedPair
from matching.services.bulk_edits import edit_many
from matching.services.hand_edits import lock_pair, put_helper, swap_helpers, take_off
from matching.services.undoing import ChangedAfter, NoEditToUndo, StepGone, changed_after, latest_batch, undo_latest
from tests.factories.roster import a_child, a_coordinator, a_helper
from tests.matching.test_publishing import LATER, a_draft
from tests.matching.test_races import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return a_draft(*[(a_child(name), a_helper(), a_helper(role=Role.CADRE)) for name in ("甲", "乙")])


@pytest.fixture
def who():
    return a_coordinator()


def pairs_of(draft):
    return list(ProposedPair.objects.filter(proposal=draft, slot__rule__key="teacher").order_by("pk"))


def as_it_is(draft):
    return list(draft.pairs.order_by("pk").values("helper", "fit", "is_locked", "origin", "reasons", "alternatives"))


def version_of(pair):
    return ProposedPair.objects.values_list("version", flat=True).get(pk=pair.pk)


def at(minute):
    return LATER + timedelta(minutes=minute)


def lock(pair, actor, minute=0, *, is_locked=True):
    return lock_pair(pair=pair, is_locked=is_locked, version=version_of(pair), actor=actor, now=at(minute))


def undo(draft, actor, minute=9, **step):
    return undo_latest(proposal=draft, actor=actor, now=at(minute), **step)


def four_steps(draft, actor):
    """Changes of the same places, one on top of the other; answers how the draft was before each."""
    first, second = pairs_of(draft)

    def swap():
        versions = (version_of(first), version_of(second))
        swap_helpers(pair=first, other=second, versions=versions, actor=actor, now=at(2))

    def put():
        put_helper(pair=first, helper=a_helper(), version=version_of(first), actor=actor, now=at(4))

    steps = [
        lambda: lock(first, actor, 1),
        swap,
        lambda: take_off(pair=first, version=version_of(first), actor=actor, now=at(3)),
        put,
    ]
    seen = []
    for step in steps:
        seen.append(as_it_is(draft))
        step()
    return seen


def test_undo_goes_back_step_by_step_to_the_beginning(draft, who):
    before = four_steps(draft, who)
    for seen in reversed(before):
        undo(draft, who)
        assert as_it_is(draft) == seen
    assert Proposal.objects.get().hand_edits == 0
    with pytest.raises(NoEditToUndo):
        undo(draft, who)


def test_a_new_change_after_an_undo_is_taken_back_before_the_older_ones(draft, who):
    first = pairs_of(draft)[0]
    before = as_it_is(draft)
    lock(first, who, 1)
    locked = as_it_is(draft)
    take_off(pair=first, version=2, actor=who, now=at(2))
    undo(draft, who, 3)
    lock(first, who, 4, is_locked=False)
    undo(draft, who, 5)
    assert as_it_is(draft) == locked
    undo(draft, who, 6)
    assert as_it_is(draft) == before


def test_a_step_that_was_meant_is_taken_back_once(draft, who):
    lock(pairs_of(draft)[0], who, 1)
    lock(pairs_of(draft)[1], who, 2)
    batch = latest_batch(proposal=draft, user=who).get().batch
    undo(draft, who, batch=batch)
    with pytest.raises(StepGone):
        undo(draft, who, batch=batch)
    assert [pair.is_locked for pair in pairs_of(draft)] == [True, False]


def test_a_colleagues_later_change_comes_first_and_is_named(draft, who):
    other, (first, second) = a_coordinator(), pairs_of(draft)
    edit_many(pairs=[first, second], versions={one.public_id: 1 for one in (first, second)}, what="lock", actor=who,
              now=at(1))  # fmt: skip
    take_off(pair=second, version=2, actor=other, now=at(2))

    with pytest.raises(ChangedAfter) as refused:
        undo(draft, who)

    assert refused.value.facts == {"who": other.display_name, "when": at(2), "place": second.public_id}
    assert changed_after(latest_batch(proposal=draft, user=who)).pair == second
    assert [pair.is_locked for pair in pairs_of(draft)] == [True, False]
    undo(draft, other)
    undo(draft, who)
    assert [(pair.is_locked, pair.helper) for pair in pairs_of(draft)] == [
        (False, first.helper), (False, second.helper),
    ]  # fmt: skip


def test_a_colleagues_step_is_never_taken_back_for_them(draft, who):
    other, (first, second) = a_coordinator(), pairs_of(draft)
    lock(first, who, 1)
    lock(second, other, 2)
    undo(draft, who)
    with pytest.raises(NoEditToUndo):
        undo(draft, who)
    assert [pair.is_locked for pair in pairs_of(draft)] == [False, True]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_step_pressed_twice_at_once_does_not_take_back_two(draft, who):
    lock(pairs_of(draft)[0], who, 1)
    lock(pairs_of(draft)[1], who, 2)
    batch = latest_batch(proposal=draft, user=who).get().batch
    answers = all_at_once(lambda _number: len(undo(draft, who, batch=batch).edits), [1, 2])
    assert sorted(map(str, answers)) == ["1", "pair.step_gone"]
    assert PairEdit.objects.filter(verb="pair.undone").count() == 1
