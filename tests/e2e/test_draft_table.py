"""The table of a draft in a browser: a row opens the panel wherever it is pressed, and the head counts along."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from backend.accounts.models import Role
from tests.e2e.looking import DESK
from tests.e2e.signing_in import signed_in
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper
from tests.matching.test_publishing import a_draft

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(browser, live_server):
    draft = a_draft((a_child("冉欣怡"), a_helper("何国平"), a_helper("干部甲", role=Role.CADRE)))
    context = browser.new_context(viewport=DESK, locale="zh-CN")
    signed_in(context, live_server, a_coordinator(a_county()))
    page = context.new_page()
    page.goto(f"{live_server.url}/proposals/{draft.public_id}/")
    yield page
    context.close()


def row_of(page, helper):
    return page.locator("tr[data-row]", has_text=helper)


def mark(page, cell):
    """Draw the mouse over a cell's words."""
    box = cell.bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert page.evaluate("String(getSelection())")


def test_a_row_opens_the_panel_but_where_a_control_or_marked_words_are(desk):
    panel = desk.locator("#side h2")
    row_of(desk, "何国平").locator("input[name=pairs]").check()
    row_of(desk, "何国平").locator("td.pick").click(position={"x": 2, "y": 2})
    mark(desk, row_of(desk, "何国平").locator("td").nth(6))
    expect(panel).to_have_count(0)
    row_of(desk, "干部甲").locator("td").nth(5).click()
    expect(panel).to_have_text("冉欣怡 与 干部甲")
    expect(row_of(desk, "干部甲")).to_have_attribute("aria-current", "true")
    assert desk.url.endswith("/")
    row_of(desk, "何国平").locator("td.who a").focus()
    desk.keyboard.press("Enter")
    expect(panel).to_have_text("冉欣怡 与 何国平")


def test_a_change_in_the_panel_is_counted_in_the_head(desk):
    head = desk.locator("#draft-head")
    expect(head).to_contain_text("2 个名额，0 个还空着")
    row_of(desk, "何国平").locator("td").nth(5).click()
    desk.locator("#side").get_by_role("button", name="撤下").click()
    expect(head).to_contain_text("2 个名额，1 个还空着")
    expect(head).to_contain_text("手改 1 处")
    expect(desk.locator("#draft-head")).to_have_count(1)
    expect(desk.locator(".qs-tabs")).to_contain_text("空缺1")
