"""When a helper is free in an ordinary week."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from backend.roster.models.people import Helper


class WeeklyHours(models.Model):
    """Half-open `[start_minute, end_minute)` of one weekday, minutes from midnight, Asia/Shanghai."""

    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="weekly_hours")
    weekday = models.PositiveSmallIntegerField(help_text="1 Monday .. 7 Sunday")
    start_minute = models.PositiveSmallIntegerField()
    end_minute = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="weekly_hours_weekday"),
            models.CheckConstraint(
                condition=Q(start_minute__lt=F("end_minute"), end_minute__lte=1440), name="weekly_hours_order"
            ),
            models.UniqueConstraint(fields=["helper", "weekday", "start_minute"], name="weekly_hours_once"),
        ]
