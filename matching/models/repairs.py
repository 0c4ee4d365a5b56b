"""Places that became free after somebody had been asked for them, and what was done about each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.vault.ids import PublicIdField
from matching.models.proposals import ProposedPair
from matching.models.schemes import Slot

OPEN_VACANCIES = ("WAITING", "FOUND", "NOBODY")


class Vacancy(models.Model):
    """
    One place that is free again: why, whom a repair found for it, and how it ended.

    `pair` is the latest repair's row for the place; where that has no helper, its certificate says why. `attempts`
    counts repairs that looked at it, so that a place nobody can fill is not looked at for ever.
    """

    class Cause(models.TextChoices):
        DECLINED = "DECLINED", _("谢绝")
        LAPSED = "LAPSED", _("没答复，已失效")
        WITHDRAWN = "WITHDRAWN", _("邀请撤回")
        ENDED = "ENDED", _("结对结束")
        PARTNER = "PARTNER", _("同一个孩子的另一半空了")

    class State(models.TextChoices):
        WAITING = "WAITING", _("正在找人")
        FOUND = "FOUND", _("有了人选")
        NOBODY = "NOBODY", _("没有别人了")
        OFFERED = "OFFERED", _("已改请")
        CLOSED = "CLOSED", _("不用再找")

    public_id = PublicIdField()
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="vacancies")
    cause = models.CharField(max_length=10, choices=Cause)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    freed_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    pair = models.ForeignKey(ProposedPair, on_delete=models.SET_NULL, null=True, related_name="vacancies")
    problem = models.CharField(max_length=200, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(state__in=OPEN_VACANCIES), name="vacancy_one_open_per_slot"
            ),
        ]
        indexes = [models.Index(fields=["state", "freed_at"], name="vacancy_by_state")]
