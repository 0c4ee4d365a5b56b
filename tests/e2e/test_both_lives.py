"""
Two lives through a year: a coordinator at a desk and helpers on phones, from the first draft to the next term.

The service runs in the test's own process, so that its clock can be moved on; days pass between the steps and
everything that is due then is done, as the clusters do it. `E2E_SIZE=county` walks through a county instead of a
township (some minutes more).
"""

from __future__ import annotations

import os
import re
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from backend.accounts.models import Role, User
from backend.demo.build import build_demo
from backend.demo.sizes import SIZES
from backend.jobs.sweeper import enqueue_recurring
from backend.roster.models import Clearance
from matching.models import Offer, Pairing, Proposal, ProposedPair, Scheme, Vacancy
from tests.e2e.signing_in import signed_in
from tests.e2e.test_two_browsers import DESK, PHONE, picture
from tests.scenarios.background import do_background_work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LINK = re.compile(r"/o/\S+")


class House:
    """The served house, its clock, and browsers of whoever is in it."""

    def __init__(self, browser, server, clock):
        self.browser, self.server, self.clock, self.open = browser, server, clock, []

    def desk(self):
        """A coordinator's browser; signed in anew, for a session does not last over the years the test goes through."""
        user = User.objects.filter(memberships__role=Role.COUNTY_COORDINATOR).order_by("pk").first()
        return self._page(DESK, user)

    def phone(self, helper=None):
        return self._page(PHONE, helper.user if helper is not None else None)

    def _page(self, device, user):
        context = self.browser.new_context(**device)
        signed_in(context, self.server, user)
        self.open.append(context)
        return context.new_page()

    def go(self, page, path):
        page.goto(self.server.url + path)

    def work(self):
        """What is due by now, done."""
        for queue in ("work", "quick", "chat"):
            enqueue_recurring(queue=queue, now=timezone.now())
        do_background_work()

    def pass_days(self, days):
        self.clock.shift(timedelta(days=days))
        self.work()

    def link_for(self, offer):
        """The path of the link in the newest mail to whoever is asked."""
        for one in reversed(mail.outbox):
            found = LINK.search(one.body)
            if found and offer.asked.user.email in one.to:
                return found.group()
        raise AssertionError("no mail with a link")


@pytest.fixture
def house(browser, live_server, settings, tmp_path):
    settings.DATA_DIR, settings.PUBLIC_URL = tmp_path, live_server.url
    with time_machine.travel(timezone.now(), tick=True) as clock:
        build_demo(SIZES[os.environ.get("E2E_SIZE", "township")], seed=1, now=timezone.now(), say=lambda _line: None)
        made = House(browser, live_server, clock)
        yield made
        for context in made.open:
            context.close()


def test_from_the_first_draft_to_the_next_term(house):
    desk = house.desk()
    review_lock_and_solve_again(house, desk)
    publish_a_school(house, desk)
    keeps, leaves = answer_on_phones(house)
    someone_else_is_asked(house, desk, leaves)
    said_yes_on_the_phone(house, desk, keeps)
    nobody_is_troubled_after_the_deadline(house)
    someone_stands_in(house, keeps)
    a_check_runs_out(house, keeps)
    the_next_term(house)


def solve(house, desk, button="开始匹配"):
    """Press the button and wait for the answer; the page of the run shows the proof."""
    desk.get_by_role("button", name=button).click()
    desk.wait_for_url("**/runs/*/")
    house.work()
    desk.reload()
    expect(desk.get_by_text("已证明：")).to_be_visible()


def open_draft(desk):
    desk.get_by_role("link", name=re.compile("打开方案")).click()


def lock_in_the_panel(desk):
    """Beside the table, without leaving it, and back again."""
    address = desk.url
    desk.locator("tr[data-row] td.who a").first.click()
    panel = desk.locator("#side")
    panel.get_by_role("button", name="锁定").click()
    expect(desk.get_by_text("您刚才改的")).to_be_visible()
    panel.get_by_role("button", name="解锁").click()
    expect(panel.get_by_role("button", name="锁定")).to_be_visible()
    assert desk.url == address
    desk.reload()


