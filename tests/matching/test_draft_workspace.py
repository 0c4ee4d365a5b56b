"""Working on a draft: swaps, many places at once, undo, hints, and what differs from the draft before."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.kernel.errors import InvalidMove
from backend.roster.access import reader_for
from matching.draft_counts import tab_counts
from matching.draft_differences import draft_before, moved_pairs, places_gone
from matching.draft_hints import HINTS, hint_filters
from matching.draft_history import history_of, reasons_of
from matching.models import Objection, Offer, PairEdit, Proposal, ProposedPair
from matching.services.bulk_edits import edit_many
from matching.services.hand_edits import (
    NobodyThere,
    PairChanged,
    ReasonNeeded,
    RuleBroken,
    SamePerson,
    StandsAlready,
    lock_pair,
    put_helper,
    swap_helpers,
    take_off,
)
from matching.services.offers import accept_offer
from matching.services.proposals import Wave
from matching.services.reviews import NothingToObjectTo, object_to_pair
from matching.services.undoing import NoEditToUndo, latest_batch, undo_latest
from tests.factories.matching import a_proposal, a_slot, an_offer
from tests.factories.roster import (
    NOW,
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_township,
    a_village,
)
from tests.matching.test_publishing import LATER, a_draft, publish
from tests.matching.test_races import all_at_once

pytestmark = pytest.mark.django_db


def teacher_pairs(draft):
    return list(ProposedPair.objects.filter(proposal=draft, slot__rule__key="teacher").order_by("pk"))


def two_children():
    """Two children of one school, each with a teacher and a cadre of their own."""
    pairs = [(a_child(name), a_helper(f"{name}的老师"), a_helper(role=Role.CADRE)) for name in ("甲", "乙")]
    return a_draft(*pairs)


def swap(first, second, *, versions=(1, 1), actor=None, reason=""):
    who = actor or a_coordinator()
    return swap_helpers(pair=first, other=second, versions=versions, actor=who, now=LATER, reason=reason)


def helpers_of(draft):
    return [pair.helper for pair in teacher_pairs(draft)]


def test_two_helpers_change_places_and_both_are_locked():
    draft = two_children()
    first, second = teacher_pairs(draft)

    swap(first, second)

    assert helpers_of(draft) == [second.helper, first.helper]
    assert {(pair.is_locked, pair.origin) for pair in teacher_pairs(draft)} == {(True, "HAND")}
    assert AuditEntry.objects.filter(verb="pair.swapped").count() == 2
    assert Proposal.objects.get().hand_edits == 2


def test_helpers_at_their_limit_may_change_places():
    """Each gives up the one place they have for the other's."""
    draft = two_children()
    for pair in teacher_pairs(draft):
        type(pair.helper).objects.filter(pk=pair.helper_id).update(total_limit=1)
    swap(*teacher_pairs(draft))


def test_a_swap_that_breaks_a_rule_changes_neither_place():
    draft = two_children()
    first, second = teacher_pairs(draft)
    first.child.exclusions.create(helper=second.helper, reason="KIN")
    with pytest.raises(RuleBroken) as refused:
        swap(first, second)
    assert refused.value.facts == {"rule": "excluded", "place": first.public_id}
    assert helpers_of(draft) == [first.helper, second.helper]
    assert not PairEdit.objects.exists()


def test_what_cannot_be_swapped_is_refused():
    draft = two_children()
    first, second = teacher_pairs(draft)
    with pytest.raises(SamePerson):
        swap(first, first)
    with pytest.raises(PairChanged):
        swap(first, second, versions=(1, 2))
    take_off(pair=second, version=1, actor=a_coordinator(), now=LATER)
    with pytest.raises(NobodyThere):
        swap(first, second, versions=(1, 2))
    assert helpers_of(draft) == [first.helper, None]


