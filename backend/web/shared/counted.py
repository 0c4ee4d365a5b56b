"""Steps that reach many people: the number is shown before, and typed once more where it is large. Publishing offers,
and reminding, extending or withdrawing many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.web.shared.forms import PlainForm
from matching.services.deadlines import deadline_after

if TYPE_CHECKING:
    from datetime import datetime

TYPE_THE_NUMBER_ABOVE = 100


class CountedForm(PlainForm):
    """
    Holds the number its reader saw; another number by now is shown anew instead of acted on.

    Args:
        people: how many the step would reach at this moment.
    """

    seen = forms.IntegerField(widget=forms.HiddenInput)
    number = forms.IntegerField(required=False)

    def __init__(self, *args: Any, people: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        self.fields["number"].label = _("请输入人数 %(n)s，确认发给这些人") % {"n": people}
        if people <= TYPE_THE_NUMBER_ABOVE:
            del self.fields["number"]
        else:
            self.fields["number"].required = True

    def clean_seen(self) -> int:
        if self.cleaned_data["seen"] != self.people:
            raise forms.ValidationError(_("人数刚才变成了 %(n)s，请再看一遍。") % {"n": self.people})
        return self.people

    def clean_number(self) -> int:
        if self.cleaned_data["number"] != self.people:
            raise forms.ValidationError(_("请输入 %(n)s。") % {"n": self.people})
        return self.people


def days_field(label: Any, help_text: Any) -> forms.TypedChoiceField:
    """So many days for an answer, 1 .. 7."""
    choices = [(day, day) for day in range(1, 8)]
    return forms.TypedChoiceField(label=label, coerce=int, choices=choices, help_text=help_text)


def said_days(now: datetime) -> list[tuple[int, str]]:
    """The choices of `days_field` in the reader's language, each with the evening at which it would end."""
    words = [ngettext("%(n)s 天，%(when)s 截止", "%(n)s 天，%(when)s 截止", day) for day in range(1, 8)]
    return [(day, text % {"n": day, "when": _evening(now, day)}) for day, text in enumerate(words, start=1)]


def _evening(now: datetime, days: int) -> str:
    return date_format(timezone.localtime(deadline_after(now, days=days)), _("n月j日 H:i"))
