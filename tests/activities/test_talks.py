"""A class's talk groups as rows: made as a draft, swapped, published, held, and dealt again around what was held."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from activities.models import TalkGroup, TalkPlan, TalkSeat
from activities.selectors import children_for_talks, seats_for_teachers, talk_groups_visible_to, talk_plans_visible_to
from activities.services import talks
from activities.services.talk_edits import CannotSwap, NotOneClass, WishThere, note_wish, swap_effect, swap_seats
from activities.services.talks import CheckEndsBefore, TalkWants, make_talk_plan
from activities.translation import problem_of, weeks_of
from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.outbox.models import OutboxEvent
from backend.roster.access import children_visible_to, reader_for
from backend.roster.models import Clearance, TeachingPost
from backend.roster.services.undo_blockers import blocked
from tests.factories.roster import (
    NOW,
    TODAY,
    a_child,
    a_class,
    a_county,
    a_helper,
    a_member,
    a_school,
    a_township,
    a_village,
)
from tests.factories.talks import DECEMBER, a_plan, a_published_plan, a_teacher, a_term

pytestmark = pytest.mark.django_db


def sizes_of(plan) -> list[int]:
    return sorted(group.seats.count() for group in plan.groups.all())


def test_weeks_belong_to_the_month_of_their_thursday_and_holidays_fall_out():
    term = {"first": date(2026, 9, 1), "last": date(2027, 1, 25)}

    assert weeks_of(DECEMBER, **term) == [date(2026, 11, 30), *(date(2026, 12, day) for day in (7, 14, 21, 28))]
    october = weeks_of(("2026-10-01",), **term)
    assert date(2026, 9, 28) in october  # 28 to 30 September are worked
    assert weeks_of(DECEMBER, ("2026-12-07",), **term)[1] == date(2026, 12, 14)


def test_a_plan_is_a_draft_in_which_every_child_sits_once():
    plan = a_plan(8)

    assert (plan.state, plan.status, plan.number, sizes_of(plan)) == ("DRAFT", "OPTIMAL", 1, [4, 4])
    assert set(plan.seats.values_list("child_id", flat=True)) == {
        child.pk for child in children_for_talks(plan.school_class_id)
    }
    assert AuditEntry.objects.filter(verb__startswith="talk_plan.").count() == 2
    assert not OutboxEvent.objects.filter(name="talk_plan.published").exists()


def test_who_has_no_consent_is_in_no_group():
    without = a_child(has_consent=False)
    plan = a_plan(4)
    assert not plan.seats.filter(child=without).exists()


def test_a_teacher_who_is_not_cleared_or_teaches_elsewhere_cannot_be_chosen():
    one = a_class()
    a_child(school_class=one)
    for helper in (a_teacher(one, is_cleared=False), a_helper()):
        wants = TalkWants(months=DECEMBER, limits={helper.pk: 2})
        with pytest.raises(talks.NoTeacherChosen):
            talks.make_talk_plan(school_class=one, term=a_term(), wants=wants, actor=None, now=NOW)
    past = TalkWants(months=("2026-10-01",), limits={a_teacher(one).pk: 2})
    with pytest.raises(talks.NoWeeksLeft):
        talks.make_talk_plan(school_class=one, term=a_term(), wants=past, actor=None, now=NOW)
    assert not TalkPlan.objects.exists()


def test_a_class_has_one_draft_and_the_next_cycle_has_the_next_number():
    plan = a_published_plan(children=4)
    again = TalkWants(months=("2027-01-01",), limits=dict(plan.teachers.values_list("teacher_id", "most_groups")))
    second = talks.make_talk_plan(school_class=plan.school_class, term=plan.term, wants=again, actor=None, now=NOW)

    assert second.number == 2
    with pytest.raises(talks.DraftExists):
        talks.make_talk_plan(school_class=plan.school_class, term=plan.term, wants=again, actor=None, now=NOW)
    with pytest.raises(talks.DraftExists):
        talks.reopen_talk_plan(plan=plan, actor=None, now=NOW)


def test_the_next_cycle_knows_who_met_whom_and_who_was_left_out():
    plan = a_published_plan(children=8, teachers=1, most=1)
    unmet = set(plan.seats.filter(group=None).values_list("child_id", flat=True))
    again = TalkWants(months=("2027-01-01",), limits=dict(plan.teachers.values_list("teacher_id", "most_groups")))
    second = talks.make_talk_plan(school_class=plan.school_class, term=plan.term, wants=again, actor=None, now=NOW)

    assert len(unmet) == 3
    assert unmet <= set(second.seats.exclude(group=None).values_list("child_id", flat=True))
    assert sum(problem_of(second, today=TODAY).met.values()) == 10
    assert plan.shortage["remedies"][0]["kind"] == "LIMIT"


def test_a_teacher_of_two_classes_has_one_group_a_week():
    plan = a_published_plan(children=4, teachers=1)
    teacher = plan.groups.get().teacher
    other = a_class(name="四(2)班")
    TeachingPost.objects.create(helper=teacher, school_class=other)
    for _ in range(4):
        a_child(school_class=other)
    second = talks.make_talk_plan(
        school_class=other,
        term=plan.term,
        wants=TalkWants(months=DECEMBER, limits={teacher.pk: 4}),
        actor=None,
        now=NOW,
    )
    assert second.groups.get().week_date != plan.groups.get().week_date
    with pytest.raises(IntegrityError), transaction.atomic():
        second.groups.update(week_date=plan.groups.get().week_date)


def test_publishing_tells_the_outbox_and_a_plan_out_of_date_is_not_a_published_plan():
    plan = a_published_plan(children=4)
    assert (plan.state, plan.published_at) == ("PUBLISHED", NOW)
    assert OutboxEvent.objects.get(name="talk_plan.published").payload == {"plan_id": plan.pk, "version": plan.version}
    with pytest.raises(talks.TalksNotDraft):
        talks.publish_talk_plan(plan=plan, actor=None, now=NOW)

    other = a_class(name="四(2)班")
    late = a_plan(4, school_class=other)
    a_child(school_class=other)
    with pytest.raises(talks.TalksOutdated):
        talks.publish_talk_plan(plan=late, actor=None, now=NOW)
    talks.deal_talk_plan(plan=late, actor=None, now=NOW)
    late.refresh_from_db()
    late.teachers.first().teacher.clearances.update(confirmed_at=None)
    late.teachers.last().teacher.clearances.update(confirmed_at=None)
    with pytest.raises(talks.TalksOutdated):
        talks.publish_talk_plan(plan=late, actor=None, now=NOW)


def test_what_was_read_too_long_ago_changes_nothing():
    plan = a_plan(4)
    stale = TalkPlan.objects.get(pk=plan.pk)
    talks.deal_talk_plan(plan=plan, actor=None, now=NOW)

    with pytest.raises(talks.TalksChanged):
        talks.publish_talk_plan(plan=stale, actor=None, now=NOW)
    with pytest.raises(talks.TalksChanged):
        talks.deal_talk_plan(plan=stale, actor=None, now=NOW)


def test_what_was_held_stands_when_the_rest_is_dealt_again():
    plan = a_published_plan(children=8)
    later = datetime(2026, 12, 2, 2, tzinfo=UTC)
    first = plan.groups.order_by("week_date").first()
    held = set(first.seats.values_list("child_id", flat=True))
    talks.hold_talk(group=first, actor=None, now=later)
    with pytest.raises(talks.AlreadyHeld):
        talks.hold_talk(group=first, actor=None, now=later)

    a_child(school_class=plan.school_class)
    plan = talks.reopen_talk_plan(plan=plan, actor=None, now=later)
    plan = talks.deal_talk_plan(plan=plan, seed=3, actor=None, now=later)

    assert set(first.seats.values_list("child_id", flat=True)) == held
    assert sizes_of(plan) == [4, 5]
    assert talks.publish_talk_plan(plan=plan, actor=None, now=later).state == "PUBLISHED"


def test_nobody_notes_a_talk_of_a_week_to_come_or_of_a_draft():
    plan = a_published_plan(children=4)
    group = plan.groups.get()
    with pytest.raises(talks.WeekAhead):
        talks.hold_talk(
            group=group, actor=None, now=datetime.combine(group.week_date, datetime.min.time(), UTC) - timedelta(days=1)
        )
    draft = a_plan(4, school_class=a_class(name="四(2)班"))
    with pytest.raises(talks.TalksNotPublished):
        talks.hold_talk(group=draft.groups.get(), actor=None, now=NOW + timedelta(days=60))


def test_a_draft_may_be_deleted_and_what_was_shown_may_not():
    plan = a_plan(4)
    talks.drop_talk_plan(plan=plan, actor=None, now=NOW)
    assert not TalkSeat.objects.exists()

    shown = talks.publish_talk_plan(plan=a_plan(0, teachers=1), actor=None, now=NOW)
    shown = talks.reopen_talk_plan(plan=shown, actor=None, now=NOW)
    with pytest.raises(talks.TalksNotDraft):
        talks.drop_talk_plan(plan=shown, actor=None, now=NOW)
    assert TalkPlan.objects.filter(pk=shown.pk).exists()


def test_two_children_trade_places_and_the_price_is_known_before():
    plan = a_plan(8)
    one, other = (group.seats.order_by("pk").first() for group in plan.groups.order_by("pk"))
    note_wish(one=one.child, other=other.group.seats.exclude(pk=other.pk).first().child, kind="APART", actor=None)

    effect = swap_effect(plan=plan, one=one, other=other, now=NOW)
    assert (effect.wishes, effect.repeats) == ((0, 1), (0, 0))
    swap_seats(plan=plan, one=one, other=other, version=plan.version, actor=None, now=NOW)

    assert TalkSeat.objects.get(pk=one.pk).group_id == other.group_id
    assert TalkPlan.objects.get(pk=plan.pk).hand_edits == 1
    with pytest.raises(talks.TalksChanged):
        swap_seats(plan=plan, one=one, other=other, version=plan.version, actor=None, now=NOW)
    same = one.group.seats.exclude(pk=one.pk).first()
    with pytest.raises(CannotSwap):
        swap_seats(plan=plan, one=one, other=same, version=plan.version + 1, actor=None, now=NOW)


def test_wishes_are_of_two_children_of_one_class_and_once():
    one, other = a_child(), a_child()
    note_wish(one=other, other=one, kind="TOGETHER", actor=None)
    with pytest.raises(WishThere):
        note_wish(one=one, other=other, kind="APART", actor=None)
    for stranger in (one, a_child(school_class=a_class(name="四(2)班"))):
        with pytest.raises(NotOneClass):
            note_wish(one=one, other=stranger, kind="APART", actor=None)


def test_the_database_lets_no_child_sit_twice():
    plan = a_plan(4)
    with pytest.raises(IntegrityError), transaction.atomic():
        TalkSeat.objects.create(plan=plan, child=plan.seats.first().child)


def test_each_sees_the_plans_and_groups_that_are_theirs():
    plan = a_published_plan(children=8)
    village = plan.school_class.school.area
    far = a_village(a_township(a_county("529902", "云河县"), number=102, name="桑木镇"), number=202, name="青杠坡村")
    elsewhere = a_member(Role.SCHOOL_COORDINATOR, organisation=a_school(far, name="桑木小学"))
    for user, sees in [
        (a_member(Role.COUNTY_COORDINATOR, area=a_county()), True),
        (a_member(Role.TOWNSHIP_COORDINATOR, area=village.parent), True),
        (a_member(Role.SCHOOL_COORDINATOR, organisation=plan.school_class.school), True),
        (elsewhere, False),
        (a_member(Role.VILLAGE_DIRECTOR, area=village), False),
        (a_member(Role.AUDITOR), False),
    ]:
        reader = reader_for(user, NOW)
        assert talk_plans_visible_to(reader).exists() is sees
        assert talk_groups_visible_to(reader).exists() is sees

    mine = plan.groups.first()
    teacher = reader_for(mine.teacher.user, NOW)
    assert list(talk_groups_visible_to(teacher)) == [mine]
    assert not children_visible_to(teacher).exists()  # talking with a child opens no file
    talks.reopen_talk_plan(plan=plan, actor=None, now=NOW)
    assert not talk_groups_visible_to(teacher).exists()


def test_a_child_whose_guardian_withdrew_or_who_left_is_named_to_no_teacher():
    plan = a_published_plan(children=4)
    group = plan.groups.get()
    seats = list(group.seats.order_by("pk"))
    seats[0].child.consents.update(withdrawn_at=NOW)
    type(seats[1].child).objects.filter(pk=seats[1].child_id).update(state="MOVED")

    assert set(seats_for_teachers([group])) == set(seats[2:])
    assert TalkGroup.objects.get(pk=group.pk).seats.count() == 4


def test_an_import_is_not_undone_under_people_in_talk_groups():
    plan = a_plan(4, teachers=1)
    child, teacher = plan.seats.first().child_id, plan.teachers.get().teacher_id

    assert blocked("CHILDREN", [child, a_child(school_class=a_class(name="五(1)班")).pk]) == {
        child: "is in talk groups"
    }
    assert blocked("HELPERS", [teacher, a_helper().pk]) == {teacher: "is in talk groups"}


def test_a_teacher_whose_check_ends_before_the_last_week_is_named():
    one = a_class()
    a_child(school=one.school, school_class=one)
    staying, ending = a_teacher(one), a_teacher(one, name="钟期满")
    Clearance.objects.filter(helper=ending).update(expires_date=date(2026, 12, 5))
    wants = TalkWants(months=DECEMBER, limits={staying.pk: 4, ending.pk: 4})
    with pytest.raises(CheckEndsBefore, match="钟期满"):
        make_talk_plan(school_class=one, term=a_term(), wants=wants, actor=None, now=NOW)
    wants = TalkWants(months=DECEMBER, limits={staying.pk: 4})
    assert make_talk_plan(school_class=one, term=a_term(), wants=wants, actor=None, now=NOW).status == "OPTIMAL"
