import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import APP, scoped


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0001_papers_and_clocks'),
    ]

    operations = [
        migrations.CreateModel(
            name='FormerPapers',
            fields=[
                ('custody', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='former_papers', serialize=False, to='custody.custody')),
                ('former_id', models.UUIDField()),
                ('facility', models.CharField(max_length=200)),
                ('number', models.CharField(max_length=32)),
                ('papers', models.JSONField()),
                ('offered_at', models.DateTimeField()),
                ('entry_id', models.UUIDField()),
                ('taken_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        scoped("timelimits_formerpapers"),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON timelimits_formerpapers FROM {APP}",
            migrations.RunSQL.noop,
        ),
    ]
