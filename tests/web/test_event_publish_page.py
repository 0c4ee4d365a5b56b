"""Publishing an event day on a page: whom it tells, what keeps it back, calling it off."""

from __future__ import annotations

from datetime import timedelta

from activities.models import EventDay
from backend.roster.models import Clearance
from tests.factories.events import a_planned_day, an_event_day, fresh, published, with_children, with_hosts
from tests.factories.roster import a_guardian, a_helper, a_user
from tests.web.event_pages import act, answer_all, text_of, the_county


def test_somebody_is_ill_and_the_page_says_what_changed(visitor):
    client, event = visitor(the_county()), a_planned_day()
    with_hosts(event, "palace1", "reserve")
    published(event)
    act(client, event, "ill", person="palace1")
    answer_all()
    assert "由青少年宫老师甲改为后备老师主持" in text_of(client.get(f"/days/{event.public_id}/"))
    page = text_of(client.get(f"/days/{event.public_id}/publish/"))
    assert "将通知 2 位主持人、0 名孩子的监护人" in page


def test_while_the_planner_is_asked_nothing_is_undone_and_nothing_published(visitor):
    client, event = visitor(the_county()), a_planned_day()
    with_hosts(event, "palace1", "reserve")
    published(event)
    act(client, event, "ill", person="palace1")
    assert 'value="undo"' not in client.get(f"/days/{event.public_id}/").content.decode()
    page = text_of(client.get(f"/days/{event.public_id}/publish/"))
    assert "还在排" in page and "谁也不用通知" not in page and "没有要通知的人" not in page and "发布第" not in page
    assert "正在排" in text_of(act(client, event, "undo"))
    answer_all()
    assert 'value="undo"' in client.get(f"/days/{event.public_id}/").content.decode()


def test_before_it_is_planned_the_publishing_page_says_so(visitor):
    event = an_event_day()
    assert "还没有排出时间" in text_of(visitor(the_county()).get(f"/days/{event.public_id}/publish/"))


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


def test_calling_off_asks_why_and_tells(visitor):
    client, event = visitor(the_county()), a_planned_day()
    assert client.get(f"/days/{event.public_id}/call-off/").status_code == 404
    published(event)
    client.post(f"/days/{event.public_id}/call-off/", {"reason": "台风要来"})
    assert fresh(event).state == "CANCELLED"
    assert "已取消" in text_of(client.get(f"/days/{event.public_id}/"))


def test_what_was_published_is_not_deleted(visitor):
    client, event = visitor(the_county()), a_planned_day()
    published(event)
    url = f"/days/{event.public_id}/drop/"
    assert [client.get(url).status_code, client.post(url).status_code] == [404, 404]
    assert EventDay.objects.exists()


def test_a_host_says_on_the_phone_that_they_cannot_come_and_the_planner_sees_it(visitor):
    planner, event = visitor(the_county()), a_planned_day()
    helper = with_hosts(event, "palace1")["palace1"]
    published(event)
    url, page = f"/my/days/{event.public_id}/", f"/days/{event.public_id}/"
    client = visitor(helper.user)
    assert "您能来吗" in text_of(client.get(url))
    assert "主持人的回答" not in text_of(planner.get(page))
    said = text_of(client.post(f"{url}answer/", {"do": "stay"}, follow=True))
    assert "这就告诉安排活动的人" in said
    assert "您说了来不了" in said
    shown = text_of(planner.get(page))
    assert "主持人的回答" in shown
    assert helper.name in shown
    assert f"{page}place/ice/" in shown
    assert "您说了能来" in text_of(client.post(f"{url}answer/", {"do": "come"}, follow=True))
    assert client.post(f"{url}answer/", {"do": "perhaps"}).status_code == 404
    assert visitor(a_helper().user).post(f"{url}answer/", {"do": "stay"}).status_code == 404
    assert {part.answer for part in helper.day_parts.all()} == {"ACCEPTED"}
