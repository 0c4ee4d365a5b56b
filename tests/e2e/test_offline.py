"""A phone without a net reads the week: villages, times and codes, for seven days, and only for who is signed in."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from activities.models import Duty
from tests.e2e.signing_in import signed_in
from tests.factories.matching import a_pairing
from tests.factories.roster import a_child, a_helper
from tests.scenarios.background import do_background_work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WEEKS = "async () => (await caches.keys()).filter(name => name.startsWith('week:'))"


@pytest.fixture
def visit():
    pairing = a_pairing(a_child("冉欣怡", care_alert="带哮喘喷雾"), a_helper("龙国平"))
    do_background_work()
    return Duty.objects.get(pairing=pairing)


def is_kept(page):
    expect(page.locator("html")).to_have_attribute("data-kept", "week")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")


@pytest.fixture
def phone(browser, live_server, visit):
    """A helper's phone that has opened the week once."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    signed_in(context, live_server, visit.helper.user)
    page = context.new_page()
    page.goto(f"{live_server.url}/week/")
    is_kept(page)
    yield page
    context.close()


def without_a_net(page, live_server):
    page.context.set_offline(True)
    page.goto(f"{live_server.url}/my/children/")
    return page.inner_text("body")


def test_the_week_is_read_without_a_net_and_says_nothing_of_the_child(phone, live_server, visit):
    text = without_a_net(phone, live_server)
    assert visit.child.village.name in text
    assert visit.public_id[:4].upper() in text
    assert [words for words in ("冉欣怡", "欣怡", "哮喘") if words in phone.content()] == []
    assert phone.evaluate("getComputedStyle(document.querySelector('.ph-card')).borderRadius") != "0px"


def test_signing_out_takes_the_week_along(phone, live_server, visit):
    phone.locator("details.qs-menu summary").click()
    phone.get_by_role("button", name="退出登录").click()
    expect(phone.get_by_role("heading", name="登录")).to_be_visible()
    assert phone.evaluate(WEEKS) == []
    assert "没有网" in without_a_net(phone, live_server)


def test_after_seven_days_it_is_gone(phone, live_server, visit):
    phone.evaluate("""async () => {
        const cache = await caches.open((await caches.keys()).filter(name => name.startsWith("week:"))[0]);
        const old = await (await cache.match("/week/list/")).text();
        await cache.put("/week/list/", new Response(old, {headers: {"X-Kept-Until": "2020-01-01T00:00:00Z", "Content-Type": "text/html"}}));
    }""")
    assert visit.child.village.name not in without_a_net(phone, live_server)


def test_somebody_else_on_the_same_phone_sees_their_own_week_only(phone, live_server, visit):
    other = a_helper("石春燕")
    phone.context.clear_cookies()
    signed_in(phone.context, live_server, other.user)
    phone.goto(f"{live_server.url}/week/")
    is_kept(phone)
    assert phone.evaluate(WEEKS) == [f"week:{other.user.public_id}"]
