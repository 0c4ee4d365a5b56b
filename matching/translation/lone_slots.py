"""Certificates of places nobody can come to: told from those where everybody who could is full, and one per school."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from matching.core.build import able_but_for_room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matching.core.facts import Facts

Row = dict[str, Any]
LONE = frozenset({"nobody", "full"})


def told_by_place(facts: Facts, rows: Iterable[Row], place_of: Callable[[list[int]], str]) -> list[Row]:
    """
    Join the certificates "nobody" and "full" that share scheme, kind of place and school or township into one each.

    The solver sees no pair of a helper without a place left, so for it nobody can come; where somebody could if they
    had one, the kind becomes "full" and `helpers` lists them.
    """
    rows = list(rows)
    lone = [row for row in rows if row["kind"] in LONE]
    found = [row for row in rows if row["kind"] not in LONE]
    joined: dict[tuple[Any, ...], Row] = {}
    for row in _with_the_full(facts, lone):
        key = (row["kind"], _kinds(facts, row["slots"]), _kinds(facts, row["open"]), place_of(row["slots"]))
        joined[key] = _together(joined[key], row) if key in joined else row
    return found + list(joined.values())


def _with_the_full(facts: Facts, rows: list[Row]) -> list[Row]:
    slots = np.array([slot for row in rows for slot in row["slots"]], np.int64)
    at, helper = able_but_for_room(facts, slots)
    edges = np.cumsum([0, *(len(row["slots"]) for row in rows)])
    told = []
    for row, begin, end in zip(rows, edges[:-1], edges[1:], strict=True):
        low, high = np.searchsorted(at, [begin, end])
        able = np.union1d(np.array(row["helpers"], np.int64), helper[low:high]).tolist()
        told.append(row | {"helpers": able, "kind": "full" if able else "nobody", "places": 0})
    return told


def _kinds(facts: Facts, slots: list[int]) -> frozenset[tuple[int, int]]:
    return frozenset(zip(facts.slots.scheme[slots].tolist(), facts.slots.kind[slots].tolist(), strict=True))


def _together(one: Row, other: Row) -> Row:
    both = {name: sorted({*one[name], *other[name]}) for name in ("slots", "open", "helpers", "levels")}
    return one | both | {name: one[name] + other[name] for name in ("needed", "short")}
