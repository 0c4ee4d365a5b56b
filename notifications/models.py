"""Messages on their way, the links they carry, and calendar feeds."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.models import EventDay
from backend.roster.models import Area, Guardian, Helper, Organisation
from backend.vault.fields import EncryptedTextField
from backend.vault.ids import PublicIdField
from matching.models import Offer, Scheme
from notifications.invitation_models import CalendarMail, Invitation
from notifications.kinds import words_of

__all__ = ["LANGUAGES", "CalendarMail", "Contact", "Feed", "Invitation", "Message", "OfferLink"]

LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]


# What facts read of an offer, for whoever selects messages.
OFFER_PARTS = (
    "offer__slot__rule__scheme", "offer__child__village", "offer__child__school", "offer__helper", "offer__leader",
    "offer__answered_by",
)  # fmt: skip


class OfferLink(models.Model):
    """
    One secret that opens one offer. Only the hash is kept; the secret is minted just before each sending.

    A link is live while its offer is open: answering, withdrawing and lapsing end all links of an offer at once.
    """

    class Way(models.TextChoices):
        MAIL = "MAIL", _("邮件")
        SMS = "SMS", _("短信")
        COPY = "COPY", _("复制")
        PRINT = "PRINT", _("打印")

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    way = models.CharField(max_length=10, choices=Way)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")


class Message(models.Model):
    """
    One text for one person over one channel; `kind` is a code of `notifications.kinds`.

    `fact` says what is told to whom, `key` adds over which channel, so the same fact never makes a second message
    there; the mail's Message-ID is made from the public id, so a copy sent beside a lost acknowledgement can be
    recognised. No text is kept: it is put together at each sending, and in the inbox at each reading.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("邮件")
        SMS = "sms", _("短信")
        ROBOT = "robot", _("群机器人")
        INBOX = "inbox", _("站内消息")

    class State(models.TextChoices):
        WAITING = "WAITING", _("等待发送")
        SENT = "SENT", _("已发送")
        RETURNED = "RETURNED", _("消息退回")
        EXPIRED = "EXPIRED", _("已过期")
        DEAD = "DEAD", _("没有送到")

    public_id = PublicIdField()
    key = models.CharField(max_length=140, unique=True)
    fact = models.CharField(max_length=120, default="", db_index=True)
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, null=True, related_name="messages")
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, null=True, related_name="messages")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="messages",
        help_text="whose inbox it lies in and whose choices count; alone for coordinators",
    )
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, null=True, related_name="messages")
    about = models.JSONField(default=dict, help_text="ids and times the facts are read by; never a name")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    rank = models.PositiveSmallIntegerField(default=1, help_text="0: urgent, goes before whatever waits longer")
    due_at = models.DateTimeField()
    dead_at = models.DateTimeField(null=True, help_text="given up then, and shown to a person; never when empty")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)

    # The row it is about, where many messages were read at once.
    row_ahead: dict[str, Any] | None = None

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(helper=None) | Q(guardian=None),
                name="message_not_to_two_people",
            ),
            models.CheckConstraint(
                condition=Q(helper__isnull=False) | Q(guardian__isnull=False) | Q(account__isnull=False),
                name="message_to_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "rank", "due_at", "id"], name="message_next", condition=Q(state="WAITING")),
            models.Index(fields=["account"], name="message_unread", condition=Q(channel="inbox", read_at=None)),
        ]

    @property
    def kind_words(self) -> str:
        """What people call its kind."""
        return words_of(self.kind)


class Contact(models.Model):
    """How one account wants to be told. Where there is no row: by mail, or by text where there is no mail address."""

    class Robot(models.TextChoices):
        WECOM = "WECOM", _("企业微信")
        DINGTALK = "DINGTALK", _("钉钉")
        FEISHU = "FEISHU", _("飞书")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contact")
    by_mail = models.BooleanField(default=True)
    by_sms = models.BooleanField(default=False)
    robot_kind = models.CharField(max_length=10, choices=Robot, blank=True)
    robot_url = EncryptedTextField()
    wants_digest = models.BooleanField(default=True, help_text="what can wait comes once a day instead of at once")
    language = models.CharField(max_length=10, choices=LANGUAGES, default="zh-hans")
    changed_at = models.DateTimeField()


