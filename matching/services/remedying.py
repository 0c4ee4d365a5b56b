"""Trying cures for what a draft is short of, certificate by certificate, after the run."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Count

from backend.jobs.services import enqueue
from backend.roster.models import Area
from matching.core.changes import CapTo, KindTo, WomanFor
from matching.core.remedies import NAMED_AT_MOST, Remedy, remedies
from matching.models import Certificate, ProposedPair
from matching.queue_selectors import FIND_REMEDIES, somebody_waits
from matching.services.queueing import QUICK
from matching.translation.region import Region, take_region

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from matching.core.facts import Facts
    from matching.models import MatchingRun

MOST_CERTIFICATES = 400
"""Looked through in one slice; the rest has its turn in the next."""
MOST_SLOTS = 2_000
SLICE_SECONDS = 3.0
MOST_TOWNSHIPS = 3
_GIVE_WAY = timedelta(seconds=5)
UNTRIED = "untried"
"""Stands for a township that holds too many places to try any cure."""
UNANSWERED = "unanswered"
"""Stands for cures whose solve ended without an answer."""
_GREATEST_NEED = 4
_OF_ONE_PLACE = 24
"""Open places of one certificate looked at for who could come, and as many schools and villages of theirs."""


def find_remedies(*, run: MatchingRun, now: datetime, beat: Callable[[], None], seconds: float = SLICE_SECONDS) -> None:
    """
    Try cures for the certificates of a run's drafts, those of the greatest need first, for a few seconds; the rest is
    queued again behind whatever waits, so that nobody's run stands in line for it. While anything else waits in the
    queue, a slice gives way before the next certificate, and before its first one too.

    Safe to run twice: what has been tried is left alone. A shortage that spreads over several townships is cured in
    those that miss most; a township that holds too many places to be solved quickly is said to be untried, and so is a
    cure whose solve found no answer in its time.
    """
    if somebody_waits(QUICK, now):
        _queue_again(run, now, due_at=now + _GIVE_WAY)
        return
    began = time.monotonic()
    waiting = _waiting(run)
    lies_in = townships_of(waiting)
    regions = _Regions(run, now, beat)
    for one in _township_by_township(waiting, lies_in):
        Certificate.objects.filter(pk=one.pk).update(remedies=_tried(regions, one, lies_in[one.pk]))
        spent = time.monotonic() - began
        if spent >= seconds or somebody_waits(QUICK, now + timedelta(seconds=spent)):
            break
    if Certificate.objects.filter(proposal__run=run, remedies__isnull=True).exists():
        _queue_again(run, now)


def _queue_again(run: MatchingRun, now: datetime, due_at: datetime | None = None) -> None:
    enqueue(FIND_REMEDIES, queue=QUICK, arguments={"run_id": run.pk}, due_at=due_at, now=now)


def _waiting(run: MatchingRun) -> list[Certificate]:
    waiting = Certificate.objects.filter(proposal__run=run, remedies__isnull=True)
    return list(waiting.order_by("-level", "-short", "pk")[:MOST_CERTIFICATES])


def _township_by_township(waiting: list[Certificate], lies_in: dict[int, list[tuple[Area, int]]]) -> list[Certificate]:
    """In the order of the greatest need, yet all of one township in a row, so that each is read once."""
    first: dict[tuple[str, ...], int] = {}
    codes = {one.pk: tuple(area.code for area, _open in lies_in[one.pk]) for one in waiting}
    for at, one in enumerate(waiting):
        first.setdefault(codes[one.pk], at)
    return sorted(waiting, key=lambda one: first[codes[one.pk]])


def townships_of(certificates: list[Certificate]) -> dict[int, list[tuple[Area, int]]]:
    """Certificate's row id -> the townships its open places lie in, those with most first."""
    places = ProposedPair.objects.filter(certificate__in=[one.pk for one in certificates], helper=None)
    counted = places.order_by().values_list("certificate_id", "child__village__parent_id").annotate(n=Count("pk"))
    areas = Area.objects.in_bulk([area_id for _one, area_id, _n in counted if area_id])
    found: dict[int, list[tuple[Area, int]]] = {one.pk: [] for one in certificates}
    for certificate_id, area_id, count in counted:
        if certificate_id is not None and area_id in areas:
            found[certificate_id].append((areas[area_id], count))
    return {pk: sorted(rows, key=lambda row: (-row[1], row[0].code)) for pk, rows in found.items()}


