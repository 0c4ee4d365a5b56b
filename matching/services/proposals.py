"""Saving what a run found, and publishing it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q

from backend.accounts.models import Role
from backend.audit.services import record
from backend.jobs.statistics import look_again_after
from backend.kernel.errors import DomainError, InvalidMove, NotAllowed
from backend.outbox.services import publish
from backend.roster.access import children_visible_to, county_of
from backend.roster.bulk import Kept, insert, spread
from backend.roster.models import Consent, Exclusion, Helper
from matching.events import ProposalPublished
from matching.models import Certificate, Objection, Offer, Pairing, Proposal, ProposedPair, Vacancy
from matching.models.repairs import OPEN_VACANCIES
from matching.services.buddies import NO_LEADER, has_peers, leaders_of
from matching.services.deadlines import deadline_after
from matching.services.draft_words import draft_names
from matching.services.loads import hold, room_of
from matching.translation import broken_pairs, locked_by_hand

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from matching.draft_selectors import WavePart
    from matching.models import MatchingRun, Scheme
    from matching.translation import Answer, Snapshot


class NothingToPublish(DomainError):
    """Every pair stands, is offered already, or breaks a rule now."""

    code = "proposal.nothing_to_publish"
    message = "There is nobody to ask: every pair stands already, has been asked, or is no longer allowed."


# Nothing forbids this pair, but the child's other place cannot be offered with it.
OTHER_HALF = "other_half"
# A township or school objects, and the county has not decided.
OBJECTED = "objected"
_FEW = 500
_NOT_READ = ("id_number", "phone", "address")
"""Of a helper: what planning a county has no use for, and what takes seconds to decrypt nine thousand times."""


class SlotsOffered(DomainError):
    """Somebody else published some of these places a moment ago: how many, in which drafts."""

    code = "proposal.slots_offered"
    message = "%(count)s of these places were published a moment ago in %(named)s; look at the preview again."


def save_proposals(*, run: MatchingRun, snapshot: Snapshot, answer: Answer, now: datetime) -> list[Proposal]:
    """
    A new draft for each scheme of the run, with one row per place; older open drafts of the same scheme and area are
    superseded, repairs by repairs only. Inside the caller's transaction.
    """
    locked = [] if run.is_automatic else list(locked_by_hand(run).values_list("slot_id", "helper_id", "origin"))
    _supersede(run, snapshot.schemes)
    return [_save_proposal(run, snapshot, answer, at, locked, now) for at in range(len(snapshot.schemes))]


def _supersede(run: MatchingRun, schemes: Sequence[Scheme]) -> None:
    """Older drafts are taken by row id, as by hands that change several at once: nobody waits in a ring."""
    older = Proposal.objects.filter(
        scheme__in=schemes, run__area=run.area, run__is_automatic=run.is_automatic, state=Proposal.State.OPEN
    )
    held = list(older.select_for_update().order_by("pk").values_list("pk", flat=True))
    Proposal.objects.filter(pk__in=held).update(state=Proposal.State.SUPERSEDED)


def _save_proposal(
    run: MatchingRun,
    snapshot: Snapshot,
    answer: Answer,
    at: int,
    locked: Sequence[tuple[int, int | None, str]],
    now: datetime,
) -> Proposal:
    scheme = snapshot.schemes[at]
    number = (Proposal.objects.filter(scheme=scheme).aggregate(Max("number"))["number__max"] or 0) + 1
    proposal = Proposal.objects.create(run=run, scheme=scheme, number=number, created_at=now)
    certificates = {
        place: Certificate(proposal=proposal, **{name: value for name, value in fact.items() if name != "scheme"})
        for place, fact in enumerate(answer.certificates)
        if fact["scheme"] == at
    }
    Certificate.objects.bulk_create(certificates.values())
    mine = np.flatnonzero(snapshot.facts.slots.scheme == at).tolist()
    if mine:
        insert(spread(ProposedPair(proposal=proposal), _pair_columns(snapshot, answer, mine, certificates)), {})
    if locked:
        _carry_locks(proposal, locked)
    return proposal


def _carry_locks(proposal: Proposal, locked: Sequence[tuple[int, int | None, str]]) -> None:
    """
    What a person had locked and the run kept stays locked, and theirs where they had chosen it; what was kept along
    with it is free again.
    """
    stands = Pairing.objects.filter(state__in=("ACTIVE", "SUSPENDED")).values("slot")
    asked = Offer.objects.filter(state=Offer.State.SENT).values("slot")
    kept = ProposedPair.objects.filter(proposal=proposal, origin=ProposedPair.Origin.KEPT)
    drafted = list(kept.exclude(slot__in=stands).exclude(slot__in=asked).values_list("pk", "slot_id", "helper_id"))
    origins = {(slot, helper): origin for slot, helper, origin in locked}
    for origin in (ProposedPair.Origin.HAND, ProposedPair.Origin.SOLVER):
        again = [pk for pk, slot, helper in drafted if origins.get((slot, helper)) == origin]
        ProposedPair.objects.filter(pk__in=again).update(origin=origin)
    rest = [pk for pk, slot, helper in drafted if (slot, helper) not in origins]
    ProposedPair.objects.filter(pk__in=rest).update(origin=ProposedPair.Origin.SOLVER, is_locked=False)


def _pair_columns(
    snapshot: Snapshot, answer: Answer, mine: list[int], certificates: dict[int, Certificate]
) -> dict[str, list[Any]]:
    """What differs between the rows of a draft, for these places."""
    helpers = [answer.slot_helper[at] for at in mine]
    reasons_why_open = [answer.slot_certificate.get(at) for at in mine]
    is_held = [at in answer.held for at in mine]
    kept, solved = ProposedPair.Origin.KEPT.value, ProposedPair.Origin.SOLVER.value
    return {
        "slot_id": [snapshot.slot_ids[at] for at in mine],
        "child_id": [snapshot.child_ids[child] for child in snapshot.facts.slots.child[mine].tolist()],
        "helper_id": [snapshot.helper_ids[one] if one >= 0 else None for one in helpers],
        "origin": [kept if held else solved for held in is_held],
        "is_locked": is_held,
        "fit": [answer.fit[at] for at in mine],
        "reasons": Kept(answer.reasons[at] for at in mine),
        "alternatives": [answer.alternatives.get(at, []) for at in mine],
        "certificate_id": [None if one is None else certificates[one].pk for one in reasons_why_open],
    }


@dataclass
class PublishPlan:
    """
    What publishing would do now.

    Args:
        to_offer: pairs whose helper would be asked.
        standing: pairs that stand already; asked: places with an open offer, or published before.
        asked_elsewhere: number of another draft -> places of this one that wait for an answer to its offers.
        broken: (pair, rule code) of pairs that a change in the ledger has made impossible.
        leaders: pair's row id -> the teacher who is asked in a buddy's stead.
    """

    to_offer: list[ProposedPair] = field(default_factory=list)
    standing: int = 0
    asked: int = 0
    asked_elsewhere: Counter[int] = field(default_factory=Counter)
    open_slots: int = 0
    broken: list[tuple[ProposedPair, str]] = field(default_factory=list)
    leaders: dict[int, Helper] = field(default_factory=dict)

    @property
    def asked_people(self) -> list[Helper]:
        """Who is asked for each pair to be offered: the helper, or the teacher who leads a buddy."""
        asked = (self.leaders.get(pair.pk, pair.helper) for pair in self.to_offer)
        return [helper for helper in asked if helper is not None]

    @property
    def asked_of(self) -> list[tuple[int, int, bool]]:
        """Row ids of each pair to be offered and of who is asked, and whether as the leader of two classmates."""
        pairs = ((pair.pk, self.leaders.get(pair.pk, pair.helper)) for pair in self.to_offer)
        return [(pk, helper.pk, pk in self.leaders) for pk, helper in pairs if helper is not None]

    @property
    def without_address(self) -> int:
        """Pairs whose person has no mail address and gets a printed link."""
        return sum(1 for helper in self.asked_people if not helper.email)

    @property
    def people(self) -> int:
        return len({helper.pk for helper in self.asked_people})


@dataclass(frozen=True)
class Wave:
    """The part of a draft that goes out at once: one school's or one township's children, or everybody's."""

    school_id: int | None = None
    township_id: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.school_id is None and self.township_id is None

    def of(self, pairs: QuerySet[ProposedPair]) -> QuerySet[ProposedPair]:
        """The pairs whose child is of the part."""
        if self.school_id is not None:
            pairs = pairs.filter(child__school_id=self.school_id)
        if self.township_id is not None:
            pairs = pairs.filter(child__village__parent_id=self.township_id)
        return pairs


