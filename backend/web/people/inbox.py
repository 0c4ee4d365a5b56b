"""收到的消息: one's own inbox. GET shows; that something was read is said by a POST, from the page or by a button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backend.web.shared.frames import frame_of
from backend.web.shared.listing import page_of
from matching.services.offers import mark_seen
from notifications.inbox import letters_of, read_letters
from notifications.selectors import inbox_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from notifications.models import Message


def inbox(request: HttpRequest) -> HttpResponse:
    """The latest first; what was not read stands out."""
    mine = inbox_of(request.reader)  # type: ignore[attr-defined]
    page = page_of(request, mine.order_by("-created_at", "-pk"))
    now, language = timezone.now(), get_language() or "zh-hans"
    page.object_list = letters_of(list(page.object_list), language=language, now=now)
    context = {"page": page, "unread": mine.filter(read_at=None).order_by().count(), **frame_of(request)}
    return render(request, "web/people/inbox.html", context)


def inbox_letter(request: HttpRequest, message_id: str) -> HttpResponse:
    """One message in full."""
    found = letters_of(list(_mine(request, message_id)[:1]), language=get_language() or "zh-hans", now=timezone.now())
    if not found:
        raise Http404
    return render(request, "web/people/inbox_letter.html", {"letter": found[0], **frame_of(request)})


def inbox_read(request: HttpRequest, message_id: str) -> HttpResponse:
    """Mark one as read. The page's own beacon asks for no answer."""
    mine = _mine(request, message_id)
    if not mine.exists():
        raise Http404
    _read(mine)
    return redirect("web:inbox") if "back" in request.POST else HttpResponse(status=204)


def inbox_read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read; the offers asked about in them are not thereby seen: nobody opened them."""
    mine = inbox_of(request.reader).filter(read_at=None)  # type: ignore[attr-defined]
    count = mine.order_by().count()
    read_letters(mine, now=timezone.now())
    messages.success(request, _("%(n)s 条标为已读。") % {"n": count})
    return redirect("web:inbox")


def _mine(request: HttpRequest, message_id: str) -> QuerySet[Message]:
    return inbox_of(request.reader).filter(public_id=message_id)  # type: ignore[attr-defined]


def _read(mine: QuerySet[Message]) -> None:
    now = timezone.now()
    for offer in read_letters(mine, now=now):
        mark_seen(offer, now=now)
