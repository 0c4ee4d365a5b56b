"""试一试 and 为什么不是别人 by page and by API: answers in people, nothing of the draft touched."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.template.loader import render_to_string
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.roster.access import reader_for
from backend.roster.models import Helper
from backend.web.shared.difference import told_difference
from matching.models import MatchingRun, Proposal, ProposedPair, Trial
from matching.services import trials
from matching.services import why_not as why_not_service
from matching.services.runs import RunOptions, start_run
from tests.factories.matching import the_schemes
from tests.factories.roster import (
    NOW,
    a_child,
    a_coordinator,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_token,
    a_township,
    a_village,
)
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def coordinator():
    return a_coordinator(a_county())


@pytest.fixture
def draft(coordinator):
    """Three children and a teacher with one place: two stay open."""
    scheme = next(one for one in the_schemes() if one.key == "proxy-parent")
    for name in ("甲", "乙", "丙"):
        a_child(name, level=3)
    a_helper("何国平", total_limit=1), a_helper("李春燕", is_cleared=False), a_helper("干部某", role=Role.CADRE)
    reader = reader_for(coordinator, NOW)
    start_run(scheme=scheme, area=a_county(), options=RunOptions(), actor=coordinator, reader=reader, now=NOW)
    do_background_work()
    return Proposal.objects.select_related("run").get()


def test_the_run_tells_what_would_help(visitor, coordinator, draft):
    page = visitor(coordinator).get(f"/runs/{draft.run.public_id}/").content.decode()
    assert "李春燕的背景核查补好：多配齐 2 名" in page and "何国平多带一名：多配齐 1 名" in page


def test_a_trial_leads_to_its_answer(visitor, coordinator, draft):
    client = visitor(coordinator)
    sent = {"area": a_township().public_id, "kind": "LIMIT", "who": "何国平", "more": "1", "place": "proxy"}
    answer = client.post(f"/proposals/{draft.public_id}/what-if/", sent)
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer["Location"]).content.decode()
    assert "如果何国平的上限加 1 名" in page and "多配上 1 个名额" in page and "空缺 → <b" in page


def test_namesakes_are_offered_to_choose_from(visitor, coordinator, draft):
    other = a_helper("何国平")
    client = visitor(coordinator)
    sent = {"area": a_township().public_id, "kind": "WITHOUT", "who": "何国平", "place": "proxy"}
    page = client.post(f"/proposals/{draft.public_id}/what-if/", sent).content.decode()
    assert "有几位，请在下面挑一位" in page and other.public_id in page
    assert client.post(f"/proposals/{draft.public_id}/what-if/", sent | {"who": other.public_id}).status_code == 302


def test_what_is_missing_is_said(visitor, coordinator, draft):
    client, where = visitor(coordinator), f"/proposals/{draft.public_id}/what-if/"
    base = {"area": a_township().public_id, "place": "proxy"}
    assert "没找到这个人" in client.post(where, base | {"kind": "LIMIT", "who": "没有"}).content.decode()
    assert "写上是谁" in client.post(where, base | {"kind": "LIMIT", "who": ""}).content.decode()
    assert "选一样" in client.post(where, base | {"kind": "PLACE"}).content.decode()
    assert not Trial.objects.exists()


def test_a_distance_and_a_weight_are_tried(visitor, coordinator, draft):
    client, where = visitor(coordinator), f"/proposals/{draft.public_id}/what-if/"
    base = {"area": a_township().public_id, "place": "proxy"}
    answer = client.post(where, base | {"kind": "PLACE", "radius_km": "2.5"})
    assert "最远 2.5 公里" in client.get(answer["Location"]).content.decode()
    answer = client.post(where, base | {"kind": "WEIGHT", "weighed": "near", "points": "7"})
    assert "看重住得近 7分" in client.get(answer["Location"]).content.decode()
    rule = draft.scheme.slot_rules.get()
    assert Trial.objects.latest("pk").wishes[0]["said"]["weights"] == rule.weights | {"near": 70}
    assert "选看重的哪一项" in client.post(where, base | {"kind": "WEIGHT", "points": "7"}).content.decode()
    too_many = base | {"kind": "WEIGHT", "weighed": "near", "points": "100"}
    assert "请减到 100 分以内" in client.post(where, too_many).content.decode()


def test_contradicting_locks_are_named_on_the_page_and_over_the_api(visitor, coordinator, draft):
    pair = ProposedPair.objects.exclude(helper=None).select_related("child", "helper").get()
    conflicts = [{"rule": "limit", "pairs": [pair.pk], "helpers": [pair.helper_id]}]
    empty = {"complete": [0, 0], "fit": [0, 0], "squares": [0, 0], "moves": []}
    trial = Trial.objects.create(
        run=draft.run, area=a_township(), wishes=[], slots=3, requested_by=coordinator, created_at=NOW, state="DONE",
        result={"status": "INVALID", "filled": {}, "conflicts": conflicts, **empty},
    )  # fmt: skip
    told = visitor(coordinator).get(f"/proposals/{draft.public_id}/what-if/{trial.public_id}/").content.decode()
    assert "和已经定下或锁住的结对冲突" in told and "何国平的结对名额已满" in told
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {a_token(coordinator)}")
    row = api.get(f"/api/v1/trials/{trial.public_id}/").json()["difference"]
    assert row["conflicts"] == [{"rule": "limit", "pairs": [pair.public_id], "helpers": [pair.helper.public_id]}]


def test_why_not_by_page(visitor, coordinator, draft):
    client = visitor(coordinator)
    pair = ProposedPair.objects.filter(helper=None).first()
    base = f"/proposals/{draft.public_id}/pairs/{pair.public_id}/why-not/"
    assert "规则允许" in client.get(base + "?q=heguoping").content.decode(), "a single hit is answered at once"
    teacher, cadre = (ProposedPair.objects.exclude(helper=None).get().helper, a_helper("没身份", role=Role.CADRE))
    told = client.get(f"{base}?helper={teacher.public_id}").content.decode()
    assert "规则允许" in told and "空出 1" in told
    assert "规则不允许" in client.get(f"{base}?helper={cadre.public_id}").content.decode()
    a_helper("何国平")
    found = client.get(base + "?q=heguoping").content.decode()
    assert found.count("?helper=") == 2 and "问的是哪一位" in found and "只列出前" not in found
    for number in range(20):
        a_helper(f"何国平{number}")
    assert "只列出前 20 位" in client.get(base + "?q=heguoping").content.decode()


def test_in_a_large_township_why_not_is_queued(visitor, coordinator, draft, monkeypatch):
    monkeypatch.setattr(why_not_service, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(trials, "MOST_AT_ONCE", 1)
    client = visitor(coordinator)
    pair, teacher = ProposedPair.objects.filter(helper=None).first(), draft.pairs.exclude(helper=None).get().helper
    base = f"/proposals/{draft.public_id}/pairs/{pair.public_id}/why-not/"
    page = words_of(client.get(f"{base}?helper={teacher.public_id}"))
    assert "当场算不完，要排队试算" in page and "排队试算 再问一个人" in page
    queued = client.post(base + "queue/", {"helper": teacher.public_id})
    do_background_work()
    told = words_of(client.get(queued["Location"]))
    assert f"如果由何国平做{pair.child.name}的" in told and "空出 1" in told
    cadre = a_helper("没身份", role=Role.CADRE)
    forbidden = client.post(base + "queue/", {"helper": cadre.public_id})
    do_background_work()
    assert "没身份" in words_of(client.get(forbidden["Location"]))
    assert Trial.objects.latest("pk").result["forbidden"][0]["rule"] == "role"
    assert client.post(base + "queue/", {"helper": "nobody"})["Location"] == base


def test_a_pair_is_tried_over_the_api(coordinator, draft):
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {a_token(coordinator)}")
    pair, teacher = ProposedPair.objects.filter(helper=None).first(), draft.pairs.exclude(helper=None).get().helper
    wish = {"kind": "PAIR", "people": [teacher.public_id], "pair": pair.public_id}
    body = {"run": draft.run.public_id, "area": a_township().public_id, "wishes": [wish]}
    made = api.post("/api/v1/trials/", body, format="json")
    assert made.status_code == 201, made.content
    assert {(one["pair"], one["new"]) for one in made.json()["difference"]["moves"]} > {
        (pair.public_id, teacher.public_id)
    }
    for wrong in (wish | {"pair": "0"}, wish | {"people": []}):
        assert api.post("/api/v1/trials/", body | {"wishes": [wrong]}, format="json").status_code == 400
    assert api.post("/api/v1/trials/", body | {"wishes": [wish, wish]}, format="json").status_code == 400


def test_the_api_says_the_same(coordinator, draft):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(coordinator)}")
    teacher = ProposedPair.objects.exclude(helper=None).get().helper
    body = {
        "run": draft.run.public_id, "area": a_township().public_id,
        "wishes": [{"kind": "LIMIT", "people": [teacher.public_id], "more": 2}],
    }  # fmt: skip
    made = client.post("/api/v1/trials/", body, format="json")
    assert made.status_code == 201, made.json()
    assert made.json()["difference"]["filled"] == {"3": [1, 2]}
    assert {(move["old"], move["new"]) for move in made.json()["difference"]["moves"]} == {(None, teacher.public_id)}
    assert client.get(f"/api/v1/trials/{made.json()['id']}/").json() == made.json()
    assert client.get(f"/api/v1/trials/?run={draft.run.public_id}").json()["count"] == 1

    pair = ProposedPair.objects.filter(helper=None).first()
    bare = client.get(f"/api/v1/proposals/{draft.public_id}/why-not/?pair={pair.public_id}")
    assert bare.status_code == 400 and "helper" in str(bare.json())
    path = f"/api/v1/proposals/{draft.public_id}/why-not/?pair={pair.public_id}&helper={teacher.public_id}"
    told = client.get(path).json()
    assert told["rules"] == [] and told["price"]["filled"] == {"3": [1, 1]}
    (certificate,) = client.get(f"/api/v1/proposals/{draft.public_id}/certificates/").json()["results"]
    assert {one["kind"] for one in certificate["remedies"]} == {"clearance", "limit"}
    wrong = client.post("/api/v1/trials/", body | {"wishes": [{"kind": "LIMIT", "people": ["x"]}]}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (400, "trial.wrong")


def test_another_township_sees_nothing_of_it(visitor, coordinator, draft):
    elsewhere = a_village(a_township(number=102, name="云台镇"), number=202, name="远村")
    other = visitor(a_coordinator(elsewhere.parent))
    sent = {"area": a_township().public_id, "kind": "LIMIT", "who": "何国平", "more": "1", "place": "proxy"}
    assert "trial" not in other.post(f"/proposals/{draft.public_id}/what-if/", sent).get("Location", "")
    visitor(coordinator).post(f"/proposals/{draft.public_id}/what-if/", sent)
    trial = Trial.objects.get()
    assert other.get(f"/proposals/{draft.public_id}/what-if/{trial.public_id}/").status_code == 404
    assert MatchingRun.objects.count() == 1


def far_away():
    return a_village(a_township(number=102, name="云台镇"), number=202, name="远村")


def test_a_township_reads_shortages_of_its_own_and_people_of_its_own(visitor, coordinator, draft):
    elsewhere = far_away()
    a_child("远处的", level=3, village=elsewhere)
    own = a_coordinator(a_township())
    reader = reader_for(coordinator, NOW)
    scheme = draft.scheme
    far = a_helper("远处的老师", village=elsewhere, is_cleared=False)
    start_run(scheme=scheme, area=a_county(), options=RunOptions(), actor=coordinator, reader=reader, now=NOW)
    do_background_work()
    latest = Proposal.objects.order_by("-pk").first()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(own)}")
    shown = client.get(f"/api/v1/proposals/{latest.public_id}/certificates/").json()
    assert shown["count"] == 1 and far.public_id not in str(shown)
    page = visitor(own).get(f"/runs/{latest.run.public_id}/").content.decode()
    assert "远处的老师" not in page and "李春燕的背景核查补好" in page
    county = APIClient()
    county.credentials(HTTP_AUTHORIZATION=f"Token {a_token(coordinator)}")
    everything = county.get(f"/api/v1/proposals/{latest.public_id}/certificates/").json()
    assert everything["count"] == 2 and far.public_id in str(everything)


def test_a_school_tries_nothing_and_only_the_county_looks_everywhere(coordinator, draft):
    school = a_member(Role.SCHOOL_COORDINATOR, organisation=a_school())
    township = a_coordinator(a_township())
    body = {
        "run": draft.run.public_id, "area": a_township().public_id,
        "wishes": [{"kind": "PLACE", "scheme": draft.scheme.public_id, "place": "proxy", "said": {"reach": "COUNTY"}}],
    }  # fmt: skip
    for user, status in ((school, 403), (township, 403), (coordinator, 201)):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
        assert client.post("/api/v1/trials/", body, format="json").status_code == status


def test_people_elsewhere_are_not_named_to_a_township(visitor, coordinator, draft):
    far = a_helper("远处的老师", village=far_away())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(coordinator)}")
    body = {
        "run": draft.run.public_id, "area": a_township().public_id,
        "wishes": [{"kind": "PLACE", "scheme": draft.scheme.public_id, "place": "proxy", "said": {"reach": "COUNTY"}}],
    }  # fmt: skip
    made = client.post("/api/v1/trials/", body, format="json").json()
    assert far.public_id in str(made)
    page = visitor(a_coordinator(a_township())).get(f"/proposals/{draft.public_id}/what-if/{made['id']}/")
    assert page.status_code == 200
    assert "远处的老师" not in page.content.decode() and "别处的一位" in page.content.decode()


def test_a_cure_is_tried_by_a_click_and_put_in_by_another(visitor, coordinator, draft):
    client = visitor(coordinator)
    page = client.get(f"/runs/{draft.run.public_id}/").content.decode()
    certificate = draft.certificates.get()
    number = next(at for at, one in enumerate(certificate.remedies) if one["kind"] == "limit")
    url = f"/proposals/{draft.public_id}/cures/{certificate.pk}/{number}/"
    assert url in page
    answer = client.post(url, follow=True).content.decode()
    assert "用到方案里" in answer and "多配上 1 个名额" in answer
    trial = Trial.objects.latest("pk")
    done = client.post(f"/proposals/{draft.public_id}/what-if/{trial.public_id}/apply/", follow=True).content.decode()
    assert "动了 1 个名额" in done
    assert ProposedPair.objects.exclude(helper=None).count() == 2
    assert client.post(f"/proposals/{draft.public_id}/cures/{certificate.pk}/99/", follow=True).status_code == 200


def test_a_run_stays_as_it_was_when_its_draft_is_changed(visitor, coordinator, draft):
    client = visitor(coordinator)
    url = f"/runs/{draft.run.public_id}/"
    before = words_of(client.get(url))
    assert "1 名配齐了，2 名还缺人" in before and "缺 2 个" in before and "后来改动了" not in before
    number = next(at for at, one in enumerate(draft.certificates.get().remedies) if one["kind"] == "limit")
    tried = client.post(f"/proposals/{draft.public_id}/cures/{draft.certificates.get().pk}/{number}/")
    client.post(tried["Location"] + "apply/")
    client.get(f"/proposals/{draft.public_id}/")  # reads the message away
    note = "方案后来改动了 1 个名额。这一页说的是算完时的样子。 看现在的方案 "
    after = words_of(client.get(url))
    assert note in after and after.replace(note, "") == before


def test_a_small_price_is_not_rounded_away(coordinator):
    reader = reader_for(coordinator, NOW)
    result = {"filled": {"3": [200, 200]}, "complete": [200, 200], "fit": [83_400, 83_310], "moves": []}
    told = told_difference(result, reader)
    assert (told.fit[0] - told.fit[1] < 0.05, told.points) == (True, -9.0)
    page = render_to_string("web/coordinator/_difference.html", {"told": told})
    assert "少 9 分" in page


def test_whom_else_one_could_take_says_what_it_costs_in_all(visitor, coordinator, draft):
    pair = draft.pairs.exclude(helper=None).get()
    people = [a_helper(name) for name in ("换甲", "换乙", "换丙")]
    alternatives = [[people[0].pk, 30, 0, 310], [people[1].pk, 0, 1, 340], [people[2].pk, 90, 1, 340]]
    ProposedPair.objects.filter(pk=pair.pk).update(fit=340, alternatives=alternatives)
    page = words_of(visitor(coordinator).get(f"/proposals/{draft.public_id}/pairs/{pair.public_id}/"))
    assert "这一对的契合 34 → 31；其他人不动，一共少 3 分" in page
    assert page.count("算一算要动谁") == 2 and "一共至少少 9 分" in page


def test_a_load_is_told_beside_the_limit_that_binds(visitor, coordinator, draft):
    """Two is the scheme's limit; three the helper's own."""
    pair = draft.pairs.exclude(helper=None).get()
    type(pair.helper).objects.filter(pk=pair.helper_id).update(total_limit=3)
    client = visitor(coordinator)
    assert "1/2" in words_of(client.get(f"/proposals/{draft.public_id}/?tab=filled")).replace(" ", "")
    page = words_of(client.get(f"/proposals/{draft.public_id}/pairs/{pair.public_id}/"))
    assert "这一稿 1 名 / 这个项目最多 2" in page


def test_what_was_tried_is_named_and_what_cannot_be_is_said(visitor, coordinator, draft, monkeypatch):
    monkeypatch.setattr(trials, "MOST_AT_ONCE", 1)
    client = visitor(coordinator)
    sent = {"area": a_township().public_id, "kind": "LIMIT", "who": "何国平", "more": "2", "place": "proxy"}
    queued = client.post(f"/proposals/{draft.public_id}/what-if/", sent)
    teacher = draft.pairs.exclude(helper=None).get().helper
    type(teacher).objects.filter(pk=teacher.pk).update(state="LEFT")
    do_background_work()
    assert "何国平的上限加 2 名" in words_of(client.get(f"/proposals/{draft.public_id}/what-if/"))
    assert Trial.objects.get().state == "FAILED"
    assert "试不了：说的那个人" in words_of(client.get(queued["Location"]))


def words_of(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def test_a_cure_is_tried_and_put_in_over_the_api(coordinator, draft):
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {a_token(coordinator)}")
    certificate = draft.certificates.get()
    number = next(at for at, one in enumerate(certificate.remedies) if one["kind"] == "limit")
    made = api.post("/api/v1/trials/cure/", {"certificate": certificate.pk, "number": number}, format="json")
    assert made.status_code == 201, made.content
    assert api.post(f"/api/v1/trials/{made.json()['id']}/apply/").json() == {"places": 1}
    assert api.post(f"/api/v1/trials/{made.json()['id']}/apply/").status_code == 400
    assert api.post("/api/v1/trials/cure/", {"certificate": 10**6, "number": 0}, format="json").status_code == 404


def test_each_kind_has_its_own_part_of_the_form(coordinator, draft, visitor):
    """Without JavaScript all parts are there, each under its heading; with it those of the chosen kind."""
    text = visitor(coordinator).get(f"/proposals/{draft.public_id}/what-if/").content.decode()

    parts = re.findall(r'<fieldset class="qs-part" data-by="kind" data-for="([^"]+)"><legend>', text)
    assert parts == ["LIMIT ANOTHER WITHOUT CLEARED", "SCHEME_LIMIT", "PLACE WEIGHT", "WOMAN"]
    assert "hidden" not in text[text.index("qs-part") : text.index("</form>", text.index("qs-part"))]


def test_a_link_proposes_a_change(coordinator, draft, visitor):
    busy = Helper.objects.get(name="何国平")
    url = f"/proposals/{draft.public_id}/what-if/?kind=LIMIT&who={busy.public_id}&area={a_township().public_id}"
    text = visitor(coordinator).get(url).content.decode()

    assert re.search(rf'type="radio" name="who"[^>]*value="{busy.public_id}" checked', text)
    assert 'value="何国平"' in text
    assert f'<option value="{a_township().public_id}" selected' in text


def test_the_full_are_folded_away_with_something_to_press(coordinator, draft, visitor):
    pair = ProposedPair.objects.filter(helper=None).first()
    page = f"/proposals/{draft.public_id}/pairs/{pair.public_id}/candidates/"

    text = visitor(coordinator).get(page).content.decode()

    assert "另有 1 位合适，名额都满了" in text and "规则都合的人名额都满了" in text
    busy = Helper.objects.get(name="何国平")
    assert f"/what-if/?kind=LIMIT&amp;who={busy.public_id}" in text
    school = visitor(a_member(Role.SCHOOL_COORDINATOR, organisation=a_school()))
    assert "看多带一名会怎样" not in school.get(page).content.decode()


def test_what_a_kind_of_change_needs_is_not_called_optional(visitor, coordinator, draft):
    page = visitor(coordinator).get(f"/proposals/{draft.public_id}/what-if/").content.decode()
    labels = {
        name: page.split(f'for="id_{name}"')[1].split("</label>")[0] for name in ("who", "more", "points", "limit")
    }
    assert {name for name, words in labels.items() if "可不填" in words} == {"limit"}


def test_without_a_name_nobody_is_offered_to_choose_from(visitor, coordinator, draft):
    page = visitor(coordinator).post(f"/proposals/{draft.public_id}/what-if/", {"kind": "LIMIT", "place": "proxy"})
    text = page.content.decode()
    assert "写上是谁" in text and "是哪一位" not in text


def test_a_person_is_tried_where_they_teach_unless_a_place_is_chosen(visitor, coordinator, draft):
    url = f"/proposals/{draft.public_id}/what-if/"
    place = draft.scheme.slot_rules.get().key
    helper = Helper.objects.get(name="何国平")
    Helper.objects.filter(pk=helper.pk).update(
        unit=a_school(a_village()), township=a_township(number=117, name="别的镇")
    )
    client = visitor(coordinator)
    client.post(url, {"kind": "LIMIT", "who": "何国平", "more": 1, "place": place})
    client.post(url, {"kind": "SCHEME_LIMIT", "limit": 3, "place": place})
    areas = [trial.area for trial in Trial.objects.order_by("pk")]
    assert areas == [a_village().parent, draft.run.area]
