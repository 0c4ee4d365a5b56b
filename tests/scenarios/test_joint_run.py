"""Schemes that share their helpers are solved as one problem, and each gets a draft of its own."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Role
from matching.models import Certificate, ProposedPair, Scheme
from tests.factories.matching import the_schemes
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper, a_token
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def schemes():
    return {one.key: one for one in the_schemes()}


@pytest.fixture
def coordinator(schemes):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator(a_county()))}")
    return client


def solved(coordinator, scheme, *joined):
    body = {"scheme": scheme.public_id, "joined": [one.public_id for one in joined]}
    answer = coordinator.post("/api/v1/runs/", body, format="json")
    assert answer.status_code == 201, answer.json()
    do_background_work()
    return coordinator.get(f"/api/v1/runs/{answer.json()['id']}/").json()


def pairs_of(run):
    return ProposedPair.objects.filter(proposal__run__public_id=run["id"])


def test_nobody_exceeds_the_total_over_both(coordinator, schemes):
    a_child("甲", level=4), a_child("乙", level=3)
    a_helper("只有一位教师", total_limit=1), a_helper("干部", role=Role.CADRE)

    run = solved(coordinator, schemes["two-to-one"], schemes["proxy-parent"])

    assert run["state"] == "DONE", run
    assert len(run["proposals"]) == 2 and run["joined"] == [schemes["proxy-parent"].public_id]
    held = pairs_of(run).filter(helper__name="只有一位教师")
    assert [(one.child.name, one.proposal.scheme.key) for one in held] == [("甲", "two-to-one")]
    per_draft = {one.scheme.key: one.pairs.count() for one in run_proposals(run)}
    assert per_draft == {"two-to-one": 2, "proxy-parent": 2}


def run_proposals(run):
    from matching.models import Proposal

    return Proposal.objects.filter(run__public_id=run["id"]).select_related("scheme")


def test_the_shortages_of_each_draft_add_up_to_its_open_places(coordinator, schemes):
    for name in "甲乙丙丁":
        a_child(name, level=3)
    a_helper("教师", total_limit=3), a_helper("五老", role=Role.ELDER, total_limit=1)
    Scheme.objects.filter(key="mentor-one-to-one").update(limit_per_helper=None)

    run = solved(coordinator, schemes["proxy-parent"], schemes["mentor-one-to-one"])

    for draft in run_proposals(run):
        still_open = draft.pairs.filter(helper=None).count()
        assert still_open and sum(draft.certificates.values_list("short", flat=True)) == still_open
        assert not draft.pairs.filter(helper=None, certificate=None).exists()
        assert not Certificate.objects.filter(proposal=draft).exclude(pairs__proposal=draft).exists()


def test_one_person_never_fills_two_places_of_a_child_across_schemes(coordinator, schemes):
    a_child("甲", level=4)
    a_helper("教师", total_limit=5), a_helper("干部", role=Role.CADRE)

    run = solved(coordinator, schemes["two-to-one"], schemes["proxy-parent"])

    assert pairs_of(run).filter(helper__name="教师").count() == 1


def test_what_does_not_count_is_solved_alone(coordinator, schemes):
    body = {"scheme": schemes["two-to-one"].public_id, "joined": [schemes["answers-school"].public_id]}
    answer = coordinator.post("/api/v1/runs/", body, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "run.solved_apart")


def test_a_scheme_that_is_off_is_not_run(coordinator, schemes):
    answer = coordinator.post("/api/v1/runs/", {"scheme": schemes["peers-hand-in-hand"].public_id}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "run.scheme_off")


def test_a_scheme_says_how_its_runs_are_usually_made(coordinator, schemes):
    Scheme.objects.filter(key="proxy-parent").update(tier_order="repair", fit_band=25)
    usual = solved(coordinator, schemes["proxy-parent"])
    assert (usual["mode"], usual["fit_band"]) == ("repair", 25)
    body = {"scheme": schemes["proxy-parent"].public_id, "mode": "term", "fit_band": 50}
    asked = coordinator.post("/api/v1/runs/", body, format="json").json()
    assert (asked["mode"], asked["fit_band"]) == ("term", 50)


def test_who_answers_for_many_may_look_after_two_all_the_same(coordinator, schemes):
    for number in range(6):
        a_child(f"孩子{number}", level=2)
    a_helper("班主任", total_limit=1)

    run = solved(coordinator, schemes["answers-school"])

    assert run["counts"]["filled"] == 6 and run["solver_status"] == "OPTIMAL"
    assert set(pairs_of(run).values_list("helper__name", flat=True)) == {"班主任"}


def test_a_place_may_be_open_to_several_roles(coordinator, schemes):
    a_child("甲", level=2, sex="F"), a_child("乙", level=2, sex="F")
    a_helper("五老", role=Role.ELDER), a_helper("志愿者", role=Role.VOLUNTEER), a_helper("教师")

    run = solved(coordinator, schemes["mentor-one-to-one"])

    assert set(pairs_of(run).values_list("helper__name", flat=True)) == {"五老", "志愿者"}


def test_only_the_kinds_of_elders_asked_for(coordinator, schemes):
    a_child("甲", level=2)
    schemes["mentor-one-to-one"].slot_rules.update(roles=["ELDER"], elder_kinds=["SOLDIER"])
    teacher, soldier = a_helper("老教师", role=Role.ELDER), a_helper("老战士", role=Role.ELDER)
    teacher.roles.update(elder_kind="TEACHER"), soldier.roles.update(elder_kind="SOLDIER")

    run = solved(coordinator, schemes["mentor-one-to-one"])

    assert list(pairs_of(run).values_list("helper__name", flat=True)) == ["老战士"]


def test_nobody_beyond_the_radius(coordinator, schemes):
    a_child("甲", level=2, x_m=0, y_m=0)
    a_helper("远", role=Role.ELDER, x_m=3_001, y_m=0)
    schemes["mentor-one-to-one"].slot_rules.update(radius_m=3_000)
    assert solved(coordinator, schemes["mentor-one-to-one"])["counts"]["filled"] == 0

    schemes["mentor-one-to-one"].slot_rules.update(radius_m=3_001)
    assert solved(coordinator, schemes["mentor-one-to-one"])["counts"]["filled"] == 1
