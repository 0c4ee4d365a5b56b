"""Invitations by mail: who wants them, what was sent, and what was answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.models import Duty
from backend.roster.models import Helper
from backend.vault.ids import PublicIdField


class CalendarMail(models.Model):
    """Whether a helper wants what has a time as an invitation by mail. Without a row: no."""

    helper = models.OneToOneField(Helper, on_delete=models.CASCADE, related_name="calendar_mail")
    is_on = models.BooleanField(default=False)
    changed_at = models.DateTimeField()


class Invitation(models.Model):
    """
    One thing with a time, told to one helper by mail: the first time as a request, then every change of it.

    `sequence` and `method` are what has to be told; `told_sequence` and `told_method` what was. Each mail brings a
    new secret in the organiser's address, good for one answer; only its hash is kept. `answer` is to the latest mail.
    """

    class Method(models.TextChoices):
        REQUEST = "REQUEST", _("邀请")
        CANCEL = "CANCEL", _("取消")

    class State(models.TextChoices):
        WAITING = "WAITING", _("等待发送")
        SENT = "SENT", _("已发送")
        RETURNED = "RETURNED", _("消息退回")
        DEAD = "DEAD", _("没有送到")

    class Answer(models.TextChoices):
        NONE = "", _("未答")
        ACCEPTED = "ACCEPTED", _("已接受")
        TENTATIVE = "TENTATIVE", _("待定")
        DECLINED = "DECLINED", _("不方便")

    public_id = PublicIdField()
    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="invitations")
    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="invitations")
    method = models.CharField(max_length=7, choices=Method, default=Method.REQUEST)
    sequence = models.PositiveIntegerField()
    told_method = models.CharField(max_length=7, blank=True)
    told_sequence = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    dead_at = models.DateTimeField(help_text="given up then")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    sent_to = models.CharField(max_length=254, blank=True)
    token_hash = models.CharField(max_length=64, blank=True)
    answer = models.CharField(max_length=9, choices=Answer, default=Answer.NONE, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["helper", "duty"], name="invitation_once"),
            models.UniqueConstraint(fields=["token_hash"], condition=~Q(token_hash=""), name="invitation_token_once"),
        ]
        indexes = [models.Index(fields=["due_at", "id"], name="invitation_waiting", condition=Q(state="WAITING"))]
