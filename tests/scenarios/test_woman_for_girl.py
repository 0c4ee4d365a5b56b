"""A scheme that wants a woman among those who hold a girl's places: in a run, by hand, and on the page."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.web.shared.words import BROKEN
from matching.models import MatchingRun, Proposal, ProposedPair, Scheme
from matching.services.choosing import judged
from matching.services.hand_edits import RuleBroken, put_helper, take_off
from matching.services.why_not import why_not
from matching.translation import broken_pairs
from tests.factories.matching import the_schemes
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_token
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scheme():
    scheme = {one.key: one for one in the_schemes()}["two-to-one"]
    Scheme.objects.filter(pk=scheme.pk).update(has_woman_for_girl=True)
    return Scheme.objects.get(pk=scheme.pk)


def solved(scheme):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator(a_county()))}")
    answer = client.post("/api/v1/runs/", {"scheme": scheme.public_id}, format="json")
    assert answer.status_code == 201, answer.json()
    do_background_work()
    run = MatchingRun.objects.get(public_id=answer.json()["id"])
    assert run.state == "DONE", run.state
    return run


def names_of(run):
    pairs = ProposedPair.objects.filter(proposal__run=run).select_related("helper")
    return {pair.helper.name if pair.helper else None for pair in pairs}


@pytest.mark.parametrize(("sex", "found"), [("F", {None}), ("M", {"男教师", "男干部"})])
def test_two_men_alone_are_refused_for_a_girl_and_taken_for_a_boy(sex, found, scheme):
    a_child("孩子", level=4, sex=sex)
    a_helper("男教师", sex="M"), a_helper("男干部", role=Role.CADRE, sex="M")

    assert names_of(solved(scheme)) == found


def test_why_a_girl_is_left_without_a_woman_is_no_shortage(scheme):
    a_child("女童", level=4, sex="F")
    a_helper("男教师", sex="M"), a_helper("男干部", role=Role.CADRE, sex="M")

    draft = Proposal.objects.get(run=solved(scheme))

    assert {one.kind for one in draft.certificates.all()} == {"joint"}


def test_with_a_woman_the_girl_gets_both_places(scheme):
    a_child("女童", level=4, sex="F")
    a_helper("男教师", sex="M"), a_helper("男干部", role=Role.CADRE, sex="M"), a_helper("女教师", sex="F")

    run = solved(scheme)

    assert names_of(run) == {"女教师", "男干部"}
    assert run.counts["largest_load"] == 1
    assert (run.solver_status, run.is_certified) == ("OPTIMAL", True)


def test_the_last_woman_is_not_replaced_by_a_man_by_hand(scheme):
    a_child("女童", level=4, sex="F")
    man = a_helper("男教师", sex="M")
    a_helper("男干部", role=Role.CADRE, sex="M"), a_helper("女教师", sex="F")
    run = solved(scheme)
    pair = ProposedPair.objects.get(proposal__run=run, helper__name="女教师")

    assert [code for _, code in judged(pair, [man], now=NOW)] == ["woman_for_girl"]
    assert why_not(pair=pair, helper=man, now=NOW).rules == ("woman_for_girl",)
    with pytest.raises(RuleBroken):
        put_helper(pair=pair, helper=man, version=pair.version, actor=a_coordinator(a_county()), now=NOW)
    assert "女性" in str(BROKEN["woman_for_girl"])


def test_publishing_refuses_a_man_left_alone_with_a_girl(scheme):
    a_child("女童", level=4, sex="F")
    a_helper("男干部", role=Role.CADRE, sex="M"), a_helper("女教师", sex="F")
    run = solved(scheme)
    pairs = list(ProposedPair.objects.filter(proposal__run=run))
    man = next(pair for pair in pairs if pair.helper.name == "男干部")
    woman = next(pair for pair in pairs if pair.helper.name == "女教师")

    assert broken_pairs(scheme=scheme, area=run.area, pairs=pairs, now=NOW) == {}
    take_off(pair=woman, version=woman.version, actor=a_coordinator(a_county()), now=NOW, reason="下学期调走")
    assert broken_pairs(scheme=scheme, area=run.area, pairs=[man], now=NOW) == {man.pk: "woman_for_girl"}


def test_the_page_says_the_largest_load(scheme):
    a_child("女童", level=4, sex="F")
    a_helper("男干部", role=Role.CADRE, sex="M"), a_helper("女教师", sex="F")
    run = solved(scheme)
    client = Client()
    client.force_login(a_coordinator(a_county()))

    assert "最多的一位带 1 名" in client.get(f"/runs/{run.public_id}/").content.decode()
