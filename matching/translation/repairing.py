"""What one repair of freed places reads: the touched children's places, and nobody who was asked for them before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from django.utils import timezone

from backend.roster.models import Consent
from matching.core.facts import PairColumns
from matching.models import Offer, Slot
from matching.models.repairs import OPEN_VACANCIES, Vacancy
from matching.selectors import applied_children, targeted_children
from matching.translation.snapshot import Snapshot, take_snapshot

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray

    from matching.models import Scheme

# Reason code of an exclusion that holds for repairs only: this person was asked for this child before.
_ASKED_BEFORE = 99


def children_to_repair(scheme: Scheme, today: date) -> list[int]:
    """Row ids of the children with an open vacancy who are owed the place and may be paired, in order."""
    touched = Vacancy.objects.filter(state__in=OPEN_VACANCIES, slot__rule__scheme=scheme)
    agreed = Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None)
    children = targeted_children(scheme, today).filter(pk__in=touched.values("slot__child"))
    children = children.filter(pk__in=applied_children(scheme).values("pk")) if scheme.needs_application else children
    return list(children.filter(pk__in=agreed.values("child_id")).order_by("pk").values_list("pk", flat=True))


def read_repair(scheme: Scheme, *, now: datetime) -> Snapshot:
    """
    Every place of the touched children: what stands is locked, so only what is free can be filled.

    Whoever was asked for a child before, in this scheme and with whatever answer, is not asked for it again: a repair
    asks each person at most once per child, so it comes to an end.
    """
    children = children_to_repair(scheme, timezone.localdate(now))
    slots = list(Slot.objects.filter(rule__scheme=scheme, child_id__in=children))
    slots.sort(key=lambda slot: (slot.child_id, slot.rule_id, slot.turn))
    snapshot = take_snapshot(schemes=[scheme], area=scheme.county, slots=slots, left_out=[], now=now)
    facts = replace(
        snapshot.facts,
        exclusions=_with_asked_before(snapshot, scheme),
        kept=_with_found(snapshot),
    )
    return replace(snapshot, facts=facts)


def _pairs(rows: list[tuple[int, int]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return np.array([row[0] for row in rows], np.int32), np.array([row[1] for row in rows], np.int32)


def _with_asked_before(snapshot: Snapshot, scheme: Scheme) -> PairColumns:
    child_at = {pk: at for at, pk in enumerate(snapshot.child_ids)}
    helper_at = {pk: at for at, pk in enumerate(snapshot.helper_ids)}
    asked = Offer.objects.filter(slot__rule__scheme=scheme, child_id__in=snapshot.child_ids)
    rows = {
        (child_at[child], helper_at[helper])
        for child, helper in asked.values_list("child_id", "helper_id")
        if helper in helper_at
    }
    child, helper = _pairs(sorted(rows))
    known = snapshot.facts.exclusions
    code = known.code if known.code is not None else np.zeros(len(known), np.int16)
    return PairColumns(
        np.concatenate([known.first, child]),
        np.concatenate([known.second, helper]),
        np.concatenate([code, np.full(len(child), _ASKED_BEFORE, np.int16)]),
    )


def _with_found(snapshot: Snapshot) -> PairColumns:
    """What stands, and whom an earlier repair suggested: what somebody is looking at changes only if it must."""
    slot_at = {pk: at for at, pk in enumerate(snapshot.slot_ids)}
    helper_at = {pk: at for at, pk in enumerate(snapshot.helper_ids)}
    found = Vacancy.objects.filter(state=Vacancy.State.FOUND, slot_id__in=snapshot.slot_ids)
    rows = [
        (slot_at[slot], helper_at[helper])
        for slot, helper in found.values_list("slot_id", "pair__helper_id")
        if helper in helper_at
    ]
    slot, helper = _pairs(sorted(rows))
    stands = snapshot.facts.locked
    return PairColumns(np.concatenate([stands.first, slot]), np.concatenate([stands.second, helper]))
