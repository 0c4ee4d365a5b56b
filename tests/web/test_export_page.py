"""The ledgers' export page: what the list shows is what would leave, however many that are."""

from __future__ import annotations

from backend.roster.models import ExportRequest
from tests.factories.roster import a_child, a_coordinator, a_county

WHY = {"reason": "学期初交给教育局核对名单", "form": "xlsx"}


def test_a_filter_the_export_cannot_say_still_means_everybody_it_finds(visitor, monkeypatch):
    for module in ("backend.roster.services.exports", "backend.web.coordinator.export"):
        monkeypatch.setattr(f"{module}.MOST_ROWS", 1)
    for number in range(4):
        a_child(f"孩子{number}", has_consent=False)
    client = visitor(a_coordinator(a_county()))

    page = client.post("/export/?kind=CHILDREN&consent=no", WHY, follow=True)

    assert page.status_code == 200
    assert ExportRequest.objects.get().row_count == 4


def test_children_not_assessed_leave_alone(visitor):
    a_child("评了", level=3), a_child("没评", level=None)
    page = visitor(a_coordinator(a_county())).post("/export/?kind=CHILDREN&level=none", WHY)
    assert page["Content-Type"].startswith("application/vnd")
