"""Spreadsheets on their way in, and large exports on their way out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.vault.fields import EncryptedTextField
from backend.vault.ids import PublicIdField


class SheetKind(models.TextChoices):
    CHILDREN = "CHILDREN", _("儿童")
    HELPERS = "HELPERS", _("帮扶人")


class ImportBatch(models.Model):
    """One uploaded file: read, previewed, confirmed or refused, and perhaps undone."""

    class State(models.TextChoices):
        READING = "READING", _("正在读取")
        READY = "READY", _("等待确认")
        CONFIRMED = "CONFIRMED", _("已导入")
        REFUSED = "REFUSED", _("没有导入")
        CANCELLED = "CANCELLED", _("已放弃")
        UNDONE = "UNDONE", _("已撤销")

    public_id = PublicIdField()
    kind = models.CharField(max_length=10, choices=SheetKind)
    file_name = models.CharField(max_length=200)
    stored_file = models.CharField(max_length=200, blank=True, help_text="deleted once staged")
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    problem = models.CharField(max_length=300, blank=True)
    counts = models.JSONField(default=dict)
    sheet = models.JSONField(default=dict, help_text="{tab, letters: {column key: letters}, ignored headings, seconds}")
    places = models.JSONField(default=dict, help_text="places the rows add: {areas, units, classes}; {made: ids} after")
    skip_wrong = models.BooleanField(default=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_role = models.CharField(max_length=24, blank=True, help_text="in which role; it is read and shown as such")
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)


class ImportRow(models.Model):
    """One row of the sheet, already checked; what it would write is encrypted, what it replaced is kept for undo."""

    class Outcome(models.TextChoices):
        NEW = "NEW", _("新增")
        CHANGED = "CHANGED", _("有变动")
        UNCHANGED = "UNCHANGED", _("没有变动")
        WRONG = "WRONG", _("要改")
        ALIKE = "ALIKE", _("疑似同一人")

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="row number as the spreadsheet shows it")
    outcome = models.CharField(max_length=10, choices=Outcome)
    label = models.CharField(max_length=60, blank=True, help_text="the person's name, for the preview")
    problems = models.JSONField(default=list, help_text="[{column, cell, problem, mend}]")
    person_id = models.BigIntegerField(null=True, help_text="the row it changes")
    person_version = models.PositiveIntegerField(null=True)
    alike_id = models.BigIntegerField(null=True, help_text="somebody on file who may be the same person")
    decision = models.CharField(max_length=10, blank=True, help_text="for ALIKE: SAME, NEW or SKIP")
    id_hash = models.CharField(max_length=43, blank=True, help_text="tells two rows of one person apart from namesakes")
    payload = EncryptedTextField()
    before = EncryptedTextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="import_row_once")]
        indexes = [
            models.Index(fields=["batch", "outcome", "number"], name="import_row_outcome"),
            models.Index(fields=["batch", "id_hash"], name="import_row_id"),
        ]


class ExportRequest(models.Model):
    """An export of more than 500 rows: asked by one coordinator, allowed by another, kept for a day."""

    class State(models.TextChoices):
        ASKED = "ASKED"
        ALLOWED = "ALLOWED"
        READY = "READY"
        REFUSED = "REFUSED"
        EXPIRED = "EXPIRED"

    public_id = PublicIdField()
    kind = models.CharField(max_length=10, choices=SheetKind)
    filters = models.JSONField(default=dict)
    row_count = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_role = models.CharField(
        max_length=24, blank=True, help_text="in which role; the file holds what that role sees"
    )
    allowed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    token_hash = models.CharField(max_length=64, blank=True)
    stored_file = models.CharField(max_length=200, blank=True)
    reach = models.JSONField(default=dict, help_text="what the asker held when the file was made: {role, areas, units}")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(allowed_by=None) | ~models.Q(allowed_by=models.F("asked_by")),
                name="export_second_person",
            ),
        ]
