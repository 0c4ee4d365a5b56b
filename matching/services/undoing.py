"""Taking back what hands changed in a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from backend.audit.services import entry_for
from backend.kernel.errors import DomainError
from backend.roster.bulk import insert, prepare, spread, update
from backend.vault.ids import new_public_id
from matching.models import PairEdit, ProposedPair
from matching.selectors import settled
from matching.services.claiming import KEPT_COLUMNS, StandsAlready, hold_draft
from matching.services.filtered_edits import note_alike
from matching.services.hand_edits import RuleBroken, check_pair, slot_of
from matching.services.unapplying import take_back_applied
from matching.translation.judging import rule_broken_among

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from matching.models import Proposal

UNDONE, APPLIED = "pair.undone", "pair.applied"
_FEW = 20
"""So many who come back are judged one by one; more are judged together, which reads the whole county once."""
_WRITTEN = (*(name.removesuffix("_id") for name in KEPT_COLUMNS), "version", "changed_by", "changed_at")


@dataclass(frozen=True)
class Undone:
    """
    What was taken back.

    Args:
        stays: "LIMIT" or "RULE" where a trial's limits or rules were changed by somebody since, and stay so.
    """

    edits: list[PairEdit]
    stays: tuple[str, ...]


class NoEditToUndo(DomainError):
    code = "pair.nothing_to_undo"
    message = "You have changed nothing here that could be taken back."


def latest_batch(*, proposal: Proposal, user: Any) -> QuerySet[PairEdit]:
    """
    What this person changed last in a draft and nobody changed since; empty where there is nothing to undo.

    A page shows a few of thousands: whoever needs them all reads them.
    """
    mine = PairEdit.objects.filter(made_by=user, undone_at=None).exclude(verb=UNDONE)
    last = mine.filter(pair__proposal=proposal).order_by("-made_at", "-pk").first()
    if last is None:
        return mine.none()
    # Of a joint run a trial moves people in several drafts at once, and they move back at once.
    batch = mine.filter(batch=last.batch)
    return mine.none() if batch.exclude(version=F("pair__version")).exists() else batch


def latest_edits(*, proposal: Proposal, user: Any) -> list[PairEdit]:
    """All edits of `latest_batch` with their places."""
    return list(latest_batch(proposal=proposal, user=user).select_related("pair").order_by("pk"))


def undo_latest(*, proposal: Proposal, actor: Any, now: datetime) -> Undone:
    """
    Take back this person's latest change in a draft, everything that was changed together: with the moves of a trial
    the limit or the rule it changed.

    Raises:
        NoEditToUndo: there is none, or somebody has changed the place since.
        StandsAlready: somebody was asked for one of the places since.
        RuleBroken: whoever was there has been given another place meanwhile.
        InvalidMove: the draft is no longer open.
    """
    edits = latest_edits(proposal=proposal, user=actor)
    if not edits:
        raise NoEditToUndo
    # Where somebody comes back there is somebody to judge; a lock moves nobody.
    moved = [edit.pair for edit in edits if edit.before["helper_id"] != edit.pair.helper_id]
    drafts = sorted({edit.pair.proposal_id for edit in edits})
    with transaction.atomic():
        for draft in drafts:
            hold_draft(draft, changes=0)
        mine = PairEdit.objects.filter(batch=edits[0].batch, made_by=actor, undone_at=None)
        if mine.update(undone_at=now) != len(edits):
            raise NoEditToUndo
        for draft in drafts:
            hold_draft(draft, changes=-sum(pair.proposal_id == draft for pair in moved))
        _restore(edits, actor, now)
        stays = take_back_applied(batch=edits[0].batch, actor=actor) if edits[0].verb == APPLIED else ()
        for draft in drafts:
            _judge([pair for pair in moved if pair.helper_id is not None and pair.proposal_id == draft], now)
    return Undone(edits, stays)


def _restore(edits: Sequence[PairEdit], actor: Any, now: datetime) -> None:
    """Write every place as it was, remember what it had become, and note it."""
    became = [{name: getattr(edit.pair, name) for name in KEPT_COLUMNS} for edit in edits]
    for edit in edits:
        for name in KEPT_COLUMNS:
            setattr(edit.pair, name, edit.before[name])
        edit.pair.version, edit.pair.changed_by, edit.pair.changed_at = edit.version + 1, actor, now
    pairs = [edit.pair for edit in edits]
    if ProposedPair.objects.filter(settled(), pk__in=[pair.pk for pair in pairs]).exists():
        raise StandsAlready
    keys = [(edit.pair_id, edit.version) for edit in edits]
    if update(prepare(ProposedPair, pairs, only=_WRITTEN, is_new=False), keys, {}) != len(edits):
        raise NoEditToUndo
    each: dict[str, list[Any]] = {
        "pair_id": [pair.pk for pair in pairs],
        "version": [pair.version for pair in pairs],
        "before": became,
    }
    insert(spread(PairEdit(batch=new_public_id(), verb=UNDONE, made_by=actor, made_at=now), each), {})
    note_alike(entry_for(actor, UNDONE, ProposedPair()), [pair.public_id for pair in pairs])


def _judge(pairs: list[ProposedPair], now: datetime) -> None:
    """Of one draft: who comes back may have been given away since; raises RuleBroken then."""
    if len(pairs) > _FEW:
        rule = rule_broken_among(proposal=pairs[0].proposal, pairs=pairs, now=now)
        if rule:
            raise RuleBroken(rule=rule)
        return
    for pair in pairs:
        there = ProposedPair.objects.select_related("helper", "proposal", "child").get(pk=pair.pk)
        if there.helper is not None:
            check_pair(there, slot_of(there), there.helper, now)
