"""From file to ledger: what is written, for whom, once, and by whom it may be done."""

from __future__ import annotations

from datetime import date

import pytest

from backend.accounts.models import Role, User
from backend.audit.models import AuditEntry
from backend.kernel.errors import InvalidMove, NotAllowed
from backend.outbox.models import OutboxEvent
from backend.roster.access import reader_for
from backend.roster.models import Area, Child, Clearance, Consent, Guardian, Helper, ImportRow, Organisation
from backend.roster.services.clearances import OwnRecord, confirm_clearances
from backend.roster.services.confirming import LedgerMoved, RowsStillOpen, confirm
from backend.roster.services.imports import cancel, upload
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.reading import FileRefused, read_table
from backend.roster.sheets.template import template
from tests.factories.roster import NOW, a_coordinator, a_county, a_member, a_school, a_township, a_village
from tests.roster.imports.sheets import A_CHILD, A_HELPER, CHILDREN, HELPERS, confirmed, outcomes, problems, staged

pytestmark = pytest.mark.django_db


def test_nothing_is_written_before_the_confirmation():
    a_county()
    before = Area.objects.count()
    staged(CHILDREN, A_CHILD)
    assert (Child.objects.count(), Area.objects.count(), Organisation.objects.count()) == (0, before, 0)


def test_a_new_child_arrives_whole():
    batch = confirmed(staged(CHILDREN, A_CHILD))
    child = Child.objects.select_related("village", "school", "school_class").get()
    assert (child.name, child.sex, child.birth_date, child.id_number) == (
        "袁小禾",
        "F",
        date(2016, 3, 5),
        A_CHILD["id_number"],
    )
    assert (child.village.code, child.school.name, child.school_class.grade) == ("529901101201", "土城小学", 4)
    assert (child.heart_level, child.need_level, child.needs) == (4, 4, ["学习缺导", "亲情缺慰"])
    assert child.medical_history == "哮喘"
    assert sorted(child.guardians.values_list("kind", "is_in_charge")) == [("DELEGATED", True), ("FATHER", False)]
    carer = child.guardians.get(is_in_charge=True)
    assert (carer.name, carer.phone, carer.ratings.get().rating) == ("袁桂英", "19900222222", "GOOD")
    assessment = child.assessments.get()
    assert (assessment.aspects, assessment.guardianship_type, assessment.signed_by) == (
        {"mind": 3, "body": 2},
        3,
        batch.uploaded_by,
    )
    assert Consent.objects.get().given_by == "袁桂英"
    assert batch.counts["written"] == 1


def test_a_new_helper_arrives_whole_with_an_account_nobody_can_enter_yet():
    batch = confirmed(staged(HELPERS, A_HELPER))
    helper = Helper.objects.select_related("unit", "user", "township").get()
    assert (helper.unit.kind, helper.township.code, helper.email) == ("SCHOOL", "529901101", "he@qianshou.example")
    assert (helper.user.email, helper.user.display_name, helper.user.has_usable_password()) == (
        helper.email,
        "何国平",
        False,
    )
    assert list(helper.roles.values_list("role", flat=True)) == [Role.TEACHER]
    post = helper.teaching_posts.get()
    assert (post.school_class.name, post.subject, post.is_head) == ("四年级2班", "语文", True)
    assert list(helper.weekly_hours.order_by("weekday").values_list("weekday", "start_minute", "end_minute")) == [
        (1, 840, 960), (3, 480, 1080),
    ]  # fmt: skip
    clearance = helper.clearances.get()
    assert (clearance.recorded_by, clearance.confirmed_by) == (batch.uploaded_by, None)


def test_the_database_holds_no_plain_secret():
    confirmed(staged(CHILDREN, A_CHILD))
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("roster_child", "roster_guardian", "roster_importrow", "audit_auditentry", "outbox_outboxevent"):
            cursor.execute(f"SELECT * FROM {table}")
            text = str(cursor.fetchall())
            assert not any(secret in text for secret in (A_CHILD["id_number"], "19900111111", "哮喘", "三组 12 号")), (
                table
            )


