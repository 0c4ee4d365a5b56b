"""Applying from the child's page and checking on the list, with another village's child that must not show."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Role
from backend.roster.models import Membership
from matching.models import Application, Scheme
from tests.factories.matching import a_scheme
from tests.factories.roster import NOW, a_checker, a_child, a_coordinator, a_member, a_village


@pytest.fixture
def director(visitor):
    a_scheme()
    return visitor(a_member(Role.VILLAGE_DIRECTOR, area=a_village()))


def apply_from_page(client, child):
    scheme = Scheme.objects.get(key="daily-guardian")
    said = {"scheme": scheme.public_id, "reason": "单亲，奶奶病重"}
    return client.post(f"/children/{child.public_id}/apply/", said, follow=True)


def test_a_director_applies_and_two_of_the_county_check(director, visitor):
    child = a_child()
    assert "申请指派" in director.get(f"/children/{child.public_id}/").content.decode()
    assert "已提出申请" in apply_from_page(director, child).content.decode()
    one = Application.objects.get()
    address = f"/applications/{one.public_id}/check/"

    assert director.post(address, {"body": "BUREAU", "is_fine": "yes"}).status_code == 404
    assert "没有写代表哪个单位" in visitor(a_coordinator()).get("/applications/").content.decode()
    user = a_checker("ASSOCIATION")
    county = visitor(user)
    assert child.name in county.get("/applications/").content.decode()
    assert "请选代表哪个单位" in county.post(address, {}, follow=True).content.decode()
    county.post(address, {"body": "ASSOCIATION", "is_fine": "yes"})
    assert "不代表这个单位" in county.post(address, {"body": "BUREAU", "is_fine": "yes"}, follow=True).content.decode()
    Membership.objects.filter(user=user).update(body="BUREAU")
    assert "已经核查过" in county.post(address, {"body": "BUREAU", "is_fine": "yes"}, follow=True).content.decode()
    visitor(a_checker("BUREAU")).post(address, {"body": "BUREAU", "is_fine": "yes", "note": "属实"})

    one.refresh_from_db()
    assert one.state == "CHECKED"
    assert "属实" in director.get("/applications/?state=CHECKED").content.decode()
    director.post(f"/applications/{one.public_id}/withdraw/")
    assert Application.objects.get().state == "WITHDRAWN"


def test_another_villages_child_is_neither_shown_nor_applied_for(director):
    scheme = Scheme.objects.get(key="daily-guardian")
    stranger = a_child("欧阳陌生", village=a_village(number=202, name="别的村"))
    one = Application.objects.create(
        child=stranger, scheme=scheme, reason="别村的事", applied_by=a_coordinator(), applied_at=NOW
    )

    page = director.get("/applications/").content.decode()
    assert "欧阳" not in page
    assert "别村的事" not in page
    assert apply_from_page(director, stranger).status_code == 404
    assert director.post(f"/applications/{one.public_id}/withdraw/").status_code == 404


def test_the_list_takes_as_many_queries_for_three_as_for_one(director, visitor):
    county = visitor(a_coordinator())

    def queries():
        with CaptureQueriesContext(connection) as seen:
            county.get("/applications/")
        return len(seen)

    apply_from_page(director, a_child())
    county.get("/applications/")
    with_one = queries()
    apply_from_page(director, a_child())
    apply_from_page(director, a_child())
    assert queries() == with_one
