"""The calendar file."""

from __future__ import annotations

import pytest
from django.conf import settings

from activities.services.duties import owe_first_visit
from notifications.models import Feed
from notifications.services import create_feed, revoke_feed
from tests.factories.matching import a_pairing
from tests.factories.readers import a_full_child
from tests.factories.roster import NOW, a_helper


@pytest.fixture
def feed():
    helper = a_helper()
    pairing = a_pairing(a_full_child(), helper)
    owe_first_visit(pairing=pairing, accepted_at=NOW)
    made, url = create_feed(owner=helper.user, helper_id=helper.pk, label="手机", now=NOW)
    return made, url.removeprefix(settings.PUBLIC_URL)


def test_a_calendar_without_names_cookies_or_an_index(visitor, feed):
    answer = visitor().get(feed[1])
    text = answer.content.decode()
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert text.startswith("BEGIN:VCALENDAR")
    assert "BEGIN:VEVENT" in text
    assert "冉" not in text
    assert answer["Cache-Control"] == "private, max-age=300"
    assert answer["X-Robots-Tag"] == "noindex"
    assert not answer.cookies
    assert Feed.objects.get(pk=feed[0].pk).fetched_at == NOW


@pytest.mark.parametrize("weak", ["", "W/"])
def test_304_for_what_the_caller_has(visitor, feed, weak):
    first = visitor().get(feed[1])
    again = visitor().get(feed[1], headers={"If-None-Match": weak + first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_304_by_time(visitor, feed):
    first = visitor().get(feed[1])
    again = visitor().get(feed[1], headers={"If-Modified-Since": first["Last-Modified"]})
    assert again.status_code == 304


def test_head_has_no_body_and_the_same_headers(visitor, feed):
    whole, head = visitor().get(feed[1]), visitor().head(feed[1])
    assert head.content == b""
    assert head["Content-Length"] == str(len(whole.content))
    assert head["ETag"] == whole["ETag"]


def test_revoked_and_wrong_answer_alike(visitor, feed):
    revoke_feed(feed=feed[0], actor=feed[0].owner, now=NOW)
    ended, wrong = visitor().get(feed[1]), visitor().get("/ical/wrong/visits.ics")
    assert (ended.status_code, wrong.status_code) == (404, 404)
    assert ended.content == wrong.content


def test_a_calendar_is_fetched_however_many_wrong_secrets_came_from_the_same_address(visitor, feed):
    client = visitor()
    answers = [client.get(f"/ical/wrong{n}/visits.ics").status_code for n in range(40)]
    assert (answers[0], answers[-1]) == (404, 429)
    assert client.get(feed[1]).status_code == 200


def test_robots_disallow_nothing(visitor):
    text = visitor().get("/robots.txt").content.decode()
    assert "Disallow" not in text


def test_a_new_feed_shows_its_address_once(visitor):
    helper = a_helper()
    client = visitor(helper.user)
    made = client.post("/my/calendar/", {"label": "我的手机"})
    assert "/ical/" in made.content.decode()
    assert "webcal://" in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    later = client.get("/my/calendar/").content.decode()
    assert "/ical/" not in later
    assert "我的手机" in later
