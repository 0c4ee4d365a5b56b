"""
Offering freed places on: what became free is gathered per scheme, repaired in one go, and offered or suggested.

A fact only notes the vacancy and queues a job; the job solves with no transaction open. Whoever was asked for a child
before is not asked again and a place is offered by itself a few times at most, so that a repair comes to an end.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from backend.audit.services import record
from backend.jobs.services import enqueue
from backend.kernel.errors import DomainError, InvalidMove, NotAllowed
from backend.outbox.services import publish
from matching.events import ProposalPublished
from matching.models import MatchingRun, Offer, Pairing, Proposal, ProposedPair, Scheme, Slot, Vacancy
from matching.models.pairings import OPEN_STATES
from matching.models.repairs import OPEN_VACANCIES
from matching.selectors import targeted_children
from matching.services.proposals import (
    NothingToPublish,
    SlotsOffered,
    make_offers,
    may_publish,
    plan_pairs,
)
from matching.services.queueing import LONG, QUICK
from matching.services.runs import solve_run
from matching.translation import children_to_repair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from matching.services.queueing import SolveQueue

# Places freed within so many seconds are repaired together.
GATHER = timedelta(seconds=20)
# Repairs that look at one vacancy, and offers of one place that go out without a person.
MOST_ATTEMPTS = 5
MOST_ASKED = 5
_SECONDS = 30
_TRIES = 3


class NothingSuggested(DomainError):
    """Nobody is suggested for this place at the moment, or somebody was asked already."""

    code = "vacancy.nothing_suggested"
    message = "Nobody is suggested for this place any more; look at the list again."


# --- what became free -------------------------------------------------------------------------------------------


def note_vacancy(*, slot: Slot, cause: str, now: datetime) -> Vacancy | None:
    """
    Write down that a place is free again and have it repaired. Inside the caller's transaction; twice is once.

    Returns:
        None where the place is held again, or is owed to nobody any more.
    """
    if not _is_owed(slot, timezone.localdate(now)) or _is_held(slot.pk):
        return None
    fresh = Vacancy(slot=slot, cause=cause, freed_at=now)
    Vacancy.objects.bulk_create([fresh], ignore_conflicts=True)
    queue_repair(scheme_id=slot.rule.scheme_id, now=now)
    return Vacancy.objects.filter(slot=slot, state__in=OPEN_VACANCIES).first()


def _is_owed(slot: Slot, today: date) -> bool:
    scheme = slot.rule.scheme
    is_running = scheme.is_active and scheme.term.end_date >= today
    return is_running and targeted_children(scheme, today).filter(pk=slot.child_id).exists()


def _is_held(slot_id: int) -> bool:
    return (
        Pairing.objects.filter(slot_id=slot_id, state__in=OPEN_STATES).exists()
        or Offer.objects.filter(slot_id=slot_id, state=Offer.State.SENT).exists()
    )


def queue_repair(*, scheme_id: int, now: datetime, queue: SolveQueue = QUICK) -> None:
    """Have the freed places of a scheme repaired soon; one waiting job gathers them."""
    enqueue(
        "matching.tasks.repair_places",
        queue=queue,
        arguments={"scheme_id": scheme_id},
        unique_key=f"repair:{scheme_id}",
        due_at=now + GATHER,
        now=now,
    )


def queue_waiting_repairs(*, now: datetime) -> int:
    """Wake repairs whose job was lost or failed; answers how many schemes."""
    late = Vacancy.objects.filter(state=Vacancy.State.WAITING, freed_at__lte=now - 10 * GATHER)
    schemes = sorted(set(late.values_list("slot__rule__scheme_id", flat=True)))
    for scheme_id in schemes:
        queue_repair(scheme_id=scheme_id, now=now)
    return len(schemes)


def hurry_other_half(*, slot: Slot, now: datetime) -> int:
    """Somebody accepted: the child is half looked after now, and a suggestion for the other half need not wait."""
    scheme = slot.rule.scheme
    if scheme.offers_on != Scheme.OffersOn.HALVES:
        return 0
    mine = _open_of(scheme.pk).filter(slot__child_id=slot.child_id, state=Vacancy.State.FOUND)
    woken = mine.update(state=Vacancy.State.WAITING, attempts=0, version=F("version") + 1)
    if woken:
        queue_repair(scheme_id=scheme.pk, now=now)
    return woken


def close_vacancies(*, child_id: int, now: datetime) -> int:
    """A child who left, or may not be paired any more, is owed nobody."""
    rows = Vacancy.objects.filter(slot__child_id=child_id, state__in=OPEN_VACANCIES)
    return rows.update(state=Vacancy.State.CLOSED, settled_at=now, version=F("version") + 1)


def _open_of(scheme_id: int) -> QuerySet[Vacancy]:
    return Vacancy.objects.filter(slot__rule__scheme_id=scheme_id, state__in=OPEN_VACANCIES)


# --- the repair itself ------------------------------------------------------------------------------------------


def repair_places(
    *,
    scheme_id: int,
    job_id: str,
    clock: Callable[[], datetime],
    beat: Callable[[], None],
    queue: SolveQueue = QUICK,
) -> MatchingRun | None:
    """
    Repair every open vacancy of a scheme at once; answers the run, None where nothing waits.

    May run twice: the job's run is found again, solved at most once to its end, and settled by conditional updates.
    """
    run = _run_of(job_id)
    if run is None:
        try:
            run = _begin(scheme_id, job_id, clock())
        except IntegrityError:
            # A second worker on the same job was quicker.
            run = _run_of(job_id)
    if run is None:
        return None
    # Another worker, thought dead, may have ended this very run meanwhile.
    with suppress(InvalidMove):
        solve_run(run_id=run.pk, clock=clock, beat=beat, queue=queue)
    run = MatchingRun.objects.select_related("scheme").get(pk=run.pk)
    if run.state == MatchingRun.State.DONE:
        settle_repair(run=run, now=clock())
    elif run.stopped_by == "memory" and queue == QUICK:
        queue_repair(scheme_id=scheme_id, now=clock(), queue=LONG)
    else:
        _give_up_on_worn(run.scheme_id, run.problem)
    return run


def _run_of(job_id: str) -> MatchingRun | None:
    return MatchingRun.objects.filter(job_id=job_id, is_automatic=True).order_by("-pk").first()


def _begin(scheme_id: int, job_id: str, now: datetime) -> MatchingRun | None:
    """The run of this job over what is open and still owed."""
    scheme = Scheme.objects.select_related("term", "county").get(pk=scheme_id)
    with transaction.atomic():
        _drop_settled(scheme, now)
        _give_up_on_worn(scheme_id, "")
        if not _open_of(scheme_id).filter(state=Vacancy.State.WAITING).exists():
            return None
        if scheme.is_bundled:
            _note_partners(scheme, now)
        _open_of(scheme_id).filter(state=Vacancy.State.WAITING).update(attempts=F("attempts") + 1)
        run = MatchingRun.objects.create(
            scheme=scheme, area=scheme.county, mode=MatchingRun.Mode.REPAIR, is_automatic=True,
            seconds_limit=_SECONDS, job_id=job_id, created_at=now,
        )  # fmt: skip
        record(actor=None, verb="run.started", subject=run)
    return run


def _drop_settled(scheme: Scheme, now: datetime) -> None:
    """Close what is owed to nobody any more and what somebody holds by now."""
    free = children_to_repair(scheme, timezone.localdate(now))
    mine = _open_of(scheme.pk)
    held = Q(slot__in=Pairing.objects.filter(state__in=OPEN_STATES).values("slot"))
    held |= Q(slot__in=Offer.objects.filter(state=Offer.State.SENT).values("slot"))
    ids = list(mine.filter(held | ~Q(slot__child_id__in=free)).values_list("pk", flat=True))
    Vacancy.objects.filter(pk__in=ids, state__in=OPEN_VACANCIES).update(
        state=Vacancy.State.CLOSED, settled_at=now, version=F("version") + 1
    )


def _note_partners(scheme: Scheme, now: datetime) -> None:
    """Where places are filled all or none, the touched children's other free places are looked at too."""
    children = set(_open_of(scheme.pk).values_list("slot__child_id", flat=True))
    slots = Slot.objects.filter(rule__scheme=scheme, rule__is_required=True, child_id__in=children)
    taken = set(_open_of(scheme.pk).values_list("slot_id", flat=True))
    taken |= set(Pairing.objects.filter(slot__in=slots, state__in=OPEN_STATES).values_list("slot_id", flat=True))
    taken |= set(Offer.objects.filter(slot__in=slots, state=Offer.State.SENT).values_list("slot_id", flat=True))
    Vacancy.objects.bulk_create(
        [
            Vacancy(slot_id=pk, cause=Vacancy.Cause.PARTNER, freed_at=now)
            for pk in slots.exclude(pk__in=taken).order_by("pk").values_list("pk", flat=True)
        ],
        ignore_conflicts=True,
    )


