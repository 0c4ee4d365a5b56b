"""A helper's own calendar: looked at first, then it counts, and planning keeps clear of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from activities.busy_selectors import busy_calendars_of, busy_times, first_busy_time
from activities.event_words import rule_lines
from activities.models import BusyCalendar, BusySpan
from activities.services import busy_calendars, event_edits, event_publishing, event_solves
from backend.audit.models import AuditEntry
from backend.kernel import calendar_busy, outward
from backend.kernel.child import Outcome
from backend.roster.access import reader_for
from backend.roster.models import WeeklyHours
from tests.factories.events import SATURDAY, a_planned_day, an_event_day, fresh, solved, with_hosts
from tests.factories.roster import NOW, a_coordinator, a_county, a_helper

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=7)
NINE = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)
"""Nine o'clock of the Saturday, here."""


@pytest.fixture(autouse=True)
def _time_to_read(monkeypatch):
    """On a busy machine the program that reads a calendar starts slowly."""
    monkeypatch.setattr(calendar_busy, "SECONDS", 6 * calendar_busy.SECONDS)


def ics(*spans, more=""):
    rows = [
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:看医生\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\n"
        f"DTEND:{end:%Y%m%dT%H%M%SZ}\r\nEND:VEVENT\r\n"
        for n, (start, end) in enumerate(spans)
    ]
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{''.join(rows)}{more}END:VCALENDAR\r\n".encode()


def hours(first, last):
    return NINE + timedelta(hours=first), NINE + timedelta(hours=last)


def read(helper, *spans):
    return busy_calendars.read_file(helper=helper, content=ics(*spans), actor=None, now=NOW)


def taken(helper, *spans):
    return busy_calendars.take(calendar=read(helper, *spans), actor=None, now=NOW)


def busy_of(helper):
    return busy_times([helper.pk], NINE - timedelta(days=1), NINE + timedelta(days=1)).get(helper.pk, [])


def test_nothing_counts_before_it_was_looked_at_and_taken():
    helper = a_helper()
    preview = read(helper, hours(0, 1))
    assert (preview.state, preview.entries, busy_of(helper)) == ("PREVIEW", 1, [])
    busy_calendars.take(calendar=preview, actor=None, now=NOW)
    assert busy_of(helper) == [hours(0, 1)]
    with pytest.raises(busy_calendars.NothingToTake):
        busy_calendars.take(calendar=preview, actor=None, now=NOW)


def test_only_times_are_kept():
    taken(a_helper(), hours(0, 1))
    said = f"{BusyCalendar.objects.values()}{BusySpan.objects.values()}{list(AuditEntry.objects.values())}"
    assert "看医生" not in said


def test_what_was_taken_is_taken_back_to_what_was_before():
    helper = a_helper()
    taken(helper, hours(0, 1))
    second = taken(helper, hours(2, 3))
    assert busy_of(helper) == [hours(2, 3)]
    busy_calendars.take_back(calendar=second, actor=None)
    assert busy_of(helper) == [hours(0, 1)]
    busy_calendars.take_back(calendar=helper.busy_calendars.get(), actor=None)
    assert (busy_of(helper), BusyCalendar.objects.count()) == ([], 0)
    with pytest.raises(busy_calendars.NothingBefore):
        busy_calendars.take_back(calendar=second, actor=None)


