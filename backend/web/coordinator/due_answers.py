"""People who were asked: what keeps them from answering."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.web.coordinator.due_item import Due
from matching.draft_selectors import open_questions
from matching.selectors import offers_visible_to
from matching.services.offer_board import ends_soon
from notifications.kinds.offers import ASKING
from notifications.selectors import messages_visible_to, undelivered

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader

_LOST_LATELY = timedelta(days=7)


def questions(reader: Reader, now: datetime) -> list[Due]:
    """What people ask before they answer, oldest first: whoever waits for an answer does not say yes."""
    waiting = open_questions(reader).filter(offer__state="SENT", offer__expires_at__gt=now)
    return [
        Due(
            "sent",
            "info",
            _("%(name)s问了一个问题，等您回答") % {"name": one.offer.asked.name},
            one.text,
            reverse("web:offer", args=[one.offer.public_id]),
            _("去回答"),
        )
        for one in waiting[:5]
    ]


def lapsing(reader: Reader, now: datetime) -> list[Due]:
    soon = offers_visible_to(reader).filter(ends_soon(now))
    counts = soon.order_by().aggregate(n=Count("pk"), seen=Count("pk", filter=Q(seen_at__isnull=False)))
    if not counts["n"]:
        return []
    people = soon.order_by().annotate(adult=Coalesce("leader_id", "helper_id")).values("adult").distinct().count()
    ends = [expires for (expires,) in soon.order_by("expires_at").values_list("expires_at")[:1]]
    is_today = bool(ends) and timezone.localdate(ends[0]) == timezone.localdate(now)
    return [
        Due(
            "sent",
            "clock",
            _("%(n)s 个邀请 48 小时内截止，还没答复") % {"n": f"{counts['n']:,}"},
            _("其中 %(seen)s 个已看未答，%(unseen)s 个没打开过")
            % {"seen": counts["seen"], "unseen": counts["n"] - counts["seen"]},
            reverse("web:offers-many", args=["remind"]) + "?due=soon",
            _("提醒 %(n)s 人…") % {"n": f"{people:,}"},
            is_today=is_today,
            look_url=reverse("web:offers") + "?due=soon",
        )
    ]


def lost_messages(reader: Reader, now: datetime) -> list[Due]:
    lost = undelivered(messages_visible_to(reader))
    matters = Q(offer__state="SENT") | ~Q(kind__in=ASKING) & Q(created_at__gt=now - _LOST_LATELY)
    people = lost.filter(matters).order_by().values("helper_id", "guardian_id", "account_id").distinct().count()
    if not people:
        return []
    return [
        Due(
            "",
            "return",
            _("%(n)s 个人没有收到消息") % {"n": f"{people:,}"},
            _("退回或一天没送到。可以重发、打印二维码，或打电话代为答复"),
            reverse("web:messages") + "?state=lost",
            _("看是谁"),
        )
    ]
