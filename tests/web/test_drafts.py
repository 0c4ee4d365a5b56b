"""Reviewing, changing by hand, offering on and pausing, by page."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from matching.models import MatchingRun, Objection, Offer, Pairing, ProposedPair, Review, Scheme, Vacancy
from tests.factories.matching import a_pairing, a_proposal, a_scheme, a_slot, an_offer
from tests.factories.readers import SECRETS, a_neighbourhood
from tests.factories.roster import NOW, a_child, a_clearance, a_coordinator, a_county, a_helper, a_member, a_township
from tests.matching.test_publishing import a_draft
from tests.web.test_lists import queries_of


@pytest.fixture
def draft():
    return a_draft((a_child("冉欣怡"), a_helper("何国平"), a_helper("干部甲", role=Role.CADRE)))


@pytest.fixture
def county(visitor):
    return visitor(a_coordinator(a_county()))


@pytest.fixture
def town(visitor):
    return visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township()))


def teacher_pair(draft):
    return ProposedPair.objects.get(proposal=draft, slot__rule__key="teacher")


def test_a_township_reviews_and_objects_and_the_county_decides(county, town, draft):
    pair = teacher_pair(draft)
    assert "等您审看" in town.get("/today/").content.decode()
    page = f"/proposals/{draft.public_id}/reviews/"
    town.post(f"/proposals/{draft.public_id}/review/")
    town.post(f"/proposals/{draft.public_id}/pairs/{pair.public_id}/object/", {"reason": "短"})
    assert (Review.objects.count(), Objection.objects.count()) == (1, 0)

    town.post(f"/proposals/{draft.public_id}/pairs/{pair.public_id}/object/", {"reason": "两家有过节"})

    text = county.get(page).content.decode()
    assert "两家有过节" in text
    assert f"/proposals/{draft.public_id}/pairs/{pair.public_id}/" in text
    assert "稿有 1 对异议，等您定" in county.get("/today/").content.decode()
    assert "1 对有异议" in county.get(f"/proposals/{draft.public_id}/").content.decode()
    assert "乡镇或学校有异议" in county.get(f"/proposals/{draft.public_id}/publish/").content.decode()
    county.post(f"/objections/{Objection.objects.get().public_id}/overrule/", {"reason": "已当面说和"})
    assert Objection.objects.get().state == "OVERRULED"
    assert town.post(f"/objections/{Objection.objects.get().public_id}/uphold/").status_code in {403, 404}


def test_the_county_changes_a_pair_by_hand(county, draft):
    pair, other = teacher_pair(draft), a_helper("李春燕")
    url = f"/proposals/{draft.public_id}/pairs/{pair.public_id}/"
    assert "李春燕" in county.get(f"{url}candidates/").content.decode()

    county.post(f"{url}edit/", {"version": 1, "what": "put", "helper": other.public_id})

    text = county.get(f"/proposals/{draft.public_id}/").content.decode()
    assert "手改 1 处" in text
    assert "李春燕" in text
    assert "现在就是" in county.get(f"{url}candidates/").content.decode()


def test_a_conflict_shows_both_values_and_asks(county, draft):
    pair, first, second = teacher_pair(draft), a_helper("先到的"), a_helper("后到的")
    url = f"/proposals/{draft.public_id}/pairs/{pair.public_id}/edit/"
    county.post(url, {"version": 1, "what": "put", "helper": first.public_id})

    answer = county.post(url, {"version": 1, "what": "put", "helper": second.public_id})

    text = answer.content.decode()
    assert (answer.status_code, "先到的" in text, "后到的" in text) == (409, True, True)
    assert teacher_pair(draft).helper == first
    county.post(url, {"version": 2, "what": "put", "helper": second.public_id})
    assert teacher_pair(draft).helper == second


def test_somebody_looked_for_by_name_is_refused_with_the_rule(county, draft):
    a_helper("王五老", role=Role.ELDER)
    url = f"/proposals/{draft.public_id}/pairs/{teacher_pair(draft).public_id}/candidates/?q=王五老"
    text = county.get(url).content.decode()
    assert "不可以：" in text
    assert "身份不合" in text


def a_free_place(*, state="FOUND", helper=None, child=None):
    proposal = a_proposal(a_scheme())
    slot = a_slot(child or a_child())
    pair = proposal.pairs.create(slot=slot, child=slot.child, helper=helper, fit=500)
    proposal.run.is_automatic = True
    proposal.run.job_id = pair.public_id
    proposal.run.save()
    return Vacancy.objects.create(slot=slot, cause="DECLINED", freed_at=NOW, state=state, pair=pair)


def test_freed_places_are_asked_for_by_one_click_on_today_and_on_the_board(county):
    Scheme.objects.update(is_bundled=False)
    a_scheme()
    Scheme.objects.update(is_bundled=False)
    a_free_place(helper=a_helper("何国平"))
    today = county.get("/today/").content.decode()
    assert "1 个空出来的名额有了新的人选" in today
    assert "改请 1 人" in today
    assert "改请 1 人" in county.get("/offers/").content.decode()

    county.post("/repairs/accept/")

    assert Offer.objects.filter(helper__name="何国平", state="SENT").count() == 1
    assert "没有空出来的名额" in county.get("/repairs/").content.decode()


def test_the_repair_page_says_why_nobody_is_left_and_shows_halves(county):
    child = a_child("冉欣怡")
    a_pairing(child)
    vacancy = a_free_place(state="NOBODY", child=child)
    Vacancy.objects.filter(pk=vacancy.pk).update(slot=a_slot(child, kind="cadre"))
    text = county.get("/repairs/").content.decode()
    assert "只到一半" in text
    assert "问过的都不再问" in text
    county.post(f"/repairs/{vacancy.public_id}/retry/")
    assert Vacancy.objects.get().state == "WAITING"


def test_the_repair_page_asks_as_often_for_three_places_as_for_one(county):
    a_free_place(helper=a_helper())
    county.get("/repairs/")
    one = queries_of(county, "/repairs/")
    for _ in range(2):
        a_free_place(helper=a_helper())
    assert queries_of(county, "/repairs/") == one


def test_a_township_sees_only_its_own_free_places_and_no_secret(visitor):
    place = a_neighbourhood()
    for child in (place.child, place.stranger):
        a_free_place(helper=a_helper(), child=child)
    text = visitor(place.users[Role.TOWNSHIP_COORDINATOR]).get("/repairs/").content.decode()
    assert "冉欣怡" in text
    assert "穆子轩" not in text
    assert [name for name, value in SECRETS.items() if value in text] == []
    stranger = Vacancy.objects.get(slot__child=place.stranger)
    answer = visitor(place.users[Role.TOWNSHIP_COORDINATOR]).post(f"/repairs/{stranger.public_id}/accept/")
    assert answer.status_code == 404


def test_a_pairing_is_paused_taken_up_again_and_its_history_shown(county):
    pairing = a_pairing()
    url = f"/pairings/{pairing.public_id}/"
    county.post(f"{url}suspend/", {"reason": ""})
    assert Pairing.objects.get().state == "ACTIVE"
    county.post(f"{url}suspend/", {"reason": "住院一个月", "until": "2026-12-31"})
    text = county.get(url).content.decode()
    assert "住院一个月" in text
    assert "2026-12-31 自动恢复" in text

    county.post(f"{url}resume/")

    text = county.get(url).content.decode()
    assert Pairing.objects.get().state == "ACTIVE"
    assert "恢复" in text
    assert "住院一个月" in text


def test_another_townships_pairing_is_not_there(visitor):
    pairing = a_pairing()
    stranger = visitor(a_member(Role.TOWNSHIP_COORDINATOR, area=a_township(number=108, name="别的镇")))
    assert stranger.get(f"/pairings/{pairing.public_id}/").status_code == 404
    assert stranger.post(f"/pairings/{pairing.public_id}/suspend/", {"reason": "x"}).status_code == 404


def test_what_was_offered_on_no_longer_comes_first_on_the_board(county):
    settled, freed = an_offer(), an_offer()
    Offer.objects.filter(pk__in=[settled.pk, freed.pk]).update(state="DECLINED", answered_at=NOW)
    again = Offer.objects.create(
        slot=settled.slot, child=settled.child, helper=a_helper(), proposal=settled.proposal, sent_at=NOW,
        expires_at=NOW + timedelta(days=7),
    )  # fmt: skip
    text = county.get("/offers/").content.decode()
    places = [text.index(offer.public_id) for offer in (freed, again)]
    assert places == sorted(places)
    assert text.index(again.public_id) < text.rindex(settled.helper.name)


def test_the_list_of_pairings_says_which_children_have_one_of_two(county):
    child = a_child("冉欣怡")
    a_pairing(child)
    assert "只到一半" not in county.get("/pairings/").content.decode()
    Vacancy.objects.create(slot=a_slot(child, kind="cadre"), cause="DECLINED", freed_at=NOW)
    assert "只到一半" in county.get("/pairings/").content.decode()


def two_rows(draft):
    return [f"{pair.public_id}:{pair.version}" for pair in ProposedPair.objects.filter(proposal=draft).order_by("pk")]


def test_ticked_rows_are_changed_together_and_taken_back(county):
    draft = a_draft((a_child("冉欣怡"), a_helper("何国平"), a_helper("干部甲", role=Role.CADRE)))
    base = f"/proposals/{draft.public_id}"
    sent = {"what": "lock", "pairs": two_rows(draft), "back": "tab=held&township=x"}

    answer = county.post(f"{base}/edit/", sent)

    assert answer["Location"] == f"{base}/?tab=held&township=x"
    text = county.get(f"{base}/").content.decode()
    assert "锁定了 2 个名额" in text and "您刚才改的" in text
    text = county.post(f"{base}/undo/", follow=True).content.decode()
    assert "已撤销，2 个名额恢复原样" in text and "您刚才改的" not in text
    assert not ProposedPair.objects.filter(is_locked=True).exists()
    assert "没有可以撤销的改动" in county.post(f"{base}/undo/", follow=True).content.decode()
    assert "先在左边选几行" in county.post(f"{base}/edit/", {"what": "lock"}, follow=True).content.decode()
    assert "先选中两行" in county.post(f"{base}/edit/", sent | {"what": "swap", "pairs": two_rows(draft)[:1]},
                                   follow=True).content.decode()  # fmt: skip


def test_others_changes_are_said_while_the_page_is_open(county, draft, visitor):
    other, base = a_coordinator(), f"/proposals/{draft.public_id}"
    assert "改过这一稿" not in county.get(f"{base}/news/?since=2026-01-01T00:00:00Z").content.decode()
    visitor(other).post(f"{base}/edit/", {"what": "lock", "pairs": two_rows(draft)[:1]})
    text = county.get(f"{base}/news/?since=2026-01-01T00:00:00Z").content.decode()
    assert other.display_name in text and "1 个名额和您看到的不同" in text
    assert "改过" not in visitor(other).get(f"{base}/news/?since=2026-01-01T00:00:00Z").content.decode()


def test_what_speaks_against_a_pair_is_asked_for_a_reason(county):
    draft = a_draft((a_child("冉欣怡", sex="F"), a_helper(sex="F"), a_helper("干部甲", role=Role.CADRE, sex="M")))
    pair, man = teacher_pair(draft), a_helper("男老师", sex="M")
    url = f"/proposals/{draft.public_id}/pairs/{pair.public_id}/edit/"
    sent = {"version": 1, "what": "put", "helper": man.public_id}
    text = county.post(url, sent).content.decode()
    assert "有几点要想一想" in text and "女童没有女性" in text
    county.post(url, sent | {"reason": "只有他教这个班"})
    assert teacher_pair(draft).helper == man


def test_two_drafts_are_compared(county, draft):
    base = f"/proposals/{draft.public_id}/compare/"
    assert "还没有别的稿可以比" in county.get(base).content.decode()
    later = a_proposal(draft.scheme)
    for run, kept in ((draft.run, 0), (later.run, 1)):
        tiers = [{"name": name, "value": n, "bound": n} for name, n in (("coverage.4", 2), ("kept", kept))]
        MatchingRun.objects.filter(pk=run.pk).update(tiers=tiers)
    for pair in ProposedPair.objects.filter(proposal=draft):
        helper = a_helper("新来的") if pair.slot.rule.key == "teacher" else pair.helper
        ProposedPair.objects.create(proposal=later, slot=pair.slot, child=pair.child, helper=helper)
    text = county.get(f"/proposals/{later.public_id}/compare/").content.decode()
    assert "新来的接替何国平做监管教师" in text and "1 处变动" in text and "两稿一样好，差 1 个名额" in text
    page = county.get(f"/proposals/{later.public_id}/?tab=moved").content.decode()
    assert "与第 1 稿比" in page and "新来的" in page and "干部甲" not in page


def test_a_draft_is_filtered_by_level_and_by_hint(county):
    draft = a_draft(
        (a_child("高一级", level=4), a_helper(), a_helper(role=Role.CADRE)),
        (a_child("低一级", level=3), a_helper(), None),
    )
    base = f"/proposals/{draft.public_id}/"
    text = county.get(f"{base}?level=3").content.decode()
    assert "低一级" in text and "高一级" not in text
    text = county.get(f"{base}?hint=half").content.decode()
    assert "低一级" in text and "高一级" not in text and "1 个名额·1 名孩子" in text


def test_a_draft_is_matched_again_by_one_click_and_the_run_says_what_differs(county, draft):
    url = f"/proposals/{draft.public_id}/"
    assert f'action="{url}again/"' in county.get(url).content.decode()
    page = county.post(f"{url}again/")
    run = MatchingRun.objects.exclude(pk=draft.run_id).get()
    assert page["Location"] == f"/runs/{run.public_id}/"
    later = a_proposal(draft.scheme)
    for pair in ProposedPair.objects.filter(proposal=draft):
        helper = a_helper("新来的") if pair.slot.rule.key == "teacher" else None
        later.pairs.create(slot=pair.slot, child=pair.child, helper=helper)
    MatchingRun.objects.filter(pk=later.run_id).update(solver_status="OPTIMAL")

    text = county.get(f"/runs/{later.run.public_id}/").content.decode()

    assert "和第 1 稿比" in text and "换了人 1·空出来 1" in text
    assert "新来的接替何国平做监管教师" in text
    assert f"/proposals/{later.public_id}/compare/" in text


def test_the_board_offers_a_freed_place_on_beside_the_answer_that_freed_it(county):
    vacancy = a_free_place(helper=a_helper("田桂芳"))
    declined = an_offer(vacancy.slot.child, state="DECLINED", decline_reason="TOO_FAR", answered_at=NOW)
    row = next(
        one for one in county.get("/offers/?reason=TOO_FAR").content.decode().split("<tr") if declined.public_id in one
    )
    assert "改请 田桂芳" in row and f"/repairs/{vacancy.public_id}/accept/" in row
    page = county.post(f"/repairs/{vacancy.public_id}/accept/", {"back": "reason=TOO_FAR"})
    assert page["Location"] == "/offers/?reason=TOO_FAR"
    Vacancy.objects.filter(pk=vacancy.pk).update(state="NOBODY")
    assert "没有别人了" in county.get("/offers/?reason=TOO_FAR").content.decode().split("<tbody")[1]


def test_the_list_of_pairings_is_filtered_sorted_and_leaves_as_a_table(county):
    a_pairing(a_child("甲某", level=4), a_helper("周老师"))
    a_pairing(a_child("乙某", level=3), a_helper("安老师"))
    text = county.get("/pairings/?level=3").content.decode()
    assert "乙某" in text and "甲某" not in text
    text = county.get("/pairings/?sort=helper").content.decode()
    assert text.index("安老师") < text.index("周老师")
    assert "/pairings/export/?level=3" in county.get("/pairings/?level=3").content.decode()
    page = county.post("/pairings/export/?level=3", {"reason": "交给教育局核对结对名单", "form": "csv"})
    table = page.content.decode("utf-8-sig")
    assert page["Content-Type"].startswith("text/csv") and "乙某" in table and "甲某" not in table


def test_free_places_and_background_checks_leave_as_tables(county):
    a_free_place(helper=a_helper("田桂芳"), child=a_child("甲某"))
    a_free_place(helper=a_helper("周明"), child=a_child("乙某"))
    why = {"reason": "交给教育局补办和改请", "form": "csv"}
    table = county.post("/repairs/export/?q=tianguifang", why).content.decode("utf-8-sig")
    assert "甲某" in table and "谢绝" in table and "乙某" not in table
    helper = a_helper("任可", is_cleared=False)
    a_clearance(helper, expires_date=(NOW + timedelta(days=20)).date())
    table = county.post("/clearances/export/?tab=ending", why).content.decode("utf-8-sig")
    assert "任可" in table and "周明" not in table
    assert {verb for (verb,) in AuditEntry.objects.values_list("verb") if verb.endswith("exported")} == {
        "vacancy.exported", "clearance.exported",
    }  # fmt: skip


def test_asking_everybody_of_a_filtered_list_asks_nobody_else(county):
    Scheme.objects.update(is_bundled=False)
    here = a_free_place(helper=a_helper("田桂芳"), child=a_child("甲某"))
    there = a_free_place(helper=a_helper("周明"), child=a_child("乙某"))
    Scheme.objects.update(is_bundled=False)
    page = county.get("/repairs/?q=tianguifang").content.decode()
    assert "改请 1 人" in page and 'action="/repairs/accept/?q=tianguifang"' in page
    county.post("/repairs/accept/?q=tianguifang")
    states = dict(Vacancy.objects.values_list("pk", "state"))
    assert (states[here.pk], states[there.pk]) == ("OFFERED", "FOUND")


def test_a_pairing_without_a_background_check_leads_to_its_mending_and_not_to_taking_it_up(county):
    pairing = a_pairing()
    pairing.helper.clearances.all().delete()
    Pairing.objects.filter(pk=pairing.pk).update(state="SUSPENDED", suspend_reason="clearance", suspended_at=NOW)
    url = f"/pairings/{pairing.public_id}/"
    text = county.get(url).content.decode()
    assert f"/helpers/{pairing.helper.public_id}/clearances/" in text and f"{url}resume/" not in text
    assert "没有有效的背景核查" in county.post(f"{url}resume/", follow=True).content.decode()
    assert Pairing.objects.get().state == "SUSPENDED"


def a_swap_against_a_hint():
    """A draft and the rows of a swap after which a girl has no woman."""
    draft = a_draft(
        (a_child("甲某", sex="F"), a_helper("女老师", sex="F"), None),
        (a_child("乙某", sex="M"), a_helper("男老师", sex="M"), None), is_bundled=False,
    )  # fmt: skip
    pairs = ProposedPair.objects.filter(proposal=draft, slot__rule__key="teacher").order_by("pk")
    return draft, [f"{pair.public_id}:{pair.version}" for pair in pairs]


def test_a_swap_against_a_hint_asks_why_and_the_reason_stays_with_the_pair(county):
    draft, seen = a_swap_against_a_hint()
    url = f"/proposals/{draft.public_id}/"
    sent = {"what": "swap", "pairs": seen, "back": "tab=held"}

    asked = county.post(f"{url}edit/", sent)

    text = asked.content.decode()
    assert asked.status_code == 400 and "甲某" in text and "女童没有女性" in text
    assert all(f'value="{one}"' in text for one in seen) and 'value="tab=held"' in text
    assert "乙某：" not in text
    assert teacher_pair_of(draft, "甲某").helper.name == "女老师"
    short = county.post(f"{url}edit/", sent | {"reason": "短"}).content.decode()
    assert "至少写 4 个字" in short and 'value="短"' in short

    done = county.post(f"{url}edit/", sent | {"reason": "两家相熟，离得近"})

    assert done["Location"] == f"{url}?tab=held"
    pair = teacher_pair_of(draft, "甲某")
    assert pair.helper.name == "男老师"
    assert 'title="两家相熟，离得近"' in county.get(url).content.decode()
    panel = county.get(f"{url}pairs/{pair.public_id}/").content.decode()
    assert "对调：女老师 → 男老师" in panel and "两家相熟，离得近" in panel


def test_what_the_run_reckoned_is_said_to_be_so_once_hands_have_changed_the_draft(county):
    draft = a_draft(
        (a_child("冉欣怡"), a_helper("何国平"), a_helper(role=Role.CADRE)),
        (a_child("空着"), None, None),
        is_bundled=False,
    )
    ProposedPair.objects.filter(child__name="冉欣怡").update(alternatives=[[a_helper("李春燕").pk, 10, 0, 400]])
    why_open = draft.certificates.create(
        slot_name="监管教师", place_name="", children=1, helpers=1, places=0, needed=1, short=1, remedies=[]
    )
    ProposedPair.objects.filter(child__name="空着").update(certificate=why_open)
    pages = [
        f"/proposals/{draft.public_id}/pairs/{teacher_pair_of(draft, child).public_id}/" for child in ("冉欣怡", "空着")
    ]
    said = "是求解时算的；这一稿之后手改了 1 处，现在可能不同"
    assert not any("是求解时算的" in county.get(page).content.decode() for page in pages)
    other = ProposedPair.objects.get(child__name="冉欣怡", slot__rule__key="cadre")
    county.post(f"/proposals/{draft.public_id}/pairs/{other.public_id}/edit/", {"version": 1, "what": "take_off"})
    assert all(said in county.get(page).content.decode() for page in pages)
    county.post(f"/proposals/{draft.public_id}/undo/")
    assert not any("是求解时算的" in county.get(page).content.decode() for page in pages)


def teacher_pair_of(draft, child):
    return ProposedPair.objects.select_related("helper").get(
        proposal=draft, slot__rule__key="teacher", child__name=child
    )


def test_colleagues_see_who_has_a_place_open_for_two_minutes(county, draft, visitor):
    pair = teacher_pair(draft)
    colleague = a_coordinator(a_county())
    url = f"/proposals/{draft.public_id}/"
    visitor(colleague).get(f"{url}pairs/{pair.public_id}/")
    told = f"{colleague.display_name} 在看"
    assert told in county.get(url).content.decode()
    assert f"{colleague.display_name} 也在看" in county.get(f"{url}pairs/{pair.public_id}/").content.decode()
    assert told not in visitor(colleague).get(url).content.decode()
    with time_machine.travel(NOW + timedelta(minutes=3)):
        assert told not in county.get(url).content.decode()


def test_the_panel_beside_the_table_is_changed_in_place(county, draft):
    """Asked for by htmx, a change answers with the panel alone, and the table hears of it."""
    pair, other = teacher_pair(draft), a_helper("李春燕")
    url, part = f"/proposals/{draft.public_id}/pairs/{pair.public_id}/", {"HTTP_HX_REQUEST": "true"}
    ProposedPair.objects.filter(pk=pair.pk).update(alternatives=[[other.pk, 10, 0, 400]])
    panel = county.get(url, **part).content.decode()
    assert f'hx-post="{url}edit/"' in panel and "换成 李春燕" in panel and "<html" not in panel
    answer = county.post(f"{url}edit/", {"version": 1, "what": "lock"}, **part)
    text = answer.content.decode()
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "draftChanged")
    assert "已锁定，再匹配时不动这一对" in text and 'value="unlock"' in text and "<html" not in text
    conflict = county.post(f"{url}edit/", {"version": 1, "what": "put", "helper": other.public_id}, **part)
    text = conflict.content.decode()
    assert conflict.status_code == 200 and "用我的" in text and "<html" not in text
    table = county.get(f"/proposals/{draft.public_id}/?tab=held", **part).content.decode()
    assert "您刚才改的" in table and f'hx-get="/proposals/{draft.public_id}/?tab=held"' in table


def test_the_head_of_the_page_is_counted_anew_with_the_table(county, draft):
    url, part = f"/proposals/{draft.public_id}/", {"HTTP_HX_REQUEST": "true"}
    page = county.get(url).content.decode()
    assert "2 个名额，0 个还空着" in page and page.count('id="draft-head"') == 1 and "hx-swap-oob" not in page

    county.post(f"{url}pairs/{teacher_pair(draft).public_id}/edit/", {"version": 1, "what": "take_off"}, **part)

    table = county.get(url, **part).content.decode()
    assert '<div class="qs-head mb-0" id="draft-head" hx-swap-oob="true">' in table
    assert "2 个名额，1 个还空着" in table and "手改 1 处" in table
