import custos.foundation.database.ids
import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import scoped


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0003_area_position'),
        ('reception', '0002_scope'),
    ]

    operations = [
        migrations.CreateModel(
            name='BroughtRow',
            fields=[
                ('custody_id', models.UUIDField(primary_key=True, serialize=False)),
                ('says', models.JSONField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='PeopleImport',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=200)),
                ('media_type', models.CharField(max_length=100)),
                ('size', models.IntegerField()),
                ('sent_by', models.CharField(max_length=100)),
                ('sent_ref', models.CharField(max_length=64)),
                ('sent_at', models.DateTimeField()),
                ('state', models.CharField(default='checked', max_length=8)),
                ('digest', models.CharField(max_length=64)),
                ('dropped', models.JSONField(default=list)),
                ('new', models.IntegerField()),
                ('known', models.IntegerField()),
                ('changed', models.IntegerField()),
                ('wrong', models.IntegerField()),
                ('noted', models.IntegerField()),
                ('entry_id', models.UUIDField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
            ],
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.IntegerField()),
                ('number', models.CharField(blank=True, max_length=40)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('state', models.CharField(max_length=8)),
                ('said', models.JSONField(default=list)),
                ('noted', models.BooleanField(default=False)),
                ('custody_id', models.UUIDField(null=True)),
                ('detainee_id', models.UUIDField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization')),
                ('upload', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='reception.peopleimport')),
            ],
        ),
        migrations.AddIndex(
            model_name='peopleimport',
            index=models.Index(fields=['organization', '-sent_at'], name='reception_imports_latest'),
        ),
        migrations.AddConstraint(
            model_name='peopleimport',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['checked', 'brought', 'dropped'])), name='reception_import_state'),
        ),
        migrations.AddConstraint(
            model_name='peopleimport',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'checked'), ('ended_at__isnull', False), _connector='OR'), name='reception_import_ended'),
        ),
        migrations.AddConstraint(
            model_name='peopleimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'brought'), _negated=True), models.Q(('entry_id__isnull', False), ('wrong', 0)), _connector='OR'), name='reception_import_brought_whole'),
        ),
        migrations.AddConstraint(
            model_name='peopleimport',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'checked')), fields=('organization', 'sha256'), name='reception_import_open_once'),
        ),
        migrations.AddConstraint(
            model_name='importrow',
            constraint=models.UniqueConstraint(fields=('upload', 'row'), name='reception_import_row_once'),
        ),
        scoped("reception_peopleimport"),
        scoped("reception_importrow"),
        scoped("reception_broughtrow"),
    ]
