"""
Is a zip archive safe to open as a workbook? Pure, run inside the bounded program.

Sizes are counted while inflating, because what an archive says of itself may be a lie.
"""

from __future__ import annotations

import io
import re
import zipfile

from backend.roster.sheets import limits

_CHUNK = 64 * 1024
_DOCTYPE = re.compile(
    rb"<!\s*(?:DOCTYPE|ENTITY)|<\0!\0\s?(?:D\0O\0C|E\0N\0T)|\0<\0!\0(?:D\0O\0C|E\0N\0T)", re.IGNORECASE
)
_OVERLAP = 64


class Refused(Exception):
    """The file will not be read. `reason` is one of the codes of `reading.REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_archive(content: bytes) -> None:
    """
    Inflate everything once, within the limits, looking for what no spreadsheet needs.

    Raises:
        Refused: damaged, locked, not a workbook, too big once inflated, a member twice, or a DTD inside.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_directory(archive)
            _inflate(archive)
    except Refused:
        raise
    except Exception as error:
        raise Refused("damaged") from error


def _check_directory(archive: zipfile.ZipFile) -> None:
    names = [member.filename.lower() for member in archive.infolist()]
    if len(names) > limits.MEMBERS:
        raise Refused("too_many_parts")
    if len(set(names)) != len(names):
        raise Refused("damaged")
    if any(member.flag_bits & 1 for member in archive.infolist()):
        raise Refused("locked")
    if "xl/workbook.xml" not in names:
        raise Refused("not_a_sheet")


def _inflate(archive: zipfile.ZipFile) -> None:
    total = 0
    for member in archive.infolist():
        total += _inflate_member(archive, member, limits.INFLATED_BYTES - total)


def _inflate_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> int:
    size, tail = 0, b""
    most = min(left, max(limits.RATIO_FREE_BYTES, member.compress_size * limits.RATIO))
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise Refused("bomb")
            if _DOCTYPE.search(tail + chunk):
                raise Refused("entities")
            tail = chunk[-_OVERLAP:]
    return size
