"""导出: say what for; up to 500 rows at once, more with a second coordinator's yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.roster.access import areas_visible_to
from backend.roster.models.imports import SheetKind
from backend.roster.services.exports import (
    MOST_ROWS,
    allow_export,
    ask_export,
    export,
    fetch,
    make_link,
    people_for,
    refuse_export,
    requests_visible_to,
)
from backend.web.coordinator.children import NOT_ASSESSED, filtered_children
from backend.web.coordinator.helpers import filtered_helpers
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from backend.roster.access import Reader
    from backend.roster.models import ExportRequest

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
# Filter of the list -> filter of the export, where the two mean the same.
_SAME = {
    SheetKind.CHILDREN: {"school": "school", "level": "heart_level"},
    SheetKind.HELPERS: {"unit": "unit", "role": "role", "state": "state"},
}
_BADGES = {"ASKED": "WAITING", "ALLOWED": "GOING", "READY": "DONE", "REFUSED": "DECLINED", "EXPIRED": "LAPSED"}
STATE_WORDS = {
    "ASKED": gettext_lazy("等人同意"),
    "ALLOWED": gettext_lazy("正在做文件"),
    "READY": gettext_lazy("可以下载"),
    "REFUSED": gettext_lazy("没有同意"),
    "EXPIRED": gettext_lazy("已过期"),
}


class ExportForm(PlainForm):
    reason = forms.CharField(
        label=gettext_lazy("用在哪里"),
        max_length=200,
        help_text=gettext_lazy("至少 10 个字，会记下来。例如：学期初交给教育局核对名单。"),
    )
    form = forms.ChoiceField(
        label=gettext_lazy("格式"),
        choices=[("xlsx", "Excel"), ("csv", "CSV")],
        widget=forms.RadioSelect,
        initial="xlsx",
    )


def export_page(request: HttpRequest) -> HttpResponse:
    """What would leave, the reason, and requests under way. The filters of the list come along in the address."""
    reader, now = request.reader, timezone.now()  # type: ignore[attr-defined]
    kind = request.GET.get("kind", SheetKind.CHILDREN)
    if kind not in SheetKind.values:
        raise Http404
    filters = _filters(reader, kind, request)
    count = people_for(kind, reader, filters).count()
    form = ExportForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            return _leave(request, kind, filters, form, is_large=count > MOST_ROWS)
        except DomainError as error:
            form.refuse(error)
    context = {
        "kind": kind,
        "kind_words": SheetKind(kind).label,
        "count": count,
        "most": MOST_ROWS,
        "is_large": count > MOST_ROWS,
        "form": form,
        "requests": [_shown(row, request) for row in _latest(reader, now)],
    }
    return render(request, "web/coordinator/export.html", context)


def _latest(reader: Reader, now: datetime) -> QuerySet[ExportRequest]:
    return requests_visible_to(reader, now).order_by("-created_at", "-pk")[:20]


def _filters(reader: Reader, kind: str, request: HttpRequest) -> dict[str, Any]:
    """The list's filters in the export's words; what the export cannot say becomes a list of people."""
    wanted = {
        name: request.GET.get(name, "") for name in ("township", "school", "level", "state", "consent", "unit", "role")
    }
    q = request.GET.get("q", "").strip()
    if q or wanted["consent"] or wanted["level"] == NOT_ASSESSED:
        listed = filtered_children if kind == SheetKind.CHILDREN else filtered_helpers
        ids = listed(reader, wanted, q).order_by("name_sort", "pk").values_list("public_id", flat=True)
        return {"public_ids": list(ids)}
    filters = {name: wanted[ours] for ours, name in _SAME[SheetKind(kind)].items() if wanted[ours]}
    if kind == SheetKind.CHILDREN:
        filters["state"] = wanted["state"] or "ACTIVE"
    township = areas_visible_to(reader).filter(public_id=wanted["township"]).first() if wanted["township"] else None
    return filters | {"area": township.code} if township else filters


def _leave(
    request: HttpRequest, kind: str, filters: dict[str, Any], form: ExportForm, *, is_large: bool
) -> HttpResponse:
    reason = form.cleaned_data["reason"]
    who: dict[str, Any] = {"actor": request.user, "reader": request.reader, "now": timezone.now()}  # type: ignore[attr-defined]
    if is_large:
        ask_export(kind=kind, filters=filters, reason=reason, **who)
        messages.success(request, _("已请第二位协调员同意。同意后文件可以下载 24 小时。"))
        return redirect("web:export")
    kind_of_file = form.cleaned_data["form"]
    content = export(kind=kind, filters=filters, form=kind_of_file, reason=reason, **who)
    return _file(content, f"{kind.lower()}.{kind_of_file}", TYPES[kind_of_file])


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _shown(row: ExportRequest, request: HttpRequest) -> dict[str, Any]:
    is_mine = row.asked_by_id == request.user.pk
    return {
        "row": row,
        "kind": SheetKind(row.kind).label,
        "badge": _BADGES[row.state],
        "words": STATE_WORDS[row.state],
        "may_answer": row.state == "ASKED" and not is_mine,
        "may_fetch": row.state == "READY" and is_mine,
    }


def _request_of(request: HttpRequest, request_id: str) -> ExportRequest:
    visible = requests_visible_to(request.reader, timezone.now())  # type: ignore[attr-defined]
    found = visible.filter(public_id=request_id).first()
    if found is None:
        raise Http404
    return found


def export_allow(request: HttpRequest, request_id: str) -> HttpResponse:
    """A second coordinator's yes or no."""
    answer = allow_export if request.POST.get("answer") == "yes" else refuse_export
    who: dict[str, Any] = {"actor": request.user, "reader": request.reader, "now": timezone.now()}  # type: ignore[attr-defined]
    try:
        answer(request=_request_of(request, request_id), **who)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("已答复。"))
    return redirect("web:export")


def export_link(request: HttpRequest, request_id: str) -> HttpResponse:
    """A fresh link for the person who asked; the one before ends."""
    try:
        token = make_link(request=_request_of(request, request_id), actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:export")
    return redirect("web:export-file", token)


def export_file(request: HttpRequest, token: str) -> HttpResponse:
    """The file behind a link, for its asker only."""
    try:
        _name, content = fetch(token=token, actor=request.user, now=timezone.now())
    except DomainError as error:
        raise Http404 from error
    return _file(content, "roster.xlsx", TYPES["xlsx"])
