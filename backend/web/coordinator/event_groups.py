"""The children of a day in their groups: divided evenly, and one moved with the effect shown before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.event_translation import mix_of
from activities.event_words import group_goal_words
from activities.models import DaySeat, DayWish
from activities.services import event_groups
from backend.kernel.errors import DomainError
from backend.web.coordinator.event import event_of
from backend.web.shared.day_seats import named_seats
from backend.web.shared.day_words import said
from backend.web.shared.forms import PlainForm, posted, version_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.models import EventDay


class DayWishForm(PlainForm):
    """Two children, and what is wished."""

    one = forms.ChoiceField(label=gettext_lazy("一个孩子"))
    kind = forms.ChoiceField(
        label=gettext_lazy("最好"), choices=DayWish.Kind.choices, widget=forms.RadioSelect, initial="APART"
    )
    other = forms.ChoiceField(label=gettext_lazy("另一个孩子"))

    def __init__(self, *args: Any, seats: list[DaySeat], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [("", gettext_lazy("请选")), *((seat.public_id, seat.name) for seat in seats)]  # type: ignore[attr-defined]
        for name in ("one", "other"):
            self.fields[name].choices = rows  # type: ignore[attr-defined]


def event_groups_page(request: HttpRequest, event_id: str) -> HttpResponse:
    """Groups with their mix; POST notes a wish."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    seats = named_seats(request.reader, one)  # type: ignore[attr-defined]
    form = DayWishForm(posted(request), seats=seats)
    if request.method == "POST" and form.is_valid():
        by_id = {seat.public_id: seat for seat in seats}
        told = form.cleaned_data
        try:
            event_groups.note_day_wish(
                one=by_id[told["one"]], other=by_id[told["other"]], kind=told["kind"], actor=request.user
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("记下了，下一次分组的时候照顾。"))
            return redirect("web:event-groups", event_id)
    found = event_groups.groups_worth(one)
    names = {seat.pk: seat.name for seat in seats}  # type: ignore[attr-defined]
    context = {
        "event": one,
        "groups": _groups(one, seats),
        "loose": [seat for seat in seats if not seat.group_key],
        "seats": seats,
        "goals": [(said(group_goal_words(name)), value) for name, value in found.goals.items()],
        "is_perfect": bool(found.goals) and not any(found.goals.values()) and not found.unseated,
        "broken": [(said(group_goal_words(name)), [names.get(pk, "") for pk in pair]) for name, pair in found.broken],
        "wishes": [
            (wish, names.get(wish.first_id, ""), names.get(wish.second_id, "")) for wish in one.wishes.order_by("pk")
        ],
        "form": form,
    }
    return render(request, "web/coordinator/event_groups.html", context)


def _groups(one: EventDay, seats: list[DaySeat]) -> list[dict[str, Any]]:
    """Each group with its children and what they are a mix of."""
    found = []
    for group in one.draft["groups"]:
        members = [seat for seat in seats if seat.group_key == group["key"]]
        mix = Counter(mark for seat in members for mark in mix_of(seat, one.date))
        places = [f"{value} {n}" for (kind, value), n in sorted(mix.items()) if kind == "place" and value]
        bands = sorted((int(value.split("-")[0].rstrip("+")), value, n) for (kind, value), n in mix.items()
                       if kind == "age" and value)  # fmt: skip
        ages = [_("%(band)s 岁 %(n)s 名") % {"band": band, "n": n} for _first, band, n in bands]
        found.append(
            {"key": group["key"], "name": group.get("name") or group["key"], "members": members,
             "girls": mix["sex", "girl"], "places": places, "ages": ages}
        )  # fmt: skip
    return found


