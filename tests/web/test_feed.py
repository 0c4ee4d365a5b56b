"""The calendar file."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import Duty
from activities.services.duties import owe_first_visit
from backend.accounts.models import Role
from backend.roster.access import reader_in_role
from notifications.feed_services import FeedEnded, create_feed, outdate_feeds, renew_feed, revoke_feed
from notifications.models import Feed
from tests.factories.matching import a_pairing
from tests.factories.readers import a_full_child
from tests.factories.roster import NOW, a_coordinator, a_county, a_helper, a_school, a_township, a_village


@pytest.fixture
def feed():
    helper = a_helper()
    pairing = a_pairing(a_full_child(), helper)
    owe_first_visit(pairing=pairing, accepted_at=NOW)
    made, url = create_feed(reader=reader_in_role(helper.user, Role.TEACHER, NOW), label="手机", now=NOW)
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


def test_a_renewed_feed_has_another_address_and_the_old_one_ends(visitor, feed):
    made, old = feed
    client = visitor(made.owner)
    page = client.post(f"/my/calendar/{made.public_id}/renew/")
    new = re.search(r">(http[^<]*/ical/[^<]+)<", page.content.decode())[1].removeprefix(settings.PUBLIC_URL)
    assert new != old
    assert (visitor().get(old).status_code, visitor().get(new).status_code) == (404, 200)
    assert page["Cache-Control"] == "no-store"


def test_a_revoked_feed_is_not_renewed(feed):
    revoke_feed(feed=feed[0], actor=feed[0].owner, now=NOW)
    with pytest.raises(FeedEnded):
        renew_feed(feed=feed[0], actor=feed[0].owner, now=NOW)


def test_an_unchanged_calendar_is_answered_without_its_bytes(visitor, feed):
    first = visitor().get(feed[1])
    client = visitor()
    with CaptureQueriesContext(connection) as asked:
        assert client.get(feed[1], headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert len(asked) == 1
    assert "body" not in asked[0]["sql"]


def test_nobody_renews_or_ends_the_link_of_another(visitor, feed):
    stranger = visitor(a_helper().user)
    for act in ("renew", "revoke"):
        assert stranger.post(f"/my/calendar/{feed[0].public_id}/{act}/").status_code == 404
    assert visitor().get(feed[1]).status_code == 200


def test_a_coordinator_chooses_what_to_follow(visitor):
    school = a_school()
    client = visitor(a_coordinator())
    page = client.get("/my/calendar/").content.decode()
    assert f'value="SCHOOL:{school.public_id}"' in page
    made = client.post("/my/calendar/", {"what": f"SCHOOL:{school.public_id}", "label": "办公室电脑"})
    assert "/school.ics" in made.content.decode()
    assert Feed.objects.get().organisation == school


def test_a_choice_that_was_not_offered_is_none(visitor):
    far = a_school(a_village(a_township(a_county("529902", "云河县"), number=102), number=202), name="桑木小学")
    client = visitor(a_coordinator())
    refused = client.post("/my/calendar/", {"what": f"SCHOOL:{far.public_id}", "label": "电脑"})
    assert refused.status_code == 200
    assert not Feed.objects.exists()


def test_what_changed_is_not_answered_from_what_the_caller_has(visitor, feed):
    first = visitor().get(feed[1])
    outdate_feeds(helper_id=feed[0].helper_id)
    Duty.objects.update(sequence=5)
    again = visitor().get(feed[1], headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again["ETag"] != first["ETag"]) == (200, True)


def test_a_revoked_calendar_is_not_answered_304(visitor, feed):
    first = visitor().get(feed[1])
    revoke_feed(feed=feed[0], actor=feed[0].owner, now=NOW)
    assert visitor().get(feed[1], headers={"If-None-Match": first["ETag"]}).status_code == 404
