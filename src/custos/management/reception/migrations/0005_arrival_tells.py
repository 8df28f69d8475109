"""An arrival keeps which entry told of it at the door, so that what that asked can be answered."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reception', '0004_releases'),
    ]

    operations = [
        migrations.AddField(
            model_name='arrival',
            name='came_entry_id',
            field=models.UUIDField(null=True),
        ),
    ]
