"""One helper: who, what they hold, background checks, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.roster.access import helpers_visible_to
from backend.roster.presenting_helpers import present_helper
from backend.sms.choice import is_on
from backend.web.shared.hours import said_hours
from matching.selectors import offers_visible_to, pairings_visible_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.accounts.models import User


def helper(request: HttpRequest, helper_id: str) -> HttpResponse:
    """The helper's page."""
    reader = request.reader  # type: ignore[attr-defined]
    visible = (
        helpers_visible_to(reader).select_related("unit", "township", "village", "user").filter(public_id=helper_id)
    )
    one = visible.prefetch_related("roles", "clearances", "weekly_hours", "teaching_posts__school_class").first()
    if one is None:
        raise Http404
    now = timezone.now()
    facts = present_helper(reader, one, now=now)
    context = {
        "helper": one,
        "facts": facts,
        "roles": [str(Role(role).label) for role in facts["roles"]],
        "login_words": _login_words(one.user),
        "hours": said_hours(one.weekly_hours.all()),
        "posts": sorted(one.teaching_posts.all(), key=lambda post: (not post.is_head, post.pk)),
        "clearances": sorted(one.clearances.all(), key=lambda row: (row.expires_date, row.pk), reverse=True),
        "today": timezone.localdate(now),
        "pairings": pairings_visible_to(reader).filter(helper=one).order_by("-started_at", "pk"),
        "offers": offers_visible_to(reader)
        .filter(helper=one)
        .exclude(state="ACCEPTED")
        .order_by("-sent_at", "pk")[:20],
    }
    return render(request, "web/coordinator/helper.html", context)


def _login_words(user: User | None) -> str:
    """Where the codes of this helper's account go."""
    if user is None:
        return _("没有账号")
    ways = ([_("邮箱")] if user.email else []) + ([_("手机")] if user.phone_hash and is_on() else [])
    return _("验证码发到%(ways)s") % {"ways": _("和").join(ways)} if ways else _("没有能收验证码的邮箱或手机")
