"""结对项目 by page: a scheme of one's own without code, and what stays as it was."""

from __future__ import annotations

import re
from html import unescape

import pytest

from matching.models import Scheme
from matching.services.scheme_edits import built_in_book
from matching.services.scheme_rules import book_of
from tests.factories.matching import the_schemes
from tests.factories.roster import a_coordinator, a_county, a_township

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(visitor):
    the_schemes()
    return visitor(a_coordinator(a_county()))


def fields_of(page):
    """What a browser would send back untouched."""
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        kind, name = re.search(r'type="(\w+)"', tag), re.search(r'name="([^"]+)"', tag)
        if not name or (kind and kind[1] in {"checkbox", "radio"} and "checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        sent.setdefault(name[1], []).append(unescape(value[1]) if value else "on" if "checked" in tag else "")
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(r'<option value="([^"]*)"', body)
        sent[name] = [chosen[1]]
    for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        sent[name] = [unescape(body.strip())]
    sent.pop("csrfmiddlewaretoken", None)
    return sent


@pytest.mark.parametrize("key", ["two-to-one", "daily-guardian", "hand-in-hand", "study-buddy", "mentor-one-to-one"])
def test_saving_what_the_page_shows_changes_no_rule(county, key):
    scheme = Scheme.objects.get(key=key)
    page = county.get(f"/schemes/{scheme.public_id}/edit/").content.decode()
    answer = county.post(f"/schemes/{scheme.public_id}/edit/", fields_of(page))
    assert answer.status_code == 302, answer.content.decode()
    scheme.refresh_from_db()
    assert book_of(scheme) == built_in_book(scheme)


def test_a_scheme_of_ones_own_without_code(county):
    like = Scheme.objects.get(key="mentor-one-to-one")
    sent = fields_of(county.get(f"/schemes/new/?like={like.public_id}").content.decode())
    sent |= {"name": ["夏天的伙伴"], "place-0-name": ["伙伴"], "place-0-radius_km": ["2.5"], "age_from": ["6"]}
    sent |= {"place-0-key": [""], "place-1-name": ["替补"], "place-1-roles": ["VOLUNTEER"], "place-1-wish_near": ["40"]}
    answer = county.post("/schemes/new/", sent)
    assert answer.status_code == 302, answer.content.decode()
    made = Scheme.objects.get(name="夏天的伙伴")
    assert made.target == {"ages": [6, None]}
    first, second = made.slot_rules.order_by("position")
    assert (first.name, first.radius_m, first.sex_rule) == ("伙伴", 2500, "SAME")
    assert (second.roles, second.weights) == (["VOLUNTEER"], {"near": 400})
    assert "自建" in county.get("/schemes/").content.decode()


def test_a_scheme_for_girls_of_some_grades_and_its_words(county):
    like = Scheme.objects.get(key="mentor-one-to-one")
    sent = fields_of(county.get(f"/schemes/new/?like={like.public_id}").content.decode())
    sent |= {"name": ["高年级女童"], "sex": ["F"], "grade_from": ["4"], "grade_to": ["6"]}
    assert county.post("/schemes/new/", sent).status_code == 302
    made = Scheme.objects.get(name="高年级女童")
    assert made.target == {"sex": "F", "grades": [4, 6]}
    assert "女童，4 到 6 年级" in county.get(f"/schemes/{made.public_id}/").content.decode()
    again = fields_of(county.get(f"/schemes/{made.public_id}/edit/").content.decode())
    assert (again["sex"], again["grade_from"], again["grade_to"]) == (["F"], ["4"], ["6"])
    turned = county.post("/schemes/new/", sent | {"name": ["反了"], "grade_from": ["9"]}).content.decode()
    assert "把两个数对调一下" in turned


def test_wrong_sums_are_said_and_nothing_is_saved(county):
    scheme = Scheme.objects.get(key="two-to-one")
    sent = fields_of(county.get(f"/schemes/{scheme.public_id}/edit/").content.decode())
    sent |= {"place-0-wish_near": ["90"], "target_per_helper": ["3"], "limit_per_helper": ["2"]}
    said = county.post(f"/schemes/{scheme.public_id}/edit/", sent).content.decode()
    assert "看重的几项加起来是 150 分" in said and "改成 2 或更小" in said
    scheme.refresh_from_db()
    assert scheme.version == 1


def test_a_place_is_taken_away_and_one_has_to_stay(county):
    scheme = Scheme.objects.get(key="two-to-one")
    sent = fields_of(county.get(f"/schemes/{scheme.public_id}/edit/").content.decode())
    refused = county.post(f"/schemes/{scheme.public_id}/edit/", sent | {f"place-{n}-is_gone": ["on"] for n in (0, 1)})
    assert "至少要有一种名额" in refused.content.decode()
    assert county.post(f"/schemes/{scheme.public_id}/edit/", sent | {"place-0-is_gone": ["on"]}).status_code == 302
    assert [rule.key for rule in scheme.slot_rules.all()] == ["teacher"]


def test_an_empty_new_scheme_is_told_where_its_place_goes(county):
    page = county.get("/schemes/new/").content.decode()
    first = page[page.index("名额叫什么") : page.index("每名孩子几个")]
    assert "可不填" not in first, "its name and who fills it are asked for"
    said = county.post("/schemes/new/", fields_of(page) | {"name": ["空的"]}).content.decode()
    assert "至少要有一种名额：给它起个名字" in said and "选由谁担任" in said
    for target in re.findall(r'<a href="#([^"]*)">', said):
        assert f'id="{target}"' in said
    assert '<a href="#id_place-0-name">' in said and '<a href="#id_place-0-roles">' in said


def test_a_new_scheme_of_two_kinds_is_made_in_one_go(county):
    page = county.get("/schemes/new/").content.decode()
    assert "再加一种名额" in page and 'name="place-1-name"' in page
    sent = fields_of(page) | {"name": ["两种人"], "place-0-name": ["教师"], "place-0-roles": ["TEACHER"]}
    sent |= {"place-1-name": ["干部"], "place-1-roles": ["CADRE"]}
    answer = county.post("/schemes/new/", sent)
    assert answer.status_code == 302, answer.content.decode()
    made = Scheme.objects.get(name="两种人")
    assert [rule.name for rule in made.slot_rules.order_by("position")] == ["教师", "干部"]


def test_no_two_schemes_of_a_term_have_one_name(county):
    like = Scheme.objects.get(key="mentor-one-to-one")
    sent = fields_of(county.get(f"/schemes/new/?like={like.public_id}").content.decode()) | {"name": [f" {like.name} "]}
    said = county.post("/schemes/new/", sent).content.decode()
    assert f"已经有叫“{like.name}”的项目" in said and Scheme.objects.filter(name=like.name).count() == 1
    other = Scheme.objects.get(key="two-to-one")
    edit = f"/schemes/{other.public_id}/edit/"
    page = fields_of(county.get(edit).content.decode())
    assert "已经有叫" in county.post(edit, page | {"name": [like.name]}).content.decode()
    assert county.post(edit, page | {"name": ["换个名字"]}).status_code == 302


def test_switch_off_and_restore(county):
    scheme = Scheme.objects.get(key="two-to-one")
    Scheme.objects.filter(pk=scheme.pk).update(offer_days=2)
    county.post(f"/schemes/{scheme.public_id}/switch/", {"on": "no"})
    page = county.get(f"/schemes/{scheme.public_id}/").content.decode()
    assert "这个项目停用了" in page and "恢复原样" in page
    county.post(f"/schemes/{scheme.public_id}/restore/", {"version": "2"})
    scheme.refresh_from_db()
    assert (scheme.offer_days, scheme.is_active) == (7, False)


def test_a_township_reads_without_buttons(county, visitor):
    township = visitor(a_coordinator(a_township()))
    scheme = Scheme.objects.get(key="two-to-one")
    page = township.get(f"/schemes/{scheme.public_id}/").content.decode()
    assert "责任干部" in page and "改规则" not in page and "停用" not in page
    assert township.get(f"/schemes/{scheme.public_id}/edit/").status_code == 404


def test_the_list_asks_a_fixed_number_of_questions(county, django_assert_num_queries):
    with django_assert_num_queries(17):
        county.get("/schemes/")


def test_what_the_page_does_not_show_stays_as_it_was(county):
    """Conditions only a program sets, and points the page rounds."""
    scheme = Scheme.objects.get(key="two-to-one")
    hidden = {"grades": [7, 8], "severities": [1], "is_boarding": True}
    Scheme.objects.filter(pk=scheme.pk).update(target=hidden)
    rule = scheme.slot_rules.first()
    type(rule).objects.filter(pk=rule.pk).update(weights={"near": 455, "needs": 5})
    page = county.get(f"/schemes/{scheme.public_id}/edit/").content.decode()
    county.post(f"/schemes/{scheme.public_id}/edit/", fields_of(page) | {"purpose": ["改了说明"]})
    scheme.refresh_from_db(), rule.refresh_from_db()
    assert (scheme.purpose, scheme.target, rule.weights) == ("改了说明", hidden, {"near": 455, "needs": 5})


@pytest.mark.parametrize("version", ["9" * 5000, "٣", "-1", "x", ""])
def test_no_version_a_page_could_send_breaks_anything(county, version):
    scheme = Scheme.objects.get(key="two-to-one")
    Scheme.objects.filter(pk=scheme.pk).update(offer_days=3)
    assert county.post(f"/schemes/{scheme.public_id}/restore/", {"version": version}).status_code == 302
    scheme.refresh_from_db()
    assert scheme.offer_days == 3
