"""Everything a list of a draft finds, changed and taken back at once: the same as one by one, in a few statements."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.kernel.errors import InvalidMove
from backend.roster.models import Helper
from matching.models import Objection, PairEdit, Proposal, ProposedPair
from matching.services import undoing
from matching.services.filtered_edits import Listed, ListMoved, edit_listed, listed
from matching.services.hand_edits import ReasonNeeded, RuleBroken, StandsAlready, lock_pair, put_helper
from matching.services.undoing import ChangedAfter, undo_latest
from tests.factories.matching import a_slot, an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_helper
from tests.matching.test_hand_edits import a_sibling_draft
from tests.matching.test_publishing import LATER, a_draft, publish
from tests.matching.test_races import all_at_once

pytestmark = pytest.mark.django_db


def a_draft_of(children=3, **scheme):
    return a_draft(*((a_child(), a_helper(), a_helper(role=Role.CADRE)) for _ in range(children)), **scheme)


def rows_of(draft):
    return ProposedPair.objects.filter(proposal=draft)


def edit(draft, what, *, rows=None, seen=None, actor=None, reason=""):
    rows = rows_of(draft) if rows is None else rows
    return edit_listed(
        draft=draft, rows=rows, seen=seen or listed(rows), what=what, actor=actor or a_coordinator(), now=LATER,
        reason=reason,
    )  # fmt: skip


def as_they_are(draft):
    return list(rows_of(draft).order_by("pk").values("helper", "fit", "is_locked", "origin", "reasons", "alternatives"))


def test_what_a_list_found_is_read_back_as_it_was_said():
    assert Listed.read(str(Listed(9140, 9200, 123456789))) == Listed(9140, 9200, 123456789)


def test_a_list_is_taken_off_but_for_what_stands_and_what_is_open():
    draft, who = a_draft_of(3), a_coordinator()
    kept, free, *rest = rows_of(draft).order_by("pk")
    rows_of(draft).filter(pk=kept.pk).update(origin="KEPT", is_locked=True)
    rows_of(draft).filter(pk=free.pk).update(helper=None)
    objected = Objection.objects.create(pair=rest[0], reason="两家有过节", raised_by=who, raised_at=NOW)

    outcome = edit(draft, "take_off", actor=who)

    assert (outcome.done, outcome.left) == (4, 2)
    there = {pair.pk: pair for pair in rows_of(draft)}
    assert {(there[one.pk].helper, there[one.pk].origin, there[one.pk].version) for one in rest} == {(None, "HAND", 2)}
    assert (there[kept.pk].helper_id, there[kept.pk].version) == (kept.helper_id, 1)
    assert Proposal.objects.get().hand_edits == 4
    assert Objection.objects.get(pk=objected.pk).state == "UPHELD"
    noted = AuditEntry.objects.filter(verb="pair.taken_off")
    assert {entry.before["helper"] for entry in noted} == {one.helper.public_id for one in rest}


@pytest.mark.parametrize("what", ["lock", "unlock"])
def test_a_list_is_locked_and_unlocked_where_it_is_not_yet(what):
    draft = a_draft_of(2)
    first = rows_of(draft).first()
    rows_of(draft).filter(pk=first.pk).update(is_locked=True)
    assert edit(draft, what).done == (3 if what == "lock" else 1)
    assert set(rows_of(draft).values_list("is_locked", flat=True)) == {what == "lock"}
    assert Proposal.objects.get().hand_edits == 0


def test_a_list_that_changed_meanwhile_is_refused_with_its_number():
    draft = a_draft_of(2)
    seen = listed(rows_of(draft))
    lock_pair(pair=rows_of(draft).first(), is_locked=True, version=1, actor=a_coordinator(), now=LATER)
    with pytest.raises(ListMoved) as refused:
        edit(draft, "take_off", seen=seen)
    assert refused.value.facts == {"places": 4}
    slot = a_slot(a_child(), kind="teacher")
    seen = listed(rows_of(draft))
    ProposedPair.objects.create(proposal=draft, slot=slot, child=slot.child, helper=a_helper())
    with pytest.raises(ListMoved):
        edit(draft, "take_off", seen=seen)
    assert not rows_of(draft).filter(helper=None).exists()


def test_other_places_of_the_same_number_are_another_list():
    draft = a_draft_of(2)
    teachers, cadres = (rows_of(draft).filter(slot__rule__key=key) for key in ("teacher", "cadre"))
    with pytest.raises(ListMoved):
        edit(draft, "lock", rows=teachers, seen=listed(cadres))


def test_a_published_draft_is_not_changed():
    draft = a_draft_of(1)
    publish(draft)
    with pytest.raises(InvalidMove):
        edit(draft, "lock")


@pytest.mark.parametrize("what", ["lock", "take_off"])
@pytest.mark.parametrize("few", [0, 20])
def test_all_of_it_is_taken_back_in_one_step(what, few, monkeypatch):
    monkeypatch.setattr(undoing, "_FEW", few)
    draft, who = a_draft_of(3), a_coordinator()
    before = as_they_are(draft)
    edit(draft, what, actor=who)
    assert as_they_are(draft) != before

    assert len(undo_latest(proposal=draft, actor=who, now=LATER).edits) == 6

    assert as_they_are(draft) == before
    assert Proposal.objects.get().hand_edits == 0
    assert AuditEntry.objects.filter(verb="pair.undone").count() == 6
    assert set(rows_of(draft).values_list("version", flat=True)) == {3}


def test_nothing_is_taken_back_once_one_place_was_changed_by_somebody_else():
    draft, who = a_draft_of(2), a_coordinator()
    edit(draft, "take_off", actor=who)
    pair = rows_of(draft).filter(slot__rule__key="teacher").first()
    put_helper(pair=pair, helper=a_helper(), version=2, actor=a_coordinator(), now=LATER, reason="两家相熟")
    with pytest.raises(ChangedAfter) as refused:
        undo_latest(proposal=draft, actor=who, now=LATER)
    assert refused.value.facts["place"] == pair.public_id


def test_the_one_place_that_was_asked_for_meanwhile_is_named():
    draft, who = a_draft_of(2), a_coordinator()
    edit(draft, "lock", actor=who)
    pair = rows_of(draft).filter(slot__rule__key="teacher").first()
    an_offer(pair.child, pair.helper, proposal=draft)
    with pytest.raises(StandsAlready) as refused:
        undo_latest(proposal=draft, actor=who, now=LATER)
    assert refused.value.facts == {"place": pair.public_id}
    assert rows_of(draft).filter(is_locked=True).count() == 4


def test_a_list_with_a_girl_who_would_be_left_to_men_is_taken_off_for_a_reason_only():
    draft = a_draft((a_child(sex="F"), a_helper(sex="F"), a_helper(role=Role.CADRE, sex="M")))
    teachers, who = rows_of(draft).filter(slot__rule__key="teacher"), a_coordinator()
    with pytest.raises(ReasonNeeded):
        edit(draft, "take_off", rows=teachers, actor=who)
    assert edit(draft, "take_off", rows=teachers, actor=who, reason="下学期调走").done == 1
    assert PairEdit.objects.get().reason == "下学期调走"
    assert AuditEntry.objects.get(verb="pair.taken_off").reason == "下学期调走"


def given_away(draft, pairs):
    """Each way in which somebody may be no longer free for a place they come back to, with the rule that says so."""
    back = pairs[0]
    Helper.objects.filter(pk=back.helper_id).update(total_limit=1)

    def elsewhere():
        slot = a_slot(a_child(), kind="teacher")
        ProposedPair.objects.create(proposal=draft, slot=slot, child=slot.child, helper=back.helper)

    def beside():
        a_sibling_draft(draft.run, back.helper)

    def kin():
        back.child.exclusions.create(helper=back.helper, reason="KIN")

    def twice():
        Helper.objects.filter(pk=back.helper_id).update(total_limit=9)
        other = a_sibling_draft(draft.run, back.helper)
        slot = a_slot(back.child, kind="proxy", scheme=other.slot.rule.scheme)
        ProposedPair.objects.filter(pk=other.pk).update(slot=slot, child=back.child)

    return {"limit": elsewhere, "limit beside": beside, "excluded": kin, "same_person": twice}


@pytest.mark.parametrize("few", [0, 20])
@pytest.mark.parametrize("why", ["limit", "limit beside", "excluded", "same_person"])
def test_who_was_given_away_meanwhile_does_not_come_back(why, few, monkeypatch):
    monkeypatch.setattr(undoing, "_FEW", few)
    draft, who = a_draft_of(2), a_coordinator()
    pairs = list(rows_of(draft).filter(slot__rule__key="teacher").select_related("helper", "child"))
    edit(draft, "take_off", actor=who)
    given_away(draft, pairs)[why]()
    with pytest.raises(RuleBroken) as refused:
        undo_latest(proposal=draft, actor=who, now=LATER + timedelta(minutes=1))
    assert refused.value.facts["rule"] == why.split()[0]
    assert refused.value.facts["place"] in {pair.public_id for pair in pairs}
    assert set(rows_of(draft).filter(pk__in=[pair.pk for pair in pairs]).values_list("helper", flat=True)) == {None}


def test_many_places_take_hardly_more_statements_than_few():
    """SQLite takes new rows in portions; nothing else grows with the places."""

    def statements(draft):
        with CaptureQueriesContext(connection) as asked:
            who = a_coordinator()
            edit(draft, "take_off", actor=who)
            undo_latest(proposal=draft, actor=who, now=LATER)
        return len(asked)

    small, large = a_draft_of(11), a_draft_of(33)
    statements(small)
    assert statements(large) - statements(small) <= 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_one_list_the_second_is_told():
    draft = a_draft_of(4)
    seen, who = listed(rows_of(draft)), a_coordinator()
    answers = all_at_once(lambda what: edit(draft, what, seen=seen, actor=who).done, ["lock", "take_off"])
    assert sorted(map(str, answers)) == ["8", "draft.list_moved"]
    assert PairEdit.objects.count() == 8
