"""Children of an event day: who takes part, in which group, what the guardian agreed to, who was there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from activities.models.events import EventDay
from backend.roster.models import Child, Organisation
from backend.roster.models.people import Sex
from backend.vault.fields import EncryptedTextField
from backend.vault.ids import PublicIdField


class DaySeat(models.Model):
    """
    A child who takes part or waits for a place.

    Left-behind children are those on file (`child`); they come first. A guest has no file: a name for the list, where
    the child comes from, and what groups are mixed by.
    """

    class State(models.TextChoices):
        PLACE = "PLACE", _("有名额")
        WAITING = "WAITING", _("候补")
        GONE = "GONE", _("不参加了")

    public_id = PublicIdField()
    event = models.ForeignKey(EventDay, on_delete=models.CASCADE, related_name="seats")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, null=True, related_name="day_seats")
    guest_name = EncryptedTextField(verbose_name=_("姓名"))
    from_place = models.CharField(_("来自"), max_length=60, blank=True)
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    sex = models.CharField(max_length=1, choices=Sex, blank=True)
    birth_date = models.DateField(null=True)
    group_key = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.PLACE)
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "child"], name="day_seat_child_once"),
            models.CheckConstraint(condition=Q(group_key="") | Q(state="PLACE"), name="day_seat_group_needs_place"),
        ]
        indexes = [models.Index(fields=["event", "state", "group_key"], name="day_seat_by_group")]


class DayWish(models.Model):
    """Two children of a day who stay together or apart. Why is nobody's business here."""

    class Kind(models.TextChoices):
        APART = "APART", _("分开")
        TOGETHER = "TOGETHER", _("在一起")

    public_id = PublicIdField()
    event = models.ForeignKey(EventDay, on_delete=models.CASCADE, related_name="wishes")
    first = models.ForeignKey(DaySeat, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(DaySeat, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="day_wish_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="day_wish_smaller_first"),
        ]


class DayQuota(models.Model):
    """How many children of one school may come."""

    event = models.ForeignKey(EventDay, on_delete=models.CASCADE, related_name="quotas")
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    places = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "school"], name="day_quota_once")]


class DayConsent(models.Model):
    """What a child's guardian agreed to for this day, one purpose a row, copied from paper by a coordinator."""

    class Purpose(models.TextChoices):
        TAKE_PART = "TAKE_PART", _("参加活动")
        RIDE = "RIDE", _("乘车")
        PHOTO = "PHOTO", _("拍照和刊登")
        CARE = "CARE", _("必要时就医")

    seat = models.ForeignKey(DaySeat, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=9, choices=Purpose)
    given_by = EncryptedTextField(verbose_name=_("签字人"))
    given_date = models.DateField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seat", "purpose"], condition=Q(withdrawn_at=None), name="day_consent_one_live_per_purpose"
            ),
        ]


class DayTick(models.Model):
    """
    One tick of attendance. The device gives it an id of its own, so that sending it twice makes one row; of two ticks
    for one child the later counts, and both are kept.
    """

    client_id = models.CharField(max_length=36)
    seat = models.ForeignKey(DaySeat, on_delete=models.CASCADE, related_name="ticks")
    is_present = models.BooleanField()
    ticked_at = models.DateTimeField(help_text="by the clock of the device, never later than its arrival")
    received_at = models.DateTimeField()
    ticked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            # Of the seat: what one device calls a tick of its own must not keep another day's from being noted.
            models.UniqueConstraint(fields=["seat", "client_id"], name="day_tick_once"),
        ]
        indexes = [models.Index(fields=["seat", "-ticked_at"], name="day_tick_latest")]
