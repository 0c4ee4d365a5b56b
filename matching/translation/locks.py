"""What a person locked in the open draft is kept by the next run over the same scheme and area."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from matching.core.facts import PairColumns
from matching.core.rules import beyond_room, broken_but_for_room, broken_by_rule
from matching.models import Proposal, ProposedPair

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from matching.models import MatchingRun
    from matching.translation.snapshot import Snapshot


def with_hand_locks(snapshot: Snapshot, run: MatchingRun) -> Snapshot:
    """
    The snapshot with the hand-locked pairs of the open draft among its locks.

    Where a child's places are filled all or none, the rest of the child's draft is kept with the lock: a bundle that
    holds a lock no longer binds, and the child would be left with half.

    A lock is dropped where the place stands otherwise by now, where the helper holds another place of the child, or
    where a rule forbids the pair today: publishing would refuse it anyway.
    """
    wanted = _hand_locked(snapshot, run)
    if not wanted:
        return snapshot
    facts = snapshot.facts
    slot = np.array([row[0] for row in wanted], np.int32)
    helper = np.array([row[1] for row in wanted], np.int32)
    taken = PairColumns(np.concatenate([facts.locked.first, slot]), np.concatenate([facts.locked.second, helper]))
    flags = broken_by_rule(facts, slot, helper, taken)
    flags |= beyond_room(facts, slot, helper, np.flatnonzero(~broken_but_for_room(flags)))
    broken = np.logical_or.reduce(list(flags.values()))
    kept = PairColumns(
        np.concatenate([facts.locked.first, slot[~broken]]), np.concatenate([facts.locked.second, helper[~broken]])
    )
    return replace(snapshot, facts=replace(facts, kept=kept, locked=kept))


def with_draft_kept(snapshot: Snapshot, run: MatchingRun) -> Snapshot:
    """
    The snapshot with the pairs of the open draft counted as standing, so that a new run changes no more than it must.

    Another seed asks for another draw among equals: then only what stands counts.
    """
    drafts = _open_drafts(run).filter(run__seed=run.seed)
    rows = ProposedPair.objects.filter(proposal__in=drafts, helper__isnull=False).values_list("slot_id", "helper_id")
    slot_at = {pk: at for at, pk in enumerate(snapshot.slot_ids)}
    helper_at = {pk: at for at, pk in enumerate(snapshot.helper_ids)}
    facts = snapshot.facts
    kept = dict(zip(facts.kept.first.tolist(), facts.kept.second.tolist(), strict=True))
    drafted = {slot_at[slot]: helper_at[helper] for slot, helper in rows if slot in slot_at and helper in helper_at}
    both = sorted((drafted | kept).items())
    slot, helper = (np.array([row[at] for row in both], np.int32) for at in range(2))
    return replace(snapshot, facts=replace(facts, kept=PairColumns(slot, helper)))


def _hand_locked(snapshot: Snapshot, run: MatchingRun) -> list[tuple[int, int]]:
    """(slot position, helper position) of what is locked by hand and free of the standing locks."""
    slot_at = {pk: at for at, pk in enumerate(snapshot.slot_ids)}
    helper_at = {pk: at for at, pk in enumerate(snapshot.helper_ids)}
    stands = set(snapshot.facts.locked.first.tolist())
    rows = {*locked_by_hand(run).values_list("slot_id", "helper_id"), *_rest_of_bundles(run)}
    found = [(slot_at[slot], helper_at[helper]) for slot, helper in rows if slot in slot_at and helper in helper_at]
    return sorted(row for row in found if row[0] not in stands)


def _rest_of_bundles(run: MatchingRun) -> list[tuple[int, int]]:
    """(slot, helper) row ids of the other required places of children somebody is locked to."""
    locked = locked_by_hand(run).filter(proposal__scheme__is_bundled=True)
    rest = ProposedPair.objects.filter(
        proposal__in=locked.values("proposal"), child__in=locked.values("child"), helper__isnull=False,
        slot__rule__is_required=True,
    )  # fmt: skip
    return list(rest.exclude(origin=ProposedPair.Origin.KEPT).values_list("slot_id", "helper_id"))


def locked_by_hand(run: MatchingRun) -> QuerySet[ProposedPair]:
    """Rows of the open draft before this run that a person locked."""
    return ProposedPair.objects.filter(proposal__in=_open_drafts(run), is_locked=True, helper__isnull=False).exclude(
        origin=ProposedPair.Origin.KEPT
    )


def _open_drafts(run: MatchingRun) -> QuerySet[Proposal]:
    return Proposal.objects.filter(
        scheme__in=run.schemes, run__area=run.area, run__is_automatic=False, state=Proposal.State.OPEN
    )
