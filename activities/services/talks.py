"""Making, publishing and holding the talk groups of a class."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from activities.core.check import check_talks, verify_talks
from activities.core.term.solve import plan_talks
from activities.events import TalkPlanPublished, TalkPlanReopened
from activities.models import TalkGroup, TalkPlan, TalkSeat, TalkTeacher
from activities.selectors import teachers_for_talks
from activities.services.talk_weeks import deal_weeks, tell_weeks
from activities.translation import groups_of, problem_of, weeks_of
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.kernel.solving import SolveLimits
from backend.outbox.services import publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from activities.core.term.problem import TalkProblem
    from activities.core.term.result import TalkResult
    from backend.roster.models import SchoolClass
    from matching.models import Term

_WEEK = 7
_SECONDS = 4.0
"""A class is small: nearly always far below a second. The best found by then is kept and called what it is."""


class TalksNotDraft(DomainError):
    code = "talk_plan.not_draft"
    message = "These talk groups are %(state)s; nothing was changed."


class TalksNotPublished(DomainError):
    code = "talk_plan.not_published"
    message = "These talk groups are not published; nothing was changed."


class TalksChanged(DomainError):
    code = "talk_plan.changed"
    message = "Somebody changed these talk groups in the meantime. Please look at them again."


class DraftExists(DomainError):
    code = "talk_plan.draft_exists"
    message = "This class already has talk groups in draft. Publish or delete them first."


class NoTeacherChosen(DomainError):
    code = "talk_plan.no_teacher"
    status = 400
    message = "Choose at least one teacher of this class whose background check holds to the end."


class CheckEndsBefore(DomainError):
    code = "talk_plan.check_ends"
    status = 400
    message = (
        "The background check of %(names)s does not hold to the last week: give them no groups, or have it renewed."
    )


class NoWeeksLeft(DomainError):
    code = "talk_plan.no_weeks"
    status = 400
    message = "No working week is left in these months."


class TeacherTaken(DomainError):
    code = "talk_plan.teacher_taken"
    message = "A teacher was given a group of another class in the same week meanwhile. Please plan again."


class TalksOutdated(DomainError):
    code = "talk_plan.outdated"
    message = "Children, teachers or weeks have changed since this was planned. Please plan again before publishing."


class WeekAhead(DomainError):
    code = "talk_group.week_ahead"
    message = "This week has not come yet."


class AlreadyHeld(DomainError):
    code = "talk_group.already_held"
    message = "This talk was noted as held already."


@dataclass(frozen=True)
class TalkWants:
    """
    What a coordinator asks for.

    Args:
        months: first days of months, ISO dates; closed_weeks: Mondays that fall out, ISO dates.
        limits: row id of a teacher -> most groups in the cycle.
    """

    months: tuple[str, ...]
    limits: Mapping[int, int]
    size: int = 4
    mode: str = TalkPlan.Mode.GROUP
    closed_weeks: tuple[str, ...] = field(default=())


def make_talk_plan(
    *, school_class: SchoolClass, term: Term, wants: TalkWants, seed: int = 0, actor: Any, now: datetime
) -> TalkPlan:
    """
    Begin a class's next cycle and deal its children into groups, as a draft.

    Raises: what `begin_talk_plan` and `deal_talk_plan` raise.
    """
    plan = begin_talk_plan(school_class=school_class, term=term, wants=wants, actor=actor, now=now)
    return deal_talk_plan(plan=plan, seed=seed, actor=actor, now=now)


def begin_talk_plan(*, school_class: SchoolClass, term: Term, wants: TalkWants, actor: Any, now: datetime) -> TalkPlan:
    """
    Begin a class's next cycle as a draft without groups.

    Raises:
        NoWeeksLeft, NoTeacherChosen: there is nothing to plan with.
        CheckEndsBefore: names the teachers who may not be alone with children that long.
        DraftExists: the class has a draft already.
    """
    today = timezone.localdate(now)
    weeks = [week for week in _weeks(term, wants) if week.toordinal() + _WEEK > today.toordinal()]
    if not weeks:
        raise NoWeeksLeft
    _check_teachers(school_class, wants, today, weeks[-1])
    return _begin(school_class, term, wants, actor, now)


def _check_teachers(school_class: SchoolClass, wants: TalkWants, today: date, last: date) -> None:
    now_able, able = (
        dict(teachers_for_talks(school_class.pk, from_date=today, until_date=until).values_list("pk", "name"))
        for until in (today, last)
    )
    if not wants.limits or not set(wants.limits) <= set(now_able):
        raise NoTeacherChosen
    if ending := [name for pk, name in now_able.items() if pk in wants.limits and pk not in able]:
        raise CheckEndsBefore(names=", ".join(sorted(ending)))


def talk_weeks(months: Iterable[str], *, term: Term, today: date) -> list[date]:
    """Mondays of the weeks of these months that are not over, for a coordinator to choose from."""
    weeks = weeks_of(months, first=term.start_date, last=term.end_date)
    return [week for week in weeks if week.toordinal() + _WEEK > today.toordinal()]


def _weeks(term: Term, wants: TalkWants) -> list[date]:
    return weeks_of(wants.months, wants.closed_weeks, first=term.start_date, last=term.end_date)


def _begin(school_class: SchoolClass, term: Term, wants: TalkWants, actor: Any, now: datetime) -> TalkPlan:
    latest = TalkPlan.objects.filter(school_class=school_class).aggregate(latest=Max("number"))["latest"] or 0
    try:
        with transaction.atomic():
            plan = TalkPlan.objects.create(
                term=term,
                school_class=school_class,
                number=latest + 1,
                months=list(wants.months),
                closed_weeks=list(wants.closed_weeks),
                size=wants.size,
                mode=wants.mode,
                made_by=actor,
                created_at=now,
            )
            TalkTeacher.objects.bulk_create(
                [TalkTeacher(plan=plan, teacher_id=pk, most_groups=most) for pk, most in sorted(wants.limits.items())]
            )
            record(actor=actor, verb="talk_plan.made", subject=plan, after={"size": plan.size, "mode": plan.mode})
    except IntegrityError as error:
        raise DraftExists from error
    return plan


def deal_talk_plan(*, plan: TalkPlan, seed: int = 0, actor: Any, now: datetime) -> TalkPlan:
    """
    Deal the children of a draft into groups, or deal them again: groups that were held stand.

    The search runs before the transaction; a change by somebody else in between wins.

    Raises:
        TalksNotDraft, TalksChanged: nothing was changed.
        TeacherTaken: another class was given a teacher's week meanwhile.
    """
    if plan.state != TalkPlan.State.DRAFT:
        raise TalksNotDraft(state=plan.state)
    problem = problem_of(plan, today=timezone.localdate(now))
    result = plan_talks(problem, SolveLimits(seconds=_SECONDS, seed=seed))
    if faults := verify_talks(problem, result):
        raise RuntimeError(f"a plan of talk groups breaks its own rules: {sorted({one.code for one in faults})}")
    try:
        with transaction.atomic():
            _claim(plan, status=str(result.status), goals=_goals(result), shortage=_shortage(result), seed=seed,
                   hand_edits=0)  # fmt: skip
            _write_groups(plan, problem, result, now)
            record(actor=actor, verb="talk_plan.dealt", subject=plan, after={"status": str(result.status)})
    except IntegrityError as error:
        raise TeacherTaken from error
    return TalkPlan.objects.get(pk=plan.pk)


def _claim(plan: TalkPlan, **columns: Any) -> None:
    """Change a draft only as it was when it was read."""
    mine = TalkPlan.objects.filter(pk=plan.pk, state=TalkPlan.State.DRAFT, version=plan.version)
    if mine.update(version=F("version") + 1, **columns) != 1:
        raise TalksChanged


def _goals(result: TalkResult) -> list[dict[str, Any]]:
    return [asdict(goal) for goal in result.goals]


def _shortage(result: TalkResult) -> dict[str, Any]:
    """The numbers and cures; who is not met stands in the seats."""
    if result.shortage is None:
        return {}
    short = result.shortage
    return {
        "needed": short.needed,
        "places": short.places,
        "remedies": [
            {"kind": one.kind, "amount": one.amount, "children": one.children, "teachers": list(one.teachers)}
            for one in short.remedies
        ],
    }


def _write_groups(plan: TalkPlan, problem: TalkProblem, result: TalkResult, now: datetime) -> None:
    plan.seats.filter(group__held_at=None).delete()
    new = [group for group in result.groups if group not in problem.held]
    wanted = {(group.teacher, _monday(group.week)) for group in new}
    ids = deal_weeks(plan, wanted, now)
    seats = [
        TalkSeat(plan=plan, child_id=key, group_id=ids[group.teacher, _monday(group.week)])
        for group in new
        for key in group.children
    ]
    unmet = result.shortage.children if result.shortage else ()
    TalkSeat.objects.bulk_create([*seats, *(TalkSeat(plan=plan, child_id=key) for key in unmet)])


def _monday(ordinal: int) -> date:
    return date.fromordinal(ordinal)


def publish_talk_plan(*, plan: TalkPlan, actor: Any, now: datetime) -> TalkPlan:
    """
    Let the teachers see their groups.

    Raises:
        TalksNotDraft, TalksChanged: nothing was changed.
        TalksOutdated: a child, a teacher or a week is no longer what the plan was made with.
    """
    if plan.state != TalkPlan.State.DRAFT:
        raise TalksNotDraft(state=plan.state)
    if not _is_current(plan, timezone.localdate(now)):
        raise TalksOutdated
    with transaction.atomic():
        _claim(plan, state=TalkPlan.State.PUBLISHED, published_at=now)
        tell_weeks(plan, now)
        fresh = TalkPlan.objects.get(pk=plan.pk)
        record(actor=actor, verb="talk_plan.published", subject=fresh, after={"groups": fresh.groups.count()})
        publish(TalkPlanPublished(plan_id=fresh.pk, version=fresh.version))
    return fresh


def _is_current(plan: TalkPlan, today: date) -> bool:
    problem, groups = problem_of(plan, today=today), groups_of(plan)
    if not groups or check_talks(problem, groups):
        return False
    planned = set(plan.seats.values_list("child_id", flat=True))
    coming = [group for group in groups if group not in problem.held]
    last = max((_monday(group.week) for group in coming), default=today)
    able = teachers_for_talks(plan.school_class_id, from_date=today, until_date=last).values_list("pk", flat=True)
    return planned == {child.key for child in problem.children} and {one.teacher for one in coming} <= set(able)


def reopen_talk_plan(*, plan: TalkPlan, actor: Any, now: datetime) -> TalkPlan:  # noqa: ARG001 - as every service
    """
    Take published groups back to change them; what was held stays held, and teachers see nothing until they are
    published again.

    Raises:
        TalksNotPublished: nothing was changed.
        DraftExists: the class has begun another cycle.
    """
    try:
        with transaction.atomic():
            mine = TalkPlan.objects.filter(pk=plan.pk, state=TalkPlan.State.PUBLISHED)
            if mine.update(state=TalkPlan.State.DRAFT, version=F("version") + 1) != 1:
                raise TalksNotPublished
            record(actor=actor, verb="talk_plan.reopened", subject=plan)
            publish(TalkPlanReopened(plan_id=plan.pk))
    except IntegrityError as error:
        raise DraftExists from error
    return TalkPlan.objects.get(pk=plan.pk)


def drop_talk_plan(*, plan: TalkPlan, actor: Any, now: datetime) -> None:  # noqa: ARG001 - as every service
    """
    Delete a draft nobody was ever shown.

    Raises:
        TalksNotDraft: it is or was published.
    """
    with transaction.atomic():
        record(actor=actor, verb="talk_plan.dropped", subject=plan)
        mine = TalkPlan.objects.filter(pk=plan.pk, state=TalkPlan.State.DRAFT, published_at=None)
        if mine.update(version=F("version") + 1) != 1:
            raise TalksNotDraft(state=TalkPlan.State.PUBLISHED)
        TalkPlan.objects.filter(pk=plan.pk).delete()


def hold_talk(*, group: TalkGroup, actor: Any, now: datetime) -> None:
    """
    Note that a group's talk took place.

    Raises:
        TalksNotPublished, WeekAhead, AlreadyHeld: nothing was changed.
    """
    if group.week_date > timezone.localdate(now):
        raise WeekAhead
    with transaction.atomic():
        # The plan's row is locked, so that nobody takes it back meanwhile; a condition on it inside the second update
        # would not be looked at again after a wait.
        is_open = TalkPlan.objects.filter(pk=group.plan_id, state=TalkPlan.State.PUBLISHED)
        if is_open.update(version=F("version")) != 1:
            raise TalksNotPublished
        if TalkGroup.objects.filter(pk=group.pk, held_at=None).update(held_at=now) != 1:
            raise AlreadyHeld
        record(actor=actor, verb="talk_group.held", subject=group)
