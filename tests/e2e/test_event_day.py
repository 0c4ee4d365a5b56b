"""An event day at a desk: from a template to papers, rain in one click, and only the right people hear of an illness."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.e2e.test_two_browsers import DESK, sign_in

pytestmark = pytest.mark.browser
_THREE_MINUTES = 180
# Within what calendars show.
_SOON = f"{timezone.localdate() + timedelta(days=40):%Y-%m-%d}"


@pytest.fixture
def desk(browser):
    context = browser.new_context(**DESK)
    yield context.new_page()
    context.close()


def say_who(desk, person, number):
    """Let a person of the day be one of the helpers on file."""
    desk.get_by_role("link", name=person, exact=True).click()
    desk.locator("select[name=helper]").select_option(index=number)
    # Agreed for this day: their ordinary week, which knows no such morning, counts no more.
    desk.fill("[name=hours]", "8:30-12:00")
    desk.get_by_role("button", name="存好").click()
    expect(desk.get_by_text("存好了。").first).to_be_visible()


def publish(desk, number):
    desk.get_by_role("link", name="预览发布").click()
    preview = desk.locator(".qs-head .sub").inner_text()
    desk.get_by_role("button", name=f"发布第 {number} 版").click()
    expect(desk.get_by_text(f"第 {number} 版发布了。")).to_be_visible()
    desk.locator(".qs-crumb a").first.click()
    return preview


def print_all(desk):
    desk.get_by_role("link", name="打印单子").click()
    for words in ("流程单", "每位主持人的单子", "签到表", "姓名牌", "物资清单", "一天的图"):
        desk.get_by_role("link", name=words, exact=True).click()
        expect(desk.locator(".qs-paper")).to_be_visible()
        desk.get_by_role("link", name="返回").click()
    desk.locator(".qs-crumb a").first.click()


def drag_the_photo(desk):
    """Said while dragging, judged after, taken back."""
    desk.get_by_role("link", name="拖动来改").click()
    box = desk.locator(".ec-event.qs-box", has_text="全体合影").first
    expect(box).to_be_visible()
    at = box.bounding_box()
    desk.mouse.move(at["x"] + at["width"] / 2, at["y"] + 8)
    desk.mouse.down()
    desk.mouse.move(at["x"] + at["width"] / 2 - 120, at["y"] + 10, steps=6)
    expect(desk.locator("#editor-said")).to_contain_text("同时在")
    version = desk.locator("#editor").get_attribute("data-version")
    desk.mouse.up()
    expect(desk.locator("#editor")).not_to_have_attribute("data-version", version)
    desk.get_by_role("button", name="撤销").click()
    expect(desk.get_by_text("可以发布")).to_be_visible()


def calendar_of(desk, served, title):
    """What the activity's own calendar holds, by the link the page has just made."""
    desk.goto(f"{served.url}/my/calendar/")
    option = desk.locator("select[name=what] option", has_text=title)
    desk.select_option("select[name=what]", value=option.first.get_attribute("value"))
    desk.fill("input[name=label]", "办公室电脑")
    desk.get_by_role("button", name="新建订阅").click()
    webcal = desk.locator("a[href^=webcal]").get_attribute("href")
    body = desk.request.get(webcal.replace("webcal:", "http:")).text()
    return body.replace("\r\n ", "")


def test_a_zhuji_day_from_new_to_an_ill_host(desk, served):
    sign_in(desk, served, served.account("COUNTY_COORDINATOR"))
    begun = time.monotonic()
    faults = []
    desk.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    desk.get_by_role("link", name="活动", exact=True).click()
    desk.get_by_role("link", name="新建活动").click()
    desk.get_by_label("诸暨“爱心手拉手”").check()
    desk.fill("input[name=date]", _SOON)
    desk.get_by_role("button", name="建好").click()
    for number, person in enumerate(("青少年宫老师甲", "青少年宫老师乙", "后备老师"), 1):
        say_who(desk, person, number)

    desk.get_by_role("link", name="报名和名单").click()
    for box in desk.locator("input[name=children]").all()[:12]:
        box.check()
    desk.get_by_role("button", name="报名", exact=True).click()
    desk.get_by_role("link", name="分组", exact=True).click()
    desk.get_by_role("button", name="分组", exact=True).click()
    expect(desk.get_by_text("分好了").first).to_be_visible()
    desk.locator(".qs-crumb a").first.click()

    desk.get_by_role("button", name="排时间").click()
    expect(desk.get_by_text("已证明最好")).to_be_visible(timeout=60_000)
    expect(desk.get_by_text("11:30 结束")).to_be_visible()
    assert publish(desk, 1).startswith("将通知 2 位主持人、12 名孩子的监护人")

    print_all(desk)
    day = desk.url
    calendar = calendar_of(desk, served, _SOON)
    assert calendar.count("BEGIN:VEVENT") == 5
    assert "全体合影" in calendar
    assert time.monotonic() - begun < _THREE_MINUTES
    desk.goto(day)

    drag_the_photo(desk)

    desk.get_by_role("button", name="改用雨天方案").click()
    expect(desk.get_by_text("改用了雨天方案")).to_be_visible()
    desk.get_by_role("button", name="撤销").click()

    ill = desk.locator("#ill")
    ill.select_option("palace1")
    desk.get_by_role("button", name="换人，别的尽量不动").click()
    expect(desk.get_by_text("刚才改了什么")).to_be_visible(timeout=60_000)
    assert publish(desk, 2).startswith("将通知 2 位主持人、0 名孩子的监护人")
    desk.get_by_role("link", name="发布过的版本").click()
    expect(desk.get_by_text(re.compile("通知了 2 位主持人、0 名孩子的监护人"))).to_be_visible()
    assert faults == []