def test_what_is_written_can_be_forgotten_by_the_preview():
    batch = confirmed(staged(CHILDREN, A_CHILD))
    row = batch.rows.get()
    assert (row.payload, row.person_id, row.person_version) == ("", Child.objects.get().pk, 1)


def test_act_and_fact_are_on_record():
    confirmed(staged(CHILDREN, A_CHILD))
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["import.uploaded", "import.staged", "child.imported", "import.confirmed"]
    assert list(OutboxEvent.objects.order_by("pk").values_list("name", flat=True)) == [
        "import.ready",
        "import.confirmed",
    ]


def test_the_second_time_nothing_changes():
    actor = a_coordinator()
    for kind, row in ((CHILDREN, A_CHILD), (HELPERS, A_HELPER)):
        confirmed(staged(kind, row, actor=actor))
        assert outcomes(staged(kind, row, actor=actor)) == ["UNCHANGED"]


def test_blank_stays_and_a_dash_empties():
    actor = a_coordinator()
    confirmed(staged(CHILDREN, A_CHILD, actor=actor))
    change = {
        "name": "袁小禾",
        "sex": "女",
        "id_number": A_CHILD["id_number"],
        "needs": "-",
        "medical_history": "-",
        "address": "",
        "father.name": "-",
    }
    batch = staged(CHILDREN, change, actor=actor)
    assert outcomes(batch) == ["CHANGED"]
    confirmed(batch)
    child = Child.objects.get()
    assert (child.needs, child.medical_history, child.address, child.version) == ([], "", "三组 12 号", 2)
    assert not child.guardians.filter(kind="FATHER").exists()


def test_a_missing_row_changes_nothing():
    actor = a_coordinator()
    confirmed(staged(CHILDREN, A_CHILD, actor=actor))
    other = {"name": "李小春", "sex": "男", "birth_date": "2015-01-01", "village_code": "529901101201"}
    batch = staged(CHILDREN, other, actor=actor)
    assert batch.counts["absent"] == 1
    confirmed(batch)
    assert Child.objects.count() == 2


def test_a_changed_child_keeps_its_history():
    actor = a_coordinator()
    confirmed(staged(CHILDREN, A_CHILD | {"heart_level": "三级"}, actor=actor))
    change = {"name": "袁小禾", "sex": "女", "id_number": A_CHILD["id_number"], "heart_level": "四级", "assessed_date": "2026-11-01",
              "assessment_reason": "祖母病了", "carer.kind": "父亲"}  # fmt: skip
    confirmed(staged(CHILDREN, change, actor=actor))
    child = Child.objects.get()
    assert list(child.assessments.order_by("assessed_date").values_list("heart_level", flat=True)) == [3, 4]
    assert (child.heart_level, child.need_level) == (4, 4)
    assert child.guardians.get(is_in_charge=True).kind == "FATHER"
    entry = AuditEntry.objects.get(verb="child.changed")
    assert (entry.before["heart_level"], entry.after["heart_level"]) == (3, 4)


def test_a_consent_withdrawn_by_sheet_is_withdrawn_and_told():
    actor = a_coordinator()
    confirmed(staged(CHILDREN, A_CHILD, actor=actor))
    confirmed(
        staged(
            CHILDREN, {"name": "袁小禾", "sex": "女", "id_number": A_CHILD["id_number"], "consent": "否"}, actor=actor
        )
    )
    assert Consent.objects.get().withdrawn_at == NOW
    assert OutboxEvent.objects.filter(name="consent.withdrawn").count() == 1