EVERYBODY = Wave()


def wave_of(parts: Iterable[WavePart], part_id: str | None) -> Wave | None:
    """The wave of one of these parts by its public id; everybody's without one, None for one that is not there."""
    if not part_id:
        return EVERYBODY
    chosen = next((part for part in parts if part.id == part_id), None)
    if chosen is None:
        return None
    return Wave(school_id=chosen.row_id) if chosen.kind == "SCHOOL" else Wave(township_id=chosen.row_id)


def plan_publication(
    *, proposal: Proposal, reader: Reader, now: datetime, wave: Wave = EVERYBODY
) -> PublishPlan:  # fmt: skip
    """
    Sort the reader's part of a proposal, or one wave of it, into what would be offered and what would not, judging
    every pair anew.
    """
    pairs = wave.of(ProposedPair.objects.filter(proposal=proposal))
    if reader.role != Role.COUNTY_COORDINATOR:
        pairs = pairs.filter(child__in=children_visible_to(reader))
    return plan_pairs(proposal=proposal, pairs=pairs, now=now)


def plan_pairs(*, proposal: Proposal, pairs: QuerySet[ProposedPair], now: datetime) -> PublishPlan:
    """Sort these pairs of a proposal as `plan_publication` does; for acts of the service, which no reader asks for."""
    taken = set(Pairing.objects.filter(state__in=("ACTIVE", "SUSPENDED")).values_list("slot_id", flat=True))
    elsewhere = _drafts_that_ask(Offer.objects.exclude(proposal=proposal))
    asked = set(Offer.objects.filter(proposal=proposal).values_list("slot_id", flat=True)) | set(elsewhere)
    plan = PublishPlan()
    wanted: list[ProposedPair] = []
    free: list[ProposedPair] = []
    rows = list(
        pairs.select_related(None).defer("alternatives").annotate(is_owed=F("slot__rule__is_required")).order_by("pk")
    )
    people = Helper.objects.defer(*_NOT_READ).in_bulk({pair.helper_id for pair in rows if pair.helper_id})
    for pair in rows:
        if pair.helper_id is not None:
            pair.helper = people[pair.helper_id]
        if pair.slot_id in taken:
            plan.standing += 1
        elif pair.slot_id in asked:
            plan.asked += 1
            plan.asked_elsewhere.update([elsewhere[pair.slot_id]] if pair.slot_id in elsewhere else [])
        elif pair.helper_id is None:
            plan.open_slots += 1
            free += [pair] if pair.is_owed else []
        else:
            wanted.append(pair)
    objected = dict.fromkeys(open_objections(proposal).values_list("pair_id", flat=True), OBJECTED)
    broken = broken_pairs(scheme=proposal.scheme, area=proposal.run.area, pairs=wanted, now=now)
    broken |= {pair.pk: OBJECTED for pair in wanted if pair.pk in objected and pair.pk not in broken}
    if has_peers(proposal.scheme):
        led = leaders_of(scheme=proposal.scheme, pairs=wanted, now=now)
        broken |= {pair.pk: NO_LEADER for pair in wanted if pair.pk not in led and pair.pk not in broken}
        teachers = Helper.objects.defer(*_NOT_READ).in_bulk(sorted(set(led.values())))
        plan.leaders = {pk: teachers[teacher] for pk, teacher in led.items()}
    if proposal.scheme.is_bundled:
        lost = {pair.child_id for pair in wanted if pair.pk in broken} | _left_half(proposal, free)
        broken = {pair.pk: OTHER_HALF for pair in wanted if pair.child_id in lost} | broken
    plan.to_offer = [pair for pair in wanted if pair.pk not in broken]
    plan.broken = [(pair, broken[pair.pk]) for pair in wanted if pair.pk in broken]
    return plan


