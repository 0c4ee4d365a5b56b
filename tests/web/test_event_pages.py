"""Event days on pages: from a template to a published version, and nobody sees another's day."""

from __future__ import annotations

import json
from datetime import date

import pytest

from activities.models import DaySolve, EventDay
from backend.accounts.models import Role
from tests.factories.events import a_planned_day, an_event_day, fresh, published, with_children, with_hosts
from tests.factories.roster import (
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_township,
    a_village,
)
from tests.web.event_pages import act, answer_all, text_of, the_county


def test_a_day_goes_from_a_template_to_a_published_version(visitor):
    client = visitor(the_county())
    new = {"template": "zhuji", "owner": a_county().public_id, "title": "爱心手拉手", "date": "2026-12-05"}
    page = client.post("/days/new/", new, follow=True)
    event = EventDay.objects.get()
    assert "还没有排时间" in text_of(page)

    assert "正在排" in text_of(act(client, event, "plan"))
    answer_all()
    page = text_of(client.get(f"/days/{event.public_id}/"))
    assert "已证明最好" in page
    assert "11:30 结束" in page
    assert '<svg class="qs-day"' in page
    assert 'style="' not in page
    assert "第 1 版" in text_of(client.get(f"/days/{event.public_id}/publish/"))
    version = fresh(event).draft_version
    done = text_of(client.post(f"/days/{event.public_id}/publish/", {"version": version}, follow=True))
    assert "第 1 版发布了。" in done
    assert fresh(event).state == "PUBLISHED"
    assert "第 1 版" in text_of(client.get(f"/days/{event.public_id}/versions/"))


def test_the_page_asks_itself_whether_the_planner_is_done(visitor):
    client, event = visitor(the_county()), an_event_day()
    act(client, event, "plan")
    assert client.get(f"/days/{event.public_id}/solve/").status_code == 200
    answer_all()
    done = client.get(f"/days/{event.public_id}/solve/")
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")


def test_a_day_that_does_not_fit_says_why_with_a_button_that_mends_it(visitor):
    client, event = visitor(the_county()), an_event_day(end=660)
    act(client, event, "plan")
    answer_all()
    page = text_of(client.get(f"/days/{event.public_id}/"))
    assert "活动延长到11:30结束" in page
    act(client, event, "relax", relaxation=json.dumps(DaySolve.objects.get().answer["relax"][0]))
    answer_all()
    assert fresh(event).answer["status"] == "OPTIMAL"


def test_rain_is_one_click(visitor):
    client, event = visitor(the_county()), a_planned_day()
    assert "雨天方案" in text_of(client.get(f"/days/{event.public_id}/?view=rain"))
    assert "改用了雨天方案" in text_of(act(client, event, "use-rain"))


def test_a_host_sees_own_part_on_the_phone_and_no_child(visitor):
    event = a_planned_day()
    children = with_children(event, 8)
    helper = with_hosts(event, "palace1")["palace1"]
    client = visitor(helper.user)
    url = f"/my/days/{event.public_id}/"
    assert client.get(url).status_code == 404
    published(event)
    page = text_of(client.get(url))
    assert "破冰之旅" in page
    assert "全体合影" not in page
    assert "全体合影" in text_of(client.get(f"{url}?who=g1"))
    assert not any(child.name in page for child in children)
    week = text_of(client.get("/week/?day=2026-12-05"))
    assert "破冰之旅" in week
    assert visitor(a_helper().user).get(url).status_code == 404


def test_a_day_is_seen_by_who_plans_there_and_by_nobody_else(visitor):
    event = an_event_day()
    other = an_event_day(organisation=a_school())
    elsewhere = a_township(number=105, name="桑木镇")
    paths = ["", "solve/", "head/", "parts/groups/g1/", "groups/", "publish/", "versions/", "try/?segment=ice"]
    for user in (
        a_coordinator(a_township()),
        a_member(
            Role.SCHOOL_COORDINATOR,
            organisation=a_school(a_village(elsewhere, number=209, name="李村"), name="李村小学"),
        ),
    ):
        client = visitor(user)
        assert {client.get(f"/days/{event.public_id}/{path}").status_code for path in paths} == {404}
        assert client.post(f"/days/{event.public_id}/act/", {"do": "plan", "version": 1}).status_code == 404
    assert (
        visitor(a_member(Role.SCHOOL_COORDINATOR, organisation=a_school())).get(f"/days/{other.public_id}/").status_code
        == 200
    )
    assert visitor(a_coordinator(a_township())).get(f"/days/{other.public_id}/").status_code == 200
    assert visitor(a_helper().user).get(f"/days/{event.public_id}/").status_code == 404


