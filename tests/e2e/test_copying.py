"""A personal link is copied where one stands; without scripts it is a page with the link."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from notifications.models import OfferLink
from tests.e2e.signing_in import signed_in
from tests.factories.matching import an_offer
from tests.factories.roster import a_coordinator, a_county

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def opened(browser, live_server):
    """The board with one open offer, in a browser with these options."""
    contexts = []

    def open_board(**options):
        an_offer(sent_at=timezone.now())
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN", **options)
        contexts.append(context)
        signed_in(context, live_server, a_coordinator(a_county()))
        page = context.new_page()
        page.goto(f"{live_server.url}/offers/")
        return page

    yield open_board
    for context in contexts:
        context.close()


def test_the_link_is_in_the_clipboard_and_the_board_stays(opened):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    button = page.locator("button[data-copies]")
    button.click()
    expect(button).to_have_text("已复制")
    assert "/o/" in page.evaluate("navigator.clipboard.readText()")
    assert page.url.endswith("/offers/")
    assert OfferLink.objects.count() == 1


def test_where_the_clipboard_is_closed_the_link_stands_beside_the_button(opened):
    page = opened()
    page.evaluate("navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false")
    page.locator("button[data-copies]").click()
    expect(page.locator(".qs-rowacts input[readonly]")).to_have_value(re.compile("/o/"))
    assert OfferLink.objects.count() == 1


def test_without_scripts_a_page_shows_it(opened):
    page = opened(java_script_enabled=False)
    page.locator("button[data-copies]").click()
    expect(page.locator("input#link")).to_be_visible()
