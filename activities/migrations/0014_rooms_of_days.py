import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0013_rain_of_steps")]

    operations = [
        migrations.CreateModel(
            name="DayRoom",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="the place's key in the draft", max_length=60)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rooms", to="activities.eventday"
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="day_rooms", to="activities.room"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("event", "key"), name="day_room_key_once"),
                    models.UniqueConstraint(fields=("event", "room"), name="day_room_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="daystep",
            name="rooms",
            field=models.JSONField(help_text="place's key -> room's row id", null=True),
        ),
        migrations.AddField(
            model_name="booking",
            name="event",
            field=models.ForeignKey(
                help_text="the published day that holds the room, if one does",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bookings",
                to="activities.eventday",
            ),
        ),
        migrations.AlterField(
            model_name="booking",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("READING", "看书"),
                    ("CALLS", "和爸妈通话"),
                    ("HOMEWORK", "作业辅导"),
                    ("SPORT", "文体活动"),
                    ("TALK", "谈心"),
                    ("MEETING", "会议"),
                    ("ACTIVITY", "活动"),
                    ("OTHER", "其他"),
                ],
                max_length=8,
            ),
        ),
    ]
