"""导入与导出: upload a list, see earlier ones, fetch a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.kernel.errors import DomainError
from backend.roster.models.imports import SheetKind
from backend.roster.services.imports import batches_visible_to, upload
from backend.roster.sheets.template import template
from backend.web.shared.forms import PlainForm, posted

if TYPE_CHECKING:
    from django.http import HttpRequest

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_BYTES = 10 * 1024 * 1024
BADGES = {
    "READING": "GOING",
    "READY": "WAITING",
    "CONFIRMED": "DONE",
    "REFUSED": "FAILED",
    "CANCELLED": "STOPPED",
    "UNDONE": "WITHDRAWN",
}


class UploadForm(PlainForm):
    kind = forms.ChoiceField(label=_("这是谁的名单"), choices=SheetKind.choices, widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("文件"),
        help_text=_("xlsx、xls 或 csv，最大 10 MB。先预览，您确认以前台账不变。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv", "class": "form-control"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > _MOST_BYTES:
            raise forms.ValidationError(_("文件超过 10 MB，请分成几份。"))
        return file


def imports(request: HttpRequest) -> HttpResponse:
    """The form and the latest uploads; POST takes a file in and goes to its preview."""
    reader, now = request.reader, timezone.now()  # type: ignore[attr-defined]
    form = UploadForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = upload(
                kind=form.cleaned_data["kind"],
                file_name=file.name,
                content=file.read(),
                actor=request.user,
                reader=reader,
                now=now,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("web:import", batch.public_id)
    page: Any = Paginator(batches_visible_to(reader, now).order_by("-created_at", "-pk"), 20).get_page(
        request.GET.get("page")
    )
    for batch in page.object_list:
        batch.badge = BADGES[batch.state]
    return render(request, "web/coordinator/imports.html", {"form": form, "page": page})


def import_template(request: HttpRequest, kind: str) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The empty workbook with headings, word lists and a sample row."""
    if kind not in SheetKind.values:
        raise Http404
    response = HttpResponse(template(kind), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{kind.lower()}-template.xlsx"'
    return response
