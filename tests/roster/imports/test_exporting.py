"""Excel out: what import takes back, harmless, masked by the matrix, and never many without a second person."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.kernel.errors import InvalidMove, NotAllowed
from backend.roster.access import reader_for
from backend.roster.models import Child, ExportRequest, Helper, Membership
from backend.roster.services import exports
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.checking import FORMULA_SIGNS, parse_row
from backend.roster.sheets.reading import read_table
from backend.roster.sheets.workbook import harmless, to_csv, to_xlsx
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_member, a_school, a_township, a_village
from tests.roster.imports.sheets import A_CHILD, A_HELPER, CHILDREN, HELPERS, confirmed, outcomes, staged

pytestmark = pytest.mark.django_db
REASON = "每学期核对台账之用，发给教育局"


def exported(kind, actor, form="xlsx", **filters):
    reader = reader_for(actor, NOW)
    return exports.export(kind=kind, filters=filters, form=form, reason=REASON, actor=actor, reader=reader, now=NOW)


FULL_CHILD = A_CHILD | {
    "father.id_number": "529981198504171422", "mother.name": "李秀兰", "mother.qq": "123456", "carer.birth_year": "1958",
    "carer.id_number": "529981198504171422", "carer.email": "yuan@qianshou.example", "position": "-120,3400",
    "away_since_date": "2023-09-01", "is_boarding": "是", "categories": "单亲家庭", "interests": "=1+1", "care_alert": "@花生",
    "personality": "-内向", "mother.workplace_phone": "010-12345678", "assessment_reason": "初评", "study_state": "＋好",
}  # fmt: skip
FULL_HELPER = A_HELPER | {
    "roles": "教师、志愿者、五老",
    "elder_kind": "老教师",
    "position": "10,20",
    "share_permille": "50%",
    "address": "+三组",
}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize(("kind", "row"), [(CHILDREN, FULL_CHILD), (HELPERS, FULL_HELPER)])
def test_what_goes_out_comes_back_as_unchanged(kind, row, form):
    actor = a_coordinator()
    confirmed(staged(kind, row, actor=actor))
    again = staged(kind, actor=actor, content=exported(kind, actor, form))
    assert [note for one in again.rows.all() for note in one.problems] == []
    assert outcomes(again) == ["UNCHANGED"]


@pytest.mark.parametrize("role", [Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR])
def test_it_comes_back_unchanged_for_every_coordinator(role):
    confirmed(staged(CHILDREN, FULL_CHILD))
    school = Child.objects.get().school
    grant = {"organisation": school} if role == Role.SCHOOL_COORDINATOR else {"area": a_township()}
    actor = a_member(role, **grant)
    assert outcomes(staged(CHILDREN, actor=actor, content=exported(CHILDREN, actor))) == ["UNCHANGED"]


def test_namesakes_of_one_day_at_one_school_come_back_each_to_themselves():
    actor = a_coordinator()
    twin = A_CHILD | {"id_number": "529981201603051287", "interests": "下棋"}
    confirmed(staged(CHILDREN, A_CHILD, actor=actor))
    batch = staged(CHILDREN, twin, actor=actor)
    from backend.roster.services.mending import decide

    decide(row=batch.rows.get(), decision="NEW", actor=actor, reader=reader_for(actor, NOW), now=NOW)
    batch.refresh_from_db()
    confirmed(batch)
    assert outcomes(staged(CHILDREN, actor=actor, content=exported(CHILDREN, actor))) == ["UNCHANGED"] * 2


def test_the_matrix_decides_what_each_reader_gets():
    confirmed(staged(CHILDREN, A_CHILD))
    county, township = a_coordinator(), a_coordinator(a_township())
    cells = {actor: read_table(exported(CHILDREN, actor), SHEETS[CHILDREN]).rows[0][1] for actor in (county, township)}
    assert cells[county]["id_number"] == cells[township]["id_number"] == "529981********1228"
    assert (cells[county]["medical_history"], cells[township]["medical_history"]) == ("***", "哮喘")


def test_nobody_else_exports_and_nobody_sees_beyond_their_area():
    confirmed(staged(CHILDREN, A_CHILD))
    for role in (Role.AUDITOR, Role.VILLAGE_DIRECTOR, Role.ADMIN, Role.API_CLIENT):
        with pytest.raises(NotAllowed):
            exported(CHILDREN, a_member(role, area=a_county()))
    elsewhere = a_coordinator(a_township(number=102, name="水田乡"))
    rows = list(csv.reader(io.StringIO(exported(CHILDREN, elsewhere, "csv").decode("utf-8-sig"))))
    assert len(rows) == 1


def test_an_export_is_on_record_with_its_reason():
    actor = a_coordinator()
    a_child()
    exported(CHILDREN, actor, state="ACTIVE")
    entry = AuditEntry.objects.get(verb="roster.exported")
    assert (entry.reason, entry.after["rows"], entry.actor_id) == (REASON, 1, actor.public_id)


def test_an_export_needs_a_reason_and_knows_its_filters():
    actor = a_coordinator()
    reader = reader_for(actor, NOW)
    with pytest.raises(exports.ReasonTooShort):
        exports.export(kind=CHILDREN, filters={}, form="csv", reason="看看", actor=actor, reader=reader, now=NOW)
    with pytest.raises(exports.UnknownFilter):
        exported(CHILDREN, actor, id_hash="x")


def test_more_than_five_hundred_need_a_second_coordinator(django_capture_on_commit_callbacks, settings):
    first, second = a_coordinator(), a_coordinator()
    a_school()
    template = a_child()
    Child.objects.bulk_create(
        Child(name=f"孩子{n}", sex="F", village=template.village, school=template.school)
        for n in range(exports.MOST_ROWS)
    )
    with pytest.raises(exports.TooManyRows):
        exported(CHILDREN, first)
    reader = reader_for(first, NOW)
    request = exports.ask_export(kind=CHILDREN, filters={}, reason=REASON, actor=first, reader=reader, now=NOW)
    with pytest.raises(exports.SecondPersonNeeded):
        exports.allow_export(request=request, actor=first, reader=reader, now=NOW)
    with pytest.raises(InvalidMove):
        exports.make_link(request=request, actor=first, now=NOW)
    exports.allow_export(request=request, actor=second, reader=reader_for(second, NOW), now=NOW)
    exports.build(request_id=request.pk, now=NOW, still_alive=lambda: None)
    token = exports.make_link(request=ExportRequest.objects.get(), actor=first, now=NOW)
    name, content = exports.fetch(token=token, actor=first, now=NOW + timedelta(hours=23))
    assert (name, len(read_table(content, SHEETS[CHILDREN]).rows)) == ("儿童台账.xlsx", exports.MOST_ROWS + 1)
    assert "孩子1".encode() not in (settings.DATA_DIR / ExportRequest.objects.get().stored_file).read_bytes()
    for who, when in ((second, NOW), (first, NOW + timedelta(hours=25))):
        with pytest.raises(exports.LinkEnded):
            exports.fetch(token=token, actor=who, now=when)
    assert exports.expire_exports(now=NOW + timedelta(hours=25)) == 1
    assert ExportRequest.objects.get().state == "EXPIRED"


def test_a_request_is_answered_once_and_by_somebody_of_the_place():
    first, second = a_coordinator(), a_coordinator()
    reader = reader_for(first, NOW)
    request = exports.ask_export(kind=HELPERS, filters={}, reason=REASON, actor=first, reader=reader, now=NOW)
    stranger = a_coordinator(a_township())
    with pytest.raises(NotAllowed):
        exports.allow_export(request=request, actor=stranger, reader=reader_for(stranger, NOW), now=NOW)
    assert list(exports.requests_visible_to(reader_for(second, NOW), NOW)) == [request]
    assert list(exports.requests_visible_to(reader_for(stranger, NOW), NOW)) == []
    exports.refuse_export(request=request, actor=second, reader=reader_for(second, NOW), now=NOW)
    with pytest.raises(InvalidMove):
        exports.allow_export(request=request, actor=second, reader=reader_for(second, NOW), now=NOW)
    assert Helper.objects.count() == 0


def a_ready_file(asker, second):
    """A large export of `asker`, allowed by `second`, and its token."""
    reader = reader_for(asker, NOW)
    request = exports.ask_export(kind=CHILDREN, filters={}, reason=REASON, actor=asker, reader=reader, now=NOW)
    exports.allow_export(request=request, actor=second, reader=reader_for(second, NOW), now=NOW)
    exports.build(request_id=request.pk, now=NOW, still_alive=lambda: None)
    return exports.make_link(request=ExportRequest.objects.get(pk=request.pk), actor=asker, now=NOW)


def ended(user):
    user.memberships.update(expires_at=NOW - timedelta(seconds=1))


def shrunk(user):
    ended(user)
    Membership.objects.create(
        user=user, role=Role.TOWNSHIP_COORDINATOR, area=a_township(number=109, name="水田乡"), reason="换岗",
        starts_at=NOW, expires_at=NOW + timedelta(days=9),
    )  # fmt: skip


def half_gone(user):
    """Two townships when the file was made, one of them now."""
    user.memberships.filter(area=a_township(number=109, name="水田乡")).update(expires_at=NOW - timedelta(seconds=1))


def closed(user):
    user.is_active = False
    user.save()


@pytest.mark.parametrize("lose", [ended, shrunk, closed])
def test_a_file_made_before_the_grant_ended_is_not_fetched_after(lose):
    child, (asker, second) = a_child("袁不漏"), (a_coordinator(), a_coordinator())
    token = a_ready_file(asker, second)
    assert child.name in str(read_table(exports.fetch(token=token, actor=asker, now=NOW)[1], SHEETS[CHILDREN]).rows)

    lose(asker)

    with pytest.raises(exports.LinkEnded):
        exports.fetch(token=token, actor=asker, now=NOW)
    with pytest.raises(NotAllowed):
        exports.make_link(request=ExportRequest.objects.get(), actor=asker, now=NOW)


def test_a_file_of_two_townships_is_not_fetched_by_whoever_kept_one():
    a_child("袁不漏", village=a_village(a_township(number=109, name="水田乡"), number=209, name="水田村"))
    asker = a_member(Role.TOWNSHIP_COORDINATOR, area=a_township())
    Membership.objects.create(
        user=asker, role=Role.TOWNSHIP_COORDINATOR, area=a_township(number=109, name="水田乡"), reason="兼任",
        starts_at=NOW - timedelta(days=9), expires_at=NOW + timedelta(days=9),
    )  # fmt: skip
    token = a_ready_file(asker, a_coordinator())
    exports.fetch(token=token, actor=asker, now=NOW)

    half_gone(asker)

    with pytest.raises(exports.LinkEnded):
        exports.fetch(token=token, actor=asker, now=NOW)


def test_no_file_is_made_for_whoever_is_no_coordinator_any_more():
    asker, second = a_coordinator(), a_coordinator()
    reader = reader_for(asker, NOW)
    request = exports.ask_export(kind=CHILDREN, filters={}, reason=REASON, actor=asker, reader=reader, now=NOW)
    exports.allow_export(request=request, actor=second, reader=reader_for(second, NOW), now=NOW)
    ended(asker)

    exports.build(request_id=request.pk, now=NOW, still_alive=lambda: None)

    assert ExportRequest.objects.get().state == "REFUSED"


# Formulas


FORMS = [
    f"{sign}{rest}"
    for sign in FORMULA_SIGNS
    for rest in ("1+1", "cmd|' /C calc'!A0", "SUM(A1)", 'HYPERLINK("http://x")', "", "-1", "@x")
]


@pytest.mark.parametrize("text", FORMS)
def test_no_cell_begins_like_a_formula(text):
    assert harmless(text) == f"'{text}"
    rows = list(csv.reader(io.StringIO(to_csv(["甲"], [[text.replace("\0", "")]]).decode("utf-8-sig"), newline="")))
    assert not rows[1][0] or not rows[1][0].startswith(FORMULA_SIGNS)


def test_xlsx_cells_are_text_even_where_they_look_like_formulas_links_or_numbers():
    import zipfile

    texts = ["=1+1", "http://example.org", "529981201603051228", "{=A1}", "@SUM(1)"]
    content = to_xlsx(SHEETS[CHILDREN], [texts])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page
    assert "hyperlink" not in page.lower()
    assert page.count('t="s"') >= len(texts)


def test_the_apostrophe_comes_off_again_and_only_that_one():
    sheet = SHEETS[CHILDREN]
    assert parse_row(2, {"interests": "'=1+1"}, sheet).values["interests"] == "=1+1"
    assert parse_row(2, {"interests": "'90后"}, sheet).values["interests"] == "'90后"