def test_a_child_who_left_is_told():
    actor = a_coordinator()
    confirmed(staged(CHILDREN, A_CHILD, actor=actor))
    confirmed(
        staged(
            CHILDREN, {"name": "袁小禾", "sex": "女", "id_number": A_CHILD["id_number"], "state": "已迁出"}, actor=actor
        )
    )
    assert OutboxEvent.objects.get(name="child.left").payload["child_id"] == Child.objects.get().pk


def test_a_new_address_of_a_login_is_on_record_with_the_old_one():
    actor = a_coordinator()
    confirmed(staged(HELPERS, A_HELPER, actor=actor))
    confirmed(staged(HELPERS, A_HELPER | {"email": "new@qianshou.example"}, actor=actor))
    assert Helper.objects.get().user.email == "new@qianshou.example"
    entry = AuditEntry.objects.get(verb="user.email_changed")
    assert (entry.before, entry.after) == ({"email": "he@qianshou.example"}, {"email": "new@qianshou.example"})


def test_a_teacher_who_moves_school_leaves_the_classes():
    actor = a_coordinator()
    confirmed(staged(HELPERS, A_HELPER, actor=actor))
    a_school(a_village(), name="长坝中学")
    move = {"name": "何国平", "sex": "女", "id_number": A_HELPER["id_number"], "unit": "长坝中学", "unit_kind": "学校"}
    confirmed(staged(HELPERS, move, actor=actor))
    helper = Helper.objects.get()
    assert (helper.unit.name, helper.teaching_posts.count()) == ("长坝中学", 0)


def test_wrong_rows_stop_the_import_until_they_are_left_out():
    batch = staged(CHILDREN, A_CHILD, {"name": "李小春", "sex": "甲", "village_code": "529901101201"})
    with pytest.raises(RowsStillOpen):
        confirmed(batch)
    confirmed(batch, skip_wrong=True)
    assert list(Child.objects.values_list("name", flat=True)) == ["袁小禾"]
    assert batch.rows.filter(outcome="WRONG").count() == 1


def test_a_batch_is_confirmed_once():
    batch = confirmed(staged(CHILDREN, A_CHILD))
    with pytest.raises(InvalidMove):
        confirmed(batch)
    assert Child.objects.count() == 1


def test_a_file_changed_since_the_preview_stops_everything():
    actor = a_coordinator()
    confirmed(staged(CHILDREN, A_CHILD, actor=actor))
    other = {"name": "李小春", "sex": "男", "birth_date": "2015-01-01", "village_code": "529901101201"}
    batch = staged(CHILDREN, A_CHILD | {"interests": "画画"}, other, actor=actor)
    Child.objects.update(version=9)
    with pytest.raises(LedgerMoved):
        confirmed(batch)
    batch.refresh_from_db()
    assert (Child.objects.count(), batch.state) == (1, "READY")


def test_the_same_child_in_two_waiting_batches_is_made_once():
    actor = a_coordinator()
    first, second = staged(CHILDREN, A_CHILD, actor=actor), staged(CHILDREN, A_CHILD, actor=actor)
    confirmed(first)
    with pytest.raises(LedgerMoved):
        confirmed(second)
    assert Child.objects.count() == 1


def test_giving_up_drops_the_rows_and_keeps_the_ledger():
    batch = staged(CHILDREN, A_CHILD)
    actor = batch.uploaded_by
    cancel(batch=batch, actor=actor, reader=reader_for(actor, NOW), now=NOW)
    assert not ImportRow.objects.exists()
    with pytest.raises(InvalidMove):
        confirmed(batch)


def test_siblings_share_their_guardians_login():
    sibling = A_CHILD | {"name": "袁小春", "id_number": "", "birth_date": "2014-01-01"}
    confirmed(staged(CHILDREN, *(row | {"carer.email": "yuan@qianshou.example"} for row in (A_CHILD, sibling))))
    user = User.objects.get(email="yuan@qianshou.example")
    assert user.guardianships.count() == 2
    assert reader_for(user, NOW).role == Role.GUARDIAN


