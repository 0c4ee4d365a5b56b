"""What-if: a change tried out on one part of a draft; nothing of the draft is touched."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.db import transaction

from backend.accounts.models import Role
from backend.jobs.services import enqueue
from backend.kernel.errors import DomainError
from backend.kernel.solving import SolveLimits, SolveStatus
from backend.roster.access import helpers_visible_to, reader_in_role
from backend.roster.models import Area
from matching.core.changes import Another, CapTo, Change, Cleared, KindTo, LimitBy, Without, WomanFor
from matching.core.facts import BadFacts, Reach, SexRule, Weights
from matching.core.whatif import OPEN, QUICK, Difference, compare
from matching.models import ProposedPair, Trial
from matching.selectors import pairs_visible_to, people_for_place
from matching.services.forcing import force
from matching.services.queueing import LONG, memory_mb, queue_of_slots
from matching.translation.region import Region, take_region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from backend.roster.access import Reader
    from backend.roster.models import Helper
    from matching.models import MatchingRun, Scheme
    from matching.services.queueing import SolveQueue

MOST_AT_ONCE = 500
MOST_QUEUED = 10
_FORGOTTEN = timedelta(hours=1)
PATIENT = SolveLimits(seconds=60.0, memory_mb=1024, workers=1)
SOMEBODY_MORE = 0
"""Stands where a row id would, for the helper who was only supposed."""
KINDS = ("LIMIT", "SCHEME_LIMIT", "PLACE", "WOMAN", "CLEARED", "WITHOUT", "ANOTHER", "PAIR")
_OF_RULES = frozenset({"SCHEME_LIMIT", "PLACE", "WOMAN"})
_GATE = Lock()


class TrialBusy(DomainError):
    """Somebody else tries something out at this moment; one at a time keeps the pages quick for everybody."""

    code = "trial.busy"
    status = 429
    message = "Somebody else is trying something out right now; try again in a few seconds."


class TooManyTrials(DomainError):
    code = "trial.queue_full"
    status = 429
    message = "%(waiting)s trials are waiting already; look at their answers first."


class TrialWrong(DomainError):
    code = "trial.wrong"
    status = 400
    message = "%(what)s: there is no such thing in this draft."


@dataclass(frozen=True)
class Wish:
    """
    One change as people say it.

    Args:
        kind: one of `KINDS`: LIMIT (people, more), SCHEME_LIMIT (scheme, limit), PLACE (scheme, place, said), WOMAN
            (scheme, is_asked), CLEARED, WITHOUT (people), ANOTHER (people[0]) or PAIR (people[0] on the place `pair`,
            alone).
        people: helpers' public ids; scheme: a scheme's public id; place: a place's key.
        pair: a proposed pair's public id.
        said: new values of a place: reach, radius_m, sex_rule, weights.
        is_asked: whether a woman must hold one of a girl's places.
    """

    kind: str
    people: list[str] = field(default_factory=list)
    more: int = 1
    scheme: str = ""
    place: str = ""
    pair: str = ""
    limit: int | None = None
    said: dict[str, Any] = field(default_factory=dict)
    is_asked: bool = False


def try_out(
    *, run: MatchingRun, area: Area, wishes: Sequence[Wish], actor: Any, reader: Reader, now: datetime
) -> Trial:
    """
    Solve one part of a run's drafts again after some changes, keeping what it can.

    At most `MOST_AT_ONCE` places are solved while somebody waits; a larger part goes into the queue of runs.

    Raises:
        NotAllowed: schools try nothing, since a trial speaks of a whole township; a reach over the county is the
            county's to try.
        TrialWrong: a wish names somebody or something that is not there.
        TrialBusy, TooManyTrials: see there.
    """
    reader.may(Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR)
    if any(wish.said.get("reach") == "COUNTY" for wish in wishes):
        reader.may(Role.COUNTY_COORDINATOR)
    slots = ProposedPair.objects.filter(proposal__run=run, child__village__code__startswith=area.code).count()
    trial = Trial(run=run, area=area, wishes=[asdict(wish) for wish in wishes], slots=slots, requested_by=actor,
                  requested_role=str(reader.role or ""),
                  created_at=now)  # fmt: skip
    if slots <= MOST_AT_ONCE:
        with one_at_a_time():
            trial.result = _solved(run, area, wishes, reader, now, QUICK)
        trial.state, trial.finished_at = Trial.State.DONE, now
        trial.save()
        return trial
    _check_wishes(run, wishes, reader)
    return _queued(trial, now)


def _queued(trial: Trial, now: datetime) -> Trial:
    with transaction.atomic():
        # Held, so that of two who queue at once the second counts the first.
        Area.objects.select_for_update().get(pk=trial.run.scheme.county_id)
        # One whose process died stays queued for ever: after an hour it keeps nobody out any more.
        recent = Trial.objects.filter(state=Trial.State.QUEUED, created_at__gt=now - _FORGOTTEN)
        waiting = recent.filter(run__scheme__county=trial.run.scheme.county).count()
        if waiting >= MOST_QUEUED:
            raise TooManyTrials(waiting=waiting)
        trial.save()
        queue = queue_of_slots(trial.slots)
        enqueue("matching.tasks.solve_trial", queue=queue, arguments={"trial_id": trial.pk}, now=now)
    return trial


def solve_trial(*, trial_id: int, now: datetime, queue: SolveQueue = LONG) -> None:
    """Solve a queued trial; one that is answered already is left alone."""
    trial = Trial.objects.select_related("run__scheme__county", "area", "requested_by").get(pk=trial_id)
    wishes = [Wish(**said) for said in trial.wishes]
    reader = reader_in_role(trial.requested_by, trial.requested_role, now)
    limits = replace(PATIENT, memory_mb=min(PATIENT.memory_mb, memory_mb(queue)))
    try:
        answer: dict[str, Any] = {
            "state": Trial.State.DONE,
            "result": _solved(trial.run, trial.area, wishes, reader, now, limits),
        }
    except DomainError as error:
        answer = {"state": Trial.State.FAILED, "problem": error.code}
    Trial.objects.filter(pk=trial_id, state=Trial.State.QUEUED).update(finished_at=now, **answer)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one solve at a time into a web process; raises TrialBusy."""
    if not _GATE.acquire(blocking=False):
        raise TrialBusy
    try:
        yield
    finally:
        _GATE.release()


