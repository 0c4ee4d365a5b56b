"""Children of an event day under the names of their groups."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from activities.models import EventDay


def by_group(one: EventDay, seats: list[Any]) -> list[tuple[str, list[Any]]]:
    """Seats under the names of their groups, those without one last."""
    found = defaultdict(list)
    for seat in seats:
        found[seat.group_key].append(seat)
    names = [(group["key"], group.get("name") or group["key"]) for group in one.draft["groups"]]
    return [(name, found[key]) for key, name in [*names, ("", _("还没有组"))] if found[key]]
