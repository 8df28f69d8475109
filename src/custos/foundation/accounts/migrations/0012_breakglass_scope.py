from django.db import migrations

from custos.foundation.database.security import append_only, scoped


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_breakglass"), ("database", "0001_initial")]
    operations = [scoped("accounts_breakglass"), append_only("accounts_breakglass")]
