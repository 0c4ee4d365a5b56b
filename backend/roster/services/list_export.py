"""A list as a spreadsheet: at most 500 rows, with a reason that is written down, and who made it under the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from backend.audit.services import record
from backend.roster.services.exports import MOST_ROWS, SHORTEST_REASON, ReasonTooShort, TooManyRows
from backend.roster.sheets.workbook import table_xlsx, to_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from django.db.models import Model, QuerySet


@dataclass(frozen=True)
class Asked:
    """
    Who wants a list, what for, and when.

    Args:
        filters: what narrows the list, as the audit is to say it: codes and public ids, never a name.
        form: "xlsx" or "csv".
    """

    actor: Any
    reason: str
    now: datetime
    filters: dict[str, Any]
    form: str = "xlsx"


def export_list(
    *,
    title: str,
    headings: Sequence[str],
    rows: QuerySet[Any],
    present: Callable[[list[Any]], Iterable[Sequence[str]]],
    asked: Asked,
    verb: str,
    subject: Model,
) -> bytes:
    """
    A table of these rows in their order, as a workbook or as comma-separated text; who made it stands under it.

    Args:
        present: rows -> their cells, all at once so that what they share is read once.
        verb, subject: of the audit entry.

    Raises:
        TooManyRows, ReasonTooShort: nothing left, nothing was noted.
    """
    if len(asked.reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort(characters=SHORTEST_REASON)
    found = list(rows[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise TooManyRows(count=rows.count())
    after = {"rows": len(found), "filters": asked.filters}
    record(actor=asked.actor, verb=verb, subject=subject, after=after, reason=asked.reason)
    note = _("%(name)s %(when)s 导出：%(reason)s") % {
        "name": asked.actor.display_name, "when": moment_cell(asked.now), "reason": asked.reason,
    }  # fmt: skip
    if asked.form == "csv":
        return to_csv(headings, [*present(found), [], [note]])
    return table_xlsx(title, headings, present(found), note)


def moment_cell(when: datetime | None) -> str:
    """A moment as a cell says it; "" for none."""
    return f"{timezone.localtime(when):%Y-%m-%d %H:%M}" if when else ""
