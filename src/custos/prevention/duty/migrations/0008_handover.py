import custos.foundation.database.ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import APP, append_only, scoped


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0007_rounds'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('began', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('outgoing_shift', models.JSONField()),
                ('incoming_shift', models.JSONField()),
                ('on_duty', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('prepared_at', models.DateTimeField()),
                ('standing', models.CharField(default='prepared', max_length=8)),
                ('told_entry', models.UUIDField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
                ('keys_expected', models.PositiveSmallIntegerField(null=True)),
                ('keys_counted', models.PositiveSmallIntegerField(null=True)),
                ('signed_by', models.TextField(blank=True, default='')),
                ('signed_at', models.DateTimeField(null=True)),
                ('digest', models.CharField(blank=True, default='', max_length=64)),
                ('taken_by', models.TextField(blank=True, default='')),
                ('taken_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='HandoverItem',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('section', models.CharField(max_length=16)),
                ('position', models.PositiveIntegerField()),
                ('text', models.JSONField()),
                ('severity', models.SmallIntegerField(null=True)),
                ('custody_id', models.UUIDField(null=True)),
                ('detainee_id', models.UUIDField(null=True)),
                ('cell_id', models.UUIDField(null=True)),
                ('task_id', models.UUIDField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('handover', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='duty.handover')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='HandoverReading',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('by_ref', models.TextField()),
                ('at', models.DateTimeField()),
                ('remark', models.TextField(blank=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='duty.handoveritem')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        migrations.AddIndex(
            model_name='handover',
            index=models.Index(condition=models.Q(('standing', 'taken'), _negated=True), fields=['organization', 'at'], name='duty_handover_open'),
        ),
        migrations.AddIndex(
            model_name='handover',
            index=models.Index(fields=['organization', '-at'], name='duty_handover_latest'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.UniqueConstraint(fields=('organization', 'at'), name='duty_handover_once'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('standing', 'prepared'), ('taken_at__isnull', True), ('digest', ''), ('signed_by', ''), ('taken_by', ''), ('keys_counted__isnull', True), ('keys_expected__isnull', True)), models.Q(('signed_at__isnull', False), ('standing', 'signed'), ('taken_at__isnull', True), ('keys_counted__isnull', False), ('keys_expected__isnull', False), ('taken_by', ''), models.Q(('signed_by', ''), _negated=True), models.Q(('digest', ''), _negated=True)), models.Q(('signed_at__isnull', False), ('standing', 'taken'), ('taken_at__gte', models.F('signed_at')), ('keys_counted__isnull', False), ('keys_expected__isnull', False), models.Q(('signed_by', ''), _negated=True), models.Q(('taken_by', ''), _negated=True), models.Q(('digest', ''), _negated=True), models.Q(('taken_by', models.F('signed_by')), _negated=True)), _connector='OR'), name='duty_handover_standing'),
        ),
        migrations.AddConstraint(
            model_name='handoveritem',
            constraint=models.UniqueConstraint(fields=('handover', 'position'), name='duty_handoveritem_in_order'),
        ),
        migrations.AddConstraint(
            model_name='handoverreading',
            constraint=models.UniqueConstraint(fields=('item', 'by_ref'), name='duty_handoverreading_once'),
        ),
        scoped("duty_handover"),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON duty_handover FROM {APP}", migrations.RunSQL.noop
        ),
        scoped("duty_handoveritem"),
        append_only("duty_handoveritem"),
        scoped("duty_handoverreading"),
        append_only("duty_handoverreading"),
    ]
