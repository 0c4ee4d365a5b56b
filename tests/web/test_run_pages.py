"""What a run says of itself, scheme by scheme, and what a new run shows before it starts."""

from __future__ import annotations

import re

import pytest

from backend.web.coordinator import run_townships
from backend.web.shared.certificate_words import what_parts
from backend.web.shared.words import full_marks
from matching.models import MatchingRun, Offer, PairEdit, Proposal, SlotRule
from tests.factories.matching import a_proposal, a_slot, an_offer, the_schemes
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_helper, a_school, a_township, a_village


@pytest.fixture
def schemes():
    return {one.key: one for one in the_schemes()}


@pytest.fixture
def county(visitor, schemes):
    return visitor(a_coordinator(a_county()))


def text_of(client, url, **headers):
    page = client.get(url, **headers)
    assert page.status_code == 200
    return page.content.decode()


def a_done_run(*schemes):
    """A run over these schemes with an empty draft of each."""
    drafts = [a_proposal(schemes[0])]
    run = drafts[0].run
    run.joined.set(schemes[1:])
    drafts += [Proposal.objects.create(run=run, scheme=one, number=1, created_at=NOW) for one in schemes[1:]]
    MatchingRun.objects.filter(pk=run.pk).update(state="DONE", solver_status="OPTIMAL")
    return run, drafts


def a_place(draft, child, *, helper=None, kind="", certificate=None, origin="SOLVER"):
    rule = draft.scheme.slot_rules.order_by("position", "pk").first()
    slot = a_slot(child, kind=kind or rule.key, scheme=draft.scheme)
    return draft.pairs.create(slot=slot, child=child, helper=helper, certificate=certificate, origin=origin)


def short_of(draft, **facts):
    usual = {
        "slot_name": "监管教师",
        "kind": "shortage",
        "place_name": "土城镇",
        "children": 3,
        "helpers": 2,
        "places": 2,
    }
    return draft.certificates.create(**usual | {"short": 1, "remedies": []} | facts)


def test_a_joint_run_says_its_result_scheme_by_scheme(county, schemes):
    run, (first, second) = a_done_run(schemes["two-to-one"], schemes["proxy-parent"])
    child = a_child()
    a_place(first, child, helper=a_helper())
    a_place(second, child)
    short_of(first, place_name="甲村")
    short_of(second, slot_name="代理家长", place_name="乙村")

    text = text_of(county, f"/runs/{run.public_id}/")

    assert "2 个项目一起算" in text
    assert "2 个名额，1 个配上了，1 个还空着" in text
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in text.split("<tr data-row>")[1:3]]
    assert [row[:6] for row in rows] == [["二对一", "1", "1", "0", "1", "0"], ["代理家长", "1", "0", "1", "1", "1"]]
    assert (
        text.index("二对一为什么还缺人") < text.index("甲村") < text.index("代理家长为什么还缺人") < text.index("乙村")
    )


def test_the_list_leads_to_one_draft_or_to_the_run_of_several(county, schemes):
    _run, (only,) = a_done_run(schemes["two-to-one"])
    joint, _drafts = a_done_run(schemes["unit-one-to-one"], schemes["proxy-parent"])

    text = text_of(county, "/runs/")

    assert re.search(rf'<a href="/proposals/{only.public_id}/">第 1 稿</a>', text)
    assert re.search(rf'<a href="/runs/{joint.public_id}/">2 份方案</a>', text)


@pytest.mark.parametrize(("key", "is_told"), [("two-to-one", True), ("proxy-parent", False)])
def test_only_a_scheme_filled_all_or_none_says_so(county, schemes, key, is_told):
    run, (draft,) = a_done_run(schemes[key])
    a_place(draft, a_child(), certificate=short_of(draft, kind="bundle"))
    assert ("人要齐才算配上" in text_of(county, f"/runs/{run.public_id}/")) == is_told


def test_one_scarce_side_says_how_many_places_stay_open_for_it(county, schemes):
    run, (draft,) = a_done_run(schemes["two-to-one"])
    child, certificate = a_child(), short_of(draft, kind="pair")
    a_place(draft, child, kind="teacher", certificate=certificate)
    a_place(draft, child, kind="cadre", certificate=certificate)
    text = text_of(county, f"/runs/{run.public_id}/")
    assert "缺 1 个监管教师名额" in text
    assert "1 名孩子空着 2 个名额" in text


