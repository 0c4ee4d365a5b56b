"""Talk groups planned for every class of a school or township in one go: what was asked, what came of each class."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from activities.models.talks import TalkPlan
from backend.roster.models import Area, Organisation, SchoolClass
from backend.vault.ids import PublicIdField
from matching.models import Term


class TalkRound(models.Model):
    """One go over the classes of a township, or of one school of it."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("正在排")
        DONE = "DONE", _("排完了")

    public_id = PublicIdField()
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="talk_rounds")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    months = models.JSONField(help_text="first days of months, as ISO dates")
    size = models.PositiveSmallIntegerField(default=4)
    mode = models.CharField(max_length=6, choices=TalkPlan.Mode, default=TalkPlan.Mode.GROUP)
    most_groups = models.PositiveSmallIntegerField(help_text="groups of one teacher in one class, at most")
    state = models.CharField(max_length=4, choices=State, default=State.OPEN)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class TalkRoundClass(models.Model):
    """
    One class of a round: waiting, planned as a draft, or why not.

    `problem` is a code of what stood in the way, and `facts` its numbers and names of teachers.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("等着排")
        PLANNED = "PLANNED", _("排好了")
        NOT_PLANNED = "NOT", _("没排")

    round = models.ForeignKey(TalkRound, on_delete=models.CASCADE, related_name="classes")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="+")
    plan = models.ForeignKey(TalkPlan, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=60, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "school_class"], name="talk_round_class_once")]