def test_the_example_of_the_template_is_nobody():
    assert staged(CHILDREN, content=template(CHILDREN)).state == "REFUSED"
    assert staged(HELPERS, content=template(HELPERS)).state == "REFUSED"


def test_a_sample_left_above_filled_rows_is_left_out_and_counted():
    sample = A_CHILD | {"name": "示例：王小禾", "id_number": "示例：529981201603051228"}
    batch = staged(CHILDREN, sample, A_CHILD)
    assert outcomes(batch) == ["NEW"]
    assert batch.sheet["samples"] == 1


@pytest.mark.parametrize("kind", [CHILDREN, HELPERS])
def test_a_sample_with_only_its_name_overwritten_is_wrong_and_not_imported(kind):
    """Its number and its codes are nobody's: each of them says so."""
    sample = next(iter(read_table(template(kind), SHEETS[kind]).rows))[1]
    batch = staged(kind, sample | {"name": "王小禾"})
    assert outcomes(batch) == ["WRONG"]
    marked = {key for key, text in sample.items() if str(text).startswith("示例：")} - {"name"}
    assert marked <= {column for _cell, column in problems(batch)}


def test_the_sample_of_an_older_template_is_nobody_either():
    columns = SHEETS[CHILDREN].by_key
    old = {key: columns[key].example for key in ("name", "sex", "id_number", "township", "village")}
    assert staged(CHILDREN, old).state == "REFUSED"


# Scope


def test_places_are_made_inside_the_coordinators_area_only():
    town, other = a_township(), a_township(number=102, name="水田乡")
    coordinator = a_coordinator(town)
    assert outcomes(staged(CHILDREN, A_CHILD, actor=coordinator)) == ["NEW"]
    elsewhere = A_CHILD | {
        "township": other.name,
        "township_code": other.code,
        "village_code": f"{other.code}201",
        "school": "",
        "school_code": "",
        "grade": "",
        "class_name": "",
    }
    assert problems(staged(CHILDREN, elsewhere, actor=coordinator)) == [("H2", "village_code")]


def test_a_child_of_another_township_cannot_be_written_even_where_the_village_is_on_file():
    a_village(a_township(number=102, name="水田乡"), name="双桥村")
    coordinator = a_coordinator(a_township())
    row = {"name": "李小春", "sex": "男", "birth_date": "2015-01-01", "village_code": "529901102201"}
    assert [key for _cell, key in problems(staged(CHILDREN, row, actor=coordinator))] == ["village"]


def test_an_id_number_on_file_elsewhere_is_refused_without_saying_whose_it_is():
    confirmed(staged(CHILDREN, A_CHILD))
    coordinator = a_coordinator(a_township(number=102, name="水田乡"))
    row = A_CHILD | {
        "township": "水田乡",
        "township_code": "529901102",
        "village": "双桥村",
        "village_code": "529901102201",
        "school": "",
        "school_code": "",
        "grade": "",
        "class_name": "",
    }
    batch = staged(CHILDREN, row, actor=coordinator)
    assert [key for _cell, key in problems(batch)] == ["id_number"]
    assert "袁桂英" not in str(batch.rows.get().problems)


def test_a_school_coordinator_writes_the_schools_pupils_from_any_village_and_makes_no_place():
    school = a_school()
    coordinator = a_member(Role.SCHOOL_COORDINATOR, organisation=school)
    assert outcomes(staged(CHILDREN, A_CHILD, actor=coordinator)) == ["NEW"]
    elsewhere = A_CHILD | {"school": "别的小学", "school_code": "529901101"}
    assert [key for _cell, key in problems(staged(CHILDREN, elsewhere, actor=coordinator))] == ["school"]


