"""Reports were entries of the audit; each becomes a row of its own. PostgreSQL lets nobody delete one."""

from django.db import migrations
from django.utils.dateparse import parse_datetime

_TABLES = ("roster_concern", "roster_concernstep")


def take_over(apps, schema_editor):
    entries = apps.get_model("audit", "AuditEntry").objects.order_by("pk")
    receipts = {}
    for entry in entries.filter(verb="concern.received", subject_kind="audit.auditentry"):
        receipts.setdefault(entry.subject_id, entry)
    for entry in entries.filter(verb="concern.raised").iterator(chunk_size=500):
        _take_over_one(apps, entry, receipts.get(str(entry.pk)))


def _take_over_one(apps, entry, receipt):
    said = entry.after or {}
    area = apps.get_model("roster", "Area").objects.filter(code=said.get("area", "")).first()
    if area is None:
        return
    child = apps.get_model("roster", "Child").objects.filter(public_id=said.get("child", "")).first()
    unit = apps.get_model("roster", "Organisation").objects.filter(pk=said.get("organisation") or 0).first()
    at = parse_datetime(said.get("at", "")) or entry.at
    concern, is_new = apps.get_model("roster", "Concern").objects.get_or_create(
        key=f"audit:{entry.pk}",
        defaults={
            "situation": said.get("situation", "OTHER"), "child": child, "area": area, "organisation": unit,
            "reporter": _user(apps, entry), "reporter_name": entry.actor_name, "pressed_at": at, "raised_at": at,
            "state": "TAKEN" if receipt else "OPEN", "taken_by": _user(apps, receipt),
            "taken_at": receipt.at if receipt else None,
        },
    )  # fmt: skip
    if is_new:
        for kind, one, when in (("RAISED", entry, at), ("TAKEN", receipt, receipt and receipt.at)):
            if one is not None:
                apps.get_model("roster", "ConcernStep").objects.create(
                    concern=concern, kind=kind, at=when, by=_user(apps, one), by_name=one.actor_name
                )


def _user(apps, entry):
    users = apps.get_model("accounts", "User").objects
    return users.filter(public_id=entry.actor_id).first() if entry is not None and entry.actor_id else None


def refuse_deleting(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        "CREATE OR REPLACE FUNCTION concern_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'mandatory reports are never deleted'; END $$"
    )
    for table in _TABLES:
        schema_editor.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION concern_is_kept()"
        )


def allow_deleting(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in _TABLES:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_kept ON {table}")
        schema_editor.execute("DROP FUNCTION IF EXISTS concern_is_kept()")


class Migration(migrations.Migration):
    dependencies = [
        ("roster", "0011_concerns"),
        ("audit", "0002_acting_role"),
        ("accounts", "0002_login_phone"),
    ]
    operations = [
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RunPython(refuse_deleting, allow_deleting),
    ]
