"""Homes of left-behind children 留守儿童之家: rooms, equipment, opening hours, and who has a room when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Area, Organisation
from backend.vault.ids import PublicIdField


class Home(models.Model):
    """A place for children of an area; `organisation` is the school it belongs to, if any."""

    class Kind(models.TextChoices):
        BOARDING = "BOARDING", _("寄宿之家")
        ROOMS = "ROOMS", _("留守儿童之家")
        ACTIVITY_ROOM = "ACTIVITY_ROOM", _("活动室")

    public_id = PublicIdField()
    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(max_length=13, choices=Kind, default=Kind.ROOMS)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="homes")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="homes")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "name"], name="home_one_name_per_area")]


class Room(models.Model):
    """A room of a home, in one of the five zones."""

    class Zone(models.TextChoices):
        READING = "READING", _("图书阅览")
        FAMILY = "FAMILY", _("亲情联络")
        CULTURE = "CULTURE", _("文体活动")
        SCIENCE = "SCIENCE", _("科教益智")
        BOARDING = "BOARDING", _("寄宿生活")

    public_id = PublicIdField()
    home = models.ForeignKey(Home, on_delete=models.CASCADE, related_name="rooms")
    name = models.CharField(_("房间"), max_length=40)
    zone = models.CharField(max_length=8, choices=Zone)
    seats = models.PositiveSmallIntegerField(_("能坐几个人"), default=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["home", "name"], name="room_one_name_per_home")]


class Equipment(models.Model):
    """What a home has of one thing, and what it should have."""

    home = models.ForeignKey(Home, on_delete=models.CASCADE, related_name="equipment")
    name = models.CharField(_("设备"), max_length=40)
    wanted = models.PositiveIntegerField(_("应有"), default=0)
    present = models.PositiveIntegerField(_("现有"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["home", "name"], name="equipment_once_per_home")]


class OpeningHours(models.Model):
    """Half-open `[start_minute, end_minute)` of one weekday, minutes from midnight, Asia/Shanghai."""

    home = models.ForeignKey(Home, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(help_text="1 Monday .. 7 Sunday")
    start_minute = models.PositiveSmallIntegerField()
    end_minute = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="opening_hours_weekday"),
            models.CheckConstraint(
                condition=Q(start_minute__lt=F("end_minute"), end_minute__lte=1440), name="opening_hours_order"
            ),
            models.UniqueConstraint(fields=["home", "weekday"], name="opening_hours_once"),
        ]


class Booking(models.Model):
    """A room for a while. What it is for is chosen from a list: the timetable hangs on a wall and names no child."""

    class Purpose(models.TextChoices):
        READING = "READING", _("看书")
        CALLS = "CALLS", _("和爸妈通话")
        HOMEWORK = "HOMEWORK", _("作业辅导")
        SPORT = "SPORT", _("文体活动")
        TALK = "TALK", _("谈心")
        MEETING = "MEETING", _("会议")
        ACTIVITY = "ACTIVITY", _("活动")
        OTHER = "OTHER", _("其他")

    class State(models.TextChoices):
        ON = "ON", _("已预订")
        CANCELLED = "CANCELLED", _("已取消")

    public_id = PublicIdField()
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="bookings")
    purpose = models.CharField(max_length=8, choices=Purpose)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.ON)
    event = models.ForeignKey(
        "activities.EventDay", on_delete=models.PROTECT, null=True, related_name="bookings",
        help_text="the published day that holds the room, if one does",
    )  # fmt: skip
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    booked_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(start_at__lt=F("end_at")), name="booking_times")]
        indexes = [models.Index(fields=["room", "start_at"], name="booking_by_room")]


class BookedSlot(models.Model):
    """
    One quarter of an hour of one room, taken by one booking.

    The unique constraint is what keeps two bookings apart, on PostgreSQL and SQLite alike: SQLite has no exclusion
    constraints, and two ways to say the same would have to be proven equal.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="slots")
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="slots")
    start_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "start_at"], name="room_slot_once")]
