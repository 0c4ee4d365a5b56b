"""申请与核查: children put forward for schemes that assign after a joint check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import Role
from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to
from backend.roster.models import CheckingBody
from backend.roster.presenting import present_list
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.listing import page_of, render_list, select_of
from backend.web.shared.sentences import sentence_of
from matching.models import Application, ApplicationCheck, Scheme
from matching.plain_names import plain_name
from matching.selectors import applications_visible_to
from matching.services.applications import APPLICANTS, apply_for, check_application, withdraw_application

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.models import Child


class ApplyForm(PlainForm):
    scheme = forms.ModelChoiceField(
        label=gettext_lazy("结对项目"), queryset=Scheme.objects.none(), to_field_name="public_id", empty_label=None
    )
    reason = forms.CharField(label=gettext_lazy("为什么需要"), min_length=4, max_length=200)

    def __init__(self, *args: Any, child: Child, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["scheme"]
        asked = Scheme.objects.filter(county__code=child.village.code[:6], needs_application=True, is_active=True)
        field.queryset = asked.select_related("county", "term").order_by("-term__start_date", "pk")
        field.label_from_instance = lambda one: f"{plain_name(one.name)}·{one.term.name}"


class CheckForm(PlainForm):
    body = forms.ChoiceField(choices=ApplicationCheck.Body.choices)
    is_fine = forms.ChoiceField(choices=(("yes", "yes"), ("no", "no")))
    note = forms.CharField(required=False, max_length=200)


def applications(request: HttpRequest) -> HttpResponse:
    """A page of applications, those that wait for a check first shown."""
    reader = request.reader  # type: ignore[attr-defined]
    select = select_of(request, "state", _("状态"), Application.State.choices)
    rows = applications_visible_to(reader).filter(Q(state=select.value) if select.value else Q())
    page = page_of(request, rows.order_by("-applied_at", "-pk"))
    shown = present_list(reader, [one.child for one in page.object_list], now=timezone.now())
    for one, child in zip(page.object_list, shown, strict=True):
        one.child_name = child.values.get("name", "")
    context = {
        "page": page,
        "selects": [select],
        "q": "",
        "is_filtered": bool(select.value),
        "bodies": [(body, CheckingBody(body).label) for body in sorted({body for _area, body in reader.bodies})],
        "may_check": reader.role == Role.COUNTY_COORDINATOR and bool(reader.bodies),
        "speaks_for_nobody": reader.role == Role.COUNTY_COORDINATOR and not reader.bodies,
        "may_apply": reader.role in APPLICANTS,
    }
    return render_list(request, "coordinator/applications", context)


def application_new(request: HttpRequest, child_id: str) -> HttpResponse:
    """Put a child forward, from the child's own page."""
    reader = request.reader  # type: ignore[attr-defined]
    child = children_visible_to(reader).select_related("village").filter(public_id=child_id).first()
    if child is None:
        raise Http404
    form = ApplyForm(posted(request), child=child)
    if request.method == "POST" and form.is_valid():
        try:
            apply_for(child=child, actor=request.user, reader=reader, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已提出申请。志愿者协会和教育局都核查通过后，才会指派人。"))
            return redirect("web:applications")
    name = present_list(reader, [child], now=timezone.now())[0].values.get("name", "")
    context = {
        "form": form, "title": _("申请指派"), "act": _("提出申请"), "child_id": child_id, "name": name,
        "lead": _("由志愿者协会和教育局一起核查，都同意了才指派一个人。"),
    }  # fmt: skip
    return render(request, "web/coordinator/child_form.html", context, status=400 if form.errors else 200)


def application_check(request: HttpRequest, application_id: str) -> HttpResponse:
    """Yes or no on behalf of one body."""
    one = _mine(request, application_id)
    form = CheckForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("请选代表哪个单位，同意还是不同意。"))
        return redirect("web:applications")
    said = form.cleaned_data
    try:
        check_application(
            application=one, body=said["body"], is_fine=said["is_fine"] == "yes", note=said["note"],
            actor=request.user, reader=request.reader, now=timezone.now(),  # type: ignore[attr-defined]
        )  # fmt: skip
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已记下您的核查意见。"))
    return redirect("web:applications")


def application_withdraw(request: HttpRequest, application_id: str) -> HttpResponse:
    """Take it back before somebody is assigned."""
    one = _mine(request, application_id)
    try:
        withdraw_application(
            application=one,
            actor=request.user,
            reader=request.reader,  # type: ignore[attr-defined]
            now=timezone.now(),
        )
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已撤回申请。"))
    return redirect("web:applications")


def _mine(request: HttpRequest, application_id: str) -> Application:
    one = applications_visible_to(request.reader).filter(public_id=application_id).first()  # type: ignore[attr-defined]
    if one is None:
        raise Http404
    return one
