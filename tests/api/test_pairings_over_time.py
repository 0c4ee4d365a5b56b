"""Stand-ins, handovers, renewals, questions and pauses over the API: the same steps, the same scope."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from matching.models import OfferQuestion, Pairing, StandIn
from tests.factories.matching import a_pairing, a_scheme, an_offer
from tests.factories.roster import (
    NOW,
    TODAY,
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_token,
    a_township,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
API = "/api/v1"


@pytest.fixture(autouse=True)
def _at_one_moment():
    with time_machine.travel(NOW, tick=False):
        yield


def a_client(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


@pytest.fixture
def desk():
    return a_client(a_coordinator(a_county()))


@pytest.fixture
def elsewhere():
    return a_client(a_member("TOWNSHIP_COORDINATOR", area=a_township(number=109, name="远乡")))


def test_a_stand_in_is_made_listed_and_ended(desk, elsewhere):
    pairing, other = a_pairing(), a_helper()
    days = {"from_date": str(TODAY), "until_date": str(TODAY + DAY)}
    facts = {"pairing": pairing.public_id, "helper": other.public_id} | days
    assert elsewhere.post(f"{API}/stand-ins/", facts, format="json").status_code == 404
    made = desk.post(f"{API}/stand-ins/", facts, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "RUNNING")
    shown = desk.get(f"{API}/pairings/{pairing.public_id}/").json()
    assert (shown["stand_in_name"], shown["helper"]) == (other.name, pairing.helper.public_id)
    assert elsewhere.get(f"{API}/stand-ins/").json()["count"] == 0
    over = desk.post(f"{API}/stand-ins/{made.json()['id']}/cancel/")
    assert (over.json()["state"], StandIn.objects.get().state) == ("OVER", "OVER")


def test_while_somebody_stands_in_the_child_is_theirs_over_the_api_too(desk):
    pairing, other = a_pairing(), a_helper()
    days = {"from_date": str(TODAY), "until_date": str(TODAY + DAY)}
    facts = {"pairing": pairing.public_id, "helper": other.public_id} | days
    made = desk.post(f"{API}/stand-ins/", facts, format="json").json()["id"]

    def named(user):
        client = a_client(user)
        pairings = client.get(f"{API}/pairings/").json()["results"]
        offers = client.get(f"{API}/offers/").json()["results"]
        return [row["child_name"] for row in pairings], [row["child"] for row in offers]

    name, child = pairing.child.name, pairing.child.public_id
    assert named(pairing.helper.user) == ([""], [None])
    assert named(other.user) == ([name], [])
    desk.post(f"{API}/stand-ins/{made}/cancel/")
    assert named(pairing.helper.user) == ([name], [child])
    assert named(other.user) == ([], [])


def test_a_pairing_is_handed_over(desk):
    pairing, other = a_pairing(), a_helper()
    url = f"{API}/pairings/{pairing.public_id}/hand-over/"
    facts = {"helper": other.public_id, "agreed": "说好的"}
    fresh = desk.post(url, facts, format="json").json()
    assert (fresh["helper"], fresh["state"]) == (other.public_id, "ACTIVE")
    assert desk.post(url, facts, format="json").status_code == 409


def test_a_helper_is_released_and_their_history_told(desk, elsewhere):
    pairing = a_pairing()
    a_pairing(a_child(), pairing.helper)
    url = f"{API}/helpers/{pairing.helper.public_id}"
    assert elsewhere.post(f"{url}/release/", {"reason": "调走了"}, format="json").status_code == 404
    assert desk.post(f"{url}/release/", {"reason": "调走了"}, format="json").json() == {"ended": 2}
    moments = desk.get(f"{url}/history/").json()
    assert sorted(one["what"] for one in moments) == ["asked", "asked", "began", "began", "ended", "ended"]


def test_a_renewal_is_shown_and_done(desk):
    pairing = a_pairing(a_child(sex="F"), a_helper(sex="M"))
    url = f"{API}/schemes/{pairing.slot.rule.scheme.public_id}"
    assert desk.get(f"{url}/renewal/").status_code == 409
    with time_machine.travel(NOW + 95 * DAY, tick=False):
        new = a_scheme(now=NOW + 95 * DAY)
        desk = a_client(a_coordinator(a_county()))  # the token has ended meanwhile
        shown = desk.get(f"{url}/renewal/").json()
        hints = [{"pairing": pairing.public_id, "hints": ["man"]}]
        assert shown == {
            "next_scheme": new.public_id, "keeps": [pairing.public_id], "changes": [], "ends": [], "hints": hints,
        }  # fmt: skip
        assert desk.post(f"{url}/renew/").json() == {"kept": 1, "changed": 0, "ended": 0}
    assert Pairing.objects.get().slot.rule.scheme == new


def test_a_question_is_asked_by_the_helper_and_answered_by_the_desk(desk, elsewhere):
    offer = an_offer()
    client = a_client(offer.helper.user)
    made = client.post(f"{API}/offer-questions/", {"offer": offer.public_id, "text": "远吗？"}, format="json").json()
    url = f"{API}/offer-questions/{made['id']}/answer/"
    assert client.post(url, {"text": "不远。"}, format="json").status_code == 403
    assert elsewhere.post(url, {"text": "不远。"}, format="json").status_code == 404
    assert desk.post(url, {"text": f"{offer.child.name}不远。"}, format="json").status_code == 400
    assert desk.post(url, {"text": "不远。"}, format="json").json()["answer"] == "不远。"
    assert client.get(f"{API}/offer-questions/").json()["results"][0]["answer"] == "不远。"
    assert OfferQuestion.objects.get().answered_by is not None


def test_a_helper_says_when_they_are_away():
    helper = a_helper()
    client = a_client(helper.user)
    days = {"from_date": str(TODAY + DAY), "until_date": str(TODAY + 3 * DAY)}
    assert client.post(f"{API}/pause/ask/", days, format="json").json() == days | {"state": "ACTIVE"}
    assert client.post(f"{API}/pause/end/").json()["from_date"] is None
    assert client.get(f"{API}/pause/").json()["until_date"] is None
