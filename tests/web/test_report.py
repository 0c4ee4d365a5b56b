"""强制报告: two taps, told at once to who answers, kept for ever, and nothing of it in a message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.services.concerns import Situation
from notifications.models import Message
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import a_coordinator, a_county, a_township
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)
SEEN = {"situation": "HURT"}


@pytest.fixture
def place():
    return a_neighbourhood()


def told():
    return set(Message.objects.filter(kind="CONCERN_RAISED", channel="inbox").values_list("account_id", flat=True))


@pytest.mark.parametrize("role", [Role.TEACHER, Role.CADRE, Role.ELDER, Role.VOLUNTEER, Role.VILLAGE_DIRECTOR])
def test_two_taps_reach_township_and_county(visitor, place, role):
    client = visitor(place.users[role])
    first = client.get("/my/children/" if role != Role.VILLAGE_DIRECTOR else "/my/village/").content.decode()
    assert 'href="/report/"' in first
    assert client.get("/report/").content.decode().count('name="situation"') == len(Situation) == 9
    page = client.post("/report/", SEEN, follow=True).content.decode()
    assert "已通知乡、县两级" in page
    do_background_work()
    users = place.users
    assert told() >= {users[Role.COUNTY_COORDINATOR].pk, users[Role.TOWNSHIP_COORDINATOR].pk}
    entry = AuditEntry.objects.get(verb="concern.raised")
    assert (entry.after["situation"], entry.actor_id) == ("HURT", users[role].public_id)


def test_neighbours_are_not_told_and_no_message_says_what_or_about_whom(visitor, place):
    elsewhere = a_coordinator(a_county("529902", "云河县"))
    beside = a_coordinator(a_township(number=117, name="另一个镇"))
    visitor(place.users[Role.TEACHER]).post("/report/", SEEN | {"child": place.child.public_id})
    do_background_work()
    assert told().isdisjoint({elsewhere.pk, beside.pk})
    letters = [f"{letter.subject}\n{letter.body}" for letter in mail.outbox]
    assert letters
    hidden = [place.child.name, place.child.name[1:], str(Situation.HURT.label), "HURT", *SECRETS.values()]
    assert [words for words in hidden if any(words in letter for letter in letters)] == []
    assert place.child.public_id not in str(list(Message.objects.values_list("about", "key", "fact")))


@time_machine.travel(datetime(2026, 11, 23, 18, 30, tzinfo=UTC), tick=False)
def test_it_goes_out_in_the_night(visitor, place):
    visitor(place.users[Role.TEACHER]).post("/report/", SEEN)
    do_background_work()
    assert any("强制报告" in letter.subject for letter in mail.outbox)


def test_a_coordinator_reads_it_confirms_once_and_everybody_sees_who_has_it(visitor, place):
    visitor(place.users[Role.TEACHER]).post("/report/", SEEN | {"child": place.child.public_id})
    first, second = a_coordinator(), place.users[Role.COUNTY_COORDINATOR]
    page = visitor(first).get("/concerns/").content.decode()
    assert str(Situation.HURT.label) in page
    assert place.child.name in page
    entry = AuditEntry.objects.get(verb="concern.raised")
    for user in (first, second):
        visitor(user).post(f"/concerns/{entry.pk}/receive/")
    assert AuditEntry.objects.filter(verb="concern.received").values_list("actor_id").get() == (first.public_id,)
    page = visitor(second).get("/concerns/").content.decode()
    assert (first.display_name in page, "确认收到</button>" in page) == (True, False)


def test_a_report_of_another_place_is_not_there(visitor, place):
    visitor(place.users[Role.TEACHER]).post("/report/", SEEN)
    entry = AuditEntry.objects.get(verb="concern.raised")
    stranger = visitor(a_coordinator(a_county("529902", "云河县")))
    assert str(Situation.HURT.label) not in stranger.get("/concerns/").content.decode()
    assert stranger.post(f"/concerns/{entry.pk}/receive/").status_code == 404
    assert (
        "身上多处有伤"
        not in visitor(a_coordinator(a_township(number=117, name="另一个镇"))).get("/concerns/").content.decode()
    )
    for role in (Role.AUDITOR, Role.ADMIN, Role.GUARDIAN, Role.TEACHER):
        assert visitor(place.users[role]).get("/concerns/").status_code == 404


def test_the_school_reads_of_its_own_children(visitor, place):
    visitor(place.users[Role.TEACHER]).post("/report/", SEEN | {"child": place.child.public_id})
    do_background_work()
    school = place.users[Role.SCHOOL_COORDINATOR]
    assert school.pk in told()
    assert place.child.name in visitor(school).get("/concerns/").content.decode()


def test_a_child_of_somebody_else_is_not_named_and_the_report_still_goes_through(visitor, place):
    visitor(place.users[Role.TEACHER]).post("/report/", SEEN | {"child": place.stranger.public_id})
    assert "child" not in AuditEntry.objects.get(verb="concern.raised").after


def test_without_a_situation_nothing_is_written_and_the_page_says_what_is_needed(visitor, place):
    page = visitor(place.users[Role.TEACHER]).post("/report/", {"situation": "?"}, follow=True).content.decode()
    assert "请点一下看到的情况" in page
    assert not AuditEntry.objects.filter(verb="concern.raised").exists()


def test_the_list_costs_the_same_however_many_there_are(visitor, place):
    client, reporter = visitor(place.users[Role.COUNTY_COORDINATOR]), visitor(place.users[Role.TEACHER])
    counts = []
    for more in (1, 2):
        for _ in range(more):
            reporter.post("/report/", SEEN | {"child": place.child.public_id})
        client.get("/concerns/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/concerns/")
        counts.append(len(seen.captured_queries))
    assert counts[0] == counts[1] > 0
