"""Programs that did not write the feed agree on every start, end and status, before and after it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.calendars import libical
from tests.calendars.seen import AFTER_CANCELLATION, AFTER_CHANGE, BEFORE, STEPS, Seen, feed, seen_of
from tests.calendars.subscribed import Subscriber, served

ICAL_JS = Path(__file__).with_name("ical.min.js")
READ_IN_THE_BROWSER = """
([library, text]) => {
    const module = {exports: {}};
    new Function("module", "exports", library)(module, module.exports);
    const ICAL = module.exports.default || module.exports;
    const calendar = new ICAL.Component(ICAL.parse(text));
    for (const zone of calendar.getAllSubcomponents("vtimezone")) {
        ICAL.TimezoneService.register(zone);
    }
    const moment = time => time.isDate ? time.toString() : String(time.toUnixTime());
    return calendar.getAllSubcomponents("vevent").map(component => {
        const event = new ICAL.Event(component);
        return [event.uid, moment(event.startDate), moment(event.endDate), component.getFirstPropertyValue("status")];
    });
}
"""


@pytest.mark.parametrize("step", STEPS)
def test_libical(step, library):
    seen, errors = libical.read(library, feed(*STEPS[step]))

    assert seen == sorted(map(seen_of, STEPS[step]))
    assert errors == 0


@pytest.mark.browser
@pytest.mark.parametrize("step", STEPS)
def test_ical_js(step, page):
    rows = page.evaluate(READ_IN_THE_BROWSER, [ICAL_JS.read_text(), feed(*STEPS[step]).decode()])

    assert sorted(Seen(*row) for row in rows) == sorted(map(seen_of, STEPS[step]))


def without_uid(entries):
    return sorted(replace(seen_of(entry), uid="") for entry in entries)


def test_vdirsyncer_and_khal_follow_a_change_and_a_cancellation(tmp_path):
    page = {"ics": feed(*BEFORE)}
    with served(page) as url:
        subscriber = Subscriber(tmp_path, url)
        first = subscriber.sync()
        assert subscriber.seen() == without_uid(BEFORE)

        page["ics"] = feed(*AFTER_CHANGE)
        second = subscriber.sync()
        assert subscriber.seen() == without_uid(AFTER_CHANGE)
        # One event changed: the files of the others are the same ones.
        assert len(set(first) & set(second)) == len(BEFORE) - 1

        page["ics"] = feed(*AFTER_CANCELLATION)
        subscriber.sync()
        assert subscriber.seen() == without_uid(AFTER_CANCELLATION)
