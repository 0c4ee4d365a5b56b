"""手改 on the page: what a swap costs, why it is refused, and what is called so."""

from __future__ import annotations

import re

import pytest

from matching.models import ProposedPair
from tests.factories.roster import a_child, a_coordinator, a_county, a_helper, a_school, a_township, a_village
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


def test_what_is_merely_locked_is_not_said_to_be_changed_by_hand(county, draft):
    post(county, draft, "lock")
    text = county.get(url_of(draft)).content.decode()
    assert "手改 " not in text and "已锁定" in text
    pair = teachers(draft)[0]
    county.post(url_of(draft, f"pairs/{pair.public_id}/edit/"), {"version": 2, "what": "take_off"})
    text = county.get(url_of(draft)).content.decode()
    assert "手改 1 处" in text and re.search(r'手改<span class="c">1</span>', text)
