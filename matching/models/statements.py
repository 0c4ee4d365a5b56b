"""Responsibility statements 责任书: who promises what to whom in one term, and whether the paper is signed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import Area, Child, Organisation
from backend.vault.ids import PublicIdField
from matching.models.pairings import Pairing
from matching.models.schemes import Term

_ABOUT = ("child", "pairing", "area", "organisation")


def _only(column: str) -> Q:
    """A statement is about one thing."""
    return Q(**{f"{name}__isnull": name != column for name in _ABOUT})


class StatementKind(models.TextChoices):
    """The three statements of the plans."""

    GUARDIAN = "GUARDIAN", _("与监护人的责任书")
    LEVELS = "LEVELS", _("上下级责任书")
    TEACHER = "TEACHER", _("教师包保责任书")


class Statement(models.Model):
    """
    One paper of one term: with a child's guardian (`child`), of a teacher for a child (`pairing`), or of a township,
    village or school towards the level above (`area`, `organisation`).

    No text is kept: it is put together at each printing from what is on file then.
    """

    Kind = StatementKind

    class State(models.TextChoices):
        NEW = "NEW", _("还没打印")
        PRINTED = "PRINTED", _("已打印，没签")
        SIGNED = "SIGNED", _("已签")

    public_id = PublicIdField()
    kind = models.CharField(max_length=10, choices=StatementKind)
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="statements")
    # A child's file or a unit is only ever deleted with the import that made it, as long as nothing hangs on it.
    child = models.ForeignKey(Child, on_delete=models.CASCADE, null=True, related_name="statements")
    pairing = models.ForeignKey(Pairing, on_delete=models.PROTECT, null=True, related_name="statements")
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, related_name="statements")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, related_name="statements")
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    printed_at = models.DateTimeField(null=True, help_text="the latest printing")
    signed_date = models.DateField(null=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(_only("child"), kind="GUARDIAN")
                | Q(_only("pairing"), kind="TEACHER")
                | Q(_only("area") | _only("organisation"), kind="LEVELS"),
                name="statement_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(state="SIGNED", signed_date__isnull=False)
                | Q(~Q(state="SIGNED"), signed_date=None, recorded_at=None),
                name="statement_signed_on_a_day",
            ),
            models.UniqueConstraint(fields=["term", "child"], name="statement_once_per_child"),
            models.UniqueConstraint(fields=["term", "pairing"], name="statement_once_per_pairing"),
            models.UniqueConstraint(fields=["term", "area"], name="statement_once_per_area"),
            models.UniqueConstraint(fields=["term", "organisation"], name="statement_once_per_organisation"),
        ]
        indexes = [models.Index(fields=["term", "kind", "state"], name="statement_state")]


class StatementText(models.Model):
    """A county's own words for one kind of statement; without a row the built-in ones are used."""

    county = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="statement_texts")
    kind = models.CharField(max_length=10, choices=StatementKind)
    title = models.CharField(max_length=60)
    body = models.TextField(max_length=4000)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "kind"], name="statement_text_once")]
