"""Where a helper and a guardian can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.roster.models import Guardian, Helper


def mail_address_of(helper: Helper) -> str:
    """The ledger's mail address, or "" where there is none: the helper then gets a printed link."""
    return helper.email


def guardian_address(guardian: Guardian) -> str:
    """The address of the account a guardian signs in with, or "" where there is none: the coordinator calls."""
    user = guardian.user
    return user.email if user is not None and user.is_active and user.email else ""
