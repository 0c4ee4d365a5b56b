"""手改 on the page: all rows of a filtered list, told before how many, and taken back in one step."""

from __future__ import annotations

import pytest

from backend.accounts.models import Role
from backend.web.coordinator import draft_page
from backend.web.shared import counted
from matching.models import ProposedPair
from matching.services.filtered_edits import listed
from matching.services.hand_edits import lock_pair
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper
from tests.matching.test_publishing import a_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(visitor):
    return visitor(a_coordinator(a_county()))


@pytest.fixture
def draft(monkeypatch):
    monkeypatch.setattr(draft_page, "PAGE_SIZE", 2)
    return a_draft(
        *((a_child(f"高{n}", level=4), a_helper(), a_helper(role=Role.CADRE)) for n in range(2)),
        (a_child("低一", level=3), a_helper(), a_helper(role=Role.CADRE)),
    )


def rows_of(draft, **which):
    return ProposedPair.objects.filter(proposal=draft, **which)


def url_of(draft, rest=""):
    return f"/proposals/{draft.public_id}/{rest}"


def seen(draft, **which):
    return str(listed(rows_of(draft, **which)))


def test_the_page_offers_all_rows_of_the_filter_where_there_is_another_page(county, draft):
    text = county.get(url_of(draft, "?level=4")).content.decode()
    assert "不只这一页的 2 行，选中全部 4 行" in text and f'value="{seen(draft, child__heart_level=4)}"' in text
    assert "选中全部" not in county.get(url_of(draft, "?level=3")).content.decode()


def test_all_rows_of_the_filter_are_locked_and_unlocked_by_one_click(county, draft):
    sent = {"what": "lock", "back": "level=4", "listed": seen(draft, child__heart_level=4)}
    answer = county.post(url_of(draft, "edit/"), sent)
    assert answer["Location"] == url_of(draft, "?level=4")
    assert set(rows_of(draft, is_locked=True).values_list("child__heart_level", flat=True)) == {4}
    text = county.get(url_of(draft, "?level=4")).content.decode()
    assert "锁定了 4 个名额" in text and "，还有 1 处" in text
    text = county.post(url_of(draft, "undo/"), {"back": "level=4"}, follow=True).content.decode()
    assert "已撤销，4 个名额恢复原样" in text
    assert not rows_of(draft, is_locked=True).exists()


def test_a_list_that_changed_meanwhile_is_said_and_left_alone(county, draft):
    sent = {"what": "lock", "back": "level=4", "listed": seen(draft, child__heart_level=4)}
    first = rows_of(draft, child__heart_level=4).first()
    lock_pair(pair=first, is_locked=True, version=1, actor=a_coordinator(), now=NOW)
    text = county.post(url_of(draft, "edit/"), sent, follow=True).content.decode()
    assert "列表变了" in text and "现在有 4 个名额" in text
    assert rows_of(draft, is_locked=True).count() == 1


def test_taking_all_of_a_list_off_is_asked_first_and_the_number_typed(county, draft, monkeypatch):
    monkeypatch.setattr(counted, "TYPE_THE_NUMBER_ABOVE", 3)
    rows_of(draft, child__name="高0", slot__rule__key="cadre").update(origin="KEPT")
    sent = {"what": "take_off", "back": "level=4", "listed": seen(draft, child__heart_level=4)}
    assert county.post(url_of(draft, "edit/"), sent)["Location"] == url_of(draft, "take-off/?level=4")
    rows_of(draft, child__name="高0", slot__rule__key="cadre").update(origin="SOLVER")
    page = url_of(draft, "take-off/?level=4")
    text = county.get(page).content.decode()
    assert "撤下 4 个名额" in text and "高0·" in text and "请输入 4" in text
    told = {"seen": 4, "seen_list": seen(draft, child__heart_level=4)}

    assert "请输入 4" in county.post(page, told | {"number": 3}).content.decode()
    assert not rows_of(draft, helper=None).exists()
    answer = county.post(page, told | {"number": 4})

    assert answer["Location"] == url_of(draft, "?level=4")
    assert rows_of(draft, helper=None).count() == 4
    assert "这里没有可以撤下的名额" in county.get(page).content.decode()


def test_taking_off_a_list_that_changed_meanwhile_is_shown_anew(county, draft):
    told = {"seen": 4, "seen_list": seen(draft, child__heart_level=4)}
    first = rows_of(draft, child__heart_level=4).first()
    lock_pair(pair=first, is_locked=True, version=1, actor=a_coordinator(), now=NOW)
    text = county.post(url_of(draft, "take-off/?level=4"), told).content.decode()
    assert "刚才有变动，请再看一遍" in text and seen(draft, child__heart_level=4) in text
    assert not rows_of(draft, helper=None).exists()


def test_all_rows_are_not_swapped_and_nothing_else_is_taken_for_a_list(county, draft):
    sent = {"what": "swap", "listed": seen(draft)}
    assert "先选中两行" in county.post(url_of(draft, "edit/"), sent, follow=True).content.decode()
    sent = {"what": "lock", "listed": "6:6"}
    assert "先在左边选几行" in county.post(url_of(draft, "edit/"), sent, follow=True).content.decode()


@pytest.mark.parametrize("role", [Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR, Role.TEACHER])
def test_only_the_county_takes_a_list_off(visitor, draft, role):
    client = visitor(a_neighbourhood().users[role])
    assert client.get(url_of(draft, "take-off/")).status_code in {403, 404}
    assert client.post(url_of(draft, "edit/"), {"what": "lock", "listed": seen(draft)}).status_code in {403, 404}
    assert not rows_of(draft, is_locked=True).exists()