class _Regions:
    """The drafts of a run township by township, the last one read kept."""

    def __init__(self, run: MatchingRun, now: datetime, beat: Callable[[], None]) -> None:
        self.run, self.now, self.beat = run, now, beat
        self.last: tuple[int, Region | None] | None = None

    def of(self, area: Area) -> Region | None:
        """One township, None where it is too large to be solved quickly."""
        self.beat()
        if self.last is None or self.last[0] != area.pk:
            is_small = _count(self.run, area) <= MOST_SLOTS
            county = self.run.scheme.county
            region = take_region(run=self.run, area=area, now=self.now, helpers_of=county) if is_small else None
            self.last = area.pk, region
        return self.last[1]


def _tried(regions: _Regions, certificate: Certificate, lies_in: list[tuple[Area, int]]) -> list[dict[str, Any]]:
    """The cures of one certificate: of its township, or the best of the townships that miss most."""
    found: list[dict[str, Any]] = []
    without: list[dict[str, Any]] = []
    for area, _open in lies_in[:MOST_TOWNSHIPS]:
        region = regions.of(area)
        where = {"area": area.pk} if len(lies_in) > 1 else {}
        if region is None:
            without.append(_nothing(UNTRIED) | where)
            continue
        tried = _remedies_of(region, certificate)
        found += [one | where for one in tried if one["kind"] != UNANSWERED]
        without += [one | where for one in tried if one["kind"] == UNANSWERED]
    # Sorted again only where several townships meet; within one they come best first.
    best = sorted(found, key=_by_level)[:NAMED_AT_MOST] if len(lies_in) > 1 else found
    return best + without


def _nothing(kind: str) -> dict[str, Any]:
    return {"kind": kind, "helpers": [], "filled": {}, "complete": 0, "moves": 0, "farther_m": 0}


def _by_level(plain: dict[str, Any]) -> list[int]:
    return [-plain["filled"].get(str(level), 0) for level in range(_GREATEST_NEED, 0, -1)]


def _count(run: MatchingRun, area: Area) -> int:
    return ProposedPair.objects.filter(proposal__run=run, child__village__code__startswith=area.code).count()


def _remedies_of(region: Region, certificate: Certificate) -> list[dict[str, Any]]:
    slot_at = {pk: at for at, pk in enumerate(region.pair_ids)}
    still_open = ProposedPair.objects.filter(certificate=certificate, helper=None).values_list("pk", flat=True)
    short = [slot_at[pk] for pk in still_open if pk in slot_at]
    if not short:
        return []
    facts = region.snapshot.facts
    cures = remedies(facts, region.present, short, sample=_sample(facts, short))
    without = [_nothing(UNANSWERED)] if cures.unanswered else []
    return [_plain(region, one) for one in cures.found] + without


def _sample(facts: Facts, short: list[int]) -> list[int]:
    """A few of the open slots, of every kind and of as many schools and villages as can be."""
    child = facts.slots.child[short]
    columns = (facts.slots.scheme[short], facts.slots.kind[short], facts.children.school[child])
    _places, first = np.unique(np.stack([*columns, facts.children.village[child]]), axis=1, return_index=True)
    some = np.linspace(0, len(first) - 1, min(len(first), _OF_ONE_PLACE)).astype(int)
    spread = np.linspace(0, len(short) - 1, min(len(short), _OF_ONE_PLACE)).astype(int)
    return sorted({short[at] for at in (*first[some].tolist(), *spread.tolist())})


def _plain(region: Region, remedy: Remedy) -> dict[str, Any]:
    """A cure as the row keeps it: ids and numbers, no names."""
    body: dict[str, Any] = {
        "kind": remedy.kind,
        "helpers": [region.snapshot.helper_ids[at] for at in remedy.helpers],
        "filled": {str(level): more for level, more in remedy.filled.items() if more},
        "complete": remedy.complete,
        "moves": remedy.moves,
        "farther_m": remedy.farther_m,
    }
    if remedy.also:
        body["also"] = [_plain(region, one) for one in remedy.also]
    change = remedy.change
    if isinstance(change, CapTo):
        body |= {"scheme": region.snapshot.schemes[change.scheme].pk, "limit": change.cap}
    if isinstance(change, WomanFor):
        body |= {"scheme": region.snapshot.schemes[change.scheme].pk}
    if isinstance(change, KindTo):
        said = {name: getattr(value, "name", value) for name, value in change.said.items()}
        body |= {"place": region.snapshot.rules[change.scheme][change.kind].pk, "said": said}
    return body
