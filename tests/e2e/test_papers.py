"""Papers as a printer gets them: A4, every sheet with its number of how many."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.e2e.signing_in import signed_in
from tests.factories.events import a_planned_day, published, with_children
from tests.factories.roster import a_coordinator, a_county

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (Debian: apt install poppler-utils)")
def test_every_sheet_says_which_page_of_how_many_it_is(browser, live_server, tmp_path):
    event = a_planned_day()
    with_children(event, 8)
    published(event)
    context = browser.new_context()
    signed_in(context, live_server, a_coordinator(a_county()))
    page = context.new_page()
    page.goto(f"{live_server.url}/days/{event.public_id}/papers/sign-in/")
    page.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    context.close()
    text = subprocess.run(["pdftotext", tmp_path / "sheet.pdf", "-"], capture_output=True, text=True, check=True).stdout
    sheets = text.rstrip("\f").split("\f")
    assert len(sheets) == 4
    assert all(f"{number}/4" in sheet.replace(" ", "") for number, sheet in enumerate(sheets, 1))
    assert "退出登录" not in text
