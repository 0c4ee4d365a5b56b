"""Where a helper can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.roster.models import Helper


def mail_address_of(helper: Helper) -> str:
    """The ledger's mail address, or "" where there is none: the helper then gets a printed link."""
    return helper.email
