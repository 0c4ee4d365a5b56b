"""What helpers did in a term: true numbers, in scope, one page each, and a list that may hang on a wall."""

from __future__ import annotations

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from activities.models import Duty
from activities.services.duties import mark_duty_done, owe_first_visit
from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.reports.term_summary import Work, work_of
from backend.roster.models import Child
from matching.models import Term
from matching.services.pairings import end_pairing
from tests.factories.matching import a_pairing, a_scheme
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import NOW, TODAY, a_child, a_coordinator, a_helper, a_township, a_village
from tests.factories.talks import a_plan

URL = "/summaries/"


@pytest.fixture
def place():
    a_scheme()
    return a_neighbourhood()


def a_paired_helper(place, name="柳春生"):
    helper = a_helper(name)
    pairing = a_pairing(place.child, helper)
    return helper, pairing, owe_first_visit(pairing=pairing, accepted_at=NOW)


def shown(client, page="", **filters):
    return client.get(f"{URL}{page}", filters).content.decode()


def cells(answer):
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]


def test_numbers_are_what_happened(place):
    helper, pairing, visit = a_paired_helper(place)
    term = pairing.slot.rule.scheme.term
    assert work_of([helper], term, TODAY) == {helper.pk: Work(pairings=1, running=1, visits=1)}
    assert work_of([helper], term, visit.latest_date.replace(month=12, day=31))[helper.pk].visits_late == 1
    mark_duty_done(duty=visit, actor=helper.user, now=NOW)
    end_pairing(pairing=pairing, reason="调走了", actor=None, now=NOW)
    assert work_of([helper], term, TODAY) == {helper.pk: Work(pairings=1, visits=1, visits_done=1, closed=1)}


def test_a_visit_called_off_is_owed_by_nobody(place):
    helper, pairing, visit = a_paired_helper(place)
    Duty.objects.filter(pk=visit.pk).update(state=Duty.State.CANCELLED)
    assert work_of([helper], pairing.slot.rule.scheme.term, TODAY)[helper.pk].visits == 0


def test_talks_count_once_they_are_published(place):
    plan = a_plan(3, teachers=1)
    teacher = plan.groups.first().teacher
    term = Term.objects.get(pk=plan.term_id)
    assert work_of([teacher], term, TODAY)[teacher.pk].talks == 0
    plan.__class__.objects.filter(pk=plan.pk).update(state="PUBLISHED", published_at=NOW)
    assert work_of([teacher], term, TODAY)[teacher.pk].talks == plan.groups.filter(teacher=teacher).count() > 0


def test_the_page_shows_those_in_scope_and_the_sum_by_unit(visitor, place):
    a_paired_helper(place)
    far = a_village(a_township(number=117, name="另一个镇"), number=9, name="外村")
    a_pairing(a_child("孟浩然", village=far), a_helper("石敢当", village=far))
    county, town = visitor(place.users[Role.COUNTY_COORDINATOR]), visitor(place.users[Role.TOWNSHIP_COORDINATOR])
    assert [name in shown(county) for name in ("柳春生", "石敢当")] == [True, True]
    assert [name in shown(town) for name in ("柳春生", "石敢当")] == [True, False]
    by_unit = shown(county, by="unit")
    assert ("柳春生" in by_unit, by_unit.count("<tr data-row>")) == (False, 2)
    assert "柳春生" not in shown(county, q="sgd")


def test_each_helper_has_a_page_with_the_children_and_the_printing_is_noted(visitor, place):
    a_paired_helper(place)
    page = shown(visitor(place.users[Role.SCHOOL_COORDINATOR]), "print/")
    assert all(words in page for words in ("柳春生", place.child.name, "监管教师"))
    assert [name for name, value in SECRETS.items() if value in page] == []
    after = AuditEntry.objects.get(verb="summary.printed").after
    assert (after["rows"], after["children"], place.child.name in str(after)) == (1, 1, False)


