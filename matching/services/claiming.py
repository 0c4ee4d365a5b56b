"""Writing one place of a draft as it was seen: the first of two hands wins, the second is told, and each can undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F

from backend.kernel.errors import DomainError, InvalidMove
from matching.models import PairEdit, Proposal, ProposedPair
from matching.selectors import settled

if TYPE_CHECKING:
    from datetime import datetime

OBJECTED = "pair.objected"
"""Verb of a change made by a decision on an objection."""
KEPT_COLUMNS = ("helper_id", "origin", "fit", "is_locked", "reasons", "alternatives", "certificate_id")
"""What a change by hand may change, and what undoing it brings back."""


class PairChanged(DomainError):
    """Somebody else changed this place since it was looked at; nothing was overwritten."""

    code = "pair.changed_meanwhile"
    message = "%(who)s changed this place at %(when)s: it now has %(theirs)s, you wanted %(yours)s. Nothing was saved."


class StandsAlready(DomainError):
    """
    The pair is no suggestion: the two are paired, or the helper has been asked. Fact: `place`, the place's public id,
    where several are changed at once.
    """

    code = "pair.stands_already"
    message = "This place stands already: it is paired or has been asked for. Change it under pairings or offers."


def hold_draft(proposal_id: int, *, changes: int) -> None:
    """
    Touch an open draft's own row before any of its places: publishing takes it too, so the two never pass each other.

    Args:
        changes: how many places change hands, negative when they change back.

    Raises:
        InvalidMove: the draft is no longer open.
    """
    open_draft = Proposal.objects.filter(pk=proposal_id, state=Proposal.State.OPEN)
    if open_draft.update(hand_edits=F("hand_edits") + changes, revision=F("revision") + 1) != 1:
        raise InvalidMove(state=Proposal.objects.values_list("state", flat=True).get(pk=proposal_id))


def touch_draft(proposal_id: int) -> None:
    """Say that what is shown of a draft has changed, though none of its places has."""
    Proposal.objects.filter(pk=proposal_id).update(revision=F("revision") + 1)


def claim(
    pair: ProposedPair,
    version: int,
    actor: Any,
    now: datetime,
    *,
    verb: str,
    batch: str,
    reason: str = "",
    wish: str = "",
    **columns: Any,
) -> ProposedPair:
    """
    Write a place as it was seen, in a draft held open, and remember what it was. Inside the caller's transaction.

    Args:
        reason: why, in the person's words; shown with the place from then on.
        wish: whom the second of two hands wanted, for the sentence it reads.

    Raises:
        PairChanged, StandsAlready: see there.
    """
    before = dict(ProposedPair.objects.filter(pk=pair.pk).values(*KEPT_COLUMNS)[0])
    same = ProposedPair.objects.filter(~settled(), pk=pair.pk, version=version)
    if same.update(version=F("version") + 1, changed_by=actor, changed_at=now, **columns) != 1:
        refuse(pair, version, wish)
    PairEdit.objects.create(
        batch=batch, pair=pair, verb=verb, before=before, version=version + 1, made_by=actor, made_at=now,
        reason=reason.strip()[:200],
    )  # fmt: skip
    return ProposedPair.objects.select_related("helper", "proposal", "child").get(pk=pair.pk)


def check_version(pair: ProposedPair, version: int, wish: str) -> None:
    """Raises PairChanged or StandsAlready where the place is no longer as it was seen."""
    if not ProposedPair.objects.filter(~settled(), pk=pair.pk, version=version).exists():
        refuse(pair, version, wish)


def refuse(pair: ProposedPair, version: int, wish: str) -> None:
    """Say who changed the place meanwhile, or that it stands."""
    there = ProposedPair.objects.select_related("helper", "changed_by").get(pk=pair.pk)
    if there.version == version:
        raise StandsAlready
    raise PairChanged(
        who=there.changed_by.display_name if there.changed_by else "—",
        when=there.changed_at or "—",
        theirs=there.helper.name if there.helper else "—",
        yours=wish or "—",
    )