def test_many_places_are_changed_together_and_those_changed_meanwhile_left_alone():
    draft, who = two_children(), a_coordinator()
    pairs = list(ProposedPair.objects.filter(proposal=draft).order_by("pk"))
    lock_pair(pair=pairs[0], is_locked=True, version=1, actor=a_coordinator(), now=LATER)
    ProposedPair.objects.filter(pk=pairs[1].pk).update(helper=None)

    outcome = edit_many(
        pairs=pairs, versions={pair.public_id: 1 for pair in pairs}, what="take_off", actor=who, now=LATER
    )

    assert (outcome.done, outcome.left) == (2, 2)
    assert [pair.helper is None for pair in ProposedPair.objects.order_by("pk")] == [False, True, True, True]
    assert len({edit.batch for edit in PairEdit.objects.filter(made_by=who)}) == 1


def test_an_undo_takes_back_everything_changed_together():
    draft, who = two_children(), a_coordinator()
    before = list(ProposedPair.objects.order_by("pk").values("helper", "fit", "is_locked", "origin", "reasons"))
    swap(*teacher_pairs(draft), actor=who)

    undone = undo_latest(proposal=draft, actor=who, now=LATER)

    assert len(undone.edits) == 2
    after = list(ProposedPair.objects.order_by("pk").values("helper", "fit", "is_locked", "origin", "reasons"))
    assert after == before
    assert Proposal.objects.get().hand_edits == 0
    assert AuditEntry.objects.filter(verb="pair.undone").count() == 2
    with pytest.raises(NoEditToUndo):
        undo_latest(proposal=draft, actor=who, now=LATER)


def test_nobody_undoes_what_somebody_else_changed_since_or_changed_at_all():
    draft, who, other = two_children(), a_coordinator(), a_coordinator()
    pair = teacher_pairs(draft)[0]
    lock_pair(pair=pair, is_locked=True, version=1, actor=who, now=LATER)
    assert not latest_batch(proposal=draft, user=other).exists()
    lock_pair(pair=pair, is_locked=False, version=2, actor=other, now=LATER)
    with pytest.raises(NoEditToUndo):
        undo_latest(proposal=draft, actor=who, now=LATER)


def test_an_undo_that_would_break_a_rule_by_now_is_refused():
    draft, who = two_children(), a_coordinator()
    pair = teacher_pairs(draft)[0]
    take_off(pair=pair, version=1, actor=who, now=LATER)
    pair.child.exclusions.create(helper=pair.helper, reason="KIN")
    with pytest.raises(RuleBroken):
        undo_latest(proposal=draft, actor=who, now=LATER)
    assert ProposedPair.objects.get(pk=pair.pk).helper is None
    assert not PairEdit.objects.exclude(undone_at=None).exists()


def test_a_published_draft_is_not_undone():
    draft, who = two_children(), a_coordinator()
    lock_pair(pair=teacher_pairs(draft)[0], is_locked=True, version=1, actor=who, now=LATER)
    publish(draft)
    with pytest.raises(InvalidMove):
        undo_latest(proposal=draft, actor=who, now=LATER)


def test_something_that_speaks_against_a_pair_wants_a_reason():
    draft, who = a_draft((a_child(sex="F"), a_helper(sex="F"), a_helper(role=Role.CADRE, sex="M"))), a_coordinator()
    pair, man = teacher_pairs(draft)[0], a_helper(sex="M")
    with pytest.raises(ReasonNeeded) as asked:
        put_helper(pair=pair, helper=man, version=1, actor=who, now=LATER)
    assert "man" in asked.value.facts["remarks"]
    put_helper(pair=pair, helper=man, version=1, actor=who, now=LATER, reason="学校只有他教这个班")
    assert AuditEntry.objects.get(verb="pair.put").reason == "学校只有他教这个班"