@pytest.mark.parametrize(
    ("at", "groups", "words"),
    [
        ("9点半", ["g1"], "写成 09:50"),
        ("", ["g1"], "写成 09:50"),
        ("99:99", ["g1"], "写成 09:50"),
        ("09:30", [], "哪几组晚到"),
    ],
)
def test_a_late_group_needs_its_name_and_a_time(visitor, at, groups, words):
    client, event = visitor(the_county()), a_planned_day()
    before = DaySolve.objects.count()
    assert words in text_of(act(client, event, "late", at=at, groups=groups))
    assert DaySolve.objects.count() == before


def test_goals_are_said_in_plain_words(visitor):
    event = a_planned_day()
    page = text_of(visitor(the_county()).get(f"/days/{event.public_id}/"))
    assert "<td>几点结束</td>" in page
    assert "从零点起" not in page


def test_a_draft_is_deleted_only_after_reading_what_goes_with_it(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 4)
    url = f"/days/{event.public_id}/drop/"
    assert f'href="{url}"' in text_of(client.get(f"/days/{event.public_id}/"))
    assert "4 名孩子的报名" in text_of(client.get(url))
    assert client.post(f"/days/{event.public_id}/act/", {"do": "drop", "version": 1}).status_code == 404
    assert EventDay.objects.exists()
    assert client.post(url)["Location"] == "/days/"
    assert not EventDay.objects.exists()


def test_the_list_begins_with_the_nearest_to_come(visitor):
    for title, day in (("早过了", 10), ("刚过去", 20), ("马上到", 25), ("还早", 30)):
        event = an_event_day(title=title)
        EventDay.objects.filter(pk=event.pk).update(date=date(2026, 11, day))
    page = text_of(visitor(the_county()).get("/days/"))
    places = [page.index(f">{title}<") for title in ("马上到", "还早", "刚过去", "早过了")]
    assert places == sorted(places)


def test_in_the_rain_somebody_may_still_be_ill_or_late_and_the_sun_may_come_back(visitor):
    client, event = visitor(the_county()), a_planned_day()
    page = text_of(act(client, event, "use-rain"))
    assert "现在用的就是雨天方案" in page
    assert 'value="ill"' in page
    assert 'value="late"' in page

    act(client, event, "ill", person="palace1")
    answer_all()
    assert fresh(event).draft["is_raining"] is True
    assert "后备老师" in text_of(client.get(f"/days/{event.public_id}/"))

    act(client, event, "dry")
    answer_all()
    dry = fresh(event)
    assert not dry.draft.get("is_raining")
    assert [one["posts"][0]["place"] for one in dry.plan["segments"] if one["key"] == "photo"] == ["yard"]


@pytest.mark.parametrize("day", ["2020-01-01", "2026-11-22", "2028-12-01", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_over_or_far_off_is_refused_beside_its_field(visitor, day):
    client, event = visitor(the_county()), an_event_day()
    words = "请选今天或以后的日子，最远两年。"
    new = {"template": "zhuji", "owner": a_county().public_id, "title": "爱心手拉手", "date": day}
    assert f'id="id_date_error">{words}' in text_of(client.post("/days/new/", new))
    head = {"title": "爱心手拉手", "date": day, "begin": "09:00", "end": "12:00", "version": 1}
    assert f'id="id_date_error">{words}' in text_of(client.post(f"/days/{event.public_id}/head/", head))
    assert list(EventDay.objects.values_list("date", flat=True)) == [event.date]


def test_what_was_planned_for_a_day_that_is_over_is_not_published(visitor):
    client, event = visitor(the_county()), a_planned_day()
    EventDay.objects.filter(pk=event.pk).update(date=date(2026, 11, 22))
    url = f"/days/{event.public_id}/publish/"
    assert "这个活动的日子已经过了" in text_of(client.post(url, {"version": event.draft_version}, follow=True))
    assert fresh(event).state == "DRAFT"


@pytest.mark.parametrize("text", ["[" * 200_000, "1", "{", "null"])
def test_a_button_that_is_no_button_is_no_fault(visitor, text):
    client, event = visitor(the_county()), an_event_day()
    assert act(client, event, "relax", relaxation=text).status_code == 404
    url = f"/days/{event.public_id}/ticks/"
    assert client.post(url, text, content_type="application/json").status_code == 400
