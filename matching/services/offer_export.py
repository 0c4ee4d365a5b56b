"""The offers of a list as a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from backend.roster.services.list_export import Asked, export_list, moment_cell

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from matching.models import Offer


def export_offers(*, offers: QuerySet[Offer], asked: Asked) -> bytes:
    """
    A workbook of these offers in their order, as a coordinator sees them on the board.

    Raises:
        TooManyRows, ReasonTooShort
    """
    return export_list(
        title=_("邀请"),
        headings=_headings(),
        rows=offers.select_related("child__village__parent", "slot__rule__scheme"),
        present=lambda rows: [_row(offer) for offer in rows],
        asked=asked,
        verb="offer.exported",
        subject=asked.actor,
    )


def _headings() -> list[str]:
    return [
        _("帮扶人"), _("单位"), _("孩子"), _("学校"), _("乡镇"), _("村（社区）"), _("结对项目"), _("名额"), _("状态"),
        _("发出"), _("打开"), _("截止"), _("答复"), _("谢绝的原因"),
    ]  # fmt: skip


def _row(offer: Offer) -> list[str]:
    child, village = offer.child, offer.child.village
    return [
        offer.asked.name,
        offer.asked.unit.name if offer.asked.unit else "",
        child.name,
        child.school.name if child.school else "",
        village.parent.name if village.parent else "",
        village.name,
        offer.slot.rule.scheme.name,
        offer.slot.rule.name,
        str(offer.get_state_display()),
        moment_cell(offer.sent_at),
        moment_cell(offer.seen_at),
        moment_cell(offer.expires_at),
        moment_cell(offer.answered_at),
        str(offer.get_decline_reason_display()) if offer.decline_reason else "",
    ]
