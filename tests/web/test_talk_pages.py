"""谈心小组 on the pages: a coordinator plans, swaps, publishes and prints; a teacher sees given names and nothing else."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from activities.models import TalkPlan, TalkWish
from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.models import TeachingPost
from tests.factories.matching import a_scheme
from tests.factories.readers import SECRETS, a_full_child, a_neighbourhood
from tests.factories.roster import NOW, a_child, a_class, a_county, a_member, a_school, a_township, a_village
from tests.factories.talks import a_plan, a_published_plan, a_teacher, a_term
from tests.scenarios.background import do_background_work


@pytest.fixture
def school(visitor):
    return visitor(a_member(Role.SCHOOL_COORDINATOR, organisation=a_school()))


def page_of(name, one):
    return reverse(f"web:{name}", args=[one.public_id])


def text_of(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def in_week_of(group):
    day = datetime.combine(group.week_date, datetime.min.time(), ZoneInfo("Asia/Shanghai")) + timedelta(hours=9)
    return time_machine.travel(day, tick=False)


def test_the_schemes_page_leads_to_the_talk_groups(school):
    a_scheme()
    text = text_of(school, "/schemes/")
    assert "谈心小组" in text
    assert reverse("web:talks") in text


def test_a_school_coordinator_plans_swaps_publishes_and_prints(school):
    a_term()
    one = a_class()
    children = [a_child(school_class=one) for _ in range(8)]
    teachers = [a_teacher(one), a_teacher(one)]
    form = {"months": ["2026-12-01"], "mode": "GROUP", "size": "4", **{one.public_id: "3" for one in teachers}}

    assert all(teacher.name in text_of(school, page_of("talk-new", one)) for teacher in teachers)
    answer = school.post(page_of("talk-new", one), form)
    plan = TalkPlan.objects.get()
    assert answer["Location"] == page_of("talk-plan", plan)
    text = text_of(school, page_of("talk-plan", plan))
    assert all(child.name in text for child in children)
    assert "已证明" in text

    first, second = (group.seats.first() for group in plan.groups.all())
    choose = text_of(school, f"{page_of('talk-swap', plan)}?one={first.public_id}")
    assert second.child.name in choose
    price = text_of(school, f"{page_of('talk-swap', plan)}?one={first.public_id}&other={second.public_id}")
    assert "对换以后" in price
    asked = {"one": first.public_id, "other": second.public_id, "version": plan.version}
    school.post(page_of("talk-swap", plan), asked)
    first.refresh_from_db()
    assert first.group_id == second.group_id
    assert "手改了 1 处" in text_of(school, page_of("talk-plan", plan))

    school.post(page_of("talk-plan-act", plan), {"do": "publish"})
    assert TalkPlan.objects.get().state == "PUBLISHED"
    paper = text_of(school, page_of("talk-plan-print", plan))
    assert all(child.name[1:] in paper for child in children)
    assert not any(child.name in paper or child.public_id in paper for child in children)
    assert "不上墙" in paper
    assert AuditEntry.objects.filter(verb="talk_plan.printed").count() == 1


def test_the_form_says_what_is_missing(school):
    a_term()
    one = a_class()
    a_child(school_class=one)
    assert "没有可以参加的任课教师" in text_of(school, page_of("talk-new", one))
    answer = school.post(page_of("talk-new", one), {"mode": "GROUP", "size": "4"})
    assert "请至少选一个月" in answer.content.decode()
    answer = school.post(page_of("talk-new", one), {"months": ["2026-12-01"], "mode": "GROUP", "size": "4"})
    assert "请至少选一位教这个班的老师" in answer.content.decode()
    assert not TalkPlan.objects.exists()


def test_who_cannot_be_met_is_named_with_what_would_help(school):
    plan = a_plan(8, teachers=1, most=1)
    text = text_of(school, page_of("talk-plan", plan))
    assert all(seat.child.name in text for seat in plan.seats.filter(group=None))
    assert "至少要分 2 组，老师们一共只能带 1 组" in text
    assert "多谈到 3 名" in text


def test_wishes_are_noted_and_taken_back(school):
    one = a_class()
    first, second = a_child(school_class=one), a_child(school_class=one)
    form = {"one": first.public_id, "other": second.public_id, "kind": "APART"}
    school.post(page_of("talk-class", one), form)
    assert "分开坐" in text_of(school, page_of("talk-class", one))
    again = school.post(page_of("talk-class", one), form)
    assert "已经写过" in again.content.decode()
    school.post(reverse("web:talk-wish-forget", args=[one.public_id, TalkWish.objects.get().public_id]))
    assert not TalkWish.objects.exists()


def test_taking_back_dealing_again_and_deleting(school):
    plan = a_published_plan(children=4)
    for verb, state in [("reopen", "DRAFT"), ("deal", "DRAFT"), ("drop", "DRAFT"), ("publish", "PUBLISHED")]:
        assert school.post(page_of("talk-plan-act", plan), {"do": verb}).status_code == 302
        assert TalkPlan.objects.get().state == state
    assert school.post(page_of("talk-plan-act", plan), {"do": "burn"}).status_code == 404


def test_another_school_finds_nothing(visitor):
    plan = a_published_plan(children=4)
    far = a_village(a_township(a_county("529902", "云河县"), number=102, name="桑木镇"), number=202, name="青杠坡村")
    client = visitor(a_member(Role.SCHOOL_COORDINATOR, organisation=a_school(far, name="桑木小学")))

    for name in ("talk-plan", "talk-plan-print", "talk-swap"):
        assert client.get(page_of(name, plan)).status_code == 404
    for name in ("talk-class", "talk-new"):
        assert client.get(page_of(name, plan.school_class)).status_code == 404
    assert client.post(page_of("talk-plan-act", plan), {"do": "reopen"}).status_code == 404
    assert client.post(page_of("talk-group-held", plan.groups.get())).status_code == 404
    assert plan.school_class.school.name not in text_of(client, "/talks/")


def test_a_teacher_sees_given_names_and_notes_the_talk(visitor):
    child = a_full_child()
    plan = a_published_plan(children=2, teachers=1)
    group = plan.groups.get()

    with in_week_of(group):
        client = visitor(group.teacher.user)
        text = text_of(client, "/week/")
        assert "欣怡" in text
        for secret in (child.name, child.public_id, *SECRETS.values()):
            assert secret not in text
        assert client.get(page_of("child", child)).status_code == 404
        assert client.post(page_of("my-talk-held", group)).status_code == 302
    group.refresh_from_db()
    assert group.held_at is not None


def test_a_teacher_sees_no_draft_no_others_group_and_is_reminded_of_what_was_not_noted(visitor):
    draft = a_plan(4, teachers=1)
    teacher = draft.groups.get().teacher
    with in_week_of(draft.groups.get()):
        assert "谈心小组" not in text_of(visitor(teacher.user), "/week/")
    other = a_published_plan(children=4, teachers=1, school_class=a_class(name="四(2)班")).groups.get()
    TeachingPost.objects.create(helper=teacher, school_class=other.plan.school_class)
    with in_week_of(other):
        client = visitor(teacher.user)
        assert "谈心小组" not in text_of(client, "/week/")
        assert client.post(page_of("my-talk-held", other)).status_code == 404
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        assert "还没记完成" in text_of(visitor(other.teacher.user), "/week/")


def test_how_pairings_are_made_is_open_to_all_in_both_languages(visitor):
    place = a_neighbourhood()
    for client in (visitor(), *(visitor(user) for user in place.users.values())):
        answer = client.get("/how/")
        assert answer.status_code == 200
        assert "怎样配对" in answer.content.decode()
    english = visitor().get("/how/?lang=en").content.decode()
    main = english[english.index("<main") : english.index("</main>")]
    assert "How are pairings made?" in main
    assert re.findall(r"[\u4e00-\u9fff]+", main) == ["中文"]
    assert not visitor().get("/how/").cookies


def test_somebody_signed_in_keeps_the_menu_on_the_page_of_how_pairings_are_made(visitor):
    place = a_neighbourhood()
    desk, phone = (
        visitor(place.users[role]).get("/how/").content.decode() for role in (Role.COUNTY_COORDINATOR, Role.TEACHER)
    )
    assert "qs-nav" in desk and reverse("web:today") in desk
    assert "ph-tabs" in phone
    assert "qs-nav" not in visitor().get("/how/").content.decode()


def test_a_whole_school_is_planned_in_one_step_and_told_class_by_class(school):
    a_term()
    one, other = a_class(), a_class(name="四(2)班")
    for each in (one, other):
        for _ in range(4):
            a_child(school_class=each)
    a_child(school_class=one, has_consent=False)
    a_teacher(one)
    assert reverse("web:talk-round-new") in text_of(school, "/talks/")
    page = text_of(school, reverse("web:talk-round-new"))
    assert a_school().name in page and "所有学校" not in page
    form = {"where": a_school().public_id, "months": ["2026-12-01"], "mode": "GROUP", "size": "4", "most_groups": "4"}

    answer = school.post(reverse("web:talk-round-new"), form)

    going = text_of(school, answer["Location"])
    assert "2 个班排了 0 个" in going and "hx-get" in going
    do_background_work()
    done = text_of(school, answer["Location"])
    assert "1 个班排好了" in done and "1 个班没排" in done and "hx-get" not in done
    assert "没有背景核查管到最后一周的任课教师" in done
    assert "4 个孩子编成 1 组，1 个监护人还没同意" in done


def test_children_counted_differently_are_explained(school):
    a_term()
    one = a_class()
    for has_consent in (True, True, True, False):
        a_child(school_class=one, has_consent=has_consent)
    a_teacher(one)

    assert "3 个可以编组，其余监护人还没同意" in text_of(school, "/talks/")
    assert "另有 1 个孩子的监护人还没同意" in text_of(school, page_of("talk-new", one))


def test_a_round_of_another_school_is_not_found(school, visitor):
    a_term()
    a_child(school_class=a_class())
    one = a_class(a_school(a_village(a_township(number=109, name="别镇"), number=209, name="别村"), name="别校"))
    a_child(school_class=one)
    elsewhere = visitor(a_member(Role.SCHOOL_COORDINATOR, organisation=one.school))
    form = {"where": one.school.public_id, "months": ["2026-12-01"], "mode": "GROUP", "size": "4", "most_groups": "4"}

    assert school.post(reverse("web:talk-round-new"), form).status_code == 200
    where = elsewhere.post(reverse("web:talk-round-new"), form)["Location"]

    assert school.get(where).status_code == 404
