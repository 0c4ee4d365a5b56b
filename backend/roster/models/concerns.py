"""Mandatory reports 强制报告: what somebody saw, who took it up, and everything done since. Nothing of it goes away."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models.people import Child
from backend.roster.models.places import Area, Organisation
from backend.vault.fields import EncryptedTextField
from backend.vault.ids import PublicIdField, new_public_id


class NeverDeleted(TypeError):
    """A programming mistake: reports and their history are kept."""


class KeptQuerySet(models.QuerySet[Any]):
    """Rows that no code deletes; PostgreSQL refuses it by a trigger too."""

    def delete(self) -> NoReturn:
        raise NeverDeleted


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


class Concern(models.Model):
    """
    One report. What was reported never changes; `state` and what belongs to it move through services alone.

    `key` is made by the device before sending, so that a report sent again is the same report. `pressed_at` is when the
    button was pressed, `raised_at` when the report arrived. `rung`: how far it was escalated, see `services.concerns`.
    The reporter's name is a value: it stays when the account goes.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", _("还没有人接")
        TAKEN = "TAKEN", _("有人在处理")
        CLOSED = "CLOSED", _("已记下结果")

    public_id = PublicIdField()
    key = models.CharField(max_length=64, unique=True, default=new_public_id)
    situation = models.CharField(max_length=10, choices=Situation)
    child = models.ForeignKey(Child, on_delete=models.PROTECT, null=True, related_name="concerns")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="concerns")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="concerns")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reporter_name = models.CharField(max_length=60)
    pressed_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    rung = models.PositiveSmallIntegerField(default=0)

    objects = KeptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", taken_at=None, closed_at=None)
                | Q(state="TAKEN", taken_at__isnull=False, closed_at=None)
                | Q(state="CLOSED", taken_at__isnull=False, closed_at__isnull=False),
                name="concern_times_fit_state",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "state"], name="concern_by_area"),
            models.Index(fields=["raised_at"], name="concern_waiting", condition=~Q(state="CLOSED")),
        ]

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NeverDeleted


class ConcernStep(models.Model):
    """One thing done about a report: appended, never changed."""

    class Kind(models.TextChoices):
        RAISED = "RAISED", _("上报")
        TAKEN = "TAKEN", _("接下")
        NOTED = "NOTED", _("记了一笔")
        CLOSED = "CLOSED", _("记下结果")
        ESCALATED = "ESCALATED", _("再次通知")

    concern = models.ForeignKey(Concern, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=9, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=60, blank=True)
    note = EncryptedTextField()

    objects = KeptQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["concern", "at"], name="concern_step_order")]

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NeverDeleted