def test_a_page_names_no_child_outside_the_scope(visitor, place):
    far = a_village(a_township(number=117, name="另一个镇"), number=9, name="外村")
    moved = a_child("孟浩然")
    a_pairing(moved, a_helper("柳春生"))
    Child.objects.filter(pk=moved.pk).update(village=far)
    town = shown(visitor(place.users[Role.TOWNSHIP_COORDINATOR]), "print/")
    assert ("柳春生" in town, "孟浩然" in town) == (True, False)


@pytest.mark.parametrize("part", ["wall/", "wall/file/", "file/", "", "file/?by=unit"])
def test_the_wall_and_every_file_name_no_child_and_no_scheme(visitor, place, part):
    _helper, pairing, _visit = a_paired_helper(place)
    answer = visitor(place.users[Role.COUNTY_COORDINATOR]).get(f"{URL}{part}")
    assert answer.status_code == 200
    text = " ".join(cells(answer)) if "file" in part else answer.content.decode()
    rule = pairing.slot.rule
    hidden = [place.child.name, place.child.name[1:], *SECRETS.values()]
    hidden += [rule.name, rule.scheme.name] if "wall" in part else []
    assert [words for words in hidden if words in text] == []
    assert ("柳春生" in text) is ("unit" not in part)


def test_the_wall_says_how_many(visitor, place):
    helper, _pairing, _visit = a_paired_helper(place)
    a_pairing(a_child(), helper)
    resting = a_pairing(a_child(), a_helper("石敢当"))
    end_pairing(pairing=resting, reason="调走了", actor=None, now=NOW)
    page = shown(visitor(place.users[Role.COUNTY_COORDINATOR]), "wall/")
    assert "<td>柳春生</td><td>教师</td><td>2</td>" in page
    assert "石敢当" not in page


def test_a_name_that_looks_like_a_formula_runs_nowhere(visitor, place):
    a_pairing(place.child, a_helper("=1+1"))
    found = cells(visitor(place.users[Role.COUNTY_COORDINATOR]).get(f"{URL}file/"))
    assert [cell for cell in found if cell.startswith("=")] == []
    assert AuditEntry.objects.get(verb="summary.exported").after == {"list": "summary", "rows": 1}


@pytest.mark.parametrize("part", ["summaries-print", "summaries-file", "wall-file"])
def test_at_most_500_leave_at_once(visitor, place, monkeypatch, part):
    monkeypatch.setattr("backend.web.coordinator.summaries.MOST_ROWS", 0)
    a_paired_helper(place)
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    answer = client.get(reverse(f"web:{part}"), follow=True)
    assert "请先选一个乡镇或学校" in answer.content.decode()
    assert not AuditEntry.objects.filter(verb__startswith="summary.").exists()


@pytest.mark.parametrize("role", [Role.TEACHER, Role.VILLAGE_DIRECTOR, Role.AUDITOR, Role.GUARDIAN])
def test_only_coordinators_come_near(visitor, place, role):
    client = visitor(place.users[role])
    pages = ("", "print/", "file/", "wall/", "wall/file/")
    assert {client.get(f"{URL}{page}").status_code for page in pages} == {404}


@pytest.mark.parametrize("part", ["", "?by=unit", "print/", "wall/"])
def test_a_page_costs_the_same_however_many_there_are(visitor, place, part):
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    counts = []
    for more in (1, 2):
        for _ in range(more):
            a_pairing(a_child(), a_helper())
        client.get(f"{URL}{part}")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"{URL}{part}")
        counts.append(len(seen.captured_queries))
    assert counts[0] == counts[1] > 0


def test_another_counties_term_is_not_the_readers(visitor, place):
    stranger = visitor(a_coordinator(a_township(number=117, name="另一个镇")))
    a_paired_helper(place)
    assert "柳春生" not in shown(stranger) + shown(stranger, "wall/") + shown(stranger, "print/")
