"""The parts of an event day by plain forms: what was typed stays, and what is wrong is said beside it."""

from __future__ import annotations

import re

import pytest

from activities.core.day import read_day
from activities.models import DayHost, EventDay
from tests.factories.events import a_planned_day, an_event_day, fresh
from tests.factories.roster import (
    a_child,
    a_helper,
    a_school,
)
from tests.web.event_pages import text_of, the_county


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


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"after": ["games"]}, "after", "games 不在可用的选项中"),
        ({"hosts": "青少年宫老师 200"}, "hosts", "一种主持人最多 100 位。"),
        ({"equipment": "哨子 2\n旗 1"}, "equipment", "先在“基本情况”里写一共有多少：哨子、旗。"),
    ],
)
def test_what_does_not_fit_the_day_is_said_beside_its_field_without_codes(visitor, changed, field, words):
    client, event = visitor(the_county()), an_event_day()
    sent = part_form(client, event, "segments", "games") | changed
    page = text_of(client.post(f"/days/{event.public_id}/parts/segments/games/", sent))
    assert words in page[page.index(f'id="id_{field}_error"') :]
    assert "segments[" not in page
    assert fresh(event).draft_version == 1


def test_equipment_that_is_needed_stays_in_the_day(visitor):
    client, event = visitor(the_county()), an_event_day()
    client.post(f"/days/{event.public_id}/head/", part_head(client, event) | {"equipment": "哨子 2"})
    needs = part_form(client, event, "segments", "games") | {"equipment": "哨子 2"}
    assert client.post(f"/days/{event.public_id}/parts/segments/games/", needs).status_code == 302
    page = text_of(client.post(f"/days/{event.public_id}/head/", part_head(client, event) | {"equipment": ""}))
    assert "和当天别的安排对不上" in page[page.index('id="id_equipment_error"') :]
    assert "segments[" not in page


def part_head(client, event):
    """What a browser would send back of the untouched form of the basics."""
    form = client.get(f"/days/{event.public_id}/head/").context["form"]
    return {one.html_name: one.value() or "" for one in form} | {"version": fresh(event).draft_version}


def test_every_station_is_in_sight_and_nothing_comes_after_itself(visitor):
    client, event = visitor(the_county()), an_event_day()
    form = client.get(f"/days/{event.public_id}/parts/segments/games/").context["form"]
    assert form.fields["stations"].widget.attrs["rows"] == 5
    assert [key for key, _name in form.fields["after"].choices] == ["ice", "play", "gifts", "photo"]


def test_stations_of_a_second_rotation_have_keys_of_their_own(visitor):
    client, event = visitor(the_county()), an_event_day()
    fields = {"minutes": "30", "form": "rotation", "setting": "any", "round": "7", "stations": "跳绳\n踢毽"}
    for version, name in enumerate(("上午", "下午"), 1):
        url = f"/days/{event.public_id}/parts/segments/new/"
        assert client.post(url, {"version": version, "name": name, **fields}).status_code == 302
    stations = [one["key"] for segment in fresh(event).draft["segments"][-2:] for one in segment["stations"]]
    assert len(set(stations)) == 4
