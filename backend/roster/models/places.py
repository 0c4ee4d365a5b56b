"""Areas by division code, the organisations in them, and the classes of schools."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.vault.ids import PublicIdField


class Area(models.Model):
    """
    County > township > village (or community).

    `code` is the statistical division code cut to its level (6, 9 or 12 digits), so an area's code is the
    beginning of every code inside it.
    """

    class Kind(models.TextChoices):
        COUNTY = "COUNTY", _("县")
        TOWNSHIP = "TOWNSHIP", _("乡镇")
        VILLAGE = "VILLAGE", _("村（社区）")

    public_id = PublicIdField()
    code = models.CharField(_("区划代码"), max_length=12, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(max_length=10, choices=Kind)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="parts")
    x_m = models.IntegerField(null=True, blank=True, help_text="metres east on the county's plane grid")
    y_m = models.IntegerField(null=True, blank=True, help_text="metres north on the county's plane grid")
    townships_may_publish = models.BooleanField(default=False, help_text="read on a county only")
    own_limit_most = models.PositiveSmallIntegerField(
        null=True, help_text="read on a county only: up to how many children its helpers take on without asking"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="COUNTY", parent=None) | (~Q(kind="COUNTY") & Q(parent__isnull=False)),
                name="area_parent_fits_kind",
            ),
        ]
        indexes = [models.Index(fields=["kind", "code"], name="area_kind")]


class Organisation(models.Model):
    """A school, an office, an association, a village committee: what people belong to."""

    class Kind(models.TextChoices):
        SCHOOL = "SCHOOL", _("学校")
        OFFICE = "OFFICE", _("机关单位")
        VILLAGE_COMMITTEE = "VILLAGE_COMMITTEE", _("村（居）两委")
        ASSOCIATION = "ASSOCIATION", _("协会")

    public_id = PublicIdField()
    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(max_length=20, choices=Kind)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="organisations")
    x_m = models.IntegerField(null=True, blank=True)
    y_m = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "name"], name="organisation_one_name_per_area")]


class SchoolClass(models.Model):
    """A class of a school in a school year, e.g. grade 4 class 2."""

    public_id = PublicIdField()
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="classes")
    grade = models.PositiveSmallIntegerField(help_text="0 kindergarten, 1-6 primary, 7-9 junior, 10-12 senior")
    name = models.CharField(_("班级"), max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "name"], name="class_one_name_per_school")]
