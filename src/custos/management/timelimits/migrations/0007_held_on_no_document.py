"""Since when no document of the file holds somebody stands beside their clock, and a document ends the warning."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0006_watched_since_arrival'),
    ]

    operations = [
        migrations.AddField(
            model_name='clock',
            name='unheld_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.RemoveConstraint(
            model_name='warning',
            name='timelimits_closed_by_a_basis',
        ),
        migrations.AddConstraint(
            model_name='warning',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by', '')), models.Q(('closed_at__isnull', False), ('closed_by__in', ['release', 'answer'])), models.Q(('closed_at__isnull', False), ('closed_by__in', ['basis', 'document']), ('closed_paper_id__isnull', False)), models.Q(('closed_at__isnull', False), ('closed_by', 'replaced'), ('replaced_by_id__isnull', False)), _connector='OR'), name='timelimits_closed_by_a_basis'),
        ),
    ]
