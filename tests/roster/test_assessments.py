"""Levels: the latest assessment decides, raising counts at once, lowering waits for the second person."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.kernel.errors import NotAllowed
from backend.roster.access import reader_for
from backend.roster.models import Child, PendingAssessment
from backend.roster.services.assessments import (
    AnsweredAlready,
    LevelMoved,
    LowerNeedsSecond,
    RefusalNeedsReason,
    WrongAssessment,
    assess_child,
    confirm_lower,
    refuse_lower,
    waiting_for,
)
from tests.factories.roster import NOW, a_child, a_coordinator, a_county, a_member, a_township, a_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("facts", "need"),
    [
        ({"heart_level": 3}, 3),
        ({"guardianship_type": 1, "severity": 1}, 4),
        ({"guardianship_type": 3, "severity": 4}, 1),
        ({"heart_level": 2, "guardianship_type": 1, "severity": 1}, 2),
        ({}, 1),
    ],
)
def test_the_need_level_is_the_heart_level_else_five_less_severity(facts, need):
    child = a_child(level=None)

    assess_child(now=NOW, child=child, assessed_date=DAY, actor=a_user(), **facts)

    assert Child.objects.get().need_level == need


def test_the_latest_assessment_decides_whatever_was_written_last():
    child = a_child(level=None)
    assess_child(now=NOW, child=child, assessed_date=DAY, actor=a_user(), heart_level=4)
    assess_child(now=NOW, child=child, assessed_date=date(2026, 10, 1), actor=a_user(), heart_level=2)

    assert Child.objects.get().heart_level == 4
    assert child.assessments.count() == 2


def test_a_lower_level_needs_a_reason_and_another_person():
    child, actor = a_child(level=4), a_user()

    for facts in ({}, {"reason": "好转"}, {"second": a_user()}, {"reason": "好转", "second": actor}):
        with pytest.raises(LowerNeedsSecond):
            assess_child(now=NOW, child=child, assessed_date=DAY, actor=actor, heart_level=3, **facts)
    assert not PendingAssessment.objects.exists()


@pytest.fixture
def asked():
    """A child of level 4 whom one coordinator wants to lower to 2, and another coordinator who is asked."""
    child, first, second = a_child(level=4), a_coordinator(), a_coordinator(a_township())
    return lower(child, first, second), first, second


def lower(child, first, second, level=2):
    return assess_child(
        now=NOW, child=child, assessed_date=DAY, actor=first, heart_level=level, reason="好转", second=second
    )


def yes(pending, who):
    return confirm_lower(pending=pending, actor=who, reader=reader_for(who, NOW), now=NOW)


def no(pending, who, reason="还没有好转"):
    refuse_lower(pending=pending, actor=who, reader=reader_for(who, NOW), reason=reason, now=NOW)


def level_now():
    child = Child.objects.get()
    return child.heart_level, child.need_level, child.assessments.count()


def test_the_old_level_counts_until_the_second_person_says_yes(asked):
    pending, first, second = asked
    assert level_now() == (4, 4, 0)
    assert list(waiting_for(reader_for(second, NOW))) == [pending]
    assert not waiting_for(reader_for(first, NOW)).exists()

    row = yes(pending, second)

    assert (level_now(), row.signed_by, row.seconded_by, row.assessed_date) == ((2, 2, 1), first, second, DAY)
    assert not waiting_for(reader_for(second, NOW)).exists()
    acts = list(AuditEntry.objects.order_by("pk").values_list("verb", "actor_id"))
    assert acts == [("child.lower_asked", first.public_id), ("child.lowered", second.public_id)]


def test_a_no_takes_a_reason_and_leaves_the_level(asked):
    pending, _first, second = asked
    with pytest.raises(RefusalNeedsReason):
        no(pending, second, " ")
    no(pending, second)

    assert level_now() == (4, 4, 0)
    for answer in (yes, no):
        with pytest.raises(AnsweredAlready):
            answer(pending, second)
    pending.refresh_from_db()
    assert (pending.state, pending.answer_reason) == ("REFUSED", "还没有好转")


def test_nobody_answers_but_the_one_who_was_asked_while_they_answer_for_the_child(asked):
    pending, first, second = asked
    for who in (first, a_coordinator(), a_coordinator(a_county("529902", "云河县")), a_member(Role.ADMIN)):
        for answer in (yes, no):
            with pytest.raises(NotAllowed):
                answer(pending, who)
    second.memberships.update(expires_at=NOW)
    with pytest.raises(NotAllowed):
        yes(pending, second)
    assert level_now() == (4, 4, 0)


def test_a_newer_level_ends_what_waits_and_a_newer_request_replaces_it(asked):
    pending, first, second = asked
    newer = lower(pending.child, first, second, level=3)
    with pytest.raises(AnsweredAlready):
        yes(pending, second)
    assess_child(now=NOW, child=pending.child, assessed_date=DAY, actor=first, heart_level=4)
    with pytest.raises(AnsweredAlready):
        yes(newer, second)
    assert level_now() == (4, 4, 1)
    assert set(PendingAssessment.objects.values_list("state", flat=True)) == {"ENDED"}


def test_a_level_changed_by_an_import_meanwhile_is_not_lowered(asked):
    pending, _first, second = asked
    Child.objects.update(heart_level=3, need_level=3)
    assert not waiting_for(reader_for(second, NOW)).exists()
    with pytest.raises(LevelMoved):
        yes(pending, second)
    assert level_now() == (3, 3, 0)


def test_raising_counts_at_once_whoever_is_named():
    child = a_child(level=2)
    assess_child(now=NOW, child=child, assessed_date=DAY, actor=a_user(), heart_level=3, second=a_user(), reason="变重")
    assert (level_now(), PendingAssessment.objects.count()) == ((3, 3, 1), 0)


def test_an_older_judgement_needs_nobody_because_it_decides_nothing():
    child = a_child(level=4)
    assess_child(now=NOW, child=child, assessed_date=DAY, actor=a_user(), heart_level=4)
    assess_child(now=NOW, child=child, assessed_date=date(2026, 10, 1), actor=a_user(), heart_level=1)
    assert level_now() == (4, 4, 2)


def test_the_database_holds_one_waiting_request_of_another_person(asked):
    pending, first, second = asked
    facts = {
        "child": pending.child, "assessed_date": DAY, "level_before": 4, "heart_level": 2, "asked_by": first,
        "second": second, "asked_at": NOW,
    }  # fmt: skip
    for wrong in ({}, {"second": first, "state": "ENDED"}, {"heart_level": 4, "state": "ENDED"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PendingAssessment.objects.create(**facts | wrong)


@pytest.mark.parametrize(
    "facts",
    [{"heart_level": 5}, {"severity": 2}, {"guardianship_type": 4}, {"aspects": {"soul": 1}}, {"aspects": {"mind": 9}}],
)
def test_numbers_off_the_scale_are_refused(facts):
    with pytest.raises(WrongAssessment):
        assess_child(now=NOW, child=a_child(level=None), assessed_date=DAY, actor=a_user(), **facts)


def test_an_assessment_that_says_nothing_of_the_level_leaves_it_standing():
    child = a_child(level=4)
    assess_child(now=NOW, child=child, assessed_date=date(2026, 9, 1), actor=a_user(), heart_level=4)

    assess_child(now=NOW, child=child, assessed_date=DAY, actor=a_user(), guardianship_type=3, severity=4)

    fresh = Child.objects.get()
    assert (fresh.heart_level, fresh.need_level) == (4, 4)


def test_a_level_that_rose_meanwhile_counts_for_the_second_person():
    child = a_child(level=2)
    Child.objects.filter(pk=child.pk).update(heart_level=4, need_level=4)

    with pytest.raises(LowerNeedsSecond):
        assess_child(now=NOW, child=child, assessed_date=DAY, actor=a_user(), heart_level=3)
