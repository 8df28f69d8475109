from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0011_asked_again'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='shortfall',
            name='duty_shortfall_once',
        ),
        migrations.AddField(
            model_name='shortfall',
            name='missing',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='shortfall',
            name='number',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='shortfall',
            index=models.Index(fields=['shift_began'], name='duty_shortfall_now'),
        ),
        migrations.AddConstraint(
            model_name='shortfall',
            constraint=models.UniqueConstraint(fields=('organization', 'post', 'shift_began', 'number'), name='duty_shortfall_once'),
        ),
    ]
