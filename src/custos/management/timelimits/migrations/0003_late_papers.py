import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0002_former_papers'),
    ]

    operations = [
        # Of who is held already what ended before today is history: nobody was asked about it then.
        migrations.AddField(
            model_name='clock',
            name='watched_since',
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='paper',
            name='number_missing',
            field=models.CharField(blank=True, default='', max_length=200),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='paper',
            name='limit_ended_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='paper',
            name='late_reason',
            field=models.CharField(blank=True, default='', max_length=400),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='warning',
            name='replaced_by_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='warning',
            name='late_paper_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddConstraint(
            model_name='paper',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('late_reason', ''), ('limit_ended_at__isnull', True)), models.Q(('limit_ended_at__isnull', False), models.Q(('late_reason', ''), _negated=True)), _connector='OR'), name='timelimits_late_paper_says_why'),
        ),
        migrations.RemoveConstraint(
            model_name='warning',
            name='timelimits_closed_by_a_basis',
        ),
        migrations.AddConstraint(
            model_name='warning',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by', '')), models.Q(('closed_at__isnull', False), ('closed_by__in', ['release', 'answer'])), models.Q(('closed_at__isnull', False), ('closed_by', 'basis'), ('closed_paper_id__isnull', False)), models.Q(('closed_at__isnull', False), ('closed_by', 'replaced'), ('replaced_by_id__isnull', False)), _connector='OR'), name='timelimits_closed_by_a_basis'),
        ),
    ]
