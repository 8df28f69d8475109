from django.db import migrations

from custos.foundation.database.security import append_only, scoped


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("database", "0001_initial")]
    operations = [
        scoped("accounts_staff", own="user_id"),
        scoped("accounts_posting", own="user_id"),
        scoped("accounts_access"),
        append_only("accounts_access"),
    ]
