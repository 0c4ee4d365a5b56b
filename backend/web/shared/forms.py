"""Forms in the house style: one column, label above, a summary of errors on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from backend.kernel.errors import DomainError

_CONTROLS = (
    forms.TextInput,
    forms.Textarea,
    forms.DateInput,
    forms.NumberInput,
    forms.EmailInput,
    forms.ClearableFileInput,
)


class PlainForm(forms.Form):
    """A form whose widgets carry the look's classes and which can show a domain error in place."""

    required_css_class = "is-required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)
            field.error_messages["required"] = _how_to_mend(field)

    def refuse(self, error: DomainError) -> None:
        """Show why the domain said no, above the form; what was typed stays."""
        self.add_error(None, sentence_of(error))


def _how_to_mend(field: forms.Field) -> Any:
    """What an empty field that is needed says; a form that says it better does so itself."""
    usual = forms.Field.default_error_messages["required"]
    said = field.error_messages.get("required", usual)
    if said != usual:
        return said
    if isinstance(field, forms.FileField):
        return _("请选一个文件。")
    return _("请选一项。") if isinstance(field, forms.ChoiceField | forms.ModelChoiceField) else _("请填上这一项。")


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, even when nothing was; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def version_of(request: HttpRequest) -> int:
    """The version a page was made from, as its form sends it back; 404 for what no page of ours sends."""
    number = whole_number(request.POST.get("version"))
    if number is None:
        raise Http404
    return number


def dress(field: forms.Field) -> None:
    """Give a field's widget the look's class."""
    widget = field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple | forms.CheckboxInput):
        widget.attrs.setdefault("class", "form-check-input")
    elif isinstance(widget, forms.Select):
        widget.attrs.setdefault("class", "form-select")
    elif isinstance(widget, _CONTROLS):
        widget.attrs.setdefault("class", "form-control")


def date_field(label: Any, *, required: bool = True, hint: Any = "") -> forms.DateField:
    """A day, written or picked."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control qs-date"})
    return forms.DateField(label=label, required=required, help_text=hint, widget=widget)


_MOST_DIGITS = 9


def whole_number(text: str | None) -> int | None:
    """
    A number a page sends back, such as the version somebody saw; None where it is none.

    Nobody's version has ten digits: longer ones would leave the database's integers, or Python's patience.
    """
    is_number = text is not None and text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number and text else None
