import custos.foundation.database.ids
import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import APP, scoped


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0008_handover'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.CreateModel(
            name='RosterPlan',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('standing', models.CharField(max_length=9)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('base_revision', models.PositiveIntegerField(default=0)),
                ('changed_by', models.TextField()),
                ('changed_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField(null=True)),
                ('told', models.JSONField(null=True)),
                ('published_by', models.TextField(blank=True, default='')),
                ('published_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='RosterLine',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('turn', models.CharField(max_length=8)),
                ('post', models.CharField(max_length=32)),
                ('staff_ref', models.TextField()),
                ('women', models.BooleanField(default=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='duty.rosterplan')),
            ],
        ),
        migrations.CreateModel(
            name='RosterSwap',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('asked_by', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('reason', models.TextField()),
                ('day', models.DateField()),
                ('turn', models.CharField(max_length=8)),
                ('other', models.TextField()),
                ('back_day', models.DateField(null=True)),
                ('back_turn', models.CharField(blank=True, default='', max_length=8)),
                ('state', models.CharField(default='asked', max_length=9)),
                ('answered_at', models.DateTimeField(null=True)),
                ('decided_by', models.TextField(blank=True, default='')),
                ('decided_at', models.DateTimeField(null=True)),
                ('words', models.TextField(blank=True, default='')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='RosterAbsence',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('staff_ref', models.TextField()),
                ('sort', models.CharField(max_length=8)),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('noted_by', models.TextField()),
                ('noted_at', models.DateTimeField()),
                ('ended_by', models.TextField(blank=True, default='')),
                ('ended_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['organization', 'last'], name='duty_rosterabsence_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('last__gte', models.F('first'))), name='duty_rosterabsence_order'), models.CheckConstraint(condition=models.Q(('sort__in', ['leave', 'sick', 'training'])), name='duty_rosterabsence_sort'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by', '')), models.Q(('ended_at__isnull', False), models.Q(('ended_by', ''), _negated=True)), _connector='OR'), name='duty_rosterabsence_ended')],
            },
        ),
        migrations.CreateModel(
            name='RosterMark',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('staff_ref', models.TextField()),
                ('mark', models.CharField(max_length=16)),
                ('noted_by', models.TextField()),
                ('noted_at', models.DateTimeField()),
                ('ended_by', models.TextField(blank=True, default='')),
                ('ended_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('organization', 'staff_ref', 'mark'), name='duty_rostermark_once')],
            },
        ),
        migrations.CreateModel(
            name='RosterNews',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('staff_ref', models.TextField()),
                ('sort', models.CharField(max_length=9)),
                ('day', models.DateField()),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['staff_ref', '-at'], name='duty_rosternews_latest')],
            },
        ),
        migrations.AddConstraint(
            model_name='rosterplan',
            constraint=models.UniqueConstraint(fields=('organization', 'month', 'standing'), name='duty_rosterplan_once'),
        ),
        migrations.AddConstraint(
            model_name='rosterplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', True), ('published_by', ''), ('standing', 'draft')), models.Q(('published_at__isnull', False), ('standing', 'published'), ('asked_at__isnull', True), models.Q(('published_by', ''), _negated=True)), _connector='OR'), name='duty_rosterplan_standing'),
        ),
        migrations.AddConstraint(
            model_name='rosterplan',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='duty_rosterplan_month'),
        ),
        migrations.AddIndex(
            model_name='rosterline',
            index=models.Index(fields=['organization', 'day', 'staff_ref'], name='duty_rosterline_day'),
        ),
        migrations.AddConstraint(
            model_name='rosterline',
            constraint=models.UniqueConstraint(fields=('plan', 'staff_ref', 'day', 'turn'), name='duty_rosterline_once'),
        ),
        migrations.AddIndex(
            model_name='rosterswap',
            index=models.Index(condition=models.Q(('state__in', ('asked', 'agreed'))), fields=['organization', 'asked_at'], name='duty_rosterswap_open'),
        ),
        migrations.AddConstraint(
            model_name='rosterswap',
            constraint=models.CheckConstraint(condition=models.Q(('asked_by', models.F('other')), _negated=True), name='duty_rosterswap_two'),
        ),
        migrations.AddConstraint(
            model_name='rosterswap',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('back_day__isnull', True), ('back_turn', '')), models.Q(('back_day__isnull', False), models.Q(('back_turn', ''), _negated=True)), _connector='OR'), name='duty_rosterswap_back'),
        ),
        migrations.AddConstraint(
            model_name='rosterswap',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'agreed', 'declined', 'withdrawn', 'approved', 'refused'])), name='duty_rosterswap_state'),
        ),
        migrations.AddConstraint(
            model_name='rosterswap',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by', ''), models.Q(('decided_by__in', [models.F('asked_by'), models.F('other')]), _negated=True), _connector='OR'), name='duty_rosterswap_leader'),
        ),
        migrations.AddConstraint(
            model_name='rosterswap',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('asked', 'agreed'))), fields=('organization', 'asked_by', 'day', 'turn'), name='duty_rosterswap_once'),
        ),
        scoped("duty_rosterplan"),
        scoped("duty_rosterline"),
        scoped("duty_rosterswap"),
        scoped("duty_rosterabsence"),
        scoped("duty_rostermark"),
        scoped("duty_rosternews"),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON duty_rosterswap, duty_rosterabsence, duty_rostermark FROM {APP}",
            migrations.RunSQL.noop,
        ),
    ]
