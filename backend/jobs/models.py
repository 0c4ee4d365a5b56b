"""Our own row for each job: django-q2 wakes a worker, this row says what to do and how often it was tried."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from backend.vault.ids import PublicIdField


class Job(models.Model):
    """One piece of background work, by dotted name and ids."""

    class State(models.TextChoices):
        QUEUED = "QUEUED"
        RUNNING = "RUNNING"
        DONE = "DONE"
        PARKED = "PARKED"
        CANCELLED = "CANCELLED"

    public_id = PublicIdField()
    task = models.CharField(max_length=120)
    arguments = models.JSONField(default=dict)
    queue = models.CharField(max_length=10)
    unique_key = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    woken_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    host = models.CharField(max_length=80, blank=True)
    cluster = models.CharField(max_length=80, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unique_key"],
                condition=Q(state="QUEUED") & ~Q(unique_key=""),
                name="jobs_one_waiting_per_key",
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "due_at"], name="jobs_open", condition=Q(state__in=["QUEUED", "RUNNING"])),
        ]


class ClusterBeat(models.Model):
    """The latest sign of life of one worker cluster on one machine."""

    host = models.CharField(max_length=80)
    queue = models.CharField(max_length=10)
    beat_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "queue"], name="jobs_one_beat_per_cluster")]


class RecurringDue(models.Model):
    """When a recurring task is next to be enqueued; moved on by one conditional update, so one machine does it."""

    task = models.CharField(max_length=120, unique=True)
    due_at = models.DateTimeField()
