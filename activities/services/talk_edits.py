"""Changing talk groups by hand: swapping two children, and noting who had better sit with whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from activities.core.term.goals import broken_wishes, mix, repeats
from activities.core.term.problem import TalkGroup as Group
from activities.models import TalkPlan, TalkSeat, TalkWish
from activities.services.talks import TalksChanged, TalksNotDraft
from activities.translation import groups_of, problem_of
from backend.audit.services import record
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from datetime import datetime

    from activities.core.term.problem import TalkProblem
    from backend.roster.models import Child


class CannotSwap(DomainError):
    code = "talk_seat.cannot_swap"
    message = "These two cannot be swapped: they sit together, or their talk was held already."


class WishThere(DomainError):
    code = "talk_wish.there"
    message = "There is a wish about these two already."


class NotOneClass(DomainError):
    code = "talk_wish.not_one_class"
    status = 400
    message = "Choose two different children of this class."


@dataclass(frozen=True)
class SwapEffect:
    """
    A swap's price: (before, after) of each goal it can touch.

    Args:
        repeats: earlier meetings of children who sit together; wishes: wishes not kept; mix: distance from the class's
            own share of girls.
    """

    repeats: tuple[int, int]
    wishes: tuple[int, int]
    mix: tuple[int, int]


def swap_effect(*, plan: TalkPlan, one: TalkSeat, other: TalkSeat, now: datetime) -> SwapEffect:
    """
    What swapping two children would change. Changes nothing.

    Raises:
        CannotSwap: they sit together, neither sits, or a talk was held.
    """
    _check(plan, one, other)
    problem, before = problem_of(plan, today=timezone.localdate(now)), groups_of(plan)
    trade = {one.child_id: other.child_id, other.child_id: one.child_id}
    after = tuple(
        Group(group.week, group.teacher, tuple(sorted(trade.get(key, key) for key in group.children)))
        for group in before
    )
    return SwapEffect(*((goal(problem, before), goal(problem, after)) for goal in (repeats, _broken, mix)))


def _broken(problem: TalkProblem, groups: tuple[Group, ...]) -> int:
    return len(broken_wishes(problem, groups))


def swap_seats(*, plan: TalkPlan, one: TalkSeat, other: TalkSeat, version: int, actor: Any, now: datetime) -> None:
    """
    Let two children of a draft trade places; one of them may be without.

    Args:
        version: of the plan as it was shown.

    Raises:
        TalksNotDraft, TalksChanged, CannotSwap: nothing was changed.
    """
    _check(plan, one, other)
    if plan.state != TalkPlan.State.DRAFT:
        raise TalksNotDraft(state=plan.state)
    effect = swap_effect(plan=plan, one=one, other=other, now=now)
    with transaction.atomic():
        claimed = TalkPlan.objects.filter(pk=plan.pk, state=TalkPlan.State.DRAFT, version=version)
        if claimed.update(version=F("version") + 1, hand_edits=F("hand_edits") + 1) != 1:
            raise TalksChanged
        TalkSeat.objects.filter(pk=one.pk).update(group=other.group_id)
        TalkSeat.objects.filter(pk=other.pk).update(group=one.group_id)
        record(actor=actor, verb="talk_plan.swapped", subject=plan, after={
            "seats": [one.public_id, other.public_id], "repeats": list(effect.repeats)})  # fmt: skip


def _check(plan: TalkPlan, one: TalkSeat, other: TalkSeat) -> None:
    is_held = any(seat.group is not None and seat.group.held_at is not None for seat in (one, other))
    if one.group_id == other.group_id or is_held or {one.plan_id, other.plan_id} != {plan.pk}:
        raise CannotSwap


def note_wish(*, one: Child, other: Child, kind: str, actor: Any) -> TalkWish:
    """
    Note that two children of one class had better sit together, or better not; the next dealing heeds it.

    Raises:
        NotOneClass, WishThere: nothing was noted.
    """
    if one.pk == other.pk or one.school_class_id is None or one.school_class_id != other.school_class_id:
        raise NotOneClass
    first, second = sorted((one.pk, other.pk))
    try:
        with transaction.atomic():
            wish = TalkWish.objects.create(first_id=first, second_id=second, kind=kind, noted_by=actor)
            record(actor=actor, verb="talk_wish.noted", subject=wish, after={"kind": kind})
    except IntegrityError as error:
        raise WishThere from error
    return wish


def forget_wish(*, wish: TalkWish, actor: Any) -> None:
    """Take a wish back; asking twice does no harm."""
    with transaction.atomic():
        record(actor=actor, verb="talk_wish.forgotten", subject=wish)
        TalkWish.objects.filter(pk=wish.pk).delete()
