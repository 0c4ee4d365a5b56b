"""What must be told. A row here, written in the business transaction, is the truth; queues only wake the sweeper."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class OutboxEvent(models.Model):
    """A fact: ids and times only."""

    name = models.CharField(max_length=60)
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)


class OutboxDelivery(models.Model):
    """One fact for one handler. The handler's writes and the DONE mark commit together."""

    class State(models.TextChoices):
        WAITING = "WAITING"
        DONE = "DONE"
        DEAD = "DEAD"

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="outbox_one_delivery_per_handler")]
        indexes = [models.Index(fields=["due_at", "id"], name="outbox_waiting", condition=Q(state="WAITING"))]