def _drafts_that_ask(offers: QuerySet[Offer]) -> dict[int, int]:
    """Slot's row id -> number of the draft whose offer for it waits for an answer."""
    waiting = offers.filter(state=Offer.State.SENT)
    return dict(waiting.order_by().values_list("slot_id", "proposal__number"))


def _left_half(proposal: Proposal, free: list[ProposedPair]) -> set[int]:
    """Children with an open place in the draft, none of whose places stands: nobody is asked for half a bundle."""
    children = {pair.child_id for pair in free}
    mine = Q(child_id__in=children) if len(children) <= _FEW else Q()
    stands = Pairing.objects.filter(mine, slot__rule__scheme=proposal.scheme, state__in=("ACTIVE", "SUSPENDED"))
    asked = Offer.objects.filter(mine, slot__rule__scheme=proposal.scheme, state=Offer.State.SENT)
    return children - {*stands.values_list("child_id", flat=True), *asked.values_list("child_id", flat=True)}


def open_objections(proposal: Proposal) -> QuerySet[Objection]:
    """What townships and schools object to and the county has not decided."""
    return Objection.objects.filter(pair__proposal=proposal, state=Objection.State.OPEN)


def may_publish(reader: Reader) -> bool:
    """The county publishes; townships and schools do when the county has switched that on."""
    if reader.role == Role.COUNTY_COORDINATOR:
        return True
    county = county_of(reader)
    return reader.is_coordinator and county is not None and county.townships_may_publish


