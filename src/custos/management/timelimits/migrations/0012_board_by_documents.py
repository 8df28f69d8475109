"""The board has whom no document holds first: its index is in that order."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0011_whoever_escaped'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='clock',
            name='timelimits_board',
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('held', True)), fields=['organization', 'unheld_since', 'due_at', 'custody'], name='timelimits_board'),
        ),
    ]
