"""Attendance on a phone whose net comes and goes: nothing is lost, and nothing stays where it must not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from activities.models import DayTick
from tests.e2e.signing_in import signed_in
from tests.factories.events import a_planned_day, published, with_children, with_hosts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEPT = "() => Object.keys(localStorage).filter(key => key.startsWith('kept:'))"


@pytest.fixture
def phone(browser, live_server):
    """The list of a day of tomorrow on its host's phone."""
    event = a_planned_day(date=timezone.localdate() + timedelta(days=1))
    with_children(event, 8)
    helper = with_hosts(event, "palace1")["palace1"]
    published(event)
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    signed_in(context, live_server, helper.user)
    page = context.new_page()
    page.goto(f"{live_server.url}/days/{event.public_id}/ticks/")
    yield page
    context.close()


def tick_offline(page):
    page.context.set_offline(True)
    page.locator("input[name=there]").first.check()
    expect(page.locator("[data-ticks-said]")).to_contain_text("还有 1 个没存上")


def test_a_tick_without_a_net_is_sent_when_there_is_one(phone):
    tick_offline(phone)
    assert DayTick.objects.count() == 0
    phone.context.set_offline(False)
    expect(phone.locator("[data-ticks-said]")).to_have_text("都存好了。")
    assert DayTick.objects.get().is_present
    assert phone.evaluate(KEPT) == []


@pytest.mark.parametrize(
    ("status", "words", "left"), [(404, "点不了名", 0), (400, "有 1 个没存上", 1), (403, "要重新登录", 1)]
)
def test_what_no_further_try_would_mend_is_not_tried_again(phone, status, words, left):
    tries = []
    phone.route("**/ticks/", lambda route: (tries.append(1), route.fulfill(status=status, body="{}")))
    phone.locator("input[name=there]").first.check()
    expect(phone.locator("[data-ticks-said]")).to_contain_text(words)
    phone.evaluate("window.dispatchEvent(new Event('online'))")
    phone.evaluate("() => new Promise(done => requestAnimationFrame(done))")
    assert len(tries) == 1
    assert len(phone.evaluate(KEPT)) == left


def test_signing_out_says_once_what_is_lost_and_takes_it_along(phone, live_server):
    phone.route("**/ticks/", lambda route: route.abort())
    phone.locator("input[name=there]").first.check()
    phone.locator("details.qs-menu summary").click()
    leave = phone.get_by_role("button", name="退出登录")
    leave.click()
    expect(phone.get_by_text("还有 1 条点名或上报没发出去")).to_be_visible()
    leave.click()
    phone.wait_for_url(lambda url: "/ticks/" not in url)
    assert phone.evaluate(KEPT) == []


def test_nothing_stays_for_the_next_person_nor_after_its_last_day(phone, live_server):
    phone.evaluate("""() => {
        localStorage.setItem("kept:somebody:ticks:x", JSON.stringify({until: "2999-01-01", rows: [{}]}));
        localStorage.setItem("kept:" + document.documentElement.dataset.who + ":ticks:y", JSON.stringify({until: "2020-01-01", rows: [{}]}));
    }""")
    phone.goto(f"{live_server.url}/week/")
    assert phone.evaluate(KEPT) == []
