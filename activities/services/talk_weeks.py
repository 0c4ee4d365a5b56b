"""Which teacher has a group in which week: rows that calendars follow keep their id when a class is dealt anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activities.models import TalkCalledOff, TalkGroup

if TYPE_CHECKING:
    from datetime import date, datetime

    from activities.models import TalkPlan

    Week = tuple[int, date]


def deal_weeks(plan: TalkPlan, wanted: set[Week], now: datetime) -> dict[Week, int]:
    """
    Let a draft have exactly these groups beside those that were held; answers the row id of each.

    A teacher who keeps a week keeps its row. One a teacher knew of and that is gone is noted as called off; should it
    come back, it is the same one again.
    """
    open_groups = {(group.teacher_id, group.week_date): group for group in plan.groups.filter(held_at=None)}
    gone = [group for week, group in open_groups.items() if week not in wanted]
    _call_off(plan, gone, now)
    before = {(row.teacher_id, row.week_date): row for row in plan.called_off.all()}
    new = [_group(plan, week, before.get(week)) for week in sorted(wanted - set(open_groups))]
    back = [before[week].pk for week in wanted & set(before)]
    TalkCalledOff.objects.filter(pk__in=back).delete()
    TalkGroup.objects.bulk_create(new)
    rows = plan.groups.filter(held_at=None).values_list("teacher_id", "week_date", "pk")
    return {(teacher, week): pk for teacher, week, pk in rows}


def _call_off(plan: TalkPlan, groups: list[TalkGroup], now: datetime) -> None:
    TalkCalledOff.objects.bulk_create(
        TalkCalledOff(plan=plan, teacher_id=group.teacher_id, week_date=group.week_date, public_id=group.public_id,
                      sequence=group.sequence + 1, called_off_at=now)
        for group in groups
        # One that came back (its sequence tells) was told of before, even where nothing was published since.
        if group.told_at is not None or group.sequence
    )  # fmt: skip
    TalkGroup.objects.filter(pk__in=[group.pk for group in groups]).delete()


def _group(plan: TalkPlan, week: Week, before: TalkCalledOff | None) -> TalkGroup:
    teacher, monday = week
    group = TalkGroup(plan=plan, teacher_id=teacher, week_date=monday)
    if before is not None:
        group.public_id, group.sequence = before.public_id, before.sequence + 1
    return group


def tell_weeks(plan: TalkPlan, now: datetime) -> None:
    """Note that the teachers know of their weeks from now on; those who knew already have no news."""
    plan.groups.filter(told_at=None).update(told_at=now)
