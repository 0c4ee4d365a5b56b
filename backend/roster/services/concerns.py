"""
强制报告: somebody who looks after a child saw something that must be reported. It always goes through.

Reports and what was done about them are entries of the audit: appended, never changed and never deleted. Messages say
only that there is one and where; what it is stands on the page of those who answer for the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.audit.models import AuditEntry
from backend.audit.services import entry_for, record_many
from backend.kernel.errors import DomainError, InvalidMove
from backend.outbox.services import publish
from backend.roster.events import ConcernRaised
from backend.roster.models import Area, Helper

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from backend.roster.access import Reader
    from backend.roster.models import Child

RAISED, RECEIVED = "concern.raised", "concern.received"


class Situation(models.TextChoices):
    """The nine situations that must be reported; anything else that harms a child is the last one."""

    HURT = "HURT", _("身上多处有伤、严重营养不良或神志不清，可能被打、被欺负或被虐待")
    ABUSED = "ABUSED", _("隐私部位有伤，或可能受到性侵害")
    UNDER_14 = "UNDER_14", _("不满十四岁的女孩可能被侵害、怀孕或流产")
    OVER_14 = "OVER_14", _("十四岁以上的女孩可能因被侵害而怀孕或流产")
    DISABLED = "DISABLED", _("自杀、自残、中毒、工伤等造成伤残或死亡")
    ALONE = "ALONE", _("被遗弃，或长期没有人照料")
    MISSING = "MISSING", _("失踪、来历不明，或可能被拐卖")
    BEGGING = "BEGGING", _("被人组织乞讨")
    OTHER = "OTHER", _("别的严重伤害孩子身心的事，或者有这样的危险")


class NoSituation(DomainError):
    code = "concern.no_situation"
    status = 400
    message = "Choose what you saw. Nothing else is needed."


class NobodyAnswers(DomainError):
    code = "concern.nobody_answers"
    message = "We do not know which township you belong to. Please call 110 or your coordinator at once."


def raise_concern(*, situation: str, child: Child | None, actor: Any, reader: Reader, now: datetime) -> AuditEntry:
    """
    Write a report down, and tell township and county at once.

    Args:
        child: whom it is about, where the reporter said so.

    Raises:
        NoSituation, NobodyAnswers: nothing was written.
    """
    if situation not in Situation.values:
        raise NoSituation
    area, organisation_id = _place_of(child, reader)
    if area is None:
        raise NobodyAnswers
    after: dict[str, Any] = {"situation": situation, "area": area.code, "at": now.isoformat()}
    after |= {"child": child.public_id} if child is not None else {}
    after |= {"organisation": organisation_id} if organisation_id is not None else {}
    entry = entry_for(actor, RAISED, child or actor, after=after)
    with transaction.atomic():
        record_many([entry])
        publish(ConcernRaised(entry_id=entry.pk, area_id=area.pk, organisation_id=organisation_id))
    return entry


def _place_of(child: Child | None, reader: Reader) -> tuple[Area | None, int | None]:
    """Who answers: the child's village and school, else the reporter's own place."""
    if child is not None:
        return child.village, child.school_id
    if reader.helper_id is not None:
        helper = Helper.objects.select_related("village", "township").get(pk=reader.helper_id)
        return helper.village or helper.township, helper.unit_id
    return Area.objects.filter(code__in=reader.area_codes).order_by("-code").first(), None


def concerns_visible_to(reader: Reader) -> QuerySet[AuditEntry]:
    """Reports from the places and schools a coordinator answers for, the latest first."""
    rows = AuditEntry.objects.filter(verb=RAISED)
    if not reader.is_coordinator:
        return rows.none()
    inside = Q(after__organisation__in=list(reader.organisation_ids))
    for code in reader.area_codes:
        inside |= Q(after__area__startswith=code)
    return rows.filter(inside).order_by("-pk")


def receipts_of(entries: list[AuditEntry]) -> dict[str, AuditEntry]:
    """Report's id -> who first said that they have it."""
    ids = [str(entry.pk) for entry in entries]
    found = AuditEntry.objects.filter(verb=RECEIVED, subject_id__in=ids).order_by("-pk")
    return {entry.subject_id: entry for entry in found}


def receive_concern(*, entry: AuditEntry, actor: Any) -> None:
    """
    Say that one has a report and acts on it.

    Raises:
        InvalidMove: somebody said so already; nothing was changed.
    """
    with transaction.atomic():
        AuditEntry.objects.select_for_update().get(pk=entry.pk)
        if receipts_of([entry]):
            raise InvalidMove(state=_("确认收到"))
        record_many([entry_for(actor, RECEIVED, entry)])
