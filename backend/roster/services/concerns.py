"""
强制报告: somebody who looks after a child saw something that must be reported. It always goes through, is told again
until somebody takes it up and again until what was done is written down, and is never deleted.

Messages say only that there is a report and where; what it is stands on the page of those who answer for the place.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Least

from backend.audit.services import record
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.events import ConcernEscalated, ConcernRaised
from backend.roster.models import Area, Concern, ConcernStep, Helper, Organisation, Situation
from backend.vault.ids import new_public_id

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from backend.roster.models import Child

State, Kind = Concern.State, ConcernStep.Kind
LONGEST_NOTE = 2000
SHORTEST_RESULT = 4
# A device keeps a report that could not be sent for so long; an older time on it is a wrong clock.
LONGEST_ON_DEVICE = timedelta(days=7)
FIRST_CALL, SECOND_CALL = timedelta(hours=2), timedelta(hours=24)
# However often it was called because nobody had it: whoever has it now is called for the result.
_FOR_A_RESULT = Least(F("rung"), 1)


class NoSituation(DomainError):
    code = "concern.no_situation"
    status = 400
    message = "Choose what you saw. Nothing else is needed."


class NobodyAnswers(DomainError):
    code = "concern.nobody_answers"
    message = "We do not know which township you belong to. Please call 110 or your coordinator at once."


class ResultMissing(DomainError):
    code = "concern.result_missing"
    status = 400
    message = "Write down what was done: at least %(characters)s characters."


class NoteTooLong(DomainError):
    code = "concern.note_too_long"
    status = 400
    message = "At most %(most)s characters."


def raise_concern(
    *, situation: str, child: Child | None, actor: Any, reader: Reader, now: datetime, key: str = "",
    pressed_at: datetime | None = None,
) -> Concern:  # fmt: skip
    """
    Write a report down, and tell township and county at once. Sent again under the same key it is the same report.

    Args:
        child: whom it is about, where the reporter said so.
        key: made by the device, at most 40 characters; "" for a report that is sent once.
        pressed_at: when the button was pressed, by the device's clock; now where that cannot be.

    Raises:
        NoSituation, NobodyAnswers: nothing was written.
    """
    if situation not in Situation.values:
        raise NoSituation
    area, organisation_id = _place_of(child, reader)
    if area is None:
        raise NobodyAnswers
    # The key is the reporter's own: nobody finds or blocks another person's report by guessing one.
    own_key = f"{actor.pk}:{key[:40]}" if key else new_public_id()
    said = {
        "situation": situation, "child": child, "area": area, "organisation_id": organisation_id, "reporter": actor,
        "reporter_name": actor.display_name, "raised_at": now, "pressed_at": _plausible(pressed_at, now),
    }  # fmt: skip
    with transaction.atomic():
        concern, is_new = Concern.objects.get_or_create(key=own_key, defaults=said)
        if is_new:
            _add(concern, Kind.RAISED, actor, now)
            after = {"situation": situation, "area": area.code}
            record(actor=actor, verb="concern.raised", subject=concern, after=after)
            publish(ConcernRaised(concern_id=concern.pk, area_id=area.pk, organisation_id=organisation_id))
    return concern


def _plausible(pressed_at: datetime | None, now: datetime) -> datetime:
    is_fine = pressed_at is not None and now - LONGEST_ON_DEVICE <= pressed_at <= now
    return pressed_at if is_fine and pressed_at is not None else now


def _place_of(child: Child | None, reader: Reader) -> tuple[Area | None, int | None]:
    """Who answers: the child's village and school, else the reporter's own place in the role they act in."""
    if child is not None:
        return child.village, child.school_id
    if reader.is_helper and reader.helper_id is not None:
        helper = Helper.objects.select_related("village", "township").get(pk=reader.helper_id)
        return helper.village or helper.township, helper.unit_id
    school = Organisation.objects.filter(pk__in=reader.organisation_ids).select_related("area").order_by("pk").first()
    if school is not None:
        return school.area, school.pk
    return Area.objects.filter(code__in=reader.area_codes).order_by("-code").first(), None


def concerns_visible_to(reader: Reader) -> QuerySet[Concern]:
    """Reports from the places and schools a coordinator answers for."""
    if not reader.is_coordinator:
        return Concern.objects.none()
    inside = Q(organisation__in=reader.organisation_ids)
    for code in reader.area_codes:
        inside |= Q(area__code__startswith=code)
    people = ("area__parent", "organisation", "taken_by", "child__village", "child__school", "child__school_class")
    return Concern.objects.filter(inside).select_related(*people)


def take_concern(*, concern: Concern, actor: Any, now: datetime) -> None:
    """
    Say that one has a report and acts on it.

    Raises:
        InvalidMove: somebody said so already; nothing was changed.
    """
    with transaction.atomic():
        mine = Concern.objects.filter(pk=concern.pk, state=State.OPEN)
        if mine.update(state=State.TAKEN, taken_by=actor, taken_at=now, rung=_FOR_A_RESULT) != 1:
            raise InvalidMove(state=State(_state(concern)).label)
        _add(concern, Kind.TAKEN, actor, now)
        record(actor=actor, verb="concern.received", subject=concern)


def note_concern(*, concern: Concern, note: str, actor: Any, now: datetime) -> None:
    """
    Add a line to a report's history, in whichever state it is. The audit says that, not what.

    Raises:
        ResultMissing, NoteTooLong
    """
    _check(note)
    with transaction.atomic():
        _add(concern, Kind.NOTED, actor, now, note)
        record(actor=actor, verb="concern.noted", subject=concern)


def close_concern(*, concern: Concern, note: str, actor: Any, now: datetime) -> None:
    """
    Write down what was done: who was told, where the child is now. Whoever closes an open report takes it up as well.

    Raises:
        ResultMissing, NoteTooLong. InvalidMove: closed already; nothing was changed.
    """
    _check(note)
    with transaction.atomic():
        Concern.objects.filter(pk=concern.pk, state=State.OPEN).update(
            state=State.TAKEN, taken_by=actor, taken_at=now, rung=_FOR_A_RESULT
        )
        if Concern.objects.filter(pk=concern.pk, state=State.TAKEN).update(state=State.CLOSED, closed_at=now) != 1:
            raise InvalidMove(state=State.CLOSED.label)
        _add(concern, Kind.CLOSED, actor, now, note)
        record(actor=actor, verb="concern.closed", subject=concern)


def escalate_concerns(*, now: datetime) -> int:
    """
    Tell again what waits too long: after two hours without anybody the county, after twenty-four hours everybody, and
    then each day as long as nobody has it. One that is taken up is told of once more after a day without a result.

    Returns:
        How many reports were told of again. Each call of a report is made once, however often this runs.
    """
    waiting = Concern.objects.exclude(state=State.CLOSED).filter(raised_at__lte=now - FIRST_CALL)
    return sum(_escalate(concern, now) for concern in waiting.order_by("raised_at", "pk"))


def rung_at(concern: Concern, now: datetime) -> int:
    """0: not yet; 1: two hours without anybody; 2: a day without a result; 3, 4, ...: more days without anybody."""
    waited = now - concern.raised_at
    if concern.state == State.CLOSED or waited < FIRST_CALL:
        return 0
    days = waited // SECOND_CALL
    if concern.state == State.TAKEN:
        return 2 if now >= _result_due(concern) else 0
    return 1 + days


def _result_due(concern: Concern) -> datetime:
    """A day after the report; of one that was taken up later than that, a day after it was."""
    taken_at = concern.taken_at or concern.raised_at
    is_late = taken_at - concern.raised_at >= SECOND_CALL
    return (taken_at if is_late else concern.raised_at) + SECOND_CALL


def _escalate(concern: Concern, now: datetime) -> bool:
    rung = rung_at(concern, now)
    if rung <= concern.rung:
        return False
    with transaction.atomic():
        # Claimed by the rung and the state it was read in: two workers call once, and who took it meanwhile is let be.
        mine = Concern.objects.filter(pk=concern.pk, rung=concern.rung, state=concern.state)
        if mine.update(rung=rung) != 1:
            return False
        _add(concern, Kind.ESCALATED, None, now)
        record(actor=None, verb="concern.escalated", subject=concern, after={"rung": rung})
        publish(
            ConcernEscalated(
                concern_id=concern.pk, area_id=concern.area_id, organisation_id=concern.organisation_id, rung=rung
            )
        )
    return True


def read_concern(*, concern: Concern, actor: Any) -> list[ConcernStep]:
    """A report's history, the earliest first; that somebody read it is noted."""
    record(actor=actor, verb="concern.read", subject=concern)
    return list(concern.steps.order_by("at", "pk"))


def people_in_concerns(kind: str, person_ids: list[int]) -> dict[int, str]:
    """Of these children those somebody reported about: their import is not undone."""
    if kind != "CHILDREN":
        return {}
    found = Concern.objects.filter(child_id__in=person_ids).values_list("child_id", flat=True)
    return {pk: "is in use" for pk in found if pk is not None}


def _check(note: str) -> None:
    if len(note.strip()) < SHORTEST_RESULT:
        raise ResultMissing(characters=SHORTEST_RESULT)
    if len(note) > LONGEST_NOTE:
        raise NoteTooLong(most=LONGEST_NOTE)


def _add(concern: Concern, kind: str, actor: Any, now: datetime, note: str = "") -> None:
    name = actor.display_name if actor is not None else ""
    ConcernStep.objects.create(concern=concern, kind=kind, at=now, by=actor, by_name=name, note=note.strip())


def _state(concern: Concern) -> str:
    return Concern.objects.values_list("state", flat=True).get(pk=concern.pk)
