"""A warning that no document holds somebody keeps since when: the period stays to be seen once one holds again."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0013_clocks_that_fail'),
    ]

    operations = [
        migrations.AddField(
            model_name='warning',
            name='unheld_since',
            field=models.DateTimeField(null=True),
        ),
    ]
