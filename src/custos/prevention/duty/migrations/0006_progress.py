from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("duty", "0005_joins_by_index")]

    operations = [
        migrations.AddField("task", "note", models.TextField(blank=True, default="")),
        migrations.AddField("task", "noted_at", models.DateTimeField(null=True)),
        # The orders of a facility, latest first.
        migrations.AddIndex(
            "task",
            models.Index(
                fields=["organization", "-id"],
                condition=models.Q(source_kind="duty.order_given"),
                name="duty_task_orders",
            ),
        ),
    ]
