"""Setting the time of a visit, and saying that it was made."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.selectors import duties_visible_to
from activities.services.duties import mark_duty_done, set_duty_time
from backend.kernel.errors import DomainError
from backend.web.shared.child_names import names_for
from backend.web.shared.forms import PlainForm, date_field, posted
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_USUAL_MINUTES = 40
_LENGTHS = ((30, "30"), (40, "40"), (60, "60"), (90, "90"), (120, "120"))


class TimeForm(PlainForm):
    """A day, a time, and how long."""

    day = date_field(gettext_lazy("哪一天"))
    start = forms.TimeField(
        label=gettext_lazy("几点开始"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "form-control qs-date", "step": 300}),
    )
    minutes = forms.TypedChoiceField(label=gettext_lazy("大约多少分钟"), coerce=int, choices=_LENGTHS)


def duty_time(request: HttpRequest, duty_id: str) -> HttpResponse:
    """Set or move the time; calendars that follow it change by themselves."""
    duty = _mine(request, duty_id)
    form = TimeForm(posted(request), initial=_initial(duty))
    if request.method == "POST" and form.is_valid():
        start = timezone.make_aware(datetime.combine(form.cleaned_data["day"], form.cleaned_data["start"]))
        end = start + timedelta(minutes=form.cleaned_data["minutes"])
        try:
            set_duty_time(duty=duty, start_at=start, end_at=end, actor=request.user, now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("时间定好了，订阅的日历会自己更新。"))
            return redirect("web:week")
    name = names_for(request.reader, [duty.child], now=timezone.now())[duty.child_id]  # type: ignore[attr-defined]
    return render(request, "web/helper/duty_time.html", {"duty": duty, "form": form, "child_name": name})


def _initial(duty: Any) -> dict[str, Any]:
    if duty.start_at is None:
        return {"day": duty.shown_date, "minutes": _USUAL_MINUTES}
    local = timezone.localtime(duty.start_at)
    minutes = int((duty.end_at - duty.start_at).total_seconds() // 60)
    return {"day": local.date(), "start": local.time(), "minutes": minutes}


def duty_done(request: HttpRequest, duty_id: str) -> HttpResponse:
    """Close a visit that was made."""
    try:
        mark_duty_done(duty=_mine(request, duty_id), actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        duty = _mine(request, duty_id)
        messages.success(request, _("记下了：已经碰过头了。") if duty.is_meeting else _("记下了：这次家访已完成。"))
    return redirect("web:week")


def _mine(request: HttpRequest, duty_id: str) -> Any:
    duty = duties_visible_to(request.reader).filter(public_id=duty_id).first()  # type: ignore[attr-defined]
    if duty is None:
        raise Http404
    return duty
