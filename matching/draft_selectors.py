"""Reads about drafts under review, freed places and what happened to a pairing, starting from who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, When
from django.utils import timezone

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.access import (
    areas_visible_to,
    children_visible_to,
    helpers_visible_to,
    organisations_visible_to,
)
from backend.roster.models import Exclusion, Helper
from backend.roster.selectors import live_clearances
from matching.models import Objection, Offer, OfferQuestion, Pairing, StandIn, Vacancy
from matching.models.pairings import OPEN_STATES
from matching.selectors import (
    offers_visible_to,
    pairings_visible_to,
    pairs_visible_to,
    proposals_visible_to,
    questions_visible_to,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from matching.models import Proposal, ProposedPair

_LIFE = (
    "offer.accepted", "pairing.suspended", "pairing.resumed", "pairing.ended", "pairing.stand_in_planned",
    "pairing.stand_in_began", "pairing.stand_in_over", "pairing.stand_in_cancelled", "pairing.handed_over",
    "pairing.renewed",
)  # fmt: skip


def vacancies_visible_to(reader: Reader) -> QuerySet[Any]:
    """Places that became free, of children in scope, each with `is_half`: somebody looks after the child already."""
    if not reader.is_coordinator:
        return Vacancy.objects.none()
    stands = Pairing.objects.filter(
        child=OuterRef("slot__child"), slot__rule__scheme=OuterRef("slot__rule__scheme"), state__in=OPEN_STATES
    )
    rows = Vacancy.objects.filter(slot__child__in=children_visible_to(reader))
    return rows.annotate(is_half=Exists(stands)).select_related(
        "slot__rule__scheme__term", "slot__child__village__parent", "slot__child__school", "pair__helper__unit",
        "pair__certificate__proposal__scheme", "pair__proposal",
    )  # fmt: skip


def objections_visible_to(reader: Reader) -> QuerySet[Objection]:
    """Objections to pairs of children in scope."""
    # Not by the pairs in scope: a county's drafts of a year hold hundreds of thousands.
    rows = Objection.objects.filter(pair__proposal__in=proposals_visible_to(reader).select_related(None))
    if reader.role != Role.COUNTY_COORDINATOR:
        rows = rows.filter(pair__child__in=children_visible_to(reader))
    return rows.select_related(
        "pair__slot__rule", "pair__proposal", "pair__child__village__parent", "pair__child__school", "pair__helper",
        "raised_by", "decided_by",
    )  # fmt: skip


def reviews_visible_to(reader: Reader, proposal: Proposal) -> QuerySet[Any]:
    """Who has looked through a draft: townships and schools of the reader's own part of it."""
    mine = Q(organisation__in=organisations_visible_to(reader))
    if reader.role != Role.SCHOOL_COORDINATOR:
        mine |= Q(area__in=areas_visible_to(reader))
    return proposal.reviews.filter(mine)


@dataclass(frozen=True)
class ReviewPart:
    """One township's or school's part of a draft."""

    kind: str
    id: str
    name: str
    places: int
    objections: int
    reviewed_by: str
    reviewed_at: Any


def review_parts(reader: Reader, proposal: Proposal) -> list[ReviewPart]:
    """
    The parts of a draft: every township, and every school that has looked through it or objects or whose
    coordinator is asking. Those with objections come first, then those that have not answered.
    """
    pairs = pairs_visible_to(reader).select_related(None).order_by().filter(proposal=proposal)
    reviews = reviews_visible_to(reader, proposal).select_related("area", "organisation", "reviewed_by")
    by_area = {row.area_id: row for row in reviews if row.area_id}
    by_school = {row.organisation_id: row for row in reviews if row.organisation_id}
    parts = [
        _part("TOWNSHIP", row, by_area.get(row[0]))
        for row in _counted(pairs, "child__village__parent")
        if reader.role != Role.SCHOOL_COORDINATOR
    ]
    mine = set(reader.organisation_ids)
    parts += [
        _part("SCHOOL", row, by_school.get(row[0]))
        for row in _counted(pairs.exclude(child__school=None), "child__school")
        if row[0] in by_school or row[4] or row[0] in mine
    ]
    return sorted(parts, key=lambda part: (-part.objections, part.reviewed_at is not None, part.kind, part.name))


