import custos.foundation.database.ids
import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import APP, append_only, scoped


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0006_progress'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('client_id', models.UUIDField()),
                ('by_ref', models.TextField()),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('how', models.CharField(max_length=8)),
                ('text', models.TextField(blank=True)),
                ('late_minutes', models.PositiveIntegerField(default=0)),
                ('people', models.PositiveSmallIntegerField()),
                ('entry_id', models.UUIDField(unique=True)),
                ('cell', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.cell')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['organization', 'at'], name='duty_look_when'), models.Index(fields=['cell', 'at'], name='duty_look_where')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'by_ref', 'client_id'), name='duty_look_once')],
            },
        ),
        migrations.CreateModel(
            name='WatchedCell',
            fields=[
                ('cell', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='organizations.cell')),
                ('code', models.CharField(max_length=32, unique=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('gap_minutes', models.PositiveSmallIntegerField()),
                ('last_at', models.DateTimeField(null=True)),
                ('last_by', models.TextField(blank=True)),
                ('last_how', models.CharField(blank=True, max_length=8)),
                ('missed_since', models.DateTimeField(null=True)),
                ('held_since', models.DateTimeField(null=True)),
                ('told_entry', models.UUIDField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='duty_watchedcell_due'), models.Index(fields=['organization', 'due_at'], name='duty_watchedcell_list')],
                'constraints': [models.CheckConstraint(condition=models.Q(('missed_since__isnull', True), ('due_at__isnull', False), _connector='OR'), name='duty_watchedcell_missed_is_due')],
            },
        ),
        scoped("duty_look"),
        append_only("duty_look"),
        scoped("duty_watchedcell"),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON duty_watchedcell FROM {APP}", migrations.RunSQL.noop
        ),
    ]