def _give_up_on_worn(scheme_id: int, problem: str) -> None:
    """What was tried often enough without a result waits for a person."""
    worn = _open_of(scheme_id).filter(state=Vacancy.State.WAITING, attempts__gte=MOST_ATTEMPTS)
    with transaction.atomic():
        for vacancy in worn:
            if _move(vacancy, Vacancy.State.NOBODY, problem=problem[:200]):
                record(actor=None, verb="vacancy.given_up", subject=vacancy)


def settle_repair(*, run: MatchingRun, now: datetime) -> list[Offer]:
    """Write down whom the repair found for each place, and offer at once what the scheme offers by itself."""
    proposal = Proposal.objects.select_related("scheme", "run__area").get(run=run)
    pairs = {pair.slot_id: pair for pair in proposal.pairs.exclude(origin=ProposedPair.Origin.KEPT)}
    open_ones = _open_of(proposal.scheme_id).exclude(pair__proposal=proposal).filter(slot_id__in=pairs)
    with transaction.atomic():
        for vacancy in open_ones.select_related("slot").order_by("pk"):
            _write_down(vacancy, pairs[vacancy.slot_id])
    found = Vacancy.objects.filter(pair__proposal=proposal, state=Vacancy.State.FOUND).select_related("slot")
    mine = _go_alone(proposal.scheme, list(found))
    return _offer(proposal, {vacancy.pair_id for vacancy in mine}, actor=None, now=now) if mine else []