def review_lock_and_solve_again(house, desk):
    house.go(desk, "/runs/new/")
    solve(house, desk)
    open_draft(desk)
    first = Proposal.objects.get()
    lock_in_the_panel(desk)
    rows = desk.locator("tr[data-row]:has(input[name=pairs])")
    for number in (0, 2):
        rows.nth(number).locator("input[name=pairs]").check()
    desk.get_by_role("button", name=re.compile("^锁定")).click()
    expect(desk.get_by_text("您刚才改的")).to_be_visible()
    locked = set(ProposedPair.objects.filter(proposal=first, is_locked=True).values_list("slot_id", "helper_id"))
    assert len(locked) == 2
    picture(desk, "draft-locked-desktop")

    solve(house, desk, "锁定的不动，重新匹配")
    expect(desk.get_by_role("heading", name="和第 1 稿比")).to_be_visible()
    open_draft(desk)

    second = Proposal.objects.get(state="OPEN")
    assert second.number == first.number + 1
    assert locked <= set(ProposedPair.objects.filter(proposal=second).values_list("slot_id", "helper_id"))
    desk.get_by_role("link", name=re.compile("^与第 1 稿比")).click()
    expect(desk.get_by_role("status")).to_be_visible()
    picture(desk, "draft-compare-desktop")
    desk.get_by_role("link", name="回方案").click()


def publish_a_school(house, desk):
    desk.get_by_role("link", name=re.compile("预览发布")).click()
    school = desk.locator("#f-part option", has_text="小学").first
    desk.select_option("#f-part", school.get_attribute("value"))
    desk.get_by_role("button", name="只看这里").click()
    expect(desk.get_by_text("只发这一处")).to_be_visible()
    picture(desk, "publish-school-desktop")
    send = desk.get_by_role("button", name=re.compile("^发给"))
    number = desk.locator("input[name=number]")
    if number.count():
        number.fill(re.search(r"[\d,]+", send.inner_text()).group().replace(",", ""))
    send.click()
    expect(desk.get_by_text("没打开").first).to_be_visible()
    house.work()
    assert Offer.objects.exists()
    assert ProposedPair.objects.filter(proposal__state="OPEN", helper__isnull=False).count() > Offer.objects.count()


def asked_once():
    """Open offers of people with a login who are asked for one child only: their newest mail is about it."""
    waiting = list(Offer.objects.filter(state="SENT").select_related("helper__user", "child").order_by("pk"))
    count = Counter(one.helper_id for one in waiting)
    return [one for one in waiting if one.helper.user_id and count[one.helper_id] == 1]


def answer_on_phones(house):
    """One helper accepts and keeps the child; another declines because of the distance."""
    keeps, leaves = asked_once()[:2]
    phone = house.phone()
    house.go(phone, house.link_for(keeps))
    phone.get_by_role("button", name="我愿意").click()
    expect(phone.get_by_text("谢谢您，已经记下")).to_be_visible()

    house.go(phone, house.link_for(leaves))
    phone.get_by_role("link", name="我不方便").click()
    phone.get_by_label("太远").check()
    phone.get_by_role("button", name="送出：我不方便").click()
    expect(phone.get_by_role("heading", name="不方便没关系")).to_be_visible()
    house.go(phone, house.link_for(leaves))
    expect(phone.get_by_text("已答复“我不方便”")).to_be_visible()
    house.work()
    return keeps, leaves


def someone_else_is_asked(house, desk, leaves):
    house.go(desk, "/repairs/")
    picture(desk, "repairs-desktop")
    desk.get_by_role("button", name=re.compile("^改请 ")).click()
    house.work()
    again = Offer.objects.filter(slot=leaves.slot, state="SENT").get()
    assert again.helper_id != leaves.helper_id
    phone = house.phone()
    house.go(phone, house.link_for(again))
    phone.get_by_role("button", name="我愿意").click()
    expect(phone.get_by_text("谢谢您，已经记下")).to_be_visible()
    assert Pairing.objects.filter(slot=leaves.slot, helper=again.helper, state="ACTIVE").exists()


