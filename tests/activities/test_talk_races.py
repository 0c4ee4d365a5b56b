"""Several coordinators at one class, and two classes at one teacher: one wins, the others are told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from activities.models import TalkGroup, TalkPlan
from activities.services import talks
from activities.services.talks import TalkWants, deal_talk_plan, hold_talk, publish_talk_plan
from backend.kernel.errors import DomainError
from backend.outbox.models import OutboxEvent
from backend.roster.models import TeachingPost
from tests.factories.roster import NOW, a_child, a_class
from tests.factories.talks import DECEMBER, a_plan, a_published_plan, a_teacher, a_term

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def all_at_once(*calls):
    """Start every call at one moment; answers what each gave or the code of its refusal."""
    gate = Barrier(len(calls))

    def run(call):
        gate.wait()
        try:
            return call()
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_ten_publish_and_the_teachers_are_told_once():
    plan = a_plan(8)
    answers = all_at_once(*[lambda: publish_talk_plan(plan=plan, actor=None, now=NOW).state] * 10)

    assert sorted(answers) == ["PUBLISHED", *["talk_plan.changed"] * 9]
    assert OutboxEvent.objects.filter(name="talk_plan.published").count() == 1


def test_ten_note_one_talk_and_it_was_held_once():
    group = a_published_plan(children=4, teachers=1).groups.get()
    answers = all_at_once(*[lambda: hold_talk(group=group, actor=None, now=NOW + timedelta(days=30))] * 10)

    assert answers.count(None) == 1
    assert answers.count("talk_group.already_held") == 9


def test_ten_begin_a_cycle_and_the_class_has_one_draft():
    a_term()
    one = a_class()
    for _ in range(4):
        a_child(school_class=one)
    wants = TalkWants(months=DECEMBER, limits={a_teacher(one).pk: 2})

    def make():
        return talks.make_talk_plan(school_class=one, term=a_term(), wants=wants, actor=None, now=NOW).state

    answers = all_at_once(*[make] * 10)
    assert sorted(answers) == ["DRAFT", *["talk_plan.draft_exists"] * 9]


def test_two_classes_never_take_one_teacher_in_one_week():
    first = a_plan(4, teachers=1)
    teacher = first.teachers.get().teacher
    other = a_class(name="四(2)班")
    TeachingPost.objects.create(helper=teacher, school_class=other)
    for _ in range(4):
        a_child(school_class=other)
    wants = TalkWants(months=DECEMBER, limits={teacher.pk: 2})
    second = talks.make_talk_plan(school_class=other, term=first.term, wants=wants, actor=None, now=NOW)
    TalkGroup.objects.all().delete()

    all_at_once(
        lambda: deal_talk_plan(plan=first, actor=None, now=NOW).pk,
        lambda: deal_talk_plan(plan=second, actor=None, now=NOW).pk,
    )
    weeks = list(TalkGroup.objects.values_list("week_date", flat=True))
    assert len(weeks) == len(set(weeks)) >= 1
    assert TalkPlan.objects.count() == 2
