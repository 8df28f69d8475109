"""How a document that held somebody ended stands beside it: by a paper, or since it was never theirs."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0008_count_explained'),
    ]

    operations = [
        migrations.AddField(
            model_name='factrow',
            name='ended_how',
            field=models.CharField(blank=True, default='', max_length=12),
            preserve_default=False,
        ),
    ]
