"""Event days: one day's programme as a draft that people and the planner change, and templates to begin from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Area, Helper, Organisation
from backend.vault.ids import PublicIdField

if TYPE_CHECKING:
    import datetime as dt


class EventDay(models.Model):
    """
    One day of an area or of one organisation.

    `draft` is the planner's own JSON of the day, never with a child's name: children stand in groups by rows of their
    own. `plan` is the draft's plan in the planner's JSON, `answer` what the planner said of it. `draft_version` rises
    with every change of draft or plan, so that a page that was open too long changes nothing. `rain_plan` is what
    happens in the rain; `rain_answer` says what plan it was made from.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("草稿")
        PUBLISHED = "PUBLISHED", _("已发布")
        CANCELLED = "CANCELLED", _("已取消")

    public_id = PublicIdField()
    title = models.CharField(_("名称"), max_length=80)
    date = models.DateField(_("日期"))
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, related_name="event_days")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="event_days")
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    places = models.PositiveSmallIntegerField(_("名额"), default=0, help_text="children who can take part")
    is_public = models.BooleanField(default=False, help_text="stands in the public programme, without any name")
    draft = models.JSONField()
    draft_version = models.PositiveIntegerField(default=1)
    plan = models.JSONField(null=True)
    answer = models.JSONField(
        default=dict, help_text="status, goals, seconds, seed; relaxations where there is no plan"
    )
    hand_edits = models.PositiveSmallIntegerField(default=0)
    rain_plan = models.JSONField(null=True)
    rain_answer = models.JSONField(default=dict)
    latest_number = models.PositiveIntegerField(default=0, help_text="number of the latest published version")
    published_draft_version = models.PositiveIntegerField(default=0)
    published_title = models.CharField(max_length=80, blank=True, help_text="as the latest version was published")
    published_date = models.DateField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(area=None, organisation__isnull=False) | Q(area__isnull=False, organisation=None),
                name="event_day_one_owner",
            ),
        ]
        indexes = [models.Index(fields=["date", "state"], name="event_day_by_date")]

    @property
    def shown_title(self) -> str:
        """What those who do not plan the day know it as: a draft's new title is not theirs yet."""
        return self.published_title or self.title

    @property
    def shown_date(self) -> dt.date:
        """The day they expect it on."""
        return self.published_date or self.date


class DayTemplate(models.Model):
    """A day of one's own to begin others from; people stand in it by role, not by name."""

    public_id = PublicIdField()
    name = models.CharField(max_length=80)
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, related_name="+")
    draft = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(area=None, organisation__isnull=False) | Q(area__isnull=False, organisation=None),
                name="day_template_one_owner",
            ),
        ]


class DayStep(models.Model):
    """
    The draft as it stood before one change, for taking the change back; only the latest few are kept.

    `hosts`, `rooms` and `groups` hold row ids only; None in steps of old, which leave people, rooms and groups as they
    are. So does `rain_answer`, and with it the plan for rain.
    """

    event = models.ForeignKey(EventDay, on_delete=models.CASCADE, related_name="steps")
    verb = models.CharField(max_length=40, help_text="what was changed next")
    about = models.CharField(max_length=120, blank=True, help_text="what it was changed of, as the day calls it")
    draft = models.JSONField()
    plan = models.JSONField(null=True)
    answer = models.JSONField(default=dict)
    hand_edits = models.PositiveSmallIntegerField(default=0)
    rain_plan = models.JSONField(null=True)
    rain_answer = models.JSONField(null=True)
    hosts = models.JSONField(null=True, help_text="person's key -> helper's row id")
    rooms = models.JSONField(null=True, help_text="place's key -> room's row id")
    groups = models.JSONField(null=True, help_text="seat's row id -> group's key, of those who stand in one")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["event", "-id"], name="day_step_latest")]


class DayHost(models.Model):
    """Which helper on file a person of the day is; who has no row here is told by the organisers themselves."""

    event = models.ForeignKey(EventDay, on_delete=models.CASCADE, related_name="hosts")
    key = models.CharField(max_length=60, help_text="the person's key in the draft")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="day_hosts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "key"], name="day_host_key_once"),
            models.UniqueConstraint(fields=["event", "helper"], name="day_host_helper_once"),
        ]


class DayRoom(models.Model):
    """Which room of a home a place of the day is: while the day is published, it is held for it."""

    event = models.ForeignKey(EventDay, on_delete=models.CASCADE, related_name="rooms")
    key = models.CharField(max_length=60, help_text="the place's key in the draft")
    room = models.ForeignKey("activities.Room", on_delete=models.PROTECT, related_name="day_rooms")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "key"], name="day_room_key_once"),
            models.UniqueConstraint(fields=["event", "room"], name="day_room_once"),
        ]


class DaySolve(models.Model):
    """One question to the planner: plan, plan around what is there, a host ill, a bus late, rain."""

    class Kind(models.TextChoices):
        PLAN = "PLAN", _("排一次")
        AROUND = "AROUND", _("尽量不动，重新排")
        RAIN = "RAIN", _("排雨天方案")
        ILL = "ILL", _("有人来不了")
        LATE = "LATE", _("有小组晚到")

    class State(models.TextChoices):
        QUEUED = "QUEUED", _("排队中")
        SOLVING = "SOLVING", _("正在求解")
        DONE = "DONE", _("已完成")
        FAILED = "FAILED", _("没有结果")

    public_id = PublicIdField()
    event = models.ForeignKey(EventDay, on_delete=models.CASCADE, related_name="solves")
    kind = models.CharField(max_length=6, choices=Kind)
    asked = models.JSONField(default=dict, help_text="person, groups, minutes, seed")
    draft_version = models.PositiveIntegerField(help_text="the draft it is asked about")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=20, blank=True, help_text="the goal being worked on")
    problem = models.CharField(max_length=40, blank=True, help_text="code of why there is no result")
    answer = models.JSONField(default=dict)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event"], condition=Q(state__in=("QUEUED", "SOLVING")), name="day_solve_one_open"
            ),
        ]
