"""One cycle of a class's talk groups: looked at by week, dealt again, published, printed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.selectors import talk_groups_visible_to, talk_plans_visible_to
from activities.services.talks import (
    deal_talk_plan,
    drop_talk_plan,
    hold_talk,
    publish_talk_plan,
    reopen_talk_plan,
)
from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.roster.presenting import names_for_talk_teacher
from backend.web.coordinator.talk_words import told_plan
from backend.web.shared.child_names import names_for
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from activities.models import TalkPlan
    from backend.roster.access import Reader


def talk_plan(request: HttpRequest, plan_id: str) -> HttpResponse:
    """The groups by week, what is proven of them, and who cannot be met."""
    return render(request, "web/coordinator/talk_plan.html", _context(request, plan_id))


def talk_plan_print(request: HttpRequest, plan_id: str) -> HttpResponse:
    """
    The plan on paper. It goes to the teachers of the class, so it names the children as their own pages do; and it is
    noted, as every print of names is.
    """
    now = timezone.now()
    context = _context(request, plan_id)
    seats = [seat for group in context["groups"] for seat in group.members]
    called = names_for_talk_teacher([seat.child for seat in seats], now=now)
    for seat in seats:
        seat.name = called[seat.child_id]
    record(actor=request.user, verb="talk_plan.printed", subject=context["plan"])
    return render(request, "web/coordinator/talk_plan_print.html", context | {"printed_at": now})


def talk_plan_act(request: HttpRequest, plan_id: str) -> HttpResponse:
    """Deal again, publish, take back or delete: the button says which."""
    plan = plan_of(request.reader, plan_id)  # type: ignore[attr-defined]
    verb = request.POST.get("do", "")
    if verb not in _ACTS:
        raise Http404
    act, words = _ACTS[verb]
    try:
        act(plan=plan, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:talk-plan", plan_id)
    messages.success(request, words())
    if verb == "drop":
        return redirect("web:talk-class", plan.school_class.public_id)
    return redirect("web:talk-plan", plan_id)


def talk_group_held(request: HttpRequest, group_id: str) -> HttpResponse:
    """Note for a teacher that the talk took place."""
    group = talk_groups_visible_to(request.reader).filter(public_id=group_id).first()  # type: ignore[attr-defined]
    if group is None:
        raise Http404
    try:
        hold_talk(group=group, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("记下了：这次谈心已完成。"))
    return redirect("web:talk-plan", group.plan.public_id)


def plan_of(reader: Reader, plan_id: str) -> TalkPlan:
    """The plan among those visible, else 404."""
    plan: TalkPlan | None = talk_plans_visible_to(reader).filter(public_id=plan_id).first()
    if plan is None:
        raise Http404
    return plan


def _again(*, plan: TalkPlan, actor: Any, now: Any) -> None:
    """Another lottery among equals: the same question asked again gives another of the best answers."""
    deal_talk_plan(plan=plan, seed=plan.seed + 1, actor=actor, now=now)


_ACTS: dict[str, tuple[Callable[..., Any], Callable[[], str]]] = {
    "deal": (_again, lambda: _("重新排过了，谈过的不动。还是草稿。")),
    "publish": (publish_talk_plan, lambda: _("已发布，老师在“本周”里看得到自己的小组。")),
    "reopen": (reopen_talk_plan, lambda: _("收回来改了。再发布以前，老师看不到小组。")),
    "drop": (drop_talk_plan, lambda: _("草稿已删除。")),
}


def _context(request: HttpRequest, plan_id: str) -> dict[str, Any]:
    reader = request.reader  # type: ignore[attr-defined]
    plan = plan_of(reader, plan_id)
    now = timezone.now()
    today = timezone.localdate(now)
    seats = list(plan.seats.select_related("child__village", "child__school", "child__school_class"))
    names = names_for(reader, [seat.child for seat in seats], now=now)
    for seat in seats:
        seat.name = names[seat.child_id]  # type: ignore[attr-defined]
    seats.sort(key=lambda seat: (seat.child.name_sort, seat.pk))
    by_group = defaultdict(list)
    for seat in seats:
        by_group[seat.group_id].append(seat)
    groups = list(plan.groups.select_related("teacher").order_by("week_date", "teacher__name_sort", "pk"))
    for group in groups:
        group.members = by_group[group.pk]  # type: ignore[attr-defined]
        group.may_hold = plan.state == "PUBLISHED" and group.held_at is None and group.week_date <= today  # type: ignore[attr-defined]
    return {
        "plan": plan,
        "groups": groups,
        "seats": len(seats),
        "unmet": by_group[None],
        "held": sum(group.held_at is not None for group in groups),
        "told": told_plan(plan),
        "now_date": today,
    }
