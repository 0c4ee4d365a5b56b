"""Corners of the phone's pages: addresses nobody writes, a report begun from a child, and whom a guardian may read of."""

from __future__ import annotations

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from backend.roster.models import Helper
from matching.models import Pairing, Scheme
from notifications.services import mint_offer_link
from tests.factories.matching import a_pairing, an_offer
from tests.factories.roster import NOW, a_child, a_guardian, a_helper, a_token, a_user


@pytest.fixture
def pairing():
    return a_pairing(a_child("冉欣怡"), a_helper("何国平"))


@pytest.fixture
def guardian(pairing):
    return a_guardian(pairing.child, user=a_user())


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x", "1"])
def test_a_week_nobody_lives_in_is_this_week(pairing, visitor, day):
    page = visitor(pairing.helper.user).get(f"/week/?day={day}")
    assert page.status_code == 200
    assert "2026-11-23" in page.content.decode()


def test_a_report_begun_on_a_childs_page_is_about_that_child(pairing, visitor):
    client = visitor(pairing.helper.user)
    address = f"/report/?child={pairing.child.public_id}"
    assert address in client.get(f"/children/{pairing.child.public_id}/").content.decode()
    assert f'value="{pairing.child.public_id}" selected' in client.get(address).content.decode()


def test_a_report_is_two_taps_from_the_pages_of_the_account_too(pairing, visitor):
    assert 'href="/report/"' in visitor(pairing.helper.user).get("/accounts/2fa/").content.decode()


def test_the_room_that_is_told_is_what_the_scheme_leaves_too(visitor):
    offer = an_offer(helper=a_helper(total_limit=3))
    link = mint_offer_link(offer=offer, way="COPY", actor=None, now=NOW).removeprefix(settings.PUBLIC_URL)
    assert "名下还可以再带 3 名" in visitor().get(link).content.decode()
    Scheme.objects.filter(pk=offer.slot.rule.scheme_id).update(limit_per_helper=1)
    assert "名下还可以再带 1 名" in visitor().get(link).content.decode()
    a_pairing(helper=offer.helper)
    assert "名下还可以再带" not in visitor().get(link).content.decode()
    assert "您名下已满 1 名" in visitor().post(f"{link}accept/").content.decode()


def test_a_teacher_who_is_to_lead_two_classmates_reads_why_they_are_asked(visitor):
    offer = an_offer(leader=a_helper("李春燕"))
    link = mint_offer_link(offer=offer, way="COPY", actor=None, now=NOW).removeprefix(settings.PUBLIC_URL)
    assert "您和两个孩子同校，所以先想到您。" in visitor().get(link).content.decode()


def test_over_the_api_whoever_is_asked_reads_why_and_what_it_takes_and_nothing_of_the_class():
    offer = an_offer(reasons=[["class_teacher", 250], ["needs", 200], ["near", 50]])
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {a_token(offer.helper.user)}")
    row = api.get(f"/api/v1/offers/{offer.public_id}/").json()
    assert row["reasons"] == ["same_school", "near"]
    assert row["monthly_minutes"] == offer.slot.rule.monthly_minutes
    assert row["until"] == offer.slot.rule.scheme.term.end_date.isoformat()


def test_a_helper_who_is_away_reads_that_and_not_that_a_paper_is_missing(visitor):
    offer = an_offer()
    link = mint_offer_link(offer=offer, way="COPY", actor=None, now=NOW).removeprefix(settings.PUBLIC_URL)
    Helper.objects.filter(pk=offer.helper_id).update(state="PAUSED")
    answer = visitor().post(f"{link}accept/")
    assert answer.status_code == 409
    assert "您现在请了假，或者不再带孩子，没有记上" in answer.content.decode()
    assert not Pairing.objects.exists()


def test_a_guardian_reads_who_comes_at_present(pairing, guardian, visitor):
    Pairing.objects.filter(pk=pairing.pk).update(stand_in=a_helper("周文斌"))
    assert "周文斌，替何国平" in visitor(guardian.user).get("/my/child/").content.decode()


def test_a_guardian_reads_of_a_classmate_no_more_than_the_surname(pairing, guardian, visitor):
    classmate = a_child("陈小雨")
    peer = Helper.objects.create(
        name=classmate.name, sex="F", township=classmate.village.parent, village=classmate.village,
        peer_child=classmate,
    )  # fmt: skip
    Pairing.objects.filter(pk=pairing.pk).update(helper=peer, leader=pairing.helper)
    text = visitor(guardian.user).get("/my/child/").content.decode()
    assert "陈同学，何国平带领" in text
    assert "陈小雨" not in text

    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {a_token(guardian.user)}")
    (row,) = api.get("/api/v1/pairings/").json()["results"]
    assert (row["child_name"], row["buddy_name"], row["helper_name"]) == ("冉欣怡", "陈同学", "何国平")
