"""Taking back what hands changed in a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from backend.audit.services import entry_for
from backend.kernel.errors import DomainError
from backend.roster.bulk import insert, prepare, spread, update
from backend.vault.ids import new_public_id
from matching.models import PairEdit, ProposedPair
from matching.selectors import settled
from matching.services.claiming import KEPT_COLUMNS, OBJECTED, StandsAlready, hold_draft
from matching.services.filtered_edits import note_alike
from matching.services.hand_edits import RuleBroken, check_pair, slot_of, told_of
from matching.services.unapplying import take_back_applied
from matching.translation.judging import rule_broken_among

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from matching.models import Proposal

UNDONE, APPLIED = "pair.undone", "pair.applied"
_NO_STEPS = (UNDONE, OBJECTED)
"""Nobody's to take back: a decision on an objection forbids the two for good."""
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


class StepGone(NoEditToUndo):
    """Not what the button said: the step was taken back already, or another one came after it."""

    code = "pair.step_gone"
    message = "This step was taken back already, or is your latest no longer. Nothing was changed; look again."


class ChangedAfter(NoEditToUndo):
    """
    Somebody changed one of the places after this step; with theirs taken back first, it can be. Facts: `who`, `when`,
    and `place`, its public id.
    """

    code = "pair.changed_after"
    message = "%(who)s changed one of these places after you, at %(when)s. Nothing was taken back; theirs comes first."


def latest_batch(*, proposal: Proposal, user: Any) -> QuerySet[PairEdit]:
    """
    The step this person made last in a draft and has not taken back, everything that was changed together; empty where
    there is none. A page shows a few of thousands: whoever needs them all reads them.
    """
    mine = PairEdit.objects.filter(made_by=user, undone_at=None).exclude(verb__in=_NO_STEPS)
    last = mine.filter(pair__proposal=proposal).order_by("-made_at", "-pk").first()
    # Of a joint run a trial moves people in several drafts at once, and they move back at once.
    return mine.none() if last is None else mine.filter(batch=last.batch)


def changed_after(batch: QuerySet[PairEdit]) -> PairEdit | None:
    """
    What stands in the way of taking a step back: a later change of one of its places that nobody has taken back.

    A later change that was taken back left the place as it had found it.
    """
    later = PairEdit.objects.filter(undone_at=None).exclude(verb=UNDONE).order_by("version")
    beside = later.filter(pair=OuterRef("pair"), version__gt=OuterRef("version"))
    covered = batch.filter(Exists(beside)).order_by("pk").first()
    if covered is None:
        return None
    there = later.filter(pair=covered.pair_id, version__gt=covered.version)
    return there.select_related("made_by", "pair__proposal", "pair__child", "pair__slot__rule").first()


def undo_latest(*, proposal: Proposal, actor: Any, now: datetime, batch: str = "") -> Undone:
    """
    Take back this person's latest step in a draft, everything that was changed together: with the moves of a trial the
    limit or the rule it changed. Asked again it takes back the step before, down to the first.

    Args:
        batch: the step the person means; without it, whichever is the latest.

    Raises:
        NoEditToUndo: there is none. StepGone: `batch` is no longer the latest.
        ChangedAfter: somebody has changed one of the places since.
        StandsAlready: somebody was asked for one of the places since; the fact `place` is its public id.
        RuleBroken: whoever was there has been given another place meanwhile; told with its `place`.
        InvalidMove: the draft is no longer open.
    """
    step = latest_batch(proposal=proposal, user=actor)
    # Read before the look at later changes: whatever comes after that has another version.
    edits = list(step.select_related("pair").order_by("pk"))
    _check_step(edits, step, batch)
    # Where somebody comes back there is somebody to judge; a lock moves nobody.
    moved = [edit.pair for edit in edits if edit.before["helper_id"] != edit.pair.helper_id]
    drafts = sorted({edit.pair.proposal_id for edit in edits})
    with transaction.atomic():
        for draft in drafts:
            hold_draft(draft, changes=0)
        mine = PairEdit.objects.filter(batch=edits[0].batch, made_by=actor, undone_at=None)
        if mine.update(undone_at=now) != len(edits):
            raise StepGone
        for draft in drafts:
            hold_draft(draft, changes=-sum(pair.proposal_id == draft for pair in moved))
        _restore(edits, actor, now)
        stays = take_back_applied(batch=edits[0].batch, actor=actor) if edits[0].verb == APPLIED else ()
        for draft in drafts:
            _judge([pair for pair in moved if pair.helper_id is not None and pair.proposal_id == draft], now)
    return Undone(edits, stays)


def _check_step(edits: Sequence[PairEdit], step: QuerySet[PairEdit], batch: str) -> None:
    """Raises NoEditToUndo, StepGone or ChangedAfter where the step cannot be taken back."""
    if batch and (not edits or edits[0].batch != batch):
        raise StepGone
    if not edits:
        raise NoEditToUndo
    later = changed_after(step)
    if later is not None:
        who = later.made_by.display_name if later.made_by else "—"
        raise ChangedAfter(who=who, when=later.made_at, place=later.pair.public_id)


def _restore(edits: Sequence[PairEdit], actor: Any, now: datetime) -> None:
    """Write every place as it was, remember what it had become, and note it."""
    became = [{name: getattr(edit.pair, name) for name in KEPT_COLUMNS} for edit in edits]
    pairs = [edit.pair for edit in edits]
    seen = [(pair.pk, pair.version) for pair in pairs]
    for edit in edits:
        for name in KEPT_COLUMNS:
            setattr(edit.pair, name, edit.before[name])
        edit.pair.version, edit.pair.changed_by, edit.pair.changed_at = edit.pair.version + 1, actor, now
    stands = ProposedPair.objects.filter(settled(), pk__in=[pair.pk for pair in pairs]).order_by("pk").first()
    if stands is not None:
        raise StandsAlready(place=stands.public_id)
    if update(prepare(ProposedPair, pairs, only=_WRITTEN, is_new=False), seen, {}) != len(edits):
        raise StepGone
    each: dict[str, list[Any]] = {
        "pair_id": [pair.pk for pair in pairs],
        "version": [pair.version for pair in pairs],
        "before": became,
    }
    insert(spread(PairEdit(batch=new_public_id(), verb=UNDONE, made_by=actor, made_at=now), each), {})
    note_alike(entry_for(actor, UNDONE, ProposedPair()), [pair.public_id for pair in pairs])


def _judge(pairs: list[ProposedPair], now: datetime) -> None:
    """Of one draft: who comes back may have been given away since; raises RuleBroken then, with the place."""
    if len(pairs) > _FEW:
        broken = rule_broken_among(proposal=pairs[0].proposal, pairs=pairs, now=now)
        if broken is not None:
            raise RuleBroken(rule=broken[1], place=broken[0].public_id)
        return
    for pair in pairs:
        there = ProposedPair.objects.select_related("helper", "proposal", "child").get(pk=pair.pk)
        if there.helper is not None:
            with told_of(pair):
                check_pair(there, slot_of(there), there.helper, now)
