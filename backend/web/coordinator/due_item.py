"""One thing that waits for a coordinator, as the page of today shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Due:
    """One thing to do: what, more about it, and the step that mends it."""

    look: str
    icon: str
    title: str
    more: str
    url: str
    act: str
    hurry: str = ""
    is_today: bool = False
    is_post: bool = False
    look_url: str = ""
