"""Trying cures for what a draft is short of, certificate by certificate, after the run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.jobs.services import enqueue
from backend.roster.models import Area
from matching.core.changes import CapTo, KindTo
from matching.core.remedies import Remedy, remedies
from matching.models import Certificate, ProposedPair
from matching.translation.region import Region, take_region

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from matching.models import MatchingRun

MOST_CERTIFICATES = 400
MOST_SLOTS = 2_000
SLICE_SECONDS = 3.0
_OF_ONE_PLACE = 12
"""Open places of one certificate looked at for who could come; more would say nothing new."""


def find_remedies(*, run: MatchingRun, now: datetime, beat: Callable[[], None], seconds: float = SLICE_SECONDS) -> None:
    """
    Try cures for the certificates of a run's drafts, those of the greatest need first, for a few seconds; the rest is
    queued again behind whatever waits, so that nobody's run stands in line for it.

    Safe to run twice: what has been tried is left alone. Where a shortage spreads over several townships, or a township
    holds too many places to be solved quickly, nothing is tried and the list stays empty.
    """
    until = time.monotonic() + seconds
    for area, certificates in _by_township(_waiting(run)).items():
        _try_in(run, area, certificates, now, beat)
        if time.monotonic() >= until:
            break
    if _waiting(run):
        enqueue("matching.tasks.find_remedies", queue="solve", arguments={"run_id": run.pk}, now=now)


def _waiting(run: MatchingRun) -> list[Certificate]:
    rows = Certificate.objects.filter(proposal__run=run).order_by("-level", "-short", "pk")[:MOST_CERTIFICATES]
    return [row for row in rows if row.remedies is None]


def _try_in(
    run: MatchingRun, area: Area | None, certificates: list[Certificate], now: datetime, beat: Callable[[], None]
) -> None:
    """All certificates of one township, from one reading of it."""
    beat()
    if area is None or _count(run, area) > MOST_SLOTS:
        Certificate.objects.filter(pk__in=[one.pk for one in certificates]).update(remedies=[])
        return
    region = take_region(run=run, area=area, now=now, helpers_of=run.scheme.county)
    for certificate in certificates:
        beat()
        Certificate.objects.filter(pk=certificate.pk).update(remedies=_remedies_of(region, certificate))


def _by_township(certificates: list[Certificate]) -> dict[Area | None, list[Certificate]]:
    """Certificates by the one township all their open places lie in; None where there are several."""
    places = ProposedPair.objects.filter(certificate__in=[one.pk for one in certificates]).order_by()
    lies_in: dict[int | None, set[int | None]] = {}
    for certificate_id, area_id in places.values_list("certificate_id", "child__village__parent_id").distinct():
        lies_in.setdefault(certificate_id, set()).add(area_id)
    areas = Area.objects.in_bulk([area_id for ids in lies_in.values() for area_id in ids if area_id])
    found: dict[Area | None, list[Certificate]] = {}
    for one in certificates:
        ids = lies_in.get(one.pk, set())
        area = areas.get(next(iter(ids)) or 0) if len(ids) == 1 else None
        found.setdefault(area, []).append(one)
    return found


def _count(run: MatchingRun, area: Area) -> int:
    return ProposedPair.objects.filter(proposal__run=run, child__village__code__startswith=area.code).count()


def _remedies_of(region: Region, certificate: Certificate) -> list[dict[str, Any]]:
    slot_at = {pk: at for at, pk in enumerate(region.pair_ids)}
    still_open = ProposedPair.objects.filter(certificate=certificate, helper=None).values_list("pk", flat=True)
    short = [slot_at[pk] for pk in still_open if pk in slot_at]
    if not short:
        return []
    some = np.linspace(0, len(short) - 1, min(len(short), _OF_ONE_PLACE)).astype(int)
    found = remedies(region.snapshot.facts, region.present, [short[at] for at in some])
    return [_plain(region, one) for one in found]


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
    change = remedy.change
    if isinstance(change, CapTo):
        body |= {"scheme": region.snapshot.schemes[change.scheme].pk, "limit": change.cap}
    if isinstance(change, KindTo):
        said = {name: getattr(value, "name", value) for name, value in change.said.items()}
        body |= {"place": region.snapshot.rules[change.scheme][change.kind].pk, "said": said}
    return body
