"""Mandatory reports among the things that wait for a coordinator: always first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from backend.roster.models import Concern
from backend.roster.services.concerns import concerns_visible_to, rung_at
from backend.web.coordinator.due_item import Due

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader


def concerns_due(reader: Reader, now: datetime) -> list[Due]:
    """Mandatory reports: before anything else, until somebody has them and until the result is written down."""
    visible = concerns_visible_to(reader)
    waiting = visible.filter(state=Concern.State.OPEN).order_by("raised_at")
    items = []
    if (first := waiting.first()) is not None:
        items.append(
            Due(
                "dec", "warn", _("%(n)s 件强制报告还没有人接") % {"n": waiting.count()},
                _("最早的来自%(place)s。先打电话问清楚，有危险马上报 110") % {"place": first.area.name},
                reverse("web:concern", args=[first.public_id]), _("马上看"),
                hurry=_("已经过了 2 小时") if rung_at(first, now) else "", is_today=True,
            )
        )  # fmt: skip
    going = visible.filter(state=Concern.State.TAKEN).order_by("taken_at")
    if (mine := going.filter(taken_by=reader.user).first()) is not None:
        items.append(
            Due(
                "dec", "warn", _("您接的强制报告还没有记下结果"),
                _("写明报了谁、孩子现在在哪里，才算办完"),
                reverse("web:concern", args=[mine.public_id]), _("写结果"), is_today=True,
            )
        )  # fmt: skip
    return items
