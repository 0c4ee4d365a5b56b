"""Children of an event day by name and under their groups; for its pages, its papers and the list on the spot."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.event_selectors import seats_taken_back, seats_without_photos
from activities.models import DaySeat
from backend.web.shared.child_names import names_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from activities.models import DayVersion, EventDay
    from backend.roster.access import Reader


def by_group(day: dict[str, Any], seats: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """Seats under the names of the groups of a day, those without one last."""
    found = defaultdict(list)
    for seat in seats:
        found[seat.group_key].append(seat)
    names = [(group["key"], group.get("name") or group["key"]) for group in day["groups"]]
    return [(name, found[key]) for key, name in [*names, ("", _("还没有组"))] if found[key]]


def named_seats(reader: Reader, event: EventDay, version: DayVersion | None = None) -> list[DaySeat]:
    """
    Seats with a place by name, each with a `name` as the reader may see it, and whether no pictures are taken.

    Whose guardian took the word back that the child may take part is in none, not in an earlier version either.

    Args:
        version: then the children and their groups as that version has them, whatever changed since. It knows no
            guests: those are the ones who have a place now, in a group the version knows.
    """
    placed = Q(state=DaySeat.State.PLACE)
    then = dict(version.seats.values_list("child_id", "group_key")) if version is not None else {}
    wanted = placed if version is None else Q(child__in=then) | placed & Q(child=None)
    seats = event.seats.filter(wanted).exclude(pk__in=seats_taken_back(event))
    rows = list(seats.select_related("child__village", "child__school", "child__school_class", "school"))
    without_photos = seats_without_photos(event)
    shown = names_for(reader, [seat.child for seat in rows if seat.child], now=timezone.now())
    known = {group["key"] for group in version.day["groups"]} if version is not None else set()
    for seat in rows:
        seat.name = shown[seat.child_id] if seat.child_id else seat.guest_name  # type: ignore[attr-defined]
        seat.is_without_photos = seat.pk in without_photos  # type: ignore[attr-defined]
        if version is not None:
            key = then.get(seat.child_id or 0, seat.group_key)
            seat.group_key = key if key in known else ""
    rows.sort(key=lambda seat: (seat.child.name_sort if seat.child else "~", seat.pk))
    return rows


def where_from(seat: DaySeat) -> str:
    """School of a child on file, or the place a guest comes from."""
    if seat.child is None:
        return seat.from_place or (seat.school.name if seat.school else "")
    return seat.child.school.name if seat.child.school else seat.child.village.name
