"""Children, their guardians, and the helpers who look after them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Role
from backend.roster.models.places import Area, Organisation, SchoolClass
from backend.vault.fields import EncryptedTextField
from backend.vault.ids import PublicIdField


class Sex(models.TextChoices):
    MALE = "M", _("男")
    FEMALE = "F", _("女")


class Person(models.Model):
    """What every person on file has. `name_search` holds every pinyin reading and its initials."""

    public_id = PublicIdField()
    name = models.CharField(_("姓名"), max_length=60)
    name_sort = models.CharField(max_length=120, default="", help_text="pinyin of the likeliest reading, for ordering")
    name_search = models.CharField(max_length=240, default="")
    sex = models.CharField(_("性别"), max_length=1, choices=Sex)
    birth_date = models.DateField(_("出生日期"), null=True, blank=True)
    id_number = EncryptedTextField(verbose_name=_("身份证号"))
    id_hash = models.CharField(max_length=43, default="", blank=True)
    phone = EncryptedTextField(verbose_name=_("电话"))
    phone_hash = models.CharField(max_length=43, default="", blank=True)
    address = EncryptedTextField(verbose_name=_("住址"))
    x_m = models.IntegerField(null=True, blank=True)
    y_m = models.IntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, help_text="rises with every change; guards undo and edits")

    class Meta:
        abstract = True


class Child(Person):
    """
    A left-behind child's file.

    `heart_level` and `need_level` repeat the latest assessment so that lists can filter; only the assessment
    service writes them.
    """

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("在册")
        MOVED = "MOVED", _("已迁出")
        CLOSED = "CLOSED", _("已结案")
        DECEASED = "DECEASED", _("已去世")

    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    village = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="children")
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="pupils")
    school_class = models.ForeignKey(
        SchoolClass, on_delete=models.PROTECT, null=True, blank=True, related_name="pupils"
    )
    is_boarding = models.BooleanField(_("住校"), default=False)
    categories = models.JSONField(_("类别"), default=list, blank=True)
    needs = models.JSONField(_("需要"), default=list, blank=True)
    personality = models.CharField(_("性格"), max_length=200, blank=True)
    interests = models.CharField(_("爱好"), max_length=200, blank=True)
    medical_history = EncryptedTextField(verbose_name=_("病史"))
    psych_notes = EncryptedTextField(verbose_name=_("心理记录"))
    care_alert = models.CharField(_("照顾提示"), max_length=120, blank=True)
    study_state = models.CharField(_("学习情况"), max_length=200, blank=True)
    away_reason = models.CharField(_("父母外出原因"), max_length=100, blank=True)
    away_since_date = models.DateField(_("父母外出时间"), null=True, blank=True)
    heart_level = models.PositiveSmallIntegerField(_("心级"), null=True, blank=True)
    need_level = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = verbose_name_plural = _("留守儿童")
        constraints = [
            models.UniqueConstraint(fields=["id_hash"], condition=~Q(id_hash=""), name="child_one_file_per_id"),
            models.CheckConstraint(condition=Q(need_level__range=(1, 4)), name="child_need_level"),
            models.CheckConstraint(
                condition=Q(heart_level=None) | Q(heart_level__range=(1, 4)), name="child_heart_level"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "name_sort", "id"], name="child_by_name"),
            models.Index(fields=["village", "state"], name="child_by_village"),
            models.Index(fields=["school", "state"], name="child_by_school"),
            models.Index(fields=["state", "need_level"], name="child_by_need"),
            models.Index(fields=["name", "birth_date"], name="child_by_birth"),
        ]


class Guardian(models.Model):
    """A parent or another person in charge of one child."""

    class Kind(models.TextChoices):
        FATHER = "FATHER", _("父亲")
        MOTHER = "MOTHER", _("母亲")
        LEGAL = "LEGAL", _("法定监护人")
        DELEGATED = "DELEGATED", _("委托监护人")
        DESIGNATED = "DESIGNATED", _("指定监护人")

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="guardians")
    kind = models.CharField(max_length=12, choices=Kind)
    is_in_charge = models.BooleanField(_("现负责照管"), default=False)
    name = EncryptedTextField(verbose_name=_("姓名"))
    id_number = EncryptedTextField(verbose_name=_("身份证号"))
    id_hash = models.CharField(max_length=43, default="", blank=True, db_index=True)
    relation = models.CharField(_("与儿童关系"), max_length=20, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("出生年"), null=True, blank=True)
    occupation = models.CharField(_("职业"), max_length=40, blank=True)
    health = EncryptedTextField(verbose_name=_("身体状况"))
    address = EncryptedTextField(verbose_name=_("住址"))
    phone = EncryptedTextField(verbose_name=_("电话"))
    phone_hash = models.CharField(max_length=43, default="", blank=True, db_index=True)
    qq = EncryptedTextField(verbose_name="QQ")
    workplace = EncryptedTextField(verbose_name=_("工作单位"))
    workplace_address = EncryptedTextField(verbose_name=_("工作地址"))
    workplace_phone = EncryptedTextField(verbose_name=_("单位电话"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="guardianships"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["child"], condition=Q(is_in_charge=True), name="guardian_one_in_charge_per_child"
            ),
            models.UniqueConstraint(
                fields=["child", "kind"], condition=Q(kind__in=["FATHER", "MOTHER"]), name="guardian_one_of_each_parent"
            ),
        ]


class Helper(Person):
    """
    Anyone who can be paired with a child. Roles, hours, clearances and classes taught hang off it.

    A helper with `peer_child` is a classmate who helps another child: it holds no role, has no login and no background
    check, and is nobody's business but the matching's.
    """

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("在任")
        PAUSED = "PAUSED", _("暂停")
        LEFT = "LEFT", _("离开")

    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="helpers")
    village = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="helpers")
    township = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="township_helpers")
    email = models.EmailField(_("邮箱"), blank=True)
    skills = models.JSONField(_("能提供"), default=list, blank=True)
    total_limit = models.PositiveSmallIntegerField(_("名额上限"), default=2)
    given_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="what a coordinator gave, where the helper has set the limit since"
    )
    share_permille = models.PositiveSmallIntegerField(default=1000, help_text="part of full time, 1000 = full")
    paused_from_date = models.DateField(null=True, blank=True, help_text="a pause the helper asked for, ahead")
    paused_until_date = models.DateField(null=True, blank=True)
    peer_child = models.OneToOneField(
        Child, on_delete=models.CASCADE, null=True, blank=True, related_name="as_buddy", help_text="a buddy's own file"
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="helper"
    )

    class Meta:
        verbose_name = verbose_name_plural = _("帮扶人")
        constraints = [
            models.UniqueConstraint(fields=["id_hash"], condition=~Q(id_hash=""), name="helper_one_file_per_id"),
            models.CheckConstraint(condition=Q(share_permille__range=(1, 1000)), name="helper_share"),
            models.CheckConstraint(condition=Q(peer_child=None) | Q(user=None), name="helper_buddy_has_no_login"),
        ]
        indexes = [
            models.Index(fields=["state", "name_sort", "id"], name="helper_by_name"),
            models.Index(fields=["unit", "state"], name="helper_by_unit"),
            models.Index(fields=["township", "state"], name="helper_by_township"),
            models.Index(fields=["name", "birth_date"], name="helper_by_birth"),
        ]


class HelperRole(models.Model):
    """One role a helper can be asked for."""

    class ElderKind(models.TextChoices):
        CADRE = "CADRE", _("老干部")
        SOLDIER = "SOLDIER", _("老战士")
        EXPERT = "EXPERT", _("老专家")
        TEACHER = "TEACHER", _("老教师")
        MODEL = "MODEL", _("老模范")

    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=24, choices=Role)
    elder_kind = models.CharField(max_length=10, choices=ElderKind, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["helper", "role"], name="helper_role_once"),
            models.CheckConstraint(
                condition=Q(role__in=["TEACHER", "CADRE", "ELDER", "VOLUNTEER"]), name="helper_role_is_a_helpers"
            ),
        ]
        indexes = [models.Index(fields=["role", "helper"], name="helper_role")]


class TeachingPost(models.Model):
    """A teacher of a class; one of them may head it."""

    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="teaching_posts")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="teaching_posts")
    subject = models.CharField(max_length=20, blank=True)
    is_head = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["helper", "school_class"], name="teaching_post_once"),
            models.UniqueConstraint(
                fields=["school_class"], condition=Q(is_head=True), name="teaching_one_head_per_class"
            ),
        ]


class Clearance(models.Model):
    """
    A background check. It counts once a second person has confirmed it, and for at most a year.

    Source: Law of the PRC on the Protection of Minors, article 62.
    """

    class Result(models.TextChoices):
        CLEAR = "CLEAR", _("无记录")
        FOUND = "FOUND", _("有记录")

    public_id = PublicIdField()
    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="clearances")
    result = models.CharField(max_length=10, choices=Result, default=Result.CLEAR)
    issuer = models.CharField(_("出具单位"), max_length=80)
    issued_date = models.DateField(_("出具日期"))
    expires_date = models.DateField(_("有效期至"), help_text="the last day on which it counts")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_date__gte=F("issued_date")), name="clearance_dates"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("recorded_by")), name="clearance_second_person"
            ),
            models.UniqueConstraint(fields=["helper", "issued_date", "issuer"], name="clearance_once"),
        ]
        indexes = [models.Index(fields=["helper", "expires_date"], name="clearance_by_helper")]


class Reveal(models.Model):
    """One field of one child opened to one person for a quarter of an hour, with the reason given."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reveals")
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="reveals")
    field = models.CharField(max_length=30)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "child", "ends_at"], name="reveal_open")]


class CareLink(models.Model):
    """
    That a helper looks after a child, from when to when: what `access` reads.

    Written by the pairing's service above, so that the roster can say who may see whom without knowing pairings.
    `next_visit_date` opens the address from three days before.
    """

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="care_links")
    helper = models.ForeignKey(Helper, on_delete=models.CASCADE, related_name="care_links")
    role = models.CharField(max_length=24, choices=Role)
    source_id = models.CharField(max_length=16, unique=True, help_text="public id of the pairing")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    next_visit_date = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["helper"], name="care_link_live", condition=Q(ended_at=None)),
            models.Index(fields=["child"], name="care_link_child", condition=Q(ended_at=None)),
        ]
