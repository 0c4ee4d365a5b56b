"""What a pairing owes at a time."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Child, Helper
from backend.vault.ids import PublicIdField
from matching.models import Pairing


class Duty(models.Model):
    """
    One thing to be done within a window of days, both counted; `start_at` and `end_at` once a time is set.

    `sequence` rises with every change that a calendar has to notice, and never falls. `changed_at` is the time
    of the latest such change.
    """

    class Kind(models.TextChoices):
        FIRST_VISIT = "FIRST_VISIT", _("第一次家访")
        FIRST_MEETING = "FIRST_MEETING", _("第一次碰头")

    class State(models.TextChoices):
        OPEN = "OPEN", _("待办")
        DONE = "DONE", _("已完成")
        CANCELLED = "CANCELLED", _("已取消")

    public_id = PublicIdField()
    kind = models.CharField(max_length=14, choices=Kind)
    pairing = models.ForeignKey(Pairing, on_delete=models.PROTECT, related_name="duties")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="duties")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="duties")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    earliest_date = models.DateField()
    latest_date = models.DateField()
    shown_date = models.DateField(help_text="the latest working day of the window: where an untimed duty stands")
    start_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pairing", "kind", "earliest_date"], name="duty_once"),
            models.CheckConstraint(condition=Q(earliest_date__lte=F("latest_date")), name="duty_window"),
            models.CheckConstraint(
                condition=Q(start_at=None, end_at=None) | Q(start_at__lt=F("end_at")), name="duty_times"
            ),
        ]
        indexes = [models.Index(fields=["helper", "state", "latest_date"], name="duty_by_helper")]

    @property
    def is_meeting(self) -> bool:
        """Whether two classmates are brought together, instead of a child visited at home."""
        return self.kind == self.Kind.FIRST_MEETING


class DutyPassedOn(models.Model):
    """
    A duty a helper had until somebody else was given it: their calendars have to say for a while that it is off.

    What is shown is kept as that helper knew it: where the child lives and when the other one comes is no longer
    theirs to know. The row goes when the duty comes back; its `sequence` is the one the duty left with.
    """

    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="passed_on")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="duties_passed_on")
    shown_date = models.DateField()
    start_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)
    place_name = models.CharField(max_length=80)
    sequence = models.PositiveIntegerField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["duty", "helper"], name="duty_passed_on_once"),
            models.CheckConstraint(
                condition=Q(start_at=None, end_at=None) | Q(start_at__lt=F("end_at")), name="duty_passed_on_times"
            ),
        ]
        indexes = [models.Index(fields=["helper", "shown_date"], name="duty_passed_on_by_helper")]
