"""
A form made from the columns of a sheet: what is typed becomes cells, and what is wrong with a cell is said beside it.

The columns themselves check; the form only decides about controls, groups and order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.roster.models.imports import SheetKind
from backend.roster.services.entry_places import choices_for
from backend.roster.sheets.catalogue import SHEETS
from backend.roster.sheets.columns import EMPTY_MARK
from backend.roster.sheets.problems import spoken
from backend.roster.sheets.words import HELPER_ROLES
from backend.roster.vocabulary import CATEGORIES, NEEDS, SERVICES
from backend.web.shared.forms import PlainForm, dress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from backend.roster.access import Reader
    from backend.roster.models import Helper
    from backend.roster.services.by_hand import EntryWrong
    from backend.roster.sheets.columns import Column
    from backend.web.coordinator.entry_groups import Group

_SEVERAL: Mapping[str, Iterable[str]] = {
    "categories": CATEGORIES, "needs": NEEDS, "roles": HELPER_ROLES, "skills": SERVICES,
}  # fmt: skip
_PLACES = ("village", "township", "school", "unit")
_LONG = ("medical_history", "hours", "classes")
_LONGEST = 500
_ALWAYS: Mapping[str, tuple[str, ...]] = {SheetKind.CHILDREN: ("village",)}
# Columns that a choice of places says -> the field with the choice.
_SAID_BY = {
    "village_code": "village", "township_code": "township", "county": "village", "school_code": "school",
    "unit_code": "unit", "unit_kind": "unit",
}  # fmt: skip
_PLACE_LABELS = {
    "village": gettext_lazy("村（社区）"), "township": gettext_lazy("乡镇"), "school": gettext_lazy("学校"),
    "unit": gettext_lazy("单位"),
}  # fmt: skip
# Written the way the sheet's cells are, whatever the language of the page.
_EXAMPLES: Mapping[str, str] = {
    "aspects": "心理3、身体2、学业4、监护3、其他1",
    "guardianship": "二类三级",
    "position": "12400,8300",
    "hours": "周一 14:00-16:00；周三 全天",
    "classes": "四年级1班 语文 班主任、五年级2班",
    "share_permille": "50%",
}
_HINTS: Mapping[str, Any] = {
    "total_limit": gettext_lazy("最多带几名，不填是 2"),
    "email": gettext_lazy("用它收验证码登录"),
    "township": gettext_lazy("选了单位或村，可以不选"),
    "carer.kind": gettext_lazy("父亲或母亲在家照管时，只填这一格"),
    "clearance.expires_date": gettext_lazy("最长一年"),
}


@dataclass(frozen=True)
class ShownGroup:
    """A group of one form, with its bound fields."""

    title: Any
    fields: list[forms.BoundField]
    is_folded: bool
    is_open: bool


class EntryForm(PlainForm):
    """
    Cells of one row.

    Args:
        shown: column key -> text on file; a cell is sent on only where the text differs.
        hidden: keys whose text on file is not shown: left blank they stay as they are.
    """

    unlike = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        kind: str,
        groups: tuple[Group, ...],
        reader: Reader,
        helper: Helper | None = None,
        shown: Mapping[str, str] | None = None,
        hidden: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.groups, self.shown, self.hidden = kind, groups, dict(shown or {}), frozenset(hidden)
        self._choices = choices_for(kind, reader, helper)
        for group in groups:
            for key in group.keys:
                if key not in self.fields:
                    self.fields[key] = self._field(key)
                    # Its own check stays with the column; the mark "may be left blank" goes.
                    self.fields[key].is_needed = self._is_needed(key)  # type: ignore[attr-defined]
                if group.is_needed:
                    self.fields[key].required = True
                    self.fields[key].error_messages["required"] = _("请填上这一项。")
                dress(self.fields[key])

    def _is_needed(self, key: str) -> bool:
        column = SHEETS[self.kind].by_key.get(key)
        return key in _ALWAYS.get(self.kind, ()) or (key not in _PLACES and column is not None and column.is_needed)

    def _field(self, key: str) -> forms.Field:
        if key in _PLACES:
            return forms.ChoiceField(
                label=_PLACE_LABELS[key],
                required=False,
                help_text=_HINTS.get(key, ""),
                choices=[("", "—"), *self._places(key)],
                initial=self.shown.get(key, ""),
            )
        column = SHEETS[self.kind].by_key[key]
        text = self.shown.get(key, "")
        if key in _SEVERAL:
            held = text.split("、") if text else []
            words = dict.fromkeys([*_SEVERAL[key], *held])
            return forms.MultipleChoiceField(
                label=gettext_lazy(column.heading),
                required=False,
                initial=held,
                choices=[(word, gettext_lazy(word)) for word in words],
                widget=forms.CheckboxSelectMultiple,
            )
        if column.words:
            words = dict.fromkeys(["", *column.words])
            choices = [(word, gettext_lazy(word) if word else "—") for word in words]
            return forms.ChoiceField(
                label=gettext_lazy(column.heading),
                required=False,
                choices=choices,
                initial=text,
                help_text=_HINTS.get(key, ""),
            )
        return forms.CharField(
            label=gettext_lazy(column.heading),
            required=False,
            max_length=_LONGEST,
            initial="" if key in self.hidden else text,
            help_text=self._hint(key),
            widget=_widget(column),
        )

    def _hint(self, key: str) -> Any:
        if key in self.hidden and self.shown.get(key):
            return _("已登记，不显示。要改就写新的，要清空写“-”。")
        return _("写成：%(example)s") % {"example": _EXAMPLES[key]} if key in _EXAMPLES else _HINTS.get(key, "")

    def _places(self, key: str) -> list[tuple[Any, Any]]:
        if key == "village":
            return _by_township(self._choices.villages)
        rows: Any = self._choices.townships if key == "township" else self._choices.units
        return list(rows.values_list("public_id", "name"))

    def cells(self) -> dict[str, str]:
        """The cells that differ from what is on file, without the places."""
        cells = {}
        for key in self._keys():
            if key not in _PLACES and (key in self.data or key in _SEVERAL):
                value = self.cleaned_data.get(key, "")
                text = "、".join(value) if isinstance(value, list) else value.strip()
                before = self.shown.get(key, "")
                if key in self.hidden:
                    before = ""
                if text != before:
                    cells[key] = text or EMPTY_MARK
        return cells

    def places(self) -> dict[str, str]:
        """Chosen places, where any was changed: those beside it too, since they depend on each other."""
        keys = [key for key in self._keys() if key in _PLACES]
        chosen = {key: self.cleaned_data.get(key, "") for key in keys}
        return chosen if any(chosen[key] != self.shown.get(key, "") for key in keys) else {}

    def _keys(self) -> Iterator[str]:
        """Columns and places: what the class itself declares is neither."""
        return (key for group in self.groups for key in group.keys if key not in self.base_fields)

    def say_problems(self, refusal: EntryWrong) -> None:
        """Each problem beside its field, beginning with how to mend it."""
        for note in refusal.problems:
            said = spoken(note)
            key = self._field_of(note["column"])
            mend = _("请从名单里选") if key in _PLACES else said["mend"].rstrip("。.")
            self.add_error(key, _("%(mend)s（%(problem)s）") % {"mend": mend, "problem": said["problem"]})

    def _field_of(self, column: str) -> str | None:
        """The field that a column's problem belongs beside; None for the top of the form."""
        places = (_SAID_BY.get(column, ""), "village") if column in _SAID_BY or column in _PLACES else ()
        return next((key for key in (column, *places) if key in self.fields), None)

    def shown_groups(self) -> list[ShownGroup]:
        """Groups for the page."""
        shown = []
        for group in self.groups:
            fields = [self[key] for key in group.keys]
            is_open = any(bound.errors or bound.value() for bound in fields)
            shown.append(ShownGroup(group.title, fields, group.is_folded, is_open))
        return shown


def _widget(column: Column) -> forms.Widget:
    if column.key.endswith("_date"):
        return forms.TextInput(attrs={"type": "date", "class": "form-control qs-date"})
    if column.key in _LONG:
        return forms.Textarea(attrs={"rows": 2})
    return forms.TextInput(attrs={"autocomplete": "off"})


def _by_township(villages: Any) -> list[tuple[Any, Any]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for public_id, name, township in villages.values_list("public_id", "name", "parent__name"):
        groups.setdefault(township or "", []).append((public_id, name))
    return list(groups.items())
