"""角色授权: what two administrators see and do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Role, User
from backend.roster.models import GrantProposal, Membership
from tests.factories.roster import NOW, a_county, a_member, a_school, a_township, a_user, a_village, timedelta


@pytest.fixture
def admins(visitor):
    users = [a_member(Role.ADMIN, display_name=name) for name in ("管理员甲", "管理员乙")]
    return [visitor(user) for user in users]


def a_form(**options):
    facts = {"email": "wang@example.org", "name": "王敏", "role": "COUNTY_COORDINATOR", "place": "529901"}
    return facts | {"until": "2027-11-01", "reason": "县里的任命"} | options


def test_one_proposes_the_other_confirms_and_takes_back(admins, visitor):
    a_county()
    first, second = admins
    page = first.post("/system/grants/new/", a_form(), follow=True).content.decode()
    assert "已提议" in page
    assert "确认授予" not in page  # for whoever proposed
    row = GrantProposal.objects.get()
    first.post(f"/system/grants/proposed/{row.public_id}/confirm/")
    assert not Membership.objects.filter(user=row.user).exists()

    assert "确认授予" in second.get("/system/grants/").content.decode()
    page = second.post(f"/system/grants/proposed/{row.public_id}/confirm/", follow=True).content.decode()
    assert "已授予" in page
    assert "管理员甲、管理员乙" in page
    granted = Membership.objects.get(user=row.user)
    assert granted.expires_at.isoformat() == "2027-11-01T16:00:00+00:00"  # that day still counts
    client = visitor(User.objects.get(email="wang@example.org"))
    User.objects.update(needs_second_factor=False)
    assert client.get("/today/").status_code == 200

    assert first.post(f"/system/grants/{granted.public_id}/revoke/", {"reason": ""}).status_code == 200
    first.post(f"/system/grants/{granted.public_id}/revoke/", {"reason": "已经调走"})
    assert client.get("/today/").status_code == 404
    assert "已经调走" in first.get("/system/grants/?which=over").content.decode()


def test_a_grant_says_for_which_body_and_only_a_countys(admins):
    a_county()
    a_township()
    first, second = admins
    page = first.post("/system/grants/new/", a_form(role="TOWNSHIP_COORDINATOR", place="529901101", body="BUREAU"))
    assert "只有县级协调员" in page.content.decode()
    first.post("/system/grants/new/", a_form(body="BUREAU"))
    row = GrantProposal.objects.get()
    second.post(f"/system/grants/proposed/{row.public_id}/confirm/")

    assert Membership.objects.get(user=row.user).body == "BUREAU"
    assert "（教育局）" in first.get("/system/grants/").content.decode()


def test_a_no_needs_its_reason(admins):
    a_county()
    first, second = admins
    first.post("/system/grants/new/", a_form())
    row = GrantProposal.objects.get()
    address = f"/system/grants/proposed/{row.public_id}/refuse/"
    assert "收回提议" in first.get(address).content.decode()
    assert second.post(address, {"reason": ""}).status_code == 200
    assert second.post(address, {"reason": "人不对"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "REFUSED"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"place": "没有这个县"}, "没有找到"),
        ({"role": "TOWNSHIP_COORDINATOR", "place": "中心镇"}, "好几处"),
        ({"role": "AUDITOR", "place": ""}, None),
        ({"role": "COUNTY_COORDINATOR", "place": ""}, "不能"),
        ({"until": "2029-01-01"}, "十二个月"),
        ({"reason": ""}, "为什么"),
    ],
)
def test_what_is_wrong_is_said_in_place(admins, options, sentence):
    a_county()
    for number, county in ((105, a_county()), (106, a_county("529902", "云河县"))):
        a_township(county, number=number, name="中心镇")
    answer = admins[0].post("/system/grants/new/", a_form(**options))
    if sentence is None:
        assert answer.status_code == 302
        return
    assert sentence in answer.content.decode()
    assert not GrantProposal.objects.exists()
    assert not User.objects.filter(email="wang@example.org").exists()


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("TOWNSHIP_COORDINATOR", "土城镇"),
        ("VILLAGE_DIRECTOR", "土城镇 水狮坝村"),
        ("SCHOOL_COORDINATOR", "水狮坝村 土城小学"),
        ("SCHOOL_COORDINATOR", "土城小学"),
    ],
)
def test_a_place_is_named_as_people_name_it(admins, role, place):
    a_school(a_village())
    assert admins[0].post("/system/grants/new/", a_form(role=role, place=place)).status_code == 302
    assert GrantProposal.objects.get().role == role


def test_a_renewal_is_filled_in_and_begins_when_the_old_one_ends(admins):
    school = a_school()
    user = a_member(Role.SCHOOL_COORDINATOR, organisation=school, email="feng@example.org")
    row = Membership.objects.get(user=user)
    page = admins[0].get(f"/system/grants/new/?renew={row.public_id}").content.decode()
    assert "feng@example.org" in page
    assert f"水狮坝村 {school.name}" in page
    until = (row.expires_at + timedelta(days=300)).date().isoformat()
    form = a_form(email="feng@example.org", role="SCHOOL_COORDINATOR", place=f"水狮坝村 {school.name}", until=until)
    admins[0].post(f"/system/grants/new/?renew={row.public_id}", form)
    assert GrantProposal.objects.get().starts_at == row.expires_at


def test_the_list_is_filtered(admins):
    names = {
        "周敏敏": a_member(Role.COUNTY_COORDINATOR, area=a_county(), display_name="周敏敏"),
        "郑乡干": a_member(Role.TOWNSHIP_COORDINATOR, area=a_township(), display_name="郑乡干"),
    }
    Membership.objects.filter(user=names["郑乡干"]).update(expires_at=NOW + timedelta(days=9))

    def shown(query):
        text = admins[0].get(f"/system/grants/?{query}").content.decode()
        return {name for name in names if name in text}

    assert shown("") == set(names)
    assert shown("role=COUNTY_COORDINATOR") == {"周敏敏"}
    assert shown("which=soon") == shown("q=土城") == {"郑乡干"}
    assert shown("which=over") == set()
    assert shown("q=周敏敏") == {"周敏敏"}


def test_a_list_of_three_asks_no_more_than_one_of_one(admins):
    admins[0].get("/system/grants/")  # what only the first page asks
    counts = []
    for number in (1, 2):
        for _each in range(number):
            a_member(Role.SCHOOL_COORDINATOR, organisation=a_school())
        with CaptureQueriesContext(connection) as queries:
            admins[0].get("/system/grants/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_nobody_else_opens_it(visitor):
    row = Membership.objects.get(user=a_member(Role.ADMIN))
    for user in (a_member(Role.COUNTY_COORDINATOR, area=a_county()), a_member(Role.AUDITOR), a_user()):
        client = visitor(user)
        assert client.get("/system/grants/").status_code == 404
        assert client.post("/system/grants/new/", a_form()).status_code == 404
        assert client.post(f"/system/grants/{row.public_id}/revoke/", {"reason": "x"}).status_code == 404
