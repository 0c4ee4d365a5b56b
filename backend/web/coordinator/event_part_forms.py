"""One form for each kind of thing a day has: from the planner's JSON to what people type, and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.web.coordinator.event_fields import (
    CountsField,
    HostsField,
    LengthField,
    LinesField,
    SpansField,
    TimeField,
)
from backend.web.shared.forms import PlainForm
from backend.web.shared.hours import minutes_in

if TYPE_CHECKING:
    from backend.kernel.errors import DomainError

Json = dict[str, Any]
_MOST = 10_000
_MOST_HOSTS = 100
_FIELD = re.compile(r"[a-z_]+")


def _name(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=60)


def _count(label: Any, *, required: bool = False, least: int = 0, hint: Any = "") -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "form-control qs-date", "inputmode": "numeric"})
    return forms.IntegerField(
        label=label, required=required, min_value=least, max_value=_MOST, help_text=hint, widget=widget
    )


def _hours(label: Any) -> SpansField:
    return SpansField(label=label, required=False, max_length=200, help_text=gettext_lazy(
        "例如 09:00-11:30，几段用、隔开。不填就是整天，写“都不行”就是哪段都不行。"))  # fmt: skip


def _ticks(label: Any, hint: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, widget=forms.CheckboxSelectMultiple, help_text=hint)


class DayForm(PlainForm):
    """About a day's draft: what does not fit is said beside its field, without the planner's words for places."""

    def refuse(self, error: DomainError) -> None:
        """Show why the domain said no; what was typed stays."""
        if error.code != "event_day.malformed":
            super().refuse(error)
            return
        words = reversed(_FIELD.findall(str(error.facts.get("place", ""))))
        field = next((name for name in words if name in self.fields), None)
        self.add_error(field, _("这样填，和当天别的安排对不上，什么都没改。"))


class PartForm(DayForm):
    """What all of them share: the draft for choices, the value before, and `value()` for after."""

    def __init__(self, *args: Any, draft: Json, before: Json | None, **kwargs: Any) -> None:
        self.draft, self.before = draft, before or {}
        kwargs.setdefault("initial", self.shown(self.before) if before else self.fresh())
        super().__init__(*args, **kwargs)
        for name, (part, empty) in self.choices_of().items():
            rows = [(one["key"], one.get("name") or one["key"]) for one in draft.get(part, [])]
            self.fields[name].choices = ([("", empty)] if empty is not None else []) + rows  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if isinstance(field, LinesField):
                # All there is, and a line more.
                field.widget.attrs["rows"] = max(3, str(self.initial.get(name) or "").count("\n") + 2)

    def choices_of(self) -> dict[str, tuple[str, Any]]:
        """Field -> (list of the day, words for none)."""
        return {}

    def fresh(self) -> Json:
        """What a new one begins with."""
        return {}

    def shown(self, before: Json) -> Json:
        """What a field shows of the value before."""
        return dict(before) | {"hours": SpansField.shown(before.get("hours"))}

    def value(self, key: str) -> Json:
        """The thing as the planner reads it; what the form does not know of stays."""
        return _kept(self.before, self.cleaned_data) | {"key": key}


def _kept(before: Json, said: Json) -> Json:
    """The value before with what was said; an empty answer takes it away. No hours at all are an answer too."""
    rest = {name: value for name, value in before.items() if name not in said}
    told = {name: value for name, value in said.items() if value not in (None, "", [], {})}
    return rest | told | ({"hours": []} if said.get("hours") == [] else {})


class GroupForm(PartForm):
    name = _name(gettext_lazy("叫什么"))
    size = _count(gettext_lazy("几名孩子"), required=True, least=1, hint=gettext_lazy("分好组以后会自动改成实际人数。"))
    hours = _hours(gettext_lazy("什么时候在"))

    def fresh(self) -> Json:
        return {"size": 12}


class PlaceForm(PartForm):
    name = _name(gettext_lazy("叫什么"))
    kind = forms.CharField(
        label=gettext_lazy("哪一类"), max_length=20, required=False, help_text=gettext_lazy("例如教室、礼堂、空地。")
    )
    capacity = _count(gettext_lazy("最多容几名孩子"))
    at_once = _count(
        gettext_lazy("最多同时几摊"), hint=gettext_lazy("一间教室通常是 1；大厅里能同时做几个游戏就写几。不填就不限。")
    )
    is_open_air = forms.BooleanField(
        label=gettext_lazy("在室外"), required=False, help_text=gettext_lazy("下雨就不能用。")
    )
    hours = _hours(gettext_lazy("什么时候能用"))

    def shown(self, before: Json) -> Json:
        return super().shown(before) | {"is_open_air": not before.get("is_indoor", True)}

    def value(self, key: str) -> Json:
        said = dict(self.cleaned_data)
        is_open_air = said.pop("is_open_air")
        rest = {name: value for name, value in self.before.items() if name != "is_indoor"}
        return _kept(rest, said) | {"key": key} | ({"is_indoor": False} if is_open_air else {})


class PersonForm(PartForm):
    name = _name(gettext_lazy("姓名或称呼"))
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
    hours = _hours(gettext_lazy("什么时候能来"))
    most_minutes = _count(gettext_lazy("一天最多主持几分钟"))
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
        return _kept(self.before, said) | {"key": key}


_FORMS = (
    ("plenary", gettext_lazy("大家一起")),
    ("by_group", gettext_lazy("各组分开，同时做")),
    ("rotation", gettext_lazy("几站轮流，每组每站做一次")),
)
_SETTINGS = (
    ("any", gettext_lazy("室内室外都行")),
    ("indoor", gettext_lazy("只能在室内")),
    ("outdoor", gettext_lazy("最好在室外")),
)


class SegmentForm(PartForm):
    """A segment; it may come after any other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [(key, name) for key, name in self.fields["after"].choices if key != self.before.get("key")]  # type: ignore[attr-defined]
        self.fields["after"].choices = others  # type: ignore[attr-defined]

    name = _name(gettext_lazy("叫什么"))
    text = forms.CharField(
        label=gettext_lazy("做什么"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
    )
    minutes = LengthField(label=gettext_lazy("几分钟"), help_text=gettext_lazy("例如 30；写 20-40 表示在这之间都行。"))
    form = forms.ChoiceField(label=gettext_lazy("怎么做"), choices=_FORMS, widget=forms.RadioSelect)
    stations = LinesField(
        label=gettext_lazy("哪几站（轮流时填，一行一站）"),
        help_text=gettext_lazy("站名 / 场地 / 谁主持，后两样可不填。例如：视力 / 一号诊室 / 护士"),
    )
    round = LengthField(label=gettext_lazy("每站几分钟（轮流时填）"), required=False)
    changes = _count(gettext_lazy("一共留几分钟换站（轮流时填）"))
    groups = _ticks(gettext_lazy("哪几组参加"), gettext_lazy("都不选就是全体。"))
    places = _ticks(gettext_lazy("在哪里"), gettext_lazy("可以选几处，排在前面的先用。都不选就是哪里都行。"))
    hosts = HostsField(
        label=gettext_lazy("要谁主持（每组或每站），一行一种"), help_text=gettext_lazy("例如：青少年宫老师 1")
    )
    equipment = CountsField(
        label=gettext_lazy("要什么器材（每组或每站），一行一种"),
        help_text=gettext_lazy("例如：套圈 2。总数在“基本情况”里写。"),
    )
    after = _ticks(gettext_lazy("要在谁之后"))
    start = TimeField(label=gettext_lazy("固定几点开始"), required=False, help_text=gettext_lazy("不固定就不填。"))
    window = SpansField(
        label=gettext_lazy("只能在哪段时间"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("例如 09:00-11:30。"),
    )
    setting = forms.ChoiceField(label=gettext_lazy("室内还是室外"), choices=_SETTINGS)
    is_optional = forms.BooleanField(label=gettext_lazy("排不下可以不办"), required=False)

    def choices_of(self) -> dict[str, tuple[str, Any]]:
        return {"groups": ("groups", None), "places": ("places", None), "after": ("segments", None)}

    def fresh(self) -> Json:
        return {"minutes": "30", "form": "plenary", "setting": "any"}

    def shown(self, before: Json) -> Json:
        return dict(before) | {
            "minutes": LengthField.shown(before.get("minutes")),
            "round": LengthField.shown(before.get("round")),
            "hosts": CountsField.shown(HostsField.of(before.get("hosts"))),
            "equipment": CountsField.shown(before.get("equipment")),
            "after": [one if isinstance(one, str) else one["segment"] for one in before.get("after", [])],
            "window": SpansField.shown([before["window"]] if before.get("window") else None),
            "stations": "\n".join(self._station_line(one) for one in before.get("stations", [])),
            "is_optional": not before.get("is_mandatory", True),
            "form": before.get("form", "plenary"),
            "setting": before.get("setting", "any"),
        }

    def _station_line(self, station: Json) -> str:
        names = {one["key"]: one.get("name") or one["key"] for one in self.draft.get("places", [])}
        place = next((names.get(key, "") for key in station.get("places", [])), "")
        host = next((one["role"] for one in station.get("hosts", [])), "")
        parts = [station.get("name") or station["key"], place, host]
        while not parts[-1]:
            parts.pop()
        return " / ".join(parts)

    def clean_stations(self) -> list[str]:
        """A place that is not there would silently be anywhere."""
        names = {one.get("name") or one["key"] for one in self.draft.get("places", [])}
        for line in self.cleaned_data["stations"]:
            place = _station_parts(line)[1]
            if place and place not in names:
                raise forms.ValidationError(_("“%(line)s”里的“%(place)s”不在场地里。") % {"line": line, "place": place})
        return self.cleaned_data["stations"]  # type: ignore[no-any-return]

    def clean_window(self) -> list[str] | None:
        return _one_span(self.cleaned_data["window"])

    def clean_hosts(self) -> dict[str, int]:
        needs: dict[str, int] = self.cleaned_data["hosts"]
        if any(count > _MOST_HOSTS for count in needs.values()):
            raise forms.ValidationError(_("一种主持人最多 %(n)s 位。") % {"n": _MOST_HOSTS})
        return needs

    def clean_equipment(self) -> dict[str, int]:
        """How many there are in all is written elsewhere; the planner knows no others."""
        needs: dict[str, int] = self.cleaned_data["equipment"]
        missing = [name for name in needs if name not in (self.draft.get("equipment") or {})]
        if missing:
            raise forms.ValidationError(
                _("先在“基本情况”里写一共有多少：%(names)s。") % {"names": _("、").join(missing)}
            )
        return needs

    def clean(self) -> Json:
        said = super().clean() or {}
        if said.get("form") == "rotation":
            if not said.get("stations"):
                self.add_error("stations", _("请写上有哪几站。"))
            if not said.get("round"):
                self.add_error("round", _("请写上每站几分钟。"))
        return said

    def value(self, key: str) -> Json:
        said = dict(self.cleaned_data)
        node = _kept({name: value for name, value in self.before.items() if name != "is_mandatory"}, said | {
            "hosts": HostsField.needs(said["hosts"], self.before.get("hosts")),
            "after": self._afters(said["after"]),
            "stations": self._stations(said["stations"]),
        })  # fmt: skip
        for name in ("is_optional", *(() if said["form"] == "rotation" else _OF_ROTATION)):
            node.pop(name, None)
        if said["setting"] == "any":
            node.pop("setting", None)
        return node | {"key": key} | ({"is_mandatory": False} if said["is_optional"] else {})

    def _afters(self, keys: list[str]) -> list[Any]:
        before = {one if isinstance(one, str) else one["segment"]: one for one in self.before.get("after", [])}
        return [before.get(key, key) for key in keys]

    def _stations(self, lines: list[str]) -> list[Json]:
        places = {one.get("name") or one["key"]: one["key"] for one in self.draft.get("places", [])}
        old = {one.get("name") or one["key"]: one for one in self.before.get("stations", [])}
        taken = {one["key"] for one in old.values()}
        free = (f"st{number}" for number in range(1, 200) if f"st{number}" not in taken)
        stations = []
        for line in lines:
            name, place, role = _station_parts(line)
            if name in old and line == self._station_line(old[name]):
                # Left as it is: a line shows one place and one role, a station may have more.
                stations.append(old[name])
                continue
            node = {"key": next(free), "name": name} if name not in old else dict(old[name])
            node.pop("places", None)
            stations.append(node | ({"places": [places[place]]} if place in places else {}))
            if role:
                stations[-1]["hosts"] = HostsField.needs({role: 1}, stations[-1].get("hosts"))
            else:
                stations[-1].pop("hosts", None)
        return stations


def _one_span(spans: list[list[str]] | None) -> list[str] | None:
    if spans and len(spans) > 1:
        raise forms.ValidationError(_("这里只能写一段时间。"))
    return spans[0] if spans else None


def _station_parts(line: str) -> tuple[str, str, str]:
    """Name, place and role of a station's line; "" for what was left out."""
    name, place, role = [part.strip() for part in (line + " / / ").split("/")[:3]]
    return name, place, role


_OF_ROTATION = ("stations", "round", "changes", "common_rounds", "equal_rounds")


class SupplyForm(PartForm):
    name = _name(gettext_lazy("什么东西"))
    count = _count(gettext_lazy("几件"))
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
        return _kept(self.before, said) | {"key": key}


class VehicleForm(PartForm):
    name = _name(gettext_lazy("什么车"))
    seats = _count(gettext_lazy("几个座位（不算司机）"), required=True, least=1)
    driver = forms.ChoiceField(label=gettext_lazy("谁开"))
    turn_minutes = _count(gettext_lazy("两趟之间要几分钟"))

    def choices_of(self) -> dict[str, tuple[str, Any]]:
        return {"driver": ("people", None)}


class TripForm(PartForm):
    name = _name(gettext_lazy("叫什么"))
    groups = _ticks(gettext_lazy("坐哪几组"))
    minutes = _count(gettext_lazy("路上几分钟"), required=True, least=1)
    vehicles = _ticks(gettext_lazy("用哪几辆车"), gettext_lazy("都不选就是哪辆都行。"))
    is_return = forms.BooleanField(label=gettext_lazy("是返程"), required=False)
    window = SpansField(label=gettext_lazy("只能在哪段时间"), required=False, max_length=20)

    def choices_of(self) -> dict[str, tuple[str, Any]]:
        return {"groups": ("groups", None), "vehicles": ("vehicles", None)}

    def shown(self, before: Json) -> Json:
        return dict(before) | {"window": SpansField.shown([before["window"]] if before.get("window") else None)}

    def clean_window(self) -> list[str] | None:
        return _one_span(self.cleaned_data["window"])

    def value(self, key: str) -> Json:
        return super().value(key) | {"groups": self.cleaned_data["groups"]}


class BudgetForm(PartForm):
    name = _name(gettext_lazy("什么开支"))
    yuan = forms.DecimalField(label=gettext_lazy("多少元"), min_value=0, max_digits=12, decimal_places=2)
    payer = forms.CharField(label=gettext_lazy("谁出"), max_length=60, required=False)

    def shown(self, before: Json) -> Json:
        return dict(before) | {"yuan": f"{before.get('amount_fen', 0) / 100:.2f}"}

    def value(self, key: str) -> Json:
        said = dict(self.cleaned_data)
        fen = round(said.pop("yuan") * 100)
        return _kept(self.before, said) | {"key": key, "amount_fen": fen}


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
    transfer_minutes = _count(gettext_lazy("没写到的两处之间走几分钟"))
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
