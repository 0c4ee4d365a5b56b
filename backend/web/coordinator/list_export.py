"""The page before a list leaves as a spreadsheet: how many rows, what for. Offers, drafts and statements use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from backend.kernel.errors import DomainError
from backend.roster.services.exports import MOST_ROWS
from backend.roster.services.list_export import Asked
from backend.web.coordinator.export import TYPES, ExportForm
from backend.web.shared.forms import posted

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest


@dataclass(frozen=True)
class ListPage:
    """
    What is said about a list.

    Args:
        lead: a sentence with the number of rows. back, back_words: the list itself. name: begins the file's name.
        too_many: what to do about more than 500 rows.
    """

    title: str
    lead: str
    back: str
    back_words: str
    name: str
    too_many: str = ""


def export_listed(
    request: HttpRequest, rows: QuerySet[Any], make: Callable[[Asked], bytes], page: ListPage
) -> HttpResponse:
    """GET says what would leave; POST hands the file out once it is said what for."""
    form = ExportForm(posted(request))
    form.fields["form"].required = False
    form.fields["form"].is_needed = True  # type: ignore[attr-defined]  # one is always chosen
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        asked = Asked(request.user, said["reason"], timezone.now(), _filters(request), said["form"] or "xlsx")
        try:
            return list_answer(make(asked), page.name, asked.form)
        except DomainError as error:
            form.refuse(error)
    context = {"form": form, "count": rows.count(), "most": MOST_ROWS, "said": page}
    return render(request, "web/coordinator/list_export.html", context)


def _filters(request: HttpRequest) -> dict[str, Any]:
    """What narrows the list, for the audit. What was searched for may be a child's name: only that it was is said."""
    said: dict[str, Any] = {name: value for name, value in request.GET.items() if value and name not in ("q", "page")}
    return said | ({"searched": True} if request.GET.get("q") else {})


def list_answer(content: bytes, name: str, form: str = "xlsx") -> HttpResponse:
    """A spreadsheet as it is handed out; browsers keep no copy."""
    named = f"{name}-{timezone.localtime():%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{named}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=TYPES[form], headers=headers)
