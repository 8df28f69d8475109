from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0003_late_papers'),
    ]

    operations = [
        migrations.AddField(
            model_name='paper',
            name='basis_from',
            field=models.DateTimeField(null=True),
        ),
        migrations.RemoveConstraint(
            model_name='paper',
            name='timelimits_late_paper_says_why',
        ),
        migrations.AddConstraint(
            model_name='paper',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis_from__isnull', True), ('late_reason', ''), ('limit_ended_at__isnull', True)), models.Q(('basis_from__isnull', True), ('limit_ended_at__isnull', False), models.Q(('late_reason', ''), _negated=True)), models.Q(('basis_from__isnull', False), ('late_reason', ''), ('limit_ended_at__isnull', False), ('limit_ended_at__lt', models.F('basis_from'))), _connector='OR'), name='timelimits_late_paper_says_why'),
        ),
    ]
