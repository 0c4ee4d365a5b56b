"""Which events stand in whose calendar, and when a rendered one is out of date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from activities.models import DayListing, DayPart, Duty, EventDay, TalkCalledOff, TalkGroup, TalkPlan
from activities.services.duties import cancel_duties_of, owe_first_visit
from activities.services.talk_weeks import deal_weeks
from activities.services.talks import deal_talk_plan, publish_talk_plan, reopen_talk_plan
from backend.accounts.models import Role
from backend.kernel.errors import NotAllowed
from backend.roster.access import reader_in_role
from backend.roster.models import Membership
from matching.models import Scheme
from notifications.entries import part_entry
from notifications.feed_handlers import (
    on_child_moved,
    on_day_changed,
    on_day_listed,
    on_duty_changed,
    on_talks_changed,
)
from notifications.feed_services import (
    MOST_FEEDS,
    NoCalendar,
    NothingToFollow,
    TooManyFeeds,
    create_feed,
    fresh_feed,
    outdate_feeds,
)
from notifications.feeds import render_feed
from notifications.models import Feed
from notifications.selectors import feed_subject, feed_subjects, live_feed
from tests.factories.events import a_planned_day, an_event_day, published, with_hosts
from tests.factories.matching import a_pairing
from tests.factories.roster import (
    NOW,
    TODAY,
    a_child,
    a_coordinator,
    a_county,
    a_guardian,
    a_helper,
    a_member,
    a_school,
    a_township,
    a_user,
    a_village,
)
from tests.factories.talks import a_published_plan

pytestmark = pytest.mark.django_db


def a_feed(user, role, kind="MINE", about=None, **columns):
    reader = reader_in_role(user, role, NOW)
    return create_feed(reader=reader, kind=kind, about=about, label="手机", now=NOW, **columns)


def events(feed_and_url, *, now=NOW, today=TODAY):
    """What the subscriber gets: uid -> event; None where the address is closed."""
    found = live_feed(feed_and_url[1].split("/")[-2], now=now)
    if found is None:
        return None
    feed, reader = found
    body = bytes(fresh_feed(feed, reader, today=today, now=now).body)
    return {str(event["UID"]).partition("@")[0]: event for event in Calendar.from_ical(body).walk("VEVENT")}


def a_visit(**columns):
    child = a_child(**columns)
    helper = a_helper(village=child.village, unit=child.school)
    return owe_first_visit(pairing=a_pairing(child, helper), accepted_at=NOW)


@pytest.fixture
def visits():
    """One visit in the village and school of the town, one elsewhere in the county."""
    far = a_village(a_township(number=102, name="桑木镇"), number=202, name="青杠坡村")
    return a_visit(), a_visit(village=far, school=a_school(far, name="桑木小学"))


def keys(*visits):
    return {f"visit-{visit.public_id}" for visit in visits}


def test_each_kind_holds_the_visits_it_is_about(visits):
    here, there = visits
    county = a_coordinator()
    assert set(events(a_feed(county, Role.COUNTY_COORDINATOR, "SCHOOL", here.child.school))) == keys(here)
    assert set(events(a_feed(county, Role.COUNTY_COORDINATOR, "VILLAGE", there.child.village))) == keys(there)
    assert set(events(a_feed(county, Role.COUNTY_COORDINATOR, "SCHEME", Scheme.objects.order_by("pk")[0]))) == keys(
        *visits
    )
    assert set(events(a_feed(here.helper.user, Role.TEACHER))) == keys(here)


def test_a_scheme_shows_a_township_only_its_own_children(visits):
    here, _there = visits
    town = a_member(Role.TOWNSHIP_COORDINATOR, area=here.child.village.parent)
    feed = a_feed(town, Role.TOWNSHIP_COORDINATOR, "SCHEME", Scheme.objects.order_by("pk")[0])
    assert set(events(feed)) == keys(here)


def test_the_director_of_a_village_follows_it(visits):
    here, _there = visits
    director = a_member(Role.VILLAGE_DIRECTOR, area=here.child.village)
    assert set(events(a_feed(director, Role.VILLAGE_DIRECTOR, "VILLAGE", here.child.village))) == keys(here)


def test_the_same_event_has_the_same_id_and_number_in_every_calendar(visits):
    here, _there = visits
    mine = events(a_feed(here.helper.user, Role.TEACHER))[f"visit-{here.public_id}"]
    theirs = events(a_feed(a_coordinator(), Role.COUNTY_COORDINATOR, "SCHOOL", here.child.school))
    same = theirs[f"visit-{here.public_id}"]
    assert [mine[key] for key in ("UID", "SEQUENCE", "SUMMARY")] == [
        same[key] for key in ("UID", "SEQUENCE", "SUMMARY")
    ]


def test_nobody_is_named_in_any_calendar(visits):
    here, _there = visits
    for feed in (
        a_feed(a_coordinator(), Role.COUNTY_COORDINATOR, "SCHOOL", here.child.school),
        a_feed(a_coordinator(), Role.COUNTY_COORDINATOR, "VILLAGE", here.child.village),
    ):
        text = "".join(event.to_ical().decode().replace("\r\n ", "") for event in events(feed).values())
        for secret in (here.child.name, here.child.public_id, here.helper.name, here.child.id_number):
            assert secret not in text


@pytest.mark.parametrize(
    ("role", "kind"),
    [(Role.TEACHER, "SCHOOL"), (Role.TEACHER, "SCHEME"), (Role.VILLAGE_DIRECTOR, "SCHOOL"), (Role.AUDITOR, "PUBLIC")],
)
def test_a_kind_that_is_not_for_the_role_is_refused(role, kind):
    area = a_village() if role == Role.VILLAGE_DIRECTOR else None
    user = a_helper().user if role == Role.TEACHER else a_member(role, area=area)
    with pytest.raises(NotAllowed):
        a_feed(user, role, kind, a_school())


def test_what_cannot_be_made():
    with pytest.raises(NoCalendar):
        a_feed(a_coordinator(), Role.COUNTY_COORDINATOR)
    with pytest.raises(NothingToFollow):
        a_feed(a_coordinator(), Role.COUNTY_COORDINATOR, "SCHOOL")
    user = a_helper().user
    for _ in range(MOST_FEEDS):
        a_feed(user, Role.TEACHER)
    with pytest.raises(TooManyFeeds):
        a_feed(user, Role.TEACHER)


def test_a_grant_that_ends_closes_the_calendar_at_the_next_request(visits):
    user = a_coordinator()
    feed = a_feed(user, Role.COUNTY_COORDINATOR, "SCHOOL", visits[0].child.school)
    assert events(feed)
    Membership.objects.filter(user=user).update(revoked_at=NOW)
    assert events(feed, now=NOW + timedelta(seconds=1)) is None


def test_a_smaller_area_empties_the_calendar_at_the_next_request(visits):
    user = a_coordinator()
    feed = a_feed(user, Role.COUNTY_COORDINATOR, "SCHOOL", visits[0].child.school)
    assert events(feed)
    Membership.objects.filter(user=user).update(area=a_county("529902", "云河县"))
    assert events(feed) == {}


def test_a_helper_who_left_or_whose_account_closed_is_answered_like_nobody(visits):
    here, there = visits
    left, closed = a_feed(here.helper.user, Role.TEACHER), a_feed(there.helper.user, Role.TEACHER)
    type(here.helper).objects.filter(pk=here.helper_id).update(state="LEFT")
    type(there.helper.user).objects.filter(pk=there.helper.user_id).update(is_active=False)
    assert (events(left), events(closed)) == (None, None)


def test_a_change_outdates_every_calendar_it_stands_in_and_no_other(visits):
    here, there = visits
    county, scheme = a_coordinator(), Scheme.objects.order_by("pk")[0]
    concerned = [
        a_feed(here.helper.user, Role.TEACHER),
        a_feed(county, Role.COUNTY_COORDINATOR, "SCHOOL", here.child.school),
        a_feed(county, Role.COUNTY_COORDINATOR, "VILLAGE", here.child.village),
        a_feed(county, Role.COUNTY_COORDINATOR, "SCHEME", scheme),
    ]
    others = [
        a_feed(there.helper.user, Role.TEACHER),
        a_feed(county, Role.COUNTY_COORDINATOR, "SCHOOL", there.child.school),
    ]
    on_duty_changed(event_id=1, payload={"duty_id": here.pk, "helper_id": here.helper_id}, now=NOW)
    versions = dict(Feed.objects.values_list("pk", "version"))
    assert [versions[feed.pk] for feed, _url in concerned + others] == [2, 2, 2, 2, 1, 1]


def test_what_was_called_off_is_shown_for_thirty_days_after_its_day():
    visit = a_visit()
    feed = a_feed(visit.helper.user, Role.TEACHER)
    cancel_duties_of(pairing_id=visit.pairing_id, now=NOW)
    outdate_feeds(helper_id=visit.helper_id)
    assert str(events(feed)[f"visit-{visit.public_id}"]["STATUS"]) == "CANCELLED"
    late = visit.shown_date + timedelta(days=30)
    for day, expected in ((late, keys(visit)), (late + timedelta(days=7), set())):
        outdate_feeds(helper_id=visit.helper_id)
        assert set(events(feed, today=day)) == expected


def test_reminders_only_where_they_were_asked_for():
    visit = a_visit()
    quiet, loud = a_feed(visit.helper.user, Role.TEACHER), a_feed(visit.helper.user, Role.TEACHER, has_alarms=True)
    rings = [[len(event.walk("VALARM")) for event in events(feed).values()] for feed in (quiet, loud)]
    assert rings == [[0], [1]]


# --- talk groups ---------------------------------------------------------------------------------------------------


def talk_events(user):
    return {key: event for key, event in events(a_feed(user, Role.TEACHER)).items() if key.startswith("talk-")}


@pytest.fixture
def plan():
    return a_published_plan(children=8, teachers=2)


def users_of(plan):
    return [part.teacher.user for part in plan.teachers.select_related("teacher__user").order_by("pk")]


def weeks_of(plan, user):
    return set(plan.groups.filter(teacher__user=user).values_list("public_id", flat=True))


def test_a_teachers_groups_lie_over_their_school_weeks(plan):
    user = users_of(plan)[0]
    shown = talk_events(user)
    assert set(shown) == {f"talk-{key}" for key in weeks_of(plan, user)}
    event = next(iter(shown.values()))
    start, end = event.decoded("DTSTART"), event.decoded("DTEND")
    assert (start.weekday(), (end - start).days, str(event["TRANSP"])) == (0, 5, "TRANSPARENT")
    assert "四(1)班" in str(event["SUMMARY"])


def test_no_child_of_a_talk_group_is_in_a_calendar(plan):
    text = b"".join(event.to_ical() for user in users_of(plan) for event in talk_events(user).values())
    unfolded = text.decode().replace("\r\n ", "")
    for seat in plan.seats.select_related("child"):
        assert seat.child.name not in unfolded


def test_a_draft_is_in_no_calendar(plan):
    reopen_talk_plan(plan=plan, actor=None, now=NOW)
    assert [talk_events(user) for user in users_of(plan)] == [{}, {}]


def test_a_school_calendar_holds_its_classes(plan):
    feed = a_feed(a_coordinator(), Role.COUNTY_COORDINATOR, "SCHOOL", a_school())
    assert len([key for key in events(feed) if key.startswith("talk-")]) == plan.groups.count()


def again(plan, weeks):
    """Take the plan back, deal it with these weeks closed, publish it."""
    TalkPlan.objects.filter(pk=plan.pk).update(closed_weeks=weeks)
    draft = reopen_talk_plan(plan=TalkPlan.objects.get(pk=plan.pk), actor=None, now=NOW)
    fresh = deal_talk_plan(plan=draft, actor=None, now=NOW + timedelta(hours=1))
    publish_talk_plan(plan=fresh, actor=None, now=NOW + timedelta(hours=2))


def test_dealing_anew_keeps_the_id_of_weeks_that_stay(plan):
    before = {(g.teacher_id, g.week_date): (g.public_id, g.told_at) for g in plan.groups.all()}
    again(plan, [])
    after = {(g.teacher_id, g.week_date): (g.public_id, g.told_at) for g in TalkGroup.objects.filter(plan=plan)}
    stayed = set(before) & set(after)
    assert stayed
    assert {week: before[week] for week in stayed} == {week: after[week] for week in stayed}


def test_a_week_that_falls_out_is_called_off_and_may_come_back_as_the_same(plan):
    gone = plan.groups.order_by("pk").first()
    user = gone.teacher.user
    again(plan, [gone.week_date.isoformat()])
    event = talk_events(user)[f"talk-{gone.public_id}"]
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 1)

    weeks = deal_weeks(plan, {(gone.teacher_id, gone.week_date)}, NOW)
    back = TalkGroup.objects.get(pk=weeks[gone.teacher_id, gone.week_date])
    assert (back.public_id, back.sequence) == (gone.public_id, 2)
    assert not TalkCalledOff.objects.filter(public_id=gone.public_id).exists()


def test_a_week_that_came_back_and_falls_out_again_before_anybody_published_is_still_called_off(plan):
    gone = plan.groups.order_by("pk").first()
    again(plan, [gone.week_date.isoformat()])
    week = {(gone.teacher_id, gone.week_date)}
    deal_weeks(plan, week, NOW)
    deal_weeks(plan, set(), NOW)
    assert TalkCalledOff.objects.get(public_id=gone.public_id).sequence == 3


def test_publishing_and_taking_back_outdate_the_teachers_and_the_school(plan):
    user = users_of(plan)[0]
    mine, _url = a_feed(user, Role.TEACHER)
    school, _url = a_feed(a_coordinator(), Role.COUNTY_COORDINATOR, "SCHOOL", a_school())
    on_talks_changed(event_id=1, payload={"plan_id": plan.pk}, now=NOW)
    assert [Feed.objects.get(pk=feed.pk).version for feed in (mine, school)] == [2, 2]


# --- event days ----------------------------------------------------------------------------------------------------
def a_part(event, kind="DAY", **columns) -> DayPart:
    start = datetime(2026, 12, 5, 1, tzinfo=UTC)
    facts = {
        "name": event.title, "start_at": start, "end_at": start + timedelta(hours=3), "created_at": NOW,
        "changed_at": NOW, "segment_key": "" if kind == "DAY" else "s1",
    }  # fmt: skip
    return DayPart.objects.create(event=event, kind=kind, **facts | columns)


@pytest.fixture
def host():
    return a_helper()


@pytest.fixture
def day(host):
    """A published public day of the county with one segment that a helper leads."""
    event = an_event_day()
    EventDay.objects.filter(pk=event.pk).update(state="PUBLISHED", is_public=True)
    a_part(event)
    a_part(event, "SEGMENT", name="破冰")
    a_part(event, "HOST", name="破冰", helper=host)
    return EventDay.objects.get(pk=event.pk)


def kinds(feed, **at):
    found = events(feed, **at)
    ids = {key.partition("-")[2] for key in found if key.startswith("day-")}
    return sorted(DayPart.objects.filter(public_id__in=ids).values_list("kind", flat=True))


def test_a_day_stands_in_each_calendar_in_its_own_way(day, host):
    county = a_coordinator()
    role = Role.COUNTY_COORDINATOR
    assert kinds(a_feed(host.user, Role.TEACHER)) == ["HOST"]
    assert kinds(a_feed(a_helper().user, Role.TEACHER)) == []
    assert kinds(a_feed(county, role, "ACTIVITY", day)) == ["SEGMENT"]
    assert kinds(a_feed(host.user, Role.TEACHER, "ACTIVITY", day)) == ["SEGMENT"]
    assert kinds(a_feed(county, role, "PUBLIC", a_county())) == ["DAY"]
    assert kinds(a_feed(host.user, Role.TEACHER, "PUBLIC", a_county())) == ["DAY"]


def test_what_is_not_public_is_in_no_public_programme(day, host):
    EventDay.objects.filter(pk=day.pk).update(is_public=False)
    assert kinds(a_feed(host.user, Role.TEACHER, "PUBLIC", a_county())) == []


def test_a_guardian_follows_the_public_programme_of_their_county_only(day):
    child = a_child()
    guardian = a_guardian(child, user=a_user())
    reader = reader_in_role(guardian.user, Role.GUARDIAN, NOW)
    assert [row.code for row in feed_subjects(reader)["PUBLIC"]] == [a_county().code]
    assert list(feed_subjects(reader)) == ["PUBLIC"]
    assert kinds(a_feed(guardian.user, Role.GUARDIAN, "PUBLIC", a_county())) == ["DAY"]
    a_county("529902", "云河县")
    assert feed_subject(reader, "PUBLIC", a_county("529902").public_id) is None


def test_an_activity_is_followed_by_those_it_concerns_only(day, host):
    stranger = reader_in_role(a_helper().user, Role.TEACHER, NOW)
    far = reader_in_role(a_coordinator(a_county("529902", "云河县")), Role.COUNTY_COORDINATOR, NOW)
    assert [feed_subject(reader, "ACTIVITY", day.public_id) for reader in (stranger, far)] == [None, None]
    assert feed_subject(reader_in_role(host.user, Role.TEACHER, NOW), "ACTIVITY", day.public_id) == day


def test_a_draft_cannot_be_followed():
    draft = an_event_day()
    reader = reader_in_role(a_coordinator(), Role.COUNTY_COORDINATOR, NOW)
    assert feed_subject(reader, "ACTIVITY", draft.public_id) is None


def test_a_day_that_moved_out_of_reach_leaves_the_calendar(day):
    user = a_coordinator()
    feed = a_feed(user, Role.COUNTY_COORDINATOR, "ACTIVITY", day)
    assert kinds(feed) == ["SEGMENT"]
    EventDay.objects.filter(pk=day.pk).update(area=a_county("529902", "云河县"))
    outdate_feeds(event_id=day.pk)
    assert kinds(feed) == []


def test_publishing_a_day_outdates_its_hosts_itself_and_its_county(day, host):
    county = a_coordinator()
    feeds = [
        a_feed(host.user, Role.TEACHER),
        a_feed(county, Role.COUNTY_COORDINATOR, "ACTIVITY", day),
        a_feed(county, Role.COUNTY_COORDINATOR, "SCHOOL", a_school()),
        a_feed(county, Role.COUNTY_COORDINATOR, "PUBLIC", a_county()),
        a_feed(a_helper().user, Role.TEACHER),
    ]
    on_day_changed(event_id=1, payload={"day_id": day.pk}, now=NOW)
    assert [Feed.objects.get(pk=feed.pk).version for feed, _url in feeds] == [2, 2, 2, 2, 1]


def test_a_day_that_is_listed_at_other_places_outdates_their_calendars_only(day, host):
    county, far = a_coordinator(), a_village(number=202, name="青杠坡村")
    feeds = [
        a_feed(host.user, Role.TEACHER),
        a_feed(county, Role.COUNTY_COORDINATOR, "SCHOOL", a_school()),
        a_feed(county, Role.COUNTY_COORDINATOR, "VILLAGE", a_village()),
        a_feed(county, Role.COUNTY_COORDINATOR, "VILLAGE", far),
    ]
    part = day.parts.get(kind="DAY")
    DayListing.objects.create(part=part, organisation=a_school())
    DayListing.objects.create(part=part, area=a_village())
    on_day_listed(event_id=1, payload={"day_id": day.pk}, now=NOW)
    assert [Feed.objects.get(pk=feed.pk).version for feed, _url in feeds] == [1, 2, 2, 1]


def test_a_part_that_was_called_off_says_so(day, host):
    DayPart.objects.filter(event=day).update(state="CANCELLED", sequence=3)
    [event] = events(a_feed(host.user, Role.TEACHER)).values()
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 3)
    assert kinds(a_feed(host.user, Role.TEACHER), today=date(2027, 1, 18)) == []


def test_meetings_of_classmates_ask_as_often_for_three_as_for_one():
    helper = a_helper()
    for number in range(4):
        school = a_school(name=f"第{number}小学")
        Duty.objects.filter(pk=a_visit(school=school).pk).update(kind="FIRST_MEETING", helper=helper)
        if number == 0:
            with CaptureQueriesContext(connection) as one:
                render_feed(Feed(kind="MINE", helper=helper), a_teacher(helper), today=TODAY)
    with CaptureQueriesContext(connection) as four:
        body = render_feed(Feed(kind="MINE", helper=helper), a_teacher(helper), today=TODAY)
    assert len(four) == len(one)
    assert "第3小学" in body.decode().replace("\r\n ", "")


def a_teacher(helper):
    return reader_in_role(helper.user, Role.TEACHER, NOW)


def test_a_hosts_entry_leads_to_their_own_page_of_the_day_and_nobody_elses():
    event = a_planned_day()
    hosts = with_hosts(event, "palace1", "palace2")
    published(event)
    part = DayPart.objects.filter(kind="HOST", helper=hosts["palace1"]).first()
    pages = {key: part_entry(part, a_teacher(helper)).url for key, helper in hosts.items()}
    assert pages["palace1"].endswith(f"/my/days/{part.event.public_id}/")
    assert "/days/" not in pages["palace2"]


def test_a_child_who_moves_to_another_county_changes_the_calendars_of_both():
    old, new = a_village(), a_village(a_township(a_county("529902", "云河县")))
    feeds = [
        a_feed(a_coordinator(), Role.COUNTY_COORDINATOR, "VILLAGE", old),
        a_feed(a_coordinator(a_county("529902", "云河县")), Role.COUNTY_COORDINATOR, "VILLAGE", new),
    ]
    child = a_child(village=new)
    on_child_moved(event_id=1, payload={"child_id": child.pk, "from_county": "529901"}, now=NOW)
    assert [Feed.objects.get(pk=feed.pk).version for feed, _url in feeds] == [2, 2]
    on_child_moved(event_id=2, payload={"child_id": child.pk}, now=NOW)
    assert [Feed.objects.get(pk=feed.pk).version for feed, _url in feeds] == [2, 3]