def _counted(pairs: QuerySet[ProposedPair], place: str) -> list[Any]:
    """(row id, public id, name, places, open objections) of each place."""
    objected = Count("objections", filter=Q(objections__state=Objection.State.OPEN), distinct=True)
    rows = pairs.values(f"{place}_id", f"{place}__public_id", f"{place}__name")
    counted = rows.annotate(n=Count("pk", distinct=True), objected=objected)
    return list(counted.values_list(f"{place}_id", f"{place}__public_id", f"{place}__name", "n", "objected"))


def _part(kind: str, row: Any, review: Any) -> ReviewPart:
    who = review.reviewed_by.display_name if review else ""
    return ReviewPart(kind, row[1], row[2], row[3], row[4], who, review.reviewed_at if review else None)


@dataclass(frozen=True)
class WavePart:
    """
    A school or township whose part of a draft may go out on its own.

    Args:
        places: with somebody in them. left: of those, nobody has been asked for, and nothing fills them.
    """

    kind: str
    row_id: int
    id: str
    name: str
    places: int
    left: int


def wave_parts(reader: Reader, proposal: Proposal) -> list[WavePart]:
    """The townships, then the schools, a draft has people for, in the reader's scope; by name."""
    pairs = pairs_visible_to(reader).select_related(None).order_by().filter(proposal=proposal, helper__isnull=False)
    asked, stands = _asked_of(proposal), Pairing.objects.filter(state__in=OPEN_STATES)
    waits = ~Q(slot__in=asked.values("slot")) & ~Q(slot__in=stands.values("slot"))
    found: list[WavePart] = []
    for kind, place in (("TOWNSHIP", "child__village__parent"), ("SCHOOL", "child__school")):
        rows = pairs.exclude(**{place: None}).values_list(f"{place}_id", f"{place}__public_id", f"{place}__name")
        counted = rows.annotate(n=Count("pk"), left=Count("pk", filter=waits)).order_by(f"{place}__name", f"{place}_id")
        found += [WavePart(kind, *row) for row in counted]
    return found


def _asked_of(proposal: Proposal) -> QuerySet[Offer]:
    """Offers that keep a place of a draft from being sent: its own, and those of others that wait for an answer."""
    return Offer.objects.filter(Q(proposal=proposal) | Q(state=Offer.State.SENT))


def places_to_send(reader: Reader, proposal: Proposal) -> QuerySet[ProposedPair]:
    """Places of a draft with somebody in them whom nobody has asked yet, and which nothing fills meanwhile."""
    asked, stands = _asked_of(proposal), Pairing.objects.filter(state__in=OPEN_STATES)
    places = pairs_visible_to(reader).select_related(None).order_by().filter(proposal=proposal, helper__isnull=False)
    return places.exclude(slot__in=asked.values("slot")).exclude(slot__in=stands.values("slot"))


