from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("custody", "0002_places")]
    operations = [
        migrations.AddIndex(
            model_name="custody",
            index=models.Index(
                fields=["organization", "-admitted_at", "-id"],
                condition=Q(ended_at__isnull=True),
                name="custody_present",
            ),
        ),
        migrations.AddIndex(
            model_name="custody",
            index=models.Index(
                fields=["-admitted_at", "-id"],
                condition=Q(ended_at__isnull=True),
                name="custody_latest",
            ),
        ),
    ]
