"""In which schools' and villages' calendars a published day stands; of days published before, where they stand now."""

import django.db.models.deletion
from django.db import migrations, models


def note_where_days_stand(apps, schema_editor):
    parts = apps.get_model("activities", "DayPart")
    seats = apps.get_model("activities", "DaySeat")
    listings = apps.get_model("activities", "DayListing")
    for part in parts.objects.filter(kind="DAY").order_by("pk").iterator():
        placed = seats.objects.filter(event_id=part.event_id, state="PLACE").order_by("pk")
        on_file = placed.filter(child__isnull=False).values_list("child__village_id", "child__school_id")
        guests = placed.filter(child=None).values_list("school_id", flat=True)
        villages = {village for village, _school in on_file}
        schools = {school for _village, school in on_file} | set(guests)
        rows = [listings(part=part, area_id=pk) for pk in villages - {None}]
        rows += [listings(part=part, organisation_id=pk) for pk in schools - {None}]
        listings.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0015_duties_passed_on"),
        ("roster", "0013_own_limits"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayListing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("left_at", models.DateTimeField(null=True)),
                ("sequence", models.PositiveIntegerField(default=0)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("place_name", models.CharField(blank=True, max_length=200)),
                ("start_at", models.DateTimeField(null=True)),
                ("end_at", models.DateTimeField(null=True)),
                (
                    "area",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="roster.area"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="roster.organisation",
                    ),
                ),
                (
                    "part",
                    models.ForeignKey(
                        help_text="the whole day",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listings",
                        to="activities.daypart",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("area", None)),
                        fields=("part", "organisation"),
                        name="day_listing_school_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("organisation", None)),
                        fields=("part", "area"),
                        name="day_listing_village_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("area", None), ("organisation__isnull", False))
                        | models.Q(("area__isnull", False), ("organisation", None)),
                        name="day_listing_one_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("left_at", None))
                        | models.Q(("start_at__isnull", False), ("start_at__lt", models.F("end_at"))),
                        name="day_listing_times",
                    ),
                ],
            },
        ),
        migrations.RunPython(note_where_days_stand, migrations.RunPython.noop),
    ]
