"""A mandatory report leaves a phone whose net fails: kept as codes, sent when the net is back, once, and then gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from backend.accounts.models import Role
from backend.roster.models import Concern
from tests.e2e.signing_in import signed_in
from tests.factories.readers import a_neighbourhood

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEPT = "() => Object.keys(localStorage).filter(key => key.startsWith('kept:')).map(key => localStorage.getItem(key))"


@pytest.fixture
def place():
    return a_neighbourhood()


@pytest.fixture
def phone(browser, live_server, place):
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    signed_in(context, live_server, place.users[Role.TEACHER])
    page = context.new_page()
    page.goto(f"{live_server.url}/report/")
    yield page
    context.close()


def press(page, place):
    page.get_by_label("是哪个孩子").select_option(place.child.public_id)
    page.get_by_role("button", name="身上多处有伤").click()


def test_with_a_net_it_arrives_at_once_and_nothing_stays(phone, place):
    press(phone, place)
    expect(phone.get_by_text("已通知乡、县两级")).to_be_visible()
    assert phone.evaluate(KEPT) == []
    assert Concern.objects.get().child == place.child


def test_without_a_net_it_is_kept_as_codes_and_sent_once_when_the_net_is_back(phone, place):
    phone.context.set_offline(True)
    press(phone, place)
    expect(phone.get_by_text("还没发出，有网就发")).to_be_visible()
    [kept] = phone.evaluate(KEPT)
    assert [words for words in (place.child.name, "身上", "受伤", "强制") if words in kept] == []
    assert Concern.objects.count() == 0
    phone.context.set_offline(False)
    expect(phone.get_by_text("已通知乡、县两级")).to_be_visible()
    assert phone.evaluate(KEPT) == []
    assert Concern.objects.get().child == place.child


def test_a_server_in_trouble_loses_nothing_and_any_later_page_sends_it(phone, place, live_server):
    phone.route(
        "**/report/", lambda route: route.fulfill(status=503) if route.request.method == "POST" else route.continue_()
    )
    press(phone, place)
    expect(phone.get_by_text("还没发出，有网就发")).to_be_visible()
    phone.unroute("**/report/")
    with phone.expect_response(lambda answer: answer.url.endswith("/report/") and answer.request.method == "POST"):
        phone.goto(f"{live_server.url}/my/children/")
    expect(phone.locator("main")).to_be_visible()
    assert Concern.objects.count() == 1


def test_an_answer_that_was_lost_makes_no_second_report(phone, place, live_server):
    def lose(route):
        if route.request.method == "POST":
            route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.route("**/report/", lose)
    press(phone, place)
    expect(phone.get_by_text("还没发出，有网就发")).to_be_visible()
    phone.unroute("**/report/")
    phone.goto(f"{live_server.url}/report/")
    expect(phone.get_by_text("已通知乡、县两级")).to_be_visible()
    assert Concern.objects.count() == 1


def test_signing_out_says_that_something_is_not_sent_and_then_leaves_nothing(phone, place, live_server):
    phone.context.set_offline(True)
    press(phone, place)
    expect(phone.get_by_text("还没发出，有网就发")).to_be_visible()
    phone.route("**/report/", lambda route: route.abort())
    phone.context.set_offline(False)
    phone.locator("details.qs-menu summary").click()
    phone.get_by_role("button", name="退出登录").click()
    expect(phone.get_by_role("alert")).to_be_visible()
    phone.get_by_role("button", name="退出登录").click()
    expect(phone.get_by_role("heading", name="登录")).to_be_visible()
    assert phone.evaluate(KEPT) == []


def test_where_there_was_never_a_net_the_kept_form_reports_and_names_nobody(phone, place, live_server):
    phone.goto(f"{live_server.url}/week/")
    expect(phone.locator("html")).to_have_attribute("data-kept", "week")
    phone.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    phone.context.set_offline(True)
    phone.goto(f"{live_server.url}/my/children/")
    phone.get_by_role("link", name="紧急上报").click()
    assert place.child.name not in phone.content()
    phone.get_by_role("button", name="身上多处有伤").click()
    expect(phone.get_by_text("还没发出，有网就发")).to_be_visible()
    phone.context.set_offline(False)
    expect(phone.get_by_text("已通知乡、县两级")).to_be_visible()
    assert (Concern.objects.get().child, phone.evaluate(KEPT)) == (None, [])
