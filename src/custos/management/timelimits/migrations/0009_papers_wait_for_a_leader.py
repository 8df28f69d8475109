"""A paper that would move an end which has passed counts only once a leader has accepted it.

Late papers of before count where a leader has answered for them. Those that nobody answered for wait from now
on, with what put them right: their clocks are looked at at once.
"""

import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import append_only, scoped

#: Papers that let somebody go wait for nobody.
WAIT = """
ALTER TABLE timelimits_paper DISABLE TRIGGER refuse_change;
WITH RECURSIVE late AS (
    SELECT p.id, p.limit_ended_at, p.late_reason
      FROM timelimits_warning w JOIN timelimits_paper p ON p.id = w.late_paper_id
     WHERE w.closed_at IS NULL AND p.late_reason <> '' AND (p.event IS NULL OR p.type NOT IN (
           'parole', 'outside_service', 'delivered', 'bail', 'residential_surveillance', 'arrest_refused',
           'released'))
     UNION
    SELECT p.id, late.limit_ended_at, late.late_reason
      FROM late JOIN timelimits_paper p ON p.replaces_id = late.id
     WHERE p.event IS NOT NULL
)
UPDATE timelimits_paper p SET waits = true, limit_ended_at = late.limit_ended_at, late_reason = late.late_reason
  FROM late
 WHERE p.id = late.id;
ALTER TABLE timelimits_paper ENABLE TRIGGER refuse_change;
UPDATE timelimits_clock c SET paper_waits = true, next_at = now()
 WHERE c.held AND EXISTS (
       SELECT FROM timelimits_paper p
        WHERE p.custody_id = c.custody_id AND p.waits
          AND NOT EXISTS (SELECT FROM timelimits_paper r WHERE r.replaces_id = p.id));
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0003_area_position'),
        ('timelimits', '0008_asked_who_is_held'),
    ]

    operations = [
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('paper', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='decision', serialize=False, to='timelimits.paper')),
                ('accepted', models.BooleanField()),
                ('words', models.TextField()),
                ('decided_at', models.DateTimeField()),
                ('decided_by', models.TextField()),
                ('entry_id', models.UUIDField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='paper',
            name='timelimits_late_paper_says_why',
        ),
        migrations.AddField(
            model_name='clock',
            name='paper_waits',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='paper',
            name='waits',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='paper',
            name='replaces',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='timelimits.paper'),
        ),
        migrations.AddConstraint(
            model_name='paper',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis_from__isnull', True), ('late_reason', ''), ('limit_ended_at__isnull', True), ('waits', False)), models.Q(('basis_from__isnull', True), ('limit_ended_at__isnull', False), models.Q(('late_reason', ''), _negated=True)), models.Q(('basis_from__isnull', False), ('limit_ended_at__isnull', False), ('limit_ended_at__lte', models.F('basis_from')), models.Q(('waits', False), models.Q(('late_reason', ''), _negated=True), _connector='OR')), _connector='OR'), name='timelimits_late_paper_says_why'),
        ),
        migrations.AddConstraint(
            model_name='paper',
            constraint=models.UniqueConstraint(condition=models.Q(('waits', False)), fields=('replaces',), name='timelimits_corrected_once'),
        ),
        migrations.AddField(
            model_name='decision',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='timelimits_decision_says_something'),
        ),
        scoped("timelimits_decision"),
        append_only("timelimits_decision"),
        migrations.RunSQL(WAIT, migrations.RunSQL.noop),
    ]