def event_divide(request: HttpRequest, event_id: str) -> HttpResponse:
    """Divide all children anew."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    version = version_of(request)
    try:
        found = event_groups.divide_groups(
            event=one, version=version, seed=version, actor=request.user, now=timezone.now()
        )
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        left = sum(found.goals.values())
        messages.success(request, _("分好了，各方面都匀。") if not left else _("分好了。没有照顾到的写在右边。"))
    return redirect("web:event-groups", event_id)


def event_wish_forget(request: HttpRequest, event_id: str, wish_id: str) -> HttpResponse:
    """Take a wish back."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    wish = one.wishes.filter(public_id=wish_id).first()
    if wish is None:
        raise Http404
    event_groups.forget_day_wish(wish=wish, actor=request.user)
    messages.success(request, _("已去掉，下一次分组的时候不再考虑。"))
    return redirect("web:event-groups", event_id)


def event_move(request: HttpRequest, event_id: str, seat_id: str) -> HttpResponse:
    """Where one child could go and what that would do; POST moves it."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    seats = named_seats(request.reader, one)  # type: ignore[attr-defined]
    seat = next((row for row in seats if row.public_id == seat_id), None)
    if seat is None:
        raise Http404
    if request.method == "POST":
        return _move(request, one, seat, seats)
    groups = [group for group in one.draft["groups"] if group["key"] != seat.group_key]
    swap = next((row for row in seats if row.public_id == request.GET.get("with")), None)
    moves: list[event_groups.Move] = [(group["key"], None) for group in groups]
    *effects, swapped = _effects(one, seat, [*moves, (swap.group_key if swap is not None else "", swap)])
    choices = [
        {"key": group["key"], "name": group.get("name") or group["key"], "lines": lines,
         "members": [row for row in seats if row.group_key == group["key"]]}
        for group, lines in zip(groups, effects, strict=True)
    ]  # fmt: skip
    context = {
        "event": one,
        "seat": seat,
        "here": next((g.get("name") or g["key"] for g in one.draft["groups"] if g["key"] == seat.group_key), ""),
        "choices": choices,
        "swap": swap,
        "swap_lines": swapped if swap is not None and swap.group_key else [],
    }
    return render(request, "web/coordinator/event_move.html", context)


def event_move_effect(request: HttpRequest, event_id: str, seat_id: str) -> HttpResponse:
    """What a child would do in a group, or in the place of another, while it is being dragged; nothing is written."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    placed = one.seats.filter(state=DaySeat.State.PLACE)
    seat = placed.filter(public_id=seat_id).first()
    if seat is None:
        raise Http404
    swap = placed.filter(public_id=request.GET["with"]).first() if "with" in request.GET else None
    group = swap.group_key if swap is not None else request.GET.get("group", "")
    [lines] = _effects(one, seat, [(group, swap)])
    return JsonResponse({"lines": lines})


def _effects(one: EventDay, seat: DaySeat, moves: list[event_groups.Move]) -> list[list[str]]:
    """What each move would do, in words; a child in no group yet changes nothing worse."""
    if not seat.group_key:
        fine, not_that = _("这个孩子还没有组，放进来就行。"), sentence_of(event_groups.CannotMove())
        return [[not_that if swap is not None else fine] for _group, swap in moves]
    return [_said(effect) for effect in event_groups.effects_of(event=one, seat=seat, moves=moves)]


def _said(found: event_groups.MoveEffect | None) -> list[str]:
    if found is None:
        return [sentence_of(event_groups.CannotMove())]
    lines = [
        _("%(what)s：%(a)s 变成 %(b)s") % {"what": said(group_goal_words(name)), "a": before, "b": found.after[name]}
        for name, before in found.before.items()
        if before != found.after[name]
    ]
    if not found.is_even:
        lines.append(_("各组人数会相差两个以上"))
    return lines or [_("各方面都不变")]


def _move(request: HttpRequest, one: EventDay, seat: DaySeat, seats: list[DaySeat]) -> HttpResponse:
    asked = request.POST
    swap = next((row for row in seats if row.public_id == asked.get("with")), None)
    version = version_of(request)
    try:
        event_groups.move_seat(
            event=one, version=version, seat=seat,
            group=swap.group_key if swap else asked.get("group", ""),
            swap_with=swap, actor=request.user, now=timezone.now(),
        )  # fmt: skip
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("换好了。"))
    return redirect("web:event-groups", one.public_id)
