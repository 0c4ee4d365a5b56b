"""A term is over: what goes on, what changes and what ends is shown, then done once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from backend.outbox.sweeper import sweep
from backend.roster.access import reader_for
from backend.roster.models import Child, Clearance, Consent, Helper
from matching.models import HelperLoad, Pairing, Slot, Vacancy
from matching.services.renewals import NoNextScheme, plan_renewal, renew, renewal_hints
from tests.factories.matching import a_pairing, a_scheme
from tests.factories.roster import (
    NOW,
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_school,
    a_township,
    a_village,
)

pytestmark = pytest.mark.django_db
SPRING = datetime(2027, 2, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def reader():
    from datetime import timedelta

    from backend.roster.models import Membership

    user = a_coordinator(a_county())
    Membership.objects.filter(user=user).update(expires_at=SPRING + timedelta(days=90))
    return reader_for(user, SPRING)


@pytest.fixture
def term():
    """Four pairings of the autumn: one goes on, one lost the background check, one helper left, one child is past it."""
    found = {name: a_pairing() for name in ("keep", "uncleared", "left", "past")}
    Clearance.objects.filter(helper=found["uncleared"].helper).update(expires_date=date(2027, 3, 1))
    Helper.objects.filter(pk=found["left"].helper_id).update(state="LEFT")
    Child.objects.filter(pk=found["past"].child_id).update(heart_level=2, need_level=2)
    return found


def shown(plan):
    return {
        "keeps": [one.pk for one in plan.keeps],
        "changes": {one.pk: why for one, why in plan.changes},
        "ends": {one.pk: why for one, why in plan.ends},
    }


def test_without_a_next_term_there_is_nothing_to_renew(term, reader):
    with pytest.raises(NoNextScheme):
        plan_renewal(scheme=term["keep"].slot.rule.scheme, reader=reader, now=NOW)


def test_what_goes_on_changes_and_ends_is_shown_and_nothing_written(term, reader):
    a_scheme(now=SPRING)
    plan = plan_renewal(scheme=term["keep"].slot.rule.scheme, reader=reader, now=SPRING)
    assert shown(plan) == {
        "keeps": [term["keep"].pk],
        "changes": {term["uncleared"].pk: "not_cleared", term["left"].pk: "helper_left"},
        "ends": {term["past"].pk: "not_targeted"},
    }
    assert Pairing.objects.filter(state="ACTIVE").count() == 4


def test_a_consent_withdrawn_ends_and_a_township_sees_its_own_only(term, reader):
    a_scheme(now=SPRING)
    far = a_village(a_township(number=109, name="远乡"), number=209, name="远村")
    a_pairing(a_child(village=far), a_helper(village=far, unit=a_school(far)))
    Consent.objects.filter(child=term["keep"].child).update(withdrawn_at=SPRING)
    plan = plan_renewal(scheme=term["keep"].slot.rule.scheme, reader=reader, now=SPRING)
    assert dict(plan.ends and [(one.pk, why) for one, why in plan.ends])[term["keep"].pk] == "no_consent"
    assert len(plan.keeps) == 1


def test_renewing_moves_what_is_kept_and_frees_what_changes(term, reader):
    new = a_scheme(now=SPRING)
    plan = plan_renewal(scheme=term["keep"].slot.rule.scheme, reader=reader, now=SPRING)
    done = renew(plan=plan, actor=reader.user, now=SPRING)
    assert dict(done) == {"kept": 1, "changed": 2, "ended": 1}
    sweep(now=SPRING)
    kept = Pairing.objects.get(pk=term["keep"].pk)
    assert (kept.state, kept.slot.rule.scheme, kept.slot.rule.key) == ("ACTIVE", new, "teacher")
    loads = HelperLoad.objects.filter(helper=kept.helper)
    assert {(load.scheme_id, load.active, load.offered) for load in loads} == {
        (None, 1, 0), (new.pk, 1, 0), (term["keep"].slot.rule.scheme_id, 0, 0),
    }  # fmt: skip
    free = Vacancy.objects.filter(slot__rule__scheme=new).values_list("slot__child", flat=True)
    assert set(free) == {term["uncleared"].child_id, term["left"].child_id}
    assert Pairing.objects.get(pk=term["past"].pk).end_reason == "renewal.ends:not_targeted"


def test_renewing_twice_changes_nothing_more(term, reader):
    a_scheme(now=SPRING)
    plan = plan_renewal(scheme=term["keep"].slot.rule.scheme, reader=reader, now=SPRING)
    renew(plan=plan, actor=None, now=SPRING)
    again = renew(plan=plan, actor=None, now=SPRING)
    assert (again["changed"], again["ended"]) == (0, 0)
    assert HelperLoad.objects.get(helper=term["keep"].helper, scheme=None).active == 1
    assert shown(plan_renewal(scheme=term["keep"].slot.rule.scheme, reader=reader, now=SPRING)) == {
        "keeps": [], "changes": {}, "ends": {},
    }  # fmt: skip


def hints_of(reader, pairing):
    plan = plan_renewal(scheme=pairing.slot.rule.scheme, reader=reader, now=SPRING)
    assert [one.pk for one in plan.keeps] == [pairing.pk]
    return [codes for _pairing, codes in renewal_hints(plan, now=SPRING)]


def test_what_goes_on_is_judged_as_a_new_pairing_and_goes_on_all_the_same(reader):
    new = a_scheme(now=SPRING)
    near = a_pairing(a_child(sex="M"), a_helper())
    assert hints_of(reader, near) == []
    far = a_village(a_township(number=109, name="远乡"), number=209, name="远村")
    Helper.objects.filter(pk=near.helper_id).update(unit=a_school(far), township=far.parent)

    assert hints_of(reader, near) == [["reach"]]
    plan = plan_renewal(scheme=near.slot.rule.scheme, reader=reader, now=SPRING)
    assert renew(plan=plan, actor=reader.user, now=SPRING)["kept"] == 1
    assert Pairing.objects.get(pk=near.pk).slot.rule.scheme == new


@pytest.mark.parametrize(("is_asked", "code"), [(True, "woman_for_girl"), (False, "man")])
def test_a_girl_with_men_only_is_a_hint(reader, is_asked, code):
    new = a_scheme(now=SPRING)
    new.has_woman_for_girl = is_asked
    new.save()
    pairing = a_pairing(a_child(sex="F"), a_helper(sex="M"))

    assert hints_of(reader, pairing) == [[code]]
    Helper.objects.filter(pk=pairing.helper_id).update(sex="F")
    assert hints_of(reader, pairing) == []


def test_judging_what_goes_on_writes_nothing(reader):
    a_scheme(now=SPRING)
    pairing = a_pairing(a_child(sex="F"), a_helper(sex="M"))
    before = Slot.objects.count()

    hints_of(reader, pairing)

    assert Slot.objects.count() == before
