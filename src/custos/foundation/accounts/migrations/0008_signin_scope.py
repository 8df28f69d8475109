from django.db import migrations

from custos.foundation.database.security import append_only, scoped


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_signin"), ("database", "0001_initial")]
    operations = [scoped("accounts_signin"), append_only("accounts_signin")]
