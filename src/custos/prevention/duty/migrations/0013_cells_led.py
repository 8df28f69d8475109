import custos.foundation.database.ids
import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import APP, scoped


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0012_short_again'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.CreateModel(
            name='CellLed',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('staff_ref', models.TextField()),
                ('noted_by', models.TextField()),
                ('noted_at', models.DateTimeField()),
                ('ended_by', models.TextField(blank=True, default='')),
                ('ended_at', models.DateTimeField(null=True)),
                ('cell', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.cell')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('organization', 'staff_ref', 'cell'), name='duty_cellled_once')],
            },
        ),
        scoped("duty_cellled"),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON duty_cellled FROM {APP}", migrations.RunSQL.noop
        ),
    ]
