"""
Claiming and giving back a helper's places.

Every change is one conditional UPDATE on the load row itself, so two tabs, two workers or two machines cannot
both take the last place. Order of locks: the offer first, then load rows by id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Greatest

from backend.kernel.errors import DomainError
from backend.roster.models import Helper
from matching.models import HelperLoad, Scheme

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from django.db.models import QuerySet

_CHUNK = 400
_UNLIMITED = 32_000


class HelperFull(DomainError):
    """The helper has reached the agreed number of children."""

    code = "helper.full"
    message = "This helper already holds %(limit)s places, the limit; nothing was recorded."


def ensure_loads(helper_ids: Iterable[int], scheme: Scheme) -> None:
    """Make the load rows of these helpers where missing, and bring their limits up to date."""
    ids = sorted(set(helper_ids))
    for at in range(0, len(ids), _CHUNK):
        _ensure_chunk(ids[at : at + _CHUNK], scheme)


def _ensure_chunk(ids: list[int], scheme: Scheme) -> None:
    limits = dict(Helper.objects.filter(pk__in=ids).values_list("pk", "total_limit"))
    own = scheme.limit_per_helper if scheme.limit_per_helper is not None else _UNLIMITED
    rows = [HelperLoad(helper_id=pk, scheme=None, limit=limit) for pk, limit in limits.items()]
    rows += [HelperLoad(helper_id=pk, scheme=scheme, limit=own) for pk in limits]
    HelperLoad.objects.bulk_create(rows, ignore_conflicts=True)
    loads = HelperLoad.objects.filter(helper_id__in=ids)
    loads.filter(scheme=None).update(limit=Subquery(_total_limit()))
    loads.filter(scheme=scheme).update(limit=own)


def _total_limit() -> QuerySet[Helper, Any]:
    return Helper.objects.filter(pk=OuterRef("helper_id")).values("total_limit")[:1]


def _rows_of(helper_id: int, scheme: Scheme) -> list[int]:
    """The load rows a place of this scheme counts in, in locking order."""
    rows = HelperLoad.objects.filter(helper_id=helper_id).filter(scheme=scheme).values_list("pk", flat=True)
    ids = list(rows)
    if scheme.counts_towards_total:
        ids += HelperLoad.objects.filter(helper_id=helper_id, scheme=None).values_list("pk", flat=True)
    return sorted(ids)


def _scopes(scheme: Scheme) -> list[Scheme | None]:
    return [scheme, None] if scheme.counts_towards_total else [scheme]


def room_of(helper_ids: Iterable[int], scheme: Scheme) -> dict[int, int]:
    """
    Places each helper still has to be offered, in total and within the scheme; their load rows stay locked until
    the caller's transaction ends, so what is answered is still true when it is held.
    """
    ids = sorted(set(helper_ids))
    ensure_loads(ids, scheme)  # its updates take the row locks, in order of helper
    room: dict[int, int] = {}
    for scope in _scopes(scheme):
        for at in range(0, len(ids), _CHUNK):
            rows = HelperLoad.objects.filter(helper_id__in=ids[at : at + _CHUNK], scheme=scope)
            for helper_id, limit, taken in rows.values_list("helper_id", "limit", F("active") + F("offered")):
                room[helper_id] = min(room.get(helper_id, _UNLIMITED), max(0, limit - taken))
    return room


def hold(counts: Counter[int], scheme: Scheme) -> None:
    """Hold so many offered places for each helper. Inside the transaction that asked `room_of`."""
    ensure_loads(counts, scheme)
    for wanted in sorted(set(counts.values())):
        ids = sorted(helper for helper, count in counts.items() if count == wanted)
        for at in range(0, len(ids), _CHUNK):
            chunk = HelperLoad.objects.filter(helper_id__in=ids[at : at + _CHUNK])
            for scope in _scopes(scheme):
                chunk.filter(scheme=scope).update(offered=F("offered") + wanted)


def claim(helper_id: int, scheme: Scheme) -> None:
    """
    Turn one held place into a taken one.

    Raises:
        HelperFull: the limit is reached; the caller's transaction must be rolled back.
    """
    ensure_loads([helper_id], scheme)
    for pk in _rows_of(helper_id, scheme):
        row = HelperLoad.objects.filter(pk=pk, active__lt=F("limit"))
        if row.update(active=F("active") + 1, offered=Greatest(F("offered") - 1, 0)) != 1:
            raise HelperFull(limit=HelperLoad.objects.get(pk=pk).limit)


def release_offered(helper_id: int, scheme: Scheme) -> None:
    """Give back one held place."""
    for pk in _rows_of(helper_id, scheme):
        HelperLoad.objects.filter(pk=pk, offered__gt=0).update(offered=F("offered") - 1)


def release_active(helper_id: int, scheme: Scheme) -> None:
    """Give back one taken place."""
    for pk in _rows_of(helper_id, scheme):
        HelperLoad.objects.filter(pk=pk, active__gt=0).update(active=F("active") - 1)
