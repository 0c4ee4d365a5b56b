"""Published days: numbered, never edited; what each calendar shows of them; who was told what."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from activities.models.events import EventDay
from backend.roster.models import Child, Helper
from backend.vault.ids import PublicIdField


class DayVersion(models.Model):
    """A day as it was published, with its plan, its plan for rain, and who was which person. Never edited."""

    public_id = PublicIdField()
    event = models.ForeignKey(EventDay, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    date = models.DateField()
    day = models.JSONField()
    plan = models.JSONField()
    rain_plan = models.JSONField(null=True)
    answer = models.JSONField(default=dict)
    helpers = models.JSONField(default=dict, help_text="person's key -> helper's row id")
    changes = models.JSONField(default=list, help_text="[{zh, en}] against the version before")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "number"], name="day_version_once")]


class DayVersionSeat(models.Model):
    """In which group a child stood when a version was published."""

    version = models.ForeignKey(DayVersion, on_delete=models.CASCADE, related_name="seats")
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="+")
    group_key = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "child"], name="day_version_seat_once")]


class DayPart(models.Model):
    """
    One line of a calendar: the whole day, one segment, or one helper's part of a segment.

    The public id is the calendar's UID. `sequence` rises with every change of start, end, place or state and never
    falls; `changed_at` is the time of the latest change of anything shown. A part that fell away stays, cancelled.
    `answer` is the helper's to the part as it stands: where `sequence` rises it is asked anew.
    """

    class Kind(models.TextChoices):
        DAY = "DAY", _("整天")
        SEGMENT = "SEGMENT", _("环节")
        HOST = "HOST", _("主持")

    class State(models.TextChoices):
        ON = "ON", _("照常")
        CANCELLED = "CANCELLED", _("已取消")

    class Answer(models.TextChoices):
        NONE = "", _("未答")
        ACCEPTED = "ACCEPTED", _("能来")
        TENTATIVE = "TENTATIVE", _("还不一定")
        DECLINED = "DECLINED", _("来不了")

    public_id = PublicIdField()
    event = models.ForeignKey(EventDay, on_delete=models.PROTECT, related_name="parts")
    kind = models.CharField(max_length=7, choices=Kind)
    segment_key = models.CharField(max_length=60, blank=True)
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, related_name="day_parts")
    name = models.CharField(max_length=200)
    detail = models.CharField(max_length=200, blank=True, help_text="which groups or stations; never a child")
    place_name = models.CharField(max_length=200, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.ON)
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    answer = models.CharField(max_length=9, choices=Answer, default=Answer.NONE, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "kind", "segment_key"], condition=Q(helper=None), name="day_part_once"
            ),
            models.UniqueConstraint(
                fields=["event", "segment_key", "helper"], condition=Q(helper__isnull=False), name="day_part_host_once"
            ),
            models.CheckConstraint(condition=Q(start_at__lt=F("end_at")), name="day_part_times"),
            models.CheckConstraint(
                condition=Q(kind="HOST", helper__isnull=False) | (~Q(kind="HOST") & Q(helper=None)),
                name="day_part_host_has_helper",
            ),
        ]
        indexes = [models.Index(fields=["helper", "start_at"], name="day_part_by_helper")]


class DayNotice(models.Model):
    """
    Who was told what when a version was published: a helper, or the guardians of one child.

    `lines` are sentences, `[{"zh", "en"}]`, without a child's name.
    """

    class Kind(models.TextChoices):
        NEW = "NEW", _("新的安排")
        CHANGED = "CHANGED", _("有变动")
        OFF = "OFF", _("不用来了")

    public_id = PublicIdField()
    version = models.ForeignKey(DayVersion, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=7, choices=Kind)
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, related_name="day_notices")
    child = models.ForeignKey(Child, on_delete=models.CASCADE, null=True, related_name="+")
    is_cancellation = models.BooleanField(default=False, help_text="the whole day was called off")
    lines = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(helper=None, child__isnull=False) | Q(helper__isnull=False, child=None),
                name="day_notice_one_person",
            ),
            models.UniqueConstraint(
                fields=["version", "helper", "is_cancellation"],
                condition=Q(helper__isnull=False),
                name="day_notice_helper_once",
            ),
            models.UniqueConstraint(
                fields=["version", "child", "is_cancellation"],
                condition=Q(child__isnull=False),
                name="day_notice_child_once",
            ),
        ]