def people_to_take_over(reader: Reader, pairing: Pairing, *, q: str, now: datetime) -> QuerySet[Any]:
    """
    Whom a coordinator may choose to stand in for or take over a pairing: in scope, in office, cleared today, of a role
    of the place, and nothing known against it. The same unit first, then the same township, by name; each with how many
    places they hold (`held`) and how many more they were asked for and may still take (`asked`).
    """
    today = timezone.localdate(now)
    rule = pairing.slot.rule
    roles = [Role.TEACHER] if pairing.leader_id is not None else rule.roles
    cleared = live_clearances().filter(issued_date__lte=today, expires_date__gte=today)
    people = helpers_visible_to(reader).filter(
        state=Helper.State.ACTIVE, roles__role__in=roles, pk__in=cleared.values("helper_id")
    )
    people = people.exclude(pk__in=[pairing.helper_id, pairing.answering_id])
    people = people.exclude(pk__in=Exclusion.objects.filter(child_id=pairing.child_id).values("helper_id"))
    taken = Pairing.objects.filter(child_id=pairing.child_id, state__in=OPEN_STATES)
    people = people.exclude(pk__in=taken.values("helper_id"))
    if q:
        people = people.filter(name_search__contains=q.lower())
    own = pairing.leader or pairing.helper
    near = Case(
        When(unit_id__isnull=False, unit_id=own.unit_id or 0, then=0),
        When(township_id=own.township_id, then=1),
        default=2,
    )
    held = Count("pairings", filter=Q(pairings__state__in=OPEN_STATES), distinct=True)
    is_open = Q(offers__state=Offer.State.SENT, offers__expires_at__gt=now)
    asked = Count("offers", filter=is_open, distinct=True)
    people = people.annotate(near=near, held=held, asked=asked).select_related("unit", "township")
    return people.order_by("near", "name_sort", "pk")


def stand_ins_of(pairing: Pairing) -> QuerySet[StandIn]:
    """Who stood or will stand in, the latest first."""
    return StandIn.objects.filter(pairing=pairing).select_related("helper__unit").order_by("-from_date", "-pk")


def stand_ins_for(helper_id: int) -> QuerySet[StandIn]:
    """Who looks after this helper's children at present, the soonest over first."""
    own = Q(pairing__leader=helper_id) | Q(pairing__leader=None, pairing__helper=helper_id)
    running = StandIn.objects.filter(own, state=StandIn.State.RUNNING)
    return running.select_related("helper", "pairing__slot__rule").order_by("until_date", "pk")


def with_stand_in_until(pairings: QuerySet[Pairing]) -> QuerySet[Pairing]:
    """Each with the last day of who stands in at present, `stand_in_until`; None where nobody does."""
    running = StandIn.objects.filter(pairing=OuterRef("pk"), state=StandIn.State.RUNNING)
    return pairings.annotate(stand_in_until=Subquery(running.values("until_date")[:1]))


def open_questions(reader: Reader) -> QuerySet[OfferQuestion]:
    """What people ask about offers of children in scope and nobody has answered, the oldest first."""
    return questions_visible_to(reader).filter(answered_at=None).order_by("asked_at", "pk")


def helper_history(reader: Reader, helper: Helper) -> list[tuple[datetime, str, Any]]:
    """
    (when, what, row) of everything a helper was asked, held and did in others' stead, the latest first. `what` is one
    of asked, answered, began, ended, stood_in; rows of children out of the reader's scope are left out.
    """
    mine = Q(helper=helper) | Q(leader=helper)
    rows: list[tuple[datetime, str, Any]] = []
    for offer in offers_visible_to(reader).filter(mine):
        rows.append((offer.sent_at, "asked", offer))
        if offer.answered_at and offer.state != "ACCEPTED":
            rows.append((offer.answered_at, "answered", offer))
    for pairing in pairings_visible_to(reader).filter(mine):
        rows.append((pairing.started_at, "began", pairing))
        rows += [(pairing.ended_at, "ended", pairing)] if pairing.ended_at else []
    stood = StandIn.objects.filter(helper=helper, pairing__child__in=children_visible_to(reader))
    rows += [(one.made_at, "stood_in", one) for one in stood.select_related("pairing__child", "pairing__slot__rule")]
    return sorted(rows, key=lambda row: row[0], reverse=True)


def pairing_history(pairing: Pairing) -> list[tuple[datetime, str, str, str]]:
    """(when, verb, who, reason) of everything that happened to a pairing, from its offer on, the earliest first."""
    mine = Q(subject_kind="matching.pairing", subject_id=pairing.public_id)
    mine |= Q(subject_kind="matching.offer", subject_id=pairing.offer.public_id)
    rows = AuditEntry.objects.filter(mine, verb__in=_LIFE).order_by("at", "pk")
    return list(rows.values_list("at", "verb", "actor_name", "reason"))
