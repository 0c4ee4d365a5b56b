"""The main line: a matching is run, published, accepted on a link, and stands in a calendar."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.core import mail
from rest_framework.test import APIClient

from activities.models import Duty
from backend.accounts.models import Role
from backend.roster.models import Clearance
from matching.models import Certificate, MatchingRun, Offer, Pairing, ProposedPair
from tests.factories.matching import a_scheme
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper, a_token
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def county():
    return a_county()


@pytest.fixture
def coordinator(county):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator(county))}")
    return client


def post(client, path, body=None, **headers):
    return client.post(f"/api/v1/{path}", body or {}, format="json", headers=headers)


def start(coordinator, scheme, **options):
    answer = post(coordinator, "runs/", {"scheme": scheme.public_id, **options})
    assert answer.status_code == 201, answer.json()
    do_background_work()
    return coordinator.get(f"/api/v1/runs/{answer.json()['id']}/").json()


def people():
    """Three children, two teachers with two places and one cadre with two: two children can be complete."""
    children = [a_child(f"孩子{name}") for name in "甲乙丙"]
    teachers = [a_helper(f"教师{name}", total_limit=2) for name in "甲乙"]
    cadre = a_helper("干部甲", role=Role.CADRE, total_limit=2)
    return children, teachers, cadre


def test_from_a_run_to_a_calendar(coordinator, county):
    scheme = a_scheme(county)
    children, _teachers, cadre = people()
    left_out = a_child("孩子丁", has_consent=False)

    run = start(coordinator, scheme)

    assert (run["state"], run["solver_status"], run["counts"]["filled"]) == ("DONE", "OPTIMAL", 4)
    assert [tier["value"] for tier in run["tiers"] if tier["name"] == "coverage.4"] == [4]
    assert coordinator.get(f"/api/v1/runs/{run['id']}/left-out/").json()["results"] == [
        {"child": left_out.public_id, "reason": "NO_CONSENT"}
    ]
    pairs = coordinator.get(f"/api/v1/proposals/{run['proposal']}/pairs/").json()
    assert pairs["count"] == 6
    assert sum(1 for pair in pairs["results"] if pair["helper"] is None) == 2
    certificates = coordinator.get(f"/api/v1/proposals/{run['proposal']}/certificates/").json()["results"]
    assert [(row["kind"], row["slot_name"], row["needed"], row["places"], row["short"]) for row in certificates] == [
        ("pair", "责任干部", 3, 2, 1)
    ]

    preview = coordinator.get(f"/api/v1/proposals/{run['proposal']}/publish-preview/").json()
    assert (preview["offers"], preview["open_slots"], preview["broken"]) == (4, 2, {})
    published = post(coordinator, f"proposals/{run['proposal']}/publish/")
    assert published.json()["offers"] == 4
    do_background_work()

    assert len(mail.outbox) == 4
    assert not any(child.name in message.subject + message.body for message in mail.outbox for child in children)
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 4

    offer = Offer.objects.filter(helper=cadre).first()
    helper = APIClient()
    helper.credentials(HTTP_AUTHORIZATION=f"Token {a_token(cadre.user)}")
    before = helper.get(f"/api/v1/offers/{offer.public_id}/").json()
    assert (before["child"], before["child_name"]) == (None, "孩同学")
    pairing = post(helper, f"offers/{offer.public_id}/accept/").json()
    assert pairing["child_name"] == offer.child.name
    do_background_work()

    duty = Duty.objects.get()
    feed = post(helper, "feeds/", {"label": "手机"}).json()
    assert "url" not in helper.get("/api/v1/feeds/").json()["results"][0]
    assert duty.child == offer.child
    assert feed["url"].startswith("http://testserver/ical/")


def test_a_hidden_clearance_problem_is_caught_before_publishing(coordinator, county):
    scheme = a_scheme(county)
    _children, _teachers, cadre = people()
    run = start(coordinator, scheme)
    Clearance.objects.filter(helper=cadre).update(expires_date=date(2026, 12, 1))

    preview = coordinator.get(f"/api/v1/proposals/{run['proposal']}/publish-preview/").json()

    assert (preview["offers"], preview["broken"]) == (0, {"clearance": 2, "other_half": 2})


def test_what_stands_stays_when_a_second_run_follows(coordinator, county):
    scheme = a_scheme(county)
    type(scheme).objects.update(offers_on="SUGGEST")
    people()
    run = start(coordinator, scheme)
    post(coordinator, f"proposals/{run['proposal']}/publish/")
    do_background_work()
    accepted = Offer.objects.filter(slot__rule__key="cadre").first()
    post(coordinator, f"offers/{accepted.public_id}/accept/")
    declined = Offer.objects.filter(slot__rule__key="teacher", child=accepted.child).get()
    post(coordinator, f"offers/{declined.public_id}/decline/", {"reason": "TOO_MANY"})
    do_background_work()

    again = start(coordinator, scheme, mode="repair")

    pair = ProposedPair.objects.get(proposal__public_id=again["proposal"], slot=accepted.slot)
    assert (pair.helper, pair.origin, pair.is_locked) == (accepted.helper, "KEPT", True)
    other = ProposedPair.objects.get(proposal__public_id=again["proposal"], slot=declined.slot)
    assert other.helper is not None
    assert other.helper != declined.helper
    preview = coordinator.get(f"/api/v1/proposals/{again['proposal']}/publish-preview/").json()
    assert (preview["offers"], preview["standing"], preview["asked"]) == (1, 1, 2)


def test_a_closed_childs_offers_are_withdrawn_and_told(coordinator, county):
    scheme = a_scheme(county)
    people()
    run = start(coordinator, scheme)
    post(coordinator, f"proposals/{run['proposal']}/publish/")
    do_background_work()
    offer = Offer.objects.first()
    mail.outbox.clear()

    answer = post(coordinator, f"children/{offer.child.public_id}/close/", {"state": "MOVED", "reason": "随父母进城"})
    do_background_work()

    assert answer.json()["state"] == "MOVED"
    assert set(Offer.objects.filter(child=offer.child).values_list("state", flat=True)) == {"WITHDRAWN"}
    assert {message.subject for message in mail.outbox} == {"责任干部的邀请已撤回", "监管教师的邀请已撤回"}


def test_one_idempotency_key_makes_one_run(coordinator, county):
    scheme = a_scheme(county)
    headers = {"Idempotency-Key": "run-1"}

    first = post(coordinator, "runs/", {"scheme": scheme.public_id}, **headers)
    again = post(coordinator, "runs/", {"scheme": scheme.public_id}, **headers)
    other = post(coordinator, "runs/", {"scheme": scheme.public_id, "seed": 7}, **headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "idempotency.other_request")
    assert MatchingRun.objects.count() == 1


def test_eleven_waiting_runs_are_enough(coordinator, county):
    scheme = a_scheme(county)
    answers = [post(coordinator, "runs/", {"scheme": scheme.public_id}).status_code for _ in range(12)]

    assert answers == [201] * 11 + [429]


def test_an_impossible_move_answers_409_with_code_and_state(coordinator, county):
    scheme = a_scheme(county)
    run = post(coordinator, "runs/", {"scheme": scheme.public_id}).json()
    post(coordinator, f"runs/{run['id']}/cancel/")

    again = post(coordinator, f"runs/{run['id']}/cancel/")

    assert again.status_code == 409
    assert again.json()["errors"][0]["code"] == "invalid_move"
    assert "CANCELLED" in again.json()["errors"][0]["detail"]


def test_no_name_of_a_child_is_in_the_solvers_folder_or_in_a_job(coordinator, county, settings):
    from backend.jobs.models import Job

    scheme = a_scheme(county)
    people()
    start(coordinator, scheme)

    assert not list((settings.DATA_DIR / "runs").glob("*"))
    assert not re.search("孩子", str(list(Job.objects.values_list("arguments", flat=True))))
    assert Certificate.objects.exists()
    assert not Pairing.objects.exists()


def test_a_run_whose_worker_died_three_times_ends_with_a_sentence(coordinator, county):
    from backend.jobs.models import Job
    from matching.services.runs import fail_stuck_runs
    from tests.factories.roster import NOW

    scheme = a_scheme(county)
    run = post(coordinator, "runs/", {"scheme": scheme.public_id}).json()
    Job.objects.filter(task="matching.tasks.solve_run").update(state=Job.State.PARKED)

    assert [fail_stuck_runs(now=NOW), fail_stuck_runs(now=NOW)] == [1, 0]

    shown = coordinator.get(f"/api/v1/runs/{run['id']}/").json()
    assert (shown["state"], "三次" in shown["problem"]) == ("FAILED", True)


def test_a_new_run_goes_round_what_a_person_locked(coordinator, county):
    scheme = a_scheme(county)
    people()
    run = start(coordinator, scheme)
    pair = ProposedPair.objects.filter(proposal__public_id=run["proposal"], slot__rule__key="teacher").exclude(
        helper=None
    )[0]
    taken = set(ProposedPair.objects.filter(proposal=pair.proposal).values_list("helper", flat=True))
    newcomer = a_helper("新来的")
    assert newcomer.pk not in taken
    merely = ProposedPair.objects.filter(proposal=pair.proposal, slot__rule__key="cadre").exclude(helper=None)
    merely = merely.exclude(child=pair.child)[0]
    said = {"helper": newcomer.public_id, "version": 1, "reason": "两家相熟"}
    answer = post(coordinator, f"pairs/{pair.public_id}/put/", said)
    assert post(coordinator, f"pairs/{merely.public_id}/lock/", {"version": 1}).status_code == 200
    assert (answer.status_code, answer.json()["is_locked"], answer.json()["version"]) == (200, True, 2)

    again = start(coordinator, scheme)

    kept = ProposedPair.objects.get(proposal__public_id=again["proposal"], slot=pair.slot)
    assert (kept.helper, kept.origin, kept.is_locked) == (newcomer, "HAND", True)
    assert not ProposedPair.objects.filter(proposal=kept.proposal, origin="KEPT").exists()
    locked = ProposedPair.objects.get(proposal=kept.proposal, slot=merely.slot)
    assert (locked.helper, locked.origin, locked.is_locked) == (merely.helper, "SOLVER", True)
    assert coordinator.get(f"/api/v1/pairs/{kept.public_id}/").json()["hand_reason"] == "两家相熟"
    (step,) = coordinator.get(f"/api/v1/pairs/{kept.public_id}/history/").json()
    assert (step["verb"], step["reason"], step["draft"]) == ("pair.put", "两家相熟", 1)
    shown = coordinator.get(f"/api/v1/proposals/{run['proposal']}/").json()
    assert (shown["state"], shown["hand_edits"]) == ("SUPERSEDED", 1)
    preview = coordinator.get(f"/api/v1/proposals/{again['proposal']}/publish-preview/").json()
    assert preview["broken"] == {}


def test_a_freed_place_is_suggested_and_asked_for_over_the_api(coordinator, county):
    scheme = a_scheme(county)
    people()
    run = start(coordinator, scheme)
    post(coordinator, f"proposals/{run['proposal']}/publish/")
    do_background_work()
    declined = Offer.objects.filter(slot__rule__key="teacher").first()
    post(coordinator, f"offers/{declined.public_id}/decline/", {"reason": "TOO_MANY"})
    do_background_work()

    rows = coordinator.get("/api/v1/vacancies/?state=FOUND").json()["results"]
    assert [(row["cause"], row["is_half"], row["helper"] is None) for row in rows] == [("DECLINED", False, False)]
    asked = post(coordinator, f"vacancies/{rows[0]['id']}/accept/")
    again = post(coordinator, f"vacancies/{rows[0]['id']}/accept/")

    assert asked.json() == {"offers": 1}
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "vacancy.nothing_suggested")
    do_background_work()
    assert sum(1 for message in mail.outbox if "请您" in message.subject or "邀请" in message.subject) >= 5
    path = f"/api/v1/schemes/{scheme.public_id}/"
    version = coordinator.get(path).json()["version"]
    changed = coordinator.patch(path, {"version": version, "offers_on": "AUTOMATIC"}, format="json")
    assert changed.json()["offers_on"] == "AUTOMATIC"


def test_a_pairing_is_paused_until_a_day_and_its_history_told(coordinator, county):
    from tests.factories.matching import a_pairing

    pairing = a_pairing()
    path = f"pairings/{pairing.public_id}"
    wrong = post(coordinator, f"{path}/suspend/", {"reason": "住院", "until": "2020-01-01"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (400, "pairing.wrong_pause")

    paused = post(coordinator, f"{path}/suspend/", {"reason": "住院", "until": "2099-01-01"}).json()
    resumed = post(coordinator, f"{path}/resume/").json()

    assert (paused["state"], paused["suspended_until"]) == ("SUSPENDED", "2099-01-01")
    assert (resumed["state"], resumed["suspended_until"]) == ("ACTIVE", None)
    assert post(coordinator, f"{path}/resume/").status_code == 409
    told = coordinator.get(f"/api/v1/{path}/history/").json()
    assert [row["verb"] for row in told] == ["offer.accepted", "pairing.suspended", "pairing.resumed"]
