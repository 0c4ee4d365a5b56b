"""When somebody is busy, by a calendar from outside: the right times, nothing but times, and never without an end."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, date, datetime

import pytest

from backend.kernel import calendar_busy as busy
from backend.kernel.child import run

MONDAY = date(2026, 11, 30)
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"


def calendar(*components):
    return (HEAD + "".join(components) + "END:VCALENDAR\r\n").encode()


def part(name, *lines, inside=""):
    return "\r\n".join([f"BEGIN:{name}", *lines, inside.rstrip("\r\n")]).rstrip("\r\n") + f"\r\nEND:{name}\r\n"


def event(*lines, uid="a"):
    return part("VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines)


def found(content, days=14):
    return busy.busy_in(content, MONDAY, days)


def spans(content, days=14):
    """As people here read them."""
    return [
        " ".join(f"{datetime.fromtimestamp(at * 60, busy.moment(MONDAY, 0).tzinfo):%m-%d %H:%M}" for at in span)
        for span in found(content, days)["busy"]
    ]


def test_a_single_time_here_elsewhere_and_without_a_zone():
    assert spans(calendar(event("DTSTART:20261201T010000Z", "DTEND:20261201T020000Z"))) == ["12-01 01:00 12-01 02:00"]
    for start, end in (
        ("DTSTART:20261201T090000", "DTEND:20261201T100000"),
        ("DTSTART;TZID=Asia/Shanghai:20261201T090000", "DTEND;TZID=Asia/Shanghai:20261201T100000"),
        ("DTSTART:20261201T090000", "DURATION:PT1H"),
        ("DTSTART;TZID=Europe/Berlin:20261201T020000", "DTEND;TZID=Europe/Berlin:20261201T030000"),
    ):
        assert spans(calendar(event(start, end))) == ["12-01 01:00 12-01 02:00"]


def test_a_whole_day_is_the_day_here():
    assert spans(calendar(event("DTSTART;VALUE=DATE:20261201"))) == ["11-30 16:00 12-01 16:00"]


@pytest.mark.parametrize("line", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"])
def test_what_is_called_off_or_marked_as_free_is_free(line):
    assert spans(calendar(event("DTSTART:20261201T010000Z", "DTEND:20261201T020000Z", line))) == []


def test_what_we_told_somebody_ourselves_is_no_busy_time():
    own = event("DTSTART:20261201T010000Z", "DTEND:20261201T020000Z", uid="visit-abc@calendar.qianshou.invalid")
    assert spans(calendar(own)) == []


def test_what_touches_or_overlaps_is_one_and_the_window_cuts():
    rows = [("20261129T000000Z", "20261130T000000Z"), ("20261130T000000Z", "20261130T010000Z"),
            ("20261130T003000Z", "20261130T020000Z"), ("20261213T150000Z", "20261220T000000Z")]  # fmt: skip
    content = calendar(*[event(f"DTSTART:{a}", f"DTEND:{b}", uid=str(n)) for n, (a, b) in enumerate(rows)])
    assert spans(content) == ["11-29 16:00 11-30 02:00", "12-13 15:00 12-13 16:00"]


def test_a_week_that_repeats_with_days_left_out_added_and_moved():
    content = calendar(
        event("DTSTART;TZID=Asia/Shanghai:20260907T090000", "DTEND;TZID=Asia/Shanghai:20260907T100000",
              "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261209T000000Z",
              "EXDATE;TZID=Asia/Shanghai:20261202T090000", "RDATE;TZID=Asia/Shanghai:20261204T090000"),
        event("RECURRENCE-ID;TZID=Asia/Shanghai:20261207T090000",
              "DTSTART;TZID=Asia/Shanghai:20261208T150000", "DTEND;TZID=Asia/Shanghai:20261208T160000"),
    )  # fmt: skip
    assert spans(content) == ["11-30 01:00 11-30 02:00", "12-04 01:00 12-04 02:00", "12-08 07:00 12-08 08:00"]


def test_a_moved_repetition_that_became_free_frees_the_time_it_was():
    content = calendar(
        event("DTSTART:20261130T010000Z", "DTEND:20261130T020000Z", "RRULE:FREQ=DAILY;COUNT=2"),
        event("RECURRENCE-ID:20261201T010000Z", "DTSTART:20261201T010000Z", "DTEND:20261201T020000Z",
              "TRANSP:TRANSPARENT"),
    )  # fmt: skip
    assert spans(content) == ["11-30 01:00 11-30 02:00"]


def test_nine_o_clock_stays_nine_o_clock_where_clocks_change():
    content = calendar(event("DTSTART;TZID=Europe/Berlin:20261023T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"))
    found = busy.busy_in(content, date(2026, 10, 20), 14)["busy"]
    assert [datetime.fromtimestamp(start * 60, UTC).hour for start, _end in found] == [7, 7, 8, 8]


def test_free_and_busy_times():
    content = calendar(
        part("VFREEBUSY", "UID:f", "DTSTAMP:20261101T000000Z",
             "FREEBUSY;FBTYPE=BUSY:20261201T010000Z/20261201T020000Z",
             "FREEBUSY;FBTYPE=FREE:20261201T030000Z/20261201T040000Z",
             "FREEBUSY:20261201T050000Z/PT1H"),
    )  # fmt: skip
    assert spans(content) == ["12-01 01:00 12-01 02:00", "12-01 05:00 12-01 06:00"]


def hours(*lines, available):
    return part("VAVAILABILITY", "UID:h", "DTSTAMP:20261101T000000Z", *lines, inside=available)


def free(start, end, rule):
    zone = ";TZID=Asia/Shanghai"
    return part("AVAILABLE", "UID:x", "DTSTAMP:20261101T000000Z", f"DTSTART{zone}:{start}", f"DTEND{zone}:{end}", rule)


def test_outside_the_hours_one_calls_free_one_is_busy():
    content = calendar(
        hours("DTSTART;TZID=Asia/Shanghai:20261130T000000", "DTEND;TZID=Asia/Shanghai:20261202T000000",
              available=free("20261130T080000", "20261130T120000", "RRULE:FREQ=DAILY"))
    )  # fmt: skip
    assert spans(content) == ["11-29 16:00 11-30 00:00", "11-30 04:00 12-01 00:00", "12-01 04:00 12-01 16:00"]
    assert found(content)["has_hours"] is True


def test_hours_of_higher_priority_speak_last_about_their_own_time_and_events_above_all():
    low = hours("PRIORITY:9", available=free("20261130T080000", "20261130T180000", "RRULE:FREQ=DAILY"))
    high = hours("PRIORITY:1", "DTSTART;TZID=Asia/Shanghai:20261201T000000",
                 "DTEND;TZID=Asia/Shanghai:20261202T000000",
                 available=free("20261201T200000", "20261201T210000", "RRULE:FREQ=DAILY;COUNT=1"))  # fmt: skip
    meeting = event("DTSTART:20261130T010000Z", "DTEND:20261130T020000Z")
    expected = [
        "11-29 16:00 11-30 00:00",
        "11-30 01:00 11-30 02:00",
        "11-30 10:00 12-01 12:00",
        "12-01 13:00 12-01 16:00",
    ]
    for content in (calendar(low, high, meeting), calendar(meeting, high, low)):
        assert spans(content, 2) == expected


# --- hostile files -----------------------------------------------------------------------------------------------
LONG_AGO = "DTSTART:19000101T000000Z"
HOSTILE_RULES = [
    "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1",
    "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9", "FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60))),
    "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 366))), "FREQ=NEVER", "COUNT=3", "FREQ=DAILY;COUNT=x",
    "FREQ=DAILY;UNTIL=never",
]  # fmt: skip


@pytest.mark.parametrize("rule", HOSTILE_RULES)
def test_a_rule_that_is_too_fine_or_wrong_takes_down_nothing_but_itself(rule):
    good = event("DTSTART:20261201T010000Z", "DTEND:20261201T020000Z", uid="good")
    began = time.monotonic()
    line = found(calendar(event("DTSTART:20261130T000000Z", "DURATION:PT1M", f"RRULE:{rule}"), good))
    assert line["busy"] != [29665980 + 0, 29665980 + 60]  # guards against an empty answer below
    assert any(end - start >= 60 for start, end in line["busy"])
    assert len(line["busy"]) <= 15
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "lines",
    [
        ("DTEND:20261201T020000Z",), ("DTSTART:20261201T020000Z", "DTEND:20261201T010000Z"),
        ("DTSTART:99999999T999999Z",), ("DTSTART:00010101T000000", "DURATION:P99999999D"), ("DTSTART:x",),
        ("DTSTART:20261201T010000Z", "DURATION:-P1D"), ("DTSTART;TZID=Nowhere/Land:20261201T010000", "DURATION:P1H"),
        ("DTSTART:20261201T010000Z", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"),
        ("DTSTART:20261201T010000Z", "DURATION:PT1H", "EXDATE:x"),
        ("RECURRENCE-ID:x", "DTSTART:20261201T010000Z", "DTEND:20261201T020000Z"),
        ("DTSTART:20261201T010000Z", "DTSTART:20261201T020000Z"),
    ],
)  # fmt: skip
def test_a_broken_entry_is_counted_and_passed_over(lines):
    good = event("DTSTART:20261202T010000Z", "DTEND:20261202T020000Z", uid="good")
    assert "12-02 01:00 12-02 02:00" in spans(calendar(event(*lines), good))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_a_calendar"), (b"PK\x03\x04", "not_a_calendar"), (b"\xff\xfe\x00", "not_a_calendar"),
        (b"BEGIN:VCALENDAR\r\n", "not_a_calendar"), (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "not_a_calendar"),
        (b"x" * (1024 * 1024 + 1), "too_big"),
        (calendar(*["BEGIN:VEVENT\r\nEND:VEVENT\r\n"] * 5001), "too_many"),
        (calendar("BEGIN:VEVENT\r\n" * 2000), "not_a_calendar"),
    ],
)  # fmt: skip
def test_what_is_no_calendar_or_too_much_is_refused(content, reason):
    with pytest.raises(busy.Refused) as refused:
        found(content)
    assert refused.value.reason == reason


def run_program(content, seconds=busy.SECONDS):
    command = [sys.executable, "-m", "backend.kernel.calendar_busy", "--from", MONDAY.isoformat(), "--days", "182"]
    return run(command, seconds=seconds, memory_mb=busy.MEMORY_MB, stdin=content)


def test_as_a_program_it_says_times_and_nothing_else():
    secret = event("DTSTART:20261201T010000Z", "DTEND:20261201T020000Z", "SUMMARY:看医生", "LOCATION:县医院",
                   "ATTENDEE:mailto:somebody@example.org")  # fmt: skip
    ended = run_program(calendar(secret))
    line = json.loads(ended.stdout)
    assert set(line) == {"busy", "entries", "skipped", "has_hours"}
    assert (len(line["busy"]), line["entries"], ended.exit_code) == (1, 1, 0)


def test_thousands_of_rules_that_never_end_are_ended_by_the_clock():
    never = event(LONG_AGO, "DURATION:PT1H", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
    ended = run_program(calendar(*[never] * 4000), seconds=2)
    assert (ended.stopped, ended.seconds < 6) == ("time", True)
