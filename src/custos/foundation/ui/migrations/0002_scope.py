from django.db import migrations

from custos.foundation.database.security import scoped


class Migration(migrations.Migration):
    dependencies = [("ui", "0001_initial"), ("database", "0001_initial")]
    operations = [scoped("ui_bellseen"), scoped("ui_savedview"), scoped("ui_draft")]
