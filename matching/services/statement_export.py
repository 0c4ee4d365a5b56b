"""A list of responsibility statements as a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.roster.services.list_export import Asked, export_list, moment_cell
from matching.models import StatementKind
from matching.statement_selectors import facts_of_statements

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from matching.models import Statement


def export_statements(*, statements: QuerySet[Any], asked: Asked) -> bytes:
    """
    A workbook of these statements in their order: whom each is about, and how far it is.

    Raises:
        TooManyRows, ReasonTooShort
    """
    headings = [
        _("责任书"), _("学期"), _("谁签"), _("孩子"), _("学校"), _("村（社区）"), _("状态"),
        _("打印"), _("签字日期"), _("谁登记"),
    ]  # fmt: skip
    return export_list(
        title=_("责任书"), headings=headings, rows=statements, present=_rows, asked=asked,
        verb="statement.exported", subject=asked.actor,
    )  # fmt: skip


def _rows(statements: list[Statement]) -> list[list[str]]:
    facts = facts_of_statements(statements)
    return [_row(one, facts[one.pk]) for one in statements]


def _row(one: Statement, facts: dict[str, str]) -> list[str]:
    signer = {StatementKind.GUARDIAN: "guardian", StatementKind.LEVELS: "lower", StatementKind.TEACHER: "teacher"}
    return [
        str(one.get_kind_display()),
        facts["term"],
        facts[signer[StatementKind(one.kind)]],
        facts.get("child", ""),
        facts.get("school", ""),
        facts.get("village", ""),
        str(one.get_state_display()),
        moment_cell(one.printed_at),
        one.signed_date.isoformat() if one.signed_date else "",
        one.recorded_by.display_name if one.recorded_by else "",
    ]
