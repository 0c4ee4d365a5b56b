"""Note of days published before under what title and date people know them."""

from django.db import migrations


def note_what_was_published(apps, schema_editor):
    event_days = apps.get_model("activities", "EventDay")
    versions = apps.get_model("activities", "DayVersion")
    for event in event_days.objects.filter(latest_number__gt=0, published_date=None).iterator():
        version = versions.objects.filter(event=event, number=event.latest_number).first()
        if version is not None:
            title = (version.day.get("title") or event.title)[:80]
            event_days.objects.filter(pk=event.pk).update(published_title=title, published_date=version.date)


class Migration(migrations.Migration):
    dependencies = [("activities", "0008_event_day_as_published")]
    operations = [migrations.RunPython(note_what_was_published, migrations.RunPython.noop)]
