"""我的空闲时间: one's own calendar as busy times - looked at before it counts, taken back, thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.busy_selectors import busy_calendars_of
from activities.models import BusyCalendar
from activities.services import busy_calendars
from backend.kernel.calendar_busy import MOST_BYTES
from backend.kernel.errors import DomainError
from backend.roster.models import Helper
from backend.roster.services.own_details import drop_own_hours
from backend.web.helper.week_hours import WeekForm, kept_week, usual_week
from backend.web.shared.forms import PlainForm, posted, whole_number
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_SHOWN_DAYS = 14


class FileForm(PlainForm):
    """One's calendar as a file."""

    file = forms.FileField(
        label=gettext_lazy("日历文件"),
        help_text=gettext_lazy("从手机或电脑的日历里导出的 .ics 文件，最大 1 MB。只留下忙的时间，文件和内容都不保存。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".ics,text/calendar", "class": "form-control"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("文件超过 1 MB，请少导出几个月。"))
        return file


class LinkForm(PlainForm):
    """One's calendar by its address."""

    address = forms.CharField(
        label=gettext_lazy("日历地址"),
        max_length=2000,
        help_text=gettext_lazy("以 https:// 开头的日历地址。每隔几个小时读一次，只留下忙的时间。"),
    )


@dataclass(frozen=True)
class Day:
    """The busy times of one day, as "09:00–10:00"."""

    date: date
    spans: tuple[str, ...]


def my_hours(request: HttpRequest) -> HttpResponse:
    """What counts and what was uploaded to be looked at; POST takes a file in."""
    helper = _me(request)
    form = FileForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            busy_calendars.read_file(helper=helper, content=content, actor=request.user, now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("web:my-hours")
    return _page(request, helper, form, LinkForm())


def my_hours_week(request: HttpRequest) -> HttpResponse:
    """Free at a time on some weekdays, every week."""
    helper, form = _me(request), WeekForm(posted(request))
    if form.is_valid() and kept_week(helper, form, request.user):
        messages.success(request, _("加上了，协调员看得到。"))
        return redirect("web:my-hours")
    return _page(request, helper, FileForm(), LinkForm(), form)


def my_hours_week_drop(request: HttpRequest) -> HttpResponse:
    """Take one of these times away."""
    weekday, start = (whole_number(request.POST.get(name)) for name in ("weekday", "start"))
    if weekday is None or start is None:
        raise Http404
    drop_own_hours(helper=_me(request), weekday=weekday, start=start, actor=request.user)
    messages.success(request, _("删掉了。"))
    return redirect("web:my-hours")


def my_hours_link(request: HttpRequest) -> HttpResponse:
    """Read a calendar at its address, to be looked at."""
    helper = _me(request)
    form = LinkForm(posted(request))
    if form.is_valid():
        address = form.cleaned_data["address"].strip()
        try:
            busy_calendars.read_link(helper=helper, address=address, actor=request.user, now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("web:my-hours")
    return _page(request, helper, FileForm(), form)


def _page(
    request: HttpRequest, helper: Helper, form: FileForm, link: LinkForm, week: WeekForm | None = None
) -> HttpResponse:
    rows = list(busy_calendars_of(request.reader).exclude(state="REPLACED"))  # type: ignore[attr-defined]
    context = {
        "waiting": [(row, days_of(row)) for row in rows if row.state == BusyCalendar.State.PREVIEW],
        "live": [(row, days_of(row)) for row in rows if row.state == BusyCalendar.State.LIVE],
        "problems": busy_calendars.REASONS,
        "form": form,
        "link": link if settings.CALENDAR_LINKS else None,
        "usual": usual_week(helper),
        "week": week or WeekForm(),
    }
    return render(request, "web/helper/my_hours.html", context)


def days_of(calendar: BusyCalendar) -> list[Day]:
    """The busy times of the next two weeks, by day; a span over midnight stands under each of its days."""
    today = timezone.localdate()
    days: dict[date, list[str]] = {today + timedelta(days=n): [] for n in range(_SHOWN_DAYS)}
    for span in calendar.spans.filter(end_at__gt=timezone.now()).order_by("start_at")[: _SHOWN_DAYS * 24]:
        start, end = timezone.localtime(span.start_at), timezone.localtime(span.end_at)
        for day, said in days.items():
            if start.date() <= day <= end.date() and (words := _words(day, start, end)):
                said.append(words)
    return [Day(day, tuple(spans)) for day, spans in days.items() if spans]


def _words(day: date, start: Any, end: Any) -> str:
    first = f"{start:%H:%M}" if start.date() == day else "00:00"
    last = f"{end:%H:%M}" if end.date() == day else "24:00"
    if last == "00:00":
        return ""
    return _("全天") if (first, last) == ("00:00", "24:00") else f"{first}–{last}"


def my_hours_act(request: HttpRequest, calendar_id: str) -> HttpResponse:
    """Everything one button does."""
    row = busy_calendars_of(request.reader).filter(public_id=calendar_id).select_related("helper").first()  # type: ignore[attr-defined]
    act = _ACTS.get(request.POST.get("do", ""))
    if row is None or act is None:
        raise Http404
    try:
        words = act(row, request.user)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, words)
    return redirect("web:my-hours")


def _take(row: BusyCalendar, user: Any) -> str:
    busy_calendars.take(calendar=row, actor=user, now=timezone.now())
    return _("采用了。排家访、碰头和活动的时候会避开这些时间。")


def _drop(row: BusyCalendar, user: Any) -> str:
    busy_calendars.throw_away(calendar=row, actor=user)
    return _("没有采用，原来的不变。")


def _back(row: BusyCalendar, user: Any) -> str:
    busy_calendars.take_back(calendar=row, actor=user)
    return _("撤销了，和采用以前一样。")


def _forget(row: BusyCalendar, user: Any) -> str:
    busy_calendars.forget(helper=row.helper, kind=row.kind, actor=user)
    return _("删掉了，这个日历里的时间都不再算忙。")


_ACTS: dict[str, Callable[[BusyCalendar, Any], str]] = {"take": _take, "drop": _drop, "back": _back, "forget": _forget}


def _me(request: HttpRequest) -> Helper:
    helper: Helper | None = Helper.objects.filter(pk=request.reader.helper_id or 0).first()  # type: ignore[attr-defined]
    if helper is None:
        raise Http404
    return helper
