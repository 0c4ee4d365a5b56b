"""Planning the talk groups of a whole school or township: class by class in the background, each for itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from activities.models import TalkPlan, TalkRound, TalkRoundClass
from activities.selectors import children_for_talks, talk_classes_visible_to, teachers_for_talks
from activities.services.talks import (
    NoTeacherChosen,
    NoWeeksLeft,
    TalkWants,
    begin_talk_plan,
    deal_talk_plan,
    drop_talk_plan,
    talk_weeks,
)
from backend.accounts.models import COORDINATORS
from backend.audit.services import record
from backend.jobs.services import enqueue
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.models import Child

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from backend.roster.models import Area, Organisation, SchoolClass
    from matching.models import Term

logger = logging.getLogger("qianshou.activities")

State = TalkRoundClass.State
MOST_CLASSES = 200
NO_CHILDREN, PLANNED_ALREADY, FAILED = "talk_round.no_children", "talk_round.planned_already", "talk_round.failed"
"""Why a class was not planned, beside what planning one class may answer."""


class NoClasses(DomainError):
    code = "talk_round.no_classes"
    status = 400
    message = "No class with left-behind children is there to plan."


class TooManyClasses(DomainError):
    code = "talk_round.too_many"
    status = 400
    message = "That is %(count)s classes; at most %(most)s at once. Choose a school or a township."


@dataclass(frozen=True)
class RoundWants:
    """
    What is asked for every class.

    Args:
        months: first days of months, ISO dates; size: children at a time, 3 .. 5.
        most_groups: groups one teacher takes in one class, at most, 1 .. 30.
    """

    months: tuple[str, ...]
    size: int = 4
    mode: str = TalkPlan.Mode.GROUP
    most_groups: int = 4


def start_round(
    *,
    area: Area,
    school: Organisation | None = None,
    term: Term,
    wants: RoundWants,
    actor: Any,
    reader: Reader,
    now: datetime,
) -> TalkRound:
    """
    Have every class of a school, or of an area, planned in the background.

    Raises:
        NotAllowed: the reader plans no classes, or not those of a whole area.
        NoClasses, TooManyClasses, NoWeeksLeft: nothing was begun.
    """
    reader.may(*COORDINATORS)
    if school is None and not any(area.code.startswith(code) for code in reader.area_codes):
        raise NotAllowed
    classes = classes_of_round(reader, area, school)
    count = classes.count()
    if not count:
        raise NoClasses
    if count > MOST_CLASSES:
        raise TooManyClasses(count=count, most=MOST_CLASSES)
    if not talk_weeks(wants.months, term=term, today=timezone.localdate(now)):
        raise NoWeeksLeft
    with transaction.atomic():
        one = TalkRound.objects.create(
            term=term, area=area, school=school, months=list(wants.months), size=wants.size, mode=wants.mode,
            most_groups=wants.most_groups, asked_by=actor, created_at=now,
        )  # fmt: skip
        TalkRoundClass.objects.bulk_create([TalkRoundClass(round=one, school_class=each) for each in classes])
        record(actor=actor, verb="talk_round.started", subject=one, after={"classes": count})
        enqueue("activities.tasks.plan_round", queue="quick", arguments={"round_id": one.pk}, now=now)
    return one


def classes_of_round(reader: Reader, area: Area, school: Organisation | None = None) -> QuerySet[SchoolClass]:
    """The classes with left-behind children of a place, school by school."""
    pupils = Child.objects.filter(school_class=OuterRef("pk"), state=Child.State.ACTIVE)
    rows = talk_classes_visible_to(reader).filter(Exists(pupils), school__area__code__startswith=area.code)
    if school is not None:
        rows = rows.filter(school=school)
    return rows.order_by("school__area__code", "school__name", "grade", "name", "pk")


def plan_round(*, round_id: int, clock: Callable[[], datetime], beat: Callable[[], None]) -> None:
    """
    Plan the classes that wait, one after the other; safe to run twice.

    Each class is planned whole or left as it was, whatever becomes of the others: one whose planning breaks down is
    said to have failed, and the next has its turn.
    """
    one = TalkRound.objects.select_related("term", "asked_by").get(pk=round_id)
    waiting = one.classes.filter(state=State.WAITING).select_related("school_class__school", "plan")
    for row in waiting.order_by("pk"):
        beat()
        _plan_class(one, row, clock())
    done = TalkRound.objects.filter(pk=round_id, state=TalkRound.State.OPEN)
    done.update(state=TalkRound.State.DONE, finished_at=clock())


def _plan_class(one: TalkRound, row: TalkRoundClass, now: datetime) -> None:
    try:
        plan = row.plan or _begin(one, row, now)
        if plan is not None:
            deal_talk_plan(plan=plan, actor=one.asked_by, now=now)
            _settle(row, State.PLANNED)
    except DomainError as error:
        _give_up(one, row, error.code, error.facts, now)
    except Exception:
        logger.exception("Could not plan the talk groups of a class")
        _give_up(one, row, FAILED, {}, now)


def _begin(one: TalkRound, row: TalkRoundClass, now: datetime) -> TalkPlan | None:
    """The empty draft of a class, noted on its row at once; None where there is no reason to plan, which is noted."""
    today = timezone.localdate(now)
    if not children_for_talks(row.school_class_id).exists():
        _settle(row, State.NOT_PLANNED, problem=NO_CHILDREN)
        return None
    if _is_planned(row.school_class_id, one.months):
        _settle(row, State.NOT_PLANNED, problem=PLANNED_ALREADY)
        return None
    wants = TalkWants(
        months=tuple(one.months), size=one.size, mode=one.mode, limits=_limits(one, row.school_class_id, today)
    )
    with transaction.atomic():
        plan = begin_talk_plan(school_class=row.school_class, term=one.term, wants=wants, actor=one.asked_by, now=now)
        TalkRoundClass.objects.filter(pk=row.pk).update(plan=plan)
    row.plan = plan
    return plan


def _is_planned(class_id: int, months: list[str]) -> bool:
    """Whether a published cycle of the class has one of these months."""
    published = TalkPlan.objects.filter(school_class_id=class_id, state=TalkPlan.State.PUBLISHED)
    return any(set(months) & set(one) for one in published.values_list("months", flat=True))


def _limits(one: TalkRound, class_id: int, today: date) -> dict[int, int]:
    """Every teacher of the class whose background check holds to the last week."""
    weeks = talk_weeks(one.months, term=one.term, today=today)
    if not weeks:
        raise NoWeeksLeft
    able = teachers_for_talks(class_id, from_date=today, until_date=weeks[-1])
    if not able.exists():
        raise NoTeacherChosen
    return dict.fromkeys(able.values_list("pk", flat=True), one.most_groups)


def _give_up(one: TalkRound, row: TalkRoundClass, problem: str, facts: dict[str, Any], now: datetime) -> None:
    """Take an undealt draft of this round away again and say why."""
    with transaction.atomic():
        undealt = TalkPlan.objects.filter(state=TalkPlan.State.DRAFT, seats=None)
        plan = undealt.filter(pk=row.plan.pk).first() if row.plan else None
        if plan is not None:
            drop_talk_plan(plan=plan, actor=one.asked_by, now=now)
        said = {name: str(value) for name, value in facts.items()}
        _settle(row, State.NOT_PLANNED, problem=problem, facts=said)


def _settle(row: TalkRoundClass, state: str, **columns: Any) -> None:
    TalkRoundClass.objects.filter(pk=row.pk, state=State.WAITING).update(state=state, **columns)
