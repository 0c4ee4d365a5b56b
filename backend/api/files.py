"""Spreadsheets as answers. The ledgers' exports and the lists of matching use it."""

from __future__ import annotations

from django.http import HttpResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}


def file_answer(name: str, content: bytes, content_type: str = XLSX) -> HttpResponse:
    """A file to keep; nothing on the way keeps a copy."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)
