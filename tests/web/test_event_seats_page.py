"""The list of an event day: guests pasted from a sheet, places, consents, and nothing typed is lost."""

from __future__ import annotations

import pytest

from activities.models import DayConsent, DaySeat
from activities.services.event_seats import sign_up
from tests.factories.events import an_event_day, fresh, published, solved, with_children, with_hosts
from tests.factories.roster import NOW
from tests.web.event_pages import act, answer_all, text_of, the_county

GOOD = "张小明 / 越城区 / 男 / 2016-05-04"


def guests(event):
    rows = DaySeat.objects.filter(event=event, child=None).order_by("pk")
    return [(row.guest_name, row.from_place, row.sex, str(row.birth_date or "")) for row in rows]


def test_guests_are_typed_or_pasted_from_a_sheet(visitor):
    client, event = visitor(the_county()), an_event_day()
    lines = f"{GOOD}\n李小红／越城区\n王五\t越城区\t女\t2015/3/9"
    page = text_of(client.post(f"/days/{event.public_id}/seats/guests/", {"guests": lines}, follow=True))
    assert "3 名孩子报上了。" in page
    assert guests(event) == [
        ("张小明", "越城区", "M", "2016-05-04"), ("李小红", "越城区", "", ""), ("王五", "越城区", "F", "2015-03-09"),
    ]  # fmt: skip


def test_a_list_sent_twice_adds_nobody_twice(visitor):
    client, event = visitor(the_county()), an_event_day()
    url = f"/days/{event.public_id}/seats/guests/"
    client.post(url, {"guests": f"{GOOD}\n李小红"})
    page = text_of(client.post(url, {"guests": f"{GOOD}\n李小红\n王五"}, follow=True))
    assert "1 名孩子报上了。2 名本来就在名单上，没有再加。" in page
    assert [row[0] for row in guests(event)] == ["张小明", "李小红", "王五"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("李四 / 越城区 / 未知", "第三样写“男”或“女”"),
        ("李四 / 越城区 / 女 / 2030-01-01", "要在今天以前"),
        ("李四 / 越城区 / 女 / 1950-01-01", "要在今天以前"),
        ("李四 / 越城区 / 女 / 2015-13-40", "要在今天以前"),
        ("李四 / 越城区 / 女 / 2015-01-02 / 爱画画", "写多了"),
        (" / 越城区", "先写姓名"),
        ("好" * 5000, f"“{'好' * 30}…”看不懂"),
    ],
)
def test_a_wrong_line_is_named_and_all_that_was_typed_stays(visitor, line, words):
    client, event = visitor(the_county()), an_event_day()
    page = text_of(client.post(f"/days/{event.public_id}/seats/guests/", {"guests": f"{GOOD}\n{line}"}))
    assert words in page[page.index('id="id_guests_error"') :]
    assert f"{GOOD}\n" in page[page.index("<textarea") :]
    assert guests(event) == []


def test_a_school_that_is_not_there_leaves_the_places_as_they_were_typed(visitor):
    client, event = visitor(the_county()), an_event_day()
    page = text_of(client.post(f"/days/{event.public_id}/seats/places/", {"places": 30, "quotas": "没有的小学 12"}))
    assert "没有叫“没有的小学”的学校" in page
    assert "没有的小学 12</textarea>" in page
    assert client.get(f"/days/{event.public_id}/seats/places/").status_code == 200
    assert fresh(event).places == 48


def test_a_consent_signed_tomorrow_is_none(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 4)
    seat = DaySeat.objects.order_by("pk").first()
    told = {"purposes": ["TAKE_PART"], "given_by": "奶奶", "given_date": "2030-01-01"}
    assert "还没到那一天" in text_of(client.post(f"/days/{event.public_id}/seats/{seat.public_id}/", told))
    assert not DayConsent.objects.exists()


def test_groups_nobody_stands_in_are_not_judged(visitor):
    client, before = visitor(the_county()), an_event_day()
    children = with_children(before, 8)
    solved(before)
    published(before)
    event = an_event_day(title="第二次", date=before.date.replace(day=12))
    sign_up(event=event, children=children, actor=None, now=NOW)
    page = text_of(client.get(f"/days/{event.public_id}/groups/"))
    assert "分好组以后，这里写各组匀不匀" in page
    assert "上次就在同组的" not in page


def test_only_those_without_a_file_whose_part_changed_have_to_be_told_by_hand(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_hosts(event, "palace1")
    solved(event)
    url = f"/days/{event.public_id}/publish/"
    first = text_of(client.get(url))
    assert (
        "青少年宫老师乙、青少年宫老师丙、青少年宫老师丁、志愿者老师甲、志愿者老师乙、参加领导不在帮扶人台账里" in first
    )
    published(event)
    assert "不在帮扶人台账里" not in text_of(client.get(url))

    act(client, event, "ill", person="palace2")
    answer_all()
    assert "青少年宫老师乙、后备老师不在帮扶人台账里" in text_of(client.get(url))
    page = text_of(client.get(f"/days/{event.public_id}/"))
    assert "草稿改过，还没有发布" in page
    assert "已证明改得最少" in page
    assert "11:30 结束" in page


def test_all_that_has_to_give_way_gives_way_by_one_button(visitor):
    client, event = visitor(the_county()), an_event_day(begin=23 * 60, end=24 * 60)
    act(client, event, "plan")
    answer_all()
    assert "条都放宽才排得下" in text_of(client.get(f"/days/{event.public_id}/"))
    act(client, event, "relax-all")
    answer_all()
    assert fresh(event).answer["status"] == "OPTIMAL"


def test_two_of_one_given_name_are_told_apart_on_the_spot(visitor):
    client, event = visitor(the_county()), an_event_day()
    lines = "张小明 / 越城区\n李小明 / 马剑镇\n王大壮 / 越城区"
    client.post(f"/days/{event.public_id}/seats/guests/", {"guests": lines})
    page = text_of(client.get(f"/days/{event.public_id}/ticks/"))
    assert [word in page for word in ("小明·越城区", "小明·马剑镇", "大壮·", "张小明")] == [True, True, False, False]


def test_consents_of_many_are_noted_at_once_and_those_on_file_stay(visitor):
    client, event = visitor(the_county()), an_event_day()
    with_children(event, 5)
    first, *rest = DaySeat.objects.order_by("pk")
    told = {"purposes": DayConsent.Purpose.values[:2], "given_by": "奶奶", "given_date": "2026-11-20"}
    url = f"/days/{event.public_id}/seats/"
    client.post(f"{url}{first.public_id}/", told)
    page = text_of(client.get(f"{url}consents/"))
    assert [f'value="{seat.public_id}"' in page for seat in (first, *rest)] == [False, True, True, True, True]
    many = told | {"given_by": "监护人", "children": [seat.public_id for seat in rest[:3]]}
    assert "记下了 3 名孩子的同意书。" in text_of(client.post(f"{url}consents/", many, follow=True))
    assert DayConsent.objects.count() == 2 * 4
    assert {row.given_by for row in DayConsent.objects.filter(seat=first)} == {"奶奶"}
    assert "请至少选一个孩子" in text_of(client.post(f"{url}consents/", told))
