"""Helper rows of children who may help a classmate: kept in step with their files, never made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from backend.roster.models import Child, Consent, Helper

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

    from backend.roster.models import Area

BUDDY_LIMIT = 1
_CHUNK = 500
_ADULT_YEARS = 18
_KEPT = (
    "name", "name_sort", "name_search", "sex", "birth_date", "unit_id", "village_id", "township_id", "x_m", "y_m",
    "state", "total_limit",
)  # fmt: skip
_READ = (
    "pk", "name", "name_sort", "name_search", "sex", "birth_date", "school_id", "village_id", "village__parent_id",
    "x_m", "y_m",
)  # fmt: skip


def children_who_may_help(today: date) -> QuerySet[Child]:
    """On file, under age, in a class, with the guardian's consent to matching."""
    agreed = Consent.objects.filter(purpose=Consent.Purpose.MATCHING, withdrawn_at=None)
    grown = today.replace(year=today.year - _ADULT_YEARS, day=min(today.day, 28))
    ready = Child.objects.filter(state=Child.State.ACTIVE, pk__in=agreed.values("child_id"))
    return ready.exclude(school=None).exclude(school_class=None).exclude(birth_date__lte=grown)


def keep_buddies(*, area: Area, now: datetime) -> int:
    """
    Make the helper row of every child of an area who may help, and bring those there are in step with the files.

    Whoever may no longer help is set to LEFT. Running it twice, or twice at once, leaves one row per child: the row
    is unique by child, and the second maker's copy is ignored.

    Returns:
        How many rows were made or changed.
    """
    ready = children_who_may_help(timezone.localdate(now)).filter(village__code__startswith=area.code)
    wanted = {row[0]: _columns(row) for row in ready.order_by("pk").values_list(*_READ)}
    # In one order always: two who do this at once then wait for each other instead of locking each other out.
    here = Helper.objects.filter(peer_child__village__code__startswith=area.code).order_by("pk")
    there = {row[1]: row for row in here.values_list("pk", "peer_child_id", *_KEPT)}
    made = [Helper(peer_child_id=pk, **columns) for pk, columns in wanted.items() if pk not in there]
    changed = [
        Helper(pk=row[0], **wanted[pk]) for pk, row in there.items() if pk in wanted and _differs(row, wanted[pk])
    ]
    gone = [row[0] for pk, row in there.items() if pk not in wanted and Helper.State.LEFT not in row]
    with transaction.atomic():
        Helper.objects.bulk_create(made, ignore_conflicts=True, batch_size=_CHUNK)
        Helper.objects.bulk_update(changed, [name.removesuffix("_id") for name in _KEPT], batch_size=_CHUNK)
        for at in range(0, len(gone), _CHUNK):
            Helper.objects.filter(pk__in=gone[at : at + _CHUNK]).update(state=Helper.State.LEFT)
    return len(made) + len(changed) + len(gone)


def _columns(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_KEPT, (*row[1:], Helper.State.ACTIVE.value, BUDDY_LIMIT), strict=True))


def _differs(row: tuple[Any, ...], columns: dict[str, Any]) -> bool:
    return row[2:] != tuple(columns.values())