def _write_down(vacancy: Vacancy, pair: ProposedPair) -> None:
    state = Vacancy.State.FOUND if pair.helper_id is not None else Vacancy.State.NOBODY
    if _move(vacancy, state, pair=pair, problem=""):
        facts = {"helper": pair.helper.public_id} if pair.helper else {"certificate": pair.certificate_id}
        record(actor=None, verb=f"vacancy.{state.lower()}", subject=vacancy, after=facts)


def _move(vacancy: Vacancy, state: str, **columns: Any) -> bool:
    """Change a vacancy as it was read; False when somebody else did first."""
    same = Vacancy.objects.filter(pk=vacancy.pk, version=vacancy.version, state__in=OPEN_VACANCIES)
    return same.update(state=state, version=F("version") + 1, **columns) == 1


def _go_alone(scheme: Scheme, found: list[Vacancy]) -> list[Vacancy]:
    """Those offered without a person: as the scheme says, never too often, and a bundle's free halves together."""
    if scheme.offers_on == Scheme.OffersOn.SUGGEST:
        return []
    slots = [vacancy.slot_id for vacancy in found]
    asked = Counter(Offer.objects.filter(slot_id__in=slots).values_list("slot_id", flat=True))
    waits = {vacancy.slot.child_id for vacancy in found if asked[vacancy.slot_id] > MOST_ASKED}
    if scheme.offers_on == Scheme.OffersOn.HALVES:
        children = {vacancy.slot.child_id for vacancy in found}
        waits |= children - half_looked_after(scheme, children)
    return [vacancy for vacancy in found if vacancy.slot.child_id not in waits]


def half_looked_after(scheme: Scheme, children: Iterable[int]) -> set[int]:
    """Those of these children whom somebody looks after already in this scheme."""
    stands = Pairing.objects.filter(slot__rule__scheme=scheme, state__in=OPEN_STATES, child_id__in=list(children))
    return set(stands.values_list("child_id", flat=True))


def _offer(proposal: Proposal, pair_ids: set[int | None], *, actor: Any, now: datetime) -> list[Offer]:
    """Offer these pairs as far as they still may be; what broke or was taken meanwhile goes back to be repaired."""
    pairs = ProposedPair.objects.filter(pk__in=[pk for pk in pair_ids if pk is not None])
    offers: list[Offer] = []
    for _try in range(_TRIES):
        plan = plan_pairs(proposal=proposal, pairs=pairs, now=now)
        if not plan.to_offer:
            break
        try:
            with transaction.atomic():
                offers = _send(proposal, plan.to_offer, actor, now)
        except SlotsOffered:
            continue
        except NothingToPublish:
            pass
        break
    _put_back(pair_ids, proposal.scheme_id, now)
    return offers


