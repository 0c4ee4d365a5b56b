"""Answers kept for a day, so that a repeated POST gives the first answer and does nothing twice."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from backend.vault.fields import EncryptedTextField


class KeptAnswer(models.Model):
    """The answer to one POST with an Idempotency-Key, encrypted because some answers hold a secret link."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = EncryptedTextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="kept_answer_once")]
        indexes = [models.Index(fields=["created_at"], name="kept_answer_age")]