def a_girl_and_a_boy():
    """A girl with a woman and a boy with a man: changing places leaves the girl without a woman."""
    draft = a_draft(
        (a_child("甲", sex="F"), a_helper("女老师", sex="F"), a_helper(role=Role.CADRE, sex="M")),
        (a_child("乙", sex="M"), a_helper("男老师", sex="M"), a_helper(role=Role.CADRE, sex="M")),
    )
    draft.pairs.update(fit=0)
    return draft


@pytest.mark.parametrize("reason", ["", "   ", "短"])
def test_a_swap_that_something_speaks_against_wants_a_reason_and_changes_nothing_without(reason):
    draft = a_girl_and_a_boy()
    first, second = teacher_pairs(draft)
    with pytest.raises(ReasonNeeded) as asked:
        swap(first, second, reason=reason)
    facts = dict(asked.value.facts)
    assert set(facts.pop("fits")) == {first.public_id, second.public_id}
    assert facts == {"remarks": ["man"], "places": {first.public_id: ["man"]}}
    assert helpers_of(draft) == [first.helper, second.helper]
    assert (PairEdit.objects.count(), AuditEntry.objects.filter(verb="pair.swapped").count()) == (0, 0)


def test_the_reason_of_a_swap_is_kept_with_both_places_and_in_the_audit():
    draft, said = a_girl_and_a_boy(), "两家相熟，女老师下月调走"
    swap(*teacher_pairs(draft), reason=f" {said} ")
    assert {edit.reason for edit in PairEdit.objects.all()} == {said}
    assert {entry.reason.strip() for entry in AuditEntry.objects.filter(verb="pair.swapped")} == {said}
    assert set(reasons_of(teacher_pairs(draft)).values()) == {said}


def test_a_rule_refuses_a_swap_before_a_reason_is_asked_for():
    draft = a_girl_and_a_boy()
    first, second = teacher_pairs(draft)
    first.child.exclusions.create(helper=second.helper, reason="KIN")
    with pytest.raises(RuleBroken):
        swap(first, second, reason="两家相熟")


def test_the_history_of_a_place_says_who_gave_way_to_whom_and_why():
    draft, who = a_girl_and_a_boy(), a_coordinator()
    first, second = teacher_pairs(draft)
    swap(first, second, actor=who, reason="两家相熟")
    undo_latest(proposal=draft, actor=who, now=LATER)
    lock_pair(pair=first, is_locked=True, version=3, actor=who, now=LATER)

    told = [(step.verb, step.old, step.new, step.reason, step.who) for step in history_of(reader_for(who, NOW), first)]

    name = who.display_name
    assert told == [
        ("pair.locked", "女老师", "女老师", "", name),
        ("pair.undone", "男老师", "女老师", "", name),
        ("pair.swapped", "女老师", "男老师", "两家相熟", name),
    ]
    assert reasons_of(teacher_pairs(draft)) == {}


def a_draft_after(draft, *, origin="HAND"):
    """The next draft of the scheme, with everybody where they were; what was locked stays so."""
    later = a_proposal(draft.scheme)
    for pair in ProposedPair.objects.filter(proposal=draft):
        kept = {"origin": origin if pair.is_locked else "SOLVER", "is_locked": pair.is_locked}
        later.pairs.create(slot=pair.slot, child=pair.child, helper=pair.helper, **kept)
    return later


def test_a_reason_goes_on_with_what_the_next_draft_took_over():
    draft, who = a_girl_and_a_boy(), a_coordinator()
    swap(*teacher_pairs(draft), actor=who, reason="两家相熟")
    second = a_draft_after(draft)
    third = a_draft_after(second)
    first, other = teacher_pairs(third)
    assert reasons_of([first, other]) == {first.pk: "两家相熟", other.pk: "两家相熟"}
    reader = reader_for(who, NOW)
    assert [(step.verb, step.reason, step.draft) for step in history_of(reader, first)] == [
        ("pair.swapped", "两家相熟", draft.number)
    ]

    take_off(pair=first, version=1, actor=who, now=LATER)

    assert reasons_of(teacher_pairs(third)) == {other.pk: "两家相熟"}
    assert [step.draft for step in history_of(reader, teacher_pairs(third)[0])] == [third.number, draft.number]
    undo_latest(proposal=third, actor=who, now=LATER)
    assert reasons_of(teacher_pairs(third)) == {first.pk: "两家相熟", other.pk: "两家相熟"}