def said_yes_on_the_phone(house, desk, keeps):
    """Whoever says yes at the other end of a call is accepted for by the coordinator, who writes down how."""
    called = next(one for one in asked_once() if one.helper_id != keeps.helper_id)
    house.go(desk, f"/offers/{called.public_id}/")
    form = desk.locator("form", has=desk.get_by_role("button", name="代为接受"))
    form.locator("input[type=text], textarea").first.fill("电话里说的")
    form.get_by_role("button", name="代为接受").click()
    house.work()
    assert Pairing.objects.filter(slot=called.slot, state="ACTIVE").exists()


def nobody_is_troubled_after_the_deadline(house):
    late = asked_once()[0]
    link = house.link_for(late)
    house.pass_days(8)
    late.refresh_from_db()
    assert late.state == "LAPSED"
    phone = house.phone()
    house.go(phone, link)
    expect(phone.get_by_role("heading", name="这个邀请已经截止")).to_be_visible()
    picture(phone, "offer-late-phone")


def someone_stands_in(house, keeps):
    pairing = Pairing.objects.get(slot=keeps.slot, state="ACTIVE")
    desk, name = house.desk(), keeps.child.name
    house.go(desk, f"/pairings/{pairing.public_id}/stand-in/")
    desk.locator("input[name=helper]").first.check()
    today = timezone.localdate()
    desk.fill("input[name=from_date]", today.isoformat())
    desk.fill("input[name=until_date]", (today + timedelta(days=6)).isoformat())
    desk.get_by_role("button", name="安排替班").click()
    expect(desk.get_by_text("替班安排好了")).to_be_visible()
    picture(desk, "stand-in-desktop")
    other = pairing.stand_ins.get().helper
    mine, theirs = house.phone(keeps.helper), house.phone(other)
    for phone, sees in ((mine, False), (theirs, True)):
        house.go(phone, "/my/children/")
        expect(phone.locator("main").get_by_text(name)).to_have_count(int(sees))
    house.pass_days(7)
    for phone, sees in ((house.phone(keeps.helper), True), (house.phone(other), False)):
        house.go(phone, "/my/children/")
        expect(phone.locator("main").get_by_text(name)).to_have_count(int(sees))


def a_check_runs_out(house, keeps):
    """The pairing rests from that day on; the desk names the helper, and one step frees and refills the place."""
    Clearance.objects.filter(helper=keeps.helper).update(expires_date=timezone.localdate() + timedelta(days=2))
    house.pass_days(3)
    assert Pairing.objects.get(slot=keeps.slot).state == "SUSPENDED"
    desk = house.desk()
    house.go(desk, "/today/")
    picture(desk, "check-ran-out-desktop")
    desk.locator(f"main a[href*='{keeps.helper.public_id}']").first.click()
    if "/release/" not in desk.url:
        desk.get_by_role("link", name=re.compile("全部另找人")).click()
    desk.locator("form [name=reason]").last.fill("核查过期")
    desk.get_by_role("button", name=re.compile("另找人$")).click()
    house.work()
    assert Pairing.objects.get(slot=keeps.slot, helper=keeps.helper).state == "ENDED"
    assert Vacancy.objects.filter(slot=keeps.slot, state__in=("OPEN", "FOUND", "NOBODY")).exists()


def the_next_term(house):
    standing = Pairing.objects.filter(state__in=("ACTIVE", "SUSPENDED")).count()
    ends = Scheme.objects.order_by("pk").first().term.end_date
    house.pass_days((ends - timezone.localdate()).days + 30)
    desk = house.desk()
    house.go(desk, "/today/")
    desk.locator(".qs-todo li", has_text="还没续").get_by_role("link").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("续到")
    picture(desk, "renewal-desktop")
    desk.get_by_role("button", name=re.compile("^办这")).click()
    house.work()
    newest = Scheme.objects.order_by("-term__start_date", "pk").first().term
    assert Pairing.objects.filter(slot__rule__scheme__term=newest).count() <= standing
    assert Pairing.objects.filter(slot__rule__scheme__term=newest, state="ACTIVE").exists()
