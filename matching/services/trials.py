"""What-if: a change tried out on one part of a draft; nothing of the draft is touched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backend.kernel.errors import DomainError
from backend.roster.access import helpers_visible_to
from backend.roster.models import Child, Helper
from matching.core.changes import Another, CapTo, Change, Cleared, KindTo, LimitBy, Without
from matching.core.facts import BadFacts, Reach, SexRule, Weights
from matching.core.rules import broken_rules
from matching.core.whatif import OPEN, Difference, compare
from matching.models import ProposedPair
from matching.translation.region import Region, take_region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from backend.roster.access import Reader
    from backend.roster.models import Area
    from matching.models import MatchingRun, Scheme

MOST_AT_ONCE = 500
_TO_ASK = frozenset({"limit", "scheme_cap", "same_person"})


class TrialTooLarge(DomainError):
    """The part of the draft holds more places than are tried while somebody waits."""

    code = "trial.too_large"
    status = 400
    message = "%(place)s has %(slots)s places; choose a part with at most %(most)s, such as one township."


class TrialWrong(DomainError):
    code = "trial.wrong"
    status = 400
    message = "%(what)s: there is no such thing in this draft."


@dataclass(frozen=True)
class Wish:
    """
    One change as people say it.

    Args:
        kind: LIMIT (people, more), SCHEME_LIMIT (scheme, limit), PLACE (scheme, place, said), CLEARED, WITHOUT (people)
            or ANOTHER (people[0]).
        people: helpers' public ids; scheme: a scheme's public id; place: a place's key.
        said: new values of a place: reach, radius_m, sex_rule, weights.
    """

    kind: str
    people: list[str] = field(default_factory=list)
    more: int = 1
    scheme: str = ""
    place: str = ""
    limit: int | None = None
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ToldMove:
    """One place that changes hands."""

    pair: ProposedPair
    old: Helper | None
    new: Helper | None
    is_new_person: bool = False


@dataclass(frozen=True)
class Trial:
    """A difference with the people in it."""

    difference: Difference
    moves: list[ToldMove]
    slots: int


def try_out(
    *, run: MatchingRun, area: Area, wishes: Sequence[Wish], reader: Reader, now: datetime, most: int = MOST_AT_ONCE
) -> Trial:
    """
    Solve one part of a run's drafts again after some changes, keeping what it can.

    Raises:
        TrialTooLarge: more places than are tried at once.
        TrialWrong: a wish names somebody or something that is not there.
    """
    region = _region(run, area, wishes, now, most)
    changes = [_change(region, wish, reader) for wish in wishes]
    return _told(region, compare(region.snapshot.facts, region.present, changes))


def _region(run: MatchingRun, area: Area, wishes: Sequence[Wish], now: datetime, most: int) -> Region:
    count = ProposedPair.objects.filter(proposal__run=run, child__village__code__startswith=area.code).count()
    if count > most:
        raise TrialTooLarge(place=area.name, slots=count, most=most)
    is_wide = any(wish.said.get("reach") == "COUNTY" for wish in wishes)
    return take_region(run=run, area=area, now=now, helpers_of=run.scheme.county if is_wide else None)


def _change(region: Region, wish: Wish, reader: Reader) -> Change:
    if wish.kind in {"SCHEME_LIMIT", "PLACE"}:
        return _rule_change(region, wish)
    people = tuple(_helper_at(region, public_id, reader) for public_id in wish.people)
    if not people:
        raise TrialWrong(what="people")
    makers: dict[str, Callable[[], Change]] = {
        "LIMIT": lambda: LimitBy(people, wish.more),
        "CLEARED": lambda: Cleared(people),
        "WITHOUT": lambda: Without(people),
        "ANOTHER": lambda: Another(people[0]),
    }
    if wish.kind not in makers:
        raise TrialWrong(what=wish.kind)
    return makers[wish.kind]()


def _helper_at(region: Region, public_id: str, reader: Reader) -> int:
    row_id = helpers_visible_to(reader).filter(public_id=public_id).values_list("pk", flat=True).first()
    if row_id not in region.snapshot.helper_ids:
        raise TrialWrong(what=public_id)
    return region.snapshot.helper_ids.index(row_id)


def _rule_change(region: Region, wish: Wish) -> Change:
    schemes: Sequence[Scheme] = region.snapshot.schemes
    scheme = next((at for at, one in enumerate(schemes) if one.public_id == wish.scheme), None)
    if scheme is None:
        raise TrialWrong(what="scheme")
    if wish.kind == "SCHEME_LIMIT":
        return CapTo(scheme, wish.limit)
    kind = next((at for at, rule in enumerate(region.snapshot.rules[scheme]) if rule.key == wish.place), None)
    if kind is None:
        raise TrialWrong(what="place")
    return KindTo(scheme, kind, _core_values(wish.said))


def _core_values(said: dict[str, Any]) -> dict[str, Any]:
    readers: dict[str, Any] = {
        "reach": lambda value: Reach[value],
        "sex_rule": lambda value: SexRule[value],
        "radius_m": int,
        "weights": lambda value: Weights(**dict.fromkeys(_POINTS, 0) | value),
    }
    try:
        values = {name: readers[name](value) for name, value in said.items()}
    except (KeyError, ValueError, TypeError, BadFacts) as error:
        raise TrialWrong(what=", ".join(said)) from error
    if not values:
        raise TrialWrong(what="said")
    return values


_POINTS = [name for name in Weights.__dataclass_fields__ if not name.endswith("_m")]


def _told(region: Region, difference: Difference) -> Trial:
    ids = region.snapshot.helper_ids
    people = Helper.objects.in_bulk(
        [ids[at] for move in difference.moves for at in (move.old, move.new) if 0 <= at < len(ids)]
    )
    pairs = ProposedPair.objects.select_related("child__village", "child__school", "slot__rule").in_bulk(
        [region.pair_ids[move.slot] for move in difference.moves]
    )

    def person(at: int) -> Helper | None:
        return people[ids[at]] if 0 <= at < len(ids) else None

    moves = [
        ToldMove(pairs[region.pair_ids[move.slot]], person(move.old), person(move.new), move.new >= len(ids))
        for move in difference.moves
    ]
    return Trial(difference, moves, len(region.pair_ids))


@dataclass(frozen=True)
class WhyNot:
    """
    Why a draft does not put this helper on this place.

    Args:
        rules: codes of the rules that forbid it; then nothing was tried.
        trial: what it would cost to have it so, None where a rule forbids it.
    """

    rules: tuple[str, ...]
    trial: Trial | None


def why_not(*, pair: ProposedPair, helper: Helper, now: datetime, most: int = MOST_AT_ONCE) -> WhyNot:
    """
    Answer with the rule that forbids a pair, or with its price: the draft solved again with the pair in it.

    Raises:
        TrialTooLarge: the child's township holds more places than are tried at once.
    """
    run = pair.proposal.run
    area = Child.objects.select_related("village__parent").get(pk=pair.child_id).village.parent
    wide = run.scheme.county if helper.township_id != getattr(area, "pk", None) else None
    count = ProposedPair.objects.filter(proposal__run=run, child__village__parent=area).count()
    if area is None or count > most:
        raise TrialTooLarge(place=area.name if area else "", slots=count, most=most)
    region = take_region(run=run, area=area, now=now, helpers_of=wide)
    if helper.pk not in region.snapshot.helper_ids:
        return WhyNot(("role",), None)
    slot, at = region.pair_ids.index(pair.pk), region.snapshot.helper_ids.index(helper.pk)
    broken = broken_rules(region.snapshot.facts, slot, at)
    if broken or region.present[slot] == at:
        return WhyNot(broken, None)
    return WhyNot((), _told(region, compare(region.snapshot.facts, region.present, forced=(slot, at))))


def opened(trial: Trial) -> int:
    """How many places would be open that are filled now."""
    return sum(1 for move in trial.difference.moves if move.new == OPEN)