def test_children_whose_places_were_filled_by_hand_since_are_counted_with_those_places(county, schemes):
    run, (draft,) = a_done_run(schemes["two-to-one"])
    child, certificate = a_child(), short_of(draft, kind="pair")
    for kind in ("teacher", "cadre"):
        pair = a_place(draft, child, kind=kind, certificate=certificate)
        before = {"helper_id": None, "certificate_id": certificate.pk}
        PairEdit.objects.create(batch="hand", pair=pair, verb="pair.put", before=before, version=2, made_at=NOW)
        draft.pairs.filter(pk=pair.pk).update(helper=a_helper(), certificate=None, version=2)
    assert "1 名孩子空着 2 个名额" in text_of(county, f"/runs/{run.public_id}/")


@pytest.mark.parametrize(("helpers", "said"), [(4, "合适的 4 个人都没有空位"), (0, "没有一个合适的人")])
def test_a_shortage_without_a_free_place_never_says_nought(county, schemes, helpers, said):
    run, (draft,) = a_done_run(schemes["two-to-one"])
    a_place(draft, a_child(), certificate=short_of(draft, kind="bundle", helpers=helpers, places=0))
    text = text_of(county, f"/runs/{run.public_id}/")
    assert said in text
    assert "可接 0 个" not in text


def test_a_run_that_finds_everything_settled_says_what_is_next(county, schemes):
    run, (draft,) = a_done_run(schemes["two-to-one"])
    a_place(draft, a_child(), helper=a_helper(), origin="KEPT")
    text = text_of(county, f"/runs/{run.public_id}/")
    assert "没有要新请的人：1 个名额已经结对或在等答复，都保持不变" in text
    assert "不用发布。接下来看邀请的答复就行。" in text
    assert "0 片" not in text


def test_a_published_run_says_how_the_answers_stand(county, schemes):
    run, (draft,) = a_done_run(schemes["two-to-one"])
    for state in ("SENT", "ACCEPTED", "DECLINED"):
        offer = an_offer(proposal=draft, is_held=False, state="SENT")
        Offer.objects.filter(pk=offer.pk).update(state=state)
        a_place(draft, offer.child, helper=offer.helper, kind="cadre")
    Proposal.objects.filter(pk=draft.pk).update(state="PUBLISHED", published_at=NOW)
    text = text_of(county, f"/runs/{run.public_id}/")
    assert "发出 3 个邀请：1 个已接受，1 个等答复" in text
    assert re.search(r'btn-primary" href="/offers/"', text)


def ticks(text):
    return re.findall(r'<input type="checkbox" name="joined" value="([^"]+)"', text)


def test_a_new_run_offers_the_other_schemes_and_says_why_some_are_not_there(county, schemes):
    text = text_of(county, "/runs/new/")
    on = [one for one in schemes.values() if one.is_active]
    counting = {one.public_id for one in on if one.counts_towards_total}
    leading = re.search(r'name="scheme".*?<option value="([^"]+)"', text, re.DOTALL)
    assert set(ticks(text)) == counting - {leading[1]}
    apart = [one.name for one in on if not one.counts_towards_total]
    assert apart and all(name in text.partition("不在上面的：")[2].partition("。")[0] for name in apart)


def test_a_scheme_that_touches_no_other_is_joined_to_none(county, schemes):
    alone = next(one for one in schemes.values() if not one.counts_towards_total)
    text = text_of(county, f"/runs/new/?scheme={alone.public_id}")
    assert ticks(text) == []
    assert "单独算就行" in text


def test_the_preview_follows_what_is_ticked_and_counts_a_child_once(county, schemes):
    a_child(level=4, has_consent=False)
    lead, other = schemes["two-to-one"], schemes["proxy-parent"]
    url = f"/runs/new/?scheme={lead.public_id}&joined={other.public_id}"
    text = text_of(county, url, headers={"HX-Request": "true"})
    assert f'<b class="b6">{lead.name}</b>' in text
    assert f'<b class="b6">{other.name}</b>' in text
    assert '<b class="b6">1 名</b>缺监护人同意' in text
    assert other.public_id in ticks(text)
    assert "checked" in text.partition(other.public_id)[2].partition(">")[0]
    assert 'id="joined-part" hx-swap-oob="true"' in text


def test_the_leading_scheme_ticked_among_the_others_is_meant_once(county, schemes):
    """A page without script may still send it so."""
    lead = schemes["two-to-one"]
    body = {"scheme": lead.public_id, "joined": [lead.public_id], "area": a_county().public_id}
    page = county.post("/runs/new/", body | {"mode": "term", "seconds": 5, "fit_band": 1})
    assert page.status_code == 302
    assert MatchingRun.objects.get().schemes == [lead]


