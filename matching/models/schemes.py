"""Rule books: which children, which places to fill for each, who is eligible, in which term."""

from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

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

    `target_levels` lists the need levels it is for; `target` narrows them further (its keys: `models.targets`).
    `is_bundled`: a child's required places are filled all together or not at all. `has_woman_for_girl`: where a girl's
    places are filled, at least one holder is a woman. `limit_per_helper`: places of this scheme one person may hold;
    null leaves it to the person's own total. `target_per_helper`: places everybody is meant to have, as far as
    children reach. `counts_towards_total`: whether its places count against a person's total.
    """

    class OffersOn(models.TextChoices):
        AUTOMATIC = "AUTOMATIC", _("空出来的名额都自动改请别人")
        HALVES = "HALVES", _("只到一半的孩子自动改请，其余先给人选，由协调员点头")
        SUGGEST = "SUGGEST", _("都先给人选，由协调员点头")

    class Lasts(models.TextChoices):
        TERM = "TERM", _("一个学期")
        UNTIL_18 = "UNTIL_18", _("直到孩子满 18 岁")

    class TierOrder(models.TextChoices):
        TERM = "term", _("先求合适，再求少变动")
        REPAIR = "repair", _("先求少变动，再求合适")

    public_id = PublicIdField()
    county = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="schemes")
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="schemes")
    key = models.SlugField(max_length=40)
    name = models.CharField(_("名称"), max_length=40)
    purpose = models.CharField(_("说明"), max_length=200, blank=True)
    target_levels = models.JSONField(default=list)
    target = models.JSONField(default=dict, blank=True)
    needs_application = models.BooleanField(_("先申请、再核查、后指派"), default=False)
    is_bundled = models.BooleanField(default=False)
    has_woman_for_girl = models.BooleanField(_("女童至少有一位女性"), default=False)
    limit_per_helper = models.PositiveSmallIntegerField(null=True, blank=True)
    target_per_helper = models.PositiveSmallIntegerField(null=True, blank=True)
    counts_towards_total = models.BooleanField(default=True)
    lasts = models.CharField(max_length=10, choices=Lasts, default=Lasts.TERM)
    tier_order = models.CharField(max_length=10, choices=TierOrder, default=TierOrder.TERM)
    fit_band = models.PositiveSmallIntegerField(_("多小的差别不计较"), default=1)
    offer_days = models.PositiveSmallIntegerField(_("答复期限（天）"), default=7)
    offers_on = models.CharField(_("名额空出来以后"), max_length=10, choices=OffersOn, default=OffersOn.HALVES)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["county", "term", "key"], name="scheme_key_once_per_term"),
            models.CheckConstraint(condition=Q(offer_days__range=(1, 7)), name="scheme_offer_days"),
            models.CheckConstraint(condition=Q(fit_band__in=(1, 25, 50)), name="scheme_fit_band"),
        ]

    def most_for(self, total_limit: int) -> int | None:
        """Places of this scheme somebody with that limit in total may hold; None = as many as there are."""
        own = self.limit_per_helper
        if not self.counts_towards_total:
            return own
        return total_limit if own is None else min(own, total_limit)


class PlaceRole(models.TextChoices):
    """Who may fill a place. A buddy is another child: no login, and the class teacher answers for both."""

    CADRE = "CADRE", _("干部")
    TEACHER = "TEACHER", _("教师")
    ELDER = "ELDER", _("五老")
    VOLUNTEER = "VOLUNTEER", _("志愿者")
    PEER = "PEER", _("同学伙伴")


class SlotRule(models.Model):
    """
    One kind of place a scheme fills for each child, and who is eligible for it.

    `roles`: any of these `PlaceRole`s will do, the first is who is usually meant. `elder_kinds`: of the elders only
    these, all where empty. `radius_m`: at most so far from the child, 0 = not asked. A place that `is_required` belongs
    to the child's bundle where the scheme has bundles; one that is not is filled after all required ones.
    """

    class Reach(models.TextChoices):
        SAME_CLASS = "SAME_CLASS", _("同班")
        SCHOOL = "SCHOOL", _("本校")
        VILLAGE = "VILLAGE", _("本村")
        TOWNSHIP = "TOWNSHIP", _("本乡镇")
        COUNTY = "COUNTY", _("全县")

    class SexRule(models.TextChoices):
        NONE = "NONE", _("不限")
        SAME = "SAME", _("必须同性")
        GIRLS_BY_WOMEN = "GIRLS_BY_WOMEN", _("女童只由女性")

    public_id = PublicIdField()
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="slot_rules")
    key = models.SlugField(max_length=20)
    name = models.CharField(_("名额"), max_length=20)
    roles = models.JSONField(default=list)
    elder_kinds = models.JSONField(default=list, blank=True)
    count = models.PositiveSmallIntegerField(default=1)
    is_required = models.BooleanField(_("必需"), default=True)
    reach = models.CharField(max_length=12, choices=Reach, default=Reach.TOWNSHIP)
    radius_m = models.PositiveIntegerField(_("最远（米）"), default=0)
    sex_rule = models.CharField(max_length=16, choices=SexRule, default=SexRule.NONE)
    age_gap_years = models.PositiveSmallIntegerField(_("至少年长（岁）"), default=0)
    required_skills = models.JSONField(default=list, blank=True)
    weights = models.JSONField(default=dict, blank=True, help_text="preference -> points")
    monthly_minutes = models.PositiveSmallIntegerField(_("每月约需（分钟）"), default=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "key"], name="slot_rule_key_once"),
            models.CheckConstraint(condition=Q(count__gte=1), name="slot_rule_count"),
        ]

    def role_of(self, held: set[str]) -> str:
        """In which of the place's roles somebody who holds these fills it; the first one where none is held."""
        return next((role for role in self.roles if role in held), self.roles[0])


class SlotRow(NamedTuple):
    """What planning reads of a slot: an object for each of a county's ten thousand takes three times as long."""

    pk: int
    child_id: int
    rule_id: int
    turn: int


class Slot(models.Model):
    """One place to be filled for one child: "the cadre of this child". `turn` 0 is the first of its kind."""

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="slots")
    rule = models.ForeignKey(SlotRule, on_delete=models.PROTECT, related_name="slots")
    turn = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["child", "rule", "turn"], name="slot_once")]
