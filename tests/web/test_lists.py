"""Lists: names and masked values only, the reader's own scope, and a number of queries that does not grow."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import DayNotice
from activities.services.duties import owe_first_visit
from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.models import SchoolClass
from notifications.recipients import of_helper
from notifications.telling import tell
from tests.factories.events import a_planned_day, an_event_day, published
from tests.factories.matching import a_pairing, a_proposal, a_scheme, a_slot, an_offer
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import NOW, a_child, a_class, a_coordinator, a_county, a_helper
from tests.factories.talks import a_plan

HIDDEN_IN_LISTS = [name for name in SECRETS if name != "interests"]


def queries_of(client, url):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        page = client.get(url)
    assert page.status_code == 200
    return len(seen)


def a_pair(proposal, scheme):
    child, helper = a_child(), a_helper()
    return proposal.pairs.create(slot=a_slot(child, scheme=scheme), child=child, helper=helper, fit=500)


def a_class_of_its_own():
    one = a_class(name=f"四({SchoolClass.objects.count() + 1})班")
    a_plan(3, teachers=1, school_class=one)


@pytest.mark.parametrize(
    ("url", "make"),
    [
        ("/children/", a_child),
        ("/helpers/", a_helper),
        ("/offers/", an_offer),
        ("/pairings/", a_pairing),
        ("/messages/", an_offer),
        ("/clearances/?tab=ending", a_helper),
        ("/runs/", a_proposal),
        ("/proposals/", a_proposal),
        ("/talks/", a_class_of_its_own),
        ("/days/", an_event_day),
    ],
)
def test_a_list_asks_the_database_as_often_for_three_rows_as_for_one(visitor, url, make):
    a_scheme()
    client = visitor(a_coordinator(a_county()))
    make()
    client.get(url)
    one = queries_of(client, url)
    make()
    make()
    assert queries_of(client, url) == one


def test_an_inbox_asks_as_often_for_three_visits_days_and_offers_as_for_one(visitor):
    helper = a_helper()

    def news():
        person = of_helper(helper)
        duty = owe_first_visit(pairing=a_pairing(), accepted_at=NOW)
        notice = DayNotice.objects.create(version=a_version(), kind="NEW", helper=helper)
        tell(kind="VISIT_DUE", recipients=[(person, None)], fact=duty.public_id, about={"duty_id": duty.pk}, now=NOW)
        about = {"notice_id": notice.pk}
        tell(kind="DAY_NEW", recipients=[(person, None)], fact=notice.public_id, about=about, now=NOW)
        tell(kind="OFFER_SENT", recipients=[(person, an_offer(helper=helper, is_held=False))], now=NOW)

    client = visitor(helper.user)
    news()
    client.get("/inbox/")
    one = queries_of(client, "/inbox/")
    news()
    news()
    assert queries_of(client, "/inbox/") == one
    assert client.get("/inbox/").content.decode().count("家访请在") == 3


def a_version():
    event = a_planned_day()
    return published(event)


def test_a_proposal_asks_as_often_for_three_places_as_for_one(visitor):
    scheme = a_scheme()
    proposal = a_proposal(scheme)
    client = visitor(a_coordinator(a_county()))
    a_pair(proposal, scheme)
    url = f"/proposals/{proposal.public_id}/"
    client.get(url)
    one = queries_of(client, url)
    a_pair(proposal, scheme)
    a_pair(proposal, scheme)
    assert queries_of(client, url) == one


@pytest.mark.parametrize(
    "role", [Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR, Role.VILLAGE_DIRECTOR]
)
def test_the_list_of_children_shows_the_scope_and_no_secret(visitor, role):
    place = a_neighbourhood()
    text = visitor(place.users[role]).get("/children/").content.decode()
    assert "冉欣怡" in text
    assert "穆子轩" not in text
    assert [name for name in HIDDEN_IN_LISTS if SECRETS[name] in text] == []
    assert not AuditEntry.objects.exists()


def test_search_by_initials_and_filter_that_finds_nobody(visitor):
    place = a_neighbourhood()
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    assert "冉欣怡" in client.get("/children/?q=rxy").content.decode()
    empty = client.get("/children/?q=zzz").content.decode()
    assert "冉欣怡" not in empty
    assert "清空筛选" in empty


def test_htmx_gets_the_part_the_page_was_made_of(visitor):
    place = a_neighbourhood()
    client = visitor(place.users[Role.COUNTY_COORDINATOR])
    part = client.get("/children/?q=rxy", headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="list">')
    assert "<html" not in part
    assert part.strip() in client.get("/children/?q=rxy").content.decode().replace("\r", "")


def test_a_township_sees_of_a_countys_proposal_only_its_own_children(visitor):
    place = a_neighbourhood()
    scheme = a_scheme()
    proposal = a_proposal(scheme)
    for child in (place.child, place.stranger):
        proposal.pairs.create(slot=a_slot(child, scheme=scheme), child=child, helper=None)
    text = visitor(place.users[Role.TOWNSHIP_COORDINATOR]).get(f"/proposals/{proposal.public_id}/").content.decode()
    assert "冉欣怡" in text
    assert "穆子轩" not in text


def test_the_audit_list_names_no_child(visitor):
    place = a_neighbourhood()
    visitor(place.users[Role.TEACHER]).get(f"/children/{place.child.public_id}/")
    text = visitor(place.users[Role.AUDITOR]).get("/audit/").content.decode()
    assert place.child.public_id in text
    assert "冉欣怡" not in text


def test_the_system_page_holds_no_child(visitor):
    place = a_neighbourhood()
    text = visitor(place.users[Role.ADMIN]).get("/system/").content.decode()
    assert "冉欣怡" not in text
    assert place.child.public_id not in text
