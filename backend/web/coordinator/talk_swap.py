"""Swapping two children of a draft by hand, with the price shown before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.services.talk_edits import swap_effect, swap_seats
from backend.kernel.errors import DomainError
from backend.web.coordinator.talk_plan import plan_of
from backend.web.shared.child_names import names_for
from backend.web.shared.forms import version_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.models import TalkPlan, TalkSeat
    from activities.services.talk_edits import SwapEffect


def talk_swap(request: HttpRequest, plan_id: str) -> HttpResponse:
    """Whom with (`?one=`), and once both are chosen what it would change; POST does it."""
    plan = plan_of(request.reader, plan_id)  # type: ignore[attr-defined]
    asked = request.POST if request.method == "POST" else request.GET
    seats = _seats(request, plan)
    one = seats.get(asked.get("one", ""))
    other = seats.get(asked.get("other", ""))
    if one is None:
        raise Http404
    if request.method == "POST":
        return _swap(request, plan, one, other)
    context: dict[str, Any] = {"plan": plan, "one": one, "other": other, "choices": _choices(one, seats)}
    if other is not None:
        try:
            context["lines"] = _lines(swap_effect(plan=plan, one=one, other=other, now=timezone.now()))
        except DomainError as error:
            context["refused"] = sentence_of(error)
    return render(request, "web/coordinator/talk_swap.html", context)


def _swap(request: HttpRequest, plan: TalkPlan, one: TalkSeat, other: TalkSeat | None) -> HttpResponse:
    if other is None:
        raise Http404
    version = version_of(request)
    try:
        swap_seats(plan=plan, one=one, other=other, version=version, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        facts = {"a": one.name, "b": other.name}  # type: ignore[attr-defined]
        messages.success(request, _("%(a)s 和 %(b)s 对换了。") % facts)
    return redirect("web:talk-plan", plan.public_id)


def _seats(request: HttpRequest, plan: TalkPlan) -> dict[str, TalkSeat]:
    rows = list(
        plan.seats.select_related("child__village", "child__school", "child__school_class", "group__teacher").order_by(
            "group__week_date", "group_id", "child__name_sort", "pk"
        )
    )
    names = names_for(request.reader, [seat.child for seat in rows], now=timezone.now())  # type: ignore[attr-defined]
    for seat in rows:
        seat.name = names[seat.child_id]  # type: ignore[attr-defined]
    return {seat.public_id: seat for seat in rows}


def _choices(one: TalkSeat, seats: dict[str, TalkSeat]) -> list[TalkSeat]:
    """Everybody who sits elsewhere and has not been talked with."""
    return [
        seat
        for seat in seats.values()
        if seat.group_id != one.group_id and (seat.group is None or seat.group.held_at is None)
    ]


def _lines(effect: SwapEffect) -> list[str]:
    """Before and after, in words; what stays the same is left out."""
    said = [
        (effect.repeats, _("同组的孩子以前同过组：%(a)s 次变成 %(b)s 次")),
        (effect.wishes, _("没照顾到的心愿：%(a)s 个变成 %(b)s 个")),
    ]
    lines = [words % {"a": before, "b": after} for (before, after), words in said if before != after]
    before, after = effect.mix
    if before != after:
        lines.append(_("男女搭配更匀") if after < before else _("男女搭配没有现在匀"))
    return lines or [_("重复、心愿和男女搭配都不变")]
