"""Townships and schools look through their part of a draft, object to single pairs, and the county decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from backend.accounts.models import Role
from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove, NotAllowed
from backend.roster.models import Area, Exclusion
from backend.roster.services.pair_wishes import exclude_pair
from matching.models import Objection, Proposal, ProposedPair, Review
from matching.selectors import settled
from matching.services.claiming import OBJECTED, hold_draft, touch_draft
from matching.services.hand_edits import empty_place

if TYPE_CHECKING:
    from datetime import datetime

    from backend.roster.access import Reader

REVIEWERS = frozenset({Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR})


class NothingToObjectTo(DomainError):
    """The place is open, or stands already and is no suggestion of this draft."""

    code = "objection.nothing_to_object_to"
    message = "Nobody new is proposed for this place, so there is nothing to object to."


class ObjectionStands(DomainError):
    """Somebody objected to this pair already and the county has not decided."""

    code = "objection.stands"
    message = "Somebody has objected to this pair already; the county has not decided yet."


@dataclass(frozen=True)
class Part:
    """The part of a draft one reader answers for: a township or a school."""

    area_id: int | None
    organisation_id: int | None


def parts_of(reader: Reader) -> list[Part]:
    """The reader's own parts; the county reviews nothing, it publishes."""
    if reader.role == Role.TOWNSHIP_COORDINATOR:
        areas = Area.objects.filter(code__in=reader.area_codes).order_by("code")
        return [Part(pk, None) for pk in areas.values_list("pk", flat=True)]
    if reader.role == Role.SCHOOL_COORDINATOR:
        return [Part(None, pk) for pk in sorted(reader.organisation_ids)]
    return []


def review_proposal(*, proposal: Proposal, actor: Any, reader: Reader, now: datetime) -> int:
    """
    Say that one has looked through one's part of an open draft; saying it again renews the time.

    Returns:
        How many parts were marked.

    Raises:
        NotAllowed: only townships and schools review.
        InvalidMove: published or superseded already.
    """
    parts = parts_of(reader)
    if not parts:
        raise NotAllowed
    with transaction.atomic():
        _check_open(proposal)
        for part in parts:
            which: dict[str, Any] = {"area_id": part.area_id, "organisation_id": part.organisation_id}
            facts = {"reviewed_by": actor, "reviewed_at": now}
            Review.objects.update_or_create(proposal=proposal, **which, defaults=facts)
        record(actor=actor, verb="proposal.reviewed", subject=proposal, after={"parts": len(parts)})
    return len(parts)


def _check_open(proposal: Proposal) -> None:
    state = Proposal.objects.values_list("state", flat=True).get(pk=proposal.pk)
    if state != Proposal.State.OPEN:
        raise InvalidMove(state=state)


def object_to_pair(*, pair: ProposedPair, reason: str, actor: Any, reader: Reader, now: datetime) -> Objection:
    """
    Object to one proposed pair of one's own scope; it is not offered until the county has decided.

    Raises:
        NotAllowed: only townships and schools object; the county changes the pair itself.
        InvalidMove: the draft is published or superseded already.
        NothingToObjectTo, ObjectionStands: see there.
    """
    if reader.role not in REVIEWERS:
        raise NotAllowed
    try:
        with transaction.atomic():
            hold_draft(pair.proposal_id, changes=0)
            if not ProposedPair.objects.filter(~settled(), pk=pair.pk, helper__isnull=False).exists():
                raise NothingToObjectTo
            objection = Objection.objects.create(pair=pair, reason=reason[:200], raised_by=actor, raised_at=now)
            record(actor=actor, verb="pair.objected_to", subject=pair, reason=reason)
    except IntegrityError as error:
        raise ObjectionStands from error
    return objection


def take_back_objection(*, objection: Objection, actor: Any, now: datetime) -> None:
    """
    Withdraw one's own objection.

    Raises:
        NotAllowed: somebody else raised it.
        InvalidMove: decided already.
    """
    if objection.raised_by_id != actor.pk:
        raise NotAllowed
    with transaction.atomic():
        _decide(objection, Objection.State.TAKEN_BACK, decided_by=actor, decided_at=now)
        record(actor=actor, verb="objection.taken_back", subject=objection)


def overrule_objection(*, objection: Objection, reason: str, actor: Any, reader: Reader, now: datetime) -> None:
    """
    Have the pair offered all the same; the reason stays beside it.

    Raises:
        NotAllowed: only the county decides.
        InvalidMove: decided already.
    """
    reader.may(Role.COUNTY_COORDINATOR)
    with transaction.atomic():
        _decide(objection, Objection.State.OVERRULED, decision=reason[:200], decided_by=actor, decided_at=now)
        record(actor=actor, verb="objection.overruled", subject=objection, reason=reason)


def uphold_objection(*, objection: Objection, actor: Any, reader: Reader, now: datetime) -> None:
    """
    Never pair the two: they are excluded, and the place in the draft is open for somebody else.

    Raises:
        NotAllowed: only the county decides.
        InvalidMove: decided already, or the draft is no longer open.
    """
    reader.may(Role.COUNTY_COORDINATOR)
    with transaction.atomic():
        _decide(objection, Objection.State.UPHELD, decided_by=actor, decided_at=now)
        pair = ProposedPair.objects.select_related("proposal", "child", "helper").get(pk=objection.pair_id)
        _check_open(pair.proposal)
        if pair.helper is not None:
            exclude_pair(child=pair.child, helper=pair.helper, reason=Exclusion.Reason.ASKED_NOT_TO.value, actor=actor)
            empty_place(pair=pair, version=pair.version, actor=actor, now=now, reason=objection.reason, verb=OBJECTED)
        record(actor=actor, verb="objection.upheld", subject=objection)


def _decide(objection: Objection, state: str, **columns: Any) -> None:
    touch_draft(objection.pair.proposal_id)  # the draft's row first, as every change by hand takes it
    open_one = Objection.objects.filter(pk=objection.pk, state=Objection.State.OPEN)
    if open_one.update(state=state, **columns) != 1:
        raise InvalidMove(state=Objection.objects.values_list("state", flat=True).get(pk=objection.pk))
