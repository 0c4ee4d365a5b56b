"""Papers, the list of children and attendance: who may hold them, what they say, and what they never say."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, time

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from activities.models import DayConsent, DayHost, DayTick, EventDay
from activities.services.event_seats import record_consent
from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.audit.selectors import SENSITIVE_READS
from backend.web.coordinator.event_papers import KINDS
from tests.factories.events import a_planned_day, an_event_day, fresh, published, with_children, with_hosts
from tests.factories.roster import (
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_token,
    a_township,
    a_village,
)


def the_county():
    return a_coordinator(a_county())


def text_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_every_paper_opens_and_only_two_name_children(visitor, kind):
    event = a_planned_day()
    children = with_children(event, 8)
    client = visitor(the_county())
    page = text_of(client.get(f"/days/{event.public_id}/papers/{kind}/"))
    named = [child for child in children if child.name in page]
    assert len(named) == (8 if kind == "sign-in" else 0)
    assert 'style="' not in page
    assert AuditEntry.objects.filter(verb="event_day.printed").count() == (kind in ("sign-in", "tags"))
    if kind != "picture":
        file = client.get(f"/days/{event.public_id}/papers/{kind}/file/")
        book = CalamineWorkbook.from_filelike(io.BytesIO(file.content))
        assert len(book.get_sheet_by_index(0).to_python()) > 1


def test_the_run_sheet_has_the_day_by_the_minute_and_the_plans_own_words(visitor):
    event = a_planned_day()
    page = text_of(visitor(the_county()).get(f"/days/{event.public_id}/papers/run/"))
    for words in (
        "09:00–09:50",
        "10:20–11:00",
        "11:15–11:30",
        "有马剑镇小留守儿童关爱活动志愿者老师主持",
        "要用：剪刀和彩纸",
        "草稿",
    ):
        assert words in page


def test_a_text_that_looks_like_a_formula_stays_text_in_a_spreadsheet(visitor):
    client, event = visitor(the_county()), an_event_day()
    client.post(f"/days/{event.public_id}/parts/supplies/water/", {"version": 1, "name": "=1+1", "segment": "ice"})
    from tests.factories.events import solved

    solved(event)
    file = client.get(f"/days/{event.public_id}/papers/supplies/file/")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    assert any("'=1+1" in row for row in rows)


def test_children_are_signed_up_with_consent_and_leave_again(visitor):
    event, child = an_event_day(), a_child("冉欣怡")
    client = visitor(the_county())
    url = f"/days/{event.public_id}/seats/"
    assert "冉欣怡" in text_of(client.get(url))
    client.post(url, {"children": [child.public_id]})
    client.post(f"{url}guests/", {"guests": "张小明 / 越城区 / 男 / 2016-05-04\n李小红"})
    assert event.seats.filter(state="PLACE").count() == 3
    page = text_of(client.post(f"{url}guests/", {"guests": "张 / 越城区 / 男 / 昨天"}, follow=True))
    assert "2016-05-04" in page
    seat = event.seats.get(child=child)
    consent = {"purposes": ["TAKE_PART", "PHOTO"], "given_by": "祖母", "given_date": "2026-11-20"}
    client.post(f"{url}{seat.public_id}/", consent)
    client.post(f"{url}{seat.public_id}/", consent)
    assert DayConsent.objects.count() == 2
    client.post(f"{url}{seat.public_id}/act/", {"do": "withdraw", "purpose": "PHOTO"})
    assert DayConsent.objects.filter(withdrawn_at=None).count() == 1
    client.post(f"{url}places/", {"places": "2", "quotas": f"{a_school().name} 1"})
    assert event.seats.filter(state="WAITING").count() == 1
    client.post(f"{url}{seat.public_id}/act/", {"do": "leave"})
    assert event.seats.filter(state="PLACE").count() == 2


def test_what_a_guardian_takes_back_is_on_no_paper_and_no_list_any_more(visitor):
    event = a_planned_day()
    with_children(event, 8)
    first, second = event.seats.order_by("pk")[:2]
    for seat in (first, second):
        record_consent(seat=seat, purpose="TAKE_PART", given_by="祖母", given_date=date(2026, 11, 20), actor=None)
        record_consent(seat=seat, purpose="PHOTO", given_by="祖母", given_date=date(2026, 11, 20), actor=None)
    published(event)
    client, url = visitor(the_county()), f"/days/{event.public_id}"
    pages = (f"{url}/papers/sign-in/", f"{url}/papers/tags/", f"{url}/ticks/")
    before = [text_of(client.get(page)) for page in pages]
    assert [page.count("不拍照") for page in before] == [0, 6, 6]

    client.post(f"{url}/seats/{first.public_id}/act/", {"do": "withdraw", "purpose": "TAKE_PART"})
    client.post(f"{url}/seats/{second.public_id}/act/", {"do": "withdraw", "purpose": "PHOTO"})

    after = [text_of(client.get(page)) for page in pages]
    assert [page.count("不拍照") for page in after] == [0, 7, 7]
    assert (first.child.name in before[0], first.child.name in after[0]) == (True, False)
    assert (first.public_id in before[2], first.public_id in after[2]) == (True, False)
    assert after[0].count("拍照和刊登") == before[0].count("拍照和刊登") + 1


def test_a_school_signs_up_its_own_for_the_countys_day_and_sees_nobody_elses(visitor):
    event = an_event_day()
    mine, foreign = a_child("冉欣怡"), a_child("穆子轩", school=a_school(name="桑木小学"))
    visitor(the_county()).post(f"/days/{event.public_id}/seats/", {"children": [foreign.public_id]})
    client = visitor(a_member(Role.SCHOOL_COORDINATOR, organisation=a_school()))
    url = f"/days/{event.public_id}/seats/"
    page = text_of(client.get(url))
    assert ("冉欣怡" in page, "穆子轩" in page) == (True, False)
    client.post(url, {"children": [mine.public_id]})
    assert event.seats.count() == 2
    seat = event.seats.get(child=foreign)
    assert client.get(f"{url}{seat.public_id}/").status_code == 404
    assert client.post(f"{url}{seat.public_id}/act/", {"do": "leave"}).status_code == 404
    assert client.post(f"{url}places/", {"places": "1"}).status_code == 404
    assert client.get(f"/days/{event.public_id}/ticks/").status_code == 404
    elsewhere = a_village(a_township(number=105, name="桑木镇"), number=209, name="李村")
    other = an_event_day(area=a_township(number=105))
    assert client.get(f"/days/{other.public_id}/seats/").status_code == 404
    assert elsewhere


@time_machine.travel(datetime(2026, 12, 5, 1, 0, tzinfo=UTC), tick=False)
def test_a_host_ticks_by_given_names_and_by_device(visitor):
    event = a_planned_day()
    children = with_children(event, 8)
    helper = with_hosts(event, "palace1")["palace1"]
    client = visitor(helper.user)
    url = f"/days/{event.public_id}/ticks/"
    assert client.get(url).status_code == 404
    published(event)
    page = text_of(client.get(url))
    assert not any(child.name in page for child in children)
    assert all(child.name[1:] in page for child in children)
    seat = event.seats.first()
    client.post(url, {"shown": [seat.public_id], "there": [seat.public_id]})
    tick = [{"id": "device-a-1", "seat": seat.public_id, "present": False, "at": "2026-11-23T10:00:00+08:00"}]
    for _ in range(2):
        answer = client.post(url, json.dumps(tick), content_type="application/json")
        assert answer.json() == {"kept": ["device-a-1"]}
    assert client.post(url, "[1]", content_type="application/json").status_code == 400
    assert DayTick.objects.count() == 2
    assert visitor(a_helper().user).get(url).status_code == 404
    assert fresh(event).state == "PUBLISHED"


@pytest.mark.parametrize(
    ("day", "status"),
    [(date(2026, 11, 20), 200), (date(2026, 12, 12), 200), (date(2026, 12, 13), 404), (date(2026, 11, 1), 404)],
)
def test_the_names_are_there_around_the_day_and_not_for_ever(visitor, day, status):
    event = a_planned_day()
    with_children(event, 8)
    helper = with_hosts(event, "palace1")["palace1"]
    published(event)
    with time_machine.travel(datetime.combine(day, time(4, 0), UTC), tick=False):
        assert visitor(helper.user).get(f"/days/{event.public_id}/ticks/").status_code == status


def test_who_was_replaced_sees_no_names_any_more(visitor):
    event = a_planned_day()
    children = with_children(event, 8)
    helper = with_hosts(event, "palace1")["palace1"]
    published(event)
    with time_machine.travel(datetime.combine(event.date, time(1, 0), UTC), tick=False):
        client, program = visitor(helper.user), APIClient()
        program.credentials(HTTP_AUTHORIZATION=f"Token {a_token(helper.user)}")
        pages = [(client, f"/days/{event.public_id}/ticks/"), (program, f"/api/v1/event-days/{event.public_id}/seats/")]
        assert [who.get(page).status_code for who, page in pages] == [200, 200]
        DayHost.objects.filter(event=event, helper=helper).update(helper=a_helper())
        EventDay.objects.filter(pk=event.pk).update(draft_version=event.draft_version + 5)
        published(event)
        assert [who.get(page).status_code for who, page in pages] == [404, 404]
        name = children[0].name[1:]
        assert name not in client.get(f"/my/days/{event.public_id}/").content.decode()


def test_any_child_of_a_large_county_is_found_and_signed_up(visitor, monkeypatch):
    monkeypatch.setattr("backend.web.coordinator.event_seats._MOST_SHOWN", 2)
    event = an_event_day()
    a_child("阿一"), a_child("阿二")
    last = a_child("卓小满", school=a_school(name="桑木小学"))
    client = visitor(the_county())
    url = f"/days/{event.public_id}/seats/"
    page = text_of(client.get(url))
    assert ("卓小满" in page, "有 3 名，先列 2 名" in page) == (False, True)
    for words in ("卓小满", "zhuoxiaoman", "桑木"):
        assert "卓小满" in text_of(client.get(url, {"q": words})), words
    assert "没有符合的孩子" in text_of(client.get(url, {"q": "查无此人"}))
    picked = text_of(client.get(url, {"q": "阿", "children": [last.public_id]}))
    assert f'value="{last.public_id}" class="form-check-input" id="id_children_0" checked' in picked
    client.post(url, {"children": [last.public_id]})
    assert event.seats.get().child == last


def test_the_list_of_children_says_on_the_phone_what_each_figure_is(visitor):
    event = an_event_day()
    with_children(event, 4)
    page = text_of(visitor(the_county()).get(f"/days/{event.public_id}/seats/"))
    assert all(f'<td data-l="{words}">' in page for words in ("来自", "小组", "同意书"))


def test_papers_are_as_the_version_was_published(visitor):
    event = a_planned_day()
    children = with_children(event, 8)
    published(event)
    client = visitor(the_county())
    sheet = f"/days/{event.public_id}/papers/sign-in/"
    before = text_of(client.get(sheet))
    seat = event.seats.get(child=children[0])
    client.post(f"/days/{event.public_id}/seats/{seat.public_id}/act/", {"do": "leave"})
    late = a_child("晚来的")
    client.post(f"/days/{event.public_id}/seats/", {"children": [late.public_id]})
    fields = {"version": fresh(event).draft_version, "name": "改了名的组", "size": "12"}
    client.post(f"/days/{event.public_id}/parts/groups/g1/", fields)
    after = text_of(client.get(sheet))
    assert (children[0].name in after, late.name in after, "改了名的组" in after) == (True, False, False)
    assert [child.name in before for child in children] == [child.name in after for child in children]


def test_one_group_is_printed_alone_and_each_print_is_a_sensitive_read(visitor):
    event = a_planned_day()
    with_children(event, 8)
    mine, other = (event.seats.filter(group_key=key).first().child.name for key in ("g1", "g2"))
    page = text_of(visitor(the_county()).get(f"/days/{event.public_id}/papers/sign-in/?group=g1"))
    assert (mine in page, other in page) == (True, False)
    entry = AuditEntry.objects.get(verb="event_day.printed")
    assert entry.after == {"paper": "sign-in", "rows": 2}
    assert entry.verb in SENSITIVE_READS


@pytest.mark.parametrize("page", ["", "file/"])
def test_more_names_than_an_export_gives_are_not_printed_at_once(visitor, monkeypatch, page):
    monkeypatch.setattr("backend.web.coordinator.event_papers.MOST_ROWS", 7)
    event = a_planned_day()
    children = with_children(event, 8)
    client = visitor(the_county())
    told = text_of(client.get(f"/days/{event.public_id}/papers/tags/{page}", follow=True))
    assert ("请按组打印" in told, children[0].name[1:] in told) == (True, False)
    assert not AuditEntry.objects.filter(verb="event_day.printed").exists()
    assert client.get(f"/days/{event.public_id}/papers/tags/{page}?group=g1").status_code == 200


def test_a_consent_that_somebody_else_noted_meanwhile_is_no_error(visitor):
    event = an_event_day()
    with_children(event, 4)
    seat = event.seats.first()
    told = {"purpose": "TAKE_PART", "given_by": "祖母", "given_date": date(2026, 11, 20), "actor": None}
    record_consent(seat=seat, **told)
    client = visitor(the_county())
    consent = {"purposes": ["TAKE_PART", "PHOTO"], "given_by": "祖父", "given_date": "2026-11-21"}
    assert client.post(f"/days/{event.public_id}/seats/{seat.public_id}/", consent).status_code == 302
    assert list(DayConsent.objects.order_by("purpose").values_list("purpose", "given_by")) == [
        ("PHOTO", "祖父"), ("TAKE_PART", "祖母"),
    ]  # fmt: skip


def test_the_sign_in_sheet_says_what_was_not_agreed_to(visitor):
    event = a_planned_day()
    with_children(event, 8)
    one, other = event.seats.filter(group_key="g1")
    for purpose in ("TAKE_PART", "CARE"):
        record_consent(seat=one, purpose=purpose, given_by="外婆", given_date=date(2026, 11, 20), actor=None)
    sheet = f"/days/{event.public_id}/papers/sign-in/file/?group=g1"
    file = visitor(the_county()).get(sheet)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    column = next(row.index("没有同意的") for row in rows if "没有同意的" in row)
    said = {row[2]: row[column] for row in rows if row[2] in (one.child.name, other.child.name)}
    assert said == {one.child.name: "拍照和刊登", other.child.name: "一样也没有"}


def test_who_may_take_part_is_counted_before_publishing(visitor):
    event = a_planned_day()
    with_children(event, 8)
    record_consent(
        seat=event.seats.first(), purpose="TAKE_PART", given_by="外婆", given_date=date(2026, 11, 20), actor=None
    )
    assert "7 名孩子还没有监护人同意参加的同意书" in text_of(
        visitor(the_county()).get(f"/days/{event.public_id}/publish/")
    )
