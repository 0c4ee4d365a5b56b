"""Taking back what hands changed in a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.vault.ids import new_public_id
from matching.models import PairEdit
from matching.services.claiming import KEPT_COLUMNS, claim, hold_draft
from matching.services.hand_edits import check_pair, slot_of

if TYPE_CHECKING:
    from datetime import datetime

    from matching.models import Proposal, ProposedPair

UNDONE = "pair.undone"


class NoEditToUndo(DomainError):
    code = "pair.nothing_to_undo"
    message = "You have changed nothing here that could be taken back."


def latest_edits(*, proposal: Proposal, user: Any) -> list[PairEdit]:
    """What this person changed last in a draft and nobody changed since; empty where there is nothing to undo."""
    mine = PairEdit.objects.filter(pair__proposal=proposal, made_by=user, undone_at=None).exclude(verb=UNDONE)
    last = mine.order_by("-made_at", "-pk").first()
    if last is None:
        return []
    batch = list(mine.filter(batch=last.batch).select_related("pair__child", "pair__slot__rule", "pair__helper"))
    return batch if all(one.version == one.pair.version for one in batch) else []


def undo_latest(*, proposal: Proposal, actor: Any, now: datetime) -> list[PairEdit]:
    """
    Take back this person's latest change in a draft, everything that was changed together.

    Raises:
        NoEditToUndo: there is none, or somebody has changed the place since.
        RuleBroken: whoever was there has been given another place meanwhile.
        InvalidMove: the draft is no longer open.
    """
    edits = latest_edits(proposal=proposal, user=actor)
    if not edits:
        raise NoEditToUndo
    changes = sum(1 for edit in edits if edit.before["helper_id"] != edit.pair.helper_id)
    batch = new_public_id()
    with transaction.atomic():
        hold_draft(proposal.pk, changes=0)
        claimed = PairEdit.objects.filter(pk__in=[edit.pk for edit in edits], undone_at=None)
        if claimed.update(undone_at=now) != len(edits):
            raise NoEditToUndo
        hold_draft(proposal.pk, changes=-changes)
        restored = [_restore(edit, batch, actor, now) for edit in edits]
        # Who comes back may have been given away since; where nobody comes back there is nobody to judge.
        for pair in restored:
            if pair.helper is not None:
                check_pair(pair, slot_of(pair), pair.helper, now)
    return edits


def _restore(edit: PairEdit, batch: str, actor: Any, now: datetime) -> ProposedPair:
    columns = {name: edit.before[name] for name in KEPT_COLUMNS}
    pair = claim(edit.pair, edit.version, actor, now, verb=UNDONE, batch=batch, **columns)
    record(actor=actor, verb=UNDONE, subject=pair)
    return pair
