"""活动: the event days in scope, and beginning one from a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Case, Count, F, Q, When
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.event_selectors import (
    day_templates_visible_to,
    event_days_open_to,
    event_days_visible_to,
    event_owners_of,
)
from activities.event_words import TEMPLATES
from activities.models import EventDay
from activities.services.event_days import DateOff, built_in_template, make_event_day
from backend.kernel.errors import DomainError
from backend.web.coordinator.event_fields import TimeField
from backend.web.shared.day_words import said
from backend.web.shared.forms import PlainForm, date_field, posted
from backend.web.shared.hours import minutes_in
from backend.web.shared.listing import page_of, render_list, search_of, select_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


def events(request: HttpRequest) -> HttpResponse:
    """A page of days, the nearest to come first, then those that are over."""
    reader = request.reader  # type: ignore[attr-defined]
    today = timezone.localdate()
    selects = [
        select_of(request, "when", _("什么时候"), [("coming", _("还没到的")), ("past", _("办过的"))]),
        select_of(request, "state", _("状态"), EventDay.State.choices),
    ]
    q = search_of(request)
    rows = event_days_open_to(reader).annotate(children_n=Count("seats", filter=Q(seats__state="PLACE")))
    coming = rows.filter(date__gte=today).count()
    if selects[0].value:
        rows = rows.filter(date__gte=today) if selects[0].value == "coming" else rows.filter(date__lt=today)
    if selects[1].value:
        rows = rows.filter(state=selects[1].value)
    if q:
        rows = rows.filter(title__contains=q)
    context = {
        "page": page_of(request, _nearest_first(rows, today)),
        "coming": coming,
        "mine": set(event_days_visible_to(reader).values_list("pk", flat=True)),
        "selects": selects,
        "q": q,
        "is_filtered": bool(q) or any(one.value for one in selects),
        "today": today,
    }
    return render_list(request, "coordinator/events", context)


def _nearest_first(rows: QuerySet[EventDay], today: date) -> QuerySet[EventDay]:
    """Those to come by date, then those that are over, the latest of them first."""
    is_over = Case(When(date__lt=today, then=1), default=0)
    return rows.annotate(is_over=is_over).order_by(
        "is_over", Case(When(date__gte=today, then=F("date"))), F("date").desc(), "pk"
    )


class NewEventForm(PlainForm):
    """From which template, for whom, when and where."""

    template = forms.ChoiceField(label=gettext_lazy("照哪个样子"), widget=forms.RadioSelect)
    owner = forms.ChoiceField(label=gettext_lazy("谁的活动"))
    title = forms.CharField(
        label=gettext_lazy("名称"), max_length=80, required=False, help_text=gettext_lazy("不填就用模板的名称。")
    )
    date = date_field(gettext_lazy("哪一天"))
    begin = TimeField(
        label=gettext_lazy("最早几点开始"), required=False, help_text=gettext_lazy("不填就用模板的时间。")
    )
    end = TimeField(label=gettext_lazy("最晚几点结束"), required=False)
    place = forms.CharField(
        label=gettext_lazy("在哪里"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("主要场地叫什么，其余的以后再填。"),
    )

    def __init__(self, *args: Any, reader: Reader, **kwargs: Any) -> None:
        kwargs["initial"] = {"template": "zhuji"}
        super().__init__(*args, **kwargs)
        self.kept = {one.public_id: one for one in day_templates_visible_to(reader).order_by("name", "pk")}
        built_in = [(code, said(pair)) for code, pair in TEMPLATES.items()]
        own = [(key, _("%(name)s（自己的模板）") % {"name": one.name}) for key, one in self.kept.items()]
        self.fields["template"].choices = [*built_in, *own]  # type: ignore[attr-defined]
        areas, organisations = event_owners_of(reader)
        self.owners: dict[str, Any] = {area.public_id: area for area in areas}
        self.organisations = {one.public_id: one for one in organisations}
        self.owners |= self.organisations
        self.fields["owner"].choices = [(key, one.name) for key, one in self.owners.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        begin, end = self.bounds(told)
        if not self.errors and begin >= end:
            self.add_error("end", _("结束要晚于开始。"))
        return told

    def draft(self) -> dict[str, Any]:
        """The template that was chosen."""
        return self.draft_of(self.cleaned_data["template"])

    def draft_of(self, code: str) -> dict[str, Any]:
        """A template as a draft."""
        return dict(self.kept[code].draft) if code in self.kept else built_in_template(code)

    def bounds(self, told: dict[str, Any]) -> tuple[int, int]:
        """Beginning and end, minutes from midnight; the template's where nothing was written."""
        usual = self.draft_of(told.get("template", "zhuji"))
        begin = minutes_in(told.get("begin") or usual["begin"])
        shifted = minutes_in(usual["end"]) + begin - minutes_in(usual["begin"])
        return begin, minutes_in(told["end"]) if told.get("end") else min(24 * 60, shifted)


def event_new(request: HttpRequest) -> HttpResponse:
    """The form; POST begins a day as a draft."""
    form = NewEventForm(posted(request), reader=request.reader)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        owner = form.owners[told["owner"]]
        whose = {"organisation": owner} if told["owner"] in form.organisations else {"area": owner}
        begin, end = form.bounds(told)
        draft = form.draft()
        try:
            event = make_event_day(
                template=draft, title=told["title"] or draft.get("title", ""), date=told["date"], begin=begin, end=end,
                place=told["place"], actor=request.user, now=timezone.now(), **whose,
            )  # fmt: skip
        except DateOff as error:
            form.add_error("date", sentence_of(error))
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("活动建好了，还是草稿。先排一次时间看看。"))
            return redirect("web:event", event.public_id)
    return render(request, "web/coordinator/event_new.html", {"form": form})
