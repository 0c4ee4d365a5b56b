"""How a draft is called on screen: by its number, and a repair's as one of a repair, though they count together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from matching.models import MatchingRun, Proposal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matching.models import Scheme


def draft_name(draft: Proposal) -> str:
    """As it is called within a sentence; its `run` should be read with it."""
    return named_draft(draft.number, draft.run.mode)


def named_draft(number: int, mode: str) -> str:
    """The same from its columns."""
    if mode == MatchingRun.Mode.REPAIR:
        return _("补派 %(n)s 号方案") % {"n": number}
    return _("第 %(n)s 稿") % {"n": number}


def draft_names(scheme: Scheme, numbers: Iterable[int]) -> list[str]:
    """Those of a scheme with these numbers, the first first."""
    drafts = Proposal.objects.filter(scheme=scheme, number__in=set(numbers)).order_by("number")
    return [named_draft(number, mode) for number, mode in drafts.values_list("number", "run__mode")]
