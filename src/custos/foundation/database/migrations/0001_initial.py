from django.db import migrations

from custos.foundation.database.security import REFUSE_CHANGE


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [REFUSE_CHANGE]
