"""A child or helper entered by hand, and a helper's file changed: the same checks and the same writer as an import."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from backend.accounts.models import Role, User
from backend.audit.models import AuditEntry
from backend.kernel.errors import DomainError, NotAllowed
from backend.outbox.models import OutboxEvent
from backend.roster.access import reader_for
from backend.roster.models import Child, Helper, Membership
from backend.roster.models.imports import SheetKind
from backend.roster.services.by_hand import (
    EntryWrong,
    HelperChanged,
    JustWritten,
    LooksAlike,
    OnFileAlready,
    StateNeedsReason,
    edit_helper,
    enter_person,
)
from backend.roster.services.entry_places import place_cells
from backend.vault.hashes import lookup_hash
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
    timedelta,
)
from tests.roster.imports.sheets import A_CHILD, A_HELPER

pytestmark = pytest.mark.django_db
CHILDREN, HELPERS = SheetKind.CHILDREN, SheetKind.HELPERS


@pytest.fixture
def school():
    return a_school()


def entered(kind, cells, actor=None, **more):
    actor = actor or a_coordinator()
    return enter_person(kind=kind, cells=cells, actor=actor, reader=reader_for(actor, NOW), now=NOW, **more)


def edited(helper, cells, actor=None, **more):
    actor = actor or a_coordinator()
    facts = {"version": helper.version, "reader": reader_for(actor, NOW), "now": NOW} | more
    return edit_helper(helper=helper, cells=cells, actor=actor, **facts)


def wrong_columns(refusal):
    return [note["column"] for note in refusal.value.problems]


def test_a_child_entered_by_hand_is_written_as_an_import_would(school):
    child = entered(CHILDREN, A_CHILD)

    assert (child.name, child.name_sort, child.village, child.school) == (
        "袁小禾", "yuan xiao he", a_village(), school,
    )  # fmt: skip
    assert child.id_hash == lookup_hash(A_CHILD["id_number"], "child.id_number")
    assert (child.heart_level, child.medical_history, child.version) == (4, "哮喘", 1)
    assert child.consents.get().purpose == "MATCHING"
    assert {row.kind for row in child.guardians.all()} == {"FATHER", "DELEGATED"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT medical_history FROM roster_child")
        assert "哮喘" not in cursor.fetchone()[0]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.subject_id, entry.after) == ("child.entered", child.public_id, None)


def test_a_helper_entered_by_hand_has_a_login_and_an_unconfirmed_check(school):
    helper = entered(HELPERS, A_HELPER)

    assert (helper.user.email, helper.user.has_usable_password()) == ("he@qianshou.example", False)
    assert [row.role for row in helper.roles.all()] == [Role.TEACHER]
    assert helper.weekly_hours.count() == 2
    assert helper.teaching_posts.get().is_head
    assert helper.clearances.get().confirmed_at is None


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        ({"name": "袁小禾"}, {"sex", "village"}),
        (A_CHILD | {"id_number": "529981201603051229"}, {"id_number"}),
        (A_CHILD | {"heart_level": "五级", "grade": "三点五"}, {"heart_level", "grade"}),
        (A_CHILD | {"consent_date": "2027-01-01"}, {"consent_date"}),
    ],
)
def test_what_an_import_calls_wrong_is_refused_with_every_cell(school, cells, columns):
    with pytest.raises(EntryWrong) as refusal:
        entered(CHILDREN, cells)
    assert set(wrong_columns(refusal)) == columns
    assert (Child.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_somebody_on_file_is_never_written_over(school):
    actor = a_coordinator()
    child = entered(CHILDREN, A_CHILD, actor)

    for cells in (A_CHILD, A_CHILD | {"id_number": "", "name": "袁小禾"}):
        with pytest.raises(OnFileAlready) as refusal:
            entered(CHILDREN, cells | {"interests": "别的"}, actor)
        assert refusal.value.facts["person"] == child.public_id

    assert Child.objects.get().version == 1


def test_a_look_alike_is_asked_about_and_only_about_that_person(school):
    actor = a_coordinator()
    child = entered(CHILDREN, A_CHILD, actor)
    twin = A_CHILD | {"name": "袁晓禾", "id_number": ""}

    for unlike in ("", "z" * 16):
        with pytest.raises(LooksAlike) as question:
            entered(CHILDREN, twin, actor, unlike=unlike)
        assert question.value.alike == child

    assert entered(CHILDREN, twin, actor, unlike=child.public_id).name == "袁晓禾"
    assert Child.objects.count() == 2


def test_nobody_is_entered_outside_the_coordinators_places(school):
    elsewhere = a_coordinator(a_township(number=102, name="水田乡"))
    with pytest.raises(EntryWrong):
        entered(CHILDREN, A_CHILD, elsewhere)
    with pytest.raises(EntryWrong) as refusal:
        place_cells(CHILDREN, reader_for(elsewhere, NOW), {"village": a_village().public_id})
    assert wrong_columns(refusal) == ["village"]
    for role in (Role.ADMIN, Role.AUDITOR, Role.VILLAGE_DIRECTOR):
        with pytest.raises(NotAllowed):
            entered(CHILDREN, A_CHILD, a_member(role, area=a_village()))
    assert Child.objects.count() == 0


def test_an_id_number_of_another_county_tells_nothing_but_that_it_cannot_be_used(school):
    far = a_village(a_township(a_county("529902", "云河县"), number=102), number=202)
    a_child("穆子轩", village=far, school=a_school(far), id_number=A_CHILD["id_number"])

    with pytest.raises(EntryWrong) as refusal:
        entered(CHILDREN, A_CHILD)

    assert wrong_columns(refusal) == ["id_number"]
    assert "穆" not in str(refusal.value.problems)


def test_a_school_coordinator_enters_a_pupil_from_any_village(school):
    coordinator = a_member(Role.SCHOOL_COORDINATOR, organisation=school)
    reader = reader_for(coordinator, NOW)
    village = a_village(a_township(number=102, name="水田乡"), number=202, name="水田村")
    cells = {"name": "袁小禾", "sex": "女"}
    places = place_cells(CHILDREN, reader, {"village": village.public_id, "school": school.public_id})

    assert entered(CHILDREN, cells | places, coordinator).village == village
    with pytest.raises(EntryWrong):
        entered(
            CHILDREN,
            cells | {"name": "袁二"} | place_cells(CHILDREN, reader, {"village": village.public_id}),
            coordinator,
        )


def test_a_helper_is_changed_where_cells_say_so_and_nowhere_else(school):
    helper = entered(HELPERS, A_HELPER)

    fresh = edited(helper, {"phone": "19900444444", "roles": "教师、志愿者", "hours": "周五 全天", "skills": "-"})

    assert (fresh.phone, fresh.phone_hash) == ("19900444444", lookup_hash("19900444444", "helper.phone"))
    assert ({row.role for row in fresh.roles.all()}, fresh.skills) == ({"TEACHER", "VOLUNTEER"}, [])
    assert [(row.weekday, row.start_minute) for row in fresh.weekly_hours.all()] == [(5, 480)]
    assert (fresh.name, fresh.total_limit, fresh.version, fresh.clearances.count()) == ("何国平", 2, 2, 1)
    entry = AuditEntry.objects.get(verb="helper.edited")
    assert "19900444444" not in str((entry.before, entry.after))


def test_the_unit_changes_and_the_old_classes_go_with_it(school):
    helper = entered(HELPERS, A_HELPER)
    other = a_school(a_village(number=202, name="红军村"), name="红军小学")
    actor = a_coordinator()

    fresh = edited(helper, place_cells(HELPERS, reader_for(actor, NOW), {"unit": other.public_id}, helper), actor)
    assert (fresh.unit, fresh.teaching_posts.count()) == (other, 0)

    emptied = edited(fresh, place_cells(HELPERS, reader_for(actor, NOW), {"unit": "", "village": ""}, fresh), actor)
    assert (emptied.unit, emptied.village, emptied.township) == (None, None, a_township())


def test_two_editors_of_a_helper_never_overwrite_each_other(school):
    helper = entered(HELPERS, A_HELPER)
    edited(helper, {"total_limit": "3"})

    with pytest.raises(HelperChanged):
        edited(helper, {"total_limit": "9"}, version=1)

    assert Helper.objects.get().total_limit == 3


def test_pausing_and_leaving_take_a_reason_and_leaving_is_told(school):
    helper = entered(HELPERS, A_HELPER)
    with pytest.raises(StateNeedsReason):
        edited(helper, {"state": "暂停"}, reason="  ")

    paused = edited(helper, {"state": "暂停", "paused_until_date": "2027-01-10"}, reason="产假")
    assert (paused.state, str(paused.paused_until_date)) == ("PAUSED", "2027-01-10")
    assert not OutboxEvent.objects.filter(name="helper.left").exists()
    edited(paused, {"state": "离开"}, reason="调走了")

    assert OutboxEvent.objects.get(name="helper.left").payload == {"helper_id": helper.pk}
    reasons = AuditEntry.objects.filter(verb="helper.edited").order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["产假", "调走了"]


def test_the_logins_address_follows_the_file_unless_it_opens_other_rights(school):
    helper, other = entered(HELPERS, A_HELPER), a_helper()
    fresh = edited(helper, {"email": "new@qianshou.example"})
    assert User.objects.get(pk=helper.user_id).email == "new@qianshou.example"

    with pytest.raises(EntryWrong):
        edited(fresh, {"email": other.user.email})
    Membership.objects.create(
        user=helper.user, role=Role.TOWNSHIP_COORDINATOR, area=a_township(), reason="兼任", starts_at=NOW,
        expires_at=NOW + timedelta(days=9),
    )  # fmt: skip
    with pytest.raises(EntryWrong) as refusal:
        edited(fresh, {"email": "thief@qianshou.example"})
    assert wrong_columns(refusal) == ["email"]
    assert User.objects.get(pk=helper.user_id).email == "new@qianshou.example"


def test_a_helpers_id_number_is_not_somebody_elses(school):
    helper = entered(HELPERS, A_HELPER)
    mate = a_helper()
    with pytest.raises(EntryWrong) as refusal:
        edited(mate, {"id_number": A_HELPER["id_number"]})
    assert wrong_columns(refusal)[0] == "id_number"
    assert edited(helper, {"id_number": "529981********1422"}).version == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_a_form_sent_by_eight_at_once_makes_one_file():
    a_school()
    actor, gate = a_coordinator(), Barrier(8)
    cells = {key: text for key, text in A_CHILD.items() if key != "id_number"}

    def press(_number):
        gate.wait()
        try:
            return entered(CHILDREN, cells, actor).name
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(8)))

    assert Child.objects.count() == 1
    assert answers.count("袁小禾") == 1
    assert set(answers) <= {"袁小禾", JustWritten.code, OnFileAlready.code}
