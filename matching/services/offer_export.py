"""The offers of a list as a spreadsheet: at most 500 rows, with a reason that is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit.services import record
from backend.roster.services.exports import MOST_ROWS, SHORTEST_REASON, ReasonTooShort, TooManyRows
from backend.roster.sheets.workbook import table_xlsx

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from matching.models import Offer


def export_offers(*, offers: QuerySet[Offer], reason: str, actor: Any, now: datetime) -> bytes:
    """
    A workbook of these offers in their order, as a coordinator sees them on the board.

    Raises:
        TooManyRows, ReasonTooShort
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort(characters=SHORTEST_REASON)
    rows = list(offers.select_related("child__village__parent", "slot__rule__scheme")[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        raise TooManyRows(count=offers.count())
    record(actor=actor, verb="offer.exported", subject=actor, after={"rows": len(rows)}, reason=reason)
    note = _("%(name)s %(when)s 导出：%(reason)s") % {
        "name": actor.display_name, "when": _moment(now), "reason": reason,
    }  # fmt: skip
    return table_xlsx(_("邀请"), _headings(), (_row(offer) for offer in rows), note)


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
        _moment(offer.sent_at),
        _moment(offer.seen_at),
        _moment(offer.expires_at),
        _moment(offer.answered_at),
        str(offer.get_decline_reason_display()) if offer.decline_reason else "",
    ]


def _moment(when: datetime | None) -> str:
    return f"{timezone.localtime(when):%Y-%m-%d %H:%M}" if when else ""
