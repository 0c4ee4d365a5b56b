"""Scans of signed papers: what is taken in, and who opened one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError

if TYPE_CHECKING:
    from django.core.files.base import File

    from backend.roster.models import Consent

MOST_BYTES = 10 * 1024 * 1024
# First bytes -> (media type, ending). What a file calls itself does not count.
_KINDS = {
    b"%PDF-": ("application/pdf", "pdf"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
}
_LONGEST_START = max(len(start) for start in _KINDS)


class PaperRefused(DomainError):
    code = "paper.refused"
    status = 400
    message = "A scan is a PDF, JPEG or PNG file of at most 10 MB."


class PaperMissing(DomainError):
    code = "paper.missing"
    status = 404
    message = "There is no scan of this paper."


@dataclass(frozen=True)
class Paper:
    """A scan as it is handed out."""

    content: bytes
    media_type: str
    name: str

    @property
    def headers(self) -> dict[str, str]:
        """A browser saves it, keeps no copy, and runs nothing inside it."""
        return {
            "Content-Disposition": f'attachment; filename="{self.name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }


def ensure_paper(file: File[Any]) -> None:
    """
    Look at the size and the first bytes of an upload.

    Raises:
        PaperRefused
    """
    if not file.size or file.size > MOST_BYTES or _kind_of(file.read(_LONGEST_START)) is None:
        raise PaperRefused
    file.seek(0)


def _kind_of(start: bytes) -> tuple[str, str] | None:
    return next((kind for begins, kind in _KINDS.items() if start.startswith(begins)), None)


def read_paper(*, consent: Consent, actor: Any) -> Paper:
    """
    The scan of a consent. The audit entry commits before the content leaves.

    Raises:
        PaperMissing: none was kept, or the file is gone.
    """
    if not consent.paper:
        raise PaperMissing
    try:
        with consent.paper.open("rb") as file:
            content = file.read()
    except FileNotFoundError as error:
        raise PaperMissing from error
    media_type, ending = _kind_of(content[:_LONGEST_START]) or ("application/octet-stream", "bin")
    with transaction.atomic():
        after = {"consent": consent.public_id}
        record(actor=actor, verb="consent.paper_read", subject=consent.child, after=after)
    return Paper(content, media_type, f"consent-{consent.public_id}.{ending}")