def test_a_reason_does_not_go_on_to_whom_the_solver_chose_or_to_somebody_else():
    draft, who = a_girl_and_a_boy(), a_coordinator()
    swap(*teacher_pairs(draft), actor=who, reason="两家相熟")
    by_solver = a_draft_after(draft, origin="SOLVER")
    assert reasons_of(teacher_pairs(by_solver)) == {}
    assert history_of(reader_for(who, NOW), teacher_pairs(by_solver)[0]) == []
    otherwise = a_draft_after(draft)
    otherwise.pairs.update(helper=a_helper())
    assert reasons_of(teacher_pairs(otherwise)) == {}


def a_girl_with_both():
    """A girl with a woman and a man."""
    woman, man = a_helper("女老师", sex="F"), a_helper(role=Role.CADRE, sex="M")
    return a_draft((a_child("甲", sex="F"), woman, man))


def test_taking_the_only_woman_off_a_girl_wants_a_reason():
    draft, who = a_girl_with_both(), a_coordinator()
    (pair,) = teacher_pairs(draft)
    with pytest.raises(ReasonNeeded) as asked:
        take_off(pair=pair, version=1, actor=who, now=LATER)
    assert asked.value.facts == {"remarks": ["man"], "places": {pair.public_id: ["man"]}}
    assert not PairEdit.objects.exists()
    take_off(pair=pair, version=1, actor=who, now=LATER, reason="下学期调走")
    assert (PairEdit.objects.get().reason, helpers_of(draft)) == ("下学期调走", [None])


def test_taking_many_off_wants_a_reason_as_one_does_and_keeps_it_with_each():
    draft, who = a_girl_with_both(), a_coordinator()
    other = a_slot(a_child("乙"), kind="teacher")
    draft.pairs.create(slot=other, child=other.child, helper=a_helper())
    pairs = teacher_pairs(draft)
    told = {"versions": {pair.public_id: 1 for pair in pairs}, "what": "take_off", "actor": who, "now": LATER}
    with pytest.raises(ReasonNeeded):
        edit_many(pairs=pairs, **told)
    assert not PairEdit.objects.exists()
    assert edit_many(pairs=pairs, **told, reason="下学期调走").done == 2
    assert {edit.reason for edit in PairEdit.objects.all()} == {"下学期调走"}


def test_a_girl_who_is_left_with_nobody_is_not_left_to_men():
    draft = a_girl_with_both()
    pairs = list(ProposedPair.objects.filter(proposal=draft))
    versions = {pair.public_id: 1 for pair in pairs}
    assert edit_many(pairs=pairs, versions=versions, what="take_off", actor=a_coordinator(), now=LATER).done == 2


def test_a_girl_whose_man_somebody_has_just_changed_is_left_to_him():
    draft = a_girl_with_both()
    pairs = list(ProposedPair.objects.filter(proposal=draft).select_related("helper"))
    versions = {pair.public_id: pair.version for pair in pairs}
    man = next(pair for pair in pairs if pair.helper.sex == "M")
    lock_pair(pair=man, version=1, is_locked=True, actor=a_coordinator(), now=LATER)
    with pytest.raises(ReasonNeeded):
        edit_many(pairs=pairs, versions=versions, what="take_off", actor=a_coordinator(), now=LATER)
    assert not PairEdit.objects.filter(verb="pair.taken_off").exists()


