"""The bar above every page finds children, helpers, schools and townships, within the reader's scope."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper, a_school, a_township, a_village


@pytest.fixture
def desk(visitor):
    return visitor(a_coordinator(a_county()))


def found(client, q):
    page = client.get("/find/", {"q": q})
    assert page.status_code == 200
    return page.content.decode().split('<main id="main">')[1]


@pytest.mark.parametrize("q", ["安", "an"])
def test_names_and_pinyin_find_people_and_places(desk, q):
    village = a_village(a_township(number=117, name="安乐镇"), number=301, name="西村")
    a_child("安小宁"), a_helper("安老师"), a_school(village, name="安乐小学")
    text = found(desk, q)
    assert all(name in text for name in ("安小宁", "安老师", "安乐小学", "安乐镇"))


def test_many_are_counted_and_lead_to_the_whole_list(desk):
    for number in range(9):
        a_child(f"袁小{number}")
    text = found(desk, "袁小")
    assert "全部 9 名" in text and text.count('class="who"') == 8


def test_nothing_found_says_so_and_an_empty_search_says_what_to_write(desk):
    assert "没有叫“不存在”的" in found(desk, "不存在")
    assert "写姓名、拼音、学校或乡镇" in found(desk, "")


def test_looking_leaves_no_trace_shows_no_secret_and_ends_at_the_scope(visitor):
    place = a_neighbourhood()
    text = found(visitor(place.users[Role.TOWNSHIP_COORDINATOR]), place.child.name)
    assert place.child.name in text
    assert [name for name, value in SECRETS.items() if value in text] == []
    assert not AuditEntry.objects.filter(verb__startswith="child.").exists()
    elsewhere = a_coordinator(a_township(number=118, name="别的镇"))
    assert f">{place.child.name}</a>" not in found(visitor(elsewhere), place.child.name)
    assert visitor(place.users[Role.TEACHER]).get("/find/?q=x").status_code == 404
