"""The steps of a feed as three clients follow them; a file with a fixture `steps` of (bytes, Seen) imports these tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.calendars import libical
from tests.calendars.seen import Seen
from tests.calendars.subscribed import Subscriber, served
from tests.calendars.test_clients_agree import ICAL_JS, READ_IN_THE_BROWSER


def test_libical(steps, library):
    assert [libical.read(library, body) for body, _seen in steps] == [([seen], 0) for _body, seen in steps]


def test_vdirsyncer_and_khal(steps, tmp_path):
    page = {"ics": steps[0][0]}
    with served(page) as url:
        subscriber = Subscriber(tmp_path, url)
        shown = []
        for body, _seen in steps:
            page["ics"] = body
            files = subscriber.sync()
            shown.append((len(files), subscriber.seen()))
    assert shown == [(1, [replace(seen, uid="")]) for _body, seen in steps]


@pytest.mark.browser
def test_ical_js(steps, page):
    library = ICAL_JS.read_text()
    rows = [page.evaluate(READ_IN_THE_BROWSER, [library, body.decode()]) for body, _seen in steps]
    assert [[Seen(*row) for row in each] for each in rows] == [[seen] for _body, seen in steps]
