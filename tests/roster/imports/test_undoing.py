"""Undo brings the ledger back, or is refused naming who stands in the way."""

from __future__ import annotations

import pytest
from django.utils import timezone

from backend.accounts.models import User
from backend.kernel.errors import InvalidMove
from backend.roster.access import reader_for
from backend.roster.models import Area, Assessment, Child, Consent, Helper, Organisation, SchoolClass
from backend.roster.services import undo_blockers
from backend.roster.services.clearances import confirm_clearances
from backend.roster.services.undoing import UndoRefused, undo
from backend.roster.sheets.child_values import values_of_children
from backend.roster.sheets.helper_values import values_of_helpers
from tests.factories.roster import NOW, a_care_link, a_coordinator, a_county, a_helper
from tests.roster.imports.sheets import A_CHILD, A_HELPER, CHILDREN, HELPERS, confirmed, staged

pytestmark = pytest.mark.django_db


def undone(batch):
    actor = batch.uploaded_by
    return undo(batch=batch, actor=actor, reader=reader_for(actor, NOW), now=NOW)


def test_new_people_and_new_places_go_again():
    a_county()
    for kind, row in ((CHILDREN, A_CHILD | {"carer.email": "yuan@qianshou.example"}), (HELPERS, A_HELPER)):
        batch = confirmed(staged(kind, row))
        assert undone(batch).state == "UNDONE"
    assert (
        Child.objects.count(),
        Helper.objects.count(),
        SchoolClass.objects.count(),
        Organisation.objects.count(),
    ) == (0, 0, 0, 0)
    assert list(Area.objects.values_list("kind", flat=True)) == ["COUNTY"]
    assert not User.objects.filter(email__endswith="@qianshou.example").exists()


def test_a_place_in_use_stays():
    first = confirmed(staged(CHILDREN, A_CHILD))
    confirmed(staged(HELPERS, A_HELPER, actor=first.uploaded_by))
    undone(first)
    assert Organisation.objects.get().name == "土城小学"


def test_a_changed_child_is_as_before():
    actor = a_coordinator()
    confirmed(staged(CHILDREN, A_CHILD | {"heart_level": "三级"}, actor=actor))
    child = Child.objects.get()
    before = values_of_children([child.pk])
    change = A_CHILD | {
        "name": "袁禾", "needs": "-", "heart_level": "四级", "assessed_date": "2026-11-01", "assessment_reason": "祖母病了",
        "address": "-", "carer.kind": "父亲", "carer.name": "", "carer.relation": "", "carer.phone": "", "carer.rating": "",
        "mother.name": "李秀兰", "consent": "否", "consent_by": "", "consent_date": "", "village": "双桥村",
        "village_code": "529901101202", "class_name": "四年级3班",
    }  # fmt: skip
    batch = confirmed(staged(CHILDREN, change, actor=actor))
    assert values_of_children([child.pk]) != before
    undone(batch)
    after = values_of_children([child.pk])
    assert {key: value for key, value in after[child.pk].items() if value != before[child.pk][key]} == {}
    child.refresh_from_db()
    assert (child.heart_level, child.need_level, child.version) == (3, 3, 3)
    assert (Assessment.objects.count(), Consent.objects.count()) == (1, 1)


def test_a_changed_helper_is_as_before():
    actor = a_coordinator()
    confirmed(staged(HELPERS, A_HELPER, actor=actor))
    helper = Helper.objects.get()
    before = values_of_helpers([helper.pk])
    change = A_HELPER | {
        "phone": "19900777777", "email": "new@qianshou.example", "roles": "教师、志愿者", "hours": "周五 全天", "skills": "-",
        "classes": "五年级1班", "total_limit": "3", "clearance.issued_date": "2026-11-01", "clearance.expires_date": "2027-10-30",
    }  # fmt: skip
    batch = confirmed(staged(HELPERS, change, actor=actor))
    undone(batch)
    assert values_of_helpers([helper.pk]) == before
    assert Helper.objects.get().user.email == "he@qianshou.example"


def test_a_row_changed_since_stops_the_undo_and_is_named():
    batch = confirmed(staged(CHILDREN, A_CHILD))
    confirmed(staged(CHILDREN, A_CHILD | {"interests": "画画"}, actor=batch.uploaded_by))
    with pytest.raises(UndoRefused) as refused:
        undone(batch)
    assert refused.value.rows == [{"number": 2, "name": "袁小禾", "why": "changed since the import"}]
    batch.refresh_from_db()
    assert (batch.state, Child.objects.count()) == ("CONFIRMED", 1)


def test_a_child_in_a_pairing_stays():
    batch = confirmed(staged(CHILDREN, A_CHILD))
    a_care_link(Child.objects.get(), a_helper())
    with pytest.raises(UndoRefused) as refused:
        undone(batch)
    assert refused.value.rows[0]["why"] == "is in a pairing"


def test_a_helper_who_signed_in_stays():
    batch = confirmed(staged(HELPERS, A_HELPER))
    User.objects.filter(helper__isnull=False).update(last_login=timezone.now())
    with pytest.raises(UndoRefused) as refused:
        undone(batch)
    assert refused.value.rows[0]["why"] == "has signed in"


def test_a_confirmed_background_check_stays():
    batch, second = confirmed(staged(HELPERS, A_HELPER)), a_coordinator()
    checks = Helper.objects.get().clearances.all()
    confirm_clearances(clearances=checks, actor=second, reader=reader_for(second, NOW), now=NOW)
    with pytest.raises(UndoRefused):
        undone(batch)


def test_apps_above_may_object(monkeypatch):
    batch = confirmed(staged(CHILDREN, A_CHILD))
    monkeypatch.setattr(undo_blockers, "_blockers", [])
    undo_blockers.register(lambda kind, ids: dict.fromkeys(ids, "has an offer"))
    with pytest.raises(UndoRefused) as refused:
        undone(batch)
    assert refused.value.rows[0]["why"] == "has an offer"


def test_undoing_twice_and_undoing_what_was_never_confirmed():
    batch = confirmed(staged(CHILDREN, A_CHILD))
    undone(batch)
    with pytest.raises(InvalidMove):
        undone(batch)
    with pytest.raises(InvalidMove):
        undone(staged(CHILDREN, A_CHILD, actor=batch.uploaded_by))


def test_what_was_undone_can_be_imported_again():
    batch = confirmed(staged(CHILDREN, A_CHILD))
    undone(batch)
    confirmed(staged(CHILDREN, A_CHILD, actor=batch.uploaded_by))
    assert Child.objects.count() == 1
