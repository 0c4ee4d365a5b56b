"""消息: what was told to whom, and whether it arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from backend.web.shared.listing import page_of, render_list, select_of
from notifications.models import Message
from notifications.selectors import messages_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

BADGES = {"WAITING": "WAITING", "SENT": "DONE", "RETURNED": "BOUNCED", "EXPIRED": "LAPSED", "DEAD": "FAILED"}


def messages(request: HttpRequest) -> HttpResponse:
    """A page of messages, those that did not arrive first."""
    visible = messages_visible_to(request.reader)  # type: ignore[attr-defined]
    selects = [select_of(request, "state", _("状态"), Message.State.choices)]
    rows = visible.filter(state=selects[0].value) if selects[0].value else visible
    lost = Q(state__in=("RETURNED", "DEAD"))
    page = page_of(request, rows.order_by("-created_at", "-pk"))
    for message in page.object_list:
        message.badge = BADGES[message.state]
    context = {
        "page": page,
        "selects": selects,
        "is_filtered": bool(selects[0].value),
        "counts": visible.order_by().aggregate(
            lost=Count("pk", filter=lost), waiting=Count("pk", filter=Q(state="WAITING"))
        ),
    }
    return render_list(request, "coordinator/messages", context)
