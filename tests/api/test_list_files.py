"""Drafts, offers, pairings and statements leave as files over the API: filtered, with a reason that is kept."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from matching.models import Pairing, ProposedPair
from tests.factories.matching import a_pairing, an_offer
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import a_helper, a_token
from tests.matching.test_publishing import a_draft

pytestmark = pytest.mark.django_db
WHY = "交给教育局核对结对名单"


@pytest.fixture
def place():
    return a_neighbourhood()


@pytest.fixture
def draft(place):
    return a_draft((place.child, a_helper("何国平"), a_helper("=1+1", role=Role.CADRE)))


@pytest.fixture
def api(place):
    return a_client(place.users[Role.COUNTY_COORDINATOR])


def a_client(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}", HTTP_ACCEPT_LANGUAGE="zh-hans")
    return client


def cells(answer):
    assert answer.status_code == 200, answer.content
    assert answer["Cache-Control"] == "no-store"
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]


def test_a_draft_leaves_as_a_workbook_that_runs_nothing_and_holds_no_secret(api, place, draft):
    found = cells(api.post(f"/api/v1/proposals/{draft.public_id}/export/", {"reason": WHY}, format="json"))
    assert all(words in found for words in (place.child.name, "何国平", "监管教师", "四级", "土城小学"))
    assert [cell for cell in found if cell.startswith("=")] == []
    assert [name for name, value in SECRETS.items() if value in found] == []
    entry = AuditEntry.objects.get(verb="proposal.exported")
    assert (entry.subject_id, entry.after, entry.reason) == (draft.public_id, {"rows": 2, "filters": {}}, WHY)


def test_a_draft_leaves_as_text_with_who_made_it_under_the_table(api, place, draft):
    answer = api.post(f"/api/v1/proposals/{draft.public_id}/export/", {"reason": WHY, "form": "csv"}, format="json")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="draft-{draft.number}.csv"'
    text = answer.content.decode("utf-8-sig")
    lines = text.splitlines()
    assert (lines[0].split(",")[0], len(lines), lines[3]) == ("孩子", 5, "")
    assert WHY in lines[4]


def test_the_filters_of_the_list_count_and_no_name_searched_for_is_noted(api, place, draft):
    ProposedPair.objects.filter(slot__rule__key="cadre").update(helper=None)
    url = f"/api/v1/proposals/{draft.public_id}/export/?is_open=true&q={place.child.name}"
    found = cells(api.post(url, {"reason": WHY}, format="json"))
    assert ("空缺" in found, "何国平" in found) == (True, False)
    assert AuditEntry.objects.get(verb="proposal.exported").after == {
        "rows": 1, "filters": {"is_open": "true", "searched": True},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "n"), [("hint=half", 1), ("hint=low", 1), ("heart_level=4", 2), ("heart_level=3", 0), ("origin=HAND", 0)]
)
def test_places_are_narrowed_as_on_the_workspace(api, draft, query, n):
    ProposedPair.objects.filter(slot__rule__key="cadre").update(helper=None)
    ProposedPair.objects.filter(slot__rule__key="teacher").update(fit=100)
    assert api.get(f"/api/v1/proposals/{draft.public_id}/pairs/?{query}").json()["count"] == n


def test_a_filter_that_is_none_is_refused(api, draft):
    assert api.get(f"/api/v1/proposals/{draft.public_id}/pairs/?hint=nothing").status_code == 400


def test_without_a_reason_or_with_too_many_rows_nothing_leaves(api, draft, monkeypatch):
    url = f"/api/v1/proposals/{draft.public_id}/export/"
    short = api.post(url, {"reason": "短"}, format="json")
    assert (short.status_code, short.json()["errors"][0]["code"]) == (400, "export.reason_too_short")
    monkeypatch.setattr("backend.roster.services.list_export.MOST_ROWS", 1)
    many = api.post(url, {"reason": WHY}, format="json")
    assert (many.status_code, many.json()["errors"][0]["code"]) == (409, "export.too_many_rows")
    assert not AuditEntry.objects.filter(verb="proposal.exported").exists()


def test_offers_pairings_and_statements_leave_too(api, place):
    pairing = a_pairing(place.child, a_helper("任可"))
    Pairing.objects.filter(pk=pairing.pk).update(state="SUSPENDED", suspend_reason="clearance")
    an_offer(place.child)
    for noun, verb in (("offers", "offer"), ("pairings", "pairing"), ("statements", "statement")):
        found = cells(api.post(f"/api/v1/{noun}/export/", {"reason": WHY}, format="json"))
        assert "clearance" not in found
        if noun == "pairings":
            assert all(words in found for words in (place.child.name, "任可", "背景核查到期"))
        assert AuditEntry.objects.filter(verb=f"{verb}.exported", reason=WHY).count() == 1


def test_a_township_exports_its_own_and_a_teacher_nothing(place, draft):
    url = f"/api/v1/proposals/{draft.public_id}/export/"
    town = a_client(place.users[Role.TOWNSHIP_COORDINATOR]).post(url, {"reason": WHY}, format="json")
    assert place.child.name in cells(town)
    assert a_client(place.users[Role.TEACHER]).post(url, {"reason": WHY}, format="json").status_code == 403