def _check_wishes(run: MatchingRun, wishes: Sequence[Wish], reader: Reader) -> None:
    """Say at once what a queued trial would stumble over; who is in reach is only known when it is solved."""
    schemes = {scheme.public_id: scheme for scheme in run.schemes}
    for wish in wishes:
        if wish.kind == "PAIR":
            _pair_of(run, wish, wishes, reader)
            continue
        known = set(helpers_visible_to(reader).filter(public_id__in=wish.people).values_list("public_id", flat=True))
        if set(wish.people) - known:
            raise TrialWrong(what="people")
        if wish.kind in _OF_RULES and wish.scheme not in schemes:
            raise TrialWrong(what="scheme")
        if wish.kind == "PLACE":
            _core_values(wish.said)


def _solved(
    run: MatchingRun, area: Area, wishes: Sequence[Wish], reader: Reader, now: datetime, limits: SolveLimits
) -> dict[str, Any]:
    # Drafts give places to people of other townships too; without them those places would look open.
    region = take_region(run=run, area=area, now=now, helpers_of=run.scheme.county)
    if any(wish.kind == "PAIR" for wish in wishes):
        return _solved_with_pair(region, *_pair_of(run, wishes[0], wishes, reader), limits)
    changes = [_change(region, wish, reader) for wish in wishes]
    return told_difference(region, compare(region.snapshot.facts, region.present, changes, limits=limits))


def _pair_of(run: MatchingRun, wish: Wish, wishes: Sequence[Wish], reader: Reader) -> tuple[ProposedPair, Helper]:
    """The place and whom somebody wishes there; wished together with something else it would have no plain answer."""
    pair = pairs_visible_to(reader).filter(proposal__run=run, public_id=wish.pair).first()
    if pair is None or len(wishes) > 1:
        raise TrialWrong(what="pair")
    people = people_for_place(reader, pair.slot.rule).filter(public_id__in=wish.people[:1])
    helper = people.order_by("pk").first()
    if helper is None:
        raise TrialWrong(what="people")
    return pair, helper


def _solved_with_pair(region: Region, pair: ProposedPair, helper: Helper, limits: SolveLimits) -> dict[str, Any]:
    """What having the pair would change; the rules that forbid it, where some do."""
    if pair.pk not in region.pair_ids:
        raise TrialWrong(what="pair")
    forced = force(region, pair, helper, limits=limits)
    if forced.difference is not None:
        return told_difference(region, forced.difference)
    forbidden = [{"rule": rule, "pairs": [pair.pk], "helpers": [helper.pk]} for rule in forced.rules]
    nothing = Difference(SolveStatus.INVALID, {}, (0, 0), (0, 0), (0, 0), (), {})
    return told_difference(region, nothing) | {"forbidden": forbidden}


def told_difference(region: Region, difference: Difference) -> dict[str, Any]:
    """A difference in row ids, as a trial keeps it."""
    ids = region.snapshot.helper_ids

    def person(at: int) -> int | None:
        return None if at == OPEN else ids[at] if at < len(ids) else SOMEBODY_MORE

    return {
        "status": str(difference.status),
        "conflicts": [
            {
                "rule": one.rule,
                "pairs": [region.pair_ids[slot] for slot in one.slots],
                "helpers": [person(helper) for helper in one.helpers],
            }
            for one in difference.conflicts
        ],
        "filled": {str(level): list(counts) for level, counts in difference.filled.items()},
        "complete": list(difference.complete),
        "fit": list(difference.fit),
        "squares": list(difference.squares),
        "moves": [[region.pair_ids[move.slot], person(move.old), person(move.new)] for move in difference.moves],
    }


def _change(region: Region, wish: Wish, reader: Reader) -> Change:
    if wish.kind in _OF_RULES:
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
    if wish.kind == "WOMAN":
        return WomanFor(scheme, is_asked=wish.is_asked)
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
