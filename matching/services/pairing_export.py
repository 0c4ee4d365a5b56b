"""The pairings of a list as a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from backend.roster.levels import LEVEL_WORDS
from backend.roster.services.list_export import Asked, export_list, moment_cell
from matching.services.plain_reasons import plain_reason

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from matching.models import Pairing


def export_pairings(*, pairings: QuerySet[Pairing], asked: Asked) -> bytes:
    """
    A workbook of these pairings in their order, as a coordinator sees them in the list.

    Raises:
        TooManyRows, ReasonTooShort
    """
    return export_list(
        title=_("结对"),
        headings=_headings(),
        rows=pairings,
        present=lambda rows: [_row(one) for one in rows],
        asked=asked,
        verb="pairing.exported",
        subject=asked.actor,
    )


def _headings() -> list[str]:
    return [
        _("孩子"), _("心级"), _("学校"), _("乡镇"), _("村（社区）"), _("结对项目"), _("名额"), _("帮扶人"), _("单位"),
        _("状态"), _("从"), _("到"), _("现在替班"), _("原因"),
    ]  # fmt: skip


def _row(one: Pairing) -> list[str]:
    child, village, answering = one.child, one.child.village, one.leader or one.helper
    return [
        child.name,
        str(LEVEL_WORDS.get(child.heart_level or 0, _("未评"))),
        child.school.name if child.school else "",
        village.parent.name if village.parent else "",
        village.name,
        one.slot.rule.scheme.name,
        one.slot.rule.name,
        answering.name,
        answering.unit.name if answering.unit else "",
        str(one.get_state_display()),
        moment_cell(one.started_at),
        moment_cell(one.ended_at),
        one.stand_in.name if one.stand_in else "",
        plain_reason(one.end_reason or one.suspend_reason),
    ]
