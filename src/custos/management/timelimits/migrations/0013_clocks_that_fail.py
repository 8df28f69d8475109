"""A clock that the sweep can't look at through a defect bears since when."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0012_board_by_documents'),
    ]

    operations = [
        migrations.AddField(
            model_name='clock',
            name='failing_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('failing_since__isnull', False)), fields=['failing_since'], name='timelimits_failing'),
        ),
    ]
