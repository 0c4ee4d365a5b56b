"""An uploaded file as a table of cells by column key, read by a bounded program of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy, gettext_noop

from backend.kernel.child import run
from backend.kernel.errors import DomainError
from backend.roster.sheets import limits
from backend.roster.sheets.columns import Sheet, heading_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HEADING_WITHIN = 5
_FEWEST_HEADINGS = 2

REASONS: Final[dict[str, str]] = {
    "too_big": gettext_noop("The file is too big: at most 10 MB and 20,000 rows."),
    "too_many_rows": gettext_noop("The file has more than 20,000 rows. Split it into several files."),
    "too_many_columns": gettext_noop("The file has more than 64 columns. Delete the ones that are not needed."),
    "too_many_parts": gettext_noop("The file holds too many parts for a spreadsheet. Save it again without pictures."),
    "bomb": gettext_noop("The file unpacks to far more than a spreadsheet should. Save it again as .xlsx."),
    "entities": gettext_noop("The file holds definitions that spreadsheets do not need. Save it again as .xlsx."),
    "locked": gettext_noop("The file has a password. Remove the password and upload it again."),
    "damaged": gettext_noop("The file is damaged. Open it, save it again as .xlsx and upload that."),
    "empty": gettext_noop("The file holds no rows."),
    "not_a_sheet": gettext_noop("This is not a spreadsheet. Upload .xlsx, .xls or .csv."),
    "long_cell": gettext_noop("A cell holds more than 4,000 characters. Shorten it."),
    "too_slow": gettext_noop("The file takes too long to read. Save it again as .xlsx, or split it."),
    "no_headings": gettext_noop("The headings were not found. Use the template and keep its first row."),
    "heading_twice": gettext_noop("A heading stands twice. Keep one column of each."),
    "lost": gettext_noop("The uploaded file is gone. Upload it again."),
}  # fmt: skip


class FileRefused(DomainError):
    """The file as a whole cannot be imported; `reason` is a code of REASONS."""

    code = "import.refused"
    status = 422
    message = "Not imported: %(sentence)s The ledger is unchanged."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason=reason, sentence=gettext_lazy(REASONS[reason]))


@dataclass(frozen=True)
class Table:
    """
    What a file says.

    Args:
        tab: the sheet's tab; "" for CSV.
        letters: column key -> letters of the column as the spreadsheet shows them.
        ignored: headings that mean nothing here.
        rows: (row number, {key: cell}); blank cells are left out; a number that is not exact stays a float.
    """

    tab: str
    letters: dict[str, str]
    ignored: list[str]
    rows: list[tuple[int, dict[str, Any]]]


def read_table(content: bytes, sheet: Sheet, should_stop: Callable[[], bool] | None = None) -> Table:
    """
    Read one file. `should_stop` is asked a few times a second while the program runs.

    Raises:
        FileRefused: with the reason.
    """
    tab, lines = _lines(_output_of_reader(content, should_stop))
    at, by_position, ignored = _headings(lines, sheet)
    letters = {key: column_letters(position) for position, key in by_position.items()}
    rows = []
    for number, cells in lines[at + 1 :]:
        named = {by_position[i]: cell for i, cell in enumerate(cells) if i in by_position and cell != ""}
        if named:
            rows.append((number, named))
    if not rows:
        raise FileRefused("empty")
    return Table(tab, letters, ignored, rows)


def _output_of_reader(content: bytes, should_stop: Callable[[], bool] | None) -> bytes:
    done = run(
        [sys.executable, "-m", "backend.roster.sheets.reader"],
        seconds=limits.SECONDS,
        memory_mb=limits.MEMORY_MB,
        should_stop=should_stop,
        stdin=content,
        extra_env={"PYTHONPATH": str(settings.BASE_DIR)},
        most_output=limits.ANSWER_BYTES,
    )
    if done.stopped == "time":
        raise FileRefused("too_slow")
    return done.stdout


def _lines(output: bytes) -> tuple[str, list[tuple[int, list[Any]]]]:
    """The sheet's name and its rows; output that does not end as it should means the program hit its memory limit."""
    printed = output.splitlines()
    try:
        final = json.loads(printed[-1])
    except (IndexError, ValueError) as error:
        raise FileRefused("too_big") from error
    if not isinstance(final, dict):
        raise FileRefused("too_big")
    if "refused" in final:
        raise FileRefused(final["refused"])
    return json.loads(printed[0])["sheet"], [tuple(json.loads(line)) for line in printed[1:-1]]


def _headings(lines: Iterable[tuple[int, list[Any]]], sheet: Sheet) -> tuple[int, dict[int, str], list[str]]:
    """(index of the row of headings, position -> column key, headings not known): the fullest of the first rows."""
    best: tuple[int, dict[int, str], list[str]] = (0, {}, [])
    for at, (_number, cells) in enumerate(list(lines)[:_HEADING_WITHIN]):
        known, unknown = _known(cells, sheet)
        if len(known) > len(best[1]):
            best = (at, known, unknown)
    keys = list(best[1].values())
    if len(keys) < _FEWEST_HEADINGS or "name" not in keys:
        raise FileRefused("no_headings")
    if len(set(keys)) != len(keys):
        raise FileRefused("heading_twice")
    return best


def _known(cells: list[Any], sheet: Sheet) -> tuple[dict[int, str], list[str]]:
    known, unknown = {}, []
    for position, cell in enumerate(cells):
        column = sheet.by_heading.get(heading_key(str(cell)))
        if column is not None:
            known[position] = column.key
        elif cell:
            unknown.append(str(cell)[:30])
    return known, unknown


def column_letters(position: int) -> str:
    """A for 0, Z for 25, AA for 26."""
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
