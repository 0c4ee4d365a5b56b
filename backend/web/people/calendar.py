"""日历: making, labelling, renewing and ending private calendar links, for everybody who may follow one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
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

from activities.models import EventDay
from backend.accounts.models import Role
from backend.accounts.permission_table import FEED_KINDS
from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.web.shared.forms import PlainForm, posted
from backend.web.shared.sentences import sentence_of
from notifications.feed_services import create_feed, renew_feed, revoke_feed
from notifications.invitations import choose_calendar_mail
from notifications.models import Feed
from notifications.selectors import feed_subject, feed_subjects, feeds_visible_to, wants_calendar_mail

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.roster.access import Reader


class FeedForm(PlainForm):
    """What to follow and on which device; who says nothing means their own."""

    what = forms.ChoiceField(label=gettext_lazy("订阅什么"), required=False)
    label = forms.CharField(
        label=gettext_lazy("用在哪台设备"),
        max_length=60,
        help_text=gettext_lazy("例如：我的手机。以后不用了好认出来停用。"),
    )
    has_alarms = forms.BooleanField(
        label=gettext_lazy("到时提醒我"),
        required=False,
        help_text=gettext_lazy("定了时间的提前一小时，没定时间的当天早上九点。有的日历会忽略提醒。"),
    )

    def __init__(self, reader: Reader, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = _choices(reader)  # type: ignore[attr-defined]
        self.fields["what"].is_needed = True  # type: ignore[attr-defined]  # one is always chosen


def _choices(reader: Reader) -> list[Any]:
    """One's own first, then what else there is, by kind."""
    mine = [(Feed.Kind.MINE.value, Feed.Kind.MINE.label)] if reader.role in FEED_KINDS["MINE"] else []
    others = [
        (Feed.Kind(kind).label, [(f"{kind}:{row.public_id}", _name(row)) for row in rows])
        for kind, rows in feed_subjects(reader).items()
    ]
    return [*mine, *((name, rows) for name, rows in others if rows)]


def _name(row: Any) -> str:
    return f"{row.title}·{row.date}" if isinstance(row, EventDay) else str(row.name)


def calendar(request: HttpRequest) -> HttpResponse:
    """The reader's links; POST makes one and shows its address this once."""
    reader = request.reader  # type: ignore[attr-defined]
    form = FeedForm(reader, posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            url = _make(reader, form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return _made(request, url)
    return render(request, f"web/people/calendar_{_look(reader)}.html", _context(request) | {"form": form})


def _make(reader: Reader, wanted: dict[str, Any]) -> str:
    kind, _colon, public_id = (wanted["what"] or Feed.Kind.MINE.value).partition(":")
    _feed, url = create_feed(
        reader=reader,
        kind=kind,
        about=feed_subject(reader, kind, public_id),
        label=wanted["label"],
        has_alarms=wanted["has_alarms"],
        now=timezone.now(),
    )
    return url


def _look(reader: Reader) -> str:
    return "phone" if reader.is_helper or reader.role == Role.GUARDIAN else "desk"


def _context(request: HttpRequest) -> dict[str, Any]:
    reader = request.reader  # type: ignore[attr-defined]
    feeds = feeds_visible_to(reader).filter(revoked_at=None)
    return {
        "wants_mail": reader.is_helper and wants_calendar_mail(reader.helper_id),
        "feeds": feeds.order_by("-created_at", "pk"),
        "is_wechat": "MicroMessenger" in request.headers.get("User-Agent", ""),
    }


def _made(request: HttpRequest, url: str) -> HttpResponse:
    """The new address in every form a phone or a desk can use. It is kept nowhere."""
    parts = urlsplit(url)
    code = mark_safe(segno.make(url, micro=False, error="m").svg_inline(border=2, omitsize=True))  # noqa: S308 - segno's own markup of our own address
    webcal = parts._replace(scheme="webcal").geturl()
    context = _context(request) | {"url": url, "webcal": webcal, "qr": code}
    look = _look(request.reader)  # type: ignore[attr-defined]
    response = render(request, f"web/people/calendar_made_{look}.html", context)
    response["Cache-Control"] = "no-store"
    return response


def calendar_renew(request: HttpRequest, feed_id: str) -> HttpResponse:
    """A new address, shown this once; the old one ends."""
    try:
        url = renew_feed(feed=_mine(request, feed_id), actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
        return redirect("web:calendar")
    return _made(request, url)


def calendar_revoke(request: HttpRequest, feed_id: str) -> HttpResponse:
    """End one link at once."""
    revoke_feed(feed=_mine(request, feed_id), actor=request.user, now=timezone.now())
    messages.success(request, _("已停用，用这个链接的日历马上看不到新内容。"))
    return redirect("web:calendar")


def calendar_mail(request: HttpRequest) -> HttpResponse:
    """Invitations by mail on or off."""
    helper = helpers_visible_to(request.reader).first()  # type: ignore[attr-defined]
    if helper is None:
        raise Http404
    is_on = request.POST.get("is_on") == "1"
    try:
        choose_calendar_mail(helper=helper, is_on=is_on, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.warning(request, sentence_of(error))
    else:
        done = _("好，定了时间的家访和活动会发邮件邀请给您。") if is_on else _("好，不再发邮件邀请。")
        messages.success(request, done)
    return redirect("web:calendar")


def _mine(request: HttpRequest, feed_id: str) -> Feed:
    feed = feeds_visible_to(request.reader).filter(public_id=feed_id).first()  # type: ignore[attr-defined]
    if feed is None:
        raise Http404
    return feed
