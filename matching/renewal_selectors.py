"""Which schemes have pairings to take into the next term, and what that still waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count

from matching.models.pairings import OPEN_STATES
from matching.selectors import pairings_visible_to, schemes_visible_to

if TYPE_CHECKING:
    from datetime import date

    from backend.roster.access import Reader
    from matching.models import Scheme


@dataclass(frozen=True)
class ToRenew:
    """
    A scheme of one term with pairings that will need the next.

    Args:
        pairings: how many of the reader's stand or rest.
        later: the same scheme in the term after; None until that term begins. It may be switched off.
    """

    scheme: Scheme
    pairings: int
    later: Scheme | None

    @property
    def is_ready(self) -> bool:
        """Whether they can be taken over now."""
        return self.later is not None and self.later.is_active

    @property
    def begins_date(self) -> date:
        """The first day after the scheme's own term; the next one is made on it."""
        return self.scheme.term.end_date + timedelta(days=1)

    def is_over(self, today: date) -> bool:
        return self.scheme.term.end_date < today


def schemes_to_renew(reader: Reader) -> list[ToRenew]:
    """Every scheme under which somebody is paired, the oldest term first."""
    open_ones = pairings_visible_to(reader).filter(state__in=OPEN_STATES).order_by()
    counts = dict(open_ones.values_list("slot__rule__scheme").annotate(n=Count("pk")))
    schemes = list(schemes_visible_to(reader).filter(pk__in=counts).order_by("term__start_date", "pk"))
    later = _later_of(reader, schemes)
    return [ToRenew(scheme, counts[scheme.pk], later.get(scheme.pk)) for scheme in schemes]


def _later_of(reader: Reader, schemes: list[Scheme]) -> dict[int, Scheme]:
    """Scheme id -> the same scheme in the next term in which it is in use, else in which it is switched off."""
    same = schemes_visible_to(reader).filter(key__in={scheme.key for scheme in schemes})
    rows = list(same.order_by("-is_active", "term__start_date", "pk"))
    found: dict[int, Scheme] = {}
    for scheme in schemes:
        after = (row for row in rows if row.key == scheme.key and row.term.start_date > scheme.term.start_date)
        if (first := next(after, None)) is not None:
            found[scheme.pk] = first
    return found
