"""
A difference between two drafts in words: counts first, then moves by place.

Used by the pages of what-if and why-not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from backend.roster.access import helpers_visible_to
from backend.web.shared.words import level_words, rule_sentence
from matching.selectors import pairs_visible_to
from matching.services.trials import SOMEBODY_MORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.roster.access import Reader
    from matching.models import ProposedPair

_SHOWN = 200


@dataclass(frozen=True)
class ToldMove:
    """One place that changes hands, with the words for before and after."""

    pair: ProposedPair
    old: str
    new: str
    kind: str


@dataclass(frozen=True)
class ToldPlace:
    """The moves of one place."""

    name: str
    moves: list[ToldMove] = field(default_factory=list)


@dataclass(frozen=True)
class ToldDifference:
    """
    Everything a page says of a difference.

    Args:
        levels: (words, before, after) for each need level that has places.
        counts: (newly filled, changed, opened) moves; hidden: moves of children outside the reader's scope.
        points: fit of all pairs together, more or less than before, out of a hundred each.
        conflicts: what stands in the way, where locked places contradict each other; the rest is empty then.
        forbidden: the rules against the one pair that was asked for; the rest is empty then.
    """

    levels: list[tuple[str, int, int]]
    complete: tuple[int, int]
    fit: tuple[float, float]
    counts: tuple[int, int, int]
    places: list[ToldPlace]
    hidden: int
    conflicts: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    points: float = 0.0

    @property
    def points_less(self) -> float:
        """Points lost in all; negative where points are won."""
        return -self.points

    @property
    def gain(self) -> int:
        return sum(after - before for _words, before, after in self.levels)

    @property
    def moved(self) -> int:
        return sum(self.counts)


def told_difference(result: dict[str, Any], reader: Reader) -> ToldDifference:
    """Say a difference as `Trial.result` keeps it; moves are told for children the reader may see."""
    moves = result.get("moves", [])
    if not result.get("filled"):
        conflicts, forbidden = (_told_rules(result.get(name, []), reader) for name in ("conflicts", "forbidden"))
        return ToldDifference([], (0, 0), (0, 0), (0, 0, 0), [], 0, conflicts, forbidden)
    return ToldDifference(
        levels=[(level_words([int(level)]), before, after) for level, (before, after) in result["filled"].items()],
        complete=(result["complete"][0], result["complete"][1]),
        fit=(_average(result, 0), _average(result, 1)),
        counts=_counts(moves),
        points=(result["fit"][1] - result["fit"][0]) / 10,
        **_told_moves(moves, reader),
    )


def _average(result: dict[str, Any], side: int) -> float:
    """Points of the pairs before (0) or after (1), on average, out of a hundred."""
    filled = sum(counts[side] for counts in result["filled"].values())
    return float(result["fit"][side] / 10 / max(1, filled))


def _counts(moves: Sequence[Sequence[int | None]]) -> tuple[int, int, int]:
    kinds = [_kind(old, new) for _pair, old, new in moves]
    return kinds.count("filled"), kinds.count("changed"), kinds.count("opened")


def _kind(old: int | None, new: int | None) -> str:
    if old is None:
        return "filled"
    return "opened" if new is None else "changed"


def _told_moves(moves: Sequence[Sequence[int | None]], reader: Reader) -> dict[str, Any]:
    visible = pairs_visible_to(reader).in_bulk([move[0] for move in moves if move[0]])
    ids = {one for _pair, old, new in moves for one in (old, new) if one}
    names = dict(helpers_visible_to(reader).filter(pk__in=ids).values_list("pk", "name"))
    places: dict[str, ToldPlace] = {}
    seen = [(visible[pair], old, new) for pair, old, new in moves if pair in visible]
    for pair, old, new in seen[:_SHOWN]:
        name = pair.child.school.name if pair.child.school else pair.child.village.name
        told = ToldMove(pair, _who(old, names), _who(new, names), _kind(old, new))
        places.setdefault(name, ToldPlace(name)).moves.append(told)
    return {"places": list(places.values()), "hidden": len(moves) - len(seen[:_SHOWN])}


def _told_rules(broken: list[dict[str, Any]], reader: Reader) -> list[str]:
    """One sentence for each rule and the pairs it is about; children out of scope are counted."""
    told = []
    for one in broken:
        children = [pair.child.name for pair in pairs_visible_to(reader).filter(pk__in=one["pairs"]).order_by("pk")]
        if len(children) < len(one["pairs"]):
            children.append(_("别处 %(n)s 名") % {"n": len(one["pairs"]) - len(children)})
        names = dict(helpers_visible_to(reader).filter(pk__in=one["helpers"]).values_list("pk", "name"))
        helpers = _("、").join(_who(helper, names) for helper in one["helpers"])
        told.append(rule_sentence(one["rule"], helper=helpers, child=_("、").join(children)))
    return told


def _who(helper_id: int | None, names: dict[int, str]) -> str:
    if helper_id is None:
        return _("空缺")
    return _("新添的一位") if helper_id == SOMEBODY_MORE else names.get(helper_id, _("别处的一位"))
