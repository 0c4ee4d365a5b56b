"""A class, its teachers and its talk groups for tests."""

from __future__ import annotations

from datetime import date

from activities.models import TalkPlan
from activities.services.talks import TalkWants, make_talk_plan, publish_talk_plan
from backend.roster.models import TeachingPost
from matching.models import Term
from tests.factories.roster import NOW, a_child, a_class, a_county, a_helper

DECEMBER = ("2026-12-01",)


def a_term() -> Term:
    row, _new = Term.objects.get_or_create(
        county=a_county(), name="2026 秋", defaults={"start_date": date(2026, 9, 1), "end_date": date(2027, 1, 25)}
    )
    return row


def a_teacher(school_class=None, **columns):
    helper = a_helper(**columns)
    TeachingPost.objects.create(helper=helper, school_class=school_class or a_class())
    return helper


def a_plan(children=8, *, teachers=2, most=4, school_class=None, **wants) -> TalkPlan:
    one = school_class or a_class()
    for _ in range(children):
        a_child(school=one.school, school_class=one)
    people = [a_teacher(one) for _ in range(teachers)]
    asked = TalkWants(months=DECEMBER, limits={helper.pk: most for helper in people}, **wants)
    return make_talk_plan(school_class=one, term=a_term(), wants=asked, actor=None, now=NOW)


def a_published_plan(**columns) -> TalkPlan:
    return publish_talk_plan(plan=a_plan(**columns), actor=None, now=NOW)
