"""Classmates as helpers: their rows before a run, and the teacher who answers for both children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from backend.roster.models import Child, Exclusion, Helper, TeachingPost
from backend.roster.selectors import live_clearances
from backend.roster.services.buddies import keep_buddies
from matching.models import Offer, PlaceRole

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from backend.roster.models import Area
    from matching.models import ProposedPair, Scheme

_CHUNK = 500
# Nothing forbids the two children, but no teacher of the class can be asked to lead them.
NO_LEADER = "no_leader"


def has_peers(scheme: Scheme) -> bool:
    """Whether classmates fill the scheme's places."""
    return any(PlaceRole.PEER in roles for roles in scheme.slot_rules.values_list("roles", flat=True))


def ensure_buddies(*, scheme: Scheme, area: Area, now: datetime) -> int:
    """
    Before a run: have the helper row of every child who may help, in step with the file. Nothing where no classmate
    is asked for.

    Returns:
        How many rows were made or changed.
    """
    return keep_buddies(area=area, now=now) if has_peers(scheme) else 0


def leaders_of(*, scheme: Scheme, pairs: Sequence[ProposedPair], now: datetime) -> dict[int, int]:
    """
    Who is asked to lead each pair of children: the class teacher, else another teacher of the child's class.

    They must be in office and cleared through the term, excluded from neither child, and must not have
    declined this place before.

    Returns:
        proposed pair's row id -> the teacher's helper row id; a pair nobody can lead is missing.
    """
    children = sorted({pair.child_id for pair in pairs})
    classes = dict(_in_chunks(_class_of, children))
    teachers = _teachers_of(set(classes.values()), scheme, now)
    barred = {*_in_chunks(_excluded, children), *_in_chunks(_declined, children)}
    buddies = dict(_in_chunks(_peer_of, sorted({pair.helper_id for pair in pairs if pair.helper_id})))
    barred |= set(_in_chunks(_excluded, sorted(buddies.values())))
    found: dict[int, int] = {}
    for pair in pairs:
        both = (pair.child_id, buddies.get(pair.helper_id or 0))
        for teacher in teachers.get(classes.get(pair.child_id, 0), ()):
            if not any((child, teacher) in barred for child in both):
                found[pair.pk] = teacher
                break
    return found


def _in_chunks(read: Callable[[list[int]], list[tuple[int, int]]], ids: list[int]) -> Iterator[tuple[int, int]]:
    for at in range(0, len(ids), _CHUNK):
        yield from read(ids[at : at + _CHUNK])


def _class_of(ids: list[int]) -> list[tuple[int, int]]:
    return list(Child.objects.filter(pk__in=ids).exclude(school_class=None).values_list("pk", "school_class_id"))


def _peer_of(ids: list[int]) -> list[tuple[int, int]]:
    return list(Helper.objects.filter(pk__in=ids).exclude(peer_child=None).values_list("pk", "peer_child_id"))


def _excluded(ids: list[int]) -> list[tuple[int, int]]:
    return list(Exclusion.objects.filter(child_id__in=ids).values_list("child_id", "helper_id"))


def _declined(ids: list[int]) -> list[tuple[int, int]]:
    said_no = Offer.objects.filter(child_id__in=ids, state=Offer.State.DECLINED).exclude(leader=None)
    return list(said_no.exclude(decline_reason=Offer.DeclineReason.UNFIT).values_list("child_id", "leader_id"))


def _teachers_of(classes: Collection[int], scheme: Scheme, now: datetime) -> dict[int, list[int]]:
    """Teachers of each class who may be asked, the class teacher first."""
    today = timezone.localdate(now)
    until = max(scheme.term.end_date, today)
    cleared = live_clearances().filter(issued_date__lte=today, expires_date__gte=until)
    posts = TeachingPost.objects.filter(helper__state=Helper.State.ACTIVE, helper__in=cleared.values("helper_id"))
    found: dict[int, list[int]] = {}
    for class_id, helper_id in posts.order_by("-is_head", "pk").values_list("school_class_id", "helper_id"):
        if class_id in classes:
            found.setdefault(class_id, []).append(helper_id)
    return found
