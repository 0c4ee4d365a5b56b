"""One form for each kind of thing a day has: from the planner's JSON to what people type, and back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.web.coordinator.event_fields import (
    CountsField,
    LinesField,
    SpansField,
    TimeField,
)
from backend.web.coordinator.event_form_base import (
    DayForm,
    Json,
    PartForm,
    count_field,
    hours_field,
    kept,
    name_field,
    one_span,
    ticks_field,
)
from backend.web.coordinator.event_segment_form import SegmentForm
from backend.web.shared.hours import minutes_in


class GroupForm(PartForm):
    name = name_field(gettext_lazy("叫什么"))
    size = count_field(
        gettext_lazy("几名孩子"), required=True, least=1, hint=gettext_lazy("分好组以后会自动改成实际人数。")
    )
    hours = hours_field(gettext_lazy("什么时候在"))

    def fresh(self) -> Json:
        return {"size": 12}


class PlaceForm(PartForm):
    name = name_field(gettext_lazy("叫什么"))
    kind = forms.CharField(
        label=gettext_lazy("哪一类"), max_length=20, required=False, help_text=gettext_lazy("例如教室、礼堂、空地。")
    )
    capacity = count_field(gettext_lazy("最多容几名孩子"))
    at_once = count_field(
        gettext_lazy("最多同时几摊"), hint=gettext_lazy("一间教室通常是 1；大厅里能同时做几个游戏就写几。不填就不限。")
    )
    is_open_air = forms.BooleanField(
        label=gettext_lazy("在室外"), required=False, help_text=gettext_lazy("下雨就不能用。")
    )
    hours = hours_field(gettext_lazy("什么时候能用"))

    def shown(self, before: Json) -> Json:
        return super().shown(before) | {"is_open_air": not before.get("is_indoor", True)}

    def value(self, key: str) -> Json:
        said = dict(self.cleaned_data)
        is_open_air = said.pop("is_open_air")
        rest = {name: value for name, value in self.before.items() if name != "is_indoor"}
        return kept(rest, said) | {"key": key} | ({"is_indoor": False} if is_open_air else {})


class PersonForm(PartForm):
    name = name_field(gettext_lazy("姓名或称呼"))
    roles = forms.CharField(
        label=gettext_lazy("能做什么"),
        max_length=120,
        help_text=gettext_lazy("例如 青少年宫老师、志愿者老师。几样用、隔开。"),
    )
    helper = forms.ChoiceField(
        label=gettext_lazy("是哪位帮扶人"),
        required=False,
        help_text=gettext_lazy("选了以后，发布时会告诉本人，日历里也有。"),
    )
    hours = hours_field(gettext_lazy("什么时候能来"))
    most_minutes = count_field(gettext_lazy("一天最多主持几分钟"))
    is_reserve = forms.BooleanField(label=gettext_lazy("后备，别人都不行才请"), required=False)

    def __init__(self, *args: Any, helpers: list[tuple[str, str]], helper: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["helper"].choices = [("", _("不在帮扶人台账里"))] + helpers  # type: ignore[attr-defined]  # noqa: RUF005
        self.initial["helper"] = helper

    def shown(self, before: Json) -> Json:
        return super().shown(before) | {"roles": "、".join(before.get("roles", []))}

    def clean_roles(self) -> list[str]:
        text = self.cleaned_data["roles"].replace("，", "、").replace(",", "、")
        return [one.strip() for one in text.split("、") if one.strip()]

    def value(self, key: str) -> Json:
        said = {name: value for name, value in self.cleaned_data.items() if name != "helper"}
        return kept(self.before, said) | {"key": key}


class SupplyForm(PartForm):
    name = name_field(gettext_lazy("什么东西"))
    count = count_field(gettext_lazy("几件"))
    segment = forms.ChoiceField(label=gettext_lazy("哪个环节用"), required=False)
    who = forms.ChoiceField(label=gettext_lazy("谁带来"), required=False)
    brought_by = forms.CharField(label=gettext_lazy("或者哪个单位带来"), max_length=60, required=False)

    def choices_of(self) -> dict[str, tuple[str, Any]]:
        return {"segment": ("segments", _("不限")), "who": ("people", _("还没有定"))}

    def shown(self, before: Json) -> Json:
        people = {one["key"] for one in self.draft.get("people", [])}
        by = before.get("brought_by", "")
        return dict(before) | ({"who": by, "brought_by": ""} if by in people else {})

    def value(self, key: str) -> Json:
        said = dict(self.cleaned_data)
        who = said.pop("who")
        said["brought_by"] = who or said["brought_by"]
        return kept(self.before, said) | {"key": key}


class VehicleForm(PartForm):
    name = name_field(gettext_lazy("什么车"))
    seats = count_field(gettext_lazy("几个座位（不算司机）"), required=True, least=1)
    driver = forms.ChoiceField(label=gettext_lazy("谁开"))
    turn_minutes = count_field(gettext_lazy("两趟之间要几分钟"))

    def choices_of(self) -> dict[str, tuple[str, Any]]:
        return {"driver": ("people", None)}


class TripForm(PartForm):
    name = name_field(gettext_lazy("叫什么"))
    groups = ticks_field(gettext_lazy("坐哪几组"))
    minutes = count_field(gettext_lazy("路上几分钟"), required=True, least=1)
    vehicles = ticks_field(gettext_lazy("用哪几辆车"), gettext_lazy("都不选就是哪辆都行。"))
    is_return = forms.BooleanField(label=gettext_lazy("是返程"), required=False)
    window = SpansField(label=gettext_lazy("只能在哪段时间"), required=False, max_length=20)

    def choices_of(self) -> dict[str, tuple[str, Any]]:
        return {"groups": ("groups", None), "vehicles": ("vehicles", None)}

    def shown(self, before: Json) -> Json:
        return dict(before) | {"window": SpansField.shown([before["window"]] if before.get("window") else None)}

    def clean_window(self) -> list[str] | None:
        return one_span(self.cleaned_data["window"])

    def value(self, key: str) -> Json:
        return super().value(key) | {"groups": self.cleaned_data["groups"]}


class BudgetForm(PartForm):
    name = name_field(gettext_lazy("什么开支"))
    yuan = forms.DecimalField(label=gettext_lazy("多少元"), min_value=0, max_digits=12, decimal_places=2)
    payer = forms.CharField(label=gettext_lazy("谁出"), max_length=60, required=False)

    def shown(self, before: Json) -> Json:
        return dict(before) | {"yuan": f"{before.get('amount_fen', 0) / 100:.2f}"}

    def value(self, key: str) -> Json:
        said = dict(self.cleaned_data)
        fen = round(said.pop("yuan") * 100)
        return kept(self.before, said) | {"key": key, "amount_fen": fen}


FORMS: dict[str, type[PartForm]] = {
    "segments": SegmentForm,
    "groups": GroupForm,
    "places": PlaceForm,
    "people": PersonForm,
    "supplies": SupplyForm,
    "vehicles": VehicleForm,
    "trips": TripForm,
    "budget": BudgetForm,
}
WORDS: dict[str, Any] = {
    "segments": gettext_lazy("环节"),
    "groups": gettext_lazy("小组"),
    "places": gettext_lazy("场地"),
    "people": gettext_lazy("人员"),
    "supplies": gettext_lazy("物资"),
    "vehicles": gettext_lazy("车辆"),
    "trips": gettext_lazy("接送"),
    "budget": gettext_lazy("经费"),
}


class HeadForm(DayForm):
    """What a day has beside its lists."""

    title = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    date = forms.DateField(
        label=gettext_lazy("哪一天"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control qs-date"}),
    )
    begin = TimeField(label=gettext_lazy("最早几点开始"))
    end = TimeField(label=gettext_lazy("最晚几点结束"))
    organisers = LinesField(label=gettext_lazy("主办，一行一个"), rows=2)
    co_organisers = LinesField(label=gettext_lazy("协办，一行一个"), rows=2)
    notes = LinesField(label=gettext_lazy("备注，一行一条"), rows=3)
    equipment = CountsField(label=gettext_lazy("一共有多少器材，一行一种"), help_text=gettext_lazy("例如：剪刀 12"))
    transfers = LinesField(
        label=gettext_lazy("两处之间走几分钟，一行一条"), help_text=gettext_lazy("例如：礼堂 / 操场 / 5")
    )
    transfer_minutes = count_field(gettext_lazy("没写到的两处之间走几分钟"))
    is_public = forms.BooleanField(
        label=gettext_lazy("放进公开的活动预告"), required=False, help_text=gettext_lazy("只有名称、时间和地点。")
    )

    def __init__(self, *args: Any, draft: Json, **kwargs: Any) -> None:
        self.places = {one.get("name") or one["key"]: one["key"] for one in draft.get("places", [])}
        names = {key: name for name, key in self.places.items()}
        lines = [
            f"{names.get(one['from'], '')} / {names.get(one['to'], '')} / {one['minutes']}"
            for one in draft.get("transfers", [])
        ]
        kwargs["initial"] = {
            name: "\n".join(draft.get(name, [])) for name in ("organisers", "co_organisers", "notes")
        } | {
            "begin": draft["begin"], "end": draft["end"], "equipment": CountsField.shown(draft.get("equipment")),
            "transfers": "\n".join(lines), "transfer_minutes": draft.get("transfer_minutes"),
        } | kwargs.get("initial", {})  # fmt: skip
        super().__init__(*args, **kwargs)

    def clean_transfers(self) -> list[Json]:
        found = []
        for line in self.cleaned_data["transfers"]:
            one, other, minutes = [part.strip() for part in (line + "//").split("/")[:3]]
            if one not in self.places or other not in self.places or not minutes.isdecimal():
                raise forms.ValidationError(
                    _("“%(line)s”看不懂：写成 礼堂 / 操场 / 5，两处都要在“场地”里。") % {"line": line}
                )
            found.append({"from": self.places[one], "to": self.places[other], "minutes": int(minutes)})
        return found

    def clean(self) -> Json:
        said = super().clean() or {}
        if said.get("begin") and said.get("end") and minutes_in(said["begin"]) >= minutes_in(said["end"]):
            self.add_error("end", _("结束要晚于开始。"))
        return said

    def values(self) -> Json:
        """What goes into the draft."""
        named = (
            "title",
            "begin",
            "end",
            "organisers",
            "co_organisers",
            "notes",
            "equipment",
            "transfers",
            "transfer_minutes",
        )
        return {name: self.cleaned_data[name] or None for name in named}
