"""Changes tried out on a draft."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Area
from backend.vault.ids import PublicIdField
from matching.models.runs import MatchingRun


class Trial(models.Model):
    """
    What somebody tried, and what came out; the draft itself is never touched.

    `wishes`: what was changed, as `services.trials.Wish`. `result`: counts before and after, and moves as
    [proposed pair's row id, helper's row id before, after]; a helper of 0 stands for the one more that was supposed.
    `conflicts`: locked places that contradict each other; `forbidden`: rules against the one pair that was asked for.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("排队中")
        DONE = "DONE", _("已完成")
        FAILED = "FAILED", _("没有结果")

    public_id = PublicIdField()
    run = models.ForeignKey(MatchingRun, on_delete=models.CASCADE, related_name="trials")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    wishes = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    result = models.JSONField(default=dict)
    slots = models.PositiveIntegerField(default=0)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_role = models.CharField(max_length=24, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)
    applied_at = models.DateTimeField(null=True, help_text="when its moves were put into the drafts")
    applied = models.JSONField(default=dict, help_text="limits and rules as they were before that")

    class Meta:
        indexes = [models.Index(fields=["run", "created_at"], name="trial_by_run")]
