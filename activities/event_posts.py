"""One segment of a planned day as a form shows it: what it has, and what it could have. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from activities.core.day.plan_files import read_plan
from activities.core.day.posts import can_host, posts_of
from activities.core.day.reading import read_day


@dataclass(frozen=True)
class PlacedView:
    """A segment as it stands in the plan, for a form: times and what each gathering has, with what it could have."""

    key: str
    start: int
    minutes: int
    posts: tuple[PostView, ...]
    is_locked: bool


@dataclass(frozen=True)
class PostView:
    """One gathering: its place and hosts now, and those that could be."""

    key: str
    name: str
    place: str
    hosts: tuple[str, ...]
    places: tuple[tuple[str, str], ...] = field(default=())
    people: tuple[tuple[str, str], ...] = field(default=())


def placed_view(draft: dict[str, Any], plan: dict[str, Any] | None, key: str) -> PlacedView | None:
    """One segment of the plan with what could be chosen instead; None where it is not in the plan."""
    if not plan:
        return None
    day, found = read_day(draft), read_plan(plan)
    segment = next((one for one in day.segments if one.key == key), None)
    placed = found.segment(key)
    if segment is None or placed is None:
        return None
    posts = []
    for post in posts_of(day, segment):
        now = placed.post(post.key)
        able = dict.fromkeys(one for need in post.hosts for one in can_host(day, need))
        posts.append(
            PostView(
                post.key, day.post_name(key, post.key) if post.key else "", now.place if now else "",
                now.hosts if now else (), tuple((one.key, one.name or one.key) for one in day.places),
                tuple((one, day.name_of(one)) for one in able),
            )
        )  # fmt: skip
    return PlacedView(key, placed.start, placed.minutes, tuple(posts), any(lock.segment == key for lock in day.locks))
