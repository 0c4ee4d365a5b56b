"""日历: making, labelling and ending private calendar links."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import segno
from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.kernel.errors import DomainError
from backend.web.shared.forms import PlainForm, posted
from notifications.selectors import feeds_visible_to
from notifications.services import create_feed, revoke_feed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class FeedForm(PlainForm):
    label = forms.CharField(
        label=gettext_lazy("用在哪台设备"),
        max_length=60,
        help_text=gettext_lazy("例如：我的手机。以后不用了好认出来停用。"),
    )


def calendar(request: HttpRequest) -> HttpResponse:
    """The reader's links; POST makes one and shows its address this once."""
    form = FeedForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reader, now = request.reader, timezone.now()  # type: ignore[attr-defined]
        try:
            _feed, url = create_feed(
                owner=request.user, helper_id=reader.helper_id, label=form.cleaned_data["label"], now=now
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return _made(request, url)
    return render(request, "web/helper/calendar.html", _context(request) | {"form": form})


def _context(request: HttpRequest) -> dict[str, object]:
    feeds = feeds_visible_to(request.reader).filter(revoked_at=None)  # type: ignore[attr-defined]
    return {
        "feeds": feeds.order_by("-created_at", "pk"),
        "is_wechat": "MicroMessenger" in request.headers.get("User-Agent", ""),
    }


def _made(request: HttpRequest, url: str) -> HttpResponse:
    """The new address in every form a phone or a desk can use. It is kept nowhere."""
    parts = urlsplit(url)
    code = mark_safe(segno.make(url, micro=False, error="m").svg_inline(border=2, omitsize=True))  # noqa: S308 - segno's own markup of our own address
    webcal = parts._replace(scheme="webcal").geturl()
    context = _context(request) | {"url": url, "webcal": webcal, "qr": code}
    response = render(request, "web/helper/calendar_made.html", context)
    response["Cache-Control"] = "no-store"
    return response


def calendar_revoke(request: HttpRequest, feed_id: str) -> HttpResponse:
    """End one link at once."""
    feed = feeds_visible_to(request.reader).filter(public_id=feed_id).first()  # type: ignore[attr-defined]
    if feed is None:
        raise Http404
    revoke_feed(feed=feed, actor=request.user, now=timezone.now())
    messages.success(request, _("已停用，用这个链接的日历马上看不到新内容。"))
    return redirect("web:calendar")
