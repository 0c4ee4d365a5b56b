"""Judging pairs that were proposed, offered or chosen by hand against the ledger of this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Count, F, Q
from django.utils import timezone

from backend.roster.models import Helper
from backend.roster.models.people import Sex
from matching.core.facts import PairColumns
from matching.core.rules import beyond_room, broken_but_for_room, broken_by_rule
from matching.models import HelperLoad, LeftOut, Pairing, Proposal, ProposedPair, Slot
from matching.translation.snapshot import take_snapshot, target_children
from matching.translation.weighing import weighed

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.models import Area
    from matching.models import Scheme

_FEW = 200
_BETWEEN_TWO = ("reach", "radius", "sex", "age_gap", "woman_for_girl")
"""Rules about the two people of a pair and where they are."""

_LEFT_OUT = {LeftOut.Reason.NOT_APPLIED.value: "not_applied"}


def rule_broken_by(*, slot: Slot, helper_id: int, now: datetime) -> str:
    """Code of the first rule that forbids this helper for this place now, "" where none does."""
    return weighed(slot, helper_id, now).broken


def broken_pairs(*, scheme: Scheme, area: Area, pairs: list[ProposedPair], now: datetime) -> dict[int, str]:
    """
    Judge proposed pairs against the ledger of this moment.

    Returns:
        proposed pair's row id -> code of the first rule it breaks; "consent" where the child may not be solved.
    """
    children, left_out = target_children(scheme, area, timezone.localdate(now))
    free, why = set(children), dict(left_out)
    broken = {
        pair.pk: _LEFT_OUT.get(why.get(pair.child_id, ""), "consent") for pair in pairs if pair.child_id not in free
    }
    judged_children = {pair.child_id for pair in pairs}
    # A few pairs are judged with their own children's places only: limits count what is held elsewhere by themselves.
    asked = free & judged_children if len(judged_children) <= _FEW else free
    slots = list(Slot.objects.filter(rule__scheme=scheme, child_id__in=asked).order_by("child_id", "rule_id", "turn"))
    snapshot = take_snapshot(schemes=[scheme], area=scheme.county, slots=slots, left_out=[], now=now)
    slot_at = {pk: at for at, pk in enumerate(snapshot.slot_ids)}
    helper_at = {pk: at for at, pk in enumerate(snapshot.helper_ids)}
    judged = [pair for pair in pairs if pair.pk not in broken and pair.slot_id in slot_at]
    broken |= {pair.pk: "helper_left" for pair in judged if pair.helper_id not in helper_at}
    judged = [pair for pair in judged if pair.pk not in broken]
    slot = np.fromiter((slot_at[pair.slot_id] for pair in judged), np.int32)
    helper = np.fromiter((helper_at[pair.helper_id] for pair in judged if pair.helper_id), np.int32)
    held = snapshot.facts.locked
    taken = PairColumns(np.concatenate([slot, held.first]), np.concatenate([helper, held.second]))
    flags = broken_by_rule(snapshot.facts, slot, helper, taken)
    # Of too many children somebody keeps as many as there is room for, those in the greatest need first.
    level = snapshot.facts.children.level[snapshot.facts.slots.child[slot]]
    fit = np.fromiter((pair.fit for pair in judged), np.int32)
    order = np.lexsort((slot, -fit, -level.astype(np.int32)))
    flags |= beyond_room(snapshot.facts, slot, helper, order[~broken_but_for_room(flags)[order]])
    for code, flagged in flags.items():
        for at in np.flatnonzero(flagged):
            broken.setdefault(judged[at].pk, code)
    return broken


def remarks_on_kept(*, scheme: Scheme, pairs: list[tuple[int, str, int, int]], now: datetime) -> list[list[str]]:
    """
    Judge pairs that go on into a scheme as new ones would be: only what lies between the two, not who is full.

    Args:
        pairs: (child's row id, key of the kind of place, turn, helper's row id); the kinds are of this scheme.

    Returns:
        For each pair the codes of the rules a new pair would break; none for somebody not in reach of the scheme.
    """
    rules = {rule.key: rule for rule in scheme.slot_rules.all()}
    # The places of the next term are not written yet: these stand for them, with ids no row has.
    slots = [
        Slot(pk=-at, child_id=child, rule=rules[key], turn=turn) for at, (child, key, turn, _h) in enumerate(pairs, 1)
    ]
    snapshot = take_snapshot(schemes=[scheme], area=scheme.county, slots=slots, left_out=[], now=now)
    helper_at = {pk: at for at, pk in enumerate(snapshot.helper_ids)}
    known = [at for at, pair in enumerate(pairs) if pair[3] in helper_at]
    slot = np.array(known, np.int32)
    helper = np.array([helper_at[pairs[at][3]] for at in known], np.int32)
    flags = broken_by_rule(snapshot.facts, slot, helper) if known else {}
    found: list[list[str]] = [[] for _pair in pairs]
    for code in _BETWEEN_TWO:
        for at in np.flatnonzero(flags.get(code, np.zeros(0, dtype=bool))):
            found[known[at]].append(code)
    return found


def rule_broken_in_draft(*, pair: ProposedPair, slot: Slot, helper_id: int, now: datetime) -> str:
    """
    Code of the first rule that forbids this helper for this place of a draft, "" where none does.

    What the draft gives the helper elsewhere counts as held, beside pairings and open offers.
    """
    return rule_broken_by(slot=slot, helper_id=helper_id, now=now) or rule_broken_beside(
        pair=pair, slot=slot, helper_id=helper_id
    )


def rule_broken_beside(*, pair: ProposedPair, slot: Slot, helper_id: int) -> str:
    """Of `rule_broken_in_draft`, the part that changes with every place the helper is given or gives up."""
    scheme = slot.rule.scheme
    # Of a joint run every draft counts: they are published together.
    drafted = ProposedPair.objects.filter(proposal__run=pair.proposal.run_id, helper_id=helper_id).exclude(pk=pair.pk)
    stands = Q(state__in=("ACTIVE", "SUSPENDED"))
    if (
        drafted.filter(child_id=pair.child_id).exists()
        or Pairing.objects.filter(stands, child_id=pair.child_id, helper_id=helper_id).exists()
    ):
        return "same_person"
    if _lacks_a_woman(pair, scheme, helper_id):
        return "woman_for_girl"
    new = drafted.exclude(origin=ProposedPair.Origin.KEPT)
    counting = new.filter(proposal__scheme__counts_towards_total=True).count()
    total, in_scheme = _held(helper_id, None), _held(helper_id, scheme)
    limit = Helper.objects.values_list("total_limit", flat=True).get(pk=helper_id)
    if scheme.counts_towards_total and total + counting >= limit:
        return "limit"
    if (
        scheme.limit_per_helper is not None
        and in_scheme + new.filter(proposal_id=pair.proposal_id).count() >= scheme.limit_per_helper
    ):
        return "scheme_cap"
    return ""


def rule_broken_among(
    *, proposal: Proposal, pairs: list[ProposedPair], now: datetime
) -> tuple[ProposedPair, str] | None:
    """
    (pair, code of the rule) of one of many pairs of a draft that breaks a rule as the draft is now, None where none
    does.

    Judged together: a single pair is `rule_broken_in_draft`'s.
    """
    scheme = proposal.scheme
    mine, of_helper = {pair.pk: pair for pair in pairs}, {pair.helper_id: pair for pair in pairs}
    new = ProposedPair.objects.filter(proposal__run=proposal.run_id).exclude(origin=ProposedPair.Origin.KEPT)
    # What is judged, and nothing of the rest of nine thousand rows.
    drafted = list(new.filter(proposal=proposal, helper__isnull=False).only("child_id", "slot_id", "helper_id", "fit"))
    broken = broken_pairs(scheme=scheme, area=scheme.county, pairs=drafted, now=now)
    for pair in drafted:
        # Of too many places of one person it may be another than the judged one that is called too much.
        code = broken.get(pair.pk, "")
        if code and pair.pk in mine:
            return mine[pair.pk], code
        if code in {"limit", "scheme_cap"} and pair.helper_id in of_helper:
            return of_helper[pair.helper_id], code
    return _broken_beside(proposal, pairs)


def _broken_beside(proposal: Proposal, pairs: list[ProposedPair]) -> tuple[ProposedPair, str] | None:
    """Of a joint run every draft counts: somebody twice beside one child, or with more than their limit in all."""
    drafts = Proposal.objects.filter(run=proposal.run_id).exclude(pk=proposal.pk)
    if not drafts.exists():
        return None
    every = ProposedPair.objects.filter(proposal__run=proposal.run_id, helper__isnull=False).order_by()
    twice = every.values("child_id", "helper_id").annotate(n=Count("pk")).filter(n__gt=1)
    both = set(twice.values_list("child_id", "helper_id"))
    beside = next((pair for pair in pairs if (pair.child_id, pair.helper_id) in both), None)
    if beside is not None:
        return beside, "same_person"
    if not proposal.scheme.counts_towards_total:
        return None
    new = every.filter(proposal__scheme__counts_towards_total=True).exclude(origin=ProposedPair.Origin.KEPT)
    drafted = dict(new.values_list("helper_id").annotate(n=Count("pk")))
    loads = HelperLoad.objects.filter(scheme=None).values_list("helper_id", F("active") + F("offered"))
    held, limits = dict(loads), dict(Helper.objects.filter(pk__in=drafted).values_list("pk", "total_limit"))
    over = {pk for pk, n in drafted.items() if n + held.get(pk, 0) > limits[pk]}
    full = next((pair for pair in pairs if pair.helper_id in over), None)
    return None if full is None else (full, "limit")


def _lacks_a_woman(pair: ProposedPair, scheme: Scheme, helper_id: int) -> bool:
    """Whether a girl's places of the draft would be held without any woman, as the scheme does not want it."""
    if not scheme.has_woman_for_girl or pair.child.sex == Sex.MALE:
        return False
    others = ProposedPair.objects.filter(proposal_id=pair.proposal_id, child_id=pair.child_id).exclude(pk=pair.pk)
    women = Helper.objects.filter(sex=Sex.FEMALE)
    return not (women.filter(pk=helper_id).exists() or others.filter(helper__in=women).exists())


def _held(helper_id: int, scheme: Scheme | None) -> int:
    load = HelperLoad.objects.filter(helper_id=helper_id, scheme=scheme).annotate(held=F("active") + F("offered"))
    return load.values_list("held", flat=True).first() or 0
