"""How many children of a scheme have everybody they are owed, by township."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F

from backend.roster.access import children_visible_to
from matching.models import Offer, Pairing
from matching.selectors import targeted_children

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from matching.models import Scheme


@dataclass(frozen=True)
class Coverage:
    """
    Children of one place under one scheme, each counted once.

    Args:
        full: every place is held by a pairing.
        asked: not full, but every place is held or has an open offer.
        open: the rest.
        half: of those not full, how many have at least one pairing.
    """

    place_id: str
    place: str
    children: int
    full: int
    asked: int
    open: int
    half: int


def coverage_by_township(reader: Reader, scheme: Scheme, today: date) -> list[Coverage]:
    """One entry per township of the reader's scope that has children of the scheme, the most open first."""
    owed = sum(rule.count for rule in scheme.slot_rules.all() if rule.is_required)
    children = children_visible_to(reader).filter(pk__in=targeted_children(scheme, today).values("pk"))
    held = _places_per_child(Pairing.objects.filter(state__in=("ACTIVE", "SUSPENDED")), scheme)
    asked = _places_per_child(Offer.objects.filter(state=Offer.State.SENT), scheme)
    names: dict[str, str] = {}
    tally: dict[str, Counter[str]] = {}
    rows = children.order_by().values_list("pk", "village__parent__public_id", "village__parent__name")
    for child_id, place_id, name in rows:
        names[place_id] = name
        kind = _kind(held[child_id], asked[child_id], owed)
        tally.setdefault(place_id, Counter()).update(["children", kind])
        if kind != "full" and held[child_id]:
            tally[place_id]["half"] += 1
    found = [_coverage(place_id, names[place_id], counts) for place_id, counts in tally.items()]
    return sorted(found, key=lambda one: (-one.open, -one.children, one.place_id))


def _places_per_child(rows: QuerySet[Any], scheme: Scheme) -> Counter[int]:
    counted = rows.filter(slot__rule__scheme=scheme).order_by().values("child_id").annotate(n=Count("pk"))
    return Counter(dict(counted.values_list(F("child_id"), "n")))


def _kind(held: int, asked: int, owed: int) -> str:
    if held >= owed:
        return "full"
    return "asked" if held + asked >= owed else "open"


def _coverage(place_id: str, name: str, counts: Counter[str]) -> Coverage:
    return Coverage(place_id, name, counts["children"], counts["full"], counts["asked"], counts["open"], counts["half"])


def total_of(rows: list[Coverage], name: str = "") -> Coverage:
    """All places together."""
    numbers = [sum(getattr(row, column) for row in rows) for column in ("children", "full", "asked", "open", "half")]
    return Coverage("", name, *numbers)
