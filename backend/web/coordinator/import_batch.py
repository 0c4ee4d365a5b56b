"""One upload: its preview, mending, and writing it into the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.models import ImportBatch, ImportRow
from backend.roster.services.confirming import confirm
from backend.roster.services.imports import cancel, ensure_may_touch
from backend.roster.services.mending import decide, mend_cell, mend_same
from backend.roster.services.undoing import undo
from backend.web.coordinator.import_rows import headings, people_alike, shown_row
from backend.web.coordinator.imports import BADGES
from backend.web.shared.forms import whole_number
from backend.web.shared.listing import page_of, render_list, search_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_PAGE = 20
_TABS = ("wrong", "alike", "new", "changed", "unchanged")
_OPEN = ("wrong", "alike")


def batch_of(request: HttpRequest, batch_id: str) -> ImportBatch:
    """The upload, or 404 where it is not the reader's to touch."""
    batch = ImportBatch.objects.select_related("uploaded_by").filter(public_id=batch_id).first()
    if batch is None:
        raise Http404
    try:
        ensure_may_touch(batch, request.user, request.reader, timezone.now())  # type: ignore[attr-defined]
    except NotAllowed as error:
        raise Http404 from error
    return batch


def import_page(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Reading, refused, ready for a look, or done: what the upload says and what can be done about it."""
    batch = batch_of(request, batch_id)
    counts = batch.counts
    context: dict[str, Any] = {
        "batch": batch,
        "badge": BADGES[batch.state],
        "is_reading": batch.state == ImportBatch.State.READING,
        "is_ready": batch.state == ImportBatch.State.READY,
        "problem": _(batch.problem) if batch.problem else "",
        "open_rows": sum(counts.get(key, 0) for key in _OPEN),
        "to_write": counts.get("new", 0) + counts.get("changed", 0),
        "new_places": sum(counts.get(key, 0) for key in ("new_areas", "new_units", "new_classes")),
    }
    if batch.state in {ImportBatch.State.READY, ImportBatch.State.CONFIRMED}:
        context |= _rows(request, batch)
    return render_list(request, "coordinator/import", context)


def _rows(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    wanted = request.GET.get("tab", "")
    tab = wanted if wanted in _TABS else next((key for key in _TABS if batch.counts.get(key)), "new")
    rows = ImportRow.objects.filter(batch=batch, outcome=tab.upper()).order_by("number")
    q = search_of(request)
    if q:
        number = whole_number(q)
        rows = rows.filter(label__contains=q) if number is None else rows.filter(number=number)
    page = page_of(request, rows, _PAGE)
    alike = people_alike(batch, request.reader, page.object_list)  # type: ignore[attr-defined]
    return {
        "tab": tab,
        "counts": [(key, batch.counts.get(key, 0)) for key in _TABS],
        "page": page,
        "headings": headings(batch),
        "shown": [shown_row(batch, row, alike) for row in page.object_list],
        "q": q,
        "keep": {"tab": tab},
        "is_filtered": bool(q),
    }


def _row_of(request: HttpRequest, batch: ImportBatch) -> ImportRow:
    number = whole_number(request.POST.get("number")) or 0
    row = batch.rows.select_related("batch").filter(number=number).first()
    if row is None:
        raise Http404
    return row


def _act(request: HttpRequest, batch_id: str, act: Callable[[ImportBatch], str]) -> HttpResponse:
    """Do one thing to the upload, say what came of it, and go back to where the person was."""
    batch = batch_of(request, batch_id)
    try:
        done = act(batch)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        if done:
            messages.success(request, done)
    tab = request.POST.get("tab", "")
    where = reverse("web:import", args=[batch_id])
    return redirect(f"{where}?tab={tab}" if tab in _TABS else where)


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": request.user, "reader": request.reader, "now": timezone.now()}  # type: ignore[attr-defined]


def import_mend(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Write another text into one cell, or into every wrong cell that says the same."""

    def act(batch: ImportBatch) -> str:
        column, value = request.POST.get("column", ""), request.POST.get("value", "")
        if request.POST.get("text"):
            rows = mend_same(batch=batch, column=column, text=request.POST["text"], value=value, **_who(request))
            return _("同样的 %(n)s 处都改了。") % {"n": len(rows)}
        row = mend_cell(row=_row_of(request, batch), column=column, value=value, **_who(request))
        still = row.outcome == ImportRow.Outcome.WRONG
        return (
            _("改了，但第 %(n)s 行还有要改的。") % {"n": row.number}
            if still
            else _("第 %(n)s 行改好了。") % {"n": row.number}
        )

    return _act(request, batch_id, act)


def import_decide(request: HttpRequest, batch_id: str) -> HttpResponse:
    """The same person as on file, another, or leave the row out."""

    def act(batch: ImportBatch) -> str:
        row = _row_of(request, batch)
        decide(row=row, decision=request.POST.get("decision", ""), **_who(request))
        return _("第 %(n)s 行定了。") % {"n": row.number}

    return _act(request, batch_id, act)


def import_confirm(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Write it into the ledger, all or nothing."""

    def act(batch: ImportBatch) -> str:
        done = confirm(batch=batch, skip_wrong=request.POST.get("skip_wrong") == "yes", **_who(request))
        return _("已导入：新增 %(new)s 人，更新 %(changed)s 人。") % done.counts

    return _act(request, batch_id, act)


def import_cancel(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Give it up; the ledger stays as it is."""

    def act(batch: ImportBatch) -> str:
        cancel(batch=batch, **_who(request))
        return _("已放弃这次导入，台账没有变化。")

    return _act(request, batch_id, act)


def import_undo(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Take a confirmed import back, whole."""

    def act(batch: ImportBatch) -> str:
        undo(batch=batch, **_who(request))
        return _("已整批撤销，台账回到导入以前。")

    return _act(request, batch_id, act)
