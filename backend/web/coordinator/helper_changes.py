"""Changing a helper's file: fields, pausing and leaving, background checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.roster.models.imports import SheetKind
from backend.roster.services.by_hand import EntryWrong, edit_helper
from backend.roster.services.clearances import confirm_clearance, record_clearance_cells
from backend.roster.services.entry_places import place_cells
from backend.roster.sheets.helper_sheet import HELPERS
from backend.roster.sheets.helper_values import values_of_helpers
from backend.web.coordinator.entry_form import EntryForm
from backend.web.coordinator.entry_groups import CLEARANCE_GROUPS, EDIT_HELPER_GROUPS, HELPER_HIDDEN
from backend.web.shared.forms import posted
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader
    from backend.roster.models import Helper


class EditForm(EntryForm):
    """The helper's columns, with the version seen and why the state changes."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("状态变动的原因"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("暂停、离开或回来时要写。离开以后，没答复的邀请会撤回，结对会结束。"),
    )


def helper_of(reader: Reader, public_id: str) -> Helper:
    """The helper, or 404 where it is not the reader's to see."""
    found = helpers_visible_to(reader).select_related("unit", "township", "village").filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def helper_edit(request: HttpRequest, helper_id: str) -> HttpResponse:
    """Fields, roles, hours, limits, pausing and leaving; when somebody else was faster it says so."""
    reader = request.reader  # type: ignore[attr-defined]
    helper = helper_of(reader, helper_id)
    form = EditForm(
        posted(request),
        kind=SheetKind.HELPERS,
        groups=EDIT_HELPER_GROUPS,
        reader=reader,
        helper=helper,
        shown=_shown(helper),
        hidden=HELPER_HIDDEN,
        initial={"version": helper.version},
    )
    if request.method == "POST" and form.is_valid():
        try:
            edit_helper(
                helper=helper,
                cells=form.cells() | place_cells(SheetKind.HELPERS, reader, form.places(), helper),
                version=form.cleaned_data["version"],
                reason=form.cleaned_data["reason"],
                actor=request.user,
                reader=reader,
                now=timezone.now(),
            )
        except EntryWrong as refusal:
            form.say_problems(refusal)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已保存。"))
            return redirect("web:helper", helper_id)
    words = {"title": _("编辑帮扶人"), "lead": _("改邮箱就是改登录地址，会记下是您改的。"), "act": _("保存")}
    return _form_page(request, helper, form, words)


def helper_clearance(request: HttpRequest, helper_id: str) -> HttpResponse:
    """Record a background check from its paper."""
    reader = request.reader  # type: ignore[attr-defined]
    helper = helper_of(reader, helper_id)
    form = EntryForm(
        posted(request),
        kind=SheetKind.HELPERS,
        groups=CLEARANCE_GROUPS,
        reader=reader,
        initial={"clearance.result": _CLEAR},
    )
    if request.method == "POST" and form.is_valid():
        try:
            record_clearance_cells(
                helper=helper, cells=form.cells(), actor=request.user, reader=reader, now=timezone.now()
            )
        except EntryWrong as refusal:
            form.say_problems(refusal)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已登记，等另一位协调员确认。"))
            return redirect("web:helper", helper_id)
    words = {
        "title": _("登记背景核查"),
        "lead": _("照纸上写。另一位协调员看过原件、确认以后才算数。"),
        "act": _("登记"),
    }
    return _form_page(request, helper, form, words)


def helper_clearance_confirm(request: HttpRequest, helper_id: str, clearance_id: str) -> HttpResponse:
    """The second person's yes to one background check."""
    reader = request.reader  # type: ignore[attr-defined]
    row = helper_of(reader, helper_id).clearances.select_related("helper").filter(public_id=clearance_id).first()
    if row is None:
        raise Http404
    try:
        confirm_clearance(clearance=row, actor=request.user, reader=reader, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已确认这份核查。"))
    return redirect("web:helper", helper_id)


_CLEAR = HELPERS.by_key["clearance.result"].words[0]


def _shown(helper: Helper) -> dict[str, str]:
    """Column key -> text on file, and the ids of the places."""
    values = values_of_helpers([helper.pk])[helper.pk]
    texts = {key: column.show(values[key]) for key, column in HELPERS.by_key.items() if values.get(key) is not None}
    places = {"unit": helper.unit, "village": helper.village, "township": helper.township}
    return texts | {key: place.public_id if place else "" for key, place in places.items()}


def _form_page(request: HttpRequest, helper: Helper, form: EntryForm, words: dict[str, Any]) -> HttpResponse:
    context = {"form": form, "groups": form.shown_groups(), "helper": helper, **words}
    return render(request, "web/coordinator/helper_form.html", context)