def publish_proposal(
    *,
    proposal: Proposal,
    actor: Any,
    reader: Reader,
    now: datetime,
    days: int | None = None,
    wave: Wave = EVERYBODY,
) -> list[Offer]:
    """
    Make an offer for every pair that may still be, and say so in the outbox.

    A county's publication closes the draft; a township's, and a single wave, leave it open for the rest.

    Args:
        wave: the school or township whose children's helpers are asked now; all of the reader's by default.
        days: until the offers lapse, 1 .. 7; the scheme's own number by default.

    Raises:
        NotAllowed: the county has not switched publishing on for this reader.
        InvalidMove: published or superseded already.
        NothingToPublish: no pair is left to ask.
    """
    if not may_publish(reader):
        raise NotAllowed
    plan = plan_publication(proposal=proposal, reader=reader, now=now, wave=wave)
    if not plan.to_offer:
        _check_open(proposal)
        raise NothingToPublish
    is_whole = reader.role == Role.COUNTY_COORDINATOR and wave.is_whole
    with transaction.atomic():
        _claim(proposal, actor, now, is_whole=is_whole)
        offers = make_offers(proposal, plan.to_offer, actor=actor, now=now, days=days)
        record(
            actor=actor,
            verb="proposal.published",
            subject=proposal,
            after={"offers": len(offers), "skipped": len(plan.to_offer) - len(offers)},
        )
        publish(ProposalPublished(proposal_id=proposal.pk, published_at=now.isoformat()))
        look_again_after(len(offers), now=now)
    return offers


def _check_open(proposal: Proposal) -> None:
    state = Proposal.objects.values_list("state", flat=True).get(pk=proposal.pk)
    if state != Proposal.State.OPEN:
        raise InvalidMove(state=state)


def _claim(proposal: Proposal, actor: Any, now: datetime, *, is_whole: bool) -> None:
    open_one = Proposal.objects.filter(pk=proposal.pk, state=Proposal.State.OPEN)
    state = Proposal.State.PUBLISHED if is_whole else Proposal.State.OPEN
    if open_one.update(state=state, published_at=now, published_by=actor) != 1:
        _check_open(proposal)


def make_offers(
    proposal: Proposal, pairs: list[ProposedPair], *, actor: Any, now: datetime, days: int | None = None
) -> list[Offer]:
    """
    Offer these pairs as far as they are still as they were planned and their helpers have room, and settle the
    vacancies they fill. Inside the caller's transaction.

    Raises:
        NothingToPublish: nobody has room.
        SlotsOffered: some of the places were offered by somebody else meanwhile; roll back and plan again.
    """
    pairs = _as_planned(proposal, pairs)
    try:
        with transaction.atomic():
            offers = _insert_offers(proposal, pairs, now, days or proposal.scheme.offer_days)
    except IntegrityError as error:
        # Whoever was faster may have published this very draft, or a wave of it.
        asked = _drafts_that_ask(Offer.objects.all())
        taken = [asked[pair.slot_id] for pair in pairs if pair.slot_id in asked]
        drafts = sorted(set(taken))
        named = draft_names(proposal.scheme, drafts)
        raise SlotsOffered(count=len(taken), drafts=drafts, named=named) from error
    slots = [offer.slot_id for offer in offers]
    for at in range(0, len(slots), _FEW):
        filled = Vacancy.objects.filter(slot_id__in=slots[at : at + _FEW], state__in=OPEN_VACANCIES)
        filled.update(state=Vacancy.State.OFFERED, settled_at=now, settled_by=actor, version=F("version") + 1)
    return offers


