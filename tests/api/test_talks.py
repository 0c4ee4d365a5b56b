"""Talk groups over the API: ids for coordinators, given names for the teacher."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from activities.models import TalkPlan
from backend.accounts.models import Role
from backend.roster.models import Child
from tests.factories.readers import a_full_child
from tests.factories.roster import a_child, a_class, a_member, a_school, a_token
from tests.factories.talks import a_plan, a_published_plan, a_teacher, a_term
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


@pytest.fixture
def school():
    return signed_in(a_member(Role.SCHOOL_COORDINATOR, organisation=a_school()))


def test_a_cycle_from_draft_to_held(school):
    a_term()
    one = a_class()
    children = [a_child(school_class=one) for _ in range(7)]
    teacher = a_teacher(one)
    asked = {
        "school_class": one.public_id, "months": ["2026-12-01"], "size": 4,
        "teachers": [{"teacher": teacher.public_id, "most_groups": 4}],
    }  # fmt: skip
    made = school.post("/api/v1/talk-plans/", asked, format="json")
    assert made.status_code == 201
    plan = made.json()
    seats = [seat for group in plan["groups"] for seat in group["seats"]]
    assert {seat["child"] for seat in seats} == {child.public_id for child in children}
    assert (plan["status"], plan["unmet"]) == ("OPTIMAL", [])
    url = f"/api/v1/talk-plans/{plan['id']}/"

    first, second = (group["seats"][0]["id"] for group in plan["groups"])
    swap = {"one": first, "other": second, "version": plan["version"]}
    assert school.post(f"{url}swap/", swap, format="json").json()["hand_edits"] == 1
    assert school.post(f"{url}swap/", swap, format="json").json()["errors"][0]["code"] == "talk_plan.changed"
    assert school.post(f"{url}deal/", {"seed": 5}, format="json").json()["hand_edits"] == 0
    assert school.post(f"{url}publish/").json()["state"] == "PUBLISHED"
    assert school.post(f"{url}drop/").status_code == 409
    assert school.post(f"{url}reopen/").json()["state"] == "DRAFT"
    assert school.get("/api/v1/talk-plans/?state=DRAFT").json()["count"] == 1
    assert (
        school.post("/api/v1/talk-plans/", asked, format="json").json()["errors"][0]["code"] == "talk_plan.draft_exists"
    )


def test_what_is_asked_must_be_the_readers_to_ask(school):
    a_term()
    far = a_class(a_school(name="另一小学"))
    asked = {"school_class": far.public_id, "months": ["2026-12-01"], "teachers": []}
    assert school.post("/api/v1/talk-plans/", asked, format="json").status_code == 404
    here = asked | {"school_class": a_class().public_id}
    assert school.post("/api/v1/talk-plans/", here, format="json").json()["errors"][0]["code"] == "talk_plan.no_teacher"
    unknown = here | {"teachers": [{"teacher": "z" * 16, "most_groups": 1}]}
    assert school.post("/api/v1/talk-plans/", unknown, format="json").status_code == 400
    assert not TalkPlan.objects.exists()


def test_a_teacher_reads_given_names_of_own_groups_only():
    child = a_full_child()
    group = a_published_plan(children=2, teachers=1).groups.get()
    other = a_published_plan(children=3, teachers=1, school_class=a_class(name="四(2)班")).groups.get()
    client = signed_in(group.teacher.user)

    answer = client.get("/api/v1/talk-groups/")
    (row,) = answer.json()["results"]
    assert row["id"] == group.public_id
    assert "欣怡" in row["called"]
    assert child.name not in answer.content.decode()
    assert child.public_id not in answer.content.decode()
    assert client.post(f"/api/v1/talk-groups/{other.public_id}/held/").status_code == 404
    assert client.get("/api/v1/talk-plans/").status_code == 403
    assert client.get("/api/v1/children/").json()["count"] == 0


def test_a_class_says_what_its_next_cycle_takes_and_keeps_wishes(school):
    a_term()
    one = a_class()
    first, second, without = a_child(school_class=one), a_child(school_class=one), a_child(has_consent=False)
    teacher = a_teacher(one)
    a_teacher(one, is_cleared=False)
    (row,) = school.get("/api/v1/talk-classes/").json()["results"]
    assert (row["id"], row["children"]) == (one.public_id, 3)
    url = f"/api/v1/talk-classes/{one.public_id}/"
    file = school.get(url).json()
    assert (set(file["agreed"]), file["teachers"]) == ({first.public_id, second.public_id}, [teacher.public_id])
    assert file["months"][-1] == "2027-01-01"

    wish = {"one": first.public_id, "other": second.public_id, "kind": "APART"}
    made = school.post(f"{url}wish/", wish, format="json")
    assert made.status_code == 201
    assert school.post(f"{url}wish/", wish, format="json").json()["errors"][0]["code"] == "talk_wish.there"
    assert school.post(f"{url}wish/", wish | {"one": without.public_id}, format="json").status_code == 404
    (noted,) = made.json()["wishes"]
    # She moves on: the wish is listed no more, and can still be taken back.
    Child.objects.filter(pk=second.pk).update(school_class=None)
    assert school.post(f"{url}forget-wish/", {"wish": noted["id"]}, format="json").json()["wishes"] == []


def test_a_class_elsewhere_and_its_wishes_are_not_there(school):
    far = a_class(a_school(name="另一小学"))
    a_child(school=far.school, school_class=far)
    url = f"/api/v1/talk-classes/{far.public_id}/"
    assert school.get("/api/v1/talk-classes/").json()["count"] == 0
    assert school.get(url).status_code == 404
    assert school.post(f"{url}wish/", {"one": "x", "other": "y", "kind": "APART"}, format="json").status_code == 404


def test_a_swap_is_priced_before_it_is_made(school):
    plan = a_plan(children=7)
    one, other = (group.seats.first() for group in plan.groups.order_by("pk")[:2])
    url = f"/api/v1/talk-plans/{plan.public_id}/swap/?one={one.public_id}&other="

    effect = school.get(url + other.public_id).json()

    assert set(effect) == {"repeats", "wishes", "mix"} and all(len(values) == 2 for values in effect.values())
    together = one.group.seats.exclude(pk=one.pk).first()
    assert school.get(url + together.public_id).json()["errors"][0]["code"] == "talk_seat.cannot_swap"
    assert school.get(url).status_code == 404
    plan.refresh_from_db()
    assert plan.hand_edits == 0


def test_who_is_left_out_comes_with_why_and_what_alone_would_help(school):
    a_term()
    one = a_class()
    for _ in range(9):
        a_child(school_class=one)
    teacher = a_teacher(one)
    asked = {
        "school_class": one.public_id, "months": ["2026-12-01"], "size": 3,
        "teachers": [{"teacher": teacher.public_id, "most_groups": 1}],
    }  # fmt: skip

    plan = school.post("/api/v1/talk-plans/", asked, format="json").json()

    short = plan["shortage"]
    assert short["places"] < short["needed"]
    assert plan["unmet"]
    best = short["remedies"][0]
    assert (best["kind"], best["teachers"]) == ("LIMIT", [teacher.public_id])
    assert 0 < best["children"] <= len(plan["unmet"])


def test_a_whole_school_is_planned_class_by_class(school):
    a_term()
    one, other = a_class(), a_class(name="四(2)班")
    for has_consent in (True, True, True, False):
        a_child(school_class=one, has_consent=has_consent)
    a_child(school_class=other)
    a_teacher(one)
    rows = school.get("/api/v1/talk-classes/").json()["results"]
    assert [(row["children"], row["may_take_part"]) for row in rows] == [(4, 3), (1, 1)]

    made = school.post(
        "/api/v1/talk-rounds/", {"school": a_school().public_id, "months": ["2026-12-09"]}, format="json"
    )

    assert made.status_code == 201 and made.json()["months"] == ["2026-12-01"]
    assert [row["state"] for row in made.json()["classes"]] == ["WAITING", "WAITING"]
    do_background_work()
    told = school.get(f"/api/v1/talk-rounds/{made.json()['id']}/").json()
    assert told["state"] == "DONE"
    assert [(row["school_class"], row["state"], row["problem"], bool(row["plan"])) for row in told["classes"]] == [
        (one.public_id, "PLANNED", "", True),
        (other.public_id, "NOT", "talk_plan.no_teacher", False),
    ]
    assert school.get("/api/v1/talk-rounds/").json()["count"] == 1


def test_a_round_names_one_place_of_the_readers(school):
    a_term()
    a_child(school_class=a_class())
    both = {"school": a_school().public_id, "township": a_school().area.public_id, "months": ["2026-12-01"]}
    for asked, status in (({"months": ["2026-12-01"]}, 400), (both, 400), (both | {"school": "x"}, 400)):
        assert school.post("/api/v1/talk-rounds/", asked, format="json").status_code == status
    whole = {"township": a_school().area.public_id, "months": ["2026-12-01"]}
    assert school.post("/api/v1/talk-rounds/", whole, format="json").status_code == 403
