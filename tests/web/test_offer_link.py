"""The page behind a personal link."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import time_machine
from django.conf import settings

from matching.models import Offer, Pairing
from matching.services.offers import withdraw_offer
from notifications.services import mint_offer_link
from tests.factories.matching import an_offer
from tests.factories.readers import SECRETS, a_full_child
from tests.factories.roster import NOW, a_helper, timedelta


@pytest.fixture
def offer():
    return an_offer(a_full_child(), a_helper("李春燕"), reasons=[["class_teacher", 250], ["needs", 200]])


@pytest.fixture
def link(offer):
    return mint_offer_link(offer=offer, way="COPY", actor=None, now=NOW).removeprefix(settings.PUBLIC_URL)


def test_the_page_says_what_a_link_holder_may_know_and_changes_nothing(visitor, offer, link):
    page = visitor().get(link)
    text = page.content.decode()

    assert page.status_code == 200
    assert "李老师，请您做冉同学的监管教师" in text
    assert "您与这个孩子同校" in text
    assert [name for name, secret in SECRETS.items() if secret in text] == []
    assert "冉欣怡" not in text
    assert "四(1)班" not in text
    offer.refresh_from_db()
    assert (offer.state, offer.seen_at) == ("SENT", None)


def test_the_page_stays_out_of_caches_search_engines_and_referrers(visitor, link):
    page = visitor().get(link)
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]
    assert not page.cookies


def test_the_page_is_small(visitor, link):
    static = Path(__file__).parents[2] / "backend/web/static/web"
    files = [static / name for name in ("bootstrap.min.css", "tokens.css", "pages.css", "icons.svg", "app.js")]
    size = sum(len(gzip.compress(path.read_bytes())) for path in files) + len(visitor().get(link).content)
    assert size < 100_000


def test_saying_yes_makes_a_pairing_once(visitor, offer, link):
    client = visitor()
    first = client.post(f"{link}accept/")
    second = client.post(f"{link}accept/")

    assert (first.status_code, second.status_code) == (302, 302)
    assert Pairing.objects.filter(offer=offer, state="ACTIVE").count() == 1
    text = client.get(link).content.decode()
    assert "谢谢您，已经记下" in text
    assert "冉欣怡" not in text


def test_saying_no_takes_a_reason(visitor, offer, link):
    client = visitor()
    assert "checked" not in client.get(f"{link}decline/").content.decode()

    without = client.post(f"{link}decline/", {})
    offer.refresh_from_db()
    assert (without.status_code, offer.state) == (400, "SENT")

    client.post(f"{link}decline/", {"reason": "TOO_FAR", "note": "在邻县"})
    offer.refresh_from_db()
    assert (offer.state, offer.decline_reason, offer.note) == ("DECLINED", "TOO_FAR", "在邻县")
    assert "不方便没关系" in client.get(link).content.decode()


def test_a_link_after_the_deadline_says_so_and_records_nothing(visitor, offer, link):
    client = visitor()
    with time_machine.travel(NOW + timedelta(days=8), tick=False):
        assert "已经截止" in client.get(link).content.decode()
        client.post(f"{link}accept/")
        client.post(f"{link}decline/", {"reason": "OTHER"})
    assert not Pairing.objects.exists()
    assert Offer.objects.get(pk=offer.pk).answered_at is None


def test_a_withdrawn_offer_says_so(visitor, offer, link):
    withdraw_offer(offer=offer, actor=None, now=NOW)
    assert "已经撤回" in visitor().get(link).content.decode()


def test_a_helper_who_is_full_is_told_kindly(visitor, offer, link):
    offer.helper.loads.update(active=2, limit=2)
    answer = visitor().post(f"{link}accept/")
    assert answer.status_code == 409
    assert "您名下已满 2 名，没有记上" in answer.content.decode()


def test_only_a_beacon_marks_the_offer_as_seen(visitor, offer, link):
    client = visitor()
    assert client.get(f"{link}seen/").status_code == 404
    assert client.post(f"{link}seen/").status_code == 204
    offer.refresh_from_db()
    assert offer.seen_at == NOW


def test_wrong_secrets_look_alike_and_guessing_is_slowed(visitor, link):
    client = visitor()
    pages = [client.get(f"/o/{'x' * n}/") for n in (3, 43)]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1

    answers = [client.get(f"/o/wrong{n}/") for n in range(40)]
    assert [page.status_code for page in answers[27:29]] == [404, 429]
    assert 0 < int(answers[28]["Retry-After"]) <= 60


def test_a_right_secret_passes_however_many_wrong_ones_came_from_the_same_address(visitor, link):
    client = visitor()
    for n in range(40):
        client.get(f"/o/wrong{n}/")
    assert client.get("/o/wrong99/").status_code == 429
    assert client.get(link).status_code == 200
    assert client.post(f"{link}seen/").status_code == 204


def test_the_same_wrong_secret_counts_once_a_minute(visitor):
    client = visitor()
    assert {client.get("/o/ended-long-ago/").status_code for _ in range(80)} == {404}


def test_a_new_minute_starts_from_nothing(visitor):
    client = visitor()
    for n in range(40):
        client.get(f"/o/wrong{n}/")
    with time_machine.travel(NOW + timedelta(seconds=60), tick=False):
        assert client.get("/o/wrong99/").status_code == 404


def test_pages_and_calendars_count_together(visitor):
    client = visitor()
    for n in range(40):
        client.get(f"/ical/wrong{n}/visits.ics")
    assert client.get("/o/wrong/").status_code == 429


def test_english_by_the_address_alone(visitor, link):
    assert 'lang="en"' in visitor().get(f"{link}?lang=en").content.decode().partition("<head>")[0]
