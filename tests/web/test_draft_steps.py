"""手改 on the page: what a swap costs, why it is refused, what the button of the latest step takes back, and why off."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from backend.accounts.models import Role
from matching.models import PairEdit, ProposedPair
from matching.services.hand_edits import take_off
from tests.factories.matching import an_offer
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_school, a_township, a_village
from tests.matching.test_publishing import a_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(visitor):
    return visitor(a_coordinator(a_county()))


@pytest.fixture
def draft():
    return a_draft(*((a_child(name), a_helper(f"{name}的老师"), None) for name in ("甲某", "乙某")), is_bundled=False)


def teachers(draft):
    return list(ProposedPair.objects.filter(proposal=draft, slot__rule__key="teacher").order_by("pk"))


def url_of(draft, rest=""):
    return f"/proposals/{draft.public_id}/{rest}"


def post(client, draft, what, **more):
    rows = [f"{pair.public_id}:{pair.version}" for pair in teachers(draft)]
    answer = client.post(url_of(draft, "edit/"), {"what": what, "pairs": rows} | more, follow=True)
    return answer.content.decode()


def undo(client, draft, **more):
    return client.post(url_of(draft, "undo/"), more, follow=True).content.decode()


def undo_button(text):
    """(step, words) of the button."""
    return re.search(r'name="batch" value="(\w+)"><button[^>]*>([^<]+)<', text).groups()


def test_a_swap_says_what_it_does_to_the_fit_of_the_two(county, draft):
    draft.pairs.update(fit=400)
    text = post(county, draft, "swap")
    after = round(sum(pair.fit for pair in teachers(draft)) / 10)
    assert after != 80
    change = f"多 {after - 80} 分" if after > 80 else f"少 {80 - after} 分"
    assert f"两对的契合一共 80 → {after} 分，{change}" in text


def test_a_swap_back_says_that_nothing_is_lost(county, draft):
    post(county, draft, "swap")
    assert "分，和对调前一样。" in post(county, draft, "swap")


def test_the_question_before_a_swap_says_what_it_costs(county):
    draft = a_draft(
        (a_child("甲某", sex="F"), a_helper("女老师", sex="F"), None),
        (a_child("乙某", sex="M"), a_helper("男老师", sex="M"), None), is_bundled=False,
    )  # fmt: skip
    text = post(county, draft, "swap")
    assert "女童没有女性" in text and re.search(r"契合 50 → \d+", text)
    assert re.search(r"两对的契合一共 (100 → )?\d+ 分，", text)


def test_a_refused_swap_names_the_child_and_the_rule(county, draft):
    first, second = teachers(draft)
    second.child.exclusions.create(helper=first.helper, reason="KIN")
    text = post(county, draft, "swap")
    assert "没有对调：甲某的老师不能做乙某的监管教师，登记为不可结对" in text
    assert [pair.helper for pair in teachers(draft)] == [first.helper, second.helper]


def test_a_swap_out_of_reach_names_the_child_too(county):
    far = a_village(a_township(number=109, name="桑木镇"), number=209, name="青杠坡村")
    stranger = a_helper("远的老师", unit=a_school(far, name="桑木小学"), village=far)
    near = a_helper("近的老师")
    draft = a_draft((a_child("甲某"), near, None), (a_child("乙某"), stranger, None), is_bundled=False)
    text = post(county, draft, "swap")
    assert "没有对调：远的老师不能做甲某的监管教师" in text


def test_the_button_says_what_it_takes_back_step_by_step(county, draft):
    post(county, draft, "lock")
    text = post(county, draft, "swap")
    step, words = undo_button(text)
    assert words == "撤销：对调两人"

    text = undo(county, draft, batch=step)

    assert "已撤销，2 个名额恢复原样" in text and undo_button(text)[1] == "撤销：锁定 2 个名额"
    assert "不再是您最近的一步" in undo(county, draft, batch=step)
    assert ProposedPair.objects.filter(is_locked=True).count() == 2
    text = undo(county, draft, batch=undo_button(text)[0])
    assert "您刚才改的" not in text and 'name="batch"' not in text


def test_a_step_of_yesterday_is_still_offered(visitor, draft):
    user = a_coordinator(a_county())
    post(visitor(user), draft, "lock")
    with time_machine.travel(NOW + timedelta(days=1)):
        text = visitor(user).get(url_of(draft)).content.decode()
        assert "您上次改的" in text and undo_button(text)[1] == "撤销：锁定 2 个名额"


def test_a_step_somebody_changed_since_says_who_where_and_what_to_do(county, draft):
    post(county, draft, "lock")
    step, _words = undo_button(county.get(url_of(draft)).content.decode())
    other, pair = a_coordinator(), teachers(draft)[1]
    take_off(pair=pair, version=2, actor=other, now=NOW)

    text = county.get(url_of(draft)).content.decode()

    assert f"{other.display_name} 今天" in text and "又改过乙某的监管教师，对方先撤销那一步，您才能撤销。" in text
    assert 'name="batch"' not in text and url_of(draft, f"pairs/{pair.public_id}/") in text
    text = undo(county, draft, batch=step)
    assert "没有撤销，一处也没动。乙某的监管教师" in text and "请对方先撤销那一步" in text


def test_the_one_place_that_blocks_an_undo_is_named_with_what_to_do(county, draft):
    post(county, draft, "lock")
    pair = teachers(draft)[1]
    an_offer(pair.child, pair.helper, proposal=draft)
    text = undo(county, draft)
    assert "没有撤销，一处也没动。乙某的监管教师已经结对或请过人" in text and "其余的在表里筛出来" in text


def test_who_cannot_come_back_is_named_with_the_rule(county, draft):
    post(county, draft, "take_off")
    pair = teachers(draft)[1]
    helper = PairEdit.objects.get(pair=pair).before["helper_id"]
    pair.child.exclusions.create(helper_id=helper, reason="KIN")
    text = undo(county, draft)
    assert "乙某的监管教师，原来的人现在回不来：登记为不可结对" in text and "先理顺这一处再撤销" in text


def a_girl_with_both():
    woman, man = a_helper("女老师", sex="F"), a_helper("男干部", role=Role.CADRE, sex="M")
    return a_draft((a_child("甲某", sex="F"), woman, man))


def test_taking_the_only_woman_off_asks_why_in_the_panel(county):
    draft = a_girl_with_both()
    (pair,) = teachers(draft)
    url, part = url_of(draft, f"pairs/{pair.public_id}/edit/"), {"HTTP_HX_REQUEST": "true"}
    text = county.post(url, {"version": 1, "what": "take_off"}, **part).content.decode()
    assert "撤下女老师，有几点要想一想" in text and "女童没有女性" in text and 'value="take_off"' in text
    assert teachers(draft)[0].helper is not None
    text = county.post(url, {"version": 1, "what": "take_off", "reason": "下学期调走"}, **part).content.decode()
    assert "已撤下" in text and "下学期调走" in text


def test_taking_ticked_rows_off_asks_why(county):
    draft = a_girl_with_both()
    text = post(county, draft, "take_off")
    assert "撤下以前，有几点要想一想" in text and "甲某·监管教师：女老师" in text
    assert "至少写 4 个字" in post(county, draft, "take_off", reason="短")
    assert "撤下了 1 个名额" in post(county, draft, "take_off", reason="下学期调走")
    assert PairEdit.objects.get().reason == "下学期调走"


def test_taking_a_list_off_asks_why(county):
    draft = a_girl_with_both()
    page = url_of(draft, "take-off/?place=teacher")
    text = county.get(page).content.decode()
    assert "1 个名额撤下后，女童只剩男性帮扶人" in text and "甲某·女老师" in text
    seen = dict(re.findall(r'name="(seen|seen_list)" value="([^"]+)"', text))
    assert "请填上这一项" in county.post(page, seen).content.decode()
    assert teachers(draft)[0].helper is not None
    assert county.post(page, seen | {"reason": "下学期调走"}).status_code == 302
    assert PairEdit.objects.get().reason == "下学期调走"


def test_what_is_merely_locked_is_not_said_to_be_changed_by_hand(county, draft):
    post(county, draft, "lock")
    text = county.get(url_of(draft)).content.decode()
    assert "手改 " not in text and "已锁定" in text
    pair = teachers(draft)[0]
    county.post(url_of(draft, f"pairs/{pair.public_id}/edit/"), {"version": 2, "what": "take_off"})
    text = county.get(url_of(draft)).content.decode()
    assert "手改 1 处" in text and re.search(r'手改<span class="c">1</span>', text)


def test_the_note_of_the_latest_step_is_for_who_may_take_it_back(visitor, draft):
    user = a_coordinator(a_county())
    post(visitor(user), draft, "lock")
    town = draft.pairs.first().child.village.parent
    user.memberships.update(role=Role.TOWNSHIP_COORDINATOR, area=town)
    text = visitor(user).get(url_of(draft)).content.decode()
    assert "您刚才改的" not in text and url_of(draft, "undo/") not in text


def test_a_step_that_cannot_be_read_is_no_step(county, draft):
    post(county, draft, "lock")
    assert "已撤销" not in undo(county, draft, batch="x" * 40)
    assert all(pair.is_locked for pair in teachers(draft))
