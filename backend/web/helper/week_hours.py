"""平常的一周: the form and the lines of the times a helper is free in every week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.services.own_details import add_own_hours
from backend.web.shared.forms import PlainForm
from backend.web.shared.hours import WEEKDAYS, span_of

if TYPE_CHECKING:
    from backend.roster.models import Helper


def _clock_field(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "form-control qs-date", "step": 300})
    return forms.TimeField(label=label, widget=widget)


class WeekForm(PlainForm):
    """One time on some weekdays."""

    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("周几有空"),
        coerce=int,
        choices=list(enumerate(WEEKDAYS, start=1)),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请至少选一天。")},
    )
    start = _clock_field(gettext_lazy("从几点"))
    end = _clock_field(gettext_lazy("到几点"))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("start") and found.get("end") and found["start"] >= found["end"]:
            self.add_error("end", _("结束要晚于开始。"))
        return found


def usual_week(helper: Helper) -> list[tuple[str, int, int]]:
    """(in words, weekday, minute it begins) of each time, in order of the week."""
    rows = helper.weekly_hours.order_by("weekday", "start_minute")
    return [(f"{WEEKDAYS[row.weekday - 1]} {span_of(row)}", row.weekday, row.start_minute) for row in rows]


def kept_week(helper: Helper, form: WeekForm, actor: Any) -> bool:
    """Add what a valid form says; False where it was refused, which the form then says."""
    said = form.cleaned_data
    start, end = (said[name].hour * 60 + said[name].minute for name in ("start", "end"))
    try:
        add_own_hours(helper=helper, weekdays=said["days"], start=start, end=end, actor=actor)
    except DomainError as error:
        form.refuse(error)
        return False
    return True
