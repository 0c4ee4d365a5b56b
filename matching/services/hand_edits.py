"""Changing a draft by hand: lock a pair, take somebody off a place, put somebody else there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from matching.models import Objection, Proposal, ProposedPair, Slot
from matching.translation.judging import rule_broken_in_draft
from matching.translation.snapshot import take_snapshot
from matching.translation.weighing import weigh

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.models import Helper


class PairChanged(DomainError):
    """Somebody else changed this place since it was looked at; nothing was overwritten."""

    code = "pair.changed_meanwhile"
    message = "%(who)s changed this place at %(when)s: it now has %(theirs)s, you wanted %(yours)s. Nothing was saved."


class RuleBroken(DomainError):
    """A hard rule forbids this helper for this place."""

    code = "pair.rule_broken"
    message = "A rule forbids this pair: %(rule)s. Nothing was changed."


class StandsAlready(DomainError):
    """The pair is no suggestion: the two are paired, or the helper has been asked."""

    code = "pair.stands_already"
    message = "This place stands already: it is paired or has been asked for. Change it under pairings or offers."


class NobodyThere(DomainError):
    """There is nobody to lock or to take off."""

    code = "pair.nobody_there"
    message = "This place is open; there is nobody to lock or to take off."


def lock_pair(*, pair: ProposedPair, is_locked: bool, version: int, actor: Any, now: datetime) -> ProposedPair:
    """
    Keep a pair as it is in this draft and in the next run over it, or let it go again.

    Raises:
        PairChanged, StandsAlready, NobodyThere: see there. InvalidMove: the draft is no longer open.
    """
    with transaction.atomic():
        changed = _claim(pair, version, actor, now, wish="", is_locked=is_locked)
        if changed.helper_id is None and is_locked:
            raise NobodyThere
        record(actor=actor, verb="pair.locked" if is_locked else "pair.unlocked", subject=pair)
    return changed


def take_off(*, pair: ProposedPair, version: int, actor: Any, now: datetime, reason: str = "") -> ProposedPair:
    """
    Take the helper off a place of an open draft; the place is open then.

    Raises:
        PairChanged, StandsAlready, NobodyThere: see there. InvalidMove: the draft is no longer open.
    """
    with transaction.atomic():
        before = _helper_of(pair)
        columns: dict[str, Any] = {"helper": None, "fit": 0, "reasons": [], "is_locked": False}
        changed = _claim(pair, version, actor, now, wish="", **columns, origin=ProposedPair.Origin.HAND)
        if before is None:
            raise NobodyThere
        _note(pair, actor, "pair.taken_off", before, None, reason)
    return changed


def put_helper(*, pair: ProposedPair, helper: Helper, version: int, actor: Any, now: datetime) -> ProposedPair:
    """
    Put somebody else on a place of an open draft; locked, so that the next run keeps what a person decided.

    Raises:
        RuleBroken: a hard rule forbids it; the fact names the rule.
        PairChanged, StandsAlready: see there. InvalidMove: the draft is no longer open.
    """
    slot = Slot.objects.select_related("rule__scheme__term", "rule__scheme__county").get(pk=pair.slot_id)
    _check_version(pair, version, helper.name)
    rule = rule_broken_in_draft(pair=pair, slot=slot, helper_id=helper.pk, now=now)
    if rule:
        raise RuleBroken(rule=rule)
    fit, reasons = _worth(slot, helper, now)
    with transaction.atomic():
        before = _helper_of(pair)
        columns = {"helper": helper, "fit": fit, "reasons": reasons, "is_locked": True, "certificate": None}
        changed = _claim(
            pair, version, actor, now, wish=helper.name, **columns, origin=ProposedPair.Origin.HAND, alternatives=[]
        )
        # Judged once more with the row claimed: two hands may have given the last place away at once.
        rule = rule_broken_in_draft(pair=changed, slot=slot, helper_id=helper.pk, now=now)
        if rule:
            raise RuleBroken(rule=rule)
        _note(pair, actor, "pair.put", before, helper, "")
    return changed


def _worth(slot: Slot, helper: Helper, now: datetime) -> tuple[int, list[list[Any]]]:
    scheme = slot.rule.scheme
    snapshot = take_snapshot(
        schemes=[scheme], area=scheme.county, slots=[slot], left_out=[], now=now, only_helper=helper.pk
    )
    return weigh(snapshot, helper.pk)


def _helper_of(pair: ProposedPair) -> Helper | None:
    return ProposedPair.objects.select_related("helper").get(pk=pair.pk).helper


def _claim(pair: ProposedPair, version: int, actor: Any, now: datetime, *, wish: str, **columns: Any) -> ProposedPair:
    """Write a row as it was seen, in a draft still open; the first of two wins and the second is told."""
    # The draft's own row is touched first: publishing takes it too, so the two never pass each other.
    open_draft = Proposal.objects.filter(pk=pair.proposal_id, state=Proposal.State.OPEN)
    if open_draft.update(hand_edits=F("hand_edits") + int("helper" in columns)) != 1:
        raise InvalidMove(state=Proposal.objects.values_list("state", flat=True).get(pk=pair.proposal_id))
    same = ProposedPair.objects.filter(pk=pair.pk, version=version).exclude(origin=ProposedPair.Origin.KEPT)
    if same.update(version=F("version") + 1, changed_by=actor, changed_at=now, **columns) != 1:
        _refuse(pair, version, wish)
    return ProposedPair.objects.select_related("helper", "proposal").get(pk=pair.pk)


def _check_version(pair: ProposedPair, version: int, wish: str) -> None:
    if not ProposedPair.objects.filter(pk=pair.pk, version=version).exists():
        _refuse(pair, version, wish)


def _refuse(pair: ProposedPair, version: int, wish: str) -> None:
    there = ProposedPair.objects.select_related("helper", "changed_by").get(pk=pair.pk)
    if there.version == version:
        raise StandsAlready
    raise PairChanged(
        who=there.changed_by.display_name if there.changed_by else "—",
        when=there.changed_at or "—",
        theirs=there.helper.name if there.helper else "—",
        yours=wish or "—",
    )


def _note(pair: ProposedPair, actor: Any, verb: str, before: Helper | None, after: Helper | None, reason: str) -> None:
    """The audit entry, and the end of objections to whoever is there no longer."""
    gone = Objection.objects.filter(pair=pair, state=Objection.State.OPEN)
    gone.update(state=Objection.State.UPHELD, decided_by=actor, decision="hand")
    facts = [{"helper": one.public_id if one else None} for one in (before, after)]
    record(actor=actor, verb=verb, subject=pair, before=facts[0], after=facts[1], reason=reason)
