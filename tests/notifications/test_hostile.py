"""Texts that mean harm, in any name, break no calendar, mail, page or answer of the API."""

from __future__ import annotations

import json
from dataclasses import replace
from email import message_from_bytes

import pytest
import time_machine
from django.core import mail
from django.test import Client
from icalendar import Calendar
from rest_framework.test import APIClient

from activities.models import DayPart
from activities.services.duties import owe_first_visit, set_duty_time
from backend.accounts.models import Role
from backend.kernel import calendar as kernel_calendar
from backend.kernel.calendar import CalendarPage, render_calendar
from backend.roster.access import reader_in_role
from backend.roster.models import Area
from notifications import entries, feeds
from notifications.feed_services import create_feed
from notifications.feeds import render_feed
from notifications.invitations import choose_calendar_mail, claim_due_invitation, plan_invitation, send_invitation
from tests.calendars import libical
from tests.calendars.seen import an_entry
from tests.factories.events import an_event_day
from tests.factories.matching import a_pairing
from tests.factories.roster import NOW, TODAY, a_child, a_helper, a_token
from tests.notifications.test_feeds import a_part
from tests.notifications.test_invitations import at

pytestmark = pytest.mark.django_db

TEXTS = {
    "controls": "水\x00狮\x07坝\x1b\x85\x9f",
    "lines": "水狮坝\r\nATTENDEE:mailto:x@y\r\n\u2028\u2029\x0b\x0c",
    "bidi": "水\u202e狮\u2066坝\u2069\u200f\u061c",
    "long": "水" * 10_000,
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈" * 40,
    "marks": '";,\\:=+-@\t<script>{{7*7}}%(x)s%s',
    "surrogate": "水\ud800狮\udfff",
}
NEVER_OUT = set("\x00\x07\x0b\x0c\x1b\x85\x9f\u2028\u2029\u202e\u2066\u2069\u200f\u061c")


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


def storable(text: str) -> str:
    """What a database can hold: neither knows half a character, and PostgreSQL no NUL."""
    return text.encode("utf-8", "ignore").decode().replace("\x00", "")


def a_visit_in(name: str):
    helper = a_helper()
    child = a_child()
    duty = owe_first_visit(pairing=a_pairing(child, helper), accepted_at=NOW)
    Area.objects.filter(pk=child.village_id).update(name=storable(name)[:60])
    return duty


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_calendar_stays_whole(text):
    entries = (
        an_entry("bad", NOW, summary=text, location=text, description=text, categories=(text,)),
        an_entry("good", NOW),
    )
    body = render_calendar(CalendarPage(text, text, entries))
    assert len(Calendar.from_ical(body).walk("VEVENT")) == 2
    assert not NEVER_OUT & set(body.decode())
    assert max(map(len, body.split(b"\r\n"))) <= 75
    assert len(body) < 12_000
    library = libical.load()
    if library is not None:
        seen, errors = libical.read(library, body)
        assert (len(seen), errors) == (2, 0)


