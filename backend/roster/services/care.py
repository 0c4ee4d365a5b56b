"""Who looks after whom, as far as access is concerned: written by pairings, read by `access`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.roster.models import CareLink

if TYPE_CHECKING:
    from datetime import date, datetime


def start_care(*, child_id: int, helper_id: int, role: str, source_id: str, now: datetime) -> None:
    """Open a child to a helper; opening it again after a pause begins it anew."""
    CareLink.objects.update_or_create(
        source_id=source_id,
        defaults={"child_id": child_id, "helper_id": helper_id, "role": role, "started_at": now, "ended_at": None},
    )


def end_care(*, source_id: str, now: datetime) -> None:
    """Close the child to the helper at once."""
    CareLink.objects.filter(source_id=source_id, ended_at=None).update(ended_at=now, next_visit_date=None)


def plan_visit(*, source_id: str, visit_date: date | None) -> None:
    """Say when the next visit is: the address opens three days before."""
    CareLink.objects.filter(source_id=source_id, ended_at=None).update(next_visit_date=visit_date)
