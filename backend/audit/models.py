"""What was done, by whom, to what. Append-only; the actor and the subject are values, not foreign keys."""

from __future__ import annotations

from django.db import models


class AuditEntry(models.Model):
    """One act: a write, or the reading of a sensitive field."""

    at = models.DateTimeField(auto_now_add=True)
    actor_id = models.CharField(max_length=16, blank=True)
    actor_name = models.CharField(max_length=60, blank=True)
    actor_role = models.CharField(max_length=24, blank=True, help_text="the role acted in, where a door knew it")
    verb = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    reason = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["actor_id", "id"], name="audit_actor"),
            models.Index(fields=["verb", "id"], name="audit_verb"),
        ]