def test_one_entry_that_cannot_be_written_takes_nothing_down(monkeypatch):
    said = []
    monkeypatch.setattr(
        kernel_calendar.logger, "error", lambda text, *words, **facts: said.append(facts["extra"]["uid"])
    )
    bad = an_entry("bad", NOW, url="https://x\r\nATTENDEE:mailto:x@y")
    for odd in (bad, an_entry("bad", NOW, sequence="x"), replace(an_entry("bad", NOW), start="tomorrow")):
        body = render_calendar(CalendarPage("日历", "", (odd, an_entry("good", NOW))))
        assert [str(event["UID"])[:10] for event in Calendar.from_ical(body).walk("VEVENT")] == ["visit-good"]
        assert b"\nATTENDEE" not in body
    assert set(said) == {"visit-bad@calendar.qianshou.invalid"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_village_of_that_name_stands_in_the_feed_and_in_mail(text):
    duty = a_visit_in(text)
    reader = reader_in_role(duty.helper.user, Role.TEACHER, NOW)
    feed, _url = create_feed(reader=reader, label=storable(text)[:60], now=NOW)
    assert len(Calendar.from_ical(render_feed(feed, reader, today=TODAY)).walk("VEVENT")) == 1

    choose_calendar_mail(helper=duty.helper, is_on=True, actor=None, now=NOW)
    plan_invitation(set_duty_time(duty=duty, start_at=at(14), end_at=at(15), actor=None, now=NOW), now=NOW)
    send_invitation(claim_due_invitation(now=NOW), now=NOW)
    raw = mail.outbox[0].message().as_bytes()
    heads = message_from_bytes(raw)
    assert heads.get_all("To") == [duty.helper.email]
    assert not [name for name in heads if name.upper() == "ATTENDEE"]
    assert not NEVER_OUT & set(mail.outbox[0].subject)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_page_and_the_api_answer_it_kindly(text):
    helper = a_helper()
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {a_token(helper.user)}")
    body = json.dumps({"label": text})  # json writes half a character as its escape, as any client may
    made = api.generic("POST", "/api/v1/feeds/", body, content_type="application/json")
    assert made.status_code in {201, 400}
    client = Client()
    client.force_login(helper.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.post("/my/calendar/", {"label": text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")})
    assert page.status_code == 200
    listed = client.get("/my/calendar/").content.decode()
    assert "<script>{{7*7}}" not in listed
    if made.status_code == 201:
        assert not NEVER_OUT & set(made.json()["label"])


def test_an_activity_of_a_hostile_name_stands_in_its_calendar():
    event = an_event_day()
    for number, text in enumerate(TEXTS.values()):
        a_part(event, "SEGMENT", segment_key=f"s{number}", name=storable(text)[:200], place_name=storable(text)[:200])
    helper = a_helper()
    DayPart.objects.create(
        event=event, kind="HOST", helper=helper, name=storable(TEXTS["lines"]), start_at=NOW, end_at=at(20),
        created_at=NOW, changed_at=NOW,
    )  # fmt: skip
    reader = reader_in_role(helper.user, Role.TEACHER, NOW)
    feed, _url = create_feed(reader=reader, label="手机", now=NOW)
    assert len(Calendar.from_ical(render_feed(feed, reader, today=TODAY)).walk("VEVENT")) == 1


@pytest.mark.parametrize("error", [ValueError, KeyError, RuntimeError, RecursionError])
def test_an_event_that_cannot_be_put_into_words_takes_no_calendar_down(monkeypatch, caplog, error):
    """Whatever is wrong with one row, the others are served; what is logged names the row and nobody."""
    event, helper = an_event_day(), a_helper("龙国平")
    for number in range(3):
        DayPart.objects.create(
            event=event, kind="HOST", helper=helper, segment_key=f"s{number}", name=f"第{number}项", start_at=NOW,
            end_at=at(20), created_at=NOW, changed_at=NOW,
        )  # fmt: skip

    def part_entry(part, *, reader, **options):
        if part.segment_key == "s1":
            raise error(f"{helper.name}的{part.name}")
        return entries.part_entry(part, reader, **options)

    monkeypatch.setattr(feeds, "part_entry", part_entry)
    reader = reader_in_role(helper.user, Role.TEACHER, NOW)
    feed, _url = create_feed(reader=reader, label="手机", now=NOW)
    body = render_feed(feed, reader, today=TODAY)
    shown = [str(one["SUMMARY"])[:3] for one in Calendar.from_ical(body).walk("VEVENT")]
    assert shown == ["第0项", "第2项"]
    bad = DayPart.objects.get(segment_key="s1")
    told = [record for record in caplog.records if record.name == "qianshou.notifications"]
    assert [(record.levelname, record.kind, record.row) for record in told] == [("ERROR", "DayPart", bad.public_id)]
    assert error.__name__ in told[0].getMessage()
    assert not any(record.exc_info for record in told)
    assert helper.name not in caplog.text


def test_an_entry_that_cannot_be_written_is_logged_without_its_words(caplog):
    bad = an_entry("bad", NOW, url="https://龙国平\r\nATTENDEE:mailto:x@y")
    render_calendar(CalendarPage("日历", "", (bad, replace(an_entry("bad", NOW), start="龙国平"))))
    assert len(caplog.records) == 2
    assert "龙国平" not in caplog.text
