"""Rule books: which children, which places to fill for each, who is eligible, in which term."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Role
from backend.roster.models import Area, Child
from backend.vault.ids import PublicIdField


class Term(models.Model):
    """The planning period of a county; both dates count."""

    public_id = PublicIdField()
    county = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="terms")
    name = models.CharField(_("学期"), max_length=40)
    start_date = models.DateField()
    end_date = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(start_date__lt=F("end_date")), name="term_dates"),
            models.UniqueConstraint(fields=["county", "name"], name="term_name_once"),
        ]


class Scheme(models.Model):
    """
    One kind of pairing in one term.

    `target_levels` lists the need levels it is for. `is_bundled`: a child's required places are filled all
    together or not at all. `limit_per_helper`: places of this scheme one person may hold; null leaves it to the
    person's own total. `counts_towards_total`: whether its places count against that total.
    """

    public_id = PublicIdField()
    county = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="schemes")
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="schemes")
    key = models.SlugField(max_length=40)
    name = models.CharField(_("名称"), max_length=40)
    purpose = models.CharField(_("说明"), max_length=200, blank=True)
    target_levels = models.JSONField(default=list)
    is_bundled = models.BooleanField(default=False)
    limit_per_helper = models.PositiveSmallIntegerField(null=True, blank=True)
    counts_towards_total = models.BooleanField(default=True)
    offer_days = models.PositiveSmallIntegerField(_("答复期限（天）"), default=7)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "term", "key"], name="scheme_key_once_per_term"),
            models.CheckConstraint(condition=Q(offer_days__range=(1, 7)), name="scheme_offer_days"),
        ]


class SlotRule(models.Model):
    """One kind of place a scheme fills for each child, and who is eligible for it."""

    class Reach(models.TextChoices):
        SAME_CLASS = "SAME_CLASS", _("同班")
        SCHOOL = "SCHOOL", _("本校")
        VILLAGE = "VILLAGE", _("本村")
        TOWNSHIP = "TOWNSHIP", _("本乡镇")
        COUNTY = "COUNTY", _("全县")

    public_id = PublicIdField()
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="slot_rules")
    key = models.SlugField(max_length=20)
    name = models.CharField(_("名额"), max_length=20)
    role = models.CharField(max_length=24, choices=Role)
    count = models.PositiveSmallIntegerField(default=1)
    reach = models.CharField(max_length=12, choices=Reach, default=Reach.TOWNSHIP)
    is_same_sex = models.BooleanField(_("同性"), default=False)
    required_skills = models.JSONField(default=list, blank=True)
    weights = models.JSONField(default=dict, blank=True, help_text="preference -> points")
    monthly_minutes = models.PositiveSmallIntegerField(_("每月约需（分钟）"), default=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "key"], name="slot_rule_key_once"),
            models.CheckConstraint(condition=Q(count__gte=1), name="slot_rule_count"),
        ]


class Slot(models.Model):
    """One place to be filled for one child: "the cadre of this child". `turn` 0 is the first of its kind."""

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="slots")
    rule = models.ForeignKey(SlotRule, on_delete=models.PROTECT, related_name="slots")
    turn = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["child", "rule", "turn"], name="slot_once")]
