"""A helper as one reader may see them. Home address and identity number are in no list and on no page of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from backend.accounts.models import Role
from backend.roster.masking import masked_name, masked_phone

if TYPE_CHECKING:
    from datetime import date, datetime

    from backend.roster.access import Reader
    from backend.roster.models import Helper


def cleared_until(helper: Helper, today: date) -> date | None:
    """The last day covered by a background check that counts today; needs `clearances` prefetched to stay cheap."""
    live = [
        row.expires_date
        for row in helper.clearances.all()
        if row.result == "CLEAR" and row.confirmed_at is not None and row.issued_date <= today <= row.expires_date
    ]
    return max(live, default=None)


def present_helper(reader: Reader, helper: Helper, *, now: datetime) -> dict[str, Any]:
    """A helper's facts for a coordinator, an auditor (masked), or themselves; contact only where it is needed."""
    is_masked = reader.role == Role.AUDITOR
    facts: dict[str, Any] = {
        "id": helper.public_id,
        "name": masked_name(helper.name) if is_masked else helper.name,
        "sex": helper.sex,
        "roles": sorted(row.role for row in helper.roles.all()),
        "unit": helper.unit.name if helper.unit else "",
        "township": helper.township.name,
        "village": helper.village.name if helper.village else "",
        "skills": helper.skills,
        "total_limit": helper.total_limit,
        "state": helper.state,
        "cleared_until": cleared_until(helper, timezone.localdate(now)),
    }
    if reader.is_coordinator or reader.helper_id == helper.pk:
        facts |= {"email": helper.email, "phone": helper.phone}
    elif is_masked:
        facts |= {"phone": masked_phone(helper.phone)}
    return facts
