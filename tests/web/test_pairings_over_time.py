"""Pairings over time at the desk: stand-in, handover, release, renewal, histories."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from backend.accounts.models import Role
from backend.outbox.sweeper import sweep
from backend.roster.models import Child, Clearance, Exclusion, Helper, Membership
from matching.models import Pairing, Scheme, StandIn, Vacancy
from matching.services.handovers import hand_over
from matching.services.pairings import suspend_pairing, suspend_uncleared
from matching.services.stand_ins import plan_stand_in
from tests.factories.matching import a_pairing, a_scheme, an_offer
from tests.factories.roster import (
    NOW,
    TODAY,
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_township,
)

DAY = timedelta(days=1)
SPRING = NOW + timedelta(days=95)


@pytest.fixture
def pairing():
    return a_pairing(a_child("冉欣怡"), a_helper("何国平"))


@pytest.fixture
def desk(visitor):
    return visitor(a_coordinator(a_county()))


def test_a_stand_in_is_chosen_among_who_may_and_shown_on_the_pairing(desk, pairing):
    other, cadre, kin = a_helper("周替班"), a_helper("吴干部", role=Role.CADRE), a_helper("陈亲戚")
    Exclusion.objects.create(child=pairing.child, helper=kin, reason="KIN")
    a_helper("郑没查", is_cleared=False)
    url = f"/pairings/{pairing.public_id}/stand-in/"
    text = desk.get(url).content.decode()
    assert "周替班" in text
    assert not [name for name in ("吴干部", "陈亲戚", "郑没查", cadre.public_id) if name in text]

    facts = {"helper": other.public_id, "from_date": TODAY, "until_date": TODAY + 6 * DAY, "note": "住院"}
    assert desk.post(url, facts).status_code == 302

    text = desk.get(f"/pairings/{pairing.public_id}/").content.decode()
    assert "正在替" in text
    assert "住院" in text
    one = StandIn.objects.get()
    desk.post(f"/pairings/{pairing.public_id}/stand-in/{one.public_id}/cancel/")
    assert StandIn.objects.get().state == "OVER"


@pytest.fixture
def covered(pairing):
    """The pairing while 周替班 stands in for 何国平, today and the six days after."""
    plan_stand_in(
        pairing=pairing, helper=a_helper("周替班"), from_date=TODAY, until_date=TODAY + 6 * DAY, actor=None, now=NOW
    )
    pairing.refresh_from_db()
    return pairing


def test_the_place_is_kept_for_the_pairings_own_helper_while_somebody_stands_in(desk, covered):
    page = f"/pairings/{covered.public_id}/"
    text = desk.get(page).content.decode()
    assert "名额给 何国平 留着，何国平 会收到消息。替班的 周替班 先看不到孩子的资料" in text
    suspend_pairing(pairing=covered, reason="住院", actor=None, now=NOW)
    assert "何国平 会收到消息。替班的 周替班 又看得到孩子的资料" in desk.get(page).content.decode()


def test_whoever_is_covered_reads_by_whom_and_until_when_and_no_childs_name(covered, visitor):
    text = visitor(covered.helper.user).get("/my/children/").content.decode()
    assert "您现在没有带孩子" not in text
    assert f"到 {TODAY + 6 * DAY} 为止，周替班 替您做监管教师" in text
    assert "到期孩子自动交还给您" in text
    assert covered.child.name not in text


def test_who_stands_in_for_whom_is_said_in_the_list_and_in_both_files(desk, covered):
    for page in ("/pairings/", f"/helpers/{covered.stand_in.public_id}/", f"/children/{covered.child.public_id}/"):
        assert '<span class="qs-tag">替 何国平</span>' in desk.get(page).content.decode()
    own = desk.get(f"/helpers/{covered.helper.public_id}/").content.decode()
    assert f"由 周替班 替到 {TODAY + 6 * DAY}" in own
    assert "替 何国平" not in own


def test_a_stand_in_without_a_check_is_not_released_from_a_pairing_of_somebody_else(desk, covered):
    suspend_pairing(pairing=covered, reason="clearance", actor=None, now=NOW)
    text = desk.get(f"/pairings/{covered.public_id}/").content.decode()
    assert "补办不了的，提前结束替班" in text
    assert f"/helpers/{covered.stand_in.public_id}/clearances/" in text
    assert "/release/" not in text


def test_a_stand_in_of_wrong_days_is_said_on_the_form(desk, pairing):
    other = a_helper()
    url = f"/pairings/{pairing.public_id}/stand-in/"
    page = desk.post(url, {"helper": other.public_id, "from_date": TODAY, "until_date": TODAY - DAY})
    assert "最后一天不早于第一天" in page.content.decode()
    assert not StandIn.objects.exists()


def test_the_search_finds_by_pinyin_and_the_same_unit_stands_first(desk, pairing):
    far = a_helper("周远方", unit=a_school(name="桑木小学"))
    near = a_helper("郑近处", unit=pairing.helper.unit)
    text = desk.get(f"/pairings/{pairing.public_id}/hand-over/").content.decode()
    assert text.index(near.name) < text.index(far.name)
    text = desk.get(f"/pairings/{pairing.public_id}/hand-over/?q=zyf").content.decode()
    assert (far.name in text, near.name in text) == (True, False)


@pytest.mark.parametrize(
    ("what", "typed"),
    [
        ("stand-in", {"from_date": f"{TODAY + DAY}", "until_date": f"{TODAY + 6 * DAY}", "note": "住院一周"}),
        ("hand-over", {"agreed": "电话里说好的", "note": "周三下午在家"}),
    ],
)
def test_what_was_typed_and_who_was_chosen_stay_while_somebody_is_looked_for(desk, pairing, what, typed):
    chosen, other = a_helper("周远方"), a_helper("郑近处")
    sent = typed | {"helper": chosen.public_id, "q": "zjc", "find": ""}
    answer = desk.post(f"/pairings/{pairing.public_id}/{what}/", sent)
    text = answer.content.decode()
    assert not [words for words in (*typed.values(), other.name, 'value="zjc"') if words not in text]
    assert re.search(rf'<input type="radio"[^>]*value="{chosen.public_id}"[^>]*checked', text)
    assert "还有地方要改" not in text
    assert not StandIn.objects.exists()
    assert Pairing.objects.get().helper == pairing.helper


@pytest.mark.parametrize("what", ["stand-in", "hand-over"])
def test_somebody_no_page_has_offered_is_nobody(desk, pairing, what):
    answer = desk.post(f"/pairings/{pairing.public_id}/{what}/", {"helper": "\x00", "find": ""})
    assert answer.status_code == 200


def test_open_offers_count_in_what_a_candidate_carries(desk, pairing):
    busy = a_helper("周替班", total_limit=3)
    a_pairing(a_child(), busy)
    an_offer(a_child(), busy)
    an_offer(a_child(), busy, expires_at=NOW - DAY, sent_at=NOW - 9 * DAY)
    text = desk.get(f"/pairings/{pairing.public_id}/stand-in/").content.decode()
    assert "带 1 名，1 名等答复，上限 3 名" in text


def test_handing_over_leaves_a_word_for_who_takes_over_and_names_no_child(desk, pairing, visitor):
    other = a_helper()
    url = f"/pairings/{pairing.public_id}/hand-over/"
    facts = {"helper": other.public_id, "agreed": "电话里说好的", "note": "冉欣怡周三在家"}
    assert "请不写孩子的姓名" in desk.post(url, facts).content.decode()
    assert desk.post(url, facts | {"note": "周三下午在家"}).status_code == 302

    fresh = Pairing.objects.get(state="ACTIVE")
    text = desk.get(f"/pairings/{fresh.public_id}/").content.decode()
    assert "何国平" in text
    assert "周三下午在家" in text
    phone = visitor(other.user).get(f"/children/{pairing.child.public_id}/").content.decode()
    assert "周三下午在家" in phone
    assert fresh.helper.name in desk.get(f"/pairings/{pairing.public_id}/").content.decode()


def test_whoever_stops_is_released_in_one_step(desk, pairing):
    second = a_pairing(a_child(), pairing.helper)
    other = a_pairing()
    url = f"/helpers/{pairing.helper.public_id}/release/"
    text = desk.get(url).content.decode()
    assert "2 对一起结束" in text
    assert Pairing.objects.filter(state="ACTIVE").count() == 3
    assert desk.post(url, {"seen": 2, "reason": "调走了"}).status_code == 302
    assert set(Pairing.objects.filter(state="ENDED")) == {pairing, second}
    assert Pairing.objects.get(state="ACTIVE") == other


def test_whoever_leaves_for_good_is_asked_no_more(desk, pairing):
    """In one step with the end of the pairings; who only stops stays in office."""
    url = f"/helpers/{pairing.helper.public_id}/release/"
    desk.post(url, {"seen": 1, "reason": "调到外县了", "is_gone": "on"})
    pairing.helper.refresh_from_db()
    assert (pairing.helper.state, Pairing.objects.get().state) == ("LEFT", "ENDED")
    other = a_pairing()
    desk.post(f"/helpers/{other.helper.public_id}/release/", {"seen": 1, "reason": "太忙了"})
    other.helper.refresh_from_db()
    assert other.helper.state == "ACTIVE"


def test_a_helpers_history_holds_what_was_asked_held_and_done_for_others(desk, pairing, visitor):
    other = a_helper("周替班")
    hand_over(pairing=pairing, helper=other, note="", agreed="说好的", actor=None, now=NOW)
    desk.post(
        f"/pairings/{Pairing.objects.get(state='ACTIVE').public_id}/stand-in/",
        {"helper": pairing.helper.public_id, "from_date": TODAY, "until_date": TODAY + DAY},
    )
    text = desk.get(f"/helpers/{pairing.helper.public_id}/").content.decode()
    for words in ("请他做冉欣怡的监管教师", "开始照看冉欣怡", "不再照看冉欣怡：交接给别人", "替冉欣怡的监管教师"):
        assert words in text
    child = desk.get(f"/children/{pairing.child.public_id}/").content.decode()
    assert "何国平替班" in child
    away = a_member(Role.TOWNSHIP_COORDINATOR, area=a_township(number=109, name="远乡"))
    assert visitor(away).get(f"/helpers/{pairing.helper.public_id}/").status_code == 404


def test_another_townships_pairing_is_not_there(pairing, visitor):
    client = visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township(number=109, name="远乡")))
    for page in ("stand-in", "hand-over"):
        assert client.get(f"/pairings/{pairing.public_id}/{page}/").status_code == 404


def test_the_next_term_is_shown_before_and_done_after(pairing, desk, visitor):
    scheme = Scheme.objects.get(pk=pairing.slot.rule.scheme_id)
    assert desk.get(f"/schemes/{scheme.public_id}/renewal/").status_code == 302  # no next term yet
    Membership.objects.update(expires_at=SPRING + 30 * DAY)
    with time_machine.travel(SPRING, tick=False):
        a_scheme(now=SPRING)
        client = visitor(a_coordinator(a_county()))
        assert "1 对过了学期，还没续" in client.get("/today/").content.decode()
        url = f"/schemes/{scheme.public_id}/renewal/"
        assert "1 对继续，0 对要另请人，0 对结束" in client.get(url).content.decode()
        assert "继续，但值得看一眼" not in client.get(url).content.decode()
        Child.objects.filter(pk=pairing.child_id).update(sex="F")
        Helper.objects.filter(pk=pairing.helper_id).update(sex="M")
        text = client.get(url).content.decode()
        assert "继续，但值得看一眼" in text and "女童没有女性" in text
        assert client.post(url, {"seen": 1}).status_code == 302
        pairing.refresh_from_db()
        assert pairing.slot.rule.scheme.term.start_date > scheme.term.start_date
        assert "还没续" not in client.get("/today/").content.decode()
    sweep(now=SPRING)


def test_the_way_into_the_next_term_is_shown_long_before_it_begins(pairing, desk):
    scheme = pairing.slot.rule.scheme
    for page in ("/pairings/", "/today/"):
        assert 'href="/renewals/"' in desk.get(page).content.decode()
    assert (
        f'href="/schemes/{scheme.public_id}/renewal/"' not in desk.get(f"/schemes/{scheme.public_id}/").content.decode()
    )
    text = desk.get("/renewals/").content.decode()
    assert "二对一" in text
    assert "下学期还没有建。2027-02-01 那天系统照这个项目自动建好，从那天起在这里续。" in text
    assert "要续到下学期" not in desk.get("/today/").content.decode()  # more than a month ahead


def test_in_the_last_month_of_a_term_what_comes_stands_on_the_first_page(pairing, visitor):
    Membership.objects.update(expires_at=SPRING)
    with time_machine.travel(NOW + 50 * DAY, tick=False):
        text = visitor(a_coordinator(a_county())).get("/today/").content.decode()
    assert "1 对结对从 2027-02-01 起要续到下学期" in text


def test_a_scheme_switched_off_in_the_new_term_is_named_as_what_is_missing(pairing, visitor):
    scheme = pairing.slot.rule.scheme
    Membership.objects.update(expires_at=SPRING + 30 * DAY)
    with time_machine.travel(SPRING, tick=False):
        client = visitor(a_coordinator(a_county()))
        assert "系统每天补建一次" in client.get("/renewals/").content.decode()
        a_scheme(now=SPRING)
        later = Scheme.objects.get(key=scheme.key, term__start_date__gt=scheme.term.start_date)
        Scheme.objects.filter(pk=later.pk).update(is_active=False)
        text = client.get("/renewals/").content.decode()
        assert "2027 春季学期的这个项目停用着" in text
        assert f'href="/schemes/{later.public_id}/"' in text
        assert "新学期的项目停用着，或还没有建好" in client.get("/today/").content.decode()
        Scheme.objects.filter(pk=later.pk).update(is_active=True)
        assert f'href="/schemes/{scheme.public_id}/renewal/"' in client.get("/renewals/").content.decode()


def test_many_are_renewed_in_the_background(pairing, visitor, monkeypatch):
    from backend.jobs.models import Job
    from backend.web.coordinator import renewal
    from matching.tasks import renew_pairings

    monkeypatch.setattr(renewal, "_AT_ONCE", 0)
    scheme = Scheme.objects.get(pk=pairing.slot.rule.scheme_id)
    with time_machine.travel(SPRING, tick=False):
        a_scheme(now=SPRING)
        user = a_coordinator(a_county())
        visitor(user).post(f"/schemes/{scheme.public_id}/renewal/", {"seen": 1})
        job = Job.objects.get(task="matching.tasks.renew_pairings")
        assert job.arguments == {"scheme_id": scheme.pk, "user_id": user.pk}
        renew_pairings(job=job, **job.arguments)
    pairing.refresh_from_db()
    assert pairing.slot.rule.scheme_id != scheme.pk


def test_whose_check_has_run_out_is_named_today_and_mended_in_one_step(pairing, desk):
    a_pairing(a_child(), pairing.helper)
    Clearance.objects.filter(helper=pairing.helper).update(expires_date=TODAY - DAY)
    suspend_uncleared(now=NOW)
    text = desk.get("/today/").content.decode()
    assert "何国平的核查到期，2 对暂停了" in text
    assert f"/helpers/{pairing.helper.public_id}/release/" in text
    desk.post(f"/helpers/{pairing.helper.public_id}/release/", {"seen": 2, "reason": "核查补办不了"})
    sweep(now=NOW)
    assert set(Pairing.objects.values_list("state", flat=True)) == {"ENDED"}
    assert Vacancy.objects.count() == 2
    assert "核查到期，2 对" not in desk.get("/today/").content.decode()