def test_two_shortages_that_would_read_alike_say_what_parts_them(county, schemes):
    run, (draft,) = a_done_run(schemes["proxy-parent"])
    one, other = short_of(draft), short_of(draft)
    near, far = a_school(name="甲小学"), a_school(name="乙小学")
    for certificate, school in ((one, near), (other, far)):
        for _ in range(2):
            a_place(draft, a_child(school=school), certificate=certificate)

    text = text_of(county, f"/runs/{run.public_id}/")

    assert "甲小学" in text and "乙小学" in text


def test_girls_only_are_told_apart_before_their_schools(county, schemes):
    _run, (draft,) = a_done_run(schemes["proxy-parent"])
    one, other, elsewhere = short_of(draft), short_of(draft), short_of(draft, place_name="别镇")
    a_place(draft, a_child(sex="F"), certificate=one)
    for sex in "FM":
        a_place(draft, a_child(sex=sex), certificate=other)
    a_place(draft, a_child(sex="F"), certificate=elsewhere)

    assert what_parts([one, other, elsewhere]) == {one.pk: "只有女童", other.pk: "男女都有"}


def test_room_that_cannot_be_used_says_what_binds_it(county, schemes):
    run, (first, second) = a_done_run(schemes["two-to-one"], schemes["proxy-parent"])
    short_of(first, kind="bundle", needed=2, helpers=129, places=231, short=2)
    short_of(second, kind="joint", needed=2, helpers=129, places=231, short=2)

    text = text_of(county, f"/runs/{run.public_id}/")

    assert "够得着的有 129 个人、231 个空位，可这些空位用不上" in text
    assert "人要齐才算配上" in text and "几个项目合着用的" in text
    assert "怎么换都补不上" not in text


def test_where_nothing_helps_the_page_says_what_was_tried(county, schemes):
    run, (draft,) = a_done_run(schemes["proxy-parent"])
    a_place(draft, a_child(), certificate=short_of(draft))

    text = text_of(county, f"/runs/{run.public_id}/")

    assert "一样一样试过：能来的人各多带一名" in text and "放宽范围" in text
    assert "放宽远近" not in text
    draft.certificates.update(kind="nobody", helpers=0)
    assert "能来的人各多带一名" not in text_of(county, f"/runs/{run.public_id}/")


def test_a_long_list_of_shortages_goes_by_township(county, schemes, monkeypatch):
    monkeypatch.setattr(run_townships, "MOST_IN_A_ROW", 2)
    run, (draft,) = a_done_run(schemes["mentor-one-to-one"])
    far = a_township(number=109, name="云台镇")
    for n in range(3):
        village = a_village(far, number=209, name="远村") if n == 2 else a_village()
        a_place(draft, a_child(village=village), certificate=short_of(draft, place_name=f"第{n}处", short=n + 1))

    short, opened = (text_of(county, f"/runs/{run.public_id}/?all{more}") for more in ("", f"&in={far.public_id}"))

    assert "云台镇" in short and f"in={far.public_id}" in short and "第2处" not in short
    assert "第2处" in opened and "第1处" not in opened
    monkeypatch.setattr(run_townships, "MOST_IN_A_ROW", 50)
    assert "第1处" in text_of(county, f"/runs/{run.public_id}/?all")


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([{"near": 600, "needs": 400, "near_m": 2000}], "满分 100"),
        ([{"near": 500, "needs": 300}], "最高 80 分"),
        ([{"near": 1000}, {"near": 600}], "各种名额最高 60 到 100 分"),
    ],
)
def test_full_marks_are_what_the_weights_sum_to(weights, words):
    assert full_marks(SlotRule(weights=one) for one in weights) == words


def test_a_run_and_a_scheme_say_full_marks_only_where_they_are_a_hundred(county, schemes):
    run, _drafts = a_done_run(schemes["proxy-parent"])
    MatchingRun.objects.filter(pk=run.pk).update(tiers=[{"name": "fit", "value": 10, "bound": 10}])
    SlotRule.objects.filter(scheme=schemes["proxy-parent"]).update(weights={"near": 800})

    for url in (f"/runs/{run.public_id}/", f"/schemes/{schemes['proxy-parent'].public_id}/"):
        text = text_of(county, url)
        assert "最高 80 分" in text and "满分 100" not in text
