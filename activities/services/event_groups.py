"""Dividing the children of a day into groups, and moving one with the effect shown before."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F

from activities.core.day.errors import MalformedDay
from activities.core.day.grouping import divide
from activities.core.day.groups import broken_pairs, effect_of_move, worth
from activities.event_translation import grouping_of
from activities.models import DaySeat, DayWish, EventDay
from activities.services.event_edits import write
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.kernel.solving import SolveLimits
from matching.services.trials import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from activities.core.day.groups import GroupingProblem, Groups

_SECONDS = 4.0
Move = tuple[str, DaySeat | None]
"""To which group, and with whom a child changes places, if with anybody."""


class TooFewChildren(DomainError):
    code = "event_day.too_few_children"
    status = 400
    message = "There are fewer children with a place than groups."


class CannotMove(DomainError):
    code = "event_day.cannot_move"
    message = "This child cannot move there; please look at the groups again."


class WishExists(DomainError):
    code = "day_wish.there"
    message = "There is a wish about these two children already."


@dataclass(frozen=True)
class GroupsWorth:
    """
    How good the groups are.

    Args:
        goals: in order of importance, the fewer the better; bounds: what is proven of them, empty for groups by hand.
        broken: (goal, row ids of the two seats) for each wish that is not kept; unseated: who stands in no group.
    """

    goals: dict[str, int]
    broken: tuple[tuple[str, tuple[int, ...]], ...] = ()
    unseated: int = 0
    bounds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class MoveEffect:
    """What moving one child would do: every goal before and after, and whether sizes stay even."""

    before: dict[str, int]
    after: dict[str, int]
    is_even: bool
    is_better: bool


def divide_groups(*, event: EventDay, version: int, seed: int = 0, actor: Any, now: datetime) -> GroupsWorth:
    """
    Divide the children with a place, all of them anew, as evenly as can be.

    Raises:
        TooFewChildren, DayChanged, DayCalledOff: nothing was changed.
        TrialBusy: this process solves something for somebody else at this moment.
    """
    try:
        problem, _groups, _seats = grouping_of(event)
    except MalformedDay as error:
        raise TooFewChildren from error
    if len(problem.pupils) < problem.count:
        raise TooFewChildren
    with one_at_a_time():
        result = divide(problem, SolveLimits(_SECONDS, workers=2, seed=seed))
    with transaction.atomic():
        sized = _with_sizes(event.draft, [len(one) for one in result.groups])
        write(event, version, "event_day.divided", "", actor, now, draft=sized, hand_edits=F("hand_edits"))
        for group, members in zip(event.draft["groups"], result.groups, strict=True):
            event.seats.filter(pk__in=members, state=DaySeat.State.PLACE).update(group_key=group["key"])
    goals = {goal.name: goal.value for goal in result.goals}
    bounds = {goal.name: goal.bound for goal in result.goals}
    return GroupsWorth(goals, _broken(result.broken), 0, bounds)


def _with_sizes(draft: dict[str, Any], sizes: list[int]) -> dict[str, Any]:
    """The draft with the groups as large as they are: buses and rooms are planned with it."""
    out = copy.deepcopy(draft)
    for group, size in zip(out["groups"], sizes, strict=True):
        group["size"] = max(1, size)
    return out


def _broken(pairs: Any) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((name, tuple(int(key) for key in pair)) for name, pair in pairs)


def groups_worth(event: EventDay) -> GroupsWorth:
    """How good the groups are as they stand."""
    try:
        problem, groups, seats = grouping_of(event)
    except MalformedDay:
        return GroupsWorth({}, unseated=event.seats.filter(state=DaySeat.State.PLACE, group_key="").count())
    unseated = len(seats) - sum(map(len, groups))
    if unseated == len(seats):
        return GroupsWorth({}, unseated=unseated)
    return GroupsWorth(worth(problem, groups), _broken(broken_pairs(problem, groups)), unseated)


def move_effect(*, event: EventDay, seat: DaySeat, group: str, swap_with: DaySeat | None = None) -> MoveEffect:
    """
    What moving a child to another group would do, or changing places with one; nothing is changed.

    Raises:
        CannotMove: the group or a child is not there.
    """
    (found,) = effects_of(event=event, seat=seat, moves=[(group, swap_with)])
    if found is None:
        raise CannotMove
    return found


def effects_of(*, event: EventDay, seat: DaySeat, moves: Iterable[Move]) -> list[MoveEffect | None]:
    """What each of some moves of one child would do, the day read once; None where it cannot be made."""
    keys = [one["key"] for one in event.draft["groups"]]
    try:
        problem, groups, _seats = grouping_of(event)
    except MalformedDay:
        return [None for _move in moves]
    return [_effect(problem, groups, seat, keys, move) for move in moves]


def _effect(problem: GroupingProblem, groups: Groups, seat: DaySeat, keys: list[str], move: Move) -> MoveEffect | None:
    group, swap_with = move
    try:
        found = effect_of_move(problem, groups, seat.pk, keys.index(group), swap_with.pk if swap_with else None)
    except (MalformedDay, ValueError):
        return None
    return MoveEffect(found.before, found.after, found.sizes_ok, found.is_better)


def move_seat(
    *, event: EventDay, version: int, seat: DaySeat, group: str, swap_with: DaySeat | None = None, actor: Any,
    now: datetime,
) -> EventDay:  # fmt: skip
    """
    Put a child into a group, or let two change places.

    Raises:
        CannotMove, DayChanged, DayCalledOff: nothing was changed.
    """
    keys = [one["key"] for one in event.draft["groups"]]
    # Who stands in no group has none to give in exchange.
    if group not in keys or (swap_with is not None and (swap_with.group_key != group or not seat.group_key)):
        raise CannotMove
    with transaction.atomic():
        write(event, version, "event_day.child_moved", "", actor, now, hand_edits=F("hand_edits"))
        placed = event.seats.filter(state=DaySeat.State.PLACE)
        moved = placed.filter(pk=seat.pk).update(group_key=group)
        if swap_with is not None:
            moved += placed.filter(pk=swap_with.pk).update(group_key=seat.group_key)
        if moved != 1 + (swap_with is not None):
            raise CannotMove
        counts = [placed.filter(group_key=key).count() for key in keys]
        EventDay.objects.filter(pk=event.pk).update(draft=_with_sizes(event.draft, counts))
    return EventDay.objects.select_related("area", "organisation__area").get(pk=event.pk)


def note_day_wish(*, one: DaySeat, other: DaySeat, kind: str, actor: Any) -> DayWish:
    """
    Note that two children of a day had better stay together, or apart.

    Raises:
        CannotMove: not two children of one day. WishExists: nothing was noted.
    """
    if one.pk == other.pk or one.event_id != other.event_id:
        raise CannotMove
    first, second = sorted((one.pk, other.pk))
    try:
        with transaction.atomic():
            wish = DayWish.objects.create(event_id=one.event_id, first_id=first, second_id=second, kind=kind)
            record(actor=actor, verb="day_wish.noted", subject=wish, after={"kind": kind})
    except IntegrityError as error:
        raise WishExists from error
    return wish


def forget_day_wish(*, wish: DayWish, actor: Any) -> None:
    """Take a wish back; asking twice does no harm."""
    with transaction.atomic():
        record(actor=actor, verb="day_wish.forgotten", subject=wish)
        DayWish.objects.filter(pk=wish.pk).delete()
