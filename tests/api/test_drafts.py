"""A draft over the API: swapped, changed in many places, taken back, compared."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import Role
from matching.models import ProposedPair, Trial
from tests.factories.matching import a_proposal
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_token
from tests.matching.test_publishing import a_draft
from tests.web.test_lists import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(a_coordinator(a_county()))}")
    return client


@pytest.fixture
def draft():
    return a_draft(*((a_child(name), a_helper(f"{name}的老师"), a_helper(role=Role.CADRE)) for name in ("甲", "乙")))


def teachers(draft):
    return list(ProposedPair.objects.filter(proposal=draft, slot__rule__key="teacher").order_by("pk"))


def test_a_swap_and_its_undo(api, draft):
    first, second = teachers(draft)
    body = {"version": 1, "other": second.public_id, "other_version": 1}
    rows = api.post(f"/api/v1/pairs/{first.public_id}/swap/", body, format="json").json()
    assert [row["helper"] for row in rows] == [second.helper.public_id, first.helper.public_id]
    undone = api.post(f"/api/v1/proposals/{draft.public_id}/undo/").json()
    assert set(undone["pairs"]) == {first.public_id, second.public_id}
    answer = api.post(f"/api/v1/proposals/{draft.public_id}/undo/")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "pair.nothing_to_undo")


def test_a_swap_that_something_speaks_against_wants_a_reason(api):
    draft = a_draft(*((a_child(sex=sex), a_helper(sex=sex), a_helper(role=Role.CADRE, sex="M")) for sex in "FM"))
    first, second = teachers(draft)
    url = f"/api/v1/pairs/{first.public_id}/swap/"
    body = {"version": 1, "other": second.public_id, "other_version": 1}
    answer = api.post(url, body, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "pair.reason_needed")
    rows = api.post(url, body | {"reason": "只有他教这个班"}, format="json").json()
    assert [row["helper"] for row in rows] == [second.helper.public_id, first.helper.public_id]
    assert {row["hand_reason"] for row in rows} == {"只有他教这个班"}
    pages = f"/api/v1/proposals/{draft.public_id}/pairs/"
    assert {row["hand_reason"] for row in api.get(pages).json()["results"]} == {"", "只有他教这个班"}
    steps = api.get(f"/api/v1/pairs/{first.public_id}/history/").json()
    assert [(step["verb"], step["old"], step["new"], step["reason"]) for step in steps] == [
        ("pair.swapped", first.helper.name, second.helper.name, "只有他教这个班"),
    ]


def test_many_places_at_once(api, draft):
    seen = [{"pair": pair.public_id, "version": version} for pair, version in zip(teachers(draft), (1, 2), strict=True)]
    url = f"/api/v1/proposals/{draft.public_id}/edit/"
    assert api.post(url, {"what": "lock", "pairs": seen}, format="json").json() == {"done": 1, "left": 1}
    assert api.post(url, {"what": "dance", "pairs": seen}, format="json").status_code == 400


def test_a_comparison_names_every_place_that_differs(api, draft):
    url = f"/api/v1/proposals/{draft.public_id}/compare/"
    assert api.get(url).json() == {"other": None, "tiers": [], "moves": []}
    later = a_proposal(draft.scheme)
    moved = teachers(draft)[0]
    newcomer = a_helper("新来的")
    for pair in ProposedPair.objects.filter(proposal=draft):
        helper = newcomer if pair.pk == moved.pk else pair.helper
        ProposedPair.objects.create(proposal=later, slot=pair.slot, child=pair.child, helper=helper)
    told = api.get(f"/api/v1/proposals/{later.public_id}/compare/").json()
    (row,) = told["moves"]
    assert (told["other"], row["kind"], row["old"], row["new"]) == (
        draft.public_id, "changed", moved.helper.public_id, newcomer.public_id,
    )  # fmt: skip
    assert api.get(url, {"other": "nosuchdraft"}).status_code == 404


def test_alternatives_name_people_their_own_fit_and_what_is_proven_of_the_price(api, draft):
    pair, other = teachers(draft)
    rows = [[other.helper_id, 40, 0, 460], [a_helper("远的").pk, None, 1, 300], [10**6, 0, 2, 9]]
    ProposedPair.objects.filter(pk=pair.pk).update(alternatives=rows)
    told = api.get(f"/api/v1/pairs/{pair.public_id}/alternatives/").json()
    assert [(row["helper_name"], row["fit"], row["kind"], row["price"]) for row in told] == [
        (other.helper.name, 460, "FREE", 40), ("远的", 300, "MOVES", None),
    ]  # fmt: skip


def test_certificates_and_trials_ask_as_often_for_three_as_for_one(api, draft):
    def add():
        draft.certificates.create(
            slot_name="监管教师", place_name="", children=1, helpers=1, places=0, needed=1, short=1,
            remedies=[{"kind": "limit", "helpers": [a_helper().pk], "filled": {}, "complete": 0, "moves": 0,
                       "farther_m": 0}],
        )  # fmt: skip
        result = {"status": "OPTIMAL", "filled": {"4": [0, 1]}, "complete": [0, 1], "fit": [0, 1], "squares": [0, 1]}
        pair = teachers(draft)[0]
        Trial.objects.create(
            run=draft.run, area=a_county(), wishes=[], requested_by=draft.run.requested_by, created_at=NOW,
            state="DONE", result=result | {"moves": [[pair.pk, None, pair.helper_id]]},
        )  # fmt: skip

    urls = (f"/api/v1/proposals/{draft.public_id}/certificates/", "/api/v1/trials/")
    add()
    [api.get(url) for url in urls]
    before = [queries_of(api, url) for url in urls]
    add(), add()
    assert [queries_of(api, url) for url in urls] == before
