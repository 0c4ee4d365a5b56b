"""One key, one effect: kept answers, other bodies, secrets, and grants that ended."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import ApiToken, Role
from backend.api.models import KeptAnswer
from backend.roster.models import Reveal
from matching.models import Offer
from tests.factories.matching import a_scheme, an_offer
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import a_coordinator, a_county, a_helper, a_school, a_token

pytestmark = pytest.mark.django_db


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def post(client, path, body, key="once"):
    return client.post(f"/api/v1/{path}", body, format="json", headers={"Idempotency-Key": key})


def test_a_secret_is_answered_once_and_made_once():
    client = client_of(a_coordinator())
    first = post(client, "tokens/", {"label": "x"})
    again = post(client, "tokens/", {"label": "x"})

    assert first.status_code == 201
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "idempotency.answered_once")
    assert ApiToken.objects.filter(label="x").count() == 1
    assert first.json()["secret"] not in str(list(KeptAnswer.objects.values_list("body", flat=True)))


def test_a_revealed_field_is_not_answered_again_to_whoever_lost_the_child():
    place = a_neighbourhood()
    user = place.users[Role.SCHOOL_COORDINATOR]
    client = client_of(user)
    path, body = f"children/{place.child.public_id}/reveal/", {"field": "id_number", "reason": "核对身份信息，补录台账"}
    assert post(client, path, body).status_code == 200

    user.memberships.update(organisation=a_school(place.stranger.village, name="另一所"))
    again = post(client, path, body)

    assert again.status_code in {404, 409, 422}
    assert "5299" not in again.content.decode()
    assert Reveal.objects.count() == 1


def test_no_file_lies_open_among_the_kept_answers():
    place = a_neighbourhood()
    client = client_of(place.users[Role.TOWNSHIP_COORDINATOR])
    path, body = f"children/{place.child.public_id}/close/", {"state": "MOVED", "reason": "搬到县城"}

    assert post(client, path, body).status_code == 200
    assert post(client, path, body).json()["errors"][0]["code"] == "idempotency.answered_once"

    assert SECRETS["address"] not in str(list(KeptAnswer.objects.values_list("body", flat=True)))


def test_a_failed_request_may_be_tried_again():
    offer = an_offer(helper=a_helper())
    client = client_of(offer.helper.user)
    Offer.objects.filter(pk=offer.pk).update(expires_at=offer.sent_at.replace(year=2027))
    refused = post(client, f"offers/{offer.public_id}/decline/", {"reason": "NONE"})
    accepted = post(client, f"offers/{offer.public_id}/decline/", {"reason": "OTHER"})

    assert (refused.status_code, accepted.status_code) == (400, 200)


@pytest.mark.django_db(transaction=True)
def test_long_work_keeps_its_answer_too_and_forgets_a_failure():
    client = client_of(a_coordinator(a_county()))
    a_scheme()
    first = post(client, "proposals/zzzzzzzzzzzzzzzz/publish/", {})
    again = post(client, "proposals/zzzzzzzzzzzzzzzz/publish/", {})

    assert (first.status_code, again.status_code) == (404, 404)
    assert not KeptAnswer.objects.exists()


def test_a_key_still_running_says_so():
    user = a_coordinator()
    client = client_of(user)
    from django.utils import timezone

    KeptAnswer.objects.create(user=user, key="once", request_hash="x", status=0, created_at=timezone.now())

    answer = post(client, "proposals/zzzzzzzzzzzzzzzz/publish/", {})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "idempotency.still_running")
