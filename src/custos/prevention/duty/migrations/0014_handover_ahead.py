import custos.foundation.database.ids
import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import scoped


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0013_cells_led'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.CreateModel(
            name='HandoverAhead',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('said', models.JSONField()),
                ('by_ref', models.TextField()),
                ('kept_at', models.DateTimeField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization', 'at'), name='duty_handoverahead_once')],
            },
        ),
        scoped("duty_handoverahead"),
    ]
