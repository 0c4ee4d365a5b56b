"""消息: what was told to whom, over which channel, whether it arrived, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as notes
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.kernel.errors import DomainError
from backend.web.shared.listing import page_of, render_list, search_of, select_of
from backend.web.shared.sentences import sentence_of
from notifications.contacts import send_again
from notifications.models import Message
from notifications.selectors import messages_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

BADGES = {"WAITING": "WAITING", "SENT": "DONE", "RETURNED": "BOUNCED", "EXPIRED": "LAPSED", "DEAD": "FAILED"}
_LOST = Q(state__in=("RETURNED", "DEAD"))


def messages(request: HttpRequest) -> HttpResponse:
    """A page of messages, the latest first."""
    visible = messages_visible_to(request.reader)  # type: ignore[attr-defined]
    selects = [
        select_of(request, "state", _("状态"), [("lost", _("没送到的")), *Message.State.choices]),
        select_of(request, "channel", _("怎么发"), Message.Channel.choices),
    ]
    rows, (state, channel) = visible, (one.value for one in selects)
    if state:
        rows = rows.filter(_LOST if state == "lost" else Q(state=state))
    if channel:
        rows = rows.filter(channel=channel)
    q = search_of(request)
    if q:
        said = q.lower()
        rows = rows.filter(Q(helper__name_search__contains=said) | Q(guardian__child__name_search__contains=said))
    page = page_of(request, rows.order_by("-created_at", "-pk"))
    for message in page.object_list:
        message.badge = BADGES[message.state]
    context = {
        "page": page,
        "selects": selects,
        "q": q,
        "is_filtered": bool(state or channel or q),
        "counts": visible.order_by().aggregate(
            lost=Count("pk", filter=_LOST), waiting=Count("pk", filter=Q(state="WAITING"))
        ),
    }
    return render_list(request, "coordinator/messages", context)


def message_again(request: HttpRequest, message_id: str) -> HttpResponse:
    """Put a lost message on its way once more."""
    one = messages_visible_to(request.reader).filter(public_id=message_id).first()  # type: ignore[attr-defined]
    if one is None:
        raise Http404
    try:
        send_again(message=one, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
    except DomainError as error:
        notes.warning(request, sentence_of(error))
    else:
        notes.success(request, _("又发了一次。一两分钟后看到没到。"))
    return redirect("web:messages")
