"""What undoing has to know about rows that an import adds beside a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.roster.models import Assessment, Child, Clearance, Consent

if TYPE_CHECKING:
    from collections.abc import Iterable

# History is not rewritten: the rows an import added are dropped instead of writing older values as new ones.
_HISTORY = ("heart_level", "aspects", "guardianship", "assess", "consent", "clearance.", "carer.rating")


def restored_keys(before: dict[str, Any]) -> list[str]:
    """The keys to write back."""
    return [key for key in before if not key.startswith(_HISTORY)]


def drop_added_rows(made: Iterable[dict[str, list[str]]]) -> None:
    """Drop assessments, consents and background checks by public id, and let what they replaced stand again."""
    for lists in made:
        _drop_assessments(lists.get("assessments", []))
        Consent.objects.filter(public_id__in=lists.get("consents", [])).delete()
        Consent.objects.filter(pk__in=[int(pk) for pk in lists.get("withdrawn", [])]).update(withdrawn_at=None)
        Clearance.objects.filter(public_id__in=lists.get("clearances", [])).delete()


def _drop_assessments(public_ids: list[str]) -> None:
    rows = Assessment.objects.filter(public_id__in=public_ids)
    children = set(rows.values_list("child_id", flat=True))
    rows.delete()
    for child_id in children:
        latest = Assessment.objects.filter(child_id=child_id).order_by("-assessed_date", "-pk").first()
        Child.objects.filter(pk=child_id).update(
            heart_level=latest.heart_level if latest else None, need_level=latest.need_level if latest else 1
        )
