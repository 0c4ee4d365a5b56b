"""How seriously one day takes each rule: forbidden, no release, a reminder, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.event_words import changeable_rules
from activities.services import event_edits
from backend.kernel.errors import DomainError
from backend.web.coordinator.event import event_of
from backend.web.shared.forms import PlainForm, posted, version_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from activities.event_words import RuleLevel

LEVELS = (
    ("forbid", gettext_lazy("不可以")),
    ("block_release", gettext_lazy("阻止发布")),
    ("warn", gettext_lazy("提醒")),
    ("ignore", gettext_lazy("不管")),
)
SCOPES = {
    "time": gettext_lazy("时间"),
    "group": gettext_lazy("小组"),
    "host": gettext_lazy("主持人"),
    "place": gettext_lazy("场地"),
    "supply": gettext_lazy("物资"),
    "trip": gettext_lazy("接送"),
}
WORDS = {
    "length": gettext_lazy("环节不能太短或太长"),
    "day_bounds": gettext_lazy("不超出活动开始和结束的时间"),
    "window": gettext_lazy("环节在规定的时间里"),
    "after": gettext_lazy("要在后面的排在后面"),
    "gap_most": gettext_lazy("两个环节不能隔得太久"),
    "placed": gettext_lazy("必须有的环节都排上"),
    "rounds": gettext_lazy("各轮一样长、同时换站"),
    "inside": gettext_lazy("每一轮都在环节的时间里"),
    "round_length": gettext_lazy("每站不能太短或太长"),
    "locked": gettext_lazy("锁定的不动"),
    "group_twice": gettext_lazy("一个小组同时只在一处"),
    "station_twice": gettext_lazy("一站同时只来一个小组"),
    "visits_overlap": gettext_lazy("一个小组同时只在一站"),
    "group_hours": gettext_lazy("小组到了才开始，走之前结束"),
    "transfer": gettext_lazy("给小组留够走路的时间"),
    "host_count": gettext_lazy("主持人够数"),
    "host_fits": gettext_lazy("主持人身份合适"),
    "host_twice": gettext_lazy("一位主持人同时只在一处"),
    "host_hours": gettext_lazy("主持人到场的时间才排"),
    "host_free": gettext_lazy("主持人平常有空的时间才排"),
    "host_load": gettext_lazy("主持人不超过自己的上限"),
    "host_transfer": gettext_lazy("给主持人留够走路的时间"),
    "place_fits": gettext_lazy("环节在合适的场地"),
    "place_hours": gettext_lazy("场地开放的时间才用"),
    "capacity": gettext_lazy("场地容得下"),
    "at_once": gettext_lazy("一处场地同时不超过几摊"),
    "rain": gettext_lazy("下雨天不在露天"),
    "roof": gettext_lazy("要在室内的在室内"),
    "open_air": gettext_lazy("想在户外的在户外"),
    "equipment": gettext_lazy("器材够用"),
    "supply_nobody": gettext_lazy("每样东西有人带"),
    "supply_late": gettext_lazy("东西按时到"),
    "trip_missing": gettext_lazy("每趟接送有车"),
    "trip_fits": gettext_lazy("车跑合适的趟"),
    "seats": gettext_lazy("车上人人有座"),
    "driver_hours": gettext_lazy("司机当班的时间才开"),
    "vehicle_twice": gettext_lazy("一辆车两趟之间来得及"),
    "trip_window": gettext_lazy("接送在规定的时间里"),
    "trip_late": gettext_lazy("接送赶得上活动"),
}


class RulesForm(PlainForm):
    """One choice a rule."""

    def __init__(self, *args: Any, rules: tuple[RuleLevel, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules
        for rule in rules:
            self.fields[rule.code] = forms.ChoiceField(
                label=WORDS.get(rule.code, rule.code), choices=LEVELS, initial=rule.level,
                widget=forms.Select(attrs={"class": "form-select qs-date"}),
            )  # fmt: skip

    def told(self) -> dict[str, str]:
        """Only what differs from the usual."""
        said = self.cleaned_data
        return {rule.code: said[rule.code] for rule in self.rules if said[rule.code] != rule.usual}

    def by_scope(self) -> list[tuple[Any, list[tuple[Any, Any, bool]]]]:
        """Heading -> (field, the usual level in words, whether this day differs)."""
        words = dict(LEVELS)
        return [
            (heading, [(self[r.code], words[r.usual], r.level != r.usual) for r in self.rules if r.scope == scope])
            for scope, heading in SCOPES.items()
        ]


def event_rules(request: HttpRequest, event_id: str) -> HttpResponse:
    """Every rule with its level; POST changes them for this day."""
    one = event_of(request.reader, event_id)  # type: ignore[attr-defined]
    form = RulesForm(posted(request), rules=changeable_rules(one.draft))
    if request.method == "POST" and form.is_valid():
        version = version_of(request)
        try:
            event_edits.put_bounds(
                event=one, version=version, values={"rules": form.told() or None}, actor=request.user,
                now=timezone.now(),
            )  # fmt: skip
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("规则改好了，下面的“检查”已经照新的说。"))
            return redirect("web:event", event_id)
    return render(request, "web/coordinator/event_rules.html", {"event": one, "form": form})