def _send(proposal: Proposal, pairs: list[ProposedPair], actor: Any, now: datetime) -> list[Offer]:
    offers = make_offers(proposal, pairs, actor=actor, now=now)
    left = Vacancy.objects.filter(pair__proposal=proposal, state=Vacancy.State.FOUND).exists()
    state = Proposal.State.OPEN if left else Proposal.State.PUBLISHED
    Proposal.objects.filter(pk=proposal.pk, state=Proposal.State.OPEN).update(
        state=state, published_at=now, published_by=actor
    )
    record(actor=actor, verb="proposal.offered_on", subject=proposal, after={"offers": len(offers)})
    publish(ProposalPublished(proposal_id=proposal.pk, published_at=now.isoformat()))
    return offers


def _put_back(pair_ids: set[int | None], scheme_id: int, now: datetime) -> None:
    """What was to be offered and could not be is looked at again, or closed if somebody holds it by now."""
    with transaction.atomic():
        left = Vacancy.objects.filter(pair_id__in=pair_ids, state=Vacancy.State.FOUND)
        held = [vacancy.pk for vacancy in left if _is_held(vacancy.slot_id)]
        Vacancy.objects.filter(pk__in=held, state__in=OPEN_VACANCIES).update(
            state=Vacancy.State.CLOSED, settled_at=now, version=F("version") + 1
        )
        worn = left.filter(attempts__gte=MOST_ATTEMPTS)
        worn.update(state=Vacancy.State.NOBODY, version=F("version") + 1)
        if left.update(state=Vacancy.State.WAITING, version=F("version") + 1):
            queue_repair(scheme_id=scheme_id, now=now)


# --- what a coordinator does ------------------------------------------------------------------------------------


def accept_suggestions(*, vacancies: Iterable[Vacancy], actor: Any, reader: Reader, now: datetime) -> list[Offer]:
    """
    Ask the people suggested for these places.

    Raises:
        NotAllowed: the county has not switched publishing on for this reader.
        NothingSuggested: none of them has a suggestion any more, or none may be offered.
    """
    by_proposal: dict[int, set[int | None]] = {}
    ids = [vacancy.pk for vacancy in vacancies]
    for pair_id, proposal_id in _with_partners(ids).values_list("pair_id", "pair__proposal_id"):
        by_proposal.setdefault(proposal_id, set()).add(pair_id)
    if by_proposal and not may_publish(reader):
        raise NotAllowed
    offers: list[Offer] = []
    for proposal in Proposal.objects.filter(pk__in=by_proposal).select_related("scheme", "run__area").order_by("pk"):
        offers += _offer(proposal, by_proposal[proposal.pk], actor=actor, now=now)
    if not offers:
        raise NothingSuggested
    return offers


def _with_partners(ids: list[int]) -> QuerySet[Vacancy]:
    """Suggestions among these, and where places are filled all or none those of the child's other free places."""
    found = Vacancy.objects.filter(state=Vacancy.State.FOUND)
    bundled = Vacancy.objects.filter(pk__in=ids, slot__rule__scheme__is_bundled=True)
    together = Q(
        slot__child__in=bundled.values("slot__child"), slot__rule__scheme__in=bundled.values("slot__rule__scheme")
    )
    return found.filter(Q(pk__in=ids) | together)


def retry_vacancy(*, vacancy: Vacancy, actor: Any, now: datetime) -> None:
    """
    Look for somebody once more, after the ledger or a limit has changed.

    Raises:
        InvalidMove: somebody was asked meanwhile, or nobody is owed any more.
    """
    with transaction.atomic():
        if not _move(vacancy, Vacancy.State.WAITING, attempts=0):
            raise InvalidMove(state=Vacancy.objects.values_list("state", flat=True).get(pk=vacancy.pk))
        record(actor=actor, verb="vacancy.retried", subject=vacancy)
        queue_repair(scheme_id=vacancy.slot.rule.scheme_id, now=now)
