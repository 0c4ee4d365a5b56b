from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0012_talk_rounds")]

    operations = [
        migrations.AddField(model_name="daystep", name="rain_plan", field=models.JSONField(null=True)),
        migrations.AddField(model_name="daystep", name="rain_answer", field=models.JSONField(null=True)),
    ]
