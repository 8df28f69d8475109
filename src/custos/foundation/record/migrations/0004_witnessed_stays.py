from django.db import migrations

from custos.foundation.database.security import APP


class Migration(migrations.Migration):
    dependencies = [("record", "0003_witnessed")]
    operations = [
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON record_witnessed FROM {APP}", migrations.RunSQL.noop
        ),
    ]
