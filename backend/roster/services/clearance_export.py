"""A list of background checks as a spreadsheet: whose ends when, to be handed to whoever renews them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from backend.roster.services.list_export import Asked, export_list

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from backend.roster.models import Clearance


def export_clearances(*, clearances: QuerySet[Clearance], asked: Asked) -> bytes:
    """
    A workbook of these checks in their order, as a coordinator sees them in the list.

    Raises:
        TooManyRows, ReasonTooShort
    """
    headings = [
        _("帮扶人"), _("单位"), _("乡镇"), _("出具单位"), _("出具日期"), _("有效至"), _("登记的人"), _("确认的人"),
    ]  # fmt: skip
    return export_list(
        title=_("背景核查"), headings=headings, rows=clearances, present=lambda rows: [_row(one) for one in rows],
        asked=asked, verb="clearance.exported", subject=asked.actor,
    )  # fmt: skip


def _row(one: Clearance) -> list[str]:
    helper = one.helper
    return [
        helper.name,
        helper.unit.name if helper.unit else "",
        helper.township.name if helper.township else "",
        one.issuer,
        one.issued_date.isoformat(),
        one.expires_date.isoformat(),
        one.recorded_by.display_name if one.recorded_by else "",
        one.confirmed_by.display_name if one.confirmed_by else "",
    ]
