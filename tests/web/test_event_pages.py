"""Event days on pages: from a template to a published version by plain forms, and nobody sees another's day."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.core.day import read_day
from activities.event_views import changeable_rules, rule_lines
from activities.models import DayHost, DaySolve, EventDay
from activities.services.event_solves import solve_day
from backend.accounts.models import Role
from backend.roster.models import Clearance
from backend.web.coordinator.event_rules import WORDS
from matching.services.trials import one_at_a_time
from tests.factories.events import a_planned_day, an_event_day, fresh, published, with_children, with_hosts
from tests.factories.roster import (
    NOW,
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


def the_county():
    return a_coordinator(a_county())


def text_of(answer):
    return answer.content.decode()


def answer_all():
    for solve in DaySolve.objects.filter(state="QUEUED"):
        solve_day(solve_id=solve.pk, clock=lambda: NOW, beat=lambda: None)


def act(client, event, do, **fields):
    version = fresh(event).draft_version
    return client.post(f"/days/{event.public_id}/act/", {"do": do, "version": version, **fields}, follow=True)


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


@pytest.mark.parametrize(
    ("part", "key", "fields", "expected"),
    [
        ("groups", "g1", {"name": "彩虹队", "size": "12", "hours": "9:00到11:30"}, {"hours": [["09:00", "11:30"]]}),
        ("places", "new", {"name": "操场", "is_open_air": "on", "capacity": "60"}, {"is_indoor": False, "capacity": 60}),
        ("supplies", "water", {"name": "水", "count": "48", "segment": "ice", "who": "driver"}, {"brought_by": "driver"}),
        ("budget", "new", {"name": "午餐", "yuan": "12.50"}, {"amount_fen": 1250}),
        ("vehicles", "new", {"name": "大客车", "seats": "45", "driver": "driver"}, {"seats": 45}),
        ("trips", "new", {"name": "去程", "minutes": "40", "groups": ["g1", "g2"]}, {"groups": ["g1", "g2"]}),
        ("people", "palace1", {"name": "金老师", "roles": "青少年宫老师，志愿者老师"}, {"roles": ["青少年宫老师", "志愿者老师"]}),
        (
            "segments", "photo",
            {"name": "全体合影", "minutes": "10-15", "form": "plenary", "after": ["gifts"], "places": ["hall"], "setting": "any",
             "window": "11:00-12:00", "hosts": "青少年宫老师 2"},
            {"minutes": [10, 15], "window": ["11:00", "12:00"], "hosts": [{"role": "青少年宫老师", "count": 2}], "after": ["gifts"]},
        ),
        (
            "segments", "games",
            {"name": "游戏", "minutes": "30", "form": "rotation", "setting": "any", "round": "7", "changes": "2",
             "stations": "温柔电击 / 文化大礼堂\n套圈 / / 志愿者老师\n新的一站"},
            {"round": 7, "stations": [
                {"key": "shock", "name": "温柔电击", "places": ["hall"]},
                {"key": "rings", "name": "套圈", "hosts": [{"role": "志愿者老师", "count": 1}]},
                {"key": "st1", "name": "新的一站"},
            ]},
        ),
    ],
)  # fmt: skip
def test_each_part_is_changed_by_a_plain_form(visitor, part, key, fields, expected):
    client, event = visitor(the_county()), an_event_day()
    url = f"/days/{event.public_id}/parts/{part}/{key}/"
    assert client.get(url).status_code == 200
    answer = client.post(url, {"version": 1, **fields})
    assert answer.status_code == 302, re.findall(r'class="err">([^<]*)', text_of(answer))
    rows = fresh(event).draft[part]
    row = rows[-1] if key == "new" else next(one for one in rows if one["key"] == key)
    assert {name: row[name] for name in expected} == expected


def test_a_wrong_line_is_said_beside_its_field_and_what_was_typed_stays(visitor):
    client, event = visitor(the_county()), an_event_day()
    page = text_of(
        client.post(
            f"/days/{event.public_id}/parts/groups/g1/", {"version": 1, "name": "彩虹队", "size": "12", "hours": "上午"}
        )
    )
    assert "写成 09:00-11:30 这样的时间段" in page
    assert "彩虹队" in page
    a_child("冉欣怡")
    page = text_of(
        client.post(f"/days/{event.public_id}/parts/groups/g1/", {"version": 1, "name": "冉欣怡队", "size": "12"})
    )
    assert "像在册孩子姓名" in page
    page = text_of(
        client.post(f"/days/{event.public_id}/parts/groups/g1/", {"version": 9, "name": "彩虹队", "size": "12"})
    )
    assert "刚才有人改过" in page
    assert fresh(event).draft["groups"][0]["name"] == "第一组"


def test_the_head_of_a_day_is_one_form(visitor):
    client, event = visitor(the_county()), an_event_day()
    fields = {
        "version": 1, "title": "手拉手", "date": "2026-12-06", "begin": "8:30", "end": "12:00", "organisers": "县妇联\n县团委",
        "equipment": "剪刀 12", "transfers": "文化大礼堂 / 礼堂前空地 / 3", "is_public": "on",
    }  # fmt: skip
    assert client.post(f"/days/{event.public_id}/head/", fields).status_code == 302
    event = fresh(event)
    assert (event.title, str(event.date), event.is_public) == ("手拉手", "2026-12-06", True)
    assert event.draft["organisers"] == ["县妇联", "县团委"]
    assert event.draft["transfers"] == [{"from": "hall", "to": "yard", "minutes": 3}]


def test_a_helper_on_file_becomes_one_of_the_people_once(visitor):
    client, event = visitor(the_county()), an_event_day()
    helper = a_helper("龙国平")
    fields = {"name": "x", "roles": "青少年宫老师", "helper": helper.public_id}
    client.post(f"/days/{event.public_id}/parts/people/palace1/", {"version": 1, **fields})
    assert DayHost.objects.get().key == "palace1"
    assert fresh(event).draft["people"][0]["name"] == "龙国平"
    page = text_of(client.post(f"/days/{event.public_id}/parts/people/palace2/", {"version": 2, **fields}))
    assert "已经在当天的人员里" in page


def test_moving_by_hand_is_judged_undone_and_tried_before(visitor):
    client, event = visitor(the_county()), a_planned_day()
    url = f"/days/{event.public_id}"
    tried = client.get(f"{url}/try/", {"segment": "play", "start": "600"}).json()
    assert not tried["ok"]
    assert any("同时在" in line["words"] and line["level"] == "hard" for line in tried["lines"])
    dragged = client.post(f"{url}/drag/", {"segment": "play", "start": "600", "version": event.draft_version})
    assert dragged.json()["ok"]
    page = text_of(client.get(f"{url}/"))
    assert "阻止发布" in page
    act(client, event, "undo")
    assert "可以发布" in text_of(client.get(f"{url}/"))
    assert client.get(f"{url}/place/play/").status_code == 200
    act(client, event, "lock", back="play")
    assert fresh(event).draft["locks"]


def test_somebody_is_ill_and_the_page_says_what_changed(visitor):
    client, event = visitor(the_county()), a_planned_day()
    with_hosts(event, "palace1", "reserve")
    published(event)
    act(client, event, "ill", person="palace1")
    answer_all()
    assert "由青少年宫老师甲改为后备老师主持" in text_of(client.get(f"/days/{event.public_id}/"))
    page = text_of(client.get(f"/days/{event.public_id}/publish/"))
    assert "将通知 2 位主持人、0 名孩子的监护人" in page


def test_rain_is_one_click(visitor):
    client, event = visitor(the_county()), a_planned_day()
    assert "雨天方案" in text_of(client.get(f"/days/{event.public_id}/?view=rain"))
    assert "改用了雨天方案" in text_of(act(client, event, "use-rain"))


def test_children_are_divided_and_one_is_moved_with_the_effect_shown(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 12)
    url = f"/days/{event.public_id}/groups/"
    assert "12 名孩子分在 4 组" in text_of(client.get(url))
    seat = event.seats.filter(group_key="g1").first()
    page = text_of(client.get(f"{url}{seat.public_id}/move/"))
    assert "换到第二组" in page
    client.post(f"{url}{seat.public_id}/move/", {"version": fresh(event).draft_version, "group": "g2"})
    seat.refresh_from_db()
    assert seat.group_key == "g2"
    one, other = event.seats.order_by("pk")[:2]
    client.post(url, {"one": one.public_id, "other": other.public_id, "kind": "APART"})
    client.post(f"{url}divide/", {"version": fresh(event).draft_version})
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.group_key != other.group_key


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


def test_calling_off_asks_why_and_tells(visitor):
    client, event = visitor(the_county()), a_planned_day()
    assert client.get(f"/days/{event.public_id}/call-off/").status_code == 404
    published(event)
    client.post(f"/days/{event.public_id}/call-off/", {"reason": "台风要来"})
    assert fresh(event).state == "CANCELLED"
    assert "已取消" in text_of(client.get(f"/days/{event.public_id}/"))


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


def test_the_timeline_gives_rows_and_boxes_and_a_drop_on_another_row_exchanges_the_host(visitor):
    client, event = visitor(the_county()), a_planned_day()
    assert client.get(f"/days/{event.public_id}/drag-page/").status_code == 200
    shown = client.get(f"/days/{event.public_id}/timeline/").json()
    assert [row["id"] for row in shown["rows"]][:4] == ["group:g1", "group:g2", "group:g3", "group:g4"]
    assert {box["row"] for box in shown["boxes"] if box["segment"] == "photo"} == {
        "group:g1",
        "group:g2",
        "group:g3",
        "group:g4",
    }
    assert "place:hall" in {
        row["id"] for row in client.get(f"/days/{event.public_id}/timeline/?rows=places").json()["rows"]
    }
    drop = {"segment": "gifts", "host": "reserve", "from_host": "leader"}
    tried = client.get(f"/days/{event.public_id}/try/", drop).json()
    assert not tried["ok"]
    assert client.post(f"/days/{event.public_id}/drag/", drop | {"version": event.draft_version}).json()["ok"]
    gifts = next(one for one in fresh(event).plan["segments"] if one["key"] == "gifts")
    assert gifts["posts"][0]["hosts"] == ["reserve"]


def part_form(client, event, part, key):
    """What a browser would send back of an untouched form."""
    page = client.get(f"/days/{event.public_id}/parts/{part}/{key}/")
    form = page.context["form"]
    fields = {}
    for field in form:
        value = field.value()
        if value is True:
            value = "on"
        if value not in (None, False, "", []):
            fields[field.html_name] = value
    return fields | {"version": fresh(event).draft_version}


@pytest.mark.parametrize(("template", "part"), [("health", "segments"), ("zhuji", "segments"), ("zhuji", "people")])
def test_an_untouched_form_changes_nothing(visitor, template, part):
    client, event = visitor(the_county()), an_event_day(template)
    draft = fresh(event).draft
    for row in draft[part]:
        address = f"/days/{event.public_id}/parts/{part}/{row['key']}/"
        assert client.post(address, part_form(client, event, part, row["key"])).status_code == 302
    assert read_day(fresh(event).draft) == read_day(draft)


def test_who_is_ill_stays_ill_when_the_name_is_mended(visitor):
    client, event = visitor(the_county()), an_event_day()
    draft = fresh(event).draft
    person = next(row for row in draft["people"] if row["key"] == "palace1")
    person["hours"] = []
    EventDay.objects.filter(pk=event.pk).update(draft=draft)
    fields = part_form(client, event, "people", "palace1") | {"name": "改了名"}
    client.post(f"/days/{event.public_id}/parts/people/palace1/", fields)
    changed = next(row for row in fresh(event).draft["people"] if row["key"] == "palace1")
    assert (changed["name"], changed["hours"]) == ("改了名", [])
    client.post(
        f"/days/{event.public_id}/parts/people/palace1/", fields | {"hours": "", "version": fresh(event).draft_version}
    )
    assert "hours" not in next(row for row in fresh(event).draft["people"] if row["key"] == "palace1")


def test_a_mistyped_place_of_a_station_is_refused(visitor):
    client, event = visitor(the_county()), an_event_day("health")
    key = next(row["key"] for row in event.draft["segments"] if row.get("stations"))
    fields = part_form(client, event, "segments", key) | {"stations": "视力 / 没有的诊室 / 护士"}
    page = client.post(f"/days/{event.public_id}/parts/segments/{key}/", fields)
    assert "没有的诊室" in text_of(page)
    assert "不在场地里" in text_of(page)


def test_a_group_taken_away_leaves_the_page_and_its_undo(visitor):
    client, event = visitor(the_county()), a_planned_day()
    key = event.draft["groups"][-1]["key"]
    client.post(f"/days/{event.public_id}/parts/groups/{key}/remove/", {"version": event.draft_version})
    page = client.get(f"/days/{event.public_id}/")
    assert page.status_code == 200
    assert "撤销" in text_of(page)
    assert key not in {row["key"] for row in fresh(event).draft["groups"]}


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


def test_a_child_who_leaves_after_publishing_is_news(visitor):
    client, event = visitor(the_county()), a_planned_day()
    with_children(event)
    published(event)
    page = f"/days/{event.public_id}/publish/"
    assert "发布以后没有改过" in text_of(client.get(page))
    seat = event.seats.filter(state="PLACE").first()
    client.post(f"/days/{event.public_id}/seats/{seat.public_id}/act/", {"do": "leave"})
    assert "1 名不参加了的孩子的监护人" in text_of(client.get(page))
    client.post(page, {"version": fresh(event).draft_version})
    assert fresh(event).latest_number == 2
    assert not event.versions.get(number=2).seats.filter(child=seat.child).exists()


def test_nobody_leads_children_without_a_background_check(visitor):
    client, event = visitor(the_county()), a_planned_day()
    host = with_hosts(event, "palace1")["palace1"]
    Clearance.objects.filter(helper=host).update(expires_date=event.date - timedelta(days=1))
    page = f"/days/{event.public_id}/publish/"
    assert f"{host.name}的背景核查管不到那一天" in text_of(client.get(page))
    assert "管不到那一天" in text_of(client.post(page, {"version": event.draft_version}))
    assert fresh(event).state == "DRAFT"


def test_the_preview_counts_the_guardians_no_message_reaches(visitor):
    client, event = visitor(the_county()), a_planned_day()
    children = with_children(event)
    a_guardian(children[0], user=a_user())
    assert "7 名孩子的监护人没有账号" in text_of(client.get(f"/days/{event.public_id}/publish/"))


def test_any_helper_of_a_large_county_is_found_for_a_day(visitor, monkeypatch):
    monkeypatch.setattr("backend.web.coordinator.event_part._MOST_HELPERS", 1)
    client, event = visitor(the_county()), an_event_day()
    a_helper("安安")
    last = a_helper("卓国平", unit=a_school(name="桑木小学"))
    url = f"/days/{event.public_id}/parts/people/palace1/"
    assert "卓国平" not in text_of(client.get(url))
    for words in ("卓国平", "zgp", "桑木"):
        assert "卓国平" in text_of(client.get(url, {"q": words})), words
    client.post(url, {"version": 1, "name": "x", "roles": "青少年宫老师", "helper": last.public_id})
    assert DayHost.objects.get().helper == last


def test_goals_are_said_in_plain_words(visitor):
    event = a_planned_day()
    page = text_of(visitor(the_county()).get(f"/days/{event.public_id}/"))
    assert "<td>几点结束</td>" in page
    assert "从零点起" not in page


@pytest.mark.parametrize(
    "asked",
    [
        {"segment": "games", "start": "1430"},
        {"segment": "games", "start": "9" * 5000},
        {"segment": "games", "minutes": "1440", "start": "1400"},
        {"segment": "photo", "host": "nobody", "from_host": "leader"},
        {"segment": "gifts", "host": "nobody", "from_host": "leader"},
        {"segment": "photo", "place": "nowhere", "from_place": "hall"},
        {"segment": "nothing", "start": "600"},
        {},
    ],
)
def test_a_drag_that_cannot_be_is_answered_with_words(visitor, asked):
    client, event = visitor(the_county()), a_planned_day()
    tried = client.get(f"/days/{event.public_id}/try/", asked)
    assert tried.status_code in (200, 404)
    dragged = client.post(f"/days/{event.public_id}/drag/", asked | {"version": event.draft_version})
    assert dragged.status_code < 500
    assert client.get(f"/days/{event.public_id}/").status_code == 200


@pytest.mark.parametrize("version", ["", "x", "9" * 30, "-1"])
def test_a_version_no_page_sends_is_nothing(visitor, version):
    client, event = visitor(the_county()), a_planned_day()
    url = f"/days/{event.public_id}"
    for path in ("act/", "groups/divide/", "drag/", "parts/groups/g1/remove/", "publish/"):
        answer = client.post(f"{url}/{path}", {"do": "undo", "version": version, "segment": "photo"})
        assert answer.status_code == 404, path


def test_dividing_waits_for_nobody_and_says_so(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 8)
    with one_at_a_time():
        page = text_of(
            client.post(f"/days/{event.public_id}/groups/divide/", {"version": fresh(event).draft_version}, follow=True)
        )
    assert "过几秒再试" in page


def test_looking_where_a_child_could_go_reads_the_day_once(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 12)
    seat = event.seats.filter(group_key="g1").first()
    url = f"/days/{event.public_id}/groups/{seat.public_id}/move/"
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    draft = fresh(event).draft
    draft["groups"] += [{"key": f"more{n}", "name": f"多{n}", "size": 1} for n in range(6)]
    EventDay.objects.filter(pk=event.pk).update(draft=draft)
    with CaptureQueriesContext(connection) as many:
        page = text_of(client.get(url))
    assert "换到多5" in page
    assert len(many) == len(few)


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


def test_what_was_published_is_not_deleted(visitor):
    client, event = visitor(the_county()), a_planned_day()
    published(event)
    url = f"/days/{event.public_id}/drop/"
    assert [client.get(url).status_code, client.post(url).status_code] == [404, 404]
    assert EventDay.objects.exists()


def test_the_list_begins_with_the_nearest_to_come(visitor):
    for title, day in (("早过了", 10), ("刚过去", 20), ("马上到", 25), ("还早", 30)):
        an_event_day(title=title, date=date(2026, 11, day))
    page = text_of(visitor(the_county()).get("/days/"))
    places = [page.index(f">{title}<") for title in ("马上到", "还早", "刚过去", "早过了")]
    assert places == sorted(places)


def test_the_levels_of_rules_are_changed_on_a_page_and_the_judge_speaks_accordingly(visitor):
    client, event = visitor(the_county()), a_planned_day()
    url = f"/days/{event.public_id}/rules/"
    usual = {row.code: row.usual for row in changeable_rules(event.draft)}
    assert set(usual) == set(WORDS)
    client.post(f"/days/{event.public_id}/drag/", {"segment": "play", "start": "600", "version": event.draft_version})
    assert "阻止发布" in text_of(client.get(f"/days/{event.public_id}/"))
    free = {
        "group_twice": "warn",
        "host_twice": "ignore",
        "after": "ignore",
        "transfer": "ignore",
        "host_transfer": "ignore",
    }
    page = client.post(url, usual | free | {"version": fresh(event).draft_version}, follow=True)
    assert fresh(event).draft["rules"] == free
    assert "平常是“不可以”" in text_of(client.get(url))
    assert "可以发布" in text_of(page)
    assert all(line.level == "warn" for line in rule_lines(fresh(event).draft, fresh(event).plan))
    client.post(url, usual | {"version": fresh(event).draft_version})
    assert "rules" not in fresh(event).draft
    assert client.post(url, usual | {"after": "never", "version": fresh(event).draft_version}).status_code == 200
