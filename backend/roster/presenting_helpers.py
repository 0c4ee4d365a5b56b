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


def present_helper_file(reader: Reader, helper: Helper, *, now: datetime) -> dict[str, Any]:
    """The same for a page of its own: coordinators also see what they may change there, and the version."""
    facts = present_helper(reader, helper, now=now)
    if not reader.is_coordinator:
        return facts
    spans = helper.weekly_hours.order_by("weekday", "start_minute")
    posts = helper.teaching_posts.select_related("school_class").order_by("school_class__name")
    return facts | {
        "version": helper.version,
        "elder_kind": next((row.elder_kind for row in helper.roles.all() if row.elder_kind), ""),
        "given_limit": helper.given_limit,
        "share_permille": helper.share_permille,
        "paused_until_date": helper.paused_until_date,
        "hours": list(spans.values("weekday", "start_minute", "end_minute")),
        "classes": [
            {"class_name": row.school_class.name, "subject": row.subject, "is_head": row.is_head} for row in posts
        ],
    }


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
