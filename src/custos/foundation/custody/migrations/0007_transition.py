from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("custody", "0006_roll_by_length")]
    operations = [
        migrations.AddField(
            model_name="classification",
            name="settled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
