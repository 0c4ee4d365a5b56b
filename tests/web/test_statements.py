"""Responsibility statements: made from what is on file, printed, noted as signed, and nobody else's business."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.models import Child
from matching.models import Statement, StatementKind
from matching.services.pairings import end_pairing
from tests.factories.matching import a_pairing, a_scheme
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import (
    NOW,
    TODAY,
    a_child,
    a_coordinator,
    a_county,
    a_guardian,
    a_member,
    a_school,
    a_township,
    a_village,
)

URL = "/statements/"


@pytest.fixture
def place():
    a_scheme()
    return a_neighbourhood()


def shown(client, kind="GUARDIAN", **filters):
    return client.get(URL, {"kind": kind, **filters}).content.decode()


def make(client, kind="GUARDIAN", query=""):
    return client.post(f"{URL}make/?kind={kind}{query}", follow=True)


def act(client, what, rows, kind="GUARDIAN", day=TODAY):
    picked = {"statements": [row.public_id for row in rows], "what": what, "signed_date": day.isoformat()}
    return client.post(f"{URL}act/?kind={kind}", picked, follow=True).content.decode()


def printed(client, rows, kind="GUARDIAN"):
    ids = [row.public_id for row in rows]
    return client.post(f"{URL}print/?kind={kind}", {"statements": ids}, follow=True).content.decode()


def test_a_statement_is_made_once_for_each_child_in_scope_and_only_there(visitor, place):
    client = visitor(place.users[Role.TOWNSHIP_COORDINATOR])
    outside = a_child("孟浩然", village=a_village(a_township(number=117, name="另一个镇"), number=9, name="外村"))
    assert "做这 1 份" in shown(client)
    make(client)
    make(client)
    assert list(Statement.objects.values_list("child", flat=True)) == [place.child.pk]
    county = visitor(place.users[Role.COUNTY_COORDINATOR])
    make(county)
    assert set(Statement.objects.values_list("child", flat=True)) == {place.child.pk, outside.pk}
    assert "孟浩然" not in shown(client)
    assert "孟浩然" in shown(county)


def test_the_paper_says_who_and_no_more(visitor, place):
    client = visitor(place.users[Role.SCHOOL_COORDINATOR])
    make(client)
    paper = printed(client, Statement.objects.all())
    assert all(words in paper for words in (place.child.name, SECRETS["guardian_name"], "土城小学", "水狮坝村"))
    hidden = {name: value for name, value in SECRETS.items() if name != "guardian_name"}
    assert [name for name, value in hidden.items() if value in paper] == []
    assert Statement.objects.get().state == "PRINTED"
    entry = AuditEntry.objects.get(verb="statement.printed")
    assert (entry.after["rows"], place.child.name in str(entry.after)) == (1, False)


def test_signing_is_noted_with_the_day_and_who_noted_it_and_taken_back(visitor, place):
    client = visitor(place.users[Role.SCHOOL_COORDINATOR])
    make(client)
    page = act(client, "sign", Statement.objects.all(), day=date(2026, 11, 20))
    one = Statement.objects.get()
    assert (one.state, one.signed_date, one.recorded_by) == (
        "SIGNED", date(2026, 11, 20), place.users[Role.SCHOOL_COORDINATOR],
    )  # fmt: skip
    assert "刚才记了 1 份已签" in page
    act(client, "undo", [])
    one.refresh_from_db()
    assert (one.state, one.signed_date, one.recorded_by) == ("PRINTED", None, None)
    verbs = AuditEntry.objects.filter(verb__startswith="statement.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["statement.made", "statement.signed", "statement.unsigned"]


def test_what_was_signed_before_keeps_its_day(visitor, place):
    client = visitor(place.users[Role.SCHOOL_COORDINATOR])
    make(client)
    act(client, "sign", Statement.objects.all(), day=date(2026, 11, 20))
    assert "0 份已签" in act(client, "sign", Statement.objects.all(), day=TODAY)
    assert Statement.objects.get().signed_date == date(2026, 11, 20)


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2025, 1, 1)])
def test_nobody_signs_tomorrow_or_years_ago(visitor, place, day):
    client = visitor(place.users[Role.SCHOOL_COORDINATOR])
    make(client)
    page = act(client, "sign", Statement.objects.all(), day=day)
    assert "签字日期要在" in page
    assert Statement.objects.get().state == "NEW"


def test_somebody_elses_papers_are_neither_printed_nor_signed(visitor, place):
    make(visitor(place.users[Role.COUNTY_COORDINATOR]))
    stranger = visitor(a_coordinator(a_township(number=117, name="另一个镇")))
    page = printed(stranger, Statement.objects.all())
    act(stranger, "sign", Statement.objects.all())
    assert place.child.name not in page
    assert list(Statement.objects.values_list("state", flat=True).distinct()) == ["NEW"]


@pytest.mark.parametrize(
    "role", [Role.TEACHER, Role.VOLUNTEER, Role.GUARDIAN, Role.VILLAGE_DIRECTOR, Role.AUDITOR, Role.ADMIN]
)
def test_only_coordinators_come_near(visitor, place, role):
    client = visitor(place.users[role])
    assert [client.get(URL).status_code, client.post(f"{URL}print/", {"all": "1"}).status_code] == [404, 404]


def test_a_teacher_answers_for_each_child_and_an_ended_pairing_is_not_printed(visitor, place):
    pairing = a_pairing(place.child)
    client = visitor(place.users[Role.SCHOOL_COORDINATOR])
    make(client, "TEACHER")
    one = Statement.objects.get(kind="TEACHER")
    paper = printed(client, [one], "TEACHER")
    assert all(words in paper for words in (pairing.helper.name, place.child.name, "监管教师", "包保责任制"))
    end_pairing(pairing=pairing, reason="调走了", actor=place.users[Role.COUNTY_COORDINATOR], now=NOW)
    assert "结对已结束" in shown(client, "TEACHER")
    assert "没有可以打印的" in printed(client, [one], "TEACHER")


def test_a_childs_paper_is_not_printed_once_the_child_has_left(visitor, place):
    client = visitor(place.users[Role.SCHOOL_COORDINATOR])
    make(client)
    Child.objects.filter(pk=place.child.pk).update(state=Child.State.MOVED)
    assert "已不在册" in shown(client)
    assert "没有可以打印的" in printed(client, Statement.objects.all())


def test_levels_promise_upwards_with_their_own_numbers(visitor, place):
    a_pairing(place.child)
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    make(client, "LEVELS")
    names = {one.area.name if one.area else one.organisation.name for one in Statement.objects.filter(kind="LEVELS")}
    assert names == {"土城镇", "水狮坝村", "土城小学"}
    paper = printed(client, Statement.objects.filter(area=place.child.village), "LEVELS")
    assert "水狮坝村现有在册留守儿童 1 名，结对 1 对，帮扶人 1 位" in paper
    assert "上级：土城镇" in paper
    assert place.child.name not in paper


def test_a_school_makes_its_own_promise_and_sees_nobody_elses(visitor, place):
    client = visitor(place.users[Role.SCHOOL_COORDINATOR])
    make(visitor(place.users[Role.COUNTY_COORDINATOR]), "LEVELS")
    page = shown(client, "LEVELS")
    assert ("土城小学" in page, Statement.objects.filter(kind="LEVELS").count()) == (True, 3)
    assert page.count("<tr data-row>") == 1


def test_a_filter_finds_by_pinyin_township_school_and_state(visitor, place):
    other = a_school(a_village(a_township(number=117, name="另一个镇"), number=9, name="外村"), name="外村小学")
    a_child("孟浩然", village=other.area, school=other)
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    make(client)
    assert ("孟浩然" in shown(client, q="mhr"), place.child.name in shown(client, q="mhr")) == (True, False)
    in_town = shown(client, township=place.child.village.parent.public_id)
    assert ("孟浩然" in in_town, place.child.name in in_town) == (False, True)
    assert "孟浩然" in shown(client, school=other.public_id)
    act(client, "sign", Statement.objects.filter(child__name="孟浩然"))
    assert (place.child.name in shown(client, state="SIGNED")) is False


def test_at_most_500_leave_at_once(visitor, place, monkeypatch):
    monkeypatch.setattr("matching.services.statements.MOST_ROWS", 0)
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    make(client)
    page = client.post(f"{URL}print/", {"all": "1"}, follow=True).content.decode()
    assert "先选一个乡镇或学校" in page
    assert not AuditEntry.objects.filter(verb="statement.printed").exists()


def test_the_list_leaves_as_a_workbook_that_runs_nothing(visitor, place):
    a_guardian(a_child("=cmd|' /C calc'!A1"), name="=1+1")
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    make(client)
    assert client.post(f"{URL}export/", {"reason": "短"}).status_code == 200
    answer = client.post(f"{URL}export/", {"reason": "交给教育局核对签字进度"})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    cells = [str(cell) for row in rows for cell in row]
    assert place.child.name in cells
    assert [cell for cell in cells if cell.startswith("=")] == []
    assert AuditEntry.objects.get(verb="statement.exported").after["rows"] == 2


def test_a_countys_own_words_are_printed_there_and_can_be_reset(visitor, place):
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    make(client)
    body = "本县约定：{guardian} 照管好 {child}。<b>"
    said = {"title": "清溪县责任书", "body": body, "keep": "1"}
    client.post(f"{URL}texts/GUARDIAN/", said)
    paper = printed(client, Statement.objects.all())
    assert f"{SECRETS['guardian_name']} 照管好 {place.child.name}。&lt;b&gt;" in paper
    client.post(f"{URL}texts/GUARDIAN/reset/")
    assert "留守儿童管理教育责任书" in printed(client, Statement.objects.all())


@pytest.mark.parametrize(
    ("title", "body", "said"),
    [
        ("责任书", "照管好 {child} {nobody}", "可以用"),
        ("责任书", "照管好 {child", "大括号"),
        ("责任书", "大家都要照管好", "要写明"),
        ("{child}的责任书", "照管好 {child}", "标题里不放大括号"),
        ("责任书", "照管好 {child}，看 www.example.org", "不要写别的网址"),
        ("责任书", "照管好 {child}，像冉欣怡一样", "全名"),
    ],
)
def test_words_that_must_not_be_printed_are_not_kept(visitor, place, title, body, said):
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    page = client.post(f"{URL}texts/GUARDIAN/", {"title": title, "body": body, "keep": "1"}).content.decode()
    assert said in page
    assert "本县" not in printed(client, Statement.objects.all())


def test_every_built_in_text_passes_the_check_of_own_words(place):
    from matching.services.statement_texts import check_statement_text, statement_preview
    from matching.services.statement_words import BUILT_IN, PLACEHOLDERS, SAMPLES

    for kind in StatementKind.values:
        check_statement_text(kind=kind, words=BUILT_IN[kind], county=a_county())
        assert "{" not in statement_preview(BUILT_IN[kind]).body
        assert PLACEHOLDERS[kind] <= set(SAMPLES)


@pytest.mark.parametrize("kind", StatementKind.values)
def test_the_list_costs_the_same_however_many_there_are(visitor, place, kind):
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    counts = []
    for more in (1, 2):
        for _ in range(more):
            a_pairing(a_child())
        make(client, kind)
        shown(client, kind)
        with CaptureQueriesContext(connection) as seen:
            shown(client, kind)
        counts.append(len(seen.captured_queries))
    assert counts[0] == counts[1] > 0


def test_the_county_of_another_coordinator_is_another_county(visitor, place):
    make(visitor(place.users[Role.COUNTY_COORDINATOR]))
    a_scheme(a_county("529902", "云河县"))
    other = visitor(a_member(Role.COUNTY_COORDINATOR, area=a_county("529902", "云河县")))
    assert place.child.name not in shown(other)
    assert place.stranger.name not in shown(visitor(place.users[Role.COUNTY_COORDINATOR]))
