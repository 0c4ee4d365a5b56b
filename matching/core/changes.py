"""What may be tried out on facts before anybody decides it: limits, rules, people."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.facts import ALWAYS, NO_CAP, Caps, Facts, HelperColumns, PairColumns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

_PER_CLASS = ("teaches_helper", "teaches_class")


@dataclass(frozen=True, slots=True)
class LimitBy:
    """Give each of these helpers so many places more in total; fewer where `more` is negative."""

    helpers: tuple[int, ...]
    more: int = 1


@dataclass(frozen=True, slots=True)
class CapTo:
    """Set the most places of one scheme per helper, for everybody; None = no cap."""

    scheme: int
    cap: int | None


@dataclass(frozen=True, slots=True)
class KindTo:
    """Change rules or weights of one kind of place; `said` are fields of `SlotKind`."""

    scheme: int
    kind: int
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WomanFor:
    """Ask, or no longer ask, that a woman holds one of a girl's places in one scheme."""

    scheme: int
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Cleared:
    """Suppose the background checks of these helpers hold."""

    helpers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """Suppose these helpers are gone."""

    helpers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Another:
    """Suppose there is one more helper just like this one, with nobody yet; added at the end of the columns."""

    helper: int


Change = LimitBy | CapTo | KindTo | WomanFor | Cleared | Without | Another


def changed(facts: Facts, changes: Sequence[Change]) -> Facts:
    """Give the facts with every change made, in order; the facts themselves stay as they are."""
    return reduce(lambda now, change: _MAKERS[type(change)](now, change), changes, facts)


def _limit_by(facts: Facts, change: LimitBy) -> Facts:
    limit = facts.helpers.limit.copy()
    at = list(change.helpers)
    limit[at] = np.maximum(limit[at] + change.more, 0)
    return _with_helpers(facts, limit=limit)


def _cap_to(facts: Facts, change: CapTo) -> Facts:
    """Those with places elsewhere keep the distance to the general cap that these cost them."""
    old = facts.schemes[change.scheme].helper_cap
    schemes = list(facts.schemes)
    schemes[change.scheme] = replace(schemes[change.scheme], helper_cap=change.cap)
    return replace(facts, schemes=tuple(schemes), caps=_moved_caps(facts, change, old))


def _moved_caps(facts: Facts, change: CapTo, old: int | None) -> Caps | None:
    if facts.caps is None:
        return None
    helper, scheme, most = facts.caps
    before, after = (NO_CAP if cap is None else cap for cap in (old, change.cap))
    moved = np.where(scheme == change.scheme, np.maximum(most + after - before, 0), most).astype(np.int32)
    return helper, scheme, moved


def _kind_to(facts: Facts, change: KindTo) -> Facts:
    schemes = list(facts.schemes)
    kinds = list(schemes[change.scheme].kinds)
    kinds[change.kind] = replace(kinds[change.kind], **change.said)
    schemes[change.scheme] = replace(schemes[change.scheme], kinds=tuple(kinds))
    return replace(facts, schemes=tuple(schemes))


def _woman_for(facts: Facts, change: WomanFor) -> Facts:
    schemes = list(facts.schemes)
    schemes[change.scheme] = replace(schemes[change.scheme], has_woman_for_girl=change.is_asked)
    return replace(facts, schemes=tuple(schemes))


def _cleared(facts: Facts, change: Cleared) -> Facts:
    at = list(change.helpers)
    since, until = facts.helpers.cleared_from.copy(), facts.helpers.cleared_until.copy()
    since[at], until[at] = 0, ALWAYS
    return _with_helpers(facts, cleared_from=since, cleared_until=until)


def _without(facts: Facts, change: Without) -> Facts:
    at = list(change.helpers)
    limit, roles = facts.helpers.limit.copy(), facts.helpers.roles.copy()
    limit[at], roles[at] = 0, 0
    # What stands with them ends with them.
    stays = ~np.isin(facts.locked.second, at)
    locked = PairColumns(facts.locked.first[stays], facts.locked.second[stays])
    return replace(_with_helpers(facts, limit=limit, roles=roles), locked=locked)


def _another(facts: Facts, change: Another) -> Facts:
    helpers, at = facts.helpers, change.helper
    columns = {
        item.name: np.append(getattr(helpers, item.name), getattr(helpers, item.name)[at])
        for item in fields(HelperColumns)
        if item.name not in _PER_CLASS
    }
    classes = helpers.teaches_class[helpers.teaches_helper == at]
    columns["teaches_class"] = np.concatenate([helpers.teaches_class, classes])
    new = np.full(len(classes), len(helpers), helpers.teaches_helper.dtype)
    columns["teaches_helper"] = np.concatenate([helpers.teaches_helper, new])
    return replace(facts, helpers=HelperColumns(**columns))


def _with_helpers(facts: Facts, **columns: NDArray[Any]) -> Facts:
    return replace(facts, helpers=replace(facts.helpers, **columns))


_MAKERS: dict[type, Callable[[Facts, Any], Facts]] = {
    LimitBy: _limit_by,
    CapTo: _cap_to,
    KindTo: _kind_to,
    WomanFor: _woman_for,
    Cleared: _cleared,
    Without: _without,
    Another: _another,
}
