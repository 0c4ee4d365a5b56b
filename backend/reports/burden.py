"""How many children each helper looks after, and which children nobody looks after yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Q

from backend.roster.access import children_visible_to, helpers_visible_to
from backend.roster.models import Child, Helper
from matching.models import HelperLoad, Pairing
from matching.models.pairings import OPEN_STATES

if TYPE_CHECKING:
    from backend.roster.access import Reader


@dataclass(frozen=True)
class Burden:
    """Helpers in office by how many places they hold; `over`: above their limit, counted among the others too."""

    helpers: int
    free: int
    one: int
    two: int
    more: int
    over: int


def burden_of(reader: Reader) -> Burden:
    """Of the helpers in the reader's scope."""
    people = helpers_visible_to(reader).filter(state=Helper.State.ACTIVE)
    helpers = people.count()
    held = HelperLoad.objects.filter(scheme=None, active__gt=0, helper__in=people.order_by().values("pk"))
    counts = held.aggregate(
        one=Count("pk", filter=Q(active=1)),
        two=Count("pk", filter=Q(active=2)),
        more=Count("pk", filter=Q(active__gt=2)),
        over=Count("pk", filter=Q(active__gt=F("limit"))),
    )
    return Burden(helpers=helpers, free=helpers - counts["one"] - counts["two"] - counts["more"], **counts)


@dataclass(frozen=True)
class Level:
    """Children on file of one heart level (None: not assessed), and how many of them somebody looks after."""

    level: int | None
    children: int
    held: int

    @property
    def alone(self) -> int:
        return self.children - self.held


def levels_of(reader: Reader) -> list[Level]:
    """The greatest need first, those not assessed last; a level without children is left out."""
    pairing = Pairing.objects.filter(child=OuterRef("pk"), state__in=OPEN_STATES)
    children = children_visible_to(reader).filter(state=Child.State.ACTIVE).order_by()
    rows = children.values("heart_level").annotate(n=Count("pk"), held=Count("pk", filter=Exists(pairing)))
    found = [Level(row["heart_level"], row["n"], row["held"]) for row in rows]
    return sorted(found, key=lambda one: -(one.level or 0))
