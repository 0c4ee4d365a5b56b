"""Papers a second person checks or somebody brings anew: clearances, levels, applications, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import Role
from backend.roster.access import helpers_visible_to
from backend.roster.models import Clearance, ImportBatch
from backend.roster.selectors import CHECK_ENDS_SOON
from backend.roster.services.assessments import waiting_for
from backend.web.coordinator.due_item import Due
from matching.selectors import applications_visible_to, pairings_visible_to

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader


def clearances(reader: Reader, now: datetime) -> list[Due]:
    day = timezone.localdate(now)
    busy = pairings_visible_to(reader).exclude(state="ENDED").order_by().values("helper_id")
    helpers = helpers_visible_to(reader).filter(pk__in=busy).order_by()
    rows = Clearance.objects.filter(helper__in=helpers.values("pk"), confirmed_at__isnull=False, result="CLEAR")
    latest: dict[int, Any] = {}
    for helper_id, expires in rows.values_list("helper_id", "expires_date"):
        latest[helper_id] = max(expires, latest.get(helper_id, expires))
    left = [(expires - day).days for expires in latest.values() if expires >= day]  # what has ended is said apart
    soon = sum(1 for days in left if days <= 7)  # noqa: PLR2004 - a week
    month = sum(1 for days in left if days <= 30)  # noqa: PLR2004
    two = sum(1 for days in left if days <= CHECK_ENDS_SOON.days)
    if not two:
        return []
    ends_today = sum(1 for days in left if days == 0)
    return [
        Due(
            "dec" if soon else "",
            "shield",
            _("%(n)s 位带着孩子的人，背景核查 60 天内到期") % {"n": two},
            _("30 天内 %(month)s 位，7 天内 %(soon)s 位。到期要暂停结对") % {"month": month, "soon": soon},
            reverse("web:clearances") + "?tab=ending&busy=yes",
            _("看名单"),
            hurry=_("今天到期 %(n)s 位") % {"n": ends_today} if ends_today else "",
            is_today=bool(ends_today),
        )
    ]


def unconfirmed(reader: Reader, now: datetime) -> list[Due]:
    rows = Clearance.objects.filter(
        helper__in=helpers_visible_to(reader).order_by().values("pk"),
        confirmed_at=None,
        result="CLEAR",
        expires_date__gte=timezone.localdate(now),
    )
    mine = rows.filter(recorded_by=reader.user).count()
    waiting = rows.count()
    if not waiting:
        return []
    return [
        Due(
            "",
            "shield",
            _("%(n)s 份背景核查等第二个人确认") % {"n": f"{waiting:,}"},
            _("没确认的不算数，这些人不能结对。其中 %(mine)s 份是您登记的，要别人来确认") % {"mine": mine},
            reverse("web:clearances"),
            _("去确认"),
        )
    ]


def lowered(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001 - one shape for all kinds
    return [
        Due(
            "",
            "change",
            _("%(name)s的心级要下调，等您确认") % {"name": row.child.name},
            _("%(who)s请您做第二个人。您同意以前，原来的心级照算") % {"who": row.asked_by.display_name},
            reverse("web:child-lower", args=[row.child.public_id, row.public_id]),
            _("去看看"),
        )
        for row in waiting_for(reader).order_by("asked_at", "pk")[:5]
    ]


def applications(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    """Applications a county's coordinator may still check: neither made by them nor checked by them already."""
    if reader.role != Role.COUNTY_COORDINATOR:
        return []
    waiting = applications_visible_to(reader).filter(state="APPLIED").exclude(applied_by=reader.user)
    count = waiting.exclude(checks__checked_by=reader.user).order_by().distinct().count()
    if not count:
        return []
    return [
        Due(
            "",
            "paper",
            _("%(n)s 份日常监护申请等核查") % {"n": count},
            _("志愿者协会和教育局各查一次，由两个人查"),
            reverse("web:applications"),
            _("去核查"),
        )
    ]


def imports(reader: Reader, now: datetime) -> list[Due]:  # noqa: ARG001
    waiting = ImportBatch.objects.filter(state=ImportBatch.State.READY, uploaded_by=reader.user).order_by("-created_at")
    return [
        Due(
            "",
            "sheet",
            _("名单“%(name)s”等您确认导入") % {"name": batch.file_name},
            _("%(wrong)s 行有错·还没有写入任何内容")
            % {"wrong": batch.counts.get("WRONG", batch.counts.get("wrong", 0))},
            reverse("web:import", args=[batch.public_id]),
            _("去预览"),
        )
        for batch in waiting[:3]
    ]
