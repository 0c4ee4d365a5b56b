"""强制报告 in two taps: the link that stands on every page, and what was seen. Nothing else is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.roster.access import children_visible_to
from backend.roster.services.concerns import Situation, raise_concern
from backend.web.shared.child_names import names_for
from backend.web.shared.frames import frame_of
from backend.web.shared.sentences import sentence_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_MOST_CHILDREN = 60


def report(request: HttpRequest) -> HttpResponse:
    """The nine situations as buttons; POST reports one. Whom it is about may be said, and need not."""
    reader = request.reader  # type: ignore[attr-defined]
    now = timezone.now()
    children = children_visible_to(reader).filter(state="ACTIVE")
    if request.method == "POST":
        child = children.select_related("village").filter(public_id=request.POST.get("child", "")).first()
        try:
            raise_concern(
                situation=request.POST.get("situation", ""), child=child, actor=request.user, reader=reader, now=now
            )
        except DomainError as error:
            messages.warning(request, sentence_of(error))
        else:
            told = {"time": timezone.localtime(now).strftime("%H:%M")}
            messages.success(request, _("已收到，%(time)s 已通知乡、县两级。有危险请先打 110。") % told)
        return redirect("web:report")
    rows = list(
        children.select_related("village", "school", "school_class").order_by("name_sort", "pk")[:_MOST_CHILDREN]
    )
    names = names_for(reader, rows, now=now)
    context = {
        "situations": Situation.choices,
        "children": [(child.public_id, names[child.pk]) for child in rows],
        "chosen": request.GET.get("child", ""),
        **frame_of(request),
    }
    return render(request, "web/people/report.html", context)
