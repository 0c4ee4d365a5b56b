"""One segment of the plan by hand: when, where, with whom; locked or not. The judge speaks before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.event_posts import placed_view
from activities.event_words import rule_lines, time_words
from activities.services import event_edits
from backend.kernel.errors import DomainError
from backend.web.coordinator.event import event_of
from backend.web.coordinator.event_fields import TimeField
from backend.web.shared.day_words import LEVELS, said
from backend.web.shared.forms import PlainForm, posted, version_of, whole_number
from backend.web.shared.hours import minutes_in
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.event_posts import PlacedView
    from activities.models import EventDay

_LONGEST = 24 * 60


class PlaceForm(PlainForm):
    """Start and length, and for each gathering its place and hosts."""

    start = TimeField(label=gettext_lazy("几点开始"))
    minutes = forms.IntegerField(
        label=gettext_lazy("几分钟"), min_value=1, max_value=_LONGEST,
        widget=forms.NumberInput(attrs={"class": "form-control qs-date"}),
    )  # fmt: skip

    def __init__(self, *args: Any, placed: PlacedView, **kwargs: Any) -> None:
        kwargs["initial"] = {"start": time_words(placed.start), "minutes": placed.minutes}
        super().__init__(*args, **kwargs)
        self.placed = placed
        for number, post in enumerate(placed.posts):
            name = _("%(name)s：") % {"name": post.name} if post.name else ""
            self.fields[f"place{number}"] = forms.ChoiceField(
                label=name + _("在哪里"), choices=[("", _("没有定")), *post.places], initial=post.place, required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
            )  # fmt: skip
            if post.people:
                self.fields[f"hosts{number}"] = forms.MultipleChoiceField(
                    label=name + _("谁主持"), choices=post.people, initial=list(post.hosts), required=False,
                    widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
                )  # fmt: skip

    def posts(self) -> dict[str, dict[str, Any]]:
        """Key of the gathering -> its place and hosts."""
        told = self.cleaned_data
        return {
            post.key: {"place": told[f"place{number}"]}
            | ({"hosts": told[f"hosts{number}"]} if f"hosts{number}" in told else {})
            for number, post in enumerate(self.placed.posts)
        }


def event_place(request: HttpRequest, event_id: str, segment: str) -> HttpResponse:
    """The form; POST changes the plan."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    placed = placed_view(one.draft, one.plan, segment)
    if placed is None:
        raise Http404
    form = PlaceForm(posted(request), placed=placed)
    if request.method == "POST" and form.is_valid():
        told, version = form.cleaned_data, version_of(request)
        try:
            event_edits.place_by_hand(
                event=one, version=version, segment=segment, start=minutes_in(told["start"]),
                minutes=told["minutes"], posts=form.posts(), actor=request.user, now=timezone.now(),
            )  # fmt: skip
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("改好了。下面的“检查”说明现在守不守规则。"))
            return redirect("web:event", event_id)
    rules = [line for line in rule_lines(one, one.plan) if segment in line.segments]
    context = {
        "event": one,
        "placed": placed,
        "segment": event_edits.found_part(one, "segments", segment),
        "form": form,
        "rules": [(LEVELS.get(line.level, ("", "")), said((line.zh, line.en))) for line in rules],
    }
    return render(request, "web/coordinator/event_place.html", context)


def event_try(request: HttpRequest, event_id: str) -> HttpResponse:
    """What a change would break, while somebody is still dragging; nothing is written."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    asked = request.GET
    try:
        plan = tried_plan(one, asked)
    except DomainError as error:
        return JsonResponse({"ok": False, "lines": [{"level": "hard", "words": sentence_of(error)}]})
    lines = [
        {
            "level": LEVELS.get(line.level, ("", ""))[0],
            "words": said((line.zh, line.en)),
        }
        for line in rule_lines(one, plan)
    ]
    return JsonResponse({"ok": not any(line["level"] != "soft" for line in lines), "lines": lines[:12]})


def event_drag(request: HttpRequest, event_id: str) -> HttpResponse:
    """Keep what was dragged: another time, another length, another host or place."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    asked, version = request.POST, version_of(request)
    start, minutes, posts = _asked(one, asked)
    try:
        changed = event_edits.place_by_hand(
            event=one, version=version, segment=asked.get("segment", ""), start=start, minutes=minutes,
            posts=posts, actor=request.user, now=timezone.now(),
        )  # fmt: skip
    except DomainError as error:
        return JsonResponse({"ok": False, "words": sentence_of(error)}, status=error.status)
    return JsonResponse({"ok": True, "version": changed.draft_version})


def tried_plan(one: EventDay, asked: Any) -> dict[str, Any]:
    """
    The plan as it would be after a drag.

    Raises:
        NoPlanYet, DayMalformed: it could not be kept either.
    """
    start, minutes, posts = _asked(one, asked)
    return event_edits.tried_by_hand(one, asked.get("segment", ""), start=start, minutes=minutes, posts=posts)


def _asked(one: EventDay, asked: Any) -> tuple[int | None, int | None, dict[str, dict[str, Any]]]:
    """(start, minutes, posts) of a drag: `host` took over from `from_host`, or `place` from `from_place`."""
    start, minutes = (whole_number(asked.get(name, "")) for name in ("start", "minutes"))
    if (start is not None and start >= _LONGEST) or (minutes is not None and not 1 <= minutes <= _LONGEST):
        raise Http404
    placed = placed_view(one.draft, one.plan, asked.get("segment", ""))
    posts: dict[str, dict[str, Any]] = {}
    for post in placed.posts if placed else ():
        if asked.get("host") and asked.get("from_host") in post.hosts and asked["host"] not in post.hosts:
            posts[post.key] = {"hosts": [asked["host"] if one == asked["from_host"] else one for one in post.hosts]}
        if asked.get("place") and post.place == asked.get("from_place"):
            posts[post.key] = {"place": asked["place"]}
    return start, minutes, posts
