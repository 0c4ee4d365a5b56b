"""A teacher's own talk groups: what the children are called, and that the talk took place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.selectors import seats_for_teachers, talk_groups_visible_to
from activities.services.talks import hold_talk
from backend.kernel.errors import DomainError
from backend.roster.presenting import names_for_talk_teacher
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse

    from activities.models import TalkGroup
    from backend.roster.access import Reader

_LOOKING_BACK = timedelta(weeks=8)


@dataclass(frozen=True)
class Talk:
    """One group as a card of the week; `names` are what the children are called, and nothing else."""

    group: TalkGroup
    names: list[str]
    is_overdue: bool
    is_this_week: bool
    may_hold: bool


def talks_of_week(reader: Reader, monday: date, today: date, now: datetime) -> list[Talk]:
    """The groups of a week; beside the present week also those of earlier weeks nobody noted."""
    this_monday = today - timedelta(days=today.weekday())
    wanted = Q(week_date=monday)
    if monday == this_monday:
        wanted |= Q(week_date__lt=monday, week_date__gte=monday - _LOOKING_BACK, held_at=None)
    groups = list(talk_groups_visible_to(reader).filter(wanted).order_by("week_date", "pk"))
    names = _names(groups, now)
    return [
        Talk(
            group,
            names[group.pk],
            is_overdue=group.held_at is None and group.week_date < this_monday,
            is_this_week=group.week_date == this_monday,
            may_hold=group.held_at is None and group.week_date <= today,
        )
        for group in groups
    ]


def _names(groups: list[TalkGroup], now: datetime) -> dict[int, list[str]]:
    seats = list(seats_for_teachers(groups).order_by("child__name_sort", "pk")) if groups else []
    called = names_for_talk_teacher([seat.child for seat in seats], now=now)
    names: dict[int, list[str]] = defaultdict(list)
    for seat in seats:
        names[seat.group_id or 0].append(called[seat.child_id])
    return names


def my_talk_held(request: HttpRequest, group_id: str) -> HttpResponse:
    """谈过了."""
    group = talk_groups_visible_to(request.reader).filter(public_id=group_id).first()  # type: ignore[attr-defined]
    if group is None:
        raise Http404
    try:
        hold_talk(group=group, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("记下了：这次谈心已完成。"))
    return redirect("web:week")
