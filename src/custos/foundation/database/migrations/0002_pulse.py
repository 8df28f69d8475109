from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("database", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Pulse",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        )
    ]
