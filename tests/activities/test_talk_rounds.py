"""A whole school is planned in one go: each class for itself, whole or not at all."""

from __future__ import annotations

import pytest

from activities.models import TalkPlan, TalkRound
from activities.selectors import talk_rounds_visible_to
from activities.services import talk_rounds
from activities.services.talk_rounds import NoClasses, RoundWants, TooManyClasses, plan_round, start_round
from activities.services.talks import TalksChanged
from backend.accounts.models import Role
from backend.kernel.errors import NotAllowed
from backend.roster.access import reader_for
from backend.roster.models import Consent
from tests.factories.roster import (
    NOW,
    a_child,
    a_class,
    a_coordinator,
    a_county,
    a_member,
    a_school,
    a_township,
)
from tests.factories.talks import DECEMBER, a_plan, a_teacher, a_term
from tests.scenarios.background import do_background_work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader():
    a_term()
    return reader_for(a_coordinator(a_county()), NOW)


def a_full_class(name, *, children=4, teachers=1):
    one = a_class(name=name)
    for _ in range(children):
        a_child(school=one.school, school_class=one)
    return one, [a_teacher(one) for _ in range(teachers)]


def begun(reader, *, school=None, area=None, **wants):
    return start_round(
        area=area or a_township(),
        school=school,
        term=a_term(),
        wants=RoundWants(months=DECEMBER, **wants),
        actor=reader.user,
        reader=reader,
        now=NOW,
    )


def told(one):
    rows = one.classes.select_related("school_class").order_by("pk")
    return {row.school_class.name: (row.state, row.problem) for row in rows}


def test_every_class_is_planned_or_says_why_not(reader):
    a_full_class("甲班")
    a_full_class("乙班", teachers=0)
    silent, _teachers = a_full_class("丙班")
    Consent.objects.filter(child__school_class=silent).delete()
    drafted, _teachers = a_full_class("丁班", teachers=0)
    a_plan(0, school_class=drafted)

    one = begun(reader, school=a_school())
    do_background_work()

    one.refresh_from_db()
    assert one.state == "DONE" and one.finished_at
    assert told(one) == {
        "甲班": ("PLANNED", ""),
        "乙班": ("NOT", "talk_plan.no_teacher"),
        "丙班": ("NOT", "talk_round.no_children"),
        "丁班": ("NOT", "talk_plan.draft_exists"),
    }
    (row,) = one.classes.filter(state="PLANNED")
    assert row.plan.state == "DRAFT" and row.plan.seats.exclude(group=None).count() == 4


def test_a_class_that_breaks_leaves_nothing_behind_and_the_next_is_planned(reader, monkeypatch):
    first, _one = a_full_class("甲班")
    a_full_class("乙班")
    real = talk_rounds.deal_talk_plan

    def deal(*, plan, **named):
        if plan.school_class_id == first.pk:
            raise TalksChanged
        return real(plan=plan, **named)

    monkeypatch.setattr(talk_rounds, "deal_talk_plan", deal)
    one = begun(reader)
    do_background_work()

    assert told(one) == {"甲班": ("NOT", "talk_plan.changed"), "乙班": ("PLANNED", "")}
    assert not TalkPlan.objects.filter(school_class=first).exists()


def test_even_a_fault_of_ours_stops_no_other_class(reader, monkeypatch, caplog):
    a_full_class("甲班"), a_full_class("乙班")

    def deal(**_named):
        raise RuntimeError

    monkeypatch.setattr(talk_rounds, "deal_talk_plan", deal)
    one = begun(reader)
    do_background_work()

    assert set(told(one).values()) == {("NOT", "talk_round.failed")} and not TalkPlan.objects.exists()
    assert "Could not plan" in caplog.text


def test_a_second_worker_goes_on_where_the_first_died(reader, monkeypatch):
    a_full_class("甲班"), a_full_class("乙班")
    one = begun(reader)

    def die(**_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(talk_rounds, "deal_talk_plan", die)
        plan_round(round_id=one.pk, clock=lambda: NOW, beat=lambda: None)
    plan_round(round_id=one.pk, clock=lambda: NOW, beat=lambda: None)
    plan_round(round_id=one.pk, clock=lambda: NOW, beat=lambda: None)

    assert set(told(one).values()) == {("PLANNED", "")}
    assert TalkPlan.objects.count() == 2


def test_months_that_are_published_are_not_planned_again(reader):
    one, _teachers = a_full_class("甲班")
    TalkPlan.objects.create(
        term=a_term(), school_class=one, number=1, months=list(DECEMBER), state="PUBLISHED", created_at=NOW,
        published_at=NOW,
    )  # fmt: skip

    again = begun(reader)
    do_background_work()

    assert told(again) == {"甲班": ("NOT", "talk_round.planned_already")}


def test_a_teacher_of_two_classes_has_one_group_a_week(reader):
    _first, (teacher,) = a_full_class("甲班")
    second, _none = a_full_class("乙班", teachers=0)
    teacher.teaching_posts.create(school_class=second)

    one = begun(reader)
    do_background_work()

    assert set(told(one).values()) == {("PLANNED", "")}
    weeks = list(teacher.talk_groups.values_list("week_date", flat=True))
    assert len(weeks) == len(set(weeks)) == 2


def test_a_school_plans_its_own_classes_only(reader, monkeypatch):
    a_full_class("甲班")
    school = reader_for(a_member(Role.SCHOOL_COORDINATOR, organisation=a_school()), NOW)
    with pytest.raises(NotAllowed):
        begun(school)

    one = begun(school, school=a_school())

    assert list(talk_rounds_visible_to(school)) == [one]
    assert list(talk_rounds_visible_to(reader_for(a_coordinator(a_township()), NOW))) == [one]
    elsewhere = reader_for(a_coordinator(a_township(number=103, name="别处镇")), NOW)
    assert not talk_rounds_visible_to(elsewhere).exists()
    monkeypatch.setattr(talk_rounds, "MOST_CLASSES", 0)
    with pytest.raises(TooManyClasses):
        begun(reader)


def test_nothing_to_plan_is_refused(reader):
    with pytest.raises(NoClasses):
        begun(reader)
    assert not TalkRound.objects.exists()
