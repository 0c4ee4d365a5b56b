"""Visits at home follow the guardian's word: called off when it is withdrawn, owed anew when it is given again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from activities.models import Duty
from activities.services.duties import cancel_duties, owe_first_visit
from backend.outbox.services import publish
from backend.roster.events import ConsentWithdrawn
from backend.roster.models import Consent
from backend.roster.selectors import children_taken_back, has_taken_back
from backend.roster.services.care import plan_visit
from matching.models import Pairing

if TYPE_CHECKING:
    from datetime import datetime


def stop_visits_of(*, child_id: int, now: datetime) -> int:
    """
    Cancel the visits ahead of a child whose guardian no longer agrees to them, and close its address to who would have
    come; answers how many. Two classmates who meet at school visit nobody.
    """
    if not has_taken_back(child_id, Consent.Purpose.VISITS):
        return 0
    with transaction.atomic():
        visits = Duty.objects.filter(child_id=child_id, kind=Duty.Kind.FIRST_VISIT)
        stopped = cancel_duties(visits.select_related("pairing"), now)
        for duty in stopped:
            plan_visit(source_id=duty.pairing.public_id, visit_date=None)
    return len(stopped)


def stop_unwanted_visits(*, now: datetime) -> int:
    """
    Call off what is still planned though its consent was withdrawn, as before withdrawing stopped anything, and have
    it told like any other withdrawal; answers of how many children. Nothing is left to do the second time.
    """
    unwanted = Duty.objects.filter(
        kind=Duty.Kind.FIRST_VISIT, state=Duty.State.OPEN, child__in=children_taken_back(Consent.Purpose.VISITS)
    )
    children = unwanted.order_by("child_id").values_list("child_id", flat=True).distinct()
    return sum(_stop_and_tell(child_id, now) for child_id in children)


def _stop_and_tell(child_id: int, now: datetime) -> bool:
    with transaction.atomic():
        stopped = stop_visits_of(child_id=child_id, now=now)
        if stopped:
            publish(ConsentWithdrawn(child_id=child_id, purpose=Consent.Purpose.VISITS.value))
    return stopped > 0


def owe_visits_again(*, child_id: int, now: datetime) -> int:
    """What was not visited yet is owed anew, now that the guardian agrees again; answers how many visits."""
    waiting = Pairing.objects.filter(child_id=child_id, state=Pairing.State.ACTIVE, leader=None)
    waiting = waiting.exclude(duties__state__in=(Duty.State.OPEN, Duty.State.DONE)).order_by("pk")
    return sum(owe_first_visit(pairing=one, accepted_at=now) is not None for one in waiting)
