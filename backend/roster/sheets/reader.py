"""
The program that opens an uploaded file: `python -m backend.roster.sheets.reader < file`.

It runs apart from the service, without Django, within limits it sets on itself before it looks at the first byte.
It prints JSON lines: {"sheet": name}, then [row number, cells] for each row that holds anything, then {"rows": n};
or {"refused": reason}. A cell is text, or a bare number where a spreadsheet's number has too many digits to be exact.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import resource
import sys
from typing import TYPE_CHECKING, Any

from backend.roster.sheets import limits
from backend.roster.sheets.archive import Refused, check_archive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EXACT = 10**15
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that a workbook with a password consists of
_ZIP = b"PK\x03\x04"
_SHEETS_LOOKED_AT = 5
Row = tuple[int, list[Any]]


def main() -> int:
    """Read the file on standard input; 0 also when it is refused, because that is an answer."""
    megabytes = limits.MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (megabytes, megabytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        content = sys.stdin.buffer.read(limits.FILE_BYTES + 1)
        for line in answer(content):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    except Refused as refusal:
        sys.stdout.write(json.dumps({"refused": refusal.reason}) + "\n")
    except (MemoryError, RecursionError):
        sys.stdout.write(json.dumps({"refused": "too_big"}) + "\n")
    sys.stdout.flush()
    return 0


def answer(content: bytes) -> Iterator[Any]:
    """
    The lines to print.

    Raises:
        Refused: the content is not a table that may be read.
    """
    if len(content) > limits.FILE_BYTES:
        raise Refused("too_big")
    if not content.strip():
        raise Refused("empty")
    name, rows = _table(content)
    yield {"sheet": name}
    count = characters = 0
    for number, cells in rows:
        count += 1
        characters += sum(len(cell) for cell in cells if isinstance(cell, str))
        if count > limits.ROWS + 1:  # the headings are a row too
            raise Refused("too_many_rows")
        if characters > limits.CHARACTERS:
            raise Refused("too_big")
        yield [number, cells]
    yield {"rows": count}


def _table(content: bytes) -> tuple[str, Iterator[Row]]:
    if content.startswith(_ZIP):
        check_archive(content)
        return _workbook(content)
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise Refused("locked")
        return _workbook(content)
    return "", _rows(enumerate(_csv(_decoded(content)), start=1))


def _workbook(content: bytes) -> tuple[str, Iterator[Row]]:
    """The first sheet that holds anything."""
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names[:_SHEETS_LOOKED_AT]:
            sheet = book.get_sheet_by_name(name)
            if sheet.start is None or sheet.end is None:
                continue
            if sheet.end[1] - sheet.start[1] >= limits.COLUMNS:
                raise Refused("too_many_columns")
            return name, _rows(_numbered(sheet))
    except calamine.PasswordError as error:
        raise Refused("locked") from error
    except calamine.CalamineError as error:
        raise Refused("locked" if "assword" in str(error) else "damaged") from error
    raise Refused("empty")


def _numbered(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Rows with the number the spreadsheet shows and the blank columns before the first one put back."""
    first_row, first_column = sheet.start
    rows = sheet.to_python(skip_empty_area=True)
    for at, row in enumerate(rows):
        yield first_row + 1 + at, [""] * first_column + row


def _rows(numbered: Iterable[tuple[int, list[Any]]]) -> Iterator[Row]:
    for number, raw in numbered:
        cells = [_plain(cell) for cell in raw]
        while cells and cells[-1] == "":
            cells.pop()
        if len(cells) > limits.COLUMNS:
            raise Refused("too_many_columns")
        if cells:
            yield number, cells


def _plain(cell: Any) -> Any:
    """A cell as text; a number too long to be exact stays a number, so that nobody takes it for an ID."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        return _number(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, dt.time):
        return cell.isoformat("minutes")
    text = str(cell).strip()
    if len(text) > limits.CELL_CHARACTERS:
        raise Refused("long_cell")
    return text


def _number(value: float) -> Any:
    if value != value or abs(value) >= _EXACT:  # noqa: PLR0124 - not a number is unequal to itself
        return float(value) if value == value and abs(value) != float("inf") else ""  # noqa: PLR0124
    return str(int(value)) if value == int(value) else repr(value)


def _decoded(content: bytes) -> str:
    """Text of a CSV file: UTF-16 with its mark, UTF-8 with or without, else GB18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _checked(content, "utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _checked(content, encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("not_a_sheet")


def _checked(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16":
            raise Refused("not_a_sheet") from None
        raise
    if any(char in text for char in "\0\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x1b\x7f"):
        raise Refused("not_a_sheet")
    return text


def _csv(text: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    csv.field_size_limit(limits.CELL_CHARACTERS * 4)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    except csv.Error as error:
        raise Refused("not_a_sheet") from error


if __name__ == "__main__":
    sys.exit(main())
