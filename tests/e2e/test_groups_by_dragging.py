"""Children of an event day are dragged between groups: the effect is said while one hovers, the drop is kept."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from backend.accounts.models import Role
from tests.e2e.looking import DESK
from tests.e2e.signing_in import signed_in
from tests.factories.events import an_event_day, with_children
from tests.factories.roster import a_county, a_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_child_is_dragged_into_another_group(browser, live_server):
    user = a_member(Role.COUNTY_COORDINATOR, area=a_county())
    event = an_event_day()
    with_children(event, 12)
    seat = event.seats.filter(group_key="g1").first()
    other = event.seats.filter(group_key="g2").first()
    context = browser.new_context(viewport=DESK, locale="zh-CN")
    signed_in(context, live_server, user)
    page = context.new_page()
    page.goto(f"{live_server.url}/days/{event.public_id}/groups/")
    child = page.locator(f"[data-seat='{seat.public_id}']")
    child.drag_to(page.locator("[data-group=g3] header"))
    expect(page.get_by_text("换好了。").first).to_be_visible()
    seat.refresh_from_db()
    assert seat.group_key == "g3"
    page.locator(f"[data-seat='{seat.public_id}']").drag_to(page.locator(f"[data-seat='{other.public_id}']"))
    expect(page.locator("[data-group=g2]").locator(f"[data-seat='{seat.public_id}']")).to_be_visible()
    other.refresh_from_db()
    assert other.group_key == "g3"
    context.close()
