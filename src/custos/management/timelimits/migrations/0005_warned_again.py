"""A warning that a paper ended is raised anew where that paper is taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0007_transition'),
        ('organizations', '0003_area_position'),
        ('timelimits', '0004_time_until_a_basis'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='warning',
            name='timelimits_warned_once',
        ),
        migrations.AddConstraint(
            model_name='warning',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('custody', 'key'), name='timelimits_open_warned_once'),
        ),
    ]
