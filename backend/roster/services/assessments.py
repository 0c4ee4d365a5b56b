"""
Assessments: dated, signed judgements; the latest decides the child's levels.

Raising a level counts at once. Lowering one waits until the second person, whom the first names, says yes from a
login of their own; until then the old level stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from backend.audit.services import record
from backend.kernel.errors import DomainError, NotAllowed
from backend.roster.access import children_visible_to
from backend.roster.models import Assessment, Child, PendingAssessment
from backend.roster.models.assessment import ASPECTS, need_level_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader

State = PendingAssessment.State


class LowerNeedsSecond(DomainError):
    code = "assessment.needs_second"
    status = 400
    message = "A lower level needs a reason and the name of a second person."


class WrongAssessment(DomainError):
    code = "assessment.wrong"
    status = 400
    message = "Levels run from 1 to 4, aspects are known names with 1 to 4, and a severity needs a guardianship type."


class LevelMoved(DomainError):
    """The level was judged anew since the lower one was asked for."""

    code = "assessment.level_moved"
    message = "The level was changed since; look at the child again and make a new assessment."


class AnsweredAlready(DomainError):
    code = "assessment.answered"
    message = "This was answered already, or a newer assessment took its place."


class RefusalNeedsReason(DomainError):
    code = "assessment.refusal_needs_reason"
    status = 400
    message = "Say why you do not agree."


def assess_child(
    *,
    child: Child,
    assessed_date: date,
    actor: Any,
    now: datetime,
    heart_level: int | None = None,
    aspects: dict[str, int] | None = None,
    guardianship_type: int | None = None,
    severity: int | None = None,
    reason: str = "",
    second: Any = None,
) -> Assessment | PendingAssessment:
    """
    Add a dated, signed assessment; the latest one decides the child's levels.

    Returns:
        The assessment; or, where the level falls, what waits for the second person's yes. It replaces an earlier
        one that waits, and any new level ends it.

    Raises:
        WrongAssessment: a number out of range.
        LowerNeedsSecond: the heart level falls without a reason and a second person.
    """
    aspects = aspects or {}
    _check_numbers(heart_level, aspects, guardianship_type, severity)
    facts = {
        "assessed_date": assessed_date,
        "heart_level": heart_level,
        "aspects": aspects,
        "guardianship_type": guardianship_type,
        "severity": severity,
        "reason": reason[:200],
    }
    with transaction.atomic():
        before = _level_under_lock(child)
        decides = not child.assessments.filter(assessed_date__gt=assessed_date).exists()
        if heart_level is not None and decides:
            _end_waiting(child, now)
            if before is not None and heart_level < before:
                return _ask_second(child, before, facts, actor, second, now)
        row = _add(child, before, facts, actor, None)
        record(actor=actor, verb="child.assessed", subject=child, reason=reason, after={"heart_level": heart_level})
    return row


def confirm_lower(*, pending: PendingAssessment, actor: Any, reader: Reader, now: datetime) -> Assessment:
    """
    The second person's yes: the lower level counts from now on.

    Raises:
        NotAllowed: the actor is not the second person, or does not answer for the child any more.
        AnsweredAlready: answered or replaced already.
        LevelMoved: the level was judged anew; nothing was changed.
    """
    _ensure_second(pending, actor, reader)
    child = pending.child
    names = ("assessed_date", "heart_level", "aspects", "guardianship_type", "severity", "reason")
    facts = {name: getattr(pending, name) for name in names}
    with transaction.atomic():
        before = _level_under_lock(child)
        _move(pending, State.CONFIRMED, now)
        later = child.assessments.filter(assessed_date__gt=pending.assessed_date, heart_level__isnull=False)
        if before != pending.level_before or later.exists():
            raise LevelMoved
        row = _add(child, before, facts, pending.asked_by, actor)
        after = {"heart_level": pending.heart_level}
        record(actor=actor, verb="child.lowered", subject=child, before={"heart_level": before}, after=after)
    return row


def refuse_lower(*, pending: PendingAssessment, actor: Any, reader: Reader, reason: str, now: datetime) -> None:
    """
    The second person's no, with the reason; the old level stands. Raises NotAllowed and AnsweredAlready as above.

    Raises:
        RefusalNeedsReason
    """
    _ensure_second(pending, actor, reader)
    if not reason.strip():
        raise RefusalNeedsReason
    with transaction.atomic():
        _move(pending, State.REFUSED, now, answer_reason=reason.strip()[:200])
        record(actor=actor, verb="child.lower_refused", subject=pending.child, reason=reason.strip())


def pending_visible_to(reader: Reader) -> QuerySet[PendingAssessment]:
    """Lower levels asked for children the reader answers for, in any state."""
    if not reader.is_coordinator:
        return PendingAssessment.objects.none()
    children = children_visible_to(reader).order_by().values("pk")
    return PendingAssessment.objects.filter(child__in=children).select_related("child", "asked_by", "second")


def waiting_for(reader: Reader) -> QuerySet[PendingAssessment]:
    """What waits for the reader's own yes or no; not where the level was changed since, as by an import."""
    return pending_visible_to(reader).filter(
        state=State.WAITING, second=reader.user, child__heart_level=F("level_before")
    )


