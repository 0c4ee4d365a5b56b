"""强制报告 at a desk: what was reported from one's places, and saying that one has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to
from backend.roster.models import Area
from backend.roster.services.concerns import Situation, concerns_visible_to, receipts_of, receive_concern
from backend.web.shared.child_names import names_for
from backend.web.shared.listing import page_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest, HttpResponse

    from backend.audit.models import AuditEntry
    from backend.roster.access import Reader


def concerns(request: HttpRequest) -> HttpResponse:
    """The latest first; what nobody has confirmed stands out."""
    reader = request.reader  # type: ignore[attr-defined]
    page = page_of(request, concerns_visible_to(reader))
    entries = list(page.object_list)
    receipts = receipts_of(entries)
    context = {
        "page": page,
        "rows": _rows(reader, entries, receipts),
        "waiting": sum(str(entry.pk) not in receipts for entry in entries),
    }
    return render(request, "web/coordinator/concerns.html", context)


def _rows(reader: Reader, entries: list[AuditEntry], receipts: dict[str, AuditEntry]) -> list[dict[str, Any]]:
    told = [entry.after or {} for entry in entries]
    areas = dict(Area.objects.filter(code__in=[one["area"] for one in told]).values_list("code", "name"))
    children = {
        child.public_id: child
        for child in children_visible_to(reader)
        .filter(public_id__in=[one.get("child", "") for one in told])
        .select_related("village", "school", "school_class")
    }
    names = names_for(reader, children.values(), now=timezone.now())
    words = dict(Situation.choices)
    return [
        {
            "entry": entry,
            "at": parse_datetime(one["at"]),
            "place": areas.get(one["area"], ""),
            "words": words.get(one["situation"], ""),
            "child": one.get("child", "") if one.get("child", "") in children else "",
            "name": names[children[one["child"]].pk] if one.get("child", "") in children else "",
            "receipt": receipts.get(str(entry.pk)),
        }
        for entry, one in zip(entries, told, strict=True)
    ]


def concern_receive(request: HttpRequest, entry_id: int) -> HttpResponse:
    """I have it and act on it."""
    entry = concerns_visible_to(request.reader).filter(pk=entry_id).first()  # type: ignore[attr-defined]
    if entry is None:
        raise Http404
    try:
        receive_concern(entry=entry, actor=request.user)
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        messages.success(request, _("记下了：由您处理。"))
    return redirect("web:concerns")
