import custos.foundation.database.ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import APP, append_only, scoped


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0003_wanted_by'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.AddField(
            model_name='task',
            name='area',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='organizations.area'),
        ),
        migrations.AddField(
            model_name='task',
            name='audience',
            field=models.SmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='task',
            name='reopens',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reopened_by', to='duty.task'),
        ),
        migrations.AddField(
            model_name='task',
            name='tells',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), default=list, size=None),
        ),
        migrations.CreateModel(
            name='FacilityCatalogue',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('valid_from', models.DateField()),
                ('reason', models.TextField()),
                ('adopted_by', models.TextField()),
                ('adopted_at', models.DateTimeField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization', 'version'), name='duty_facilitycatalogue_once')],
            },
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('client_id', models.UUIDField()),
                ('by_ref', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('type_id', models.CharField(max_length=32)),
                ('title', models.JSONField()),
                ('severity', models.SmallIntegerField()),
                ('entry_id', models.UUIDField(unique=True)),
                ('custody_id', models.UUIDField(null=True)),
                ('place', models.CharField(blank=True, max_length=100)),
                ('occurred_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['by_ref', '-recorded_at'], name='duty_observation_mine')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'by_ref', 'client_id'), name='duty_observation_once'), models.CheckConstraint(condition=models.Q(('severity__range', (1, 4))), name='duty_observation_severity')],
            },
        ),
        migrations.CreateModel(
            name='Shortfall',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('post', models.CharField(max_length=32)),
                ('shift_began', models.DateTimeField()),
                ('at', models.DateTimeField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization', 'post', 'shift_began'), name='duty_shortfall_once')],
            },
        ),
        migrations.CreateModel(
            name='SignOn',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('staff_ref', models.TextField()),
                ('post', models.CharField(max_length=32)),
                ('since', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('until__isnull', True)), fields=['organization', 'post'], name='duty_signon_now')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('organization', 'staff_ref', 'post'), name='duty_signon_once'), models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='duty_signon_order')],
            },
        ),
        scoped("duty_observation"),
        append_only("duty_observation"),
        scoped("duty_facilitycatalogue"),
        append_only("duty_facilitycatalogue"),
        scoped("duty_signon"),
        scoped("duty_shortfall"),
        append_only("duty_shortfall"),
        migrations.RunSQL(f"REVOKE DELETE, TRUNCATE ON duty_signon FROM {APP}", migrations.RunSQL.noop),
    ]