def _ask_second(
    child: Child, before: int, facts: dict[str, Any], actor: Any, second: Any, now: datetime
) -> PendingAssessment:
    if not facts["reason"].strip() or second is None or second == actor:
        raise LowerNeedsSecond
    pending = PendingAssessment.objects.create(
        child=child, level_before=before, asked_by=actor, second=second, asked_at=now, **facts
    )
    after = {"heart_level": facts["heart_level"], "second": second.public_id}
    record(actor=actor, verb="child.lower_asked", subject=child, reason=facts["reason"], after=after)
    return pending


def _end_waiting(child: Child, now: datetime) -> None:
    PendingAssessment.objects.filter(child=child, state=State.WAITING).update(state=State.ENDED, answered_at=now)


def _ensure_second(pending: PendingAssessment, actor: Any, reader: Reader) -> None:
    is_over_child = reader.is_coordinator and children_visible_to(reader).filter(pk=pending.child_id).exists()
    if pending.second_id != actor.pk or not is_over_child:
        raise NotAllowed


def _move(pending: PendingAssessment, state: str, now: datetime, **more: Any) -> None:
    waiting = PendingAssessment.objects.filter(pk=pending.pk, state=State.WAITING)
    if waiting.update(state=state, answered_at=now, **more) != 1:
        raise AnsweredAlready


def _add(child: Child, before: int | None, facts: dict[str, Any], actor: Any, second: Any) -> Assessment:
    level = facts["heart_level"]
    need = need_level_of(level if level is not None else before, facts["severity"])
    row = Assessment.objects.create(child=child, need_level=need, signed_by=actor, seconded_by=second, **facts)
    _follow_history(child)
    return row


def _level_under_lock(child: Child) -> int | None:
    """The heart level of this moment; the row stays locked until the caller's transaction ends."""
    Child.objects.filter(pk=child.pk).update(version=F("version") + 1)
    return Child.objects.values_list("heart_level", flat=True).get(pk=child.pk)


def _follow_history(child: Child) -> None:
    """An assessment that says nothing of the heart level leaves the latest one standing."""
    rows = list(child.assessments.order_by("-assessed_date", "-pk").values_list("heart_level", "severity"))
    heart = next((level for level, _severity in rows if level is not None), child.heart_level)
    severity = next((degree for _level, degree in rows if degree is not None), None)
    Child.objects.filter(pk=child.pk).update(heart_level=heart, need_level=need_level_of(heart, severity))


def _check_numbers(
    heart_level: int | None, aspects: dict[str, int], guardianship_type: int | None, severity: int | None
) -> None:
    levels = [value for value in (heart_level, severity, *aspects.values()) if value is not None]
    is_type_wrong = guardianship_type is not None and guardianship_type not in (1, 2, 3)
    is_severity_loose = severity is not None and guardianship_type is None
    if any(not 1 <= level <= 4 for level in levels) or not set(aspects) <= set(ASPECTS):  # noqa: PLR2004 - the scale
        raise WrongAssessment
    if is_type_wrong or is_severity_loose:
        raise WrongAssessment