def test_looking_at_another_throws_the_first_look_away_and_forgetting_all():
    helper = a_helper()
    taken(helper, hours(0, 1))
    read(helper, hours(1, 2))
    again = read(helper, hours(2, 3))
    assert list(helper.busy_calendars.filter(state="PREVIEW")) == [again]
    busy_calendars.throw_away(calendar=again, actor=None)
    assert busy_of(helper) == [hours(0, 1)]
    for _twice in range(2):
        busy_calendars.forget(helper=helper, kind="FILE", actor=None)
    assert not BusyCalendar.objects.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"nonsense", "not_a_calendar"), (b"x" * (1024 * 1024 + 1), "too_big"),
     (ics(more="BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 5001), "too_many")],
    ids=["no calendar", "too big", "too many"],
)  # fmt: skip
def test_what_cannot_be_read_changes_nothing_and_says_why(content, reason):
    helper = a_helper()
    taken(helper, hours(0, 1))
    with pytest.raises(busy_calendars.CalendarNotTaken) as refused:
        busy_calendars.read_file(helper=helper, content=content, actor=None, now=NOW)
    assert (refused.value.reason, busy_of(helper)) == (reason, [hours(0, 1)])


def test_each_sees_ones_own_and_no_coordinator_any():
    helper, other = a_helper(), a_helper()
    mine = taken(helper, hours(0, 1))
    assert list(busy_calendars_of(reader_for(helper.user, NOW))) == [mine]
    for user in (other.user, a_coordinator(a_county())):
        assert not busy_calendars_of(reader_for(user, NOW)).exists()


def test_the_database_keeps_one_calendar_in_use_of_a_kind():
    mine = taken(a_helper(), hours(0, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        BusyCalendar.objects.create(
            helper=mine.helper, kind="FILE", state="LIVE", from_date=SATURDAY, until_date=SATURDAY, read_at=NOW
        )


def test_a_span_that_only_touches_is_free():
    helper = a_helper()
    taken(helper, hours(1, 2))
    assert first_busy_time(helper.pk, *hours(0, 1)) is None
    assert first_busy_time(helper.pk, *hours(2, 3)) is None
    assert first_busy_time(helper.pk, *hours(0, 5)) == hours(1, 2)


# --- event days --------------------------------------------------------------------------------------------------


def leads(event, key):
    return {one["key"] for one in event.plan["segments"] for post in one["posts"] if key in post["hosts"]}


def test_a_host_is_given_nothing_while_busy_and_the_draft_says_nothing_of_it():
    event = an_event_day()
    helpers = with_hosts(event, "palace1", "reserve")
    taken(helpers["palace1"], hours(-2, 8))
    assert solved(event).state == "DONE"
    event = fresh(event)
    assert (leads(event, "palace1"), "ice" in leads(event, "reserve")) == (set(), True)
    assert "hours" not in event.draft["people"][0]
    assert event_publishing.preview(event).busy == ()


def test_hours_somebody_wrote_for_the_day_count_more_than_the_calendar():
    event = an_event_day()
    helper = with_hosts(event, "palace1")["palace1"]
    taken(helper, hours(-2, 8))
    value = {**event.draft["people"][0], "hours": [["08:00", "13:00"]]}
    event_edits.put_person(event=event, version=1, value=value, helper=helper, actor=None, now=NOW)
    assert solved(event).state == "DONE"
    assert leads(fresh(event), "palace1")


def test_who_became_busy_after_planning_is_named_before_publishing_and_nobody_else():
    event = a_planned_day()
    helpers = with_hosts(event, "palace1", "palace2")
    taken(helpers["palace1"], hours(0, 0.5))
    taken(helpers["palace2"], hours(5, 6))
    preview = event_publishing.preview(fresh(event))
    assert preview.busy == (preview_name(event, "palace1"),)


def preview_name(event, key):
    return next(one["name"] for one in event.draft["people"] if one["key"] == key)


def test_a_day_that_fails_for_a_calendar_alone_is_mended_by_its_button():
    event = an_event_day()
    keys = [one["key"] for one in event.draft["people"] if "青少年宫老师" in one["roles"] or one.get("is_reserve")]
    helpers = with_hosts(event, *keys)
    for helper in helpers.values():
        taken(helper, hours(-2, 8))
    solve = solved(event)
    assert (solve.state, solve.problem) == ("FAILED", "event_day.infeasible")
    event = fresh(event)
    for one in solve.answer["relax"]:
        event = event_solves.give_up(event=event, version=event.draft_version, relaxation=one, actor=None, now=NOW)
    assert solved(event).state == "DONE"


# --- the ordinary week ---------------------------------------------------------------------------------------------


def free_on(helper, weekday, start, end):
    WeeklyHours.objects.create(helper=helper, weekday=weekday, start_minute=start, end_minute=end)


def in_words(event):
    return [(line.code, line.level) for line in rule_lines(event, event.plan)]


def with_reserve_as_a_regular(event):
    for one in event.draft["people"]:
        one.pop("is_reserve", None)
    event.save(update_fields=["draft"])
    return event


def test_a_reserve_stays_at_home_where_a_regular_host_is_only_not_free_on_such_a_weekday():
    event = an_event_day()
    free_on(with_hosts(event, "palace1", "reserve")["palace1"], 2, 480, 1080)
    assert solved(event).state == "DONE"
    assert leads(fresh(event), "palace1") and not leads(fresh(event), "reserve")


def test_a_host_who_is_not_free_on_such_a_weekday_is_spared_where_somebody_else_can_lead():
    event = with_reserve_as_a_regular(an_event_day())
    helpers = with_hosts(event, "palace1", "reserve")
    free_on(helpers["palace1"], 2, 480, 1080)
    assert solved(event).state == "DONE"
    event = fresh(event)
    assert (leads(event, "palace1"), "ice" in leads(event, "reserve")) == (set(), True)
    assert "free" not in event.draft["people"][0]
    assert (in_words(event), event_publishing.preview(event).unfree) == ([], ())


def test_who_is_free_then_leads_as_ever():
    event = an_event_day()
    free_on(with_hosts(event, "palace1")["palace1"], 6, 480, 780)
    assert solved(event).state == "DONE"
    assert leads(fresh(event), "palace1")


def test_where_nobody_else_can_lead_the_day_is_planned_and_says_so():
    event = a_planned_day()
    helper = with_hosts(event, "palace1")["palace1"]
    free_on(helper, 2, 480, 1080)
    event = fresh(event)
    assert {code for code, level in in_words(event)} == {"host_free"}
    preview = event_publishing.preview(event)
    assert (preview.unfree, preview.blockers) == ((preview_name(event, "palace1"),), ())


def test_a_day_that_takes_it_gravely_is_not_published_until_it_is_mended_by_its_button():
    event = an_event_day()
    keys = [one["key"] for one in event.draft["people"] if "青少年宫老师" in one["roles"] or one.get("is_reserve")]
    for helper in with_hosts(event, *keys).values():
        free_on(helper, 2, 480, 1080)
    values = {"rules": {"host_free": "forbid"}}
    event = event_edits.put_bounds(event=event, version=event.draft_version, values=values, actor=None, now=NOW)
    solve = solved(event)
    assert (solve.state, {one["rule"] for one in solve.answer["relax"]}) == ("FAILED", {"host_free"})
    event = fresh(event)
    for one in solve.answer["relax"]:
        event = event_solves.give_up(event=event, version=event.draft_version, relaxation=one, actor=None, now=NOW)
    assert solved(event).state == "DONE"


def test_a_day_that_ignores_it_plans_as_if_nobody_had_said():
    event = an_event_day()
    free_on(with_hosts(event, "palace1")["palace1"], 2, 480, 1080)
    values = {"rules": {"host_free": "ignore"}}
    event = event_edits.put_bounds(event=event, version=event.draft_version, values=values, actor=None, now=NOW)
    assert solved(event).state == "DONE"
    assert leads(fresh(event), "palace1")


def test_hours_somebody_wrote_for_the_day_count_more_than_the_ordinary_week():
    event = an_event_day()
    helper = with_hosts(event, "palace1")["palace1"]
    free_on(helper, 2, 480, 1080)
    value = {**event.draft["people"][0], "hours": [["08:00", "13:00"]]}
    event_edits.put_person(event=event, version=1, value=value, helper=helper, actor=None, now=NOW)
    assert solved(event).state == "DONE"
    assert leads(fresh(event), "palace1")


# --- by address --------------------------------------------------------------------------------------------------
ADDRESS = "https://calendar.example.org/secret.ics"


@pytest.fixture
def outside(monkeypatch, settings):
    """What the other side answers next; the program that reads our files is the real one."""
    settings.CALENDAR_LINKS = True
    said = {"content": ics(hours(0, 1)), "reason": ""}
    real = busy_calendars.run

    def run(argv, **facts):
        if argv[-1] != "backend.kernel.outward":
            return real(argv, **facts)
        assert ADDRESS not in argv
        assert (facts["stdin"], facts["seconds"]) == (ADDRESS.encode(), outward.SECONDS)
        if said["reason"]:
            facts["on_line"](said["reason"])
            return Outcome(1, None, b"", 0.1)
        return Outcome(0, None, said["content"], 0.1)

    monkeypatch.setattr(busy_calendars, "run", run)
    return said


def linked(helper):
    made = busy_calendars.read_link(helper=helper, address=ADDRESS, actor=None, now=NOW)
    return busy_calendars.take(calendar=made, actor=None, now=NOW)


def again(at):
    return busy_calendars.read_links_again(clock=lambda: at, beat=lambda: None)


def test_by_default_no_address_is_asked():
    with pytest.raises(busy_calendars.LinksAreOff):
        busy_calendars.read_link(helper=a_helper(), address=ADDRESS, actor=None, now=NOW)


def test_a_linked_calendar_is_read_again_after_six_hours_and_no_sooner(outside):
    helper = a_helper()
    linked(helper)
    assert busy_of(helper) == [hours(0, 1)]
    outside["content"] = ics(hours(3, 4))
    assert (again(NOW + timedelta(hours=5)), busy_of(helper)) == (0, [hours(0, 1)])
    assert (again(LATER), busy_of(helper)) == (1, [hours(3, 4)])


def test_one_that_cannot_be_read_any_more_keeps_what_it_said_and_says_so(outside):
    helper = a_helper()
    linked(helper)
    outside["reason"] = "private"
    assert again(LATER) == 1
    one = helper.busy_calendars.get()
    assert (busy_of(helper), one.problem) == ([hours(0, 1)], "private")
    outside["reason"] = ""
    again(LATER + timedelta(hours=7))
    one.refresh_from_db()
    assert one.problem == ""


def test_links_switched_off_later_are_asked_no_more(outside, settings):
    linked(a_helper())
    settings.CALENDAR_LINKS = False
    assert again(LATER) == 0


def test_the_address_stands_sealed_in_the_database_and_in_no_audit(outside):
    from django.db import connection

    linked(a_helper())
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM activities_busycalendar")
        stored = str(cursor.fetchall())
    assert "example.org" not in stored + str(list(AuditEntry.objects.values()))
    assert outside


def test_the_real_program_refuses_our_own_network(settings):
    settings.CALENDAR_LINKS = True
    for address in ("https://127.0.0.1/a.ics", "https://169.254.169.254/latest/meta-data", "https://[::1]/"):
        with pytest.raises(busy_calendars.CalendarNotTaken) as refused:
            busy_calendars.read_link(helper=a_helper(), address=address, actor=None, now=NOW)
        assert refused.value.reason == "private"
