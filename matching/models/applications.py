"""A child is applied for, two bodies check together, then somebody is assigned: schemes that ask for it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.roster.models import CheckingBody, Child
from backend.vault.ids import PublicIdField
from matching.models.schemes import Scheme


class Application(models.Model):
    """One child put forward for one scheme; solved and offered once both bodies have said yes."""

    class State(models.TextChoices):
        APPLIED = "APPLIED", _("待核查")
        CHECKED = "CHECKED", _("核查通过")
        REFUSED = "REFUSED", _("核查没通过")
        WITHDRAWN = "WITHDRAWN", _("已撤回")
        ASSIGNED = "ASSIGNED", _("已指派")

    public_id = PublicIdField()
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="applications")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="applications")
    reason = models.CharField(_("为什么需要"), max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.APPLIED)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["child", "scheme"],
                condition=Q(state__in=("APPLIED", "CHECKED", "ASSIGNED")),
                name="application_one_open_per_child",
            )
        ]
        indexes = [models.Index(fields=["scheme", "state"], name="application_by_scheme")]


class ApplicationCheck(models.Model):
    """What one person found, on behalf of one of the two bodies."""

    Body = CheckingBody

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="checks")
    body = models.CharField(_("代表"), max_length=12, choices=Body)
    is_fine = models.BooleanField(_("同意"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "body"], name="application_check_once_per_body"),
            models.UniqueConstraint(fields=["application", "checked_by"], name="application_checks_by_two_people"),
        ]
