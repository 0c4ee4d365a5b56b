"""Dated, signed judgements about a child and about the guardian in charge; rows are added, never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models.people import Child, Guardian
from backend.vault.ids import PublicIdField

ASPECTS = ("mind", "body", "study", "guardianship", "fifth")


class Assessment(models.Model):
    """
    One look at one child.

    Heart level rises with need (4 = most care); severity falls with it (1 = worst), within a guardianship type.
    `need_level` is derived once, when the row is made, and is what the solver reads.
    """

    class GuardianshipType(models.IntegerChoices):
        NOBODY = 1, _("一类")
        RELATIVES = 2, _("二类")
        GRANDPARENTS = 3, _("三类")

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="assessments")
    assessed_date = models.DateField()
    heart_level = models.PositiveSmallIntegerField(null=True, blank=True)
    aspects = models.JSONField(default=dict, blank=True, help_text="aspect -> 1..4")
    guardianship_type = models.PositiveSmallIntegerField(choices=GuardianshipType, null=True, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    need_level = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(need_level__range=(1, 4)), name="assessment_need_level"),
            models.CheckConstraint(
                condition=Q(heart_level=None) | Q(heart_level__range=(1, 4)), name="assessment_heart_level"
            ),
            models.CheckConstraint(condition=Q(severity=None) | Q(severity__range=(1, 4)), name="assessment_severity"),
            models.CheckConstraint(
                condition=Q(severity=None) | Q(guardianship_type__isnull=False), name="assessment_severity_has_type"
            ),
        ]
        indexes = [models.Index(fields=["child", "assessed_date", "id"], name="assessment_history")]


class PendingAssessment(models.Model):
    """
    A lower heart level, signed by one coordinator and waiting for the named second one. Until then it counts nothing.

    `level_before` is the level it was asked from: where that has changed meanwhile, it can only be asked anew.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("等第二个人确认")
        CONFIRMED = "CONFIRMED", _("已确认")
        REFUSED = "REFUSED", _("没有同意")
        ENDED = "ENDED", _("已作废")

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="pending_assessments")
    assessed_date = models.DateField()
    level_before = models.PositiveSmallIntegerField()
    heart_level = models.PositiveSmallIntegerField()
    aspects = models.JSONField(default=dict, blank=True)
    guardianship_type = models.PositiveSmallIntegerField(choices=Assessment.GuardianshipType, null=True, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(asked_by=F("second")), name="pending_assessment_second_person"),
            models.CheckConstraint(
                condition=Q(heart_level__gte=1, heart_level__lt=F("level_before"), level_before__lte=4),
                name="pending_assessment_is_lower",
            ),
            models.UniqueConstraint(
                fields=["child"], condition=Q(state="WAITING"), name="pending_assessment_one_per_child"
            ),
        ]
        indexes = [models.Index(fields=["second", "state"], name="pending_assessment_second")]


def need_level_of(heart_level: int | None, severity: int | None) -> int:
    """1 (least) .. 4 (greatest): the heart level, else 5 - severity, else 1."""
    if heart_level is not None:
        return heart_level
    return 5 - severity if severity is not None else 1


class GuardianRating(models.Model):
    """How well a delegated guardian does, as judged on a day."""

    class Rating(models.TextChoices):
        GOOD = "GOOD", _("较好")
        FAIR = "FAIR", _("一般")
        POOR = "POOR", _("差")

    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="ratings")
    rating = models.CharField(max_length=10, choices=Rating)
    rated_date = models.DateField()
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
