"""Messages made before there were channels get the names that today's make, so nothing is told twice."""

from django.db import migrations

_COLUMNS = ["kind", "fact", "key", "account_id"]


def name_facts(apps, _schema_editor):
    message_model = apps.get_model("notifications", "Message")
    rows = message_model.objects.filter(fact="").select_related("helper", "guardian", "offer").order_by("pk")
    while chunk := list(rows[:1000]):
        for row in chunk:
            _name(row)
        message_model.objects.bulk_update(chunk, _COLUMNS)


def _name(row):
    _kind, offer, *rest = row.key.split(":")
    person = row.guardian or row.helper
    who = f"g{person.pk}" if row.guardian_id else f"h{person.pk}"
    suffix = [part for part in rest if part != who]
    if row.guardian_id:
        row.kind = f"GUARDIAN_{row.kind}"
    elif row.kind == "OFFER_SENT" and row.offer.leader_id:
        row.kind = "OFFER_SENT_BUDDY"
    row.fact = ":".join([row.kind, offer, who, *suffix])
    row.key = f"{row.fact}:{row.channel}"
    row.account_id = person.user_id


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_channels")]

    operations = [migrations.RunPython(name_facts, migrations.RunPython.noop)]