class TellingRules(models.Model):
    """
    When a county's people are told, and when somebody is asked again. Where there is no row the defaults hold.

    Quiet hours go from `quiet_from` to `quiet_until`, over midnight where that is earlier; both alike means none.
    """

    county = models.OneToOneField(Area, on_delete=models.CASCADE, related_name="telling_rules")
    quiet_from = models.TimeField(default=time(22, 0))
    quiet_until = models.TimeField(default=time(7, 0))
    digest_hour = models.PositiveSmallIntegerField(default=8)
    remind_hours = models.PositiveSmallIntegerField(default=48, help_text="before an offer lapses; 0: never")
    duty_days = models.PositiveSmallIntegerField(default=3, help_text="before a visit is due, and after; 0: never")
    unread_hours = models.PositiveSmallIntegerField(default=72, help_text="an offer nobody opened; 0: never")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(digest_hour__lte=23), name="telling_digest_hour"),
        ]


class OwnText(models.Model):
    """A county's own words for one kind of message in one language; without a row the built-in ones are used."""

    county = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="own_texts")
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=10, choices=LANGUAGES)
    subject = models.CharField(max_length=80)
    body = models.TextField(max_length=2000)
    short = models.CharField(max_length=120)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "kind", "language"], name="own_text_once")]


_SUBJECTS = ("helper", "organisation", "area", "scheme", "event")


def _only(column: str) -> Q:
    """A feed is about one thing."""
    return Q(**{f"{name}__isnull": name != column for name in _SUBJECTS})


class Feed(models.Model):
    """
    A private calendar link of one person, made in one of their roles: what that role may know is what it shows.

    `version` rises when something in it changed; `body` is what was rendered for `rendered_version`, for a reader who
    held what `reach` stands for.
    """

    class Kind(models.TextChoices):
        MINE = "MINE", _("我的安排")
        SCHOOL = "SCHOOL", _("学校")
        VILLAGE = "VILLAGE", _("村（社区）")
        SCHEME = "SCHEME", _("结对项目")
        ACTIVITY = "ACTIVITY", _("一次活动")
        PUBLIC = "PUBLIC", _("公开的活动")

    public_id = PublicIdField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MINE)
    role = models.CharField(max_length=20, help_text="the role it was made in")
    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, null=True, related_name="feeds")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, related_name="feeds")
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, related_name="feeds")
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, null=True, related_name="feeds")
    event = models.ForeignKey(EventDay, on_delete=models.CASCADE, null=True, related_name="feeds")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="feeds")
    label = models.CharField(_("用在哪台设备"), max_length=60)
    has_alarms = models.BooleanField(_("到时提醒我"), default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    rendered_version = models.PositiveIntegerField(default=0)
    rendered_at = models.DateTimeField(null=True)
    reach = models.CharField(max_length=64, blank=True)
    window_date = models.DateField(null=True, help_text="the Monday the rendered window was cut at")
    etag = models.CharField(max_length=64, blank=True)
    body = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(_only("helper"), kind="MINE")
                | Q(_only("organisation"), kind="SCHOOL")
                | Q(_only("area"), kind__in=("VILLAGE", "PUBLIC"))
                | Q(_only("scheme"), kind="SCHEME")
                | Q(_only("event"), kind="ACTIVITY"),
                name="feed_about_one_thing",
            )
        ]
        indexes = [models.Index(fields=["helper"], name="feed_live", condition=Q(revoked_at=None))]

    @property
    def about_name(self) -> str:
        """The school, village, scheme or activity it is about; "" for one's own."""
        about = self.organisation or self.area or self.scheme
        if about is not None:
            return about.name
        return self.event.shown_title if self.event is not None else ""
