"""The story in two browsers: a coordinator at a desk, a teacher with a phone."""

from __future__ import annotations

import os
import re
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import one_time_code

pytestmark = pytest.mark.browser

DESK = {"viewport": {"width": 1280, "height": 900}, "locale": "zh-CN"}
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", "has_touch": True, "is_mobile": True}
# Set to docs/screens to take the pictures of the README anew.
PICTURES = os.environ.get("PICTURES", "")


def picture(page, name):
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


@pytest.fixture
def desk(browser):
    context = browser.new_context(**DESK)
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(browser):
    context = browser.new_context(**PHONE)
    yield context.new_page()
    context.close()


def sign_in(page, served, account):
    page.goto(f"{served.url}/accounts/login/")
    page.fill("input[name=login]", account["login"])
    page.fill("input[name=password]", account["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    page.fill("input[name=code]", one_time_code(account["totp_secret"]))
    page.locator("form:has(input[name=code]) button").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("今天")


def run_and_publish(page, served):
    """Start a matching, wait for its proof, publish it; answers the page's address of the proposal."""
    page.goto(f"{served.url}/runs/new/")
    picture(page, "run-new-desktop")
    page.get_by_role("button", name="开始匹配").click()
    expect(page.get_by_text("已证明：")).to_be_visible(timeout=60_000)
    picture(page, "run-desktop")
    page.get_by_role("link", name=re.compile("打开方案")).click()
    page.get_by_role("link", name=re.compile("空缺")).first.click()
    page.locator("main a[href*='/pairs/']").first.click()
    expect(page.get_by_text("为什么空着")).to_be_visible()
    picture(page, "proposal-desktop")
    page.get_by_role("link", name=re.compile("预览发布")).click()
    picture(page, "publish-desktop")
    send = page.get_by_role("button", name=re.compile("发给"))
    people = re.search(r"[\d,]+", send.inner_text()).group().replace(",", "")
    page.fill("input[name=number]", people)
    send.click()
    expect(page.get_by_text("待答复").first).to_be_visible()
    picture(page, "offers-desktop")


def test_a_coordinator_publishes_and_a_teacher_accepts_on_a_phone(served, mailbox, desk, phone):
    sign_in(desk, served, served.account("COUNTY_COORDINATOR"))
    picture(desk, "today-desktop")
    run_and_publish(desk, served)

    teacher = served.account("TEACHER")
    link = mailbox.wait_for(teacher["login"], r"http\S+/o/\S+")
    phone.goto(link)
    picture(phone, "offer-phone")
    expect(phone.get_by_text("同学").first).to_be_visible()
    assert re.search(r"[一二三四五六七八九]年级\d班", phone.inner_text("main")) is None  # school yes, class no
    phone.get_by_role("button", name="我愿意").click()
    expect(phone.get_by_text("谢谢").first).to_be_visible()
    picture(phone, "accepted-phone")
    phone.goto(link)
    expect(phone.get_by_role("button", name="我愿意")).to_have_count(0)

    phone.goto(f"{served.url}/accounts/login/code/")
    phone.fill("input[name=email]", teacher["login"])
    phone.get_by_role("button", name="发验证码").click()
    phone.fill("input[name=code]", mailbox.wait_for(teacher["login"], r"\b\d{6}\b"))
    phone.locator("form:has(input[name=code]) button").first.click()
    phone.goto(f"{served.url}/week/")
    picture(phone, "week-phone")
    set_a_time(phone, served)
    read_the_calendar(phone, served)

    desk.goto(f"{served.url}/pairings/")
    expect(desk.locator("main .qs-st", has_text="结对中").first).to_be_visible()
    picture(desk, "pairings-desktop")


def set_a_time(phone, served):
    phone.locator("a[href*='/time/']").first.click()
    phone.fill("input[name=start]", "14:00")
    day = phone.locator("input[name=day]")
    if not day.input_value():
        day.fill(re.search(r"\d{4}-\d{2}-\d{2}", day.get_attribute("max") or day.get_attribute("min")).group())
    phone.get_by_role("button", name="就这个时间").click()
    expect(phone.get_by_text("14:00").first).to_be_visible()
    picture(phone, "week-timed-phone")
    assert served.url in phone.url


def read_the_calendar(phone, served):
    phone.goto(f"{served.url}/my/calendar/")
    phone.fill("input[name=label]", "我的手机")
    phone.get_by_role("button", name="新建订阅").click()
    address = phone.locator("#link").input_value()
    picture(phone, "calendar-phone")
    served.wait_for(lambda: "T140000" in fetched(address), 30, "in the calendar")
    body = fetched(address)
    assert body.count("BEGIN:VEVENT") == 1
    assert "SEQUENCE:1" in body
    phone.goto(f"{served.url}/my/children/")
    name = phone.locator("main .ph-list b").first.inner_text().strip()
    picture(phone, "children-phone")
    assert name not in body


def fetched(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.read().decode().replace("\r\n ", "")
