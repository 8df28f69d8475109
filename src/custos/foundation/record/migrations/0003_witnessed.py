from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("record", "0002_entries")]
    operations = [
        migrations.CreateModel(
            name="Witnessed",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("lines", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="record_witnessed_one_row"
                    )
                ]
            },
        ),
    ]
