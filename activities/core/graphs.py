"""Circles and an order among things that follow one another; used by day plans and by scheduling with resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def circle_in(before: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """
    Keys of one circle, each before the one that follows it; empty where there is none.

    Args:
        before: key -> keys that come before it; all of them are keys themselves.
    """
    state: dict[str, int] = {}
    for root in before:
        path: list[str] = []
        stack: list[tuple[str, int]] = [(root, 0)]
        while stack:
            key, step = stack.pop()
            if step == 0:
                if state.get(key) == 1:
                    continue
                state[key], path = 0, [*path, key]
            if step < len(before[key]):
                stack.append((key, step + 1))
                following = before[key][step]
                if following in path:
                    return tuple(reversed(path[path.index(following) :]))
                if following not in state:
                    stack.append((following, 0))
            else:
                state[key] = 1
                path.pop()
    return ()


def in_order(before: Mapping[str, Sequence[str]]) -> list[str]:
    """Keys so that each stands after all that come before it; there must be no circle."""
    after: dict[str, list[str]] = {key: [] for key in before}
    open_count = {key: len(set(earlier)) for key, earlier in before.items()}
    for key, earlier in before.items():
        for one in set(earlier):
            after[one].append(key)
    ready, order = [key for key, count in open_count.items() if not count], []
    while ready:
        key = ready.pop()
        order.append(key)
        for one in after[key]:
            open_count[one] -= 1
            if not open_count[one]:
                ready.append(one)
    return order
