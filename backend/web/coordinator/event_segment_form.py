"""The form of one item of a day: whose it is, how long, after what, at which stations and with whom."""

from __future__ import annotations

from typing import Any

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
from backend.web.coordinator.event_form_base import Json, PartForm, count_field, kept, name_field, one_span, ticks_field

_MOST_HOSTS = 100
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

    name = name_field(gettext_lazy("叫什么"))
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
    changes = count_field(gettext_lazy("一共留几分钟换站（轮流时填）"))
    groups = ticks_field(gettext_lazy("哪几组参加"), gettext_lazy("都不选就是全体。"))
    places = ticks_field(gettext_lazy("在哪里"), gettext_lazy("可以选几处，排在前面的先用。都不选就是哪里都行。"))
    hosts = HostsField(
        label=gettext_lazy("要谁主持（每组或每站），一行一种"), help_text=gettext_lazy("例如：青少年宫老师 1")
    )
    equipment = CountsField(
        label=gettext_lazy("要什么器材（每组或每站），一行一种"),
        help_text=gettext_lazy("例如：套圈 2。总数在“基本情况”里写。"),
    )
    after = ticks_field(gettext_lazy("要在谁之后"))
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
        return one_span(self.cleaned_data["window"])

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
        node = kept({name: value for name, value in self.before.items() if name != "is_mandatory"}, said | {
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
        taken = {one["key"] for each in self.draft.get("segments", []) for one in each.get("stations", [])}
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


def _station_parts(line: str) -> tuple[str, str, str]:
    """Name, place and role of a station's line; "" for what was left out."""
    name, place, role = [part.strip() for part in (line + " / / ").split("/")[:3]]
    return name, place, role


_OF_ROTATION = ("stations", "round", "changes", "common_rounds", "equal_rounds")
