"""A long list of shortages township by township: thousands of single places are no list to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count

from matching.models import ProposedPair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matching.models import Certificate, Proposal

MOST_IN_A_ROW = 50


def in_townships(draft: Proposal, certificates: list[Certificate], chosen: str) -> dict[str, Any]:
    """
    What the page shows of one draft's certificates when it is asked for all.

    Args:
        chosen: public id of the township whose shortages are opened, "" for none.

    Returns:
        `certificates` to be listed, and `townships` where they are too many for a list: name, id, how many shortages
        and places.
    """
    if len(certificates) <= MOST_IN_A_ROW:
        return {"certificates": certificates}
    lies_in = _townships_of(draft)
    here = [one for one in certificates if lies_in.get(one.pk, ("", ""))[0] == chosen]
    return {"certificates": here if chosen else [], "townships": _counted(certificates, lies_in), "chosen": chosen}


def _townships_of(draft: Proposal) -> dict[int, tuple[str, str]]:
    """Certificate's row id -> (public id, name) of the township most of its children live in."""
    parent = ("child__village__parent__public_id", "child__village__parent__name")
    rows = ProposedPair.objects.filter(certificate__proposal=draft).order_by()
    counted = rows.values_list("certificate_id", *parent).annotate(n=Count("pk")).order_by("n", parent[0])
    return {pk: (public_id, name) for pk, public_id, name, _n in counted if pk is not None and public_id}


def _counted(certificates: Iterable[Certificate], lies_in: dict[int, tuple[str, str]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in certificates:
        public_id, name = lies_in.get(one.pk, ("", ""))
        row = found.setdefault((public_id, name), {"id": public_id, "name": name, "count": 0, "short": 0})
        row["count"] += 1
        row["short"] += one.short
    return sorted(found.values(), key=lambda row: (-row["short"], row["name"]))
