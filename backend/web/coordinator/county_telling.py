"""什么时候告诉人: a county's quiet hours, reminders and digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import county_of
from backend.web.shared.forms import PlainForm, posted
from notifications.county import set_rules
from notifications.kinds import Urgency, all_kinds
from notifications.rules import rules_for

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def _clock(label: Any, hint: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "form-control qs-date"})
    return forms.TimeField(label=label, help_text=hint, widget=widget)


class TellingForm(PlainForm):
    quiet_from = _clock(gettext_lazy("从几点起不打扰"))
    quiet_until = _clock(
        gettext_lazy("到几点"), gettext_lazy("这段时间不发邮件、短信和群消息，过后再发。两个时间一样就是不设。")
    )
    digest_hour = forms.IntegerField(
        label=gettext_lazy("每天几点汇总"),
        min_value=0,
        max_value=23,
        help_text=gettext_lazy("不急的消息每天汇成一条，从这个钟点起发。"),
    )
    remind_hours = forms.IntegerField(
        label=gettext_lazy("邀请截止前几小时提醒"),
        min_value=0,
        max_value=168,
        help_text=gettext_lazy("填 0 就不提醒。"),
    )
    duty_days = forms.IntegerField(
        label=gettext_lazy("家访到期前后几天提醒"),
        min_value=0,
        max_value=14,
        help_text=gettext_lazy("到期前没约时间的提醒一次，过期没去的再提醒一次。填 0 就不提醒。"),
    )
    unread_hours = forms.IntegerField(
        label=gettext_lazy("邀请几小时没人打开就告诉协调员"),
        min_value=0,
        max_value=168,
        help_text=gettext_lazy("一天最多告诉一次。填 0 就不告诉。"),
    )


def county_telling(request: HttpRequest) -> HttpResponse:
    """The rules in force, and what is exempt from quiet hours."""
    county = county_of(request.reader)  # type: ignore[attr-defined]
    if county is None:
        raise Http404
    rules = rules_for(county)
    form = TellingForm(posted(request), initial={name: getattr(rules, name) for name in TellingForm.base_fields})
    if request.method == "POST" and form.is_valid():
        try:
            set_rules(county=county, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已保存。"))
            return redirect("web:county-telling")
    urgent = [kind.words for kind in all_kinds() if kind.urgency == Urgency.URGENT]
    context = {"county": county, "form": form, "rules": rules, "urgent": urgent}
    return render(request, "web/coordinator/county_telling.html", context)
