"""The list of the week a phone keeps: times, villages and codes, and nothing about anybody."""

from __future__ import annotations

import pytest

from activities.services.duties import owe_first_visit
from tests.factories.events import a_planned_day, published, with_hosts
from tests.factories.matching import a_pairing
from tests.factories.readers import SECRETS, a_full_child
from tests.factories.roster import NOW, a_coordinator, a_county, a_helper


@pytest.fixture
def visit():
    """The first visit of a pairing, still to be made."""
    pairing = a_pairing(a_full_child(), a_helper("龙国平"))
    return owe_first_visit(pairing=pairing, accepted_at=NOW)


def test_it_says_when_and_in_which_village_and_nothing_of_the_child(visitor, visit):
    answer = visitor(visit.helper.user).get("/week/list/")
    page = answer.content.decode()
    assert f"{visit.child.village.name} · {visit.public_id[:4].upper()}" in page
    told = [visit.child.name, visit.child.name[1:], visit.helper.name, *SECRETS.values()]
    assert [words for words in told if words in page] == []
    assert (answer["X-Kept-Until"][:10], answer["Cache-Control"]) == ("2026-11-30", "no-store")
    assert "<script" not in page


def test_a_part_in_an_event_day_stands_in_it_without_a_name(visitor):
    event = a_planned_day()
    host = with_hosts(event, "palace1")["palace1"]
    published(event)
    page = visitor(host.user).get("/week/list/").content.decode()
    assert "09:00–09:50　活动" in page
    assert [words for words in (event.title, host.name) if words in page] == []


def test_it_is_for_helpers_and_the_pages_name_what_installs_them(visitor, visit):
    assert visitor(a_coordinator(a_county())).get("/week/list/").status_code == 404
    page = visitor(visit.helper.user).get("/week/").content.decode()
    assert 'rel="manifest" href="/manifest.webmanifest"' in page
    manifest = visitor().get("/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    assert [icon["sizes"] for icon in manifest.json()["icons"]] == ["192x192", "512x512"]
    worker = visitor().get("/worker.js")
    assert worker["Content-Type"].startswith("text/javascript")


def test_the_kept_form_for_a_report_names_nobody(visitor, visit):
    answer = visitor(visit.helper.user).get("/report/kept/")
    page = answer.content.decode()
    told = [visit.child.name, visit.child.name[1:], visit.helper.name, visit.child.public_id, *SECRETS.values()]
    assert [words for words in told if words in page] == []
    assert page.count('name="situation"') == 9
    assert (answer["X-Kept-Until"][:10], answer["Cache-Control"]) == ("2026-11-30", "no-store")
    assert visitor(a_coordinator(a_county())).get("/report/kept/").status_code == 404
