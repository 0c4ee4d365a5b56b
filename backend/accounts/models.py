"""Logins, their roles' names, and API tokens. Who belongs where is the roster's to say (`roster.Membership`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.vault.fields import EncryptedTextField
from backend.vault.ids import PublicIdField, new_public_id

if TYPE_CHECKING:
    from datetime import datetime


class Role(models.TextChoices):
    """The roles of the field matrix. A calendar subscriber and a link holder are tokens, not accounts."""

    ADMIN = "ADMIN", _("平台管理员")
    COUNTY_COORDINATOR = "COUNTY_COORDINATOR", _("县协调员")
    TOWNSHIP_COORDINATOR = "TOWNSHIP_COORDINATOR", _("乡镇协调员")
    SCHOOL_COORDINATOR = "SCHOOL_COORDINATOR", _("学校协调员")
    VILLAGE_DIRECTOR = "VILLAGE_DIRECTOR", _("村儿童主任")
    TEACHER = "TEACHER", _("教师")
    CADRE = "CADRE", _("干部")
    ELDER = "ELDER", _("五老")
    VOLUNTEER = "VOLUNTEER", _("志愿者")
    GUARDIAN = "GUARDIAN", _("监护人")
    AUDITOR = "AUDITOR", _("审计员")
    API_CLIENT = "API_CLIENT", _("接口程序")


COORDINATORS = frozenset({Role.COUNTY_COORDINATOR, Role.TOWNSHIP_COORDINATOR, Role.SCHOOL_COORDINATOR})
HELPERS = frozenset({Role.TEACHER, Role.CADRE, Role.ELDER, Role.VOLUNTEER})
NEEDS_SECOND_FACTOR = frozenset({Role.ADMIN, Role.AUDITOR}) | COORDINATORS


class User(AbstractUser):
    """
    A login. Helpers and guardians have no password until they set one: a code by mail or text message opens it.

    `phone` is what a code may be sent to, not a way to reach somebody: that is the ledger's.
    """

    # The role acted in during this request; a door sets it, the audit keeps it.
    acting_role = ""

    username = models.CharField(max_length=150, unique=True, default=new_public_id)
    public_id = PublicIdField()
    email = models.EmailField(_("邮箱"), unique=True, null=True, blank=True)  # type: ignore[assignment] # many helpers have none
    phone = EncryptedTextField(verbose_name=_("手机"))
    phone_hash = models.CharField(max_length=43, default="", blank=True)
    display_name = models.CharField(_("姓名"), max_length=60, blank=True)
    needs_second_factor = models.BooleanField(default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("账号")
        constraints = [
            models.UniqueConstraint(
                fields=["phone_hash"], condition=~Q(phone_hash=""), name="user_one_account_per_phone"
            ),
        ]


class ApiToken(models.Model):
    """A program's key: only its hash is kept, it names what it may do, and it ends by itself."""

    class Scope(models.TextChoices):
        READ = "READ", _("只读")
        WRITE = "WRITE", _("读写")

    public_id = PublicIdField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=60)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.READ)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at and self.user.is_active
