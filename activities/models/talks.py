"""A teacher's talk groups 谈心小组: which teacher of a class talks with which children in which week of a cycle."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Child, Helper, SchoolClass
from backend.vault.ids import PublicIdField
from matching.models import Term


class TalkPlan(models.Model):
    """
    One cycle of one class: every child is met once.

    `months` are the first days of the months it is for; `closed_weeks` the Mondays of weeks that fall out although
    people work in them. `goals` is what the solver reached, goal by goal, and its bound; `broken` wishes are named by
    the pairs of seats. `version` rises with every change, so that a page that was open too long changes nothing.
    """

    class Mode(models.TextChoices):
        GROUP = "GROUP", _("几个孩子一起谈")
        SINGLE = "SINGLE", _("一个一个谈")

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("草稿")
        PUBLISHED = "PUBLISHED", _("已发布")

    public_id = PublicIdField()
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="talk_plans")
    # A class is only ever deleted with the import that made it, and only once it is empty.
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="talk_plans")
    number = models.PositiveSmallIntegerField(help_text="counts the cycles of a class, over all terms")
    months = models.JSONField(help_text="first days of months, as ISO dates")
    closed_weeks = models.JSONField(default=list, blank=True)
    size = models.PositiveSmallIntegerField(_("每次几个孩子"), default=4)
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.GROUP)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    status = models.CharField(max_length=10, default="OPTIMAL", help_text="the solver's answer")
    goals = models.JSONField(default=list)
    shortage = models.JSONField(default=dict, blank=True)
    seed = models.PositiveBigIntegerField(default=0)
    hand_edits = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school_class", "number"], name="talk_plan_number_once"),
            models.UniqueConstraint(
                fields=["school_class"], condition=Q(state="DRAFT"), name="talk_plan_one_draft_per_class"
            ),
            models.CheckConstraint(condition=Q(size__range=(3, 5)), name="talk_plan_size"),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(published_at__isnull=False), name="talk_plan_published_at"
            ),
        ]


class TalkTeacher(models.Model):
    """A teacher who takes part in a plan, and how many groups at most."""

    plan = models.ForeignKey(TalkPlan, on_delete=models.CASCADE, related_name="teachers")
    teacher = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="talk_parts")
    most_groups = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "teacher"], name="talk_teacher_once")]


class TalkGroup(models.Model):
    """
    One teacher's children of one week; the Monday stands for the week.

    `told_at`: since when the teacher knows of it; `sequence` rises when it comes back after it was called off.
    """

    public_id = PublicIdField()
    plan = models.ForeignKey(TalkPlan, on_delete=models.CASCADE, related_name="groups")
    teacher = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="talk_groups")
    week_date = models.DateField()
    held_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            # A teacher of two classes has one group a week all the same.
            models.UniqueConstraint(fields=["teacher", "week_date"], name="talk_group_one_a_week"),
        ]
        indexes = [models.Index(fields=["plan", "week_date"], name="talk_group_by_week")]


class TalkCalledOff(models.Model):
    """
    A group its teacher knew of and that a later dealing left out: calendars have to say so for a while.

    `public_id` is the group's own, so that the same entry is called off, and comes back should it be dealt again.
    """

    public_id = models.CharField(max_length=16, unique=True)
    plan = models.ForeignKey(TalkPlan, on_delete=models.CASCADE, related_name="called_off")
    teacher = models.ForeignKey(Helper, on_delete=models.PROTECT, related_name="talks_called_off")
    week_date = models.DateField()
    sequence = models.PositiveIntegerField()
    called_off_at = models.DateTimeField()


class TalkSeat(models.Model):
    """A child in a plan: in one group, or in none where there were too few places."""

    public_id = PublicIdField()
    plan = models.ForeignKey(TalkPlan, on_delete=models.CASCADE, related_name="seats")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="talk_seats")
    group = models.ForeignKey(TalkGroup, on_delete=models.CASCADE, null=True, related_name="seats")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "child"], name="talk_seat_once_per_cycle")]


class TalkWish(models.Model):
    """Two children of a class who had better sit together, or better not. Why is nobody's business here."""

    class Kind(models.TextChoices):
        APART = "APART", _("分开坐")
        TOGETHER = "TOGETHER", _("坐一起")

    public_id = PublicIdField()
    first = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="talk_wish_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="talk_wish_smaller_first"),
        ]
