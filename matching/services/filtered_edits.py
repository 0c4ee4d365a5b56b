"""One change by hand on everything a list of a draft finds, however long it is: a few statements in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from backend.audit.services import entry_for
from backend.kernel.errors import DomainError
from backend.roster.bulk import insert, spread
from backend.vault.ids import new_public_id
from matching.models import Objection, PairEdit, ProposedPair
from matching.selectors import settled
from matching.services.bulk_edits import Outcome
from matching.services.claiming import KEPT_COLUMNS, hold_draft
from matching.services.hand_edits import EMPTIED, ask_why_off

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.audit.models import AuditEntry
    from matching.models import Proposal

_CHUNK = 500
_VERBS = {"lock": "pair.locked", "unlock": "pair.unlocked", "take_off": "pair.taken_off"}
_CHANGES: dict[str, dict[str, Any]] = {
    "lock": {"is_locked": True}, "unlock": {"is_locked": False}, "take_off": EMPTIED,
}  # fmt: skip
_CHANGEABLE = {
    "lock": Q(helper__isnull=False, is_locked=False),
    "unlock": Q(is_locked=True),
    "take_off": Q(helper__isnull=False),
}
# Every change of a place raises its version, so the sum tells a list that was touched from one that was not; the sum
# of the row ids tells other places from the same number of them.
LISTED_SUMS = {"places": Count("pk"), "versions": Coalesce(Sum("version"), 0), "row_ids": Coalesce(Sum("pk"), 0)}


class ListMoved(DomainError):
    """The list finds other places than the reader saw, or somebody has changed one of them."""

    code = "draft.list_moved"
    message = "The list has changed since you looked: it now finds %(places)s places. Nothing was changed; look again."


@dataclass(frozen=True)
class Listed:
    """What a list found when it was looked at: enough to tell whether it still finds the same."""

    places: int
    versions: int
    row_ids: int

    def __str__(self) -> str:
        return f"{self.places}:{self.versions}:{self.row_ids}"

    @classmethod
    def read(cls, said: str) -> Listed:
        """The other way round from `str`."""
        places, versions, row_ids = (int(part) for part in said.split(":"))
        return cls(places, versions, row_ids)


def listed(rows: QuerySet[ProposedPair]) -> Listed:
    """What a list finds at this moment."""
    return Listed(**rows.order_by().aggregate(**LISTED_SUMS))


def changeable(rows: QuerySet[ProposedPair], what: str) -> QuerySet[ProposedPair]:
    """Of a list, the places that a change would touch: not what stands, and not what is so already."""
    return rows.filter(~settled(), _CHANGEABLE[what])


def edit_listed(
    *,
    draft: Proposal,
    rows: QuerySet[ProposedPair],
    seen: Listed,
    what: str,
    actor: Any,
    now: datetime,
    reason: str = "",
) -> Outcome:
    """
    Lock, unlock or take off everything a list of one draft finds; all of it is taken back together.

    Args:
        rows: places of the draft. seen: what the list found when its reader decided.
        what: "lock", "unlock" or "take_off".
        reason: why they are taken off; kept with each.

    Raises:
        ReasonNeeded: a girl would have men alone, and no reason was given; nothing was changed.
        ListMoved: it finds something else by now; nothing was changed.
        InvalidMove: the draft is no longer open.
    """
    with transaction.atomic():
        # Whoever changes a place holds its draft first: from here on nobody else can.
        hold_draft(draft.pk, changes=0)
        there = listed(rows)
        if there != seen:
            raise ListMoved(places=there.places)
        if what == "take_off":
            ask_why_off(changeable(rows, what), reason)
        columns = ("pk", "public_id", "version", "helper__public_id", *KEPT_COLUMNS)
        before = list(changeable(rows, what).order_by("pk").values(*columns))
        if what == "take_off":
            hold_draft(draft.pk, changes=len(before))
        for some in _chunks([row["pk"] for row in before]):
            _write(some, what, actor, now)
        _remember(before, what, reason.strip()[:200], actor, now)
    return Outcome(len(before), there.places - len(before))


def _write(ids: Sequence[int], what: str, actor: Any, now: datetime) -> None:
    facts = {"version": F("version") + 1, "changed_by": actor, "changed_at": now}
    ProposedPair.objects.filter(pk__in=ids).update(**facts, **_CHANGES[what])
    if what == "take_off":
        gone = Objection.objects.filter(pair__in=ids, state=Objection.State.OPEN)
        gone.update(state=Objection.State.UPHELD, decided_by=actor, decision="hand")


def _remember(before: Sequence[Mapping[str, Any]], what: str, reason: str, actor: Any, now: datetime) -> None:
    """What undoing needs, and an audit entry for each place."""
    if not before:
        return
    verb = _VERBS[what]
    kept = [{name: row[name] for name in KEPT_COLUMNS} for row in before]
    each = {"pair_id": [row["pk"] for row in before], "version": [row["version"] + 1 for row in before], "before": kept}
    edit = PairEdit(batch=new_public_id(), verb=verb, made_by=actor, made_at=now, reason=reason)
    insert(spread(edit, each), {})
    note_alike(
        entry_for(actor, verb, ProposedPair(), reason=reason),
        [row["public_id"] for row in before],
        **_moved(before, what),
    )


def _moved(before: Sequence[Mapping[str, Any]], what: str) -> dict[str, list[Any]]:
    """Who was taken off, for the audit; a lock moves nobody."""
    if what != "take_off":
        return {}
    gone = [{"helper": row["helper__public_id"]} for row in before]
    return {"before": gone, "after": [{"helper": None}] * len(gone)}


def note_alike(entry: AuditEntry, subjects: Sequence[str], **each: Sequence[Any]) -> None:
    """An audit entry for each of many subjects, alike but for what is given for each; no object is made for them."""
    insert(spread(entry, {"subject_id": subjects, **each}), {})


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(ids), _CHUNK):
        yield ids[at : at + _CHUNK]
