"""强制报告: two taps, told at once to who answers, kept for ever, and nothing of it in a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.audit.services import entry_for, record_many
from backend.roster.models import Concern, ConcernStep, Situation
from backend.roster.services.concerns import close_concern, escalate_concerns, take_concern
from notifications.models import Message
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import NOW, a_coordinator, a_county, a_township
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
    concern = Concern.objects.get()
    assert (concern.situation, concern.reporter, concern.state) == ("HURT", users[role], "OPEN")
    entry = AuditEntry.objects.get(verb="concern.raised")
    assert (entry.after["situation"], entry.actor_id) == ("HURT", users[role].public_id)


@pytest.mark.parametrize("role", [Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR])
def test_a_coordinator_writes_down_what_somebody_called_about(visitor, place, role):
    client = visitor(place.users[role])
    page = client.get(f"/report/?child={place.child.public_id}").content.decode()
    assert f'value="{place.child.public_id}" selected' in page
    assert place.child.public_id not in client.get("/report/").content.decode()
    client.post("/report/", SEEN)
    client.post("/report/", SEEN | {"child": place.child.public_id})
    without, about = Concern.objects.order_by("pk")
    places = {Role.COUNTY_COORDINATOR: "529901", Role.TOWNSHIP_COORDINATOR: "529901101"}
    assert without.area.code == places.get(role, place.child.school.area.code)
    assert (about.child, about.area) == (place.child, place.child.village)
    assert client.get(f"/concerns/{without.public_id}/").status_code == 200


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


def report(visitor, place, role=Role.TEACHER, **said):
    visitor(place.users[role]).post("/report/", SEEN | said)
    return Concern.objects.order_by("-pk").first()


def test_a_coordinator_reads_it_confirms_once_and_everybody_sees_who_has_it(visitor, place):
    one = report(visitor, place, child=place.child.public_id)
    first, second = a_coordinator(), place.users[Role.COUNTY_COORDINATOR]
    page = visitor(first).get("/concerns/").content.decode()
    assert str(Situation.HURT.label) in page
    assert place.child.name in page
    for user in (first, second):
        visitor(user).post(f"/concerns/{one.public_id}/take/")
    assert AuditEntry.objects.filter(verb="concern.received").values_list("actor_id").get() == (first.public_id,)
    one.refresh_from_db()
    assert (one.state, one.taken_by) == ("TAKEN", first)
    page = visitor(second).get("/concerns/").content.decode()
    assert (first.display_name in page, "确认收到</button>" in page) == (True, False)


def test_it_stands_first_today_until_taken_and_then_with_whoever_has_it_until_the_result(visitor, place):
    one = report(visitor, place)
    mine, other = visitor(place.users[Role.TOWNSHIP_COORDINATOR]), visitor(place.users[Role.COUNTY_COORDINATOR])
    for client in (mine, other):
        todo = client.get("/today/").content.decode().partition('class="qs-todo"')[2]
        assert "1 件强制报告还没有人接" in todo.partition("</li>")[0]
    mine.post(f"/concerns/{one.public_id}/take/")
    assert "您接的强制报告还没有记下结果" in mine.get("/today/").content.decode()
    assert "强制报告还没有" not in other.get("/today/").content.decode()
    mine.post(f"/concerns/{one.public_id}/note/", {"what": "close", "note": "已报派出所，孩子在外婆家"})
    assert "强制报告还没有" not in mine.get("/today/").content.decode()


def test_the_history_is_kept_closed_with_a_result_and_readable_only_where_it_belongs(visitor, place):
    one = report(visitor, place)
    town, note = visitor(place.users[Role.TOWNSHIP_COORDINATOR]), "已报派出所，孩子在外婆家"
    url = f"/concerns/{one.public_id}/"
    town.post(f"{url}note/", {"what": "close", "note": "好"})
    assert Concern.objects.get().state == "OPEN"
    town.post(f"{url}note/", {"what": "close", "note": note})
    town.post(f"{url}note/", {"what": "note", "note": "第二天回访，平安"})
    page = town.get(url).content.decode()
    assert all(words in page for words in (note, "第二天回访，平安", "已记下结果"))
    assert [step.kind for step in one.steps.order_by("pk")] == ["RAISED", "CLOSED", "NOTED"]
    assert AuditEntry.objects.filter(verb="concern.read").exists()
    assert note not in str(list(AuditEntry.objects.values_list("after", "reason")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM roster_concernstep")
        assert [words for (words,) in cursor.fetchall() if "派出所" in words] == []
    stranger = visitor(a_coordinator(a_township(number=117, name="另一个镇")))
    assert [stranger.get(url).status_code, stranger.post(f"{url}take/").status_code] == [404, 404]
    assert stranger.post(f"{url}note/", {"note": "我来看看"}).status_code == 404


def test_nothing_of_it_is_deleted(visitor, place):
    one = report(visitor, place, child=place.child.public_id)
    for kept in (one, one.steps.first(), Concern.objects.all(), ConcernStep.objects.all()):
        with pytest.raises(TypeError):
            kept.delete()
    with pytest.raises(ProtectedError):
        place.child.delete()
    place.users[Role.TEACHER].delete()
    one.refresh_from_db()
    assert (one.reporter, one.reporter_name != "") == (None, True)
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM roster_concernstep")


def test_sent_again_it_is_the_same_report_and_keys_are_ones_own(visitor, place):
    sent = SEEN | {"key": "k" * 32, "pressed": (NOW - timedelta(hours=5)).isoformat()}
    client = visitor(place.users[Role.TEACHER])
    answers = [client.post("/report/", sent, headers={"accept": "application/json"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert "已通知乡、县两级" in answers[0].json()["sent"]
    one = Concern.objects.get()
    assert (one.pressed_at, one.raised_at) == (NOW - timedelta(hours=5), NOW)
    visitor(place.users[Role.ELDER]).post("/report/", sent)
    assert Concern.objects.count() == 2
    do_background_work()
    assert Message.objects.filter(kind="CONCERN_RAISED", channel="inbox").values("account").distinct().count() == 3
    assert len(told()) == 3


@pytest.mark.parametrize(
    "pressed", ["", "yesterday", "2026-99-99T00:00:00Z", "2020-01-01T00:00:00Z", "2030-01-01T00:00Z"]
)
def test_a_wrong_clock_on_a_phone_stops_no_report(visitor, place, pressed):
    report(visitor, place, pressed=pressed, key="x" * 500)
    assert Concern.objects.get().pressed_at == NOW


def test_signs_no_database_takes_stop_no_report_and_no_list(visitor, place):
    client = visitor(place.users[Role.TEACHER])
    answer = client.post("/report/", SEEN | {"child": "a\x00b", "key": "k\x00" * 9, "pressed": "\x00"})
    assert (answer.status_code, Concern.objects.count()) == (302, 1)
    assert client.get("/report/?child=%00").status_code == 200
    desk = visitor(place.users[Role.COUNTY_COORDINATOR])
    for url in ("/statements/?q=%00", "/summaries/?q=%00", "/summaries/wall/?q=%00", "/concerns/?state=%00"):
        assert desk.get(url).status_code == 200
    assert desk.post("/statements/act/", {"what": "unsign", "statements": ["\x00"]}).status_code == 302


def at(hours):
    return time_machine.travel(NOW + timedelta(hours=hours), tick=False)


def called(kind):
    """Who was called again, one entry for each call."""
    rows = Message.objects.filter(kind=kind, channel="inbox").order_by("pk")
    return sorted(rows.values_list("account_id", flat=True))


def wait(hours, times=2):
    with at(hours):
        for _ in range(times):
            escalate_concerns(now=timezone.now())
        do_background_work()


def test_after_two_hours_the_county_after_a_day_everybody_and_then_each_day(visitor, place):
    report(visitor, place)
    do_background_work()
    county, town = place.users[Role.COUNTY_COORDINATOR].pk, place.users[Role.TOWNSHIP_COORDINATOR].pk
    wait(1.9)
    assert called("CONCERN_UNTAKEN") == []
    wait(2)
    assert called("CONCERN_UNTAKEN") == [county]
    wait(23)
    assert called("CONCERN_UNTAKEN") == [county]
    wait(24)
    assert set(called("CONCERN_UNTAKEN")) >= {county, town}
    before = len(called("CONCERN_UNTAKEN"))
    wait(48)
    assert len(called("CONCERN_UNTAKEN")) == before + before - 1
    texts = [f"{letter.subject}{letter.body}" for letter in mail.outbox]
    assert any("过了 2 小时还没有人接" in text for text in texts)
    assert any("过了 48 小时还没有人接" in text for text in texts)
    assert [text for text in texts if place.child.name in text or str(Situation.HURT.label) in text] == []


def test_who_takes_it_stops_the_calls_until_a_day_without_a_result(visitor, place):
    one = report(visitor, place)
    with at(1):
        take_concern(concern=one, actor=place.users[Role.TOWNSHIP_COORDINATOR], now=timezone.now())
    wait(2)
    assert called("CONCERN_UNTAKEN") == []
    wait(25)
    wait(60)
    assert place.users[Role.TOWNSHIP_COORDINATOR].pk in called("CONCERN_UNRECORDED")
    assert len(called("CONCERN_UNRECORDED")) == len(set(called("CONCERN_UNRECORDED")))


def test_one_that_is_taken_up_after_days_is_called_for_its_result_a_day_later(visitor, place):
    one = report(visitor, place)
    wait(49)
    with at(50):
        take_concern(concern=one, actor=place.users[Role.TOWNSHIP_COORDINATOR], now=timezone.now())
    wait(73)
    assert called("CONCERN_UNRECORDED") == []
    wait(75)
    wait(120)
    assert place.users[Role.TOWNSHIP_COORDINATOR].pk in called("CONCERN_UNRECORDED")
    assert len(called("CONCERN_UNRECORDED")) == len(set(called("CONCERN_UNRECORDED")))


def test_with_a_result_nobody_is_called_and_a_call_under_way_says_nothing_more(visitor, place):
    one = report(visitor, place)
    with at(2):
        escalate_concerns(now=timezone.now())
        close_concern(concern=one, note="已报派出所", actor=place.users[Role.TOWNSHIP_COORDINATOR], now=timezone.now())
        do_background_work()
    wait(25)
    letters = [letter.subject for letter in mail.outbox]
    assert [subject for subject in letters if "还没有" in subject] == []
    assert called("CONCERN_UNRECORDED") == []


def test_alerts_go_with_the_mail_not_behind_an_import():
    from backend.jobs.registry import recurring_tasks
    from backend.outbox.registry import queue_of

    assert queue_of("notifications.handlers.on_concern_raised") == "mail"
    assert queue_of("notifications.handlers.on_concern_escalated") == "mail"
    [task] = [one for one in recurring_tasks("mail") if one.task.endswith("escalate_concerns")]
    assert task.every <= timedelta(minutes=1)


def test_reports_of_before_become_rows_of_their_own(place):
    import importlib

    from django.apps import apps

    step = importlib.import_module("backend.roster.migrations.0012_concerns_of_before")
    after = {
        "situation": "ALONE",
        "area": place.child.village.code,
        "at": NOW.isoformat(),
        "child": place.child.public_id,
    }
    teacher = place.users[Role.TEACHER]
    old = entry_for(teacher, "concern.raised", place.child, after=after)
    record_many([old])
    record_many([entry_for(place.users[Role.COUNTY_COORDINATOR], "concern.received", old)])
    for _ in range(2):
        step.take_over(apps, None)
    one = Concern.objects.get()
    assert (one.situation, one.child, one.reporter, one.raised_at) == ("ALONE", place.child, teacher, NOW)
    assert (one.state, one.taken_by) == ("TAKEN", place.users[Role.COUNTY_COORDINATOR])


def test_a_report_of_another_place_is_not_there(visitor, place):
    visitor(place.users[Role.TEACHER]).post("/report/", SEEN)
    entry = Concern.objects.get()
    stranger = visitor(a_coordinator(a_county("529902", "云河县")))
    assert str(Situation.HURT.label) not in stranger.get("/concerns/").content.decode()
    assert stranger.post(f"/concerns/{entry.public_id}/take/").status_code == 404
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
    assert Concern.objects.get().child is None


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
