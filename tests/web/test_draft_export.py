"""The table of a draft as a spreadsheet: what the filters find, at most 500 rows, with a reason that is kept."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from matching.models import ProposedPair
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper, a_township
from tests.matching.test_publishing import a_draft

REASON = {"reason": "交给教育局核对结对名单"}


@pytest.fixture
def place():
    return a_neighbourhood()


@pytest.fixture
def draft(place):
    return a_draft((place.child, a_helper("何国平"), a_helper("=1+1", role=Role.CADRE)))


def cells(answer):
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]


def url_of(draft, query=""):
    return f"/proposals/{draft.public_id}/export/{query}"


def test_what_is_listed_leaves_with_a_reason_and_runs_nothing(visitor, place, draft):
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    assert url_of(draft) in client.get(f"/proposals/{draft.public_id}/").content.decode()
    assert client.post(url_of(draft), {"reason": "短"})["Content-Type"].startswith("text/html")
    found = cells(client.post(url_of(draft), REASON))
    assert all(words in found for words in (place.child.name, "何国平", "监管教师", "四级", "土城小学"))
    assert [cell for cell in found if cell.startswith("=")] == []
    assert [name for name, value in SECRETS.items() if value in found] == []
    entry = AuditEntry.objects.get(verb="proposal.exported")
    assert (entry.subject_id, entry.after["rows"], entry.reason) == (draft.public_id, 2, REASON["reason"])


def test_the_filters_that_are_set_count_and_are_noted_without_the_name_searched_for(visitor, place, draft):
    ProposedPair.objects.filter(slot__rule__key="cadre").update(helper=None)
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    found = cells(client.post(url_of(draft, f"?tab=open&q={place.child.name}"), REASON))
    assert ("空缺" in found, "何国平" in found) == (True, False)
    entry = AuditEntry.objects.get(verb="proposal.exported")
    assert entry.after == {"rows": 1, "filters": {"tab": "open", "searched": True}}


def test_more_than_500_do_not_leave_and_the_page_says_what_to_do(visitor, place, draft, monkeypatch):
    for module in ("backend.roster.services.list_export", "backend.web.coordinator.list_export"):
        monkeypatch.setattr(f"{module}.MOST_ROWS", 1)
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    page = client.get(url_of(draft)).content.decode()
    assert ("一处一处导出" in page, 'name="reason"' in page) == (True, False)
    client.post(url_of(draft), REASON)
    assert not AuditEntry.objects.filter(verb="proposal.exported").exists()


def test_a_township_exports_its_own_children_and_another_none(visitor, place, draft):
    town = cells(visitor(place.users[Role.TOWNSHIP_COORDINATOR]).post(url_of(draft), REASON))
    assert place.child.name in town
    elsewhere = visitor(a_coordinator(a_township(number=117, name="另一个镇"))).post(url_of(draft), REASON)
    assert place.child.name not in cells(elsewhere)
    other = visitor(a_coordinator(a_county("529902", "云河县")))
    assert other.post(url_of(draft), REASON).status_code == 404


@pytest.mark.parametrize("role", [Role.TEACHER, Role.VILLAGE_DIRECTOR, Role.AUDITOR, Role.GUARDIAN])
def test_only_coordinators_come_near(visitor, place, draft, role):
    a_child()
    assert visitor(place.users[role]).post(url_of(draft), REASON).status_code == 404