def test_who_was_there_before_is_named_to_those_only_who_may_know_them():
    """A township reads the history of its children's places, not the names of helpers elsewhere."""
    away = a_village(a_township(number=103, name="远乡镇"), number=203, name="远乡村")
    stranger = a_helper("外乡老师", unit=a_school(away, name="远乡小学"), village=away)
    draft = a_draft((a_child("甲"), stranger, None), (a_child("乙"), a_helper("本地老师"), None))
    place, other = teacher_pairs(draft)
    take_off(pair=place, version=1, actor=a_coordinator(), now=LATER)
    take_off(pair=other, version=1, actor=a_coordinator(), now=LATER)

    def told(user):
        pairs = ProposedPair.objects.select_related("slot__rule", "helper").filter(pk__in=[place.pk, other.pk])
        reader = reader_for(user, NOW)
        return [step.old for pair in pairs.order_by("pk") for step in history_of(reader, pair)]

    assert told(a_coordinator(a_county())) == ["外乡老师", "本地老师"]
    assert told(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township())) == ["别处的一位", "本地老师"]


def hinted(draft):
    rows = ProposedPair.objects.filter(proposal=draft)
    return {code: {(p.child.name, p.slot.rule.key) for p in rows.filter(hint_filters(draft)[code])} for code in HINTS}


def test_hints_name_what_is_worth_a_look_and_nothing_else():
    far = a_village(a_township(number=102, name="云台镇"), number=202, name="远村")
    draft = a_draft(
        (a_child("好", sex="F"), a_helper(sex="F"), a_helper(role=Role.CADRE, sex="M")),
        (a_child("半", sex="M"), a_helper(sex="M"), None),
        (a_child("男", sex="F"), a_helper(sex="M"), a_helper(role=Role.CADRE, sex="M")),
        (a_child("远", sex="M"), a_helper(unit=a_school(far, name="远小学"), village=far), a_helper(role=Role.CADRE)),
    )
    ProposedPair.objects.filter(child__name="半", helper=None).update(fit=0)
    ProposedPair.objects.filter(child__name="男", slot__rule__key="cadre").update(fit=100)
    objected = ProposedPair.objects.get(child__name="远", slot__rule__key="cadre")
    Objection.objects.create(pair=objected, reason="两家有过节", raised_by=a_coordinator(), raised_at=NOW)

    assert hinted(draft) == {
        "objected": {("远", "cadre")},
        "half": {("半", "teacher")},
        "man": {("男", "teacher"), ("男", "cadre")},
        "far": {("远", "teacher")},
        "low": {("男", "cadre")},
    }
    ProposedPair.objects.update(origin="KEPT")
    assert {code for code, found in hinted(draft).items() if found} == {"objected"}


def test_a_draft_is_compared_place_by_place_with_the_one_before():
    first = two_children()
    second = a_proposal(first.scheme)
    for pair in ProposedPair.objects.filter(proposal=first):
        ProposedPair.objects.create(proposal=second, slot=pair.slot, child=pair.child, helper=pair.helper)
    changed, opened = teacher_pairs(second)
    ProposedPair.objects.filter(pk=changed.pk).update(helper=a_helper("新来的"))
    ProposedPair.objects.filter(pk=opened.pk).update(helper=None)
    newcomer = a_slot(a_child("丙"), kind="teacher")
    ProposedPair.objects.create(proposal=second, slot=newcomer, child=newcomer.child, helper=a_helper("丙的老师"))
    lost = ProposedPair.objects.filter(proposal=second, slot__rule__key="cadre").first()
    lost.delete()
    reader = reader_for(a_coordinator(a_county()), NOW)

    assert draft_before(reader, second) == first and draft_before(reader, first) is None
    told = {pair.child.name: (pair.before_helper_id, pair.helper_id) for pair in moved_pairs(reader, first, second)}
    assert told == {
        "甲": (changed.helper_id, teacher_pairs(second)[0].helper_id),
        "乙": (opened.helper_id, None),
        "丙": (None, teacher_pairs(second)[2].helper_id),
    }
    assert [pair.child.name for pair in places_gone(reader, first, second)] == [lost.child.name]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_undo_at_once_one_does():
    draft, who = two_children(), a_coordinator()
    swap(*teacher_pairs(draft), actor=who)

    def undo(_number):
        try:
            undo_latest(proposal=draft, actor=who, now=LATER)
        except (NoEditToUndo, PairChanged):
            return False
        return True

    assert sorted(all_at_once(undo, list(range(2)))) == [False, True]
    assert Proposal.objects.get().hand_edits == 0


