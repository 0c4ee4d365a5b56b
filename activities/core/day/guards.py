"""
Which rules the model holds, and at what price one is given up.

Every constraint asks here under which literals it holds. In an ordinary model there are none: rules hold. In an elastic
one each rule that can be given up has a literal per guarded thing, and giving up costs the rule's weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from activities.core.day.rules import BY_CODE, Level

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from ortools.sat.python import cp_model

    from activities.core.day.parts import Length
    from activities.core.day.problem import DayProblem
    from activities.core.day.sentences import Breach

Literal = Any
"""A boolean variable, its negation or a constant: the library's own union of types is too wide for arithmetic."""

_GUARDED = {
    "length": 1, "day_bounds": 0, "window": 1, "after": 2, "gap_most": 2, "placed": 1, "rounds": 1, "round_length": 1,
    "locked": 2, "group_hours": 1, "host_hours": 1, "host_free": 2, "host_load": 1, "place_fits": 3, "place_hours": 1,
    "capacity": 1, "at_once": 1, "roof": 1, "open_air": 2, "equipment": 1, "supply_late": 2, "host_count": 1,
    "trip_missing": 1, "trip_window": 1,
}  # fmt: skip
"""Rule -> how many of a breach's keys say which guard it belongs to."""


def guard_of(breach: Breach) -> tuple[str, ...]:
    """The guard a breach belongs to: breaches of one guard are cured together."""
    if breach.rule in ("transfer", "host_transfer"):
        return tuple(sorted((str(breach.facts["place"]), str(breach.facts["to"]))))
    if breach.rule == "driver_hours":
        return (str(breach.facts["host"]),)
    if breach.rule == "round_length":
        return breach.keys[:1]
    return breach.keys[: _GUARDED.get(breach.rule, len(breach.keys))]


class Guards:
    """
    The literals of one model.

    Args:
        only: names of what an elastic model may give up, (rule, what it guards); everything where it is None.
    """

    def __init__(
        self,
        day: DayProblem,
        model: cp_model.CpModel,
        *,
        is_elastic: bool,
        only: AbstractSet[tuple[str, ...]] | None = None,
    ) -> None:
        self.day, self.model, self.is_elastic, self.only = day, model, is_elastic, only
        self.given: dict[tuple[str, tuple[str, ...]], Literal] = {}
        self.remarks: dict[tuple[str, tuple[str, ...]], Literal] = {}

    def under(self, code: str, *keys: str) -> list[Literal] | None:
        """Literals under which a constraint of the rule holds; None where it is not posted at all."""
        level, rule = self.day.level(code), BY_CODE[code]
        if level is Level.IGNORE or (self.is_elastic and level is Level.WARN):
            return None
        if level is Level.WARN:
            return [~self._literal(self.remarks, code, keys)]
        if self.is_elastic and rule.weight and (self.only is None or (code, *keys) in self.only):
            return [~self._literal(self.given, code, keys)]
        return []

    def under_all(self, code: str, names: Iterable[tuple[str, ...]]) -> list[Literal] | None:
        """As `under`, for a constraint whose breach is one of the rule for each of these names."""
        found = [self.under(code, *keys) for keys in names]
        if None in found or not any(found):
            return None if None in found else []
        held = self.model.new_bool_var("")
        for one in (literal for under in found for literal in under or ()):
            self.model.add_bool_or([held, ~one])
        return [held]

    def shortest(self, code: str, length: Length) -> int:
        """The least a model may choose for a length: half of what was asked for where the rule may be broken."""
        is_kept = self.day.is_hard(code) and not self.is_elastic
        return length.shortest if is_kept else -(-length.shortest // 2)

    def _literal(self, where: dict[tuple[str, tuple[str, ...]], Literal], code: str, keys: tuple[str, ...]) -> Literal:
        name = (code, keys)
        if name not in where:
            where[name] = self.model.new_bool_var(f"without_{code}_{'_'.join(keys)}")
        return where[name]

    def price(self) -> Literal:
        """What all that is given up costs together."""
        return sum(BY_CODE[code].weight * literal for (code, _keys), literal in self.given.items())
