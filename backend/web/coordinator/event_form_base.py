"""What the forms of a day share: their fields, and the way from the planner's JSON to what people type and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.web.coordinator.event_fields import (
    LinesField,
    SpansField,
)
from backend.web.shared.forms import PlainForm

if TYPE_CHECKING:
    from backend.kernel.errors import DomainError

Json = dict[str, Any]
_MOST = 10_000
_FIELD = re.compile(r"[a-z_]+")


def name_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=60)


def count_field(label: Any, *, required: bool = False, least: int = 0, hint: Any = "") -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "form-control qs-date", "inputmode": "numeric"})
    return forms.IntegerField(
        label=label, required=required, min_value=least, max_value=_MOST, help_text=hint, widget=widget
    )


def hours_field(label: Any) -> SpansField:
    return SpansField(label=label, required=False, max_length=200, help_text=gettext_lazy(
        "例如 09:00-11:30，几段用、隔开。不填就是整天，写“都不行”就是哪段都不行。"))  # fmt: skip


def ticks_field(label: Any, hint: Any = "") -> forms.MultipleChoiceField:
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
        return kept(self.before, self.cleaned_data) | {"key": key}


def kept(before: Json, said: Json) -> Json:
    """The value before with what was said; an empty answer takes it away. No hours at all are an answer too."""
    rest = {name: value for name, value in before.items() if name not in said}
    told = {name: value for name, value in said.items() if value not in (None, "", [], {})}
    return rest | told | ({"hours": []} if said.get("hours") == [] else {})


def one_span(spans: list[list[str]] | None) -> list[str] | None:
    if spans and len(spans) > 1:
        raise forms.ValidationError(_("这里只能写一段时间。"))
    return spans[0] if spans else None
