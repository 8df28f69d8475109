import custos.foundation.database.ids
import django.db.models.deletion
from django.db import migrations, models

from custos.foundation.database.security import append_only, scoped


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0009_roster'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.CreateModel(
            name='FigureAnswer',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('staff_ref', models.TextField()),
                ('measure', models.CharField(max_length=16)),
                ('cases', models.PositiveIntegerField()),
                ('kept', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('entry_id', models.UUIDField(unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='FigureReply',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('by_ref', models.TextField()),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('entry_id', models.UUIDField(unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='SignedMonth',
            fields=[
                ('id', models.UUIDField(default=custos.foundation.database.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('month', models.DateField()),
                ('rules_version', models.PositiveIntegerField()),
                ('figures', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('signed_by', models.TextField()),
                ('signed_at', models.DateTimeField()),
                ('entry_id', models.UUIDField(unique=True)),
            ],
        ),
        migrations.AddField(
            model_name='observation',
            name='by_post',
            field=models.CharField(blank=True, default='', max_length=32),
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(fields=['organization', 'occurred_at'], name='duty_observation_when'),
        ),
        migrations.AddIndex(
            model_name='signon',
            index=models.Index(fields=['organization', 'post', 'since'], name='duty_signon_then'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['organization', 'opened_at'], name='duty_task_opened'),
        ),
        migrations.AddField(
            model_name='figureanswer',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='figurereply',
            name='answer',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reply', to='duty.figureanswer'),
        ),
        migrations.AddField(
            model_name='figurereply',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddField(
            model_name='signedmonth',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organizations.organization'),
        ),
        migrations.AddIndex(
            model_name='figureanswer',
            index=models.Index(fields=['organization', 'month'], name='duty_figureanswer_month'),
        ),
        migrations.AddConstraint(
            model_name='signedmonth',
            constraint=models.UniqueConstraint(fields=('organization', 'month'), name='duty_signedmonth_once'),
        ),
        scoped("duty_figureanswer"),
        append_only("duty_figureanswer"),
        scoped("duty_figurereply"),
        append_only("duty_figurereply"),
        scoped("duty_signedmonth"),
        append_only("duty_signedmonth"),
    ]
