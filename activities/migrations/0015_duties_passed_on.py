import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0014_rooms_of_days"),
        ("roster", "0013_own_limits"),
    ]

    operations = [
        migrations.CreateModel(
            name="DutyPassedOn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shown_date", models.DateField()),
                ("start_at", models.DateTimeField(null=True)),
                ("end_at", models.DateTimeField(null=True)),
                ("place_name", models.CharField(max_length=80)),
                ("sequence", models.PositiveIntegerField()),
                ("changed_at", models.DateTimeField()),
                (
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="passed_on", to="activities.duty"
                    ),
                ),
                (
                    "helper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="duties_passed_on", to="roster.helper"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["helper", "shown_date"], name="duty_passed_on_by_helper")],
                "constraints": [
                    models.UniqueConstraint(fields=("duty", "helper"), name="duty_passed_on_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("end_at", None), ("start_at", None)),
                            ("start_at__lt", models.F("end_at")),
                            _connector="OR",
                        ),
                        name="duty_passed_on_times",
                    ),
                ],
            },
        ),
    ]
