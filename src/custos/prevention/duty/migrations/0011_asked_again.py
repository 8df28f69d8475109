from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('duty', '0010_assessment'),
        ('organizations', '0003_area_position'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('reopens__isnull', False)), fields=['organization', 'reopens'], name='duty_task_again'),
        ),
    ]
