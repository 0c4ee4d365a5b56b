"""Places that are free again, as a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.roster.services.list_export import Asked, export_list, moment_cell

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from matching.models import Vacancy


def export_vacancies(*, vacancies: QuerySet[Any], asked: Asked) -> bytes:
    """
    A workbook of these places in their order: why each is free, and whom the repair suggests.

    Raises:
        TooManyRows, ReasonTooShort
    """
    headings = [
        _("孩子"), _("学校"), _("乡镇"), _("村（社区）"), _("结对项目"), _("名额"), _("为什么空了"), _("什么时候空的"),
        _("状态"), _("改请谁"), _("单位"),
    ]  # fmt: skip
    return export_list(
        title=_("补派"), headings=headings, rows=vacancies, present=lambda rows: [_row(one) for one in rows],
        asked=asked, verb="vacancy.exported", subject=asked.actor,
    )  # fmt: skip


def _row(one: Vacancy) -> list[str]:
    child, village = one.slot.child, one.slot.child.village
    helper = one.pair.helper if one.pair else None
    return [
        child.name,
        child.school.name if child.school else "",
        village.parent.name if village.parent else "",
        village.name,
        one.slot.rule.scheme.name,
        one.slot.rule.name,
        str(one.get_cause_display()),
        moment_cell(one.freed_at),
        str(one.get_state_display()),
        helper.name if helper else "",
        helper.unit.name if helper and helper.unit else "",
    ]
