"""What a guardian agreed to, who asked for whom, and who may not be paired with whom."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models.people import Child, Helper
from backend.vault.fields import EncryptedTextField
from backend.vault.ids import PublicIdField
from backend.vault.storage import sealed_storage, unnamed


def paper_name(_consent: Consent, _file_name: str) -> str:
    """A scan's own name often holds a child's."""
    return unnamed("consents")


class Consent(models.Model):
    """One purpose, one signature. Withdrawing ends it; a new signature is a new row."""

    class Purpose(models.TextChoices):
        MATCHING = "MATCHING", _("结对")
        VISITS = "VISITS", _("家访")
        MEDICAL = "MEDICAL", _("健康资料")
        PSYCH = "PSYCH", _("心理辅导")
        PHOTO = "PHOTO", _("照片")
        FEED = "FEED", _("日历")

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=10, choices=Purpose)
    text_version = models.CharField(max_length=20)
    given_by = EncryptedTextField()
    given_date = models.DateField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    paper = models.FileField(storage=sealed_storage, upload_to=paper_name, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["child", "purpose"], condition=Q(withdrawn_at=None), name="consent_one_live_per_purpose"
            ),
        ]


class Exclusion(models.Model):
    """This helper is not to be paired with this child."""

    class Reason(models.TextChoices):
        KIN = "KIN", _("亲属，正在当监护人")
        DECLINED = "DECLINED", _("谢绝过")
        ASKED_NOT_TO = "ASKED_NOT_TO", _("一方要求不配")

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="exclusions")
    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="exclusions")
    reason = models.CharField(max_length=14, choices=Reason)
    created_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["child", "helper"], name="exclusion_once")]


class PairWish(models.Model):
    """Somebody asked that this helper look after this child: it speaks for the pair and breaks no rule."""

    class AskedBy(models.TextChoices):
        CHILD = "CHILD", _("孩子")
        GUARDIAN = "GUARDIAN", _("监护人")
        HELPER = "HELPER", _("帮扶人")

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="wishes")
    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="wishes")
    asked_by = models.CharField(max_length=8, choices=AskedBy)
    created_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["child", "helper"], name="pair_wish_once")]