def _as_planned(proposal: Proposal, pairs: list[ProposedPair]) -> list[ProposedPair]:
    """
    The pairs nobody has touched since they were judged: changed by hand, objected to, excluded, or without consent by
    now. Whoever changes a draft by hand touches its row first, so holding it keeps the answer true until the commit.
    """
    Proposal.objects.select_for_update().get(pk=proposal.pk)
    drafted = ProposedPair.objects.filter(proposal=proposal)
    present = {pk: (version, helper) for pk, version, helper in drafted.values_list("pk", "version", "helper_id")}
    objected = set(
        Objection.objects.filter(pair__proposal=proposal, state=Objection.State.OPEN).values_list("pair_id", flat=True)
    )
    excluded = set(Exclusion.objects.filter(child__in=drafted.values("child_id")).values_list("child_id", "helper_id"))
    agreed = set(
        Consent.objects.filter(
            purpose=Consent.Purpose.MATCHING, withdrawn_at=None, child__in=drafted.values("child_id")
        ).values_list("child_id", flat=True)
    )
    moved = {
        pair.pk
        for pair in pairs
        if present.get(pair.pk) != (pair.version, pair.helper_id)
        or pair.pk in objected
        or (pair.child_id, pair.helper_id) in excluded
        or pair.child_id not in agreed
    }
    if not moved:
        return pairs
    if proposal.scheme.is_bundled:
        lost = {pair.child_id for pair in pairs if pair.pk in moved}
        return [pair for pair in pairs if pair.child_id not in lost]
    return [pair for pair in pairs if pair.pk not in moved]


def _with_room(proposal: Proposal, pairs: list[ProposedPair]) -> list[ProposedPair]:
    """
    The pairs whose helpers have places left at this moment. Where a child's places are filled all or none, a child
    whose one helper has none left is not offered to the other either.
    """
    room = room_of([pair.helper_id for pair in pairs if pair.helper_id is not None], proposal.scheme)
    together: dict[int, list[ProposedPair]] = {}
    for pair in pairs:
        together.setdefault(pair.child_id if proposal.scheme.is_bundled else pair.pk, []).append(pair)
    fitting: list[ProposedPair] = []
    for group in together.values():
        wanted = Counter(pair.helper_id for pair in group if pair.helper_id is not None)
        if all(room.get(helper, 0) >= count for helper, count in wanted.items()):
            room |= {helper: room[helper] - count for helper, count in wanted.items()}
            fitting += group
    return fitting


def _insert_offers(proposal: Proposal, pairs: list[ProposedPair], now: datetime, days: int) -> list[Offer]:
    fitting = _with_room(proposal, pairs)
    led: dict[int, int] = {}
    if has_peers(proposal.scheme):
        led = leaders_of(scheme=proposal.scheme, pairs=fitting, now=now)
        # Whoever was to lead a pair left while it was looked at: nobody is asked for it.
        fitting = [pair for pair in fitting if pair.pk in led]
    if not fitting:
        raise NothingToPublish
    hold(Counter(pair.helper_id for pair in fitting if pair.helper_id is not None), proposal.scheme)
    ends_at = deadline_after(now, days=days)
    return Offer.objects.bulk_create(
        [
            Offer(
                slot_id=pair.slot_id,
                child_id=pair.child_id,
                helper_id=pair.helper_id,
                leader_id=led.get(pair.pk),
                proposal=proposal,
                sent_at=now,
                expires_at=ends_at,
                reasons=pair.reasons,
            )
            for pair in fitting
            if pair.helper_id is not None
        ],
        batch_size=1000,
    )
