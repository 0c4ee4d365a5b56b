"""What a run suggests."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Child, Helper
from backend.vault.ids import PublicIdField
from matching.models.runs import MatchingRun
from matching.models.schemes import Scheme, Slot


class Proposal(models.Model):
    """A draft of pairs. Open until published or superseded by a later one of the same scheme and area."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("未发布")
        PUBLISHED = "PUBLISHED", _("已发布")
        SUPERSEDED = "SUPERSEDED", _("已被取代")

    public_id = PublicIdField()
    run = models.ForeignKey(MatchingRun, on_delete=models.PROTECT, related_name="proposals")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="proposals")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    hand_edits = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0, help_text="raised by every change of its places or objections")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], name="proposal_number_once"),
            models.UniqueConstraint(fields=["run", "scheme"], name="proposal_once_per_run_and_scheme"),
        ]


_FACTS = 4
"""Of an alternative: who, what it costs, its kind, its own fit."""


class Certificate(models.Model):
    """
    Why a group of places stays open: these children together can only be served by these helpers, who offer
    fewer places than are needed. Over a proposal's certificates `short` adds up to the open places; where a child's
    places are filled all or none, to the children left without.
    """

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="certificates")

    class Kind(models.TextChoices):
        SHORTAGE = "shortage", _("人手不够")
        NOBODY = "nobody", _("没有合适的人")
        PAIR = "pair", _("一边人手不够")
        FULL = "full", _("合适的人都满了")
        JOINT = "joint", _("几条规则碰在一起")
        BUNDLE = "bundle", _("两人凑不齐")
        UNPROVEN = "unproven", _("还没证明")

    slot_name = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SHORTAGE)
    place_name = models.CharField(max_length=80)
    children = models.PositiveIntegerField()
    helpers = models.PositiveIntegerField()
    places = models.PositiveIntegerField()
    needed = models.PositiveIntegerField(default=0)
    short = models.PositiveIntegerField()
    remedies = models.JSONField(null=True, help_text="tried cures, best first; null = not tried yet")
    level = models.PositiveSmallIntegerField(default=1)


class ProposedPair(models.Model):
    """One place and whom the draft puts there; no helper means open, and the certificate says why."""

    class Origin(models.TextChoices):
        SOLVER = "SOLVER", _("求解")
        KEPT = "KEPT", _("保持不变")
        HAND = "HAND", _("手改")

    public_id = PublicIdField()
    # The indexes below begin with the proposal; each more is paid by all ten thousand rows of a county's draft.
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="pairs", db_index=False)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="proposed")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="+")
    helper = models.ForeignKey(Helper, on_delete=models.PROTECT, null=True, related_name="+")
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.SOLVER)
    fit = models.PositiveSmallIntegerField(default=0)
    is_locked = models.BooleanField(default=False)
    reasons = models.JSONField(default=list, help_text="[[code, points]] of the fit")
    alternatives = models.JSONField(default=list, help_text="[[helper row id, points it costs or null, kind, own fit]]")
    certificate = models.ForeignKey(Certificate, on_delete=models.SET_NULL, null=True, related_name="pairs")
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "slot"], name="proposed_once_per_slot")]
        indexes = [
            models.Index(fields=["proposal", "child"], name="proposed_by_child"),
            models.Index(fields=["proposal", "helper"], name="proposed_by_helper"),
            models.Index(fields=["proposal"], name="proposed_open", condition=Q(helper=None)),
        ]

    @property
    def named_alternatives(self) -> list[list[int | None]]:
        """`alternatives` with all four facts; older drafts kept no fit of their own, and a price alone misleads."""
        return [row for row in self.alternatives if len(row) == _FACTS]
