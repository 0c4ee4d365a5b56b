"""What a coordinator should look at in a draft: no rule forbids these pairs, yet something speaks against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, Q

from backend.roster.models.people import Sex
from matching.models import Objection, ProposedPair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.roster.models import Helper
    from matching.models import Proposal

LOW_FIT = 200
"""Points out of 1000 under which a pair has little that speaks for it."""
HINTS = ("objected", "half", "man", "far", "low")
OF_ONE_PERSON = ("man", "far", "low")


def hint_filters(draft: Proposal, *, among: Sequence[int] | None = None) -> dict[str, Q]:
    """
    Code of each hint -> the pairs of a draft it is about; what stands is not looked at again.

    Who is asked about is looked up once for the draft, not once for each of its thousands of pairs.

    Args:
        among: row ids of pairs, where only these are asked about: a page of the table looks up its own children alone.

    objected: a township or school objects. half: another place of the child is open. man: a girl all of whose places
    are with men. far: the two live in different townships. low: little speaks for the pair.
    """
    suggested = Q(helper__isnull=False) & ~Q(origin=ProposedPair.Origin.KEPT)
    pairs = ProposedPair.objects.filter(proposal=draft)
    if among is not None:
        pairs = pairs.filter(child__in=ProposedPair.objects.filter(pk__in=among).values("child"))
    half, with_woman = pairs.filter(helper=None), pairs.filter(helper__sex=Sex.FEMALE)
    objections = Objection.objects.filter(pair__proposal=draft, state=Objection.State.OPEN)
    is_no_peer = Q(helper__peer_child=None)
    return {
        "objected": Q(pk__in=objections.values("pair")),
        "half": suggested & Q(child__in=half.values("child")),
        "man": suggested & is_no_peer & Q(child__sex=Sex.FEMALE, helper__sex=Sex.MALE)
        & ~Q(child__in=with_woman.values("child")),
        "far": suggested & is_no_peer & ~Q(helper__township=F("child__village__parent")),
        "low": suggested & Q(fit__lt=LOW_FIT),
    }  # fmt: skip


def any_hint(draft: Proposal) -> Q:
    """Pairs of a draft with at least one hint."""
    every = Q()
    for condition in hint_filters(draft).values():
        every |= condition
    return every


def remarks_on(*, pair: ProposedPair, helper: Helper, fit: int) -> list[str]:
    """Codes of the hints this helper would earn on this place; a better one than whoever is there now earns none."""
    child = pair.child
    beside = ProposedPair.objects.filter(proposal=pair.proposal_id, child=pair.child_id).exclude(pk=pair.pk)
    said = {
        "man": child.sex == Sex.FEMALE and helper.sex == Sex.MALE and not helper.peer_child_id
        and not beside.filter(helper__sex=Sex.FEMALE).exists(),
        "far": not helper.peer_child_id and helper.township_id != child.village.parent_id,
        "low": fit < LOW_FIT and fit < pair.fit,
    }  # fmt: skip
    return [code for code in OF_ONE_PERSON if said[code]]
