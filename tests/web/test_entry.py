"""Entering and changing people on pages: one row of the sheet as a form."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.roster.models import Child, Clearance, Helper
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import a_clearance, a_coordinator, a_helper, a_school, a_township, a_village

A_CHILD = {"name": "袁小禾", "sex": "女", "id_number": "529981201603051228"}
A_CHECK = {
    "clearance.result": "无记录", "clearance.issuer": "清溪县公安局", "clearance.issued_date": "2026-11-20",
    "clearance.expires_date": "2027-11-19",
}  # fmt: skip


@pytest.fixture
def place():
    return a_neighbourhood()


@pytest.fixture
def desk(visitor, place):
    return visitor(place.users[Role.TOWNSHIP_COORDINATOR])


def a_child_form(**changes):
    return A_CHILD | {"village": a_village().public_id, "school": a_school().public_id} | changes


def a_helper_form(**changes):
    facts = {
        "name": "何国平",
        "sex": "女",
        "roles": ["教师"],
        "unit": a_school().public_id,
        "email": "he@qianshou.example",
    }
    return facts | changes


def as_shown(client, path):
    """What a browser would send back unchanged."""
    form = client.get(path).context["form"]
    return {bound.name: bound.value() for bound in form if bound.value() not in (None, "")} | {
        name: "" for name in form.fields if form[name].value() in (None, "") and name not in ("roles", "skills")
    }


def test_a_child_is_entered_on_a_page(desk):
    answer = desk.post("/children/new/", a_child_form(**{"carer.kind": "委托监护人", "carer.name": "袁桂英"}))
    child = Child.objects.get(name="袁小禾")
    assert answer["Location"] == f"/children/{child.public_id}/"
    assert (str(child.birth_date), child.school, child.guardians.get().kind) == ("2016-03-05", a_school(), "DELEGATED")


def test_an_error_stands_beside_its_field_and_begins_with_how_to_mend_it(desk):
    text = desk.post("/children/new/", a_child_form(id_number="529981201603051229", **{"father.phone": "123"}))
    form = text.context["form"]
    assert form.errors["id_number"][0].startswith("请对照证件")
    assert {"father.phone", "father.name"} & set(form.errors)
    assert 'value="袁小禾"' in text.content.decode()
    opened = {group.title: group.is_open for group in text.context["groups"]}
    assert (opened["父亲"], opened["母亲"]) == (True, False)
    assert not Child.objects.filter(name="袁小禾").exists()


def test_a_look_alike_is_shown_and_waits_for_the_tick(desk):
    desk.post("/children/new/", a_child_form())
    first = Child.objects.get(name="袁小禾")
    twin = a_child_form(name="袁晓禾", id_number="", birth_date="2016-03-05")

    asked = desk.post("/children/new/", twin)
    text = asked.content.decode()
    assert ("袁小禾" in text, f"/children/{first.public_id}/" in text) == (True, True)
    assert 'name="unlike"' in text
    assert "checked" not in text.partition('name="unlike"')[2][:80]
    assert "没有另建" in desk.post("/children/new/", a_child_form()).content.decode()
    assert desk.post("/children/new/", twin | {"unlike": first.public_id}).status_code == 302


def test_only_the_coordinators_places_can_be_chosen(desk, place):
    other = a_village(a_township(number=109, name="水田乡"), number=209, name="水田村")
    page = desk.get("/children/new/").content.decode()
    assert a_village().public_id in page
    for village in (other, place.stranger.village):
        assert village.public_id not in page
        assert "village" in desk.post("/children/new/", a_child_form(village=village.public_id)).context["form"].errors
    assert place.stranger.school.public_id not in desk.get("/helpers/new/").content.decode()


def test_a_helper_is_entered_changed_and_left_alone_where_nothing_was_changed(desk):
    desk.post("/helpers/new/", a_helper_form(id_number="529981198504171422", address="三组 12 号", total_limit="3"))
    helper = Helper.objects.get(name="何国平")
    path = f"/helpers/{helper.public_id}/edit/"
    page = desk.get(path).content.decode()
    assert "529981198504171422" not in page
    assert "三组 12 号" not in page

    assert desk.post(path, as_shown(desk, path)).status_code == 302
    helper.refresh_from_db()
    assert helper.version == 1

    desk.post(path, as_shown(desk, path) | {"roles": ["教师", "志愿者"], "hours": "周三 全天", "total_limit": ""})
    helper.refresh_from_db()
    assert (helper.version, helper.total_limit, helper.address) == (2, 2, "三组 12 号")
    assert {row.role for row in helper.roles.all()} == {"TEACHER", "VOLUNTEER"}


def test_pausing_takes_a_reason_and_a_late_editor_is_told(desk):
    helper = a_helper("何国平")
    path = f"/helpers/{helper.public_id}/edit/"
    sent = as_shown(desk, path) | {"state": "暂停"}

    assert "原因" in str(desk.post(path, sent).context["form"].non_field_errors())
    assert desk.post(path, sent | {"reason": "产假"}).status_code == 302
    assert desk.post(path, sent | {"reason": "产假", "state": "离开"}).context["form"].non_field_errors()
    helper.refresh_from_db()
    assert (helper.state, helper.version) == ("PAUSED", 2)


def test_a_helper_of_another_place_has_no_pages(desk, place):
    far = a_helper("何远方", village=place.stranger.village, unit=place.stranger.school)
    check = far.clearances.get().public_id
    for path in ("edit/", "clearances/"):
        assert desk.get(f"/helpers/{far.public_id}/{path}").status_code == 404
        assert desk.post(f"/helpers/{far.public_id}/{path}", A_CHECK).status_code == 404
    assert desk.post(f"/helpers/{far.public_id}/clearances/{check}/confirm/").status_code == 404


def test_a_check_is_recorded_on_one_desk_and_confirmed_on_another(desk, visitor):
    helper, second = a_helper("何国平", is_cleared=False), visitor(a_coordinator())
    path = f"/helpers/{helper.public_id}/"
    late = desk.post(f"{path}clearances/", A_CHECK | {"clearance.expires_date": "2028-01-01"})
    assert "clearance.expires_date" in late.context["form"].errors
    assert len(desk.post(f"{path}clearances/", {"clearance.result": "无记录"}).context["form"].errors) == 3
    assert desk.post(f"{path}clearances/", A_CHECK).status_code == 302
    assert desk.post(f"{path}clearances/", A_CHECK).context["form"].non_field_errors()
    row = Clearance.objects.get(helper=helper)
    confirm = f"{path}clearances/{row.public_id}/confirm/"

    assert confirm not in desk.get(path).content.decode()
    desk.post(confirm)
    row.refresh_from_db()
    assert row.confirmed_at is None

    assert confirm in second.get(path).content.decode()
    second.post(confirm)
    row.refresh_from_db()
    assert row.confirmed_at is not None


def test_the_page_offers_no_confirming_of_ones_own_check(visitor):
    mine = a_coordinator()
    helper = a_helper("何国平", is_cleared=False)
    row = a_clearance(helper, confirmed_at=None, confirmed_by=None, recorded_by=a_coordinator())
    Helper.objects.filter(pk=helper.pk).update(user=mine)
    assert row.public_id not in visitor(mine).get(f"/helpers/{helper.public_id}/").content.decode()
