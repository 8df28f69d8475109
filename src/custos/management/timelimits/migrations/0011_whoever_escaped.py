"""Whoever escaped stands so, and not as one whose custody has ended: the first sweeps compute them anew."""

from django.db import migrations, models

LOOK_NOW = """
UPDATE timelimits_clock c SET next_at = now()
 WHERE c.held AND c.standing = 'ended'
   AND EXISTS (SELECT FROM timelimits_paper p WHERE p.custody_id = c.custody_id AND p.type = 'escaped')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0010_to_leave_by_a_document'),
    ]

    operations = [
        migrations.AlterField(
            model_name='clock',
            name='standing',
            field=models.CharField(choices=[('running', 'Running'), ('no_basis', 'No Basis'), ('no_limit', 'No Limit'), ('ended', 'Ended'), ('escaped', 'Escaped')], default='no_basis', max_length=12),
        ),
        migrations.RunSQL(LOOK_NOW, migrations.RunSQL.noop),
    ]
