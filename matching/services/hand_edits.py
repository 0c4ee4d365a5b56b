"""Changing a draft by hand: lock a pair, take somebody off a place, put somebody else there, let two change places."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.audit.services import record
from backend.kernel.errors import DomainError
from backend.vault.ids import new_public_id
from matching.draft_hints import leaving_men_alone, remarks_on
from matching.models import Objection, ProposedPair, Slot
from matching.services.claiming import PairChanged, StandsAlready, check_version, claim, hold_draft
from matching.translation.judging import rule_broken_beside, rule_broken_in_draft
from matching.translation.weighing import weighed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.models import Helper

__all__ = [
    "NobodyThere",
    "PairChanged",
    "ReasonNeeded",
    "RuleBroken",
    "SamePerson",
    "StandsAlready",
    "ask_why_off",
    "check_beside",
    "check_pair",
    "empty_place",
    "lock_pair",
    "note_edit",
    "put_helper",
    "slot_of",
    "swap_helpers",
    "take_off",
    "told_of",
    "worth_of",
]


class RuleBroken(DomainError):
    """
    A hard rule forbids this helper for this place. Facts: `rule`, its code; `place`, the place's public id, where
    several are changed at once.
    """

    code = "pair.rule_broken"
    message = "A rule forbids this pair: %(rule)s. Nothing was changed."


class ReasonNeeded(DomainError):
    """
    No rule forbids the pair, yet something speaks against it: whoever wants it says why. Facts: `remarks`, the codes;
    `places`, the same by public id of the place; `fits`, of a swap, the points both would have, by public id.
    """

    code = "pair.reason_needed"
    status = 400
    message = "Something speaks against this pair (%(remarks)s); send a reason if you want it all the same."


LEAST_REASON = 4
"""Letters; what is shorter explains nothing to whoever reads it next term."""


EMPTIED: dict[str, Any] = {
    "helper": None, "fit": 0, "reasons": [], "is_locked": False, "origin": ProposedPair.Origin.HAND,
}  # fmt: skip
"""A place somebody was taken off."""


class NobodyThere(DomainError):
    """There is nobody to lock, to take off or to change places with."""

    code = "pair.nobody_there"
    message = "This place is open; there is nobody to lock or to take off."


class SamePerson(DomainError):
    """Both places have the same helper, or they are of different drafts."""

    code = "pair.nothing_to_swap"
    status = 400
    message = "Choose two places of one draft with different people."


def lock_pair(
    *, pair: ProposedPair, is_locked: bool, version: int, actor: Any, now: datetime, batch: str = ""
) -> ProposedPair:
    """
    Keep a pair as it is in this draft and in the next run over it, or let it go again.

    Args:
        batch: changes of one batch are undone together; without it the change is undone alone.

    Raises:
        PairChanged, StandsAlready, NobodyThere: see there. InvalidMove: the draft is no longer open.
    """
    verb = "pair.locked" if is_locked else "pair.unlocked"
    with transaction.atomic():
        hold_draft(pair.proposal_id, changes=0)
        changed = claim(pair, version, actor, now, verb=verb, batch=batch or new_public_id(), is_locked=is_locked)
        if changed.helper_id is None and is_locked:
            raise NobodyThere
        record(actor=actor, verb=verb, subject=pair)
    return changed


def take_off(
    *, pair: ProposedPair, version: int, actor: Any, now: datetime, reason: str = "", batch: str = ""
) -> ProposedPair:
    """
    Take the helper off a place of an open draft; the place is open then.

    Raises:
        ReasonNeeded: a girl would have men alone, and no reason was given.
        PairChanged, StandsAlready, NobodyThere: see there. InvalidMove: the draft is no longer open.
    """
    with transaction.atomic():
        hold_draft(pair.proposal_id, changes=0)
        check_version(pair, version, "")
        ask_why_off(ProposedPair.objects.filter(pk=pair.pk), reason)
        return empty_place(pair=pair, version=version, actor=actor, now=now, reason=reason, batch=batch)


def empty_place(
    *,
    pair: ProposedPair,
    version: int,
    actor: Any,
    now: datetime,
    reason: str = "",
    batch: str = "",
    verb: str = "pair.taken_off",
) -> ProposedPair:
    """As `take_off`, where it was asked before what speaks against it."""
    with transaction.atomic():
        hold_draft(pair.proposal_id, changes=1)
        before = _helper_of(pair)
        changed = claim(pair, version, actor, now, verb=verb, batch=batch or new_public_id(), reason=reason, **EMPTIED)
        if before is None:
            raise NobodyThere
        note_edit(pair, actor, verb, before, None, reason)
    return changed


def put_helper(
    *, pair: ProposedPair, helper: Helper, version: int, actor: Any, now: datetime, reason: str = ""
) -> ProposedPair:
    """
    Put somebody else on a place of an open draft; locked, so that the next run keeps what a person decided.

    Raises:
        RuleBroken: a hard rule forbids it; the fact names the rule.
        ReasonNeeded: something speaks against it, and no reason was given.
        PairChanged, StandsAlready: see there. InvalidMove: the draft is no longer open.
    """
    slot = slot_of(pair)
    check_version(pair, version, helper.name)
    fit, reasons = worth_of(slot, helper, now)
    check_beside(pair, slot, helper)
    _ask_why({pair.public_id: remarks_on(pair=pair, helper=helper, fit=fit)}, reason)
    with transaction.atomic():
        hold_draft(pair.proposal_id, changes=1)
        before = _helper_of(pair)
        columns = _columns(helper, fit, reasons)
        said: dict[str, Any] = {"verb": "pair.put", "batch": new_public_id(), "reason": reason}
        changed = claim(pair, version, actor, now, wish=helper.name, **said, **columns)
        # Judged once more with the row claimed: two hands may have given the last place away at once.
        check_beside(changed, slot, helper)
        note_edit(pair, actor, "pair.put", before, helper, reason)
    return changed


def swap_helpers(
    *, pair: ProposedPair, other: ProposedPair, versions: tuple[int, int], actor: Any, now: datetime, reason: str = ""
) -> tuple[ProposedPair, ProposedPair]:
    """
    Let the helpers of two places of one draft change places; both are locked then.

    Args:
        versions: of the two places, as they were seen.

    Raises:
        SamePerson, NobodyThere: see there. RuleBroken: a hard rule forbids one of the two pairs.
        ReasonNeeded: something speaks against one of the two, and no reason was given; both stay as they were.
        PairChanged, StandsAlready: see there. InvalidMove: the draft is no longer open.
    """
    first, second = (_helper_of(one) for one in (pair, other))
    if first is None or second is None:
        raise NobodyThere
    if first == second or pair.proposal_id != other.proposal_id:
        raise SamePerson
    moves = ((pair, versions[0], first, second), (other, versions[1], second, first))
    said: dict[str, Any] = {"verb": "pair.swapped", "batch": new_public_id(), "reason": reason}
    for one, version, _goes, comes in moves:
        check_version(one, version, comes.name)
    slots = [slot_of(pair), slot_of(other)]
    worth = []
    for slot, (one, *_seen, comes) in zip(slots, moves, strict=True):
        with told_of(one):
            worth.append(worth_of(slot, comes, now))
    with transaction.atomic():
        hold_draft(pair.proposal_id, changes=len(moves))
        changed = [
            claim(one, version, actor, now, wish=comes.name, **said, **_columns(comes, *points))
            for (one, version, _goes, comes), points in zip(moves, worth, strict=True)
        ]
        # Judged only now: each of the two still held the other's place before.
        for one, slot, (_pair, _version, goes, comes) in zip(changed, slots, moves, strict=True):
            with told_of(one):
                check_beside(one, slot, comes)
            note_edit(one, actor, "pair.swapped", goes, comes, reason)
        _ask_why(
            {
                one.public_id: remarks_on(pair=one, helper=comes, fit=fit)
                for (one, _version, _goes, comes), (fit, _reasons) in zip(moves, worth, strict=True)
            },
            reason,
            fits={one.public_id: one.fit for one in changed},
        )
    return changed[0], changed[1]


@contextmanager
def told_of(pair: ProposedPair) -> Iterator[None]:
    """Of several places that change at once, the one a rule forbids is named."""
    try:
        yield
    except RuleBroken as error:
        raise RuleBroken(**error.facts, place=pair.public_id) from error


def ask_why_off(rows: QuerySet[ProposedPair], reason: str) -> None:
    """Raises ReasonNeeded where taking everybody off these places would leave a girl to men, and nobody says why."""
    ids = leaving_men_alone(rows).order_by("pk").values_list("public_id", flat=True)
    _ask_why({public_id: ["man"] for public_id in ids}, reason)


def _ask_why(remarks: dict[str, list[str]], reason: str, **facts: Any) -> None:
    """Raises ReasonNeeded where something speaks against a pair, said by place, and nobody says why it is wanted."""
    against = {public_id: codes for public_id, codes in remarks.items() if codes}
    if against and len(reason.strip()) < LEAST_REASON:
        every = [code for codes in against.values() for code in codes]
        raise ReasonNeeded(remarks=list(dict.fromkeys(every)), places=against, **facts)


def _columns(helper: Helper, fit: int, reasons: list[list[Any]]) -> dict[str, Any]:
    return {
        "helper": helper, "fit": fit, "reasons": reasons, "is_locked": True, "certificate": None,
        "origin": ProposedPair.Origin.HAND, "alternatives": [],
    }  # fmt: skip


def slot_of(pair: ProposedPair) -> Slot:
    """The place with the rules that decide who may hold it."""
    return Slot.objects.select_related("rule__scheme__term", "rule__scheme__county").get(pk=pair.slot_id)


def check_pair(pair: ProposedPair, slot: Slot, helper: Helper, now: datetime) -> None:
    """Raises RuleBroken where a hard rule forbids the helper, the rest of the draft counted."""
    rule = rule_broken_in_draft(pair=pair, slot=slot, helper_id=helper.pk, now=now)
    if rule:
        raise RuleBroken(rule=rule)


def check_beside(pair: ProposedPair, slot: Slot, helper: Helper) -> None:
    """As `check_pair`, once `worth_of` has judged the two by the ledger: only what the draft gives them elsewhere."""
    rule = rule_broken_beside(pair=pair, slot=slot, helper_id=helper.pk)
    if rule:
        raise RuleBroken(rule=rule)


def worth_of(slot: Slot, helper: Helper, now: datetime) -> tuple[int, list[list[Any]]]:
    """(points, reasons) of a helper on a place; raises RuleBroken where the ledger forbids the two."""
    one = weighed(slot, helper.pk, now)
    if one.broken:
        raise RuleBroken(rule=one.broken)
    return one.points, one.reasons


def _helper_of(pair: ProposedPair) -> Helper | None:
    return ProposedPair.objects.select_related("helper").get(pk=pair.pk).helper


def note_edit(
    pair: ProposedPair, actor: Any, verb: str, before: Helper | None, after: Helper | None, reason: str
) -> None:
    """The audit entry, and the end of objections to whoever is there no longer."""
    gone = Objection.objects.filter(pair=pair, state=Objection.State.OPEN)
    gone.update(state=Objection.State.UPHELD, decided_by=actor, decision="hand")
    facts = [{"helper": one.public_id if one else None} for one in (before, after)]
    record(actor=actor, verb=verb, subject=pair, before=facts[0], after=facts[1], reason=reason)
