"""Calendar bytes: what every client must find, and what no text may break."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from backend.kernel.calendar import CalendarEntry, CalendarPage, EntryStatus, render_calendar

CHANGED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def an_entry(**columns) -> CalendarEntry:
    facts = {
        "uid": "visit-abc@calendar.qianshou.invalid", "start": datetime(2026, 12, 1, 6, 0, tzinfo=UTC),
        "end": datetime(2026, 12, 1, 7, 0, tzinfo=UTC), "summary": "家访：水狮坝村 · 1 户 · K7QM",
        "changed_at": CHANGED, "sequence": 2, "organizer": "qianshou@example.org",
    }  # fmt: skip
    return CalendarEntry(**facts | columns)


def rendered(*entries) -> bytes:
    return render_calendar(CalendarPage("我的家访", "说明", entries))


def test_a_timed_visit_reads_back_as_it_was_written():
    event = Calendar.from_ical(rendered(an_entry())).walk("VEVENT")[0]

    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == (an_entry().uid, 2, "CONFIRMED")
    assert event.decoded("DTSTART") == an_entry().start
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert event.decoded("DTSTAMP") == event.decoded("LAST-MODIFIED") == CHANGED
    assert str(event["ORGANIZER"]) == "mailto:qianshou@example.org"


def test_a_whole_day_ends_on_the_next_and_blocks_nothing():
    event = Calendar.from_ical(rendered(an_entry(start=date(2026, 12, 4), end=date(2026, 12, 5)))).walk("VEVENT")[0]

    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (date(2026, 12, 4), date(2026, 12, 5))
    assert (event["DTSTART"].params["VALUE"], str(event["TRANSP"])) == ("DATE", "TRANSPARENT")


def test_a_cancelled_visit_says_so_where_every_client_looks():
    event = Calendar.from_ical(rendered(an_entry(status=EntryStatus.CANCELLED))).walk("VEVENT")[0]

    assert (str(event["STATUS"]), str(event["TRANSP"])) == ("CANCELLED", "TRANSPARENT")
    assert str(event["SUMMARY"]).startswith("【已取消】")


def test_the_head_has_what_clients_ask_for_and_nothing_that_breaks_them():
    text = rendered(an_entry()).decode()
    head = text.split("BEGIN:VEVENT")[0].splitlines()

    for line in (
        "VERSION:2.0", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "NAME:我的家访", "X-WR-CALNAME:我的家访",
        "X-WR-TIMEZONE:Asia/Shanghai", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
    ):  # fmt: skip
        assert line in head
    assert text.count("BEGIN:VTIMEZONE") == text.count("BEGIN:STANDARD") == 1
    assert "BEGIN:DAYLIGHT" not in text
    assert not any(line.startswith("UID") for line in head)


def test_equal_input_gives_equal_bytes():
    assert rendered(an_entry()) == rendered(an_entry())


NASTY = '\r\n\x00\x07\x85\u2028\u2029\u202e\u2066,;\\:"家访👧\ud800'


@pytest.mark.parametrize("char", sorted(set(NASTY)))
def test_no_character_breaks_out_of_its_line(char):
    body = rendered(an_entry(summary=f"甲{char}乙", location=f"{char}ATTENDEE:x", description=char * 3))

    text = body.decode()
    assert len(Calendar.from_ical(body).walk("VEVENT")) == 1
    assert not set(text) & set("\x00\x07\x85\u2028\u2029\u202e\u2066")
    assert not any(line.startswith("ATTENDEE") for line in text.split("\r\n"))


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_folds_within_75_octets_on_whole_characters(summary, location):
    body = rendered(an_entry(summary=summary, location=location))

    lines = body.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        line.decode()
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert len(Calendar.from_ical(body).walk("VEVENT")) == 1


def test_midnight_and_the_end_of_a_year_stay_on_their_day():
    start = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
    event = Calendar.from_ical(rendered(an_entry(start=start, end=start + timedelta(minutes=29)))).walk("VEVENT")[0]

    assert event["DTSTART"].to_ical() == b"20261231T233000"
    assert event["DTEND"].to_ical() == b"20261231T235900"
