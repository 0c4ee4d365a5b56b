"""A study buddy: matched over the API, put to the class teacher, accepted, and in the teacher's calendar."""

from __future__ import annotations

import pytest
from django.core import mail
from rest_framework.test import APIClient

from activities.models import Duty
from backend.roster.models import TeachingPost
from matching.models import Scheme
from tests.factories.matching import a_scheme
from tests.factories.roster import a_child, a_class, a_coordinator, a_county, a_helper, a_token
from tests.scenarios.background import do_background_work
from tests.scenarios.test_main_line import post, start

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def test_from_a_run_to_the_teachers_calendar():
    a_scheme()
    child, buddy = a_child("钱学习", needs=["学习辅导"]), a_child("孙帮手")
    teacher = a_helper("周老师")
    TeachingPost.objects.create(helper=teacher, school_class=a_class(), is_head=True)
    coordinator = client_of(a_coordinator(a_county()))

    run = start(coordinator, Scheme.objects.get(key="study-buddy"))
    assert (run["state"], run["solver_status"], run["counts"]["filled"]) == ("DONE", "OPTIMAL", 1)
    preview = coordinator.get(f"/api/v1/proposals/{run['proposal']}/publish-preview/").json()
    assert (preview["people"], preview["without_address"]) == (1, 0), "the teacher is asked, and has an address"
    assert post(coordinator, f"proposals/{run['proposal']}/publish/").json()["offers"] == 1
    do_background_work()

    assert [message.to for message in mail.outbox] == [[teacher.email]]
    said = mail.outbox[0].subject + mail.outbox[0].body
    assert "钱同学和孙同学" in said
    assert child.name not in said
    assert buddy.name not in said
    teachers = client_of(teacher.user)
    offer = teachers.get("/api/v1/offers/").json()["results"][0]
    assert (offer["helper"], offer["child"], offer["child_name"], offer["buddy_name"]) == (
        teacher.public_id, None, "钱同学", "孙同学",
    )  # fmt: skip

    pairing = post(teachers, f"offers/{offer['id']}/accept/").json()
    do_background_work()

    assert (pairing["child_name"], pairing["buddy_name"]) == (child.name, buddy.name)
    assert teachers.get(f"/api/v1/children/{buddy.public_id}/").status_code == 404
    assert teachers.get(f"/api/v1/children/{child.public_id}/").status_code == 200
    duty = Duty.objects.get()
    assert (duty.helper, duty.child, duty.kind) == (teacher, child, Duty.Kind.FIRST_MEETING)
    assert "碰一次头" in mail.outbox[-1].body
    feed = post(teachers, "feeds/", {"label": "手机"}).json()
    calendar = APIClient().get(feed["url"].removeprefix("http://testserver"))
    body = calendar.content.decode().replace("\r\n ", "")
    assert "学习帮手碰头" in body
    assert "家访" not in body.split("BEGIN:VEVENT")[1]
    assert [row["id"] for row in coordinator.get("/api/v1/helpers/").json()["results"]] == [teacher.public_id]
