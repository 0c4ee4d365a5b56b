"""
Who may be paired with whom: one function per hard rule, one entry each in `RULES`.

A rule takes n candidate pairs and flags those it forbids. Rules of scope "helper" look at nothing but the helper and
the scheme, so they are asked once per helper before any pairs are formed; rules of scope "pair" are asked of every
pair; rules of scope "assignment" depend on what else is taken, which the solver keeps by itself and which a pair added
by hand must be asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from matching.core.candidates import Candidates, is_listed, pair_key
from matching.core.facts import UNKNOWN, Facts, PairColumns, Reach, Sex, SexRule
from matching.core.score import TERMS, distance_m, teaches

if TYPE_CHECKING:
    from numpy.typing import NDArray

RuleFunction = Callable[[Candidates], "NDArray[np.bool_]"]
Scope = Literal["helper", "pair", "assignment"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A hard rule: stable code, what it depends on, its sentence when broken ({helper} and {child} stand for names)."""

    code: str
    scope: Scope
    zh: str
    en: str
    forbids: RuleFunction


def role_is_missing(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid helpers who hold none of the wanted roles."""
    return np.asarray((pairs.facts.helpers.roles[pairs.helper] & pairs.kind_rules.roles) == 0)


def clearance_is_short(pairs: Candidates) -> NDArray[np.bool_]:
    """
    Forbid helpers whose background check does not hold on every day from the scheme's first to its last.

    Source: Law on the Protection of Minors, art. 62.
    """
    helpers, scheme = pairs.facts.helpers, pairs.scheme_rules
    since, until = helpers.cleared_from[pairs.helper], helpers.cleared_until[pairs.helper]
    return np.asarray((since == UNKNOWN) | (since > scheme.start_day) | (until < scheme.end_day))


def offers_are_missing(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid helpers who lack something the place requires."""
    required = pairs.kind_rules.required_offers
    return np.asarray((pairs.facts.helpers.offers[pairs.helper] & required) != required)


def is_out_of_reach(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid helpers who stand farther from the child than the place allows; unknown is nowhere."""
    reach = pairs.kind_rules.reach
    if reach is Reach.SAME_CLASS:
        return ~teaches(pairs)
    name = reach.name.lower()
    home: NDArray[np.int32] = getattr(pairs.facts.children, name)[pairs.child]
    return np.asarray((home != getattr(pairs.facts.helpers, name)[pairs.helper]) | (home == UNKNOWN))


def is_too_far(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid helpers beyond the place's radius, or whose distance nobody knows where one is set."""
    if not pairs.kind_rules.radius_m:
        return np.zeros(len(pairs.slot), dtype=bool)
    distance = distance_m(pairs)
    return np.asarray((distance == UNKNOWN) | (distance > pairs.kind_rules.radius_m))


def is_excluded(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid pairs on the list: kin in charge, declined before, asked not to."""
    return is_listed(pairs.facts.exclusions, pairs.child, pairs.helper, len(pairs.facts.helpers))


def sex_is_wrong(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid what the place's sex rule forbids; where it asks, an unknown sex is not taken on trust."""
    if pairs.kind_rules.sex_rule is SexRule.NONE:
        return np.zeros(len(pairs.slot), dtype=bool)
    child, helper = pairs.facts.children.sex[pairs.child], pairs.facts.helpers.sex[pairs.helper]
    if pairs.kind_rules.sex_rule is SexRule.SAME:
        return np.asarray((child != helper) | (child == UNKNOWN))
    return np.asarray((child != Sex.MALE) & (helper != Sex.FEMALE))


def age_gap_is_small(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid helpers not older than the child by what the place asks, or of unknown age where it asks."""
    if not pairs.kind_rules.age_gap_days:
        return np.zeros(len(pairs.slot), dtype=bool)
    child, helper = pairs.facts.children.birth_day[pairs.child], pairs.facts.helpers.birth_day[pairs.helper]
    gap = child.astype(np.int64) - helper
    return np.asarray((gap < pairs.kind_rules.age_gap_days) | (child == UNKNOWN) | (helper == UNKNOWN))


def limit_is_reached(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid helpers whose places over all schemes are taken by others."""
    limit = pairs.facts.helpers.limit
    if not len(pairs.taken):
        return np.asarray((limit <= 0)[pairs.helper])
    held = np.bincount(pairs.taken.second, minlength=len(pairs.facts.helpers))[pairs.helper]
    return np.asarray(held - _is_taken(pairs) >= limit[pairs.helper])


def scheme_cap_is_reached(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid helpers whose places within this scheme are taken by others."""
    cap = cap_per_helper(pairs.facts, pairs.scheme)
    if cap is None:
        return np.zeros(len(pairs.slot), dtype=bool)
    same_scheme = pairs.facts.slots.scheme[pairs.taken.first] == pairs.scheme
    held = np.bincount(pairs.taken.second[same_scheme], minlength=len(cap))[pairs.helper]
    return np.asarray(held - _is_taken(pairs) >= cap[pairs.helper])


def is_same_person_twice(pairs: Candidates) -> NDArray[np.bool_]:
    """Forbid a helper who holds another place of the same child."""
    children, taken = pairs.facts.slots.child, pairs.taken
    if not len(taken):
        return np.zeros(len(pairs.slot), dtype=bool)
    width = len(pairs.facts.helpers)
    key, times = np.unique(pair_key(children[taken.first], taken.second, width), return_counts=True)
    wanted = pair_key(pairs.child, pairs.helper, width)
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    held = np.where(key[place] == wanted, times[place], 0)
    return np.asarray(held - _is_taken(pairs) > 0)


def girl_is_without_woman(pairs: Candidates) -> NDArray[np.bool_]:
    """
    Forbid anyone but a woman for a girl of whose other places in this scheme no woman holds one.

    A locked pair itself is not asked: what was promised stays. Whoever comes beside it is, as in a run.
    """
    facts, slots = pairs.facts, pairs.facts.slots
    if not pairs.scheme_rules.has_woman_for_girl:
        return np.zeros(len(pairs.slot), dtype=bool)
    slot = np.concatenate([pairs.taken.first, facts.locked.first])
    helper = np.concatenate([pairs.taken.second, facts.locked.second])
    met = slots.child[slot[(slots.scheme[slot] == pairs.scheme) & is_woman(facts, helper)]]
    asked = is_girl(facts, pairs.child) & ~is_woman(facts, pairs.helper)
    asked &= ~is_listed(facts.locked, pairs.slot, pairs.helper, len(facts.helpers))
    return np.asarray(asked & ~np.isin(pairs.child, met))


def is_girl(facts: Facts, child: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell which children the rules for girls protect: all not known to be boys."""
    return np.asarray(facts.children.sex[child] != Sex.MALE)


def is_woman(facts: Facts, helper: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell which helpers are women; an unknown sex is not taken on trust."""
    return np.asarray(facts.helpers.sex[helper] == Sex.FEMALE)


def _is_taken(pairs: Candidates) -> NDArray[np.int64]:
    """Give 1 where the pair itself is among the taken, so that it does not stand in its own way, int64[n]."""
    return is_listed(pairs.taken, pairs.slot, pairs.helper, len(pairs.facts.helpers)).astype(np.int64)


RULES: tuple[Rule, ...] = (
    Rule("role", "helper", "{helper}没有这个名额需要的身份。", "{helper} does not hold the role this place needs.",
         role_is_missing),
    Rule("clearance", "helper", "{helper}的背景审查未覆盖整个结对期。",
         "The background check of {helper} does not hold through the whole pairing.", clearance_is_short),
    Rule("offers", "helper", "{helper}不具备这个名额要求的专长。", "{helper} lacks a skill this place requires.",
         offers_are_missing),
    Rule("reach", "pair", "{helper}不在{child}的结对范围内。", "{helper} is outside the area set for {child}.",
         is_out_of_reach),
    Rule("radius", "pair", "{helper}离{child}太远。", "{helper} lives too far from {child}.", is_too_far),
    Rule("excluded", "pair", "{helper}与{child}登记为不可结对，或已在别的项目里结对、被邀请。",
         "{helper} and {child} are listed as not to be paired, or together already in another scheme.", is_excluded),
    Rule("sex", "pair", "按性别规定，{helper}不能与{child}结对。", "The rule on sex keeps {helper} and {child} apart.",
         sex_is_wrong),
    Rule("age_gap", "pair", "{helper}与{child}的年龄差不符合要求。",
         "{helper} is not older than {child} by as much as is asked.", age_gap_is_small),
    Rule("limit", "assignment", "{helper}的结对名额已满。", "{helper} has no place left.", limit_is_reached),
    Rule("scheme_cap", "assignment", "{helper}在本项目的名额已满。", "{helper} has no place left in this scheme.",
         scheme_cap_is_reached),
    Rule("same_person", "assignment", "{helper}已担任{child}的另一个名额。",
         "{helper} already holds another place of {child}.", is_same_person_twice),
    Rule("woman_for_girl", "assignment", "{child}的几个名额里至少要有一位女性，不能只有{helper}。",
         "At least one place of {child} must be held by a woman; {helper} alone will not do.", girl_is_without_woman),
)  # fmt: skip


def broken_by_rule(
    facts: Facts, slot: NDArray[np.int32], helper: NDArray[np.int32], taken: PairColumns | None = None
) -> dict[str, NDArray[np.bool_]]:
    """
    Judge many pairs at once, as before publishing.

    Args:
        slot, helper: int32[n], the pairs, of any schemes.
        taken: what counts as held; None = the pairs themselves.

    Returns:
        bool[n] per rule code, True where the rule forbids the pair.
    """
    taken = PairColumns(slot, helper) if taken is None else taken
    broken = {rule.code: np.zeros(len(slot), dtype=bool) for rule in RULES}
    for scheme, kind in slot_kinds(facts):
        here = np.flatnonzero((facts.slots.scheme[slot] == scheme) & (facts.slots.kind[slot] == kind))
        pairs = Candidates(facts, scheme, kind, slot[here], helper[here], taken)
        for rule in RULES:
            broken[rule.code][here] = rule.forbids(pairs)
    return broken


def broken_rules(facts: Facts, slot: int, helper: int, taken: PairColumns | None = None) -> tuple[str, ...]:
    """
    List the codes of the rules that forbid one pair, in the order of `RULES`.

    Args:
        taken: (slot, helper) pairs that count as held; None = the locked ones. A hand-added pair into a filled slot is
            judged with the slot's present holder left out of `taken`.
    """
    taken = facts.locked if taken is None else taken
    broken = broken_by_rule(facts, np.array([slot], np.int32), np.array([helper], np.int32), taken)
    return tuple(code for code, flags in broken.items() if flags[0])


def points_of(facts: Facts, slot: int, helper: int) -> dict[str, int]:
    """Give each score term's points for one pair, whether or not a rule forbids it."""
    scheme, kind = int(facts.slots.scheme[slot]), int(facts.slots.kind[slot])
    pair = Candidates(facts, scheme, kind, np.array([slot], np.int32), np.array([helper], np.int32), facts.locked)
    return {term.code: int(term.points(pair)[0]) for term in TERMS}


def slot_kinds(facts: Facts) -> tuple[tuple[int, int], ...]:
    """List each (scheme, kind) position there are rules for."""
    return tuple((scheme, kind) for scheme, rules in enumerate(facts.schemes) for kind in range(len(rules.kinds)))


def broken_but_for_room(flags: dict[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Flag the pairs some rule forbids, limits and caps apart."""
    others = [flagged for code, flagged in flags.items() if code not in {"limit", "scheme_cap"}]
    return np.asarray(np.logical_or.reduce(others))


def beyond_room(
    facts: Facts, slot: NDArray[np.int32], helper: NDArray[np.int32], order: NDArray[np.int64]
) -> dict[str, NDArray[np.bool_]]:
    """
    Flag, among pairs wanted beside what is locked, those for which no place is left once the others have theirs.

    Args:
        order: positions of the pairs, the first to be served first.

    Returns:
        code "limit" and "scheme_cap" -> bool[n].
    """
    locked = set(zip(facts.locked.first.tolist(), facts.locked.second.tolist(), strict=True))
    held = np.bincount(facts.locked.second, minlength=len(facts.helpers))
    left = (facts.helpers.limit - held).astype(np.int64)
    caps = [_cap_left(facts, scheme) for scheme in range(len(facts.schemes))]
    flags = {code: np.zeros(len(slot), dtype=bool) for code in ("limit", "scheme_cap")}
    for at in order.tolist():
        mine, who = int(slot[at]), int(helper[at])
        if (mine, who) in locked:
            continue
        cap = caps[facts.slots.scheme[mine]]
        flags["limit"][at] = left[who] <= 0
        flags["scheme_cap"][at] = cap is not None and cap[who] <= 0
        if not (flags["limit"][at] or flags["scheme_cap"][at]):
            left[who] -= 1
            if cap is not None:
                cap[who] -= 1
    return flags


def _cap_left(facts: Facts, scheme: int) -> NDArray[np.int64] | None:
    cap = cap_per_helper(facts, scheme)
    if cap is None:
        return None
    mine = facts.slots.scheme[facts.locked.first] == scheme
    return cap - np.bincount(facts.locked.second[mine], minlength=len(cap))


def cap_per_helper(facts: Facts, scheme: int) -> NDArray[np.int64] | None:
    """Give the most places of the scheme per helper, int64[H], or None where the scheme caps nobody."""
    default = facts.schemes[scheme].helper_cap
    if default is None:
        return None
    cap = np.full(len(facts.helpers), default, np.int64)
    if facts.caps is not None:
        helper, of_scheme, most = facts.caps
        mine = of_scheme == scheme
        cap[helper[mine]] = most[mine]
    return cap
