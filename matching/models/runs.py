"""One solve over a snapshot."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Area, Child
from backend.vault.ids import PublicIdField
from matching.models.schemes import Scheme


class MatchingRun(models.Model):
    """
    A run is a row: what was asked, how far it is, what came out and how that is known to be best.

    Schemes that share their helpers are solved together: `scheme` and those `joined` to it. Each gets a proposal.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("排队中")
        SOLVING = "SOLVING", _("正在求解")
        DONE = "DONE", _("已完成")
        FAILED = "FAILED", _("没有结果")
        CANCELLED = "CANCELLED", _("已取消")

    class Mode(models.TextChoices):
        TERM = "term", _("学期匹配")
        REPAIR = "repair", _("补派")

    public_id = PublicIdField()
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="runs")
    joined = models.ManyToManyField(Scheme, related_name="joint_runs", help_text="further schemes solved with it")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="runs")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.TERM)
    seed = models.BigIntegerField(default=0)
    fit_band = models.PositiveSmallIntegerField(default=1)
    seconds_limit = models.PositiveSmallIntegerField(default=60)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    job_id = models.CharField(max_length=16, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    is_automatic = models.BooleanField(default=False, help_text="a repair of freed places that nobody had to start")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict, help_text="{stage, done, total}")
    solver_status = models.CharField(max_length=12, blank=True)
    stopped_by = models.CharField(max_length=10, blank=True)
    input_hash = models.CharField(max_length=64, blank=True)
    tiers = models.JSONField(default=list, help_text="[{name, value, bound}] in order")
    proofs = models.JSONField(default=dict)
    is_certified = models.BooleanField(default=False)
    seconds = models.JSONField(default=dict, help_text="seconds of each step")
    counts = models.JSONField(default=dict, help_text="children, slots, helpers, arcs, filled")
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(seconds_limit__range=(1, 600)), name="run_seconds_limit"),
            models.UniqueConstraint(fields=["job_id"], condition=Q(is_automatic=True), name="run_one_repair_per_job"),
        ]
        indexes = [models.Index(fields=["state", "created_at"], name="run_by_state")]

    @property
    def schemes(self) -> list[Scheme]:
        """Every scheme solved, the leading one first."""
        return [self.scheme, *sorted(self.joined.all(), key=lambda one: one.pk)]


class LeftOut(models.Model):
    """A child the run did not solve, and why."""

    class Reason(models.TextChoices):
        NO_CONSENT = "NO_CONSENT", _("监护人还没同意，没有参加匹配")
        NO_SCHOOL = "NO_SCHOOL", _("台账里没有学校")
        NOT_APPLIED = "NOT_APPLIED", _("还没有核查通过的申请")

    run = models.ForeignKey(MatchingRun, on_delete=models.CASCADE, related_name="left_out")
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=12, choices=Reason)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "child"], name="left_out_once")]
