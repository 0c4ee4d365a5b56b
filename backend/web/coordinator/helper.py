"""One helper: who, what they hold, background checks, history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.roster.access import helpers_visible_to
from backend.roster.presenting_helpers import present_helper
from backend.sms.choice import is_on
from backend.web.shared.hours import said_hours
from matching.draft_selectors import helper_history, with_stand_in_until
from matching.plain_names import plain_name
from matching.selectors import offers_visible_to, pairings_visible_to
from matching.services.plain_reasons import plain_reason

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from backend.accounts.models import User


_MOST_MOMENTS = 60


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
    held = pairings_visible_to(reader).filter(Q(helper=one) | Q(leader=one) | Q(stand_in=one))
    pairings = list(with_stand_in_until(held).order_by("-started_at", "pk"))
    context = {
        "helper": one,
        "facts": facts,
        "roles": [str(Role(role).label) for role in facts["roles"]],
        "login_words": _login_words(one.user),
        "hours": said_hours(one.weekly_hours.all()),
        "posts": sorted(one.teaching_posts.all(), key=lambda post: (not post.is_head, post.pk)),
        "clearances": sorted(one.clearances.all(), key=lambda row: (row.expires_date, row.pk), reverse=True),
        "today": timezone.localdate(now),
        "pairings": pairings,
        "holds": any(row.state != "ENDED" for row in pairings),
        "history": [(at, _said(what, row)) for at, what, row in helper_history(reader, one)[:_MOST_MOMENTS]],
        "offers": offers_visible_to(reader)
        .filter(helper=one)
        .exclude(state="ACCEPTED")
        .order_by("-sent_at", "pk")[:20],
    }
    return render(request, "web/coordinator/helper.html", context)


def _said(what: str, row: Any) -> str:
    """One moment of a helper's history in words."""
    pairing = row.pairing if what == "stood_in" else row
    facts = {"child": pairing.child.name, "place": plain_name(pairing.slot.rule.name)}
    match what:
        case "asked":
            return _("请他做%(child)s的%(place)s") % facts
        case "answered":
            return _answered(row, facts)
        case "began":
            return _("开始照看%(child)s，%(place)s") % facts
        case "ended":
            return _("不再照看%(child)s：%(why)s") % (facts | {"why": plain_reason(row.end_reason)})
        case _:
            days = {"from": f"{row.from_date:%Y-%m-%d}", "until": f"{row.until_date:%Y-%m-%d}"}
            return _("替%(child)s的%(place)s，%(from)s 至 %(until)s") % (facts | days)


def _answered(row: Any, facts: dict[str, str]) -> str:
    state = row.get_decline_reason_display() if row.decline_reason else row.get_state_display()
    return _("%(child)s的%(place)s：%(state)s") % (facts | {"state": state})


def _login_words(user: User | None) -> str:
    """Where the codes of this helper's account go."""
    if user is None:
        return _("没有账号")
    ways = ([_("邮箱")] if user.email else []) + ([_("手机")] if user.phone_hash and is_on() else [])
    return _("验证码发到%(ways)s") % {"ways": _("和").join(ways)} if ways else _("没有能收验证码的邮箱或手机")
