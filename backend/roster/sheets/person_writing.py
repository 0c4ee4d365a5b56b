"""What children and helpers share when they are written: simple fields, hashes, position, audit entries."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from backend.audit.services import entry_for
from backend.roster.names import name_keys
from backend.roster.sheets.people import id_hash, phone_hash
from backend.vault.fields import sealed

if TYPE_CHECKING:
    from backend.audit.models import AuditEntry
    from backend.roster.sheets.work import Work

_SEALED = frozenset({"id_number", "phone", "address", "medical_history"})
_DATES = frozenset({"birth_date", "away_since_date", "paused_until_date"})
_OPEN_WORDS = (
    "name", "sex", "birth_date", "state", "village", "township", "school", "unit", "grade", "class", "is_boarding",
    "categories", "needs", "care_alert", "roles", "elder_kind", "skills", "hours", "total_limit", "share_permille",
    "clearance", "assessed_date", "heart_level", "guardianship", "aspects", "consent", "email", "paused_until_date",
    "away_", "study_state",
)  # fmt: skip


def day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def set_fields(person: Any, kind: str, work: Work, keys: tuple[str, ...]) -> None:
    """Assign the keys that the work changes; encrypted ones are sealed, and hashed where they can be searched."""
    for key in keys:
        if key not in work.changed:
            continue
        value = work.values.get(key)
        if key in _DATES:
            setattr(person, key, day(value))
        elif key in _SEALED:
            setattr(person, key, sealed(value or ""))
        elif value is not None:
            setattr(person, key, value)
    _set_keys(person, kind, work)


def _set_keys(person: Any, kind: str, work: Work) -> None:
    values, changed = work.values, work.changed
    if "name" in changed:
        person.name_sort, person.name_search = name_keys(values["name"])
    if "id_number" in changed:
        person.id_hash = id_hash(kind, values["id_number"] or "")
    if "phone" in changed:
        person.phone_hash = phone_hash(kind, values["phone"] or "")
    if "position" in changed:
        person.x_m, person.y_m = values["position"] or (None, None)


def entry(actor: Any, noun: str, person: Any, work: Work, batch_id: str) -> AuditEntry:
    """
    The audit entry of one person: what was open text before and after; of the rest only that it changed.

    Args:
        batch_id: the import's public id, "" for somebody entered by hand.
    """
    source: dict[str, Any] = {"batch": batch_id} if batch_id else {}
    if work.is_new:
        after = source | {"row": work.number} if source else None
        return entry_for(actor, f"{noun}.imported" if source else f"{noun}.entered", person, after=after)
    shown = sorted(key for key in work.changed if key.startswith(_OPEN_WORDS) and key != "consent_by")
    hidden = sorted(work.changed - set(shown))
    before = {key: work.before.get(key) for key in shown}
    after = {key: work.values.get(key) for key in shown} | source | {"also_changed": hidden}
    verb = f"{noun}.changed" if source else f"{noun}.edited"
    return entry_for(actor, verb, person, before=before, after=after, reason=work.reason)
