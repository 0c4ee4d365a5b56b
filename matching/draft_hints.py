"""What a coordinator should look at in a draft: no rule forbids these pairs, yet something speaks against them."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q

from backend.roster.models.people import Sex
from matching.models import Objection, ProposedPair
from matching.selectors import settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from backend.roster.models import Helper
    from matching.models import Proposal

LOW_FIT = 200
"""Points out of 1000 under which a pair has little that speaks for it."""
HINTS = ("objected", "half", "man", "far", "low")
OF_ONE_PERSON = ("man", "far", "low")


def hint_filters(draft: Proposal, *, among: Sequence[int] | None = None) -> dict[str, Q]:
    """
    Code of each hint -> the pairs of a draft it is about; what stands or was sent is not looked at again.

    Who is asked about is looked up once for the draft, not once for each of its thousands of pairs.

    Args:
        among: row ids of pairs, where only these are asked about: a page of the table looks up its own children alone.

    objected: a township or school objects. half: another place of the child is open. man: a girl all of whose places
    are with men. far: the two live in different townships. low: little speaks for the pair.
    """
    against = _against(draft, among)
    # An objection waits for the county's word whatever became of the pair.
    return {"objected": _objected(draft)} | {code: condition & _suggested() for code, condition in against.items()}


def any_hint(draft: Proposal) -> Q:
    """Pairs of a draft with at least one hint; whether a pair is still a suggestion is asked once for all of them."""
    return _objected(draft) | (reduce(or_, _against(draft, None).values()) & _suggested())


def _suggested() -> Q:
    return Q(helper__isnull=False) & ~settled()


def _objected(draft: Proposal) -> Q:
    return Q(pk__in=Objection.objects.filter(pair__proposal=draft, state=Objection.State.OPEN).values("pair"))


def _against(draft: Proposal, among: Sequence[int] | None) -> dict[str, Q]:
    """What speaks against a pair, whether or not it still is a suggestion."""
    pairs = ProposedPair.objects.filter(proposal=draft)
    if among is not None:
        pairs = pairs.filter(child__in=ProposedPair.objects.filter(pk__in=among).values("child"))
    half, with_woman = pairs.filter(helper=None), pairs.filter(helper__sex=Sex.FEMALE)
    is_no_peer = Q(helper__peer_child=None)
    return {
        "half": Q(child__in=half.values("child")),
        "man": is_no_peer & Q(child__sex=Sex.FEMALE, helper__sex=Sex.MALE) & ~Q(child__in=with_woman.values("child")),
        "far": is_no_peer & ~Q(helper__township=F("child__village__parent")),
        "low": Q(fit__lt=LOW_FIT),
    }


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


def leaving_men_alone(rows: QuerySet[ProposedPair]) -> QuerySet[ProposedPair]:
    """Of places whose helpers are all to go: those of women without whom a girl would have men alone."""
    stays = ProposedPair.objects.filter(proposal=OuterRef("proposal"), child=OuterRef("child"))
    stays = stays.exclude(pk__in=rows.order_by().values("pk"))
    men, women = stays.filter(helper__sex=Sex.MALE, helper__peer_child=None), stays.filter(helper__sex=Sex.FEMALE)
    return rows.filter(Exists(men), ~Exists(women), child__sex=Sex.FEMALE, helper__sex=Sex.FEMALE)
