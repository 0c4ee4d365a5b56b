"""When helpers are busy, by calendars of their own. Times only: what somebody does then is nobody's business here."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Helper
from backend.vault.fields import EncryptedTextField
from backend.vault.ids import PublicIdField


class BusyCalendar(models.Model):
    """
    A helper's calendar as it was read: a file, or what stood at an address.

    Only LIVE ones count. PREVIEW is shown before it is taken; REPLACED is the one before, for taking it back.
    """

    class Kind(models.TextChoices):
        FILE = "FILE", _("上传的文件")
        LINK = "LINK", _("网上的日历")

    class State(models.TextChoices):
        PREVIEW = "PREVIEW", _("还没有采用")
        LIVE = "LIVE", _("在用")
        REPLACED = "REPLACED", _("换下来的")

    public_id = PublicIdField()
    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="busy_calendars")
    kind = models.CharField(max_length=4, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.PREVIEW)
    address = EncryptedTextField(blank=True, help_text="of a linked one; whoever knows it reads the whole calendar")
    from_date = models.DateField()
    until_date = models.DateField(help_text="the last day that was read")
    entries = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0, help_text="entries that were not understood")
    has_hours = models.BooleanField(default=False, help_text="it says when one is free, not only when one is busy")
    problem = models.CharField(max_length=20, blank=True, help_text="why the latest reading of a linked one failed")
    read_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["helper", "kind", "state"], name="busy_calendar_one_a_state"),
        ]


class BusySpan(models.Model):
    """Half-open `[start_at, end_at)`; spans of one calendar neither touch nor overlap."""

    calendar = models.ForeignKey(BusyCalendar, on_delete=models.CASCADE, related_name="spans")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "start_at"], name="busy_span_once"),
            models.CheckConstraint(condition=Q(start_at__lt=F("end_at")), name="busy_span_order"),
        ]