def test_only_coordinators_import_and_only_where_they_may():
    batch = staged(CHILDREN, A_CHILD)
    stranger = a_coordinator(a_county("529902", "别的县"))
    with pytest.raises(NotAllowed):
        confirm(batch=batch, skip_wrong=False, actor=stranger, reader=reader_for(stranger, NOW), now=NOW)
    auditor = a_member(Role.AUDITOR, area=a_county())
    with pytest.raises(NotAllowed):
        upload(kind=CHILDREN, file_name="x", content=b"x", actor=auditor, reader=reader_for(auditor, NOW), now=NOW)


def test_a_township_batch_may_be_confirmed_by_the_county_and_not_the_other_way_round():
    township_batch = staged(CHILDREN, A_CHILD, actor=a_coordinator(a_township()))
    county = a_coordinator()
    confirm(batch=township_batch, skip_wrong=False, actor=county, reader=reader_for(county, NOW), now=NOW)
    county_batch, township = staged(HELPERS, A_HELPER), a_coordinator(a_township())
    with pytest.raises(NotAllowed):
        confirm(batch=county_batch, skip_wrong=False, actor=township, reader=reader_for(township, NOW), now=NOW)


def test_a_file_that_is_too_big_never_reaches_a_worker():
    actor = a_coordinator()
    with pytest.raises(FileRefused):
        upload(
            kind=CHILDREN,
            file_name="x",
            content=b"x" * (10 * 1024 * 1024 + 1),
            actor=actor,
            reader=reader_for(actor, NOW),
            now=NOW,
        )


def test_an_unreadable_file_refuses_the_batch_and_drops_the_upload(settings):
    batch = staged(CHILDREN, content=b"%PDF-1.7\x00\x01")
    assert (batch.state, batch.stored_file, batch.problem[:22]) == ("REFUSED", "", "This is not a spreadsh")
    assert not list((settings.DATA_DIR / "imports").glob(f"{batch.public_id}*"))


def test_the_upload_lies_encrypted_until_it_is_read(settings):
    actor = a_coordinator()
    batch = upload(
        kind=CHILDREN,
        file_name="台账.csv",
        content="姓名,性别\n袁小禾,女\n".encode(),
        actor=actor,
        reader=reader_for(actor, NOW),
        now=NOW,
    )
    path = settings.DATA_DIR / batch.stored_file
    assert "袁小禾".encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


# Background checks


def test_whoever_recorded_a_check_cannot_confirm_it():
    batch = confirmed(staged(HELPERS, A_HELPER))
    first, second = batch.uploaded_by, a_coordinator()
    with pytest.raises(OwnRecord):
        confirm_clearances(clearances=Clearance.objects.all(), actor=first, reader=reader_for(first, NOW), now=NOW)
    assert (
        confirm_clearances(clearances=Clearance.objects.all(), actor=second, reader=reader_for(second, NOW), now=NOW)
        == 1
    )
    assert Clearance.objects.get().confirmed_by == second
    assert (
        confirm_clearances(clearances=Clearance.objects.all(), actor=second, reader=reader_for(second, NOW), now=NOW)
        == 0
    )


def test_a_check_on_file_is_not_rewritten_by_a_sheet():
    actor = a_coordinator()
    confirmed(staged(HELPERS, A_HELPER, actor=actor))
    longer = staged(HELPERS, A_HELPER | {"clearance.expires_date": "2027-08-20"}, actor=actor)
    assert [key for _cell, key in problems(longer)] == ["clearance.issued_date"]
    renewed = A_HELPER | {"clearance.issued_date": "2026-11-01", "clearance.expires_date": "2027-10-31"}
    confirmed(staged(HELPERS, renewed, actor=actor))
    assert Clearance.objects.count() == 2


def test_guardians_on_file_are_changed_in_place():
    actor = a_coordinator()
    confirmed(staged(CHILDREN, A_CHILD, actor=actor))
    carer = Guardian.objects.get(is_in_charge=True)
    confirmed(staged(CHILDREN, A_CHILD | {"carer.phone": "19900444444"}, actor=actor))
    carer.refresh_from_db()
    assert (carer.phone, Guardian.objects.count()) == ("19900444444", 2)