@pytest.fixture
def half_sent():
    """Two children; the first one's places were sent, the second one's wait for the next wave."""
    draft = a_draft(*[(a_child(name), a_helper(), a_helper(role=Role.CADRE)) for name in ("甲", "乙")])
    first, second = [pair.child for pair in teacher_pairs(draft)]
    type(second).objects.filter(pk=second.pk).update(school=a_school(name="另一所小学"))
    publish(draft, wave=Wave(school_id=first.school_id))
    assert Proposal.objects.get(pk=draft.pk).state == Proposal.State.OPEN
    return draft


def test_a_place_that_was_sent_is_changed_by_no_hand_any_more(half_sent):
    sent_one, other = teacher_pairs(half_sent)
    who = a_coordinator()
    for change in (
        lambda: take_off(pair=sent_one, version=1, actor=who, now=LATER),
        lambda: lock_pair(pair=sent_one, is_locked=True, version=1, actor=who, now=LATER),
        lambda: put_helper(pair=sent_one, helper=a_helper(), version=1, actor=who, now=LATER, reason="两家相熟"),
        lambda: swap(sent_one, other, actor=who, reason="两家相熟"),
    ):
        with pytest.raises(StandsAlready):
            change()
    both = {pair.public_id: pair.version for pair in (sent_one, other)}
    assert edit_many(pairs=[sent_one, other], versions=both, what="lock", actor=who, now=LATER).done == 1
    assert [pair.is_locked for pair in teacher_pairs(half_sent)] == [False, True]


def test_nothing_is_hinted_beside_what_was_sent_or_stands(half_sent):
    half_sent.pairs.update(fit=100)
    reader = reader_for(a_coordinator(a_county()), NOW)
    waiting = {("乙", "teacher"), ("乙", "cadre")}
    assert hinted(half_sent)["low"] == waiting
    assert tab_counts(reader, half_sent, None)["hinted"] == 2
    Offer.objects.all().delete()
    for pair in half_sent.pairs.filter(child__name="甲"):
        accept_offer(
            offer=an_offer(pair.child, pair.helper, kind=pair.slot.rule.key), actor=pair.helper.user, now=LATER
        )
    assert hinted(half_sent)["low"] == waiting


def test_a_place_that_was_declined_is_for_repairs_and_no_hand(half_sent):
    Offer.objects.update(state=Offer.State.DECLINED)
    with pytest.raises(StandsAlready):
        take_off(pair=teacher_pairs(half_sent)[0], version=1, actor=a_coordinator(), now=LATER)


def test_what_was_changed_before_it_was_sent_is_not_undone_afterwards():
    draft, who = two_children(), a_coordinator()
    pair = teacher_pairs(draft)[0]
    lock_pair(pair=pair, is_locked=True, version=1, actor=who, now=LATER)
    an_offer(pair.child, pair.helper, proposal=draft)
    with pytest.raises(StandsAlready):
        undo_latest(proposal=draft, actor=who, now=LATER)
    assert teacher_pairs(draft)[0].is_locked


def test_nobody_objects_to_what_was_sent(half_sent):
    town = a_member(Role.TOWNSHIP_COORDINATOR, area=a_township())
    with pytest.raises(NothingToObjectTo):
        object_to_pair(
            pair=teacher_pairs(half_sent)[0], reason="两家有过节", actor=town, reader=reader_for(town, NOW), now=LATER
        )
