from django.db import migrations

from custos.foundation.database.security import scoped


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_board"), ("database", "0001_initial")]
    operations = [scoped("accounts_board")]
